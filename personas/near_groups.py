"""Which of very many texts say the same, directly or through others, told in little memory.

``near.NearTexts`` answers at once and keeps all in memory; here the texts lie on disk and the answer comes at the
end. Candidates are found by prefix filtering (Chaudhuri, Ganti & Kaushik 2006; Bayardo, Ma & Srikant 2007), which
misses none: two sets that are alike share one of the rarest runs of each, so a template's common words are passed
over. Long texts share too many runs for that, and are found by banding as in ``near``.
"""

from __future__ import annotations

import hashlib
import math
import sqlite3
from typing import TYPE_CHECKING

import numpy as np

from personas.errors import InputError
from personas.near import band_rows, bands, fixed_parts, jaccard, key_of, normalised, shingles

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from types import TracebackType

    from numpy.typing import NDArray

__all__ = ["NearGroups"]

_TABLES = """
    PRAGMA journal_mode = OFF;
    PRAGMA synchronous = OFF;
    PRAGMA locking_mode = EXCLUSIVE;
    PRAGMA cache_size = -8192;
    CREATE TABLE texts (number INTEGER PRIMARY KEY, key BLOB UNIQUE, fixed BLOB NOT NULL, runs BLOB NOT NULL);
    CREATE TABLE entries (bucket INTEGER NOT NULL, data BLOB NOT NULL);
    CREATE INDEX entries_by_bucket ON entries (bucket);
    BEGIN;
"""
_BUCKET = 1 << 18
"""Entries of the index that are compared at once, about."""
_FLUSH = 1 << 19
"""Entries of the index that are held before they go to disk: 8 MiB."""
_SLOT_BITS = 21
"""In how many slots, as a power of two, the frequencies of runs are counted: 8 MiB."""
_WORDS = 4
"""64-bit words of a text's parities."""
_ENTRY = np.dtype([("token", "<u8"), ("text", "<i4"), ("leads", "?")])
LONG = 400
"""Runs of a text from which on its twins are found by banding, as in ``near``: long texts all share rare runs."""
RECALL = 0.9999
"""How likely a pair of long texts just at the threshold is to be compared, at the least."""


