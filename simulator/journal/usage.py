"""What model calls used up, by phase and model: kept up to date with each call, so that reading it costs nothing."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simulator.models.model import ModelError

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping

    from simulator.models.model import Reply

__all__ = ["USAGE_TABLE", "Spent", "UsageRow", "add_usage", "read_usage", "spent_by"]

COUNTED = (
    "calls", "failures", "requests", "prompt_tokens", "completion_tokens", "cached_tokens", "estimated", "unpriced",
)  # fmt: skip
"""The columns of whole numbers."""

USAGE_TABLE = f"""
CREATE TABLE IF NOT EXISTS usage (number INTEGER PRIMARY KEY, phase TEXT, model TEXT,
                                  {", ".join(f"{name} INTEGER" for name in COUNTED)}, cost REAL, problems TEXT,
                                  UNIQUE (phase, model));
"""


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
    """What a run has used up, or may have: requests, tokens, and US dollars as far as the price was known."""

    calls: int = 0
    tokens: int = 0
    cost: float = 0.0

    def __add__(self, other: Spent) -> Spent:
        return Spent(
            calls=self.calls + other.calls, tokens=self.tokens + other.tokens, cost=self.cost + other.cost
        )


def spent_by(outcome: Reply | ModelError) -> Spent:
    """Return what one call counts for in the usage."""
    if isinstance(outcome, ModelError):
        return Spent(calls=1 + len(outcome.tries))
    return Spent(calls=1 + len(outcome.tries), tokens=outcome.usage.tokens, cost=outcome.usage.cost or 0.0)


def add_usage(db: sqlite3.Connection, outcomes: Iterable[tuple[str, str, Reply | ModelError]]) -> None:
    """Add (phase, model, outcome) rows to the usage table, within the caller's transaction."""
    sums: dict[tuple[str, str], tuple[Counter[str], Counter[str], list[float]]] = {}
    for phase, model, outcome in outcomes:
        counts, problems, costs = sums.setdefault((phase, model), (Counter(), Counter(), []))
        counts.update(_counts(outcome))
        problems.update(outcome.tries)
        if isinstance(outcome, ModelError):
            problems[outcome.problem] += 1
        elif outcome.usage.cost is not None:
            costs.append(outcome.usage.cost)
    for (phase, model), (counts, problems, costs) in sums.items():
        row = db.execute(
            "SELECT problems FROM usage WHERE phase = ? AND model = ?", [phase, model]
        ).fetchone()
        problems.update(json.loads(row[0]) if row else {})
        db.execute(
            f"""INSERT INTO usage (phase, model, {", ".join(COUNTED)}, cost, problems)
                VALUES ({", ".join("?" * (len(COUNTED) + 4))}) ON CONFLICT (phase, model) DO UPDATE SET
                {", ".join(f"{name} = {name} + excluded.{name}" for name in (*COUNTED, "cost"))},
                problems = excluded.problems""",
            [
                phase,
                model,
                *(counts[name] for name in COUNTED),
                sum(costs),
                json.dumps(problems, sort_keys=True),
            ],
        )


def _counts(outcome: Reply | ModelError) -> dict[str, int]:
    counts = {"calls": 1, "requests": 1 + len(outcome.tries)}
    if isinstance(outcome, ModelError):
        return {**counts, "failures": 1}
    usage = outcome.usage
    return {
        **counts,
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "cached_tokens": usage.cached_tokens,
        "estimated": usage.estimated,
        "unpriced": usage.cost is None,
    }


def read_usage(db: sqlite3.Connection) -> tuple[list[UsageRow], Spent]:
    """Return the usage by phase and model, in the order of their first call, and what it comes to altogether.

    The sum holds the cost of the calls whose price was known, also where those of others were not.
    """
    names = (*COUNTED, "cost", "problems")
    rows: list[UsageRow] = []
    spent = Spent()
    for phase, model, *values in db.execute(
        f"SELECT phase, model, {', '.join(names)} FROM usage ORDER BY number"
    ):
        told = dict(zip(names, values, strict=True))
        known = told["cost"]
        told["problems"] = json.loads(told["problems"])
        told["cost"] = None if told.pop("unpriced") else known
        row = UsageRow(phase=phase, model=model, **told)
        spent += Spent(calls=row.requests, tokens=row.tokens, cost=known)
        rows.append(row)
    return rows, spent
