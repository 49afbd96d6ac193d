"""Prompts that say the same: told apart from those of a benchmark, and held together when data is split.

A prompt is known by its whole conversation. Whichever way the prompts came in, near-duplicates, directly or through
others, are in one split; ``personas.near`` says what near is.
"""

from __future__ import annotations

import math
import sqlite3
from typing import TYPE_CHECKING, Protocol

import numpy as np

from personas.errors import InputError
from personas.near import NearTexts
from personas.near_groups import NearGroups
from personas.seeds import derived_seed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path
    from types import TracebackType

    from numpy.typing import NDArray

    from simulator.item import Turn

__all__ = ["Asked", "Excluded", "PromptClusters", "asked_text"]

TRAIN, TEST = 0, 1
_TABLES = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA locking_mode = EXCLUSIVE;
    CREATE TABLE prompts (prompt TEXT PRIMARY KEY, place INTEGER NOT NULL, text INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE joined (one INTEGER NOT NULL, other INTEGER NOT NULL);
    BEGIN;
"""


class Asked(Protocol):
    """Whatever asks something: an item, a query or a prompt."""

    @property
    def query(self) -> str:
        """What is asked last."""
        ...

    @property
    def turns(self) -> Sequence[Turn]:
        """What was said before it."""
        ...


def asked_text(asked: Asked) -> str:
    """Return all that a prompt says, from the first turn to the query, as one text; who said it is left out.

    >>> from simulator.item import Query, Turn
    >>> asked_text(Query(item="1", query="And green tea?", turns=(Turn(role="user", text="How hot?"),)))
    'How hot?\\nAnd green tea?'
    """
    return "\n".join([*(turn.text for turn in asked.turns), asked.query])


class Excluded:
    """Texts that no prompt may repeat: those that a benchmark asks in its test.

    They are held in memory, about a kilobyte each.

    Args:
        texts: what is asked there.
        alike: the similarity from which on two texts say the same, above 0 and up to 1.
        patterned: whether one with another word in it is another text (``PromptClusters``).

    Raises:
        InputError: the similarity is out of its range.

    >>> from simulator.item import Query
    >>> excluded = Excluded(["How do I descale a kettle?"])
    >>> excluded.has("how do i descale a KETTLE")
    True
    """

    def __init__(self, texts: Iterable[str], *, alike: float = 0.8, patterned: bool = False) -> None:
        self._texts = NearTexts(threshold=alike, patterned=patterned)
        self._empty = True
        for text in texts:
            self._empty = False
            # A near copy of one text is kept as itself, as what repeats the copy need not repeat the text.
            self._texts.keep(text, text)

    def has(self, text: str) -> bool:
        """Return whether a text repeats one of them, exactly once normalised or nearly."""
        return not self._empty and self._texts.find(text) is not None

    def has_asked(self, asked: Asked) -> bool:
        """Return whether a prompt repeats one of them, by its whole conversation or by its last query alone."""
        return self.has(asked_text(asked)) or (bool(asked.turns) and self.has(asked.query))


class PromptClusters:
    """The prompts of an export, grouped so that a split can keep together what says the same.

    Groups follow chains: where a is near b and b near c, all three are in one split, however far c is from a.
    A survey's questions, written to one pattern, are near one another though they ask different things:
    "How much do you like Italian food?". By default that is taken for near, so a long pattern becomes one
    group: too much is held together, and nothing leaks. With ``patterned``, prompts are near only with the
    same words, in whatever order, as ``bench`` has it for surveys and votes; then a typo makes another prompt.

    What is held in memory is about 80 bytes a prompt besides some 60 MiB; the texts lie on disk.

    Args:
        folder: where its two files lie until it is closed, ``prompts.sqlite`` and ``texts.sqlite``.
        alike: the similarity from which on two texts say the same, above 0 and up to 1 (``near.MEASURE``).
        patterned: whether prompts with another word in them are other prompts.

    Raises:
        InputError: the similarity is out of its range.
    """

    def __init__(self, folder: Path, *, alike: float = 0.8, patterned: bool = False) -> None:
        self._texts = NearGroups(folder / "texts.sqlite", threshold=alike, patterned=patterned)
        self._path = folder / "prompts.sqlite"
        self._path.unlink(missing_ok=True)
        self._db = sqlite3.connect(self._path, isolation_level=None)
        self._db.executescript(_TABLES)
        self._size = 0

    def __enter__(self) -> PromptClusters:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Forget all prompts and remove the files."""
        self._texts.close()
        self._db.close()
        self._path.unlink(missing_ok=True)

    def __len__(self) -> int:
        return self._size

    def add(self, prompt: str, text: str) -> int:
        """Keep a prompt and return its place, counted from 0; a prompt that is known keeps the place it has.

        Where a prompt comes a second time with another text, all that is near either text is held together.

        Args:
            prompt: its identity.
            text: what it says (``asked_text``).
        """
        number = self._texts.add(text)
        known = self._db.execute("SELECT place, text FROM prompts WHERE prompt = ?", (prompt,)).fetchone()
        if known is None:
            self._db.execute("INSERT INTO prompts VALUES (?, ?, ?)", (prompt, self._size, number))
            self._size += 1
            return self._size - 1
        if known[1] != number:
            self._db.execute("INSERT INTO joined VALUES (?, ?)", (known[1], number))
        return int(known[0])

    def splits(self, test_share: float, seed: int) -> NDArray[np.int8]:
        """Return the split of each place: 0 for train, 1 for test.

        Clusters are drawn for the test in an order that their texts and the seed alone decide, so that neither
        the order of the prompts nor what they are called matters. As many prompts are drawn as the clusters
        allow to come nearest to the share, fewer where two numbers are equally near; and with two clusters or
        more, at least one goes to each split.

        Args:
            test_share: the share of the prompts that go to the test, in [0, 1); 0 for no test.
            seed: what the draw is derived from.

        Raises:
            InputError: the share is out of its range.
        """
        if not 0 <= test_share < 1:
            raise InputError(
                f"a share of {test_share}", where="--test-share", remedy="choose one from 0 to less than 1"
            )
        splits = np.full(self._size, TRAIN, np.int8)
        if test_share and self._size:
            labels = self._texts.labels(joined=self._db.execute("SELECT one, other FROM joined"))
            names, clusters, sizes = np.unique(labels[self._said()], return_inverse=True, return_counts=True)
            order = self._drawn(np.searchsorted(names, labels), seed)
            taken = np.zeros(sizes.size, bool)
            taken[order] = _nearest(sizes[order], test_share)
            splits[taken[clusters]] = TEST
        return splits

    def _said(self) -> NDArray[np.int32]:
        """Return the number of each place's text."""
        texts = np.zeros(self._size, np.int32)
        for place, text in self._db.execute("SELECT place, text FROM prompts"):
            texts[place] = text
        return texts

    def _drawn(self, clusters: NDArray[np.intp], seed: int) -> NDArray[np.intp]:
        """Return the clusters in the order in which they are drawn, given the cluster of each text.

        One text of each draws for it: were each to draw and the least to count, large clusters would come first.
        """
        keys = (int.from_bytes(name[:8], "big") for name in self._texts.names())
        least = np.full(int(clusters.max()) + 1, np.iinfo(np.uint64).max)
        np.minimum.at(least, clusters, np.fromiter(keys, np.uint64, clusters.size))
        draws = (derived_seed(seed, "split", key) for key in least)
        return np.argsort(np.fromiter(draws, np.int64, least.size), kind="stable")


def _nearest(sizes: NDArray[np.intp], share: float) -> NDArray[np.bool_]:
    """Return which of the clusters to take, the first that fit, for a number of prompts nearest to the share.

    Args:
        sizes: the prompts of each cluster, in the order in which they are drawn.
        share: of all prompts, above 0 and below 1.
    """
    total = int(sizes.sum())
    wanted = share * total
    goal = min(max(math.ceil(wanted - 0.5), 1), total - 1)
    taken = _first_fitting(sizes, goal)
    if sizes.size == 1 or sizes[taken].sum() == goal:
        return taken
    kinds, counts = np.unique(sizes, return_counts=True)
    sums = _reachable(kinds.tolist(), counts.tolist())
    last = np.frombuffer(sums[-1].to_bytes(total // 8 + 1, "little"), np.uint8)
    possible = np.flatnonzero(np.unpackbits(last, bitorder="little"))[1:-1]
    best = int(possible[np.argmin(np.abs(possible - wanted))])
    if sizes[taken].sum() == best:
        return taken
    taken[:] = False
    for kind, many in _made_up(best, kinds.tolist(), counts.tolist(), sums, share).items():
        taken[np.flatnonzero(sizes == kind)[:many]] = True
    return taken


def _first_fitting(sizes: NDArray[np.intp], goal: int) -> NDArray[np.bool_]:
    taken = np.zeros(sizes.size, bool)
    left = goal
    for place, size in enumerate(sizes.tolist()):
        if size <= left:
            taken[place] = True
            left -= size
    return taken


def _reachable(kinds: list[int], counts: list[int]) -> list[int]:
    """Return which sums the first kinds of clusters can make up, as the bits of a number: none, one, two … kinds."""
    sums = [1]
    for kind, count in zip(kinds, counts, strict=True):
        bits, left, step = sums[-1], count, 1
        while left:
            many = min(step, left)
            bits |= bits << (kind * many)
            left, step = left - many, 2 * step
        sums.append(bits)
    return sums


def _made_up(
    total: int, kinds: list[int], counts: list[int], sums: list[int], share: float
) -> dict[int, int]:
    """Return how many clusters of each kind make up a sum, of each kind as near to the share as can be."""
    chosen = {}
    for kind, count, before in reversed(list(zip(kinds, counts, sums, strict=False))):
        possible = (
            many for many in range(min(count, total // kind) + 1) if before >> (total - many * kind) & 1
        )
        many = min(possible, key=lambda many: abs(many - share * count))
        chosen[kind] = many
        total -= many * kind
    return chosen
