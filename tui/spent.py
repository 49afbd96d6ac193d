"""What a run's model calls took, in lines: by phase and model, in all, and against the limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.plaintext import one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.journal.calls import UsageRow
    from tui.reading.live import LiveView

__all__ = ["money", "spent", "total_cost"]

UNITS = {"cost": "${:,.2f}", "tokens": "{:,} tokens", "calls": "{:,} requests"}


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
    """Return a line for each phase and model, one for all of them, and one for each limit."""
    if not live.usage:
        return []
    lines = [f"{row.phase:9}{_figures([row])} · {one_line(row.model)}" for row in live.usage]
    lines.append(f"{'all':9}{_figures(live.usage)}")
    used = {
        "cost": total_cost(live.usage) or 0.0,
        "tokens": sum(row.tokens for row in live.usage),
        "calls": sum(row.requests for row in live.usage),
    }
    lines += [
        f"{'limit':9}{UNITS[name].format(used[name])} of {UNITS[name].format(limit)}"
        for name, limit in live.limits
    ]
    return lines


def _figures(rows: Sequence[UsageRow]) -> str:
    calls, failures = sum(row.calls for row in rows), sum(row.failures for row in rows)
    tokens = sum(row.tokens for row in rows)
    failed = f", {failures:,} failed" if failures else ""
    return f"{calls:>8,} calls{failed} · {tokens:,} tokens · {money(total_cost(rows))}"
