"""Every pair and label of a run, on the disk: which of them are kept can be decided only when all are known.

The first reading of a run adds them, ``decide`` decides, and the second reading is told set by set what is kept. The
work is SQL and memory does not grow with the number of rows. Draws are hashes of names, so nothing depends on the
order in which sets were added.
"""

from __future__ import annotations

import json
import math
import sqlite3
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, Self

from personas.errors import InputError
from personas.seeds import derived_seed
from simulator.export.choosing.decided import REASONS, Decided, nothing_kept
from simulator.export.choosing.pairs import ROUNDING, Mark, Pair
from simulator.export.choosing.quotas import balanced, length_kind, matched
from simulator.export.choosing.tallies import told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from simulator.export.records import Record
    from simulator.export.selection import Selection

__all__ = ["Decided", "Ledger", "nothing_kept"]

Kept = tuple[tuple[int, ...], ...]
"""What is kept of a set: for each of its records, the places in the list of its pairs or marks."""
Table = Literal["pairs", "marks"]
FILE = "ledger.sqlite"
BATCH = 10_000
"""Rows that wait in memory to be written."""
CACHE = 32 * 2**10
"""KiB of the file that SQLite keeps in memory."""
_COLUMNS = """
    id INTEGER PRIMARY KEY, number INTEGER, record INTEGER, place INTEGER, community INTEGER, name INTEGER,
    at INTEGER, margin REAL, probability REAL, draw INTEGER,
    split INTEGER DEFAULT 0, short INTEGER DEFAULT 0, fate INTEGER DEFAULT 0
"""
_TABLES = f"""
    CREATE TABLE sets (number INTEGER PRIMARY KEY, place INTEGER, records INTEGER, found BLOB);
    CREATE TABLE pairs ({_COLUMNS},
        kind INTEGER, chosen INTEGER, rejected INTEGER, ratio REAL, disputed INTEGER);
    CREATE TABLE marks ({_COLUMNS}, above INTEGER);
    CREATE TABLE quotas (split INTEGER, community INTEGER, kind INTEGER, matched INTEGER, balanced INTEGER,
        PRIMARY KEY (split, community, kind)) WITHOUT ROWID;
"""
_GIVEN = {
    "sets": "number, place, records, found",
    "pairs": "number, record, place, community, name, at, margin, probability, kind, chosen, rejected, ratio, "
    "disputed",
    "marks": "number, record, place, community, name, at, margin, probability, above",
}
MATCHING, BALANCING = REASONS.index("match_length") + 1, REASONS.index("balance") + 1
_SHORT = f"""
    CASE WHEN margin <= {ROUNDING} THEN 1
        WHEN margin + {ROUNDING} < :min_margin THEN 2
        WHEN probability + {ROUNDING} < :min_probability THEN 3
        ELSE 0 END
"""
"""What a row falls short of, as a place in ``REASONS`` from 1; unknown probabilities fall short of nothing."""


