"""What can be read of a journal, by the engine that writes it and by everybody else."""

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from personas.errors import InputError, StoppedError
from simulator.journal.codec import as_ballot, as_item
from simulator.journal.opening import trouble_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from simulator.item import Ballot, Item
    from simulator.journal.lock import EngineLock

__all__ = ["JOURNAL", "JournalReading", "say"]

JOURNAL = "journal.sqlite"


class JournalReading:
    """The reading half of a journal; ``Journal`` is the whole of it."""

    def __init__(
        self, connection: sqlite3.Connection, folder: Path | None, lock: EngineLock | None = None
    ) -> None:
        self._db = connection
        self._lock = lock
        self.folder = folder

    @property
    def _where(self) -> str:
        return str(self.folder / JOURNAL) if self.folder else "memory"

    @contextmanager
    def _reading(self) -> Iterator[None]:
        """Say in words what the file's trouble is.

        Raises:
            InputError: the file is damaged; StoppedError where the engine finds it so.
        """
        try:
            yield
        except StoppedError:
            raise
        except InputError as error:  # a value that no item or ballot may have
            say(ValueError(error.what), self._where, stops=self._lock is not None)
        except (sqlite3.Error, ValueError, KeyError, TypeError) as error:
            say(error, self._where, stops=self._lock is not None)
            raise

    def rows(
        self, query: str, values: Sequence[Any] = (), *, made: Callable[[Any], Any] | None = None
    ) -> list[Any]:
        """Return the rows that a query finds, each as ``made`` of it; for readers within this package.

        Raises:
            InputError: the file is damaged.
        """
        with self._reading():
            rows = self._db.execute(query, values).fetchall()
            return [made(row) for row in rows] if made else rows

    def row(self, query: str, values: Sequence[Any] = (), *, made: Callable[[Any], Any] | None = None) -> Any:
        """Return the first row that a query finds, as ``rows`` does; None where it finds none."""
        return next(iter(self.rows(query, values, made=made)), None)

    def fact(self, name: str) -> Any:
        """Return a named value; None where it was not written."""
        return self.row("SELECT value FROM facts WHERE name = ?", [name], made=_body)

    def communities(self) -> dict[str, dict[str, Any]]:
        """Return what is known of each community, in order."""
        return dict(self.rows("SELECT community, body FROM communities ORDER BY place", made=_pair))

    def personas(self, community: str) -> dict[str, dict[str, Any]]:
        """Return the panel of a community."""
        query = "SELECT persona, body FROM personas WHERE community = ? ORDER BY persona"
        return dict(self.rows(query, [community], made=_pair))

    def norms(self, community: str, posts: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return those of the named norms of a community that ballots rest on."""
        marks = ",".join("?" * len(posts))
        query = f"SELECT post, body FROM norms WHERE community = ? AND post IN ({marks})"
        return dict(self.rows(query, [community, *posts], made=_pair))

    def items(self, *, first: int = 0, count: int = -1) -> list[Item]:
        """Return items in the order of the jobs, ``count`` of them from number ``first`` on; all where it is -1."""
        return self.rows(
            """SELECT body FROM items LEFT JOIN (SELECT item, min(place) AS job FROM jobs GROUP BY item) USING (item)
               ORDER BY job NULLS LAST, place LIMIT ? OFFSET ?""",
            [count, first],
            made=_item,
        )

    def item(self, name: str) -> Item:
        """Return one item.

        Raises:
            InputError: the run has no such item.
        """
        found = self.find_item(name)
        if found is None:
            raise InputError(f"the run has no item {name!r}", where=str(self.folder))
        return found

    def find_item(self, name: str) -> Item | None:
        """Return one item; None where the run has none of this name, or its options are not written yet."""
        found: Item | None = self.row("SELECT body FROM items WHERE item = ?", [name], made=_item)
        return found

    def ballots(self, item: str, community: str, *, round: int | None = None) -> list[Ballot]:
        """Return the ballots on an item in a community, those of one round where it is named."""
        query = "SELECT body FROM ballots WHERE item = ? AND community = ?"
        query += "" if round is None else f" AND round = {int(round)}"
        named = [item, community]
        return self.rows(f"{query} ORDER BY round, persona", named, made=lambda row: as_ballot(_body(row)))

    def results(self, *, first: int = 0, count: int = -1) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield (item, community, result) in the order of the jobs, ``count`` from number ``first`` on; all if -1."""
        query = """SELECT r.item, r.community, r.body FROM results r JOIN jobs j USING (item, community)
                   ORDER BY j.place LIMIT ? OFFSET ?"""
        with self._reading():
            for item, community, body in self._db.execute(query, [count, first]):
                yield item, community, json.loads(body)

    def jobs(
        self, *, first: int = 0, count: int = 1
    ) -> list[tuple[str, str, Item | None, dict[str, Any] | None]]:
        """Return (item, community, item with its options, result) of ``count`` jobs in order, from one place on.

        The item is None where its options are not written yet, the result where there is none yet. It takes as
        long wherever the place is.
        """
        return self.rows(
            """SELECT j.item, j.community, i.body, r.body FROM jobs j LEFT JOIN items i USING (item)
               LEFT JOIN results r ON r.item = j.item AND r.community = j.community
               WHERE j.place >= ? AND j.place < ? ORDER BY j.place""",
            [first, first + count],
            made=lambda row: (
                *row[:2],
                as_item(json.loads(row[2])) if row[2] else None,
                json.loads(row[3]) if row[3] else None,
            ),
        )

    def predictions(self, item: str, community: str) -> dict[str, tuple[float, ...]]:
        """Return the share of each option by other predictors, in their order; none where they were not kept."""
        if not self.row("SELECT 1 FROM sqlite_master WHERE name = 'predictions'"):
            return {}  # a journal that was written before they were kept
        query = "SELECT predictor, shares FROM predictions WHERE item = ? AND community = ? ORDER BY place"
        return {name: tuple(shares) for name, shares in self.rows(query, [item, community], made=_pair)}

    def milestones(self) -> list[tuple[int, float, str, dict[str, Any]]]:
        """Return the events that are neither ballots nor results, as ``events`` does: starts, pauses, ends."""
        query = """SELECT number, at, kind, body FROM events
                   WHERE kind NOT IN ('ballot', 'result', 'failure') ORDER BY number"""
        return self.rows(query, made=lambda row: (*row[:3], json.loads(row[3])))

    def result(self, item: str, community: str) -> dict[str, Any] | None:
        """Return what came of an item in a community; None where nothing did yet."""
        query = "SELECT body FROM results WHERE item = ? AND community = ?"
        found: dict[str, Any] | None = self.row(query, [item, community], made=_body)
        return found

    def last_event(self) -> int:
        """Return the number of the last event; 0 where there is none."""
        return int(self.row("SELECT coalesce(max(number), 0) FROM events")[0])

    def done(self) -> set[tuple[str, str]]:
        """Return the (item, community) pairs that have a result."""
        return set(self.rows("SELECT item, community FROM results"))

    def has_result(self, item: str, community: str) -> bool:
        """Return whether anything came of an item in a community, be it a failure."""
        query = "SELECT 1 FROM results WHERE item = ? AND community = ?"
        return self.row(query, [item, community]) is not None

    def progress(self) -> tuple[int, int]:
        """Return how many jobs are done, and how many there are."""
        done, total = self.row("SELECT (SELECT count(*) FROM results), (SELECT count(*) FROM jobs)")
        return int(done), int(total)

    def events(self, *, after: int = 0, limit: int = 1000) -> list[tuple[int, float, str, dict[str, Any]]]:
        """Return (number, seconds since 1970, kind, body) of the events after a number, in order."""
        query = "SELECT number, at, kind, body FROM events WHERE number > ? ORDER BY number LIMIT ?"
        return self.rows(query, [after, limit], made=lambda row: (*row[:3], json.loads(row[3])))


def say(error: BaseException, where: str, *, stops: bool = False) -> None:
    """Raise what is to be said of an error; nothing where it speaks for itself."""
    told = trouble_of(error, where, stops=stops)
    if told is not None:
        raise told from error


def _body(row: Sequence[Any]) -> Any:
    return json.loads(row[-1])


def _pair(row: Sequence[Any]) -> tuple[str, Any]:
    return row[0], _body(row)


def _item(row: Sequence[Any]) -> Item:
    return as_item(_body(row))
