"""From one journal into another, row by row as it stands: what a run began with, and what each event brought."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from simulator.journal.codec import from_cell, to_cell, to_text
from simulator.journal.outcomes import as_outcome
from simulator.journal.usage import COUNTED, add_usage

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterator, Sequence

    from simulator.journal.journal import Journal

__all__ = ["JournalCopy"]

PAGE = 1_000
"""Rows that are in memory at once."""
LATER = ("ballots", "results", "events", "norms", "calls", "texts", "usage", "flights", "predictions")
"""The tables that fill while a run goes on."""
FIRST, ALL = "IN ('judge', 'recheck')", "<> 'why'"
"""Phases of the calls behind a ballot that its persona changes later, and of all that the run itself made."""
USAGE = ("number", "phase", "model", *COUNTED, "cost", "problems")


class JournalCopy:
    """Copies what is asked for from a journal that is only read into one that is written.

    Nothing is copied twice, and what the source does not hold is left out. The methods that write belong into
    ``writing``. Memory does not grow with the run.

    Args:
        source: the journal to copy from. ``target``: the one to copy to.
    """

    def __init__(self, source: Journal, target: Journal) -> None:
        self._source, self._target = source._db, target._db
        self.reading, self.writing = source._reading, target._writing
        self._calls = 0
        self._normed: set[str] = set()
        self._number = target.last_event()

    def begin(self, *, without: Collection[str]) -> None:
        """Copy what was known before the first judgement: some facts, communities, personas, jobs, given items."""
        self.facts(without=without)
        for table, rows in (
            ("communities", ""),
            ("personas", ""),
            ("jobs", ""),
            ("items", "WHERE NOT generated"),
        ):
            self._rows(table, f"SELECT * FROM {table} {rows}", [])

    def facts(self, *, without: Collection[str]) -> None:
        """Copy the named values but some."""
        marks = ", ".join("?" * len(without))
        self._rows("facts", f"SELECT name, value FROM facts WHERE name NOT IN ({marks})", [*without])

    def ballot(self, item: str, community: str, persona: str, round: int) -> None:
        """Copy one ballot with the options that it is on, and every model call up to its own."""
        self._items(item, community)
        self._rows(
            "ballots",
            "SELECT * FROM ballots WHERE item = ? AND community = ? AND round = ? AND persona = ?",
            [item, community, round, persona],
        )
        with self.reading():
            later = self._source.execute(
                "SELECT 1 FROM ballots WHERE item = ? AND community = ? AND round > ? AND persona = ? LIMIT 1",
                [item, community, round, persona],
            ).fetchone()
        self._calls_of(item, community, persona, phases=FIRST if later else ALL)

    def result(self, item: str, community: str) -> None:
        """Copy all that came of an item in a community, be it a failure, and every model call up to its last."""
        self._items(item, community)
        for table in ("ballots", "results"):
            self._rows(table, f"SELECT * FROM {table} WHERE item = ? AND community = ?", [item, community])
        self._calls_of(item, community)

    def rest(self, *, without: Collection[str]) -> None:
        """Copy what belongs to no event: facts but some, the remaining calls, all that was used up, predictions."""
        self.facts(without=without)
        self._calls_up_to(None)
        for table, columns in (("usage", ", ".join(USAGE)), ("flights", "*"), ("predictions", "*")):
            if self._holds(table):
                self._target.execute(f"DELETE FROM {table}")
                self._rows(table, f"SELECT {columns} FROM {table}", [])

    def event(self, at: float, kind: str, body: dict[str, Any]) -> None:
        """Append an event; its number is above all that the target ever had, also those that were cleared."""
        self._number += 1
        self._target.execute(
            "INSERT INTO events VALUES (?, ?, ?, ?)", [self._number, at, kind, to_text(body)]
        )

    def clear(self) -> None:
        """Remove all that was copied since ``begin``."""
        for table in LATER:
            self._target.execute(f"DELETE FROM {table}")
        self._target.execute("DELETE FROM items WHERE generated")
        self._calls = 0
        self._normed.clear()

    def forget(self, names: Collection[str]) -> None:
        """Remove named values, where the target has them."""
        self._target.executemany("DELETE FROM facts WHERE name = ?", [(name,) for name in names])

    def put(self, name: str, value: Any) -> None:
        """Write one named value of the target's own."""
        self._target.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", [name, to_text(value)])

    def has_ballots(self, item: str, community: str) -> bool:
        """Return whether any ballot on an item in a community was copied."""
        query = "SELECT 1 FROM ballots WHERE item = ? AND community = ? LIMIT 1"
        return self._target.execute(query, [item, community]).fetchone() is not None

    def ballots_of(self, item: str, community: str) -> list[tuple[str, int]]:
        """Return (persona, round) of the source's ballots on an item in a community, in their order."""
        query = "SELECT persona, round FROM ballots WHERE item = ? AND community = ? ORDER BY round, persona"
        with self.reading():
            return self._source.execute(query, [item, community]).fetchall()

    def _items(self, item: str, community: str) -> None:
        self._rows("items", "SELECT * FROM items WHERE item = ?", [item])
        if community not in self._normed:
            self._normed.add(community)
            self._rows("norms", "SELECT * FROM norms WHERE community = ?", [community])

    def _calls_of(self, item: str, community: str, persona: str | None = None, *, phases: str = ALL) -> None:
        query = f"""SELECT max(number) FROM calls WHERE item = ? AND community = ? AND (?3 IS NULL OR persona = ?3)
                    AND phase {phases}"""
        named = [to_cell(item), to_cell(community), None if persona is None else to_cell(persona)]
        with self.reading():
            (last,) = self._source.execute(query, named).fetchone()
        if last is not None and last > self._calls:
            self._calls_up_to(last)

    def _calls_up_to(self, last: int | None) -> None:
        """Copy the calls that were kept before one, and it: whoever they were for, they had come to an end."""
        query = "SELECT * FROM calls WHERE number > ? AND (?2 IS NULL OR number <= ?2) ORDER BY number"
        for rows in self._pages(query, [self._calls, last]):
            self._insert("calls", rows)
            for row in rows:
                self._texts(row[9])
            outcomes = ((row[3], row[2], as_outcome(from_cell(row[10]))) for row in rows)
            with self.reading():
                add_usage(self._target, outcomes)
            self._calls = rows[-1][0]

    def _texts(self, messages: str) -> None:
        for _, *blocks in json.loads(messages):
            for block in blocks:
                digest = bytes.fromhex(block)
                if not self._target.execute("SELECT 1 FROM texts WHERE hash = ?", [digest]).fetchone():
                    self._rows("texts", "SELECT * FROM texts WHERE hash = ?", [digest])

    def _holds(self, table: str) -> bool:
        with self.reading():
            found = self._source.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [table])
            return found.fetchone() is not None

    def _rows(self, table: str, query: str, values: Sequence[Any]) -> None:
        for rows in self._pages(query, values):
            self._insert(table, rows)

    def _insert(self, table: str, rows: list[tuple[Any, ...]]) -> None:
        marks = ", ".join("?" * len(rows[0]))
        self._target.executemany(f"INSERT OR REPLACE INTO {table} VALUES ({marks})", rows)

    def _pages(self, query: str, values: Sequence[Any]) -> Iterator[list[tuple[Any, ...]]]:
        with self.reading():
            found: sqlite3.Cursor = self._source.execute(query, values)
            while rows := found.fetchmany(PAGE):
                yield rows