class Ledger:
    """The pairs and labels of one run, in one file that is removed when it is closed.

    Args:
        folder: where the file is made; one that a killed process left there is replaced.

    Raises:
        InputError: the file cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE
        self._waiting: dict[str, list[tuple[Any, ...]]] = {"sets": [], "pairs": [], "marks": []}
        self._ids: dict[str, int] = {}
        self._last = -1
        self._is_decided = False
        with self._on_disk():
            self._remove()
            # Nothing here outlives the process, so nothing need be safe from its end.
            self._db = sqlite3.connect(self.path, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = OFF")
            self._db.execute("PRAGMA synchronous = OFF")
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute(f"PRAGMA cache_size = -{CACHE}")
            self._db.executescript(_TABLES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Remove the file."""
        self._db.close()
        self._remove()

    @property
    def communities(self) -> tuple[str, ...]:
        """The communities of all records that were added, the first first."""
        return tuple(self._ids)

    def add(
        self,
        number: int,
        place: int,
        records: Sequence[Record],
        pairs: Sequence[Sequence[Pair]],
        marks: Sequence[Sequence[Mark]],
    ) -> None:
        """Add one candidate set.

        Args:
            number: of the set, larger than those before it.
            place: of its prompt, as an index of ``splits``.
            records: one for each community that judged it.
            pairs: of ``pairs_of``, a list a record. ``marks``: of ``marks_of``, a list a record.

        Raises:
            InputError: the file cannot be written.
            ValueError: the number is not larger than those before it.
        """
        if number <= self._last:
            raise ValueError(f"set {number} after set {self._last}: sets are added in order")
        self._last = number
        for at, (record, its_pairs, its_marks) in enumerate(zip(records, pairs, marks, strict=True)):
            community = self._ids.setdefault(record.community, len(self._ids))
            name = derived_seed(0, "set", record.item.item, record.community)
            set_row = number, at, place, community, name
            self._waiting["pairs"] += _pair_rows(set_row, record, its_pairs)
            self._waiting["marks"] += _mark_rows(set_row, record, its_marks)
        self._waiting["sets"].append((number, place, len(records), _packed(pairs, marks)))
        if sum(map(len, self._waiting.values())) >= BATCH:
            with self._on_disk():
                self._write()

    def decide(self, selection: Selection, splits: NDArray[Any]) -> Decided:
        """Decide which rows are kept; what was decided before is forgotten.

        Thresholds come first. ``match_length`` then drops pairs, drawn by chance, until in each split, community and
        class of length ratios (``quotas.RATIOS``) equally many chosen texts are longer and shorter; pairs of equal
        length stay. ``balance`` then drops pairs until every community has equally many in a split, and lengths
        are still matched. A community without any pair in a split leaves none of it to the others.

        Of these, thresholds and ``balance`` decide on completions with a label, too; ``match_length`` does not.

        Args:
            selection: by which the pairs and marks were made.
            splits: 0 for train and 1 for test, for each prompt's place.

        Raises:
            InputError: the file cannot be written.
            ValueError: a prompt has no split.
        """
        with self._on_disk():
            self._write()
            least, most = self._db.execute("SELECT min(place), max(place) FROM sets").fetchone()
            if least is not None and not 0 <= least <= most < len(splits):
                raise ValueError(f"prompts {least} to {most} and {len(splits)} splits")
            self._apply_thresholds(selection, splits)
            if selection.match_length or selection.balance:
                self._thin("pairs", selection)
            if selection.balance:
                self._thin("marks", selection)
            self._is_decided = True
            return told(self, selection)

    def kept(self) -> Iterator[tuple[int, Kept, Kept]]:
        """Yield each set's number, the places of its kept pairs and of its kept marks, in the order of adding.

        Raises:
            InputError: the file cannot be read.
            ValueError: nothing was decided yet.
        """
        if not self._is_decided:
            raise ValueError("decide first")
        with self._on_disk():
            for (number, pairs), (_, marks) in zip(self._kept("pairs"), self._kept("marks"), strict=True):
                yield number, pairs, marks

    def kept_rows(self) -> Iterator[tuple[int, list[list[Pair]], list[list[Mark]]]]:
        """Yield each set's number, and for each of its records the kept pairs and marks themselves, as added.

        Raises:
            InputError: the file cannot be read.
            ValueError: nothing was decided yet.
        """
        found = self._db.execute("SELECT found FROM sets ORDER BY number")
        for (number, pairs, marks), (packed,) in zip(self.kept(), found, strict=True):
            all_pairs, all_marks = json.loads(packed)
            yield (
                number,
                [[Pair._make(its[at]) for at in kept] for its, kept in zip(all_pairs, pairs, strict=True)],
                [[Mark._make(its[at]) for at in kept] for its, kept in zip(all_marks, marks, strict=True)],
            )

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query that adds something up; few, as they are all in memory.

        Raises:
            InputError: the file cannot be read or written.
        """
        with self._on_disk():
            self._write()
            return self._db.execute(sql).fetchall()

    def _write(self) -> None:
        self._db.execute("BEGIN")
        for table, rows in self._waiting.items():
            if rows:
                places = ", ".join("?" * len(rows[0]))
                self._db.executemany(f"INSERT INTO {table} ({_GIVEN[table]}) VALUES ({places})", rows)
                rows.clear()
        self._db.execute("COMMIT")

    def _apply_thresholds(self, selection: Selection, splits: NDArray[Any]) -> None:
        by_place = splits.astype("uint8").tobytes()  # one byte a prompt, and plain integers to SQLite
        self._db.create_function("split_of", 1, by_place.__getitem__, deterministic=True)
        for table in ("pairs", "marks"):
            fate = "0" if table == "pairs" and selection.ties == "soft" else _SHORT
            self._db.execute(
                f"UPDATE {table} SET split = split_of(place), short = {_SHORT}, fate = {fate}",
                {"min_margin": selection.min_margin, "min_probability": selection.min_probability},
            )

    def _thin(self, table: Table, selection: Selection) -> None:
        """Drop what is more than the quotas allow; which rows those are is drawn by each one's own hash."""
        kind = "kind" if table == "pairs" and selection.match_length else "0"
        self._db.create_function(
            "draw_of", 2, partial(derived_seed, selection.seed, table), deterministic=True
        )
        self._db.execute(f"UPDATE {table} SET draw = draw_of(name, at) WHERE fate = 0")
        self._db.execute("DELETE FROM quotas")
        quotas = list(self._quotas(table, kind, balance=selection.balance))
        self._db.executemany("INSERT INTO quotas VALUES (?, ?, ?, ?, ?)", quotas)
        self._db.execute(f"""
            UPDATE {table} SET fate = CASE WHEN ranked.rank > quotas.matched THEN {MATCHING} ELSE {BALANCING} END
            FROM (
                SELECT id, split, community, {kind} AS kind,
                    row_number() OVER (PARTITION BY split, community, {kind} ORDER BY draw, id) AS rank
                FROM {table} WHERE fate = 0
            ) AS ranked JOIN quotas USING (split, community, kind)
            WHERE {table}.id = ranked.id AND ranked.rank > quotas.balanced
        """)

    def _quotas(self, table: Table, kind: str, *, balance: bool) -> Iterator[tuple[int, ...]]:
        """Yield split, community, kind, and how many of it may stay once matched, and once balanced besides."""
        counted: dict[int, dict[int, dict[int, int]]] = {}
        for split, community, its_kind, count in self._db.execute(
            f"SELECT split, community, {kind}, count(*) FROM {table} WHERE fate = 0 GROUP BY 1, 2, 3"
        ):
            groups = counted.setdefault(split, {place: {} for place in self._ids.values()})
            groups[community][its_kind] = count
        for split, groups in counted.items():
            paired = {community: matched(counts) for community, counts in groups.items()}
            even = balanced(paired) if balance else paired
            for community, counts in paired.items():
                for its_kind, room in counts.items():
                    yield split, community, its_kind, room, even[community][its_kind]

    def _kept(self, table: Table) -> Iterator[tuple[int, Kept]]:
        """Yield each set's number with what is kept of each of its records; sets were added in order."""
        rows = self._db.execute(f"SELECT number, record, at FROM {table} WHERE fate = 0 ORDER BY id")
        row = rows.fetchone()
        for number, records in self._db.execute("SELECT number, records FROM sets ORDER BY number"):
            found: list[list[int]] = [[] for _ in range(records)]
            while row is not None and row[0] == number:
                found[row[1]].append(row[2])
                row = rows.fetchone()
            yield number, tuple(map(tuple, found))

    @contextmanager
    def _on_disk(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.OperationalError, OSError) as error:
            raise InputError(
                f"the export's working file cannot be used: {error}",
                where=str(self.path),
                remedy="make room on the disk, or name a folder that can be written",
            ) from error

    def _remove(self) -> None:
        for path in (self.path, self.path.with_name(f"{FILE}-journal")):
            path.unlink(missing_ok=True)


