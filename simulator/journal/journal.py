"""The journal: the durable record of a run, one SQLite file that the engine writes and everybody else reads.

Written in WAL mode with ``synchronous = NORMAL``: what was committed survives the process being killed at any
instant, and readers never wait. A power failure can cost the last transactions, back to the last checkpoint (some
four megabytes), and never the file: the run then goes on from there, and makes the lost calls again.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from personas.errors import InputError, StoppedError
from simulator.journal.calls import TABLES as CALL_TABLES
from simulator.journal.calls import CallLedger
from simulator.journal.codec import as_ballot, as_item, ballot_body, item_body, to_text
from simulator.journal.lock import EngineLock
from simulator.journal.opening import open_to_read, open_to_write, prepared, trouble_of
from simulator.models.model import TRANSIENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from simulator.item import Ballot, Item

__all__ = ["JOURNAL", "Journal"]

JOURNAL = "journal.sqlite"

TABLES = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS communities (community TEXT PRIMARY KEY, place INTEGER, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS personas (persona TEXT PRIMARY KEY, community TEXT, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS norms (community TEXT, post TEXT, body TEXT NOT NULL, PRIMARY KEY (community, post));
CREATE TABLE IF NOT EXISTS items (item TEXT PRIMARY KEY, place INTEGER NOT NULL, generated INTEGER NOT NULL,
                                  body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS jobs (item TEXT, community TEXT, place INTEGER, PRIMARY KEY (item, community));
CREATE TABLE IF NOT EXISTS ballots (item TEXT, community TEXT, round INTEGER, persona TEXT, body TEXT NOT NULL,
                                    PRIMARY KEY (item, community, round, persona));
CREATE TABLE IF NOT EXISTS results (item TEXT, community TEXT, body TEXT NOT NULL,
                                    PRIMARY KEY (item, community));
CREATE TABLE IF NOT EXISTS events (number INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS predictions (item TEXT, community TEXT, place INTEGER, predictor TEXT,
                                        shares TEXT NOT NULL, PRIMARY KEY (item, community, place)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS jobs_by_place ON jobs (place);
CREATE INDEX IF NOT EXISTS milestones ON events (number) WHERE kind NOT IN ('ballot', 'result', 'failure');
"""
ARRIVALS = 0.05
"""Seconds within which a ballot that was cast is written: those that come together share a transaction."""


