"""The public face: from a corpus to what its communities would prefer."""

from __future__ import annotations

from copy import copy
from dataclasses import asdict, fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from personas.embedding import CachedEmbedder, Embedder, embedder_named
from personas.errors import InputError
from personas.norms import most_contested, strongest
from personas.pooling import pooled
from simulator.asking import question
from simulator.carrying import carry_out
from simulator.cast import Minds
from simulator.engine import Job, complete
from simulator.jobs import Jobs, refuse_doubles, refuse_strangers
from simulator.journal import Journal
from simulator.judge import NormJudge
from simulator.models.choices import ModelChoices
from simulator.pausing import interruptible
from simulator.record import begin, recording
from simulator.retrieval import retrieve
from simulator.room import NOBODY
from simulator.run import Run
from simulator.setting import Place, Setting, map_communities
from simulator.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from personas.corpus import Corpus
    from simulator.estimate import Estimate
    from simulator.item import Item, Preference, Query
    from simulator.journal.usage import Spent
    from simulator.models.model import Message, Model
    from simulator.room import Room

__all__ = ["Simulation", "unseen"]

REACH = {field.name for field in fields(ModelChoices)} - {"model"}
LISTED_NORMS = 12
"""How many of its strongest and most contested norms a community is described with."""


def unseen(done: int, total: int) -> None:
    """Report progress to nobody."""


