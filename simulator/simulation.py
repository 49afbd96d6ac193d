"""The public face: from a corpus to what its communities would prefer."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from personas.embedding import CachedEmbedder, Embedder, embedder_named
from personas.errors import InputError
from personas.norms import as_said, most_contested, strongest
from simulator.discuss import OpinionDynamics
from simulator.engine import Job, complete, run_jobs
from simulator.flow import Flow
from simulator.generate import RetrievalGenerator
from simulator.item import Item, Option, Preference, Query
from simulator.journal import SURROGATES, Journal, as_preference
from simulator.judge import NormJudge
from simulator.setting import Setting, map_communities
from simulator.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from personas.corpus import Corpus

__all__ = ["Run", "Simulation", "question", "unseen"]

LISTED_NORMS = 12
"""How many of its strongest and most contested norms a community is described with."""


def unseen(done: int, total: int) -> None:
    """Report progress to nobody."""


class Run:
    """What a simulation wrote: the preferences and the ballots, read from its journal."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal

    @classmethod
    def open(cls, folder: str | Path) -> Run:
        """Open the run in ``folder``.

        Raises:
            InputError: no run is there.
        """
        return cls(Journal.read(Path(folder)))

    @property
    def predictor(self) -> str:
        """What made the ballots, to stand beside every figure."""
        return str(self.journal.fact("predictor"))

    def preferences(self) -> dict[tuple[str, str], Preference]:
        """Return what each community prefers, by (item, community), in the order of the jobs."""
        return {
            (item, community): as_preference(result["preference"])
            for item, community, result in self.journal.results()
            if "preference" in result
        }

    def failures(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Return (item, community, result) of everything that went wrong on the way."""
        return [row for row in self.journal.results() if row[2]["errors"]]


class Simulation:
    """A simulation of the communities of a corpus by the offline engine.

    Args:
        corpus: the place to simulate.
        seed: what every random draw is derived from.
        embedder: how texts are compared; MiniLM where None.
        choices: further settings, as in ``simulator.settings.Settings``.

    >>> Simulation(corpus, seed=7, panel=16).ask("How do I descale?", ["Vinegar", "Citric acid"])
    ... # doctest: +SKIP
    {'coffee': Preference(shares=(0.47, 0.53), ...)}
    """

    def __init__(
        self, corpus: Corpus, *, seed: int, embedder: Embedder | None = None, **choices: Any
    ) -> None:
        self.corpus = corpus
        self.settings = Settings(seed=seed, **choices)
        self.embedder: Embedder = embedder or embedder_named()
        self._setting: Setting | None = None

    @property
    def setting(self) -> Setting:
        """The communities, built when first asked for."""
        if self._setting is None:
            cache = self.embedder.path.parent if isinstance(self.embedder, CachedEmbedder) else None
            self._setting = map_communities(self.corpus, self.settings, self.embedder, cache=cache)
        return self._setting

    def run(
        self,
        items: Sequence[Item | Query],
        *,
        out: str | Path | None = None,
        communities: Sequence[str] | None = None,
        advance: Callable[[int, int], None] = unseen,
    ) -> Run:
        """Have every item judged by the communities concerned, and return the run.

        An item with real votes or with a community of its own is judged by those communities, another by all.
        In a folder that holds the same run unfinished, the run goes on.

        Args:
            items: what is judged, and queries whose options the communities are to write.
            out: the run's folder; in memory where None.
            communities: the communities to ask instead.
            advance: called with the number of judgements done and of all.

        Raises:
            InputError: there is no item or two with one identity, a community does not exist, or the folder holds
                another run.
        """
        if not items:
            raise InputError("there is no item to judge", remedy="give at least one")
        _refuse_doubles(items)
        jobs = self._jobs(items, communities)
        journal = Journal.create(None if out is None else Path(out))
        self._begin(journal, items, jobs)
        rooms = {
            name: self.setting.room(name, self.settings) for name in dict.fromkeys(job[1] for job in jobs)
        }
        journal.add_communities((name, self.describe(name)) for name in self.setting.membership.names)
        journal.add_personas(
            (persona.persona, name, asdict(persona))
            for name, room in rooms.items()
            for persona in room.panel.personas
        )
        self.embedder.embed(
            [option.claim for item in items if isinstance(item, Item) for option in item.options]
        )
        work = run_jobs(
            jobs, rooms, self._flow(), journal, concurrency=self.settings.concurrency, advance=advance
        )
        complete(work)
        journal.set_facts({"state": "done"})
        journal.event("done", {})
        return Run(journal)

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

    def _flow(self) -> Flow:
        settings = self.settings
        return Flow(
            judge=NormJudge(seed=settings.seed, sharpness=self.setting.sharpness.value),
            generator=RetrievalGenerator(self.embedder, seed=settings.seed, sampling=settings.sampling),
            discussion=OpinionDynamics(),
            embedder=self.embedder,
            keep=settings.keep,
            rounds=settings.rounds,
            prior=settings.prior,
        )

    def _jobs(self, items: Sequence[Item | Query], communities: Sequence[str] | None) -> list[Job]:
        everyone = self.setting.membership
        for name in communities or ():
            everyone[name]
        jobs: list[Job] = []
        for item in items:
            concerned = list(communities or _concerned(item) or everyone.names)
            jobs += [(_asked_of(item, name), name) for name in concerned if name in everyone.names]
        if not jobs:
            raise InputError(
                "no item concerns a community that is simulated", remedy="name one with --community"
            )
        return jobs

    def _begin(self, journal: Journal, items: Sequence[Item | Query], jobs: Sequence[Job]) -> None:
        """Write what the run is made of, or see that it is what the journal already says."""
        whole = [item for item in items if isinstance(item, Item)]
        facts = {
            "settings": self.settings.deciding(),
            "corpus": self.corpus.content,
            "embedder": self.embedder.name,
            "predictor": NormJudge.name,
            "version": version("commonbond"),
            "items": _digest([asdict(item) for item in items]),
            "jobs": _digest([(item.item, name) for item, name in jobs]),
        }
        for name, value in facts.items():
            before = journal.fact(name)
            if before is not None and before != json.loads(json.dumps(value)):
                raise InputError(
                    f"the folder holds another run: its {name} differs",
                    where=str(journal.folder),
                    remedy="name another folder, or repeat the command that began this run",
                )
        journal.set_facts(
            {**facts, "state": "running", "source": self._source(), "warnings": self.setting.warnings}
        )
        journal.add_items(whole)
        journal.add_jobs([(item.item, name) for item, name in jobs])
        journal.event("start", {"jobs": len(jobs)})

    def _source(self) -> dict[str, Any]:
        manifest = self.corpus.manifest
        return {
            "folder": str(self.corpus.folder),
            "title": manifest.title,
            "source": manifest.source,
            "licence": manifest.licence,
            "fictional": manifest.fictional,
            "membership": self.setting.membership.origin,
            "method": self.setting.membership.method,
            "sharpness": asdict(self.setting.sharpness),
        }


def question(query: str, options: Sequence[str]) -> Item:
    """Return a question of a user's own as an item; each option is judged as an answer to the query.

    Raises:
        InputError: fewer than two options, two with the same text, or bytes that are no text.
    """
    for text in (query, *options):
        if SURROGATES.search(text):
            raise InputError(f"{text!r} is no valid Unicode", remedy="write it in UTF-8")
    choices = tuple(Option(text=text, claim=as_said(query, text)) for text in options)
    return Item(item="ask", query=query, options=choices)


def _refuse_doubles(items: Sequence[Item | Query]) -> None:
    double, count = Counter(item.item for item in items).most_common(1)[0]
    if count > 1:
        raise InputError(f"{count} items are named {double!r}", remedy="give each its own identity")


def _asked_of(item: Item | Query, community: str) -> Item | Query:
    """Return the item; a query becomes one of the community's own, as each writes other options for it."""
    return replace(item, item=f"{item.item}@{community}") if isinstance(item, Query) else item


def _concerned(item: Item | Query) -> tuple[str, ...]:
    if isinstance(item, Query):
        return ()
    return tuple(item.votes) or ((item.community,) if item.community else ())


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()
