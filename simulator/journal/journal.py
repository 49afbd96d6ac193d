"""The journal: the durable record of a run, one SQLite file that the engine writes and everybody else reads.

Written in WAL mode: what was committed survives a killed process, and readers never wait.
"""

from __future__ import annotations

import json
import sqlite3
import time
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from personas.errors import InputError
from simulator.journal.calls import TABLES as CALL_TABLES
from simulator.journal.calls import CallLedger
from simulator.journal.codec import as_ballot, as_item, ballot_body, item_body, to_text
from simulator.journal.lock import EngineLock
from simulator.models.model import TRANSIENT, StoppedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from simulator.item import Ballot, Item

__all__ = ["JOURNAL", "Journal"]

JOURNAL = "journal.sqlite"
FORMAT = "commonbond-journal/2"
FULL = "disk is full", "disk I/O error", "readonly", "read-only"

TABLES = """
CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS communities (community TEXT PRIMARY KEY, place INTEGER, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS personas (persona TEXT PRIMARY KEY, community TEXT, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS norms (community TEXT, post TEXT, body TEXT NOT NULL, PRIMARY KEY (community, post));
CREATE TABLE IF NOT EXISTS items (item TEXT PRIMARY KEY, place INTEGER NOT NULL, body TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS jobs (item TEXT, community TEXT, place INTEGER, PRIMARY KEY (item, community));
CREATE TABLE IF NOT EXISTS ballots (item TEXT, community TEXT, round INTEGER, persona TEXT, body TEXT NOT NULL,
                                    PRIMARY KEY (item, community, round, persona));
CREATE TABLE IF NOT EXISTS results (item TEXT, community TEXT, body TEXT NOT NULL,
                                    PRIMARY KEY (item, community));
CREATE TABLE IF NOT EXISTS events (number INTEGER PRIMARY KEY, at REAL NOT NULL, kind TEXT, body TEXT NOT NULL);
"""


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
        self.folder = folder

    @classmethod
    def create(cls, folder: Path | None) -> Self:
        """Open the journal in ``folder`` to write, making it where there is none.

        Raises:
            InputError: the folder cannot be written, another engine works on it, or it holds a journal that is
                damaged or of another format.
        """
        if folder is None:
            return cls(_prepared(sqlite3.connect(":memory:", check_same_thread=False), "memory"), None)
        lock = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = EngineLock(folder)
            path = folder / JOURNAL
            db = sqlite3.connect(path, timeout=30, check_same_thread=False)
            return cls(_prepared(db, str(path)), folder, lock)
        except BaseException as error:
            if lock is not None:
                lock.release()
            if isinstance(error, OSError | sqlite3.Error):
                raise _unusable(error, str(folder)) from error
            raise

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Open the journal in ``folder`` to read only.

        Raises:
            InputError: there is none, or it is damaged or of another format.
        """
        path = folder / JOURNAL
        if not path.is_file():
            raise InputError(
                "no run is here", where=str(folder), remedy="name a folder that a run was written to"
            )
        try:
            db = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)
            found = cls(db, folder).fact("format")
        except sqlite3.Error as error:
            raise _unusable(error, str(path)) from error
        if found != FORMAT:
            db.close()
            raise _other_format(found, str(path))
        return cls(db, folder)

    def close(self) -> None:
        """Close the file."""
        self._db.close()
        if self._lock is not None:
            self._lock.release()

    @cached_property
    def ledger(self) -> CallLedger:
        """The run's model calls."""
        return CallLedger(self._db, self._guarded)

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        """Say in words what the file's trouble is.

        Raises:
            StoppedError: nothing can be written any more. InputError: the file is damaged.
        """
        try:
            yield
        except sqlite3.DatabaseError as error:
            where = str(self.folder / JOURNAL) if self.folder else "memory"
            if any(word in str(error) for word in FULL):
                raise StoppedError(
                    f"nothing more can be written: {error}",
                    where=where,
                    remedy="make room on the disk, or let the folder be written, and give the same command again",
                ) from error
            raise _unusable(error, where) from error

    @contextmanager
    def _writing(self) -> Iterator[None]:
        with self._guarded(), self._db:
            yield

    def _all(self, query: str, values: Sequence[Any] = ()) -> list[Any]:
        with self._guarded():
            return self._db.execute(query, values).fetchall()

    def _one(self, query: str, values: Sequence[Any] = ()) -> Any:
        with self._guarded():
            return self._db.execute(query, values).fetchone()

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

    def add_jobs(self, jobs: Sequence[tuple[str, str]]) -> None:
        """Write which item is to be judged by which community, in order."""
        rows = [(item, community, place) for place, (item, community) in enumerate(jobs)]
        with self._writing():
            self._db.executemany("INSERT OR REPLACE INTO jobs VALUES (?, ?, ?)", rows)

    def add_items(self, items: Iterable[Item]) -> None:
        """Write items in order."""
        rows = [(item.item, place, to_text(item_body(item))) for place, item in enumerate(items)]
        with self._writing():
            self._db.executemany("INSERT OR REPLACE INTO items VALUES (?, ?, ?)", rows)

    def event(self, kind: str, body: Mapping[str, Any]) -> None:
        """Append to the event stream."""
        with self._writing():
            self._append(kind, body)

    def add_result(
        self,
        item: Item,
        community: str,
        ballots: Iterable[Ballot],
        norms: Iterable[tuple[str, Mapping[str, Any]]],
        result: Mapping[str, Any],
    ) -> None:
        """Write all that came of one item in one community, at once."""
        with self._writing():
            if not self._db.execute("SELECT 1 FROM items WHERE item = ?", [item.item]).fetchone():
                # A generated item's place is its job's, not the order in which jobs happen to be done.
                self._db.execute(
                    """INSERT INTO items VALUES (?1, coalesce((SELECT place FROM jobs
                                                 WHERE item = ?1 AND community = ?2), 0), ?3)""",
                    [item.item, community, to_text(item_body(item))],
                )
            rows = [
                (item.item, community, ballot.round, ballot.persona, to_text(ballot_body(ballot)))
                for ballot in ballots
            ]
            self._db.executemany("INSERT OR REPLACE INTO ballots VALUES (?, ?, ?, ?, ?)", rows)
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

    # What is read.

    def fact(self, name: str) -> Any:
        """Return a named value; None where it was not written."""
        row = self._one("SELECT value FROM facts WHERE name = ?", [name])
        return None if row is None else json.loads(row[0])

    def communities(self) -> dict[str, dict[str, Any]]:
        """Return what is known of each community, in order."""
        return dict(_pairs(self._all("SELECT community, body FROM communities ORDER BY place")))

    def personas(self, community: str) -> dict[str, dict[str, Any]]:
        """Return the panel of a community."""
        query = "SELECT persona, body FROM personas WHERE community = ? ORDER BY persona"
        return dict(_pairs(self._all(query, [community])))

    def norms(self, community: str, posts: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return those of the named norms of a community that ballots rest on."""
        marks = ",".join("?" * len(posts))
        query = f"SELECT post, body FROM norms WHERE community = ? AND post IN ({marks})"
        return dict(_pairs(self._all(query, [community, *posts])))

    def items(self, *, first: int = 0, count: int = -1) -> list[Item]:
        """Return items in the order of the jobs, ``count`` of them from number ``first`` on; all where it is -1."""
        rows = self._all(
            """SELECT body FROM items LEFT JOIN (SELECT item, min(place) AS job FROM jobs GROUP BY item) USING (item)
               ORDER BY job NULLS LAST, place LIMIT ? OFFSET ?""",
            [count, first],
        )
        return [as_item(json.loads(row[0])) for row in rows]

    def item(self, name: str) -> Item:
        """Return one item.

        Raises:
            InputError: the run has no such item.
        """
        row = self._one("SELECT body FROM items WHERE item = ?", [name])
        if row is None:
            raise InputError(f"the run has no item {name!r}", where=str(self.folder))
        return as_item(json.loads(row[0]))

    def ballots(self, item: str, community: str, *, round: int | None = None) -> list[Ballot]:
        """Return the ballots on an item in a community, those of one round where it is named."""
        query = "SELECT body FROM ballots WHERE item = ? AND community = ?"
        query += "" if round is None else f" AND round = {int(round)}"
        rows = self._all(f"{query} ORDER BY round, persona", [item, community])
        return [as_ballot(json.loads(row[0])) for row in rows]

    def results(self, *, first: int = 0, count: int = -1) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield (item, community, result) in the order of the jobs, ``count`` from number ``first`` on; all if -1."""
        query = """SELECT r.item, r.community, r.body FROM results r JOIN jobs j USING (item, community)
                   ORDER BY j.place LIMIT ? OFFSET ?"""
        with self._guarded():
            for item, community, body in self._db.execute(query, [count, first]):
                yield item, community, json.loads(body)

    def result(self, item: str, community: str) -> dict[str, Any] | None:
        """Return what came of an item in a community; None where nothing did yet."""
        row = self._one("SELECT body FROM results WHERE item = ? AND community = ?", [item, community])
        return None if row is None else dict(json.loads(row[0]))

    def last_event(self) -> int:
        """Return the number of the last event; 0 where there is none."""
        return int(self._one("SELECT coalesce(max(number), 0) FROM events")[0])

    def retry_failed(self) -> int:
        """Forget the calls that failed for a passing reason, and every result that holds a failed ballot.

        Returns:
            how many results are to be made anew.
        """
        with self._writing():
            problems = ", ".join(f"'{problem}'" for problem in sorted(TRANSIENT))
            self._db.execute(f"DELETE FROM calls WHERE json_extract(answer, '$.problem') IN ({problems})")
            failed = [
                (item, community)
                for item, community, body in self._db.execute("SELECT item, community, body FROM results")
                if (result := json.loads(body)).get("failed") or result.get("errors")
            ]
            for table in ("results", "ballots"):
                self._db.executemany(f"DELETE FROM {table} WHERE item = ? AND community = ?", failed)
            self._db.execute("UPDATE facts SET value = '\"unfinished\"' WHERE name = 'state'")
        return len(failed)

    def done(self) -> set[tuple[str, str]]:
        """Return the (item, community) pairs that have a result."""
        return set(self._all("SELECT item, community FROM results"))

    def progress(self) -> tuple[int, int]:
        """Return how many jobs are done, and how many there are."""
        done, total = self._one("SELECT (SELECT count(*) FROM results), (SELECT count(*) FROM jobs)")
        return int(done), int(total)

    def events(self, *, after: int = 0, limit: int = 1000) -> list[tuple[int, float, str, dict[str, Any]]]:
        """Return (number, seconds since 1970, kind, body) of the events after a number, in order."""
        query = "SELECT number, at, kind, body FROM events WHERE number > ? ORDER BY number LIMIT ?"
        rows = self._all(query, [after, limit])
        return [(number, at, kind, json.loads(body)) for number, at, kind, body in rows]

    def _append(self, kind: str, body: Mapping[str, Any]) -> None:
        self._db.execute(
            "INSERT INTO events (at, kind, body) VALUES (?, ?, ?)", [time.time(), kind, to_text(body)]
        )


def _prepared(db: sqlite3.Connection, where: str) -> sqlite3.Connection:
    """Make the tables in an empty file, all or none; refuse a file that holds something else, untouched."""
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    row = (
        db.execute("SELECT value FROM facts WHERE name = 'format'").fetchone() if "facts" in tables else None
    )
    found = row and json.loads(row[0])
    if tables and found != FORMAT:
        db.close()
        raise _other_format(found, where)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    fact = f"INSERT OR IGNORE INTO facts VALUES ('format', '{json.dumps(FORMAT)}');"
    db.executescript(f"BEGIN; {TABLES} {CALL_TABLES} {fact} COMMIT;")
    return db


def _pairs(rows: Iterable[tuple[str, str]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, body in rows:
        yield name, json.loads(body)


def _unusable(error: Exception, where: str) -> InputError:
    """Return what to say of a folder that cannot be written, or of a damaged file."""
    damaged = isinstance(error, sqlite3.DatabaseError) and (
        "malformed" in str(error) or "not a database" in str(error) or "disk image" in str(error)
    )
    if damaged:
        return InputError(
            f"the journal is damaged: {error}",
            where=where,
            remedy="put back a copy, or begin the run in another folder; the file was left as it is",
        )
    return InputError(
        f"no journal can be opened: {error}", where=where, remedy="check the folder, or name another"
    )


def _other_format(found: object, where: str) -> InputError:
    return InputError(
        f"the journal's format is {found}, not {FORMAT}",
        where=where,
        remedy="it was made by another version of commonbond: begin the run in another folder",
    )