class Journal:
    """The record of one run in ``folder/journal.sqlite``, or in memory where no folder is named.

    Every method that writes is one transaction. Values are JSON with sorted keys and nine decimals, so that
    equal runs have equal records; times stand in the events alone.
    """

    def __init__(
        self, connection: sqlite3.Connection, folder: Path | None, lock: EngineLock | None = None
    ) -> None:
        self._db = connection
        self._lock = lock
        self._arrived: list[tuple[Item, str, Ballot]] = []
        self.folder = folder

    @classmethod
    def create(cls, folder: Path | None) -> Self:
        """Open the journal in ``folder`` to write, making it where there is none.

        Raises:
            InputError: the folder cannot be written, another engine works on it, or it holds a journal that is
                damaged or of another format.
        """
        if folder is None:
            db = sqlite3.connect(":memory:", check_same_thread=False)
            return cls(prepared(db, TABLES + CALL_TABLES), None)
        lock = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = EngineLock(folder)
            return cls(open_to_write(folder / JOURNAL, TABLES + CALL_TABLES), folder, lock)
        except BaseException as error:
            if lock is not None:
                lock.release()
            if isinstance(error, OSError | sqlite3.Error):
                _say(error, str(folder))
            raise

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Open the journal in ``folder`` to read only.

        Raises:
            InputError: there is none, or it is damaged or of another format.
        """
        try:
            return cls(open_to_read(folder / JOURNAL), folder)
        except (OSError, sqlite3.Error) as error:
            _say(error, str(folder / JOURNAL))
            raise

    def close(self) -> None:
        """Write what still waits to be written, and close the file."""
        try:
            if "ledger" in vars(self):
                self.ledger.flush()
            self._write_arrived()
        finally:
            self._db.close()
            if self._lock is not None:
                self._lock.release()

    @cached_property
    def ledger(self) -> CallLedger:
        """The run's model calls."""
        return CallLedger(self._db, reading=self._reading, writing=self._writing)

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
            _say(ValueError(error.what), self._where, stops=self._lock is not None)
        except (sqlite3.Error, ValueError, KeyError, TypeError) as error:
            _say(error, self._where, stops=self._lock is not None)
            raise

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Make one transaction.

        Raises:
            StoppedError: nothing can be written any more.
        """
        try:
            with self._db:
                yield
        except sqlite3.Error as error:
            _say(error, self._where, stops=True)
            raise

    def _all(
        self, query: str, values: Sequence[Any] = (), *, made: Callable[[Any], Any] | None = None
    ) -> list[Any]:
        with self._reading():
            rows = self._db.execute(query, values).fetchall()
            return [made(row) for row in rows] if made else rows

    def _one(
        self, query: str, values: Sequence[Any] = (), *, made: Callable[[Any], Any] | None = None
    ) -> Any:
        return next(iter(self._all(query, values, made=made)), None)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # What is written, mostly once, before the first item.

    def set_facts(self, facts: Mapping[str, Any]) -> None:
        """Write named values: the configuration, versions, hashes, the state and the scores."""
        with self._writing():
            rows = [(name, to_text(value)) for name, value in facts.items()]
            self._db.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", rows)

    def add_communities(self, communities: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Write what is known of each community, in order."""
        rows = [(name, place, to_text(body)) for place, (name, body) in enumerate(communities)]
        with self._writing():
            self._db.executemany("INSERT OR REPLACE INTO communities VALUES (?, ?, ?)", rows)

    def add_personas(self, personas: Iterable[tuple[str, str, Mapping[str, Any]]]) -> None:
        """Write (persona, community, body) rows."""
        rows = [(persona, community, to_text(body)) for persona, community, body in personas]
        with self._writing():
            self._db.executemany("INSERT OR REPLACE INTO personas VALUES (?, ?, ?)", rows)

    def add_jobs(self, jobs: Iterable[tuple[str, str]]) -> None:
        """Write which item is to be judged by which community, in order."""
        rows = ((item, community, place) for place, (item, community) in enumerate(jobs))
        with self._writing():
            self._db.executemany("INSERT OR REPLACE INTO jobs VALUES (?, ?, ?)", rows)

    def add_items(self, items: Iterable[Item]) -> None:
        """Write items in order."""
        rows = ((item.item, place, to_text(item_body(item))) for place, item in enumerate(items))
        with self._writing():
            self._db.executemany("INSERT OR REPLACE INTO items VALUES (?, ?, 0, ?)", rows)

    def event(self, kind: str, body: Mapping[str, Any]) -> None:
        """Append to the event stream."""
        with self._writing():
            self._append(kind, body)

    def arrive(self, item: Item, community: str, ballot: Ballot) -> None:
        """Write a ballot as it is cast, before its item is done, for those who watch; within ``ARRIVALS`` seconds.

        Nothing depends on it: what a kill takes is written again with the item's result.
        """
        self._arrived.append((item, community, ballot))
        if len(self._arrived) == 1:
            asyncio.get_running_loop().call_later(ARRIVALS, self._write_arrived)

    def _write_arrived(self) -> None:
        arrived, self._arrived = self._arrived, []
        if not arrived:
            return
        with self._writing():
            for item, community, ballot in arrived:
                self._keep_item(item)
                self._keep_ballots(item, community, [ballot])
                named = {"item": item.item, "community": community}
                self._append("ballot", {**named, "persona": ballot.persona, "round": ballot.round})

    def _keep_item(self, item: Item) -> None:
        if not self._db.execute("SELECT 1 FROM items WHERE item = ?", [item.item]).fetchone():
            # A generated item's place is its first job's, not the order in which jobs happen to be done.
            self._db.execute(
                "INSERT INTO items SELECT ?1, coalesce(min(place), 0), 1, ?2 FROM jobs WHERE item = ?1",
                [item.item, to_text(item_body(item))],
            )

    def _keep_ballots(self, item: Item, community: str, ballots: Iterable[Ballot]) -> None:
        rows = [
            (item.item, community, ballot.round, ballot.persona, to_text(ballot_body(ballot)))
            for ballot in ballots
        ]
        self._db.executemany("INSERT OR REPLACE INTO ballots VALUES (?, ?, ?, ?, ?)", rows)

    def add_result(
        self,
        item: Item,
        community: str,
        ballots: Iterable[Ballot],
        norms: Iterable[tuple[str, Mapping[str, Any]]],
        result: Mapping[str, Any],
    ) -> None:
        """Write all that came of one item in one community, at once."""
        self._write_arrived()
        with self._writing():
            self._keep_item(item)
            self._keep_ballots(item, community, ballots)
            self._db.executemany(
                "INSERT OR IGNORE INTO norms VALUES (?, ?, ?)",
                [(community, post, to_text(body)) for post, body in norms],
            )
            self._db.execute(
                "INSERT OR REPLACE INTO results VALUES (?, ?, ?)", [item.item, community, to_text(result)]
            )
            self._append("result", {"item": item.item, "community": community})

    def add_failure(self, item: str, community: str, result: Mapping[str, Any]) -> None:
        """Write that nothing came of an item in a community, and why."""
        with self._writing():
            self._db.execute(
                "INSERT OR REPLACE INTO results VALUES (?, ?, ?)", [item, community, to_text(result)]
            )
            self._append("failure", {"item": item, "community": community})

    def add_predictions(
        self, place: int, predictor: str, shares: Iterable[tuple[str, str, Sequence[float]]]
    ) -> None:
        """Write what another predictor says of judgements: (item, community, share of each option) rows.

        Args:
            place: where it stands among the other predictors.
        """
        rows = ((item, community, place, predictor, to_text(list(each))) for item, community, each in shares)
        with self._writing():
            self._db.executemany("INSERT OR REPLACE INTO predictions VALUES (?, ?, ?, ?, ?)", rows)

    # What is read.

    def fact(self, name: str) -> Any:
        """Return a named value; None where it was not written."""
        return self._one("SELECT value FROM facts WHERE name = ?", [name], made=_body)

    def communities(self) -> dict[str, dict[str, Any]]:
        """Return what is known of each community, in order."""
        return dict(self._all("SELECT community, body FROM communities ORDER BY place", made=_pair))

    def personas(self, community: str) -> dict[str, dict[str, Any]]:
        """Return the panel of a community."""
        query = "SELECT persona, body FROM personas WHERE community = ? ORDER BY persona"
        return dict(self._all(query, [community], made=_pair))

    def norms(self, community: str, posts: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return those of the named norms of a community that ballots rest on."""
        marks = ",".join("?" * len(posts))
        query = f"SELECT post, body FROM norms WHERE community = ? AND post IN ({marks})"
        return dict(self._all(query, [community, *posts], made=_pair))

    def items(self, *, first: int = 0, count: int = -1) -> list[Item]:
        """Return items in the order of the jobs, ``count`` of them from number ``first`` on; all where it is -1."""
        return self._all(
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
        found: Item | None = self._one("SELECT body FROM items WHERE item = ?", [name], made=_item)
        return found

    def ballots(self, item: str, community: str, *, round: int | None = None) -> list[Ballot]:
        """Return the ballots on an item in a community, those of one round where it is named."""
        query = "SELECT body FROM ballots WHERE item = ? AND community = ?"
        query += "" if round is None else f" AND round = {int(round)}"
        named = [item, community]
        return self._all(f"{query} ORDER BY round, persona", named, made=lambda row: as_ballot(_body(row)))

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
        return self._all(
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
        if not self._one("SELECT 1 FROM sqlite_master WHERE name = 'predictions'"):
            return {}  # a journal that was written before they were kept
        query = "SELECT predictor, shares FROM predictions WHERE item = ? AND community = ? ORDER BY place"
        return {name: tuple(shares) for name, shares in self._all(query, [item, community], made=_pair)}

    def milestones(self) -> list[tuple[int, float, str, dict[str, Any]]]:
        """Return the events that are neither ballots nor results, as ``events`` does: starts, pauses, ends."""
        query = """SELECT number, at, kind, body FROM events
                   WHERE kind NOT IN ('ballot', 'result', 'failure') ORDER BY number"""
        return self._all(query, made=lambda row: (*row[:3], json.loads(row[3])))

    def result(self, item: str, community: str) -> dict[str, Any] | None:
        """Return what came of an item in a community; None where nothing did yet."""
        query = "SELECT body FROM results WHERE item = ? AND community = ?"
        found: dict[str, Any] | None = self._one(query, [item, community], made=_body)
        return found

    def last_event(self) -> int:
        """Return the number of the last event; 0 where there is none."""
        return int(self._one("SELECT coalesce(max(number), 0) FROM events")[0])

    def retry_failed(self) -> int:
        """Forget the calls that failed for a passing reason, and every result that failed or rests on such a call.

        What those calls used up stays counted. A failure that is the model's answer, as a refusal is, would come
        again, so its result stays too.

        Returns:
            how many results are to be made anew.

        Raises:
            StoppedError: it cannot be written.
        """
        passing = ", ".join(f"'{problem}'" for problem in sorted(TRANSIENT))
        failed = set(
            self._all(
                f"""SELECT item, community FROM results WHERE json_array_length(body, '$.errors') > 0
                    UNION SELECT item, community FROM ballots WHERE json_extract(body, '$.failure') IN ({passing})"""
            )
        )
        with self._writing():
            anew = sorted((failed | self.ledger.forget_failed()) & self.done())
            for table in ("results", "ballots"):
                self._db.executemany(f"DELETE FROM {table} WHERE item = ? AND community = ?", anew)
            self._db.executemany(  # what others have judged stays as they judged it
                "DELETE FROM items WHERE generated AND item = ?1 AND item NOT IN (SELECT item FROM results)",
                [(item,) for item, _ in anew],
            )
            self._db.execute("UPDATE facts SET value = '\"unfinished\"' WHERE name = 'state'")
            self._append("retry", {"results": len(anew)})
        return len(anew)

    def done(self) -> set[tuple[str, str]]:
        """Return the (item, community) pairs that have a result."""
        return set(self._all("SELECT item, community FROM results"))

    def has_result(self, item: str, community: str) -> bool:
        """Return whether anything came of an item in a community, be it a failure."""
        query = "SELECT 1 FROM results WHERE item = ? AND community = ?"
        return self._one(query, [item, community]) is not None

    def progress(self) -> tuple[int, int]:
        """Return how many jobs are done, and how many there are."""
        done, total = self._one("SELECT (SELECT count(*) FROM results), (SELECT count(*) FROM jobs)")
        return int(done), int(total)

    def events(self, *, after: int = 0, limit: int = 1000) -> list[tuple[int, float, str, dict[str, Any]]]:
        """Return (number, seconds since 1970, kind, body) of the events after a number, in order."""
        query = "SELECT number, at, kind, body FROM events WHERE number > ? ORDER BY number LIMIT ?"
        return self._all(query, [after, limit], made=lambda row: (*row[:3], json.loads(row[3])))

    def _append(self, kind: str, body: Mapping[str, Any]) -> None:
        self._db.execute(
            "INSERT INTO events (at, kind, body) VALUES (?, ?, ?)", [time.time(), kind, to_text(body)]
        )


def _body(row: Sequence[Any]) -> Any:
    return json.loads(row[-1])


def _pair(row: Sequence[Any]) -> tuple[str, Any]:
    return row[0], _body(row)


def _item(row: Sequence[Any]) -> Item:
    return as_item(_body(row))


def _say(error: BaseException, where: str, *, stops: bool = False) -> None:
    """Raise what is to be said of an error; nothing where it speaks for itself."""
    told = trouble_of(error, where, stops=stops)
    if told is not None:
        raise told from error