class NearGroups:
    """A growing set of texts on disk, told apart into groups of those that say the same (``near.MEASURE``).

    Two texts are in one group when a chain of texts leads from one to the other, each near the next. None is missed
    among texts of less than 400 runs, and among longer ones just at the threshold one pair in ten thousand. What is
    held in memory is some 60 bytes a text besides 60 MiB; what is on disk is five to eight times the texts.

    Args:
        path: the file that holds them, made anew; ``close`` removes it.
        threshold: the Jaccard similarity from which on two texts say the same, above 0; 1 for equal sets only.
        patterned: whether one with another word in it is another text, as in ``near.NearTexts``.

    Raises:
        InputError: the threshold is out of its range.
    """

    def __init__(self, path: Path, *, threshold: float = 0.8, patterned: bool = False) -> None:
        if not 0 < threshold <= 1:
            raise InputError(
                f"a similarity of {threshold}", where="--alike", remedy="choose one above 0 and up to 1"
            )
        self._path, self._threshold, self._patterned = path, threshold, patterned
        path.unlink(missing_ok=True)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.executescript(_TABLES)
        self._size = self._runs = 0
        self._counts = np.zeros(1 << _SLOT_BITS, np.uint32)

    def __enter__(self) -> NearGroups:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Forget all texts and remove the file."""
        self._db.close()
        self._path.unlink(missing_ok=True)

    def __len__(self) -> int:
        return self._size

    def add(self, text: str) -> int:
        """Keep a text and return its number, counted from 0; texts that are equal once normalised have one number."""
        plain = normalised(text)
        key = key_of(plain)
        known = self._db.execute("SELECT number FROM texts WHERE key = ?", (key,)).fetchone()
        if known:
            return int(known[0])
        runs = shingles(plain)
        fixed = "\0".join(fixed_parts(plain, patterned=self._patterned)).encode("utf-8", "surrogatepass")
        row = (self._size, key, fixed, runs.astype("<u4").tobytes())
        self._db.execute("INSERT INTO texts VALUES (?, ?, ?, ?)", row)
        self._counts[_slots(runs)] += 1
        self._size += 1
        self._runs += runs.size
        return self._size - 1

    def names(self) -> Iterator[bytes]:
        """Yield what each text is known by (``near.key_of``), in the order of their numbers."""
        for (key,) in self._db.execute("SELECT key FROM texts ORDER BY number"):
            yield key

    def labels(self, *, joined: Iterable[tuple[int, int]] = ()) -> NDArray[np.int32]:
        """Return the group of each text as the number of one text in it, the same for all in the group.

        Args:
            joined: numbers of texts that belong together whatever they say.
        """
        expected = self._size + int(self._runs * (1 - self._threshold))
        search = _Search(self._db, self._size, self._threshold, buckets=1 + expected // _BUCKET)
        for one, other in joined:
            search.forest.join(one, other)
        search.index(self._counts)
        # Neighbours first: once a crowd of copies is one group, its pairs need no comparison.
        for only_neighbours in (True, False):
            for entries in search.buckets():
                search.compare(entries, only_neighbours=only_neighbours)
        return search.forest.roots(np.arange(self._size, dtype=np.int32))


class _Forest:
    """Groups that grow together (union-find), with the lowest number as the root of each."""

    def __init__(self, size: int) -> None:
        self._above = np.arange(size, dtype=np.int32)

    def roots(self, numbers: NDArray[np.int32]) -> NDArray[np.int32]:
        found = self._above[numbers]
        while True:
            above = self._above[found]
            if np.array_equal(above, found):
                break
            found = above
        self._above[numbers] = found
        return found

    def root(self, number: int) -> int:
        above = self._above
        while above[number] != number:
            above[number] = above[above[number]]
            number = int(above[number])
        return number

    def join(self, one: int, other: int) -> None:
        low, high = sorted((self.root(one), self.root(other)))
        self._above[high] = low


class _Search:
    """One search for groups: an index of the texts on disk, and the comparison of those that share an entry."""

    def __init__(self, db: sqlite3.Connection, size: int, threshold: float, *, buckets: int) -> None:
        self._db, self._threshold, self._buckets = db, threshold, buckets
        self.forest = _Forest(size)
        self._sizes = np.zeros(size, np.int32)
        self._parities = np.zeros((size, _WORDS), np.uint64)

    def index(self, counts: NDArray[np.uint32]) -> None:
        """Write the entries of each text, one of which any twin shares."""
        self._db.execute("DELETE FROM entries")
        held: list[NDArray[np.void]] = []
        waiting = 0
        for number, fixed, data in self._db.execute("SELECT number, fixed, runs FROM texts ORDER BY number"):
            runs = np.frombuffer(data, "<u4")
            self._sizes[number] = runs.size
            self._parities[number] = _parities(runs, _WORDS)
            entries = _entries(runs, fixed, counts, self._threshold)
            entries["text"] = number
            held.append(entries)
            waiting += entries.size
            if waiting >= _FLUSH:
                self._write(np.concatenate(held))
                held, waiting = [], 0
        if waiting:
            self._write(np.concatenate(held))

    def _write(self, entries: NDArray[np.void]) -> None:
        bucket = (entries["token"] % np.uint64(self._buckets)).astype(np.int64)
        order = np.argsort(bucket, kind="stable")
        ends = np.cumsum(np.bincount(bucket, minlength=self._buckets))
        parts = np.split(entries[order], ends[:-1])
        rows = ((number, part.tobytes()) for number, part in enumerate(parts) if part.size)
        self._db.executemany("INSERT INTO entries VALUES (?, ?)", rows)

    def buckets(self) -> Iterator[NDArray[np.void]]:
        """Yield the entries in parts, all with one token in one part."""
        for bucket in range(self._buckets):
            rows = self._db.execute("SELECT data FROM entries WHERE bucket = ? ORDER BY rowid", (bucket,))
            yield np.frombuffer(b"".join(data for (data,) in rows), _ENTRY)

    def compare(self, entries: NDArray[np.void], *, only_neighbours: bool) -> None:
        """Join the texts of the entries that share a token and are near; pairs within one group are passed over.

        Args:
            entries: all with the same tokens as these.
            only_neighbours: whether each is compared with the next of another group alone, or with all of them.
        """
        if not entries.size:
            return
        texts, here, there, ends = _ranges(entries, self.forest.roots(entries["text"]), self._sizes)
        while here.size:
            self._join_near(texts[here], texts[there])
            if only_neighbours:
                return
            there = there + 1
            left = there < ends
            here, there, ends = here[left], there[left], ends[left]

    def _join_near(self, ones: NDArray[np.int32], others: NDArray[np.int32]) -> None:
        for one, other in self._candidates(ones, others):
            if self.forest.root(one) != self.forest.root(other) and self._near(one, other):
                self.forest.join(one, other)

    def _candidates(self, ones: NDArray[np.int32], others: NDArray[np.int32]) -> Iterator[tuple[int, int]]:
        """Yield the pairs that may be near by what is in memory.

        Sets of sizes a and b that are alike by t are no further apart in size than by t, and differ in at most
        (a + b)·(1 - t) / (1 + t) runs; the parities of two sets differ in no more places than the sets do.
        """
        a, b = self._sizes[ones], self._sizes[others]
        kept = np.minimum(a, b) >= self._threshold * np.maximum(a, b) - 1e-6
        ones, others, total = ones[kept], others[kept], (a + b)[kept]
        differ = np.bitwise_count(self._parities[ones] ^ self._parities[others]).sum(axis=1)
        near = differ <= total * (1 - self._threshold) / (1 + self._threshold) + 1e-6
        near &= self.forest.roots(ones) != self.forest.roots(others)
        yield from zip(ones[near].tolist(), others[near].tolist(), strict=True)

    def _near(self, one: int, other: int) -> bool:
        (fixed, runs), (theirs, others) = self._kept(one), self._kept(other)
        return fixed == theirs and jaccard(runs, others) >= self._threshold

    def _kept(self, number: int) -> tuple[bytes, NDArray[np.uint32]]:
        row = self._db.execute("SELECT fixed, runs FROM texts WHERE number = ?", (number,)).fetchone()
        return row[0], np.frombuffer(row[1], "<u4")


def _ranges(
    entries: NDArray[np.void], roots: NDArray[np.int32], sizes: NDArray[np.int32]
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """Return texts in order, and which are to be compared: that at ``here`` with those from ``there`` to ``end``.

    Those of one token stand together, the leading ones first, and within these those of one group. A leading entry
    is compared with all of its token but its own group's: the leading ones after it, and the others.
    """
    _, tokens = np.unique(entries["token"], return_inverse=True)
    follows = (~entries["leads"]).astype(np.int64)
    span = np.int64(sizes.size)
    places = (2 * tokens.astype(np.int64) + follows) * span + roots
    order = np.lexsort((entries["text"], sizes[entries["text"]], places))
    places, texts = places[order], entries["text"][order]
    here = np.flatnonzero(follows[order] == 0)
    own = places[here] + span
    middle = own - own % span
    bounds = [
        (np.searchsorted(places, places[here], "right"), np.searchsorted(places, middle)),
        (np.searchsorted(places, middle), np.searchsorted(places, own)),
        (np.searchsorted(places, own, "right"), np.searchsorted(places, middle + span)),
    ]
    there, ends = (np.concatenate(part) for part in zip(*bounds, strict=True))
    here, left = np.tile(here, len(bounds)), there < ends
    return texts, here[left], there[left], ends[left]


def _slots(runs: NDArray[np.uint32]) -> NDArray[np.uint32]:
    return runs >> np.uint32(32 - _SLOT_BITS)


def _parities(runs: NDArray[np.uint32], words: int) -> NDArray[np.uint64]:
    """Return, for each of 64 places a word, whether the number of runs that fall there is odd, as bits."""
    odd = (np.bincount(runs & np.uint32(64 * words - 1), minlength=64 * words) & 1).astype(bool)
    return np.packbits(odd).view(np.uint64)


def _entries(
    runs: NDArray[np.uint32], fixed: bytes, counts: NDArray[np.uint32], threshold: float
) -> NDArray[np.void]:
    """Return the entries of a text, each told apart by what a twin must hold besides.

    Around the length at which texts count as long, a text has the entries of both.
    """
    tokens, leads = np.zeros(0, np.uint64), np.zeros(0, bool)
    if runs.size < LONG:
        tokens, leads = _rarest(runs, counts, threshold)
    if runs.size >= threshold * LONG - 1:
        keys = bands(runs, band_rows(threshold, recall=RECALL))
        tokens = np.append(tokens, np.array([_number(key) for key in keys], np.uint64))
        leads = np.append(leads, np.ones(len(keys), bool))
    entries = np.empty(tokens.size, _ENTRY)
    mixed = (tokens ^ np.uint64(_number(fixed))) * np.uint64(0x9E3779B97F4A7C15)
    entries["token"], entries["leads"] = mixed ^ (mixed >> np.uint64(29)), leads
    return entries


def _rarest(
    runs: NDArray[np.uint32], counts: NDArray[np.uint32], threshold: float
) -> tuple[NDArray[np.uint64], NDArray[np.bool_]]:
    """Return the rarest runs, as many as a twin must share one of, and which of them lead.

    Sets of sizes a ≤ b that are alike by t share 2·t·a / (1 + t) runs or more, and t·b or more; so if all runs are
    put into one order, the first a - 2·t·a / (1 + t) + 1 of the smaller set, which lead, and the first b - t·b + 1
    of the larger one share a run. The rarest first make the fewest candidates; those of one text alone make none.
    """
    ranks = (counts[_slots(runs)].astype(np.uint64) << np.uint64(32)) | runs
    length = runs.size - math.ceil(threshold * runs.size - 1e-6) + 1
    leading = runs.size - math.ceil(2 * threshold / (1 + threshold) * runs.size - 1e-6) + 1
    ranks = np.sort(ranks)[:length]
    leads = np.arange(ranks.size) < leading
    shared = ranks >= np.uint64(2 << 32)
    return ranks[shared] & np.uint64(0xFFFFFFFF), leads[shared]


def _number(data: bytes) -> int:
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "little")