class Simulation:
    """A simulation of the communities of a corpus, by the offline engine or by language-model personas.

    Args:
        corpus: the place to simulate: a corpus, or another ``Place`` such as a benchmark.
        seed: what every random draw is derived from.
        embedder: how texts are compared; MiniLM where None.
        model: what the personas think with, as litellm names it (``hosted_vllm/qwen3-8b``), or a model of one's
            own (``simulator.models.model.Model``); the offline engine where None.
        prompts: a folder of templates that replace the bundled ones of the same name.
        choices: further settings, as in ``simulator.settings.Settings``, and with a model also those in
            ``simulator.models.choices.ModelChoices``.

    Raises:
        InputError: a setting is out of its range or unknown, or one of a model's is given without a model.

    >>> Simulation(corpus, seed=7, panel=16).ask("How do I descale?", ["Vinegar", "Citric acid"])
    ... # doctest: +SKIP
    {'coffee': Preference(shares=(0.47, 0.53), ...)}
    """

    def __init__(
        self,
        corpus: Corpus | Place,
        *,
        seed: int,
        embedder: Embedder | None = None,
        model: str | Model | None = None,
        prompts: str | Path | None = None,
        **choices: Any,
    ) -> None:
        reach = {name: choices.pop(name) for name in REACH & choices.keys()}
        _refuse_unknown(choices)
        self.corpus = corpus
        self.settings = Settings(seed=seed, **choices)
        self.embedder: Embedder = embedder or embedder_named()
        self.minds: Minds | None = None
        self.templates = None if prompts is None else Path(prompts)
        if model is not None:
            own = None if isinstance(model, str) else model
            named = model if isinstance(model, str) else _with_provider(model.name)
            self.minds = Minds.of(
                ModelChoices(model=named, **reach), templates=self.templates, settings=self.settings, own=own
            )
        elif self.settings.mode == "direct":
            raise InputError(
                "only a language model can be asked for the whole distribution at once",
                remedy="name one with model=, or leave mode= out",
            )
        elif reach:
            raise InputError(f"{', '.join(sorted(reach))}: without a model", remedy="name one with model=")
        self._setting: Setting | None = None

    @property
    def setting(self) -> Setting:
        """The communities, built when first asked for."""
        if self._setting is None:
            self._setting = self._map()
        return self._setting

    @property
    def predictor(self) -> str:
        """What makes the ballots, to stand beside every figure."""
        return self.minds.predictor(self.settings.mode) if self.minds else NormJudge.name

    def _map(self) -> Setting:
        if isinstance(self.corpus, Place):
            return self.corpus.setting(self.settings, self.embedder)
        cache = self.embedder.path.parent if isinstance(self.embedder, CachedEmbedder) else None
        return map_communities(self.corpus, self.settings, self.embedder, cache=cache)

    def direct(self) -> Simulation:
        """Return this simulation with its model asked once for each community's whole distribution, without personas.

        Raises:
            InputError: it has no model.
        """
        if self.minds is None:
            raise InputError("the offline engine cannot be asked for a distribution", remedy="name a model")
        other = copy(self)
        other.settings = replace(self.settings, mode="direct")
        return other

    def limited(self, spent: Spent) -> Simulation:
        """Return this simulation with its limits lowered by what was spent elsewhere; without limits, as it is."""
        if self.minds is None or not self.minds.reach.limits:
            return self
        other = copy(self)
        other.minds = replace(
            self.minds, reach=replace(self.minds.reach, limits=self.minds.reach.limits.less(spent))
        )
        return other

    def run(
        self,
        items: Collection[Item | Query],
        *,
        out: str | Path | None = None,
        communities: Sequence[str] | None = None,
        as_if: Mapping[str, str] | None = None,
        advance: Callable[[int, int], None] = unseen,
        command: Mapping[str, Any] | None = None,
    ) -> Run:
        """Have every item judged by the communities concerned, and return the run.

        An item with real votes or with a community of its own is judged by those communities, another by all.
        In a folder that holds the same run unfinished, the run goes on.

        Args:
            items: what is judged, and queries whose options are to be written or drawn; gone through several
                times, and never all in memory where the collection does not hold them so.
            out: the run's folder; in memory where None.
            communities: the communities to ask instead.
            as_if: for a control, whose panel, norms and profile stand in for each community's own; ``NOBODY``
                (of ``simulator.room``) for a panel of whom nothing is known.
            advance: called with the number of judgements done and of all.
            command: how the run can be begun again, for ``commonbond resume``; kept in the journal.

        Raises:
            InputError: there is no item or two with one identity, a community does not exist, or the folder holds
                another run or is at work.
            StoppedError: the run must not go on; what is done is in the folder, and the same call goes on.
        """
        if not items:
            raise InputError("there is no item to judge", remedy="give at least one")
        refuse_doubles(items)
        refuse_strangers(self.setting.membership, as_if)
        jobs = Jobs(items, self.setting.membership, communities)
        with interruptible():
            journal = Journal.create(None if out is None else Path(out))
            try:
                begin(journal, self, items, jobs, command, as_if)
                rooms = self.rooms(jobs, as_if)
            except BaseException:
                journal.close()
                raise
            with recording(journal, rooms):
                complete(carry_out(self, jobs, rooms, journal, advance))
        return Run(journal)

    def rooms(self, jobs: Iterable[Job], as_if: Mapping[str, str] | None = None) -> dict[str, Room]:
        """Return the room of every community that jobs concern, or that of the one that stands in for it."""
        others = as_if or {}
        return {
            name: self.setting.room(others.get(name, name), self.settings)
            for name in dict.fromkeys(job[1] for job in jobs)
        }

    def writing_rooms(self, jobs: Jobs, rooms: Mapping[str, Room]) -> dict[str, Room]:
        """Return the rooms of those who write what several communities judge.

        Nobody in particular knows nothing; without a model, it knows what everybody that is asked has said.
        """
        found = {
            name: rooms[name] if name in rooms else self.setting.room(name, self.settings)
            for name in jobs.writers
        }
        if NOBODY in found and self.minds is None:
            prior = {"a0": self.settings.up_prior, "b0": self.settings.down_prior}
            everybody = pooled({name: room.store for name, room in rooms.items()}, **prior)
            found[NOBODY] = replace(found[NOBODY], store=everybody)
        return found

    def prompts_for(self, item: Item, community: str) -> list[tuple[Message, ...]]:
        """Return what each persona of a community's panel would be sent to judge an item, in their order.

        Without a model too, by the templates that would be used.

        Raises:
            InputError: there is no such community, or a template cannot be used.
        """
        from simulator.persona_judge import sent_to
        from simulator.prompts.prompts import Prompts

        given = {"seed": self.settings.seed, "option_room": self.settings.option_room}
        prompts = self.minds.prompts if self.minds else Prompts.load(self.templates, **given)
        room = self.setting.room(community, self.settings)
        norms = retrieve(item, room.store, self.embedder, keep=self.settings.near)
        return sent_to(item, room, norms, prompts, self.settings)

    def estimate(
        self,
        items: Collection[Item | Query],
        *,
        communities: Sequence[str] | None = None,
        as_if: Mapping[str, str] | None = None,
    ) -> Estimate:
        """Return what a run over these items would take, without making any call; the arguments are those of ``run``.

        Raises:
            InputError: the simulation has no model, or there is no item.
        """
        from simulator.estimate import estimate

        if self.minds is None:
            raise InputError("the offline engine makes no call", remedy="name a model")
        refuse_strangers(self.setting.membership, as_if)
        jobs = Jobs(items, self.setting.membership, communities)
        rooms = self.rooms(jobs, as_if)
        return estimate(
            list(jobs),
            {**rooms, **self.writing_rooms(jobs, rooms)},
            self.minds.prompts,
            self.settings,
            embedder=self.embedder,
            price=self.minds.reach.price,
        )

    def ask(
        self, query: str, options: Sequence[str], *, communities: Sequence[str] | None = None
    ) -> dict[str, Preference]:
        """Return what each community would prefer.

        Raises:
            InputError: fewer than two options, or two with the same text.
        """
        item = question(query, options)
        run = self.run([item], communities=communities)
        return {community: preference for (_, community), preference in run.preferences().items()}

    def describe(self, name: str) -> dict[str, Any]:
        """Return what is known of a community, as plain data."""
        setting, community = self.setting, self.setting.membership[name]
        panel = setting.panel(name, self.settings)
        return {
            "title": community.title,
            "origin": community.origin,
            "within": community.within,
            "members": len(community.members),
            "norms": len(setting.stores[name].norms),
            "cohesion": asdict(setting.cohesion[name]),
            "profile": asdict(setting.profiles[name]),
            "mirror": {trait: list(shares) for trait, shares in panel.mirror.items()},
            "notices": list(panel.notices),
            "strongest": [asdict(norm) for norm in strongest(setting.stores[name], LISTED_NORMS)],
            "contested": [asdict(norm) for norm in most_contested(setting.stores[name], LISTED_NORMS)],
        }


def _refuse_unknown(choices: Mapping[str, Any]) -> None:
    known = {field.name for field in fields(Settings)}
    for name in choices:
        if name not in known:
            near = get_close_matches(name, sorted(known | REACH), n=1)
            raise InputError(
                f"no setting is named {name!r}",
                remedy=f"did you mean {near[0]}?"
                if near
                else f"the settings are: {', '.join(sorted(known))}",
            )


def _with_provider(name: str) -> str:
    return name if "/" in name else f"own/{name}"
