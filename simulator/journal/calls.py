"""The ledger: every model call of a run with its reply or its failure, and what all of them used up."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.journal.codec import from_cell, to_cell
from simulator.journal.flights import FLIGHTS_TABLE, charge, open_flight, reserved, settle
from simulator.journal.outcomes import as_outcome, outcome_text
from simulator.journal.usage import USAGE_TABLE, Spent, UsageRow, add_usage, read_usage, spent_by
from simulator.models.model import TRANSIENT, Message, ModelError, Reply

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from simulator.models.model import Call, Problem

__all__ = ["TABLES", "CallLedger", "CallRecord", "Spent", "UsageRow"]

TABLES = f"""
CREATE TABLE IF NOT EXISTS calls (number INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, model TEXT, phase TEXT,
                                  item TEXT, community TEXT, persona TEXT, seconds REAL, problem TEXT,
                                  messages TEXT NOT NULL, answer TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS calls_of ON calls (item, community);
CREATE TABLE IF NOT EXISTS texts (hash BLOB PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
{USAGE_TABLE} {FLIGHTS_TABLE}
"""

KNOWN_BLOCKS = 4096
"""Hashes of blocks that are remembered to be in the file, so that they are not offered to it again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallRecord:
    """One call as it stands in the journal, to be read: what was sent, and the reply or why there is none.

    Args:
        key: of the call. ``phase``: what it was for. ``model``: who was asked. ``persona``: for whom.
        messages: the prompt.
        reply: with its usage and its tries; None where there is none.
        failure: why there is none; empty where there is one.
        tries: the problems of the attempts made before the last one.
        seconds: from the first attempt to the end of the last.
    """

    key: str
    phase: str
    model: str
    persona: str
    messages: tuple[Message, ...]
    reply: Reply | None
    failure: str
    tries: tuple[Problem, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class _Kept:
    """A call on its way into the file, with whoever waits for it to be there."""

    cells: tuple[Any, ...]
    blocks: tuple[tuple[bytes, str], ...]
    key: str
    phase: str
    model: str
    outcome: Reply | ModelError
    landed: asyncio.Future[None]


class CallLedger:
    """The calls of one run, in its journal.

    A reply is durable when ``keep`` returns: it survives the process being killed. Replies that arrive in one turn
    of the event loop share one transaction. What it holds in memory does not grow with the number of calls.

    Args:
        reading: what every reading goes on within. ``writing``: a transaction.
    """

    def __init__(
        self,
        db: sqlite3.Connection,
        *,
        reading: Callable[[], AbstractContextManager[None]],
        writing: Callable[[], AbstractContextManager[None]],
    ) -> None:
        self._db, self._reading, self._writing = db, reading, writing
        self._waiting: list[_Kept] = []
        self._landings: list[tuple[int, Spent | None]] = []
        self._woken: asyncio.AbstractEventLoop | None = None
        self._blocks: OrderedDict[bytes, None] = OrderedDict()

    def found(self, key: str) -> Reply | ModelError | None:
        """Return what a call came to; None where it was not made, or not to the end.

        Raises:
            InputError: the file is damaged.
        """
        with self._reading():
            row = self._db.execute("SELECT answer FROM calls WHERE key = ?", [key]).fetchone()
            return None if row is None else as_outcome(from_cell(row[0]))

    async def keep(
        self, key: str, call: Call, *, model: str, outcome: Reply | ModelError, seconds: float
    ) -> None:
        """Write what a call came to; it is durable on return. A call that is there already stays as it is.

        Raises:
            StoppedError: it cannot be written.
        """
        loop = asyncio.get_running_loop()
        kept = _kept(key, call, model, outcome, seconds, loop.create_future())
        self._waiting.append(kept)
        self._wake()
        await kept.landed

    def flush(self) -> None:
        """Write all that waits to be written, and wake those who wait for it."""
        self._woken = None
        waiting, self._waiting = self._waiting, []
        landings, self._landings = self._landings, []
        if not waiting and not landings:
            return
        trouble: Exception | None = None
        try:
            with self._writing():
                for number, charged in landings:
                    charge(self._db, number, charged)
                add_usage(
                    self._db, [(one.phase, one.model, one.outcome) for one in waiting if self._write(one)]
                )
        except BaseException as error:
            self._blocks.clear()  # some of them were rolled back
            self._landings[:0] = landings  # what is reserved stays reserved until this is written
            if not isinstance(error, Exception):
                self._waiting[:0] = waiting
                raise
            trouble = error
        for one in waiting:
            _wake_up(one.landed, trouble)

    def _wake(self) -> None:
        loop = asyncio.get_running_loop()
        if self._woken is not loop:
            self._woken = loop
            loop.call_soon(self.flush)

    def _write(self, one: _Kept) -> bool:
        """Write a call and return whether it was not there before."""
        for digest, block in one.blocks:
            self._write_block(digest, block)
        new = self._db.execute(
            f"INSERT OR IGNORE INTO calls VALUES (NULL{', ?' * len(one.cells)})", one.cells
        ).rowcount
        settle(self._db, one.key, spent_by(one.outcome) if new else Spent())
        return bool(new)

    def _write_block(self, digest: bytes, block: str) -> None:
        if digest in self._blocks:
            self._blocks.move_to_end(digest)
            return
        self._db.execute("INSERT OR IGNORE INTO texts VALUES (?, ?)", [digest, to_cell(block)])
        self._blocks[digest] = None
        if len(self._blocks) > KNOWN_BLOCKS:
            self._blocks.popitem(last=False)

    def usage(self) -> list[UsageRow]:
        """Return what calls used up, by phase and model, in the order of their first call."""
        with self._reading():
            return read_usage(self._db)[0]

    def calls_of(self, item: str, community: str, persona: str | None = None) -> list[CallRecord]:
        """Return the calls made for an item in a community, of one persona where it is named, in their order.

        A call that several personas shared stands with the one that came first.
        """
        query = """SELECT key, model, phase, persona, seconds, messages, answer FROM calls
                   WHERE item = ? AND community = ? AND (?3 IS NULL OR persona = ?3) ORDER BY number"""
        named = [to_cell(item), to_cell(community), None if persona is None else to_cell(persona)]
        with self._reading():
            return [self._record(row) for row in self._db.execute(query, named).fetchall()]

    def _record(self, row: tuple[Any, ...]) -> CallRecord:
        key, model, phase, persona, seconds, messages, answer = row
        outcome = as_outcome(from_cell(answer))
        sent = tuple(
            Message(role=role, blocks=tuple(self._block(block) for block in blocks))
            for role, *blocks in json.loads(messages)
        )
        reply = outcome if isinstance(outcome, Reply) else None
        return CallRecord(
            key=key, phase=phase, model=model, persona=from_cell(persona), messages=sent, reply=reply,
            failure="" if reply else str(outcome), tries=outcome.tries, seconds=seconds,
        )  # fmt: skip

    def _block(self, digest: str) -> str:
        row = self._db.execute("SELECT text FROM texts WHERE hash = ?", [bytes.fromhex(digest)]).fetchone()
        if row is None:
            raise ValueError(f"the block {digest} is not there")
        return from_cell(row[0])

    def forget_failed(self) -> set[tuple[str, str]]:
        """Forget the calls that failed for a passing reason, within the caller's transaction.

        What they used up stays in the usage, for it was used up.

        Returns:
            the (item, community) pairs that they were made for.
        """
        marks = ", ".join("?" * len(TRANSIENT))
        passing = f"FROM calls WHERE problem IN ({marks})"
        pairs = self._db.execute(f"SELECT DISTINCT item, community {passing}", list(TRANSIENT)).fetchall()
        self._db.execute(f"DELETE {passing}", list(TRANSIENT))
        return {(from_cell(item), from_cell(community)) for item, community in pairs}

    # Reservations, so that a killed process cannot make the next one exceed the run's limits.

    def take_off(self, calls: int, tokens: int, cost: float, *, key: str = "") -> int:
        """Reserve, durably, what a request can use up at the most, and return the reservation's number.

        Args:
            key: of the call that the request is made for.

        Raises:
            StoppedError: it cannot be written.
        """
        with self._writing():
            return open_flight(self._db, key, Spent(calls=calls, tokens=tokens, cost=cost))

    def land(self, number: int, *, lost: bool, charged: Spent | None = None) -> None:
        """Replace a reservation by what was ``charged``, or by nothing; one that is ``lost`` stays as it is.

        With a key, what was charged counts until the call is kept, and from then on what the usage says of it,
        and besides only what was charged beyond that. It is written with the next reply, so that a process that
        is killed in between leaves the reservation.
        """
        self._landings.append((number, None if lost else charged or Spent()))
        try:
            self._wake()
        except RuntimeError:  # no loop runs
            self.flush()

    def spent(self) -> Spent:
        """Return what the run has used up, with what was in flight when a process was killed."""
        with self._reading():
            return read_usage(self._db)[1] + reserved(self._db)


def _kept(
    key: str,
    call: Call,
    model: str,
    outcome: Reply | ModelError,
    seconds: float,
    landed: asyncio.Future[None],
) -> _Kept:
    """Return a call as it is written; whatever cannot be written fails here, for this call alone."""
    blocks: list[tuple[bytes, str]] = []
    sent: list[list[str]] = []
    for message in call.messages:
        hashed = [(_digest(block), block) for block in message.blocks]
        blocks += hashed
        sent.append([message.role, *(digest.hex() for digest, _ in hashed)])
    whom = (to_cell(call.item), to_cell(call.community), to_cell(call.persona))
    problem = outcome.problem if isinstance(outcome, ModelError) else None
    answer = to_cell(outcome_text(outcome))
    cells = (key, model, call.phase, *whom, round(seconds, 4), problem, json.dumps(sent), answer)
    return _Kept(cells, tuple(blocks), key, call.phase, model, outcome, landed)


def _digest(block: str) -> bytes:
    return hashlib.blake2b(block.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _wake_up(landed: asyncio.Future[None], trouble: Exception | None) -> None:
    if landed.done() or landed.get_loop().is_closed():
        return
    if trouble is None:
        landed.set_result(None)
    else:
        landed.set_exception(trouble)
