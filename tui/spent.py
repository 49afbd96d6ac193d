"""What a run's model calls took, in lines: by phase and model, in all, and against the limits."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui.plaintext import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.journal.calls import UsageRow
    from tui.reading.live import LiveView

__all__ = ["UNITS", "Used", "limits_of", "money", "problems_of", "spent", "total_cost"]

UNITS = {"cost": "${:,.2f}", "tokens": "{:,.0f}", "calls": "{:,.0f}"}
"""How what is limited is written."""


def money(cost: float | None) -> str:
    """Return US dollars as they are written; a dash where the price is unknown.

    >>> money(1.5), money(0.00021), money(0.0), money(None)
    ('$1.50', '$0.00021', '$0.00', '—')
    """
    if cost is None:
        return "—"
    return f"${cost:,.2f}" if cost >= 0.1 or not cost else f"${cost:.2g}"


def total_cost(rows: Sequence[UsageRow]) -> float | None:
    """Return what all calls cost, in US dollars; None where the price of one is unknown."""
    costs = [row.cost for row in rows]
    return None if None in costs else sum(cost for cost in costs if cost is not None)


def spent(live: LiveView) -> list[str]:
    """Return a line for each phase and model, and one for all of them; the model is named where there are several."""
    if not live.usage:
        return []
    several = len({row.model for row in live.usage}) > 1
    lines = [
        f"{row.phase:9}{_figures([row])}{f' · {one_line(row.model)}' if several else ''}"
        for row in live.usage
    ]
    lines.append(f"{'all':9}{_figures(live.usage)}")
    return lines


def problems_of(rows: Sequence[UsageRow]) -> list[tuple[str, int]]:
    """Return what went wrong with requests, and how often, the most frequent first; most were made again."""
    problems: Counter[str] = Counter()
    for row in rows:
        problems.update(row.problems)
    return problems.most_common()


@dataclass(frozen=True, kw_only=True, slots=True)
class Used:
    """How much of a limit is used up.

    Args:
        name: ``cost``, ``tokens`` or ``calls``. ``limit``: how high it is.
        used: what calls took; of the cost, those whose price is known.
        aside: what is set aside besides: for requests in flight, and for those that a killed engine had in flight.
    """

    name: str
    used: float
    aside: float
    limit: float


def limits_of(live: LiveView) -> list[Used]:
    """Return how much of each limit is used up."""
    used = {
        "cost": sum(row.cost or 0.0 for row in live.usage),
        "tokens": float(sum(row.tokens for row in live.usage)),
        "calls": float(sum(row.requests for row in live.usage)),
    }
    return [
        Used(name=name, used=used[name], aside=max(0.0, getattr(live.spent, name) - used[name]), limit=limit)
        for name, limit in live.limits
        if limit > 0
    ]


def _figures(rows: Sequence[UsageRow]) -> str:
    calls, failures = sum(row.calls for row in rows), sum(row.failures for row in rows)
    tokens = sum(row.tokens for row in rows)
    failed = f", {failures:,} failed" if failures else ""
    return f"{calls:>8,} calls{failed} · {tokens:,} tokens · {money(total_cost(rows))}"
