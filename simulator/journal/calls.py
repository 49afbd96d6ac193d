"""The ledger: every model call of a run with its reply or its failure, and what all of them used up."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections import OrderedDict
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.models.model import Message, ModelError, Reply, StoppedError, Usage

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from simulator.models.model import Call

__all__ = ["TABLES", "CallLedger", "CallRecord", "Spent", "UsageRow"]

TABLES = """
CREATE TABLE IF NOT EXISTS calls (key TEXT PRIMARY KEY, model TEXT, phase TEXT, item TEXT, community TEXT,
                                  persona TEXT, seconds REAL, messages TEXT NOT NULL,
                                  answer TEXT NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS calls_of ON calls (item, community, persona);
CREATE TABLE IF NOT EXISTS texts (hash BLOB PRIMARY KEY, text TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS usage (phase TEXT, model TEXT, body TEXT NOT NULL, PRIMARY KEY (phase, model));
CREATE TABLE IF NOT EXISTS flights (number INTEGER PRIMARY KEY, calls INTEGER, tokens INTEGER, cost REAL,
                                    lost INTEGER);
"""

KNOWN_BLOCKS = 4096
"""Hashes of blocks that are remembered to be in the file, so that they are not offered to it again."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UsageRow:
    """What the calls of one phase took of one model.

    Args:
        phase: what they were for. ``model``: who answered.
        calls: that came to an end. ``failures``: those of them that came to no reply.
        requests: that were made for them, repeated ones included.
        prompt_tokens: of prompts. ``completion_tokens``: of replies. ``cached_tokens``: of prompts, in the
            server's cache.
        cost: in US dollars; None where the price of any is unknown.
        estimated: calls whose usage the server did not tell.
        problems: what went wrong with requests, and how often.
    """

    phase: str
    model: str
    calls: int = 0
    failures: int = 0
    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    cost: float | None = 0.0
    estimated: int = 0
    problems: Mapping[str, int] = field(default_factory=dict)

    @property
    def tokens(self) -> int:
        """Those of prompts and of replies."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, kw_only=True, slots=True)
class Spent:
    """What a run has used up, or may have: requests, tokens, and US dollars."""

    calls: int = 0
    tokens: int = 0
    cost: float = 0.0


@dataclass(frozen=True, kw_only=True, slots=True)
class CallRecord:
    """One call as it stands in the journal, to be read: what was sent, and the reply or why there is none."""

    key: str
    phase: str
    model: str
    persona: str
    messages: tuple[Message, ...]
    reply: Reply | None
    failure: str
    seconds: float


class CallLedger:
    """The calls of one run, in its journal.

    A reply is durable when ``keep`` returns: it survives the process being killed. Replies that arrive in one turn
    of the event loop share one transaction.
    """

    def __init__(self, db: sqlite3.Connection, guard: Any) -> None:
        self._db = db
        self._guard = guard
        self._waiting: list[tuple[Any, asyncio.Future[None]]] = []
        self._blocks: OrderedDict[bytes, None] = OrderedDict()

    def found(self, key: str) -> Reply | ModelError | None:
        """Return what a call came to; None where it was not made, or not to the end."""
        with self._guard():
            row = self._db.execute("SELECT answer FROM calls WHERE key = ?", [key]).fetchone()
        return None if row is None else _as_outcome(json.loads(row[0]))

    async def keep(
        self, key: str, call: Call, *, model: str, outcome: Reply | ModelError, seconds: float
    ) -> None:
        """Write what a call came to; it is durable on return.

        Raises:
            StoppedError: it cannot be written.
        """
        loop = asyncio.get_running_loop()
        landed: asyncio.Future[None] = loop.create_future()
        if not self._waiting:
            loop.call_soon(self._flush)
        self._waiting.append(((key, call, model, outcome, seconds), landed))
        await asyncio.shield(landed)

    def _flush(self) -> None:
        waiting, self._waiting = self._waiting, []
        try:
            with self._guard(), self._db:
                for (key, call, model, outcome, seconds), _ in waiting:
                    self._write(key, call, model, outcome, seconds)
        except StoppedError as error:
            self._blocks.clear()  # they may have been rolled back
            for _, landed in waiting:
                if not landed.done():
                    landed.set_exception(error)
            return
        for _, landed in waiting:
            if not landed.done():
                landed.set_result(None)

    def _write(self, key: str, call: Call, model: str, outcome: Reply | ModelError, seconds: float) -> None:
        sent = [[message.role, *(self._kept(block) for block in message.blocks)] for message in call.messages]
        new = self._db.execute(
            "INSERT OR IGNORE INTO calls VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                *(key, model, call.phase, call.item, call.community, call.persona, round(seconds, 4)),
                *(json.dumps(sent), json.dumps(_as_data(outcome))),
            ],
        ).rowcount
        if new:
            self._count(call.phase, model, outcome)

    def _kept(self, block: str) -> str:
        """Keep a block once, and return its hash."""
        digest = hashlib.blake2b(block.encode("utf-8", "surrogatepass"), digest_size=12).digest()
        if digest in self._blocks:
            self._blocks.move_to_end(digest)
        else:
            self._db.execute("INSERT OR IGNORE INTO texts VALUES (?, ?)", [digest, json.dumps(block)])
            self._blocks[digest] = None
            if len(self._blocks) > KNOWN_BLOCKS:
                self._blocks.popitem(last=False)
        return digest.hex()

    def _count(self, phase: str, model: str, outcome: Reply | ModelError) -> None:
        row = self._db.execute(
            "SELECT body FROM usage WHERE phase = ? AND model = ?", [phase, model]
        ).fetchone()
        before = UsageRow(phase=phase, model=model, **(json.loads(row[0]) if row else {}))
        after = asdict(_added(before, outcome))
        body = {name: value for name, value in after.items() if name not in {"phase", "model"}}
        self._db.execute("INSERT OR REPLACE INTO usage VALUES (?, ?, ?)", [phase, model, json.dumps(body)])

    def usage(self) -> list[UsageRow]:
        """Return what calls used up, by phase and model, in the order of their first call."""
        with self._guard():
            rows = self._db.execute("SELECT phase, model, body FROM usage ORDER BY rowid").fetchall()
        return [UsageRow(phase=phase, model=model, **json.loads(body)) for phase, model, body in rows]

    def calls_of(self, item: str, community: str, persona: str | None = None) -> list[CallRecord]:
        """Return the calls made for an item in a community, of one persona where it is named."""
        query = "SELECT * FROM calls WHERE item = ? AND community = ? AND persona = coalesce(?, persona)"
        with self._guard():
            rows = self._db.execute(
                f"{query} ORDER BY persona, phase, key", [item, community, persona]
            ).fetchall()
            return [self._record(row) for row in rows]

    def _record(self, row: tuple[Any, ...]) -> CallRecord:
        key, model, phase, _, _, persona, seconds, messages, answer = row
        outcome = _as_outcome(json.loads(answer))
        sent = tuple(
            Message(role=role, blocks=tuple(self._block(block) for block in blocks))
            for role, *blocks in json.loads(messages)
        )
        reply = outcome if isinstance(outcome, Reply) else None
        failure = "" if reply else str(outcome)
        return CallRecord(
            key=key, phase=phase, model=model, persona=persona, messages=sent, reply=reply, failure=failure,
            seconds=seconds,
        )  # fmt: skip

    def _block(self, digest: str) -> str:
        row = self._db.execute("SELECT text FROM texts WHERE hash = ?", [bytes.fromhex(digest)]).fetchone()
        text: str = json.loads(row[0])
        return text

    # Reservations, so that a killed process cannot make the next one exceed the run's limits.

    def take_off(self, calls: int, tokens: int, cost: float) -> int:
        """Reserve before a request what it can use up at the most, durably, and return the reservation's number."""
        with self._guard(), self._db:
            done = self._db.execute(
                "INSERT INTO flights (calls, tokens, cost, lost) VALUES (?, ?, ?, 0)", [calls, tokens, cost]
            )
        return int(done.lastrowid or 0)

    def land(self, number: int, *, lost: bool) -> None:
        """Release a reservation; one that is ``lost`` stays, as what may have been charged."""
        with self._guard(), self._db:
            if lost:
                self._db.execute("UPDATE flights SET lost = 1 WHERE number = ?", [number])
            else:
                self._db.execute("DELETE FROM flights WHERE number = ?", [number])

    def spent(self) -> Spent:
        """Return what the run has used up, with what was in flight when a process was killed."""
        with self._guard():
            calls, tokens, cost = self._db.execute(
                "SELECT coalesce(sum(calls), 0), coalesce(sum(tokens), 0), coalesce(sum(cost), 0) FROM flights"
            ).fetchone()
        rows = self.usage()
        return Spent(
            calls=calls + sum(row.requests for row in rows),
            tokens=tokens + sum(row.tokens for row in rows),
            cost=cost + sum(row.cost or 0.0 for row in rows),
        )


def _added(before: UsageRow, outcome: Reply | ModelError) -> UsageRow:
    failed = isinstance(outcome, ModelError)
    usage = Usage(cost=0.0) if isinstance(outcome, ModelError) else outcome.usage
    problems = dict(before.problems)
    for problem in (*outcome.tries, *([outcome.problem] if isinstance(outcome, ModelError) else [])):
        problems[problem] = problems.get(problem, 0) + 1
    return UsageRow(
        phase=before.phase,
        model=before.model,
        calls=before.calls + 1,
        failures=before.failures + failed,
        requests=before.requests + 1 + len(outcome.tries),
        prompt_tokens=before.prompt_tokens + usage.prompt_tokens,
        completion_tokens=before.completion_tokens + usage.completion_tokens,
        cached_tokens=before.cached_tokens + usage.cached_tokens,
        cost=None if before.cost is None or usage.cost is None else before.cost + usage.cost,
        estimated=before.estimated + usage.estimated,
        problems=dict(sorted(problems.items())),
    )


def _as_data(outcome: Reply | ModelError) -> dict[str, Any]:
    if isinstance(outcome, Reply):
        return asdict(outcome)
    return {
        "problem": outcome.problem,
        "detail": outcome.detail,
        "retry_after": outcome.retry_after,
        "sent": outcome.sent,
        "tries": outcome.tries,
    }


def _as_outcome(data: dict[str, Any]) -> Reply | ModelError:
    tries = tuple(data.pop("tries"))
    if "problem" in data:
        error = ModelError(data.pop("problem"), data.pop("detail"), **data)
        error.tries = tries
        return error
    usage, probabilities = Usage(**data.pop("usage")), tuple(data.pop("probabilities"))
    return Reply(**data, usage=usage, probabilities=probabilities, tries=tries)
