"""A task's rows as cells of text, the same for every report."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.scores import ScoreRow, TaskScore

__all__ = ["HEADLINES", "score_lines", "written"]

HEADLINES = frozenset(
    {
        "accuracy",
        "Kendall τ-b",
        "Jensen–Shannon divergence (base 2)",
        "mean absolute error of a share",
        "recognised",
        "cosine to the real top answer",
    }
)
"""The metrics that a short report shows; the others are in the data and in the long one."""


def written(value: float | None, digits: int = 3) -> str:
    """Return a score as it is written, without the leading zero; a dash where there is none.

    >>> written(-0.1234), written(None)
    ('-.123', '—')
    """
    if value is None:
        return "—"
    text = f"{value:.{digits}f}"
    return text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text


def score_lines(task: TaskScore) -> list[tuple[str, str, str, str, str, str]]:
    """Return predictor, role, figure, interval, how far the simulation is ahead, and n, for each row."""
    return [
        (
            row.predictor + (f" ({row.note})" if row.note else ""),
            row.role,
            written(row.mean),
            _interval(row),
            _ahead(row.ahead),
            f"{row.n:,} in {row.communities}",
        )
        for row in task.rows
    ]


def _interval(row: ScoreRow) -> str:
    return "—" if row.low is None else f"[{written(row.low)}, {written(row.high)}]"


def _ahead(ahead: Mapping[str, float | None] | None) -> str:
    if not ahead or ahead["mean"] is None:
        return ""
    bounds = "" if ahead["low"] is None else f" [{written(ahead['low'])}, {written(ahead['high'])}]"
    return written(ahead["mean"]) + bounds
