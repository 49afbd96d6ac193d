"""Candidate sets that several communities judge: each is written once, whoever of them comes to it first.

A set stands in the journal with the first judgement of it, and is read from there afterwards, so that all
communities judge the same candidates, whatever happened in between.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import numpy as np

from personas.errors import InputError
from personas.seeds import derived_rng
from simulator.generate import diverse_subset
from simulator.item import Option

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from personas.embedding import Embedder
    from simulator.generate import Generator, Sampling
    from simulator.item import Item, Query
    from simulator.room import Room

__all__ = ["SharedSets", "draw_from_pool"]

REMEMBERED = 1_024
"""Sets that are kept at hand, which is more than are ever under way at once."""


class SharedSets:
    """A generator that writes what several communities judge once, and draws from a query's pool where it has one.

    Args:
        inner: what writes.
        rooms: of those who write for others, by name.
        kept: what finds a set in the journal; None for one that is not there.
        embedder: what the texts of a pool are compared by.
        seed: what the draws from a pool are derived from. ``sampling``: how those are drawn.
    """

    def __init__(
        self,
        inner: Generator,
        *,
        rooms: Mapping[str, Room],
        kept: Callable[[str], Item | None],
        embedder: Embedder,
        seed: int,
        sampling: Sampling,
    ) -> None:
        self.inner, self.rooms, self.kept = inner, rooms, kept
        self.embedder, self.seed, self.sampling = embedder, seed, sampling
        self.name = inner.name
        self._sets: dict[str, asyncio.Task[list[Option]]] = {}

    async def generate(self, query: Query, room: Room) -> list[Option]:
        """Return as many options as the query asks for, with different texts, or fewer where there are no more.

        Raises:
            InputError: fewer than two came.
            StoppedError: the run must not go on.
        """
        if not query.shared:
            return await self._written(query, room)
        known = self.kept(query.item)
        if known is not None:
            return list(known.options)
        task = self._sets.get(query.item)
        if task is None:
            self._forget()
            writers = self.rooms[query.writer or ""]
            task = self._sets[query.item] = asyncio.create_task(self._written(query, writers))
        return list(await asyncio.shield(task))

    async def _written(self, query: Query, room: Room) -> list[Option]:
        if not query.pool:
            return await self.inner.generate(query, room)
        return draw_from_pool(query, room.community, self.embedder, seed=self.seed, sampling=self.sampling)

    def _forget(self) -> None:
        """Let go of the oldest set that is written."""
        if len(self._sets) >= REMEMBERED:
            done = next((name for name, task in self._sets.items() if task.done()), None)
            if done is not None:
                self._sets.pop(done).exception()


def draw_from_pool(
    query: Query, community: str, embedder: Embedder, *, seed: int, sampling: Sampling
) -> list[Option]:
    """Draw a query's options from its own pool: each alike probable, or such that alike ones shut each other out.

    A pool of no more texts than are asked for is taken as it is.

    Raises:
        InputError: the pool has fewer than two different texts.
    """
    texts = list(dict.fromkeys(text.strip() for text in query.pool if text.strip()))
    if len(texts) < 2:
        raise InputError(
            f"a pool of {len(texts)} different texts", where=f"item {query.item}", remedy="give two or more"
        )
    return [Option(text=texts[place]) for place in _drawn(texts, query, community, embedder, seed, sampling)]


def _drawn(
    texts: Sequence[str], query: Query, community: str, embedder: Embedder, seed: int, sampling: Sampling
) -> list[int]:
    if len(texts) <= query.count:
        return list(range(len(texts)))
    rng = derived_rng(seed, "pool", community, query.item)
    if sampling == "negatively-correlated":
        vectors = embedder.embed(texts).astype(float)
        return list(map(int, diverse_subset(vectors, np.ones(len(texts)), query.count, rng)))
    return list(map(int, rng.permutation(len(texts))[: query.count]))
