"""Candidate sets from the simulation's generators: each query answered independently and negatively correlated.

Drawn offline from what the community said, or written by its personas; both kinds from the same norms, so that
only the way of drawing differs (Zhang et al. 2025).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from bench.pluralism.sets import INDEPENDENT, NEGATIVE, Answer, CandidateSet
from personas.errors import InputError, StoppedError
from simulator.generate import RetrievalGenerator
from simulator.item import Query
from simulator.persona_generator import PersonaGenerator
from simulator.persona_judge import together

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from personas.embedding import Embedder
    from personas.norms import NormStore
    from simulator.generate import Generator, Sampling
    from simulator.item import Item, Option
    from simulator.models.model import Model
    from simulator.prompts.prompts import Prompts
    from simulator.room import Room
    from simulator.settings import Settings

__all__ = ["WAYS", "drawn_sets", "written_sets"]

WAYS: tuple[tuple[str, Sampling], ...] = ((INDEPENDENT, "independent"), (NEGATIVE, "negatively-correlated"))
NOTHING = "a query that a community has fewer than two different answers to"
AT_ONCE = 64
"""Queries that are under way at once; the limits of the run settle how many of their calls are in flight."""

Found = tuple[list[CandidateSet], dict[str, int]]


def unseen(done: int, total: int) -> None:
    """Report progress to nobody."""


def drawn_sets(
    items: Sequence[Item],
    stores: Mapping[str, NormStore],
    embedder: Embedder,
    *,
    count: int,
    seed: int,
    advance: Callable[[int, int], None] = unseen,
) -> Found:
    """Draw ``count`` answers to each item's query from what each community that voted on it said, in both ways.

    Args:
        stores: what each community said; nothing of the items themselves may be in it.
        advance: called with the number of items done and of all.

    Returns:
        The sets, and what was left out.
    """
    makers = {name: RetrievalGenerator(embedder, seed=seed, sampling=sampling) for name, sampling in WAYS}
    sets: list[CandidateSet] = []
    left_out: Counter[str] = Counter()
    for number, item in enumerate(items, start=1):
        for community in sorted(item.votes.keys() & stores.keys()):
            drawn = {
                name: maker.draw(item.query, stores[community], count=count) for name, maker in makers.items()
            }
            _keep(drawn, item.item, community, sets, left_out)
        advance(number, len(items))
    return sets, dict(left_out)


async def written_sets(
    items: Sequence[Item],
    rooms: Mapping[str, Room],
    model: Model,
    prompts: Prompts,
    embedder: Embedder,
    *,
    settings: Settings,
    count: int,
    advance: Callable[[int, int], None] = unseen,
) -> Found:
    """Have the personas of each community that voted on an item write ``count`` answers to its query, in both ways.

    Where fewer than two answers come, both sets are left out and counted.

    Args:
        rooms: what each community brings. ``model``: behind the run's journal and limits.
        settings: how personas are asked; its way of sampling is replaced by each of the two.

    Raises:
        StoppedError: the run must not go on; all that was under way has landed.
    """
    makers = {
        name: PersonaGenerator(model, prompts, embedder, settings=replace(settings, sampling=sampling))
        for name, sampling in WAYS
    }
    jobs = [(item, community) for item in items for community in sorted(item.votes.keys() & rooms.keys())]
    sets: list[CandidateSet] = []
    left_out: Counter[str] = Counter()
    for start in range(0, len(jobs), AT_ONCE):
        part = jobs[start : start + AT_ONCE]
        asked = [
            _written(
                maker, Query(item=item.item, query=item.query, count=count, turns=item.turns), rooms[name]
            )
            for item, name in part
            for maker in makers.values()
        ]
        came = await together(asked)
        for place, (item, community) in enumerate(part):
            own = came[place * len(makers) : (place + 1) * len(makers)]
            _keep(dict(zip(makers, own, strict=True)), item.item, community, sets, left_out)
        advance(min(start + AT_ONCE, len(jobs)), len(jobs))
    return sets, dict(left_out)


async def _written(maker: Generator, query: Query, room: Room) -> list[Option]:
    """Return what was written; too few answers are no set, and are counted as such."""
    try:
        return await maker.generate(query, room)
    except StoppedError:
        raise
    except InputError:
        return []


def _keep(
    drawn: Mapping[str, Sequence[Option]],
    item: str,
    community: str,
    sets: list[CandidateSet],
    left_out: Counter[str],
) -> None:
    if any(len(options) < 2 for options in drawn.values()):
        left_out[NOTHING] += 1
        return
    for name, options in drawn.items():
        answers = tuple(Answer(text=option.text) for option in options)
        sets.append(CandidateSet(of=name, item=item, answers=answers, community=community))
