"""The journal: the durable record of a run, one SQLite file that the engine writes and everybody else reads.

Written in WAL mode: what was committed survives a killed process, and readers never wait.
"""

from __future__ import annotations

import json
import re
import sqlite3
import time
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from personas.errors import InputError
from simulator.item import Ballot, Item, Option, Preference, RealVotes, Turn

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from types import TracebackType

__all__ = ["JOURNAL", "Journal"]

JOURNAL = "journal.sqlite"
FORMAT = "commonbond-journal/1"
DECIMALS = 9
SURROGATES = re.compile("[\ud800-\udfff]")

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

    def __init__(self, connection: sqlite3.Connection, folder: Path | None) -> None:
        self._db = connection
        self.folder = folder

    @classmethod
    def create(cls, folder: Path | None) -> Self:
        """Open the journal in ``folder`` to write, making it where there is none.

        Raises:
            InputError: the folder cannot be written, or holds a journal of another format.
        """
        if folder is None:
            return cls(_prepared(sqlite3.connect(":memory:", check_same_thread=False), "memory"), None)
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / JOURNAL
            return cls(
                _prepared(sqlite3.connect(path, timeout=30, check_same_thread=False), str(path)), folder
            )
        except (OSError, sqlite3.Error) as error:
            raise InputError(
                f"no journal can be written: {error}", where=str(folder), remedy="choose another folder"
            ) from error

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
            raise InputError(f"the journal cannot be read: {error}", where=str(path)) from error
        if found != FORMAT:
            raise InputError(f"the journal's format is {found}, not {FORMAT}", where=str(path))
        return cls(db, folder)

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # What is written, mostly once, before the first item.

    def set_facts(self, facts: Mapping[str, Any]) -> None:
        """Write named values: the configuration, versions, hashes, the state and the scores."""
        with self._db:
            rows = [(name, _text(value)) for name, value in facts.items()]
            self._db.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", rows)

    def add_communities(self, communities: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        """Write what is known of each community, in order."""
        rows = [(name, place, _text(body)) for place, (name, body) in enumerate(communities)]
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO communities VALUES (?, ?, ?)", rows)

    def add_personas(self, personas: Iterable[tuple[str, str, Mapping[str, Any]]]) -> None:
        """Write (persona, community, body) rows."""
        rows = [(persona, community, _text(body)) for persona, community, body in personas]
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO personas VALUES (?, ?, ?)", rows)

    def add_jobs(self, jobs: Sequence[tuple[str, str]]) -> None:
        """Write which item is to be judged by which community, in order."""
        rows = [(item, community, place) for place, (item, community) in enumerate(jobs)]
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO jobs VALUES (?, ?, ?)", rows)

    def add_items(self, items: Iterable[Item]) -> None:
        """Write items in order."""
        rows = [(item.item, place, _text(_item_body(item))) for place, item in enumerate(items)]
        with self._db:
            self._db.executemany("INSERT OR REPLACE INTO items VALUES (?, ?, ?)", rows)

    def event(self, kind: str, body: Mapping[str, Any]) -> None:
        """Append to the event stream."""
        with self._db:
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
        with self._db:
            if not self._db.execute("SELECT 1 FROM items WHERE item = ?", [item.item]).fetchone():
                # A generated item's place is its job's, not the order in which jobs happen to be done.
                self._db.execute(
                    """INSERT INTO items VALUES (?1, coalesce((SELECT place FROM jobs
                                                 WHERE item = ?1 AND community = ?2), 0), ?3)""",
                    [item.item, community, _text(_item_body(item))],
                )
            rows = [
                (item.item, community, ballot.round, ballot.persona, _text(asdict(ballot)))
                for ballot in ballots
            ]
            self._db.executemany("INSERT OR REPLACE INTO ballots VALUES (?, ?, ?, ?, ?)", rows)
            self._db.executemany(
                "INSERT OR IGNORE INTO norms VALUES (?, ?, ?)",
                [(community, post, _text(body)) for post, body in norms],
            )
            self._db.execute(
                "INSERT OR REPLACE INTO results VALUES (?, ?, ?)", [item.item, community, _text(result)]
            )
            self._append("result", {"item": item.item, "community": community})

    def add_failure(self, item: str, community: str, result: Mapping[str, Any]) -> None:
        """Write that nothing came of an item in a community, and why."""
        with self._db:
            self._db.execute(
                "INSERT OR REPLACE INTO results VALUES (?, ?, ?)", [item, community, _text(result)]
            )
            self._append("failure", {"item": item, "community": community})

    # What is read.

    def fact(self, name: str) -> Any:
        """Return a named value; None where it was not written."""
        row = self._db.execute("SELECT value FROM facts WHERE name = ?", [name]).fetchone()
        return None if row is None else json.loads(row[0])

    def communities(self) -> dict[str, dict[str, Any]]:
        """Return what is known of each community, in order."""
        return dict(_pairs(self._db.execute("SELECT community, body FROM communities ORDER BY place")))

    def personas(self, community: str) -> dict[str, dict[str, Any]]:
        """Return the panel of a community."""
        query = "SELECT persona, body FROM personas WHERE community = ? ORDER BY persona"
        return dict(_pairs(self._db.execute(query, [community])))

    def norms(self, community: str, posts: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Return those of the named norms of a community that ballots rest on."""
        marks = ",".join("?" * len(posts))
        query = f"SELECT post, body FROM norms WHERE community = ? AND post IN ({marks})"
        return dict(_pairs(self._db.execute(query, [community, *posts])))

    def items(self, *, first: int = 0, count: int = -1) -> list[Item]:
        """Return items in the order of the jobs, ``count`` of them from number ``first`` on; all where it is -1."""
        rows = self._db.execute(
            """SELECT body FROM items LEFT JOIN (SELECT item, min(place) AS job FROM jobs GROUP BY item) USING (item)
               ORDER BY job NULLS LAST, place LIMIT ? OFFSET ?""",
            [count, first],
        )
        return [_as_item(json.loads(row[0])) for row in rows]

    def item(self, name: str) -> Item:
        """Return one item.

        Raises:
            InputError: the run has no such item.
        """
        row = self._db.execute("SELECT body FROM items WHERE item = ?", [name]).fetchone()
        if row is None:
            raise InputError(f"the run has no item {name!r}", where=str(self.folder))
        return _as_item(json.loads(row[0]))

    def ballots(self, item: str, community: str, *, round: int | None = None) -> list[Ballot]:
        """Return the ballots on an item in a community, those of one round where it is named."""
        query = "SELECT body FROM ballots WHERE item = ? AND community = ?"
        query += "" if round is None else f" AND round = {int(round)}"
        rows = self._db.execute(f"{query} ORDER BY round, persona", [item, community])
        return [_as_ballot(json.loads(row[0])) for row in rows]

    def results(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield (item, community, result) in the order of the jobs."""
        rows = self._db.execute(
            """SELECT r.item, r.community, r.body FROM results r JOIN jobs j USING (item, community)
               ORDER BY j.place"""
        )
        for item, community, body in rows:
            yield item, community, json.loads(body)

    def done(self) -> set[tuple[str, str]]:
        """Return the (item, community) pairs that have a result."""
        return set(self._db.execute("SELECT item, community FROM results"))

    def progress(self) -> tuple[int, int]:
        """Return how many jobs are done, and how many there are."""
        done, total = self._db.execute(
            "SELECT (SELECT count(*) FROM results), (SELECT count(*) FROM jobs)"
        ).fetchone()
        return int(done), int(total)

    def events(self, *, after: int = 0, limit: int = 1000) -> list[tuple[int, float, str, dict[str, Any]]]:
        """Return (number, seconds since 1970, kind, body) of the events after a number, in order."""
        query = "SELECT number, at, kind, body FROM events WHERE number > ? ORDER BY number LIMIT ?"
        rows = self._db.execute(query, [after, limit])
        return [(number, at, kind, json.loads(body)) for number, at, kind, body in rows]

    def _append(self, kind: str, body: Mapping[str, Any]) -> None:
        self._db.execute(
            "INSERT INTO events (at, kind, body) VALUES (?, ?, ?)", [time.time(), kind, _text(body)]
        )


def as_preference(data: Mapping[str, Any]) -> Preference:
    """Return the preference that ``dataclasses.asdict`` made ``data`` from."""
    parts = {**data, **{name: tuple(data[name]) for name in ("shares", "low", "high")}}
    return Preference(**parts)


def _prepared(db: sqlite3.Connection, where: str) -> sqlite3.Connection:
    """Make the tables in an empty file, all or none; refuse a file that holds something else, untouched."""
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    row = (
        db.execute("SELECT value FROM facts WHERE name = 'format'").fetchone() if "facts" in tables else None
    )
    found = row and json.loads(row[0])
    if tables and found != FORMAT:
        db.close()
        raise InputError(
            f"the journal's format is {found}, not {FORMAT}", where=where, remedy="choose another folder"
        )
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    fact = f"INSERT OR IGNORE INTO facts VALUES ('format', '{json.dumps(FORMAT)}');"
    db.executescript(f"BEGIN; {TABLES} {fact} COMMIT;")
    return db


def _pairs(rows: Iterable[tuple[str, str]]) -> Iterator[tuple[str, dict[str, Any]]]:
    for name, body in rows:
        yield name, json.loads(body)


def _text(value: Any) -> str:
    text = json.dumps(_rounded(value), sort_keys=True, ensure_ascii=False, default=_plain)
    if SURROGATES.search(text):  # SQLite cannot hold half a character, but its escape
        return json.dumps(_rounded(value), sort_keys=True, default=_plain)
    return text


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, DECIMALS)
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part) for part in value]
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a journal")


def _item_body(item: Item) -> dict[str, Any]:
    return {**asdict(item), "votes": {name: asdict(votes) for name, votes in item.votes.items()}}


def _as_item(data: dict[str, Any]) -> Item:
    def moment(text: str | None) -> datetime | None:
        return None if text is None else datetime.fromisoformat(text)

    data["created"] = moment(data["created"])
    data["options"] = tuple(Option(**{**row, "created": moment(row["created"])}) for row in data["options"])
    data["votes"] = {name: _as_votes(votes) for name, votes in data["votes"].items()}
    data["turns"] = tuple(Turn(**turn) for turn in data.get("turns", ()))
    return Item(**data)


def _as_votes(data: dict[str, Any]) -> RealVotes:
    return RealVotes(
        **{**data, **{name: tuple(data[name]) for name in ("shares", "up", "down", "low", "high")}}
    )


def _as_ballot(data: dict[str, Any]) -> Ballot:
    lists = {name: tuple(value) for name, value in data.items() if isinstance(value, list)}
    return Ballot(**{**data, **lists})