def _packed(pairs: Sequence[Sequence[Pair]], marks: Sequence[Sequence[Mark]]) -> str:
    """Return pairs and marks as text that gives back the very same numbers, as they took long to find."""
    return json.dumps((pairs, marks))


def _pair_rows(set_row: tuple[int, ...], record: Record, pairs: Sequence[Pair]) -> Iterator[tuple[Any, ...]]:
    lengths = [len(option.text) for option in record.item.options]
    for at, pair in enumerate(pairs):
        chosen, rejected = lengths[pair.chosen], lengths[pair.rejected]
        yield (
            *set_row,
            at,
            pair.margin,
            pair.probability,
            length_kind(chosen, rejected),
            pair.chosen,
            pair.rejected,
            math.log(chosen / rejected),
            pair.disputed,
        )


def _mark_rows(set_row: tuple[int, ...], record: Record, marks: Sequence[Mark]) -> Iterator[tuple[Any, ...]]:
    """Return marks as rows whose margin and probability are held against the thresholds as those of pairs are."""
    for at, mark in enumerate(marks):
        ahead = mark.share - 1 / record.item.size
        sure = mark.probability if mark.probability is None or ahead > 0 else 1 - mark.probability
        yield (*set_row, at, 2 * abs(ahead), sure, ahead > 0)
