"""The journal: the durable record of a run, one SQLite file that the engine writes and everybody else reads.

Written in WAL mode with ``synchronous = NORMAL``: what was committed survives the process being killed at any
instant, and readers never wait. A power failure can cost the last transactions, back to the last checkpoint (some
four megabytes), and never the file: the run then goes on from there, and makes the lost calls again.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from simulator.journal.calls import TABLES as CALL_TABLES
from simulator.journal.calls import CallLedger
from simulator.journal.codec import ballot_body, item_body, to_text
from simulator.journal.lock import EngineLock
from simulator.journal.opening import open_to_read, open_to_write, prepared
from simulator.journal.reading import JOURNAL, JournalReading, say
from simulator.models.model import TRANSIENT

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import TracebackType

    from simulator.item import Ballot, Item

__all__ = ["JOURNAL", "Journal"]

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


class Journal(JournalReading):
    """The record of one run in ``folder/journal.sqlite``, or in memory where no folder is named.

    Every method that writes is one transaction. Values are JSON with sorted keys and nine decimals, so that
    equal runs have equal records; times stand in the events alone.
    """

    def __init__(
        self, connection: sqlite3.Connection, folder: Path | None, lock: EngineLock | None = None
    ) -> None:
        super().__init__(connection, folder, lock)
        self._arrived: list[tuple[Item, str, Ballot]] = []

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
                say(error, str(folder))
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
            say(error, str(folder / JOURNAL))
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
            say(error, self._where, stops=True)
            raise

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
            self.rows(
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

    def _append(self, kind: str, body: Mapping[str, Any]) -> None:
        self._db.execute(
            "INSERT INTO events (at, kind, body) VALUES (?, ?, ?)", [time.time(), kind, to_text(body)]
        )
