"""Prompts of a run before it: a sample of those that would be sent, and about how many tokens they are."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from personas.seeds import derived_rng
from simulator.direct_judge import direct_prompt
from simulator.item import Ballot, Item, Option
from simulator.persona_discussion import listening
from simulator.persona_generator import retrieve_for_query
from simulator.persona_judge import Memories
from simulator.prompts.answers import LETTERS
from simulator.recall import recalled_norms, shown_norms
from simulator.retrieval import retrieve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from personas.embedding import Embedder
    from simulator.engine import Job
    from simulator.item import Query
    from simulator.models.model import Message
    from simulator.prompts.prompts import Prompts
    from simulator.retrieval import Retrieved
    from simulator.room import Room
    from simulator.settings import Settings

__all__ = [
    "RESPONSE",
    "SENTENCE",
    "PromptSampler",
    "asked_at_once",
    "prompt_length",
    "size_of",
    "token_count",
]

FEWEST = 2
"""For fewer responses to choose among, nobody is asked."""
SAMPLE = 24
"""Prompts of each phase that are rendered, at the most."""
SENTENCE = "Most of us here would rather take the time to do it properly, as we have always said."
RESPONSE = " ".join([SENTENCE] * 3)
"""A reason, and a response, of usual length."""


class PromptSampler:
    """The jobs of a run by what they will be asked, and the prompts of some of them."""

    def __init__(
        self,
        jobs: Sequence[Job],
        rooms: Mapping[str, Room],
        prompts: Prompts,
        settings: Settings,
        embedder: Embedder,
    ) -> None:
        self.rooms, self.prompts, self.settings, self.embedder = rooms, prompts, settings, embedder
        self.queries = _to_write(jobs)
        self.judged = [(asked, name) for asked, name in jobs if FEWEST <= size_of(asked) <= len(LETTERS)]
        self.hearing = {name: self._hearing(room) for name, room in rooms.items()}
        self.rendered = 0
        self._memories = Memories(settings.seed)
        self._retrieved: dict[tuple[str, str], Retrieved] = {}

    def panel(self, name: str) -> int:
        """Return how many personas a community has."""
        return len(self.rooms[name].panel.personas)

    def mean_tokens(
        self,
        phase: str,
        asked: Sequence[tuple[Job, Sequence[int]]],
        render: Callable[[Job, int], tuple[Message, ...]],
    ) -> float:
        """Return the mean length of a phase's prompts, in tokens, over a sample or all of them where few.

        Args:
            asked: jobs with the places in the panel of those who are asked.
        """
        ends = np.cumsum([len(places) for _, places in asked], dtype=np.int64)
        total = int(ends[-1]) if len(ends) else 0
        if not total:
            return 0.0
        rng = derived_rng(self.settings.seed, "estimate", phase)
        lengths: list[int] = []
        for number in rng.choice(total, min(SAMPLE, total), replace=False).tolist():
            row = int(np.searchsorted(ends, number, side="right"))
            job, places = asked[row]
            lengths.append(prompt_length(render(job, places[number - int(ends[row])])))
        self.rendered += len(lengths)
        return sum(lengths) / len(lengths)

    def judgement(self, job: Job, place: int) -> tuple[Message, ...]:
        """Return what a persona would be sent to judge."""
        item = _as_item(job[0])
        return self.prompts.judge(
            item,
            self.rooms[job[1]],
            order=range(item.size),
            answer=self.settings.answer,
            **self._recalled(job, place),
        )

    def forecast(self, job: Job, place: int) -> tuple[Message, ...]:
        """Return what a model would be sent to forecast the community's whole distribution."""
        item, room = _as_item(job[0]), self.rooms[job[1]]
        norms = retrieve(item, room.store, self.embedder, keep=self.settings.near)
        return direct_prompt(item, room, norms, self.prompts, self.settings)

    def revision(self, job: Job, place: int) -> tuple[Message, ...]:
        """Return what a persona would be sent in discussion."""
        item, room = _as_item(job[0]), self.rooms[job[1]]
        people = [each.persona for each in room.panel.personas]
        return self.prompts.discuss(
            item,
            room,
            order=range(item.size),
            answer=self.settings.answer,
            own=_cast(people[place], item.size),
            heard=[_cast(people[other], item.size) for other in self.hearing[job[1]][place]],
            **self._recalled(job, place),
        )

    def writing(self, job: Job, place: int) -> tuple[Message, ...]:
        """Return what a persona would be sent to write responses."""
        asked, name = job
        assert not isinstance(asked, Item)
        count = asked_at_once(asked, self.settings)
        return self.prompts.generate(asked, self.rooms[name], count=count, **self._recalled(job, place))

    def _recalled(self, job: Job, place: int) -> dict[str, Any]:
        asked, name = job
        room = self.rooms[name]
        norms = self._retrieved.get((asked.item, name))
        if norms is None:
            norms = self._retrieved[asked.item, name] = self._norms(asked, room)
        persona, shown = room.panel.personas[place], shown_norms(norms, self.settings.shown)
        memory = self._memories.of(room)[place]
        but = {norm.post for norm in shown}
        recalled = recalled_norms(norms, memory, persona, self.settings.recalled, but)
        return {"persona": persona, "shown": shown, "recalled": recalled}

    def _norms(self, asked: Item | Query, room: Room) -> Retrieved:
        keep = self.settings.near
        if isinstance(asked, Item):
            return retrieve(asked, room.store, self.embedder, keep=keep)
        return retrieve_for_query(asked, room.store, self.embedder, keep=keep)

    def _hearing(self, room: Room) -> dict[int, list[int]]:
        if not self.settings.rounds or not room.susceptibility:
            return {}
        ballots = [_cast(persona.persona, 2) for persona in room.panel.personas]
        return listening(room, ballots, heard=self.settings.heard, seed=self.settings.seed)


