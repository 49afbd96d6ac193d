"""The score card of a run: simulated against real, beside the baselines and the noise ceiling."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.journal import Journal
from tui.reading.provenance import Provenance, RunState, provenance_of_run, state_of_run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["ScoreCard", "ScoreRow", "ScoreTask", "read_scores"]


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoreRow:
    """What one predictor reached, with its 95 % bootstrap interval; None where it is not defined.

    ``ahead`` is by how much the simulation is better on the same judgements: (mean, low, high).
    """

    predictor: str
    role: str
    mean: float | None
    low: float | None
    high: float | None
    n: int
    by: str
    note: str
    ahead: tuple[float | None, float | None, float | None] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoreTask:
    """One metric of one task; ``better`` is ``higher``, ``lower`` or ``one``, the nearer to which the better."""

    task: str
    metric: str
    better: str
    note: str
    rows: tuple[ScoreRow, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class ScoreCard:
    """All tasks of a run; none where it was not benchmarked, or is not scored yet.

    Args:
        scored: whether there are scores. ``benchmark``: whether there are to be any. ``state``: of the run.
    """

    provenance: Provenance
    state: RunState = "done"
    benchmark: bool = False
    tasks: tuple[ScoreTask, ...] = ()
    notes: tuple[str, ...] = ()
    scored: bool = False


def read_scores(folder: Path) -> ScoreCard:
    """Read the score card of the run in ``folder``.

    Raises:
        InputError: no run is there, or it is damaged.
    """
    with Journal.read(folder) as journal:
        # The state first: of a run that ends while it is looked at, the scores are there at the next look.
        state, scores = state_of_run(journal, folder), journal.fact("scores")
        known = provenance_of_run(journal, folder)
        benchmark = (journal.fact("command") or {}).get("arguments", [""])[:1] == ["bench"]
    if scores is None:
        return ScoreCard(provenance=known, state=state, benchmark=benchmark)
    return ScoreCard(
        provenance=known,
        state=state,
        benchmark=benchmark,
        tasks=tuple(_task(data) for data in scores["tasks"]),
        notes=tuple(scores.get("notes", ())),
        scored=True,
    )


def _task(data: Mapping[str, Any]) -> ScoreTask:
    return ScoreTask(
        task=data["task"],
        metric=data["metric"],
        better=data["better"],
        note=data.get("note", ""),
        rows=tuple(_row(row) for row in data["rows"]),
    )


def _row(data: Mapping[str, Any]) -> ScoreRow:
    ahead = data.get("ahead")
    return ScoreRow(
        predictor=data["predictor"],
        role=data["role"],
        mean=data["mean"],
        low=data["low"],
        high=data["high"],
        n=data["n"],
        by=data.get("by", ""),
        note=data.get("note", ""),
        ahead=(ahead.get("mean"), ahead.get("low"), ahead.get("high")) if ahead else None,
    )