def _to_write(jobs: Iterable[Job]) -> list[tuple[Query, str]]:
    """Return what is written, and by whom: what several communities judge once, and nothing that has a pool."""
    found: dict[str, tuple[Query, str]] = {}
    for asked, name in jobs:
        if not isinstance(asked, Item) and asked.count >= FEWEST and not asked.pool:
            found[asked.item] = (asked, name if asked.writer is None else asked.writer)
    return list(found.values())


def token_count(text: str) -> int:
    """Return about how many tokens a text is: four characters each in Latin script, two in others, and one each
    for Chinese, Japanese, Korean and all that follows them in Unicode.

    >>> token_count("warm the pot"), token_count("нагрей чайник"), token_count("温杯")
    (3, 7, 2)
    """
    signs = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), "<u4")
    latin, wide = int((signs < 0x250).sum()), int((signs >= 0x2E80).sum())
    return math.ceil(latin / 4 + (len(signs) - latin - wide) / 2 + wide)


def prompt_length(messages: Iterable[Message]) -> int:
    """Return about how many tokens a prompt is."""
    return sum(token_count(message.text) for message in messages)


def size_of(asked: Item | Query) -> int:
    """Return how many options an item has, or how many a query asks for."""
    return asked.size if isinstance(asked, Item) else asked.count


def asked_at_once(query: Query, settings: Settings) -> int:
    """Return how many responses one request asks for."""
    return query.count if settings.sampling == "negatively-correlated" else 1


def _as_item(asked: Item | Query) -> Item:
    """Return the item; of a query, one whose options have the usual length of responses."""
    if isinstance(asked, Item):
        return asked
    options = tuple(Option(text=f"{number}. {RESPONSE}") for number in range(asked.count))
    return Item(item=asked.item, query=asked.query, options=options, turns=asked.turns)


def _cast(persona: str, size: int) -> Ballot:
    return Ballot(
        persona=persona,
        choice=0,
        shares=(1.0, *[0.0] * (size - 1)),
        order=tuple(range(size)),
        ranking=tuple(range(size)),
        reason=SENTENCE,
    )
