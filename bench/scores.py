"""The score card: what each predictor scored in each task, with its interval and what stands beside it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from bench.resample import Interval, bootstrap_interval, paired_difference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["Role", "ScoreCard", "ScoreRow", "TaskScore", "score_rows"]

Role = Literal["simulation", "baseline", "ceiling"]


@dataclass(frozen=True, kw_only=True)
class ScoreRow:
    """One predictor's figure in a task.

    Args:
        predictor: who predicted. ``role``: what it stands for.
        mean, low, high: the figure and its 95 % bootstrap interval; None where it is undefined.
        n: how many judgements it rests on. ``communities``: of how many communities.
        by: what was resampled.
        ahead: by how much the simulation is better than this row on the same judgements, with its interval
            and the share of resamples in which it is better; empty for the simulation itself.
        note: what a reader must know of it.
    """

    predictor: str
    role: Role
    mean: float | None
    low: float | None
    high: float | None
    n: int
    communities: int
    by: str
    ahead: Mapping[str, float | None] | None = None
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class TaskScore:
    """All rows of one metric in one task; without rows, the note says why there are none."""

    task: str
    metric: str
    better: Literal["higher", "lower"]
    rows: tuple[ScoreRow, ...]
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class ScoreCard:
    """How true a simulation was, with all that belongs beside it.

    Args:
        predictor: what was simulated, and by what.
        corpus: the corpus's title or folder, source and licence, and whether it is fictional.
        notes: how it was split, whose votes count, and what was left out.
        tasks: the four tasks, metric by metric.
    """

    predictor: str
    corpus: Mapping[str, Any]
    notes: tuple[str, ...]
    tasks: tuple[TaskScore, ...]

    def as_data(self) -> dict[str, Any]:
        """Return the score card as plain data."""
        return asdict(self)


def score_rows(
    figures: Mapping[str, Sequence[float | None]],
    roles: Mapping[str, Role],
    communities: Sequence[str],
    *,
    better: Literal["higher", "lower"],
    seed: int,
    notes: Mapping[str, str] | None = None,
) -> tuple[ScoreRow, ...]:
    """Return one row a predictor from its figures on the same judgements.

    Args:
        figures: for each predictor, one figure a judgement; None where it is undefined.
        roles: what each predictor stands for; the first simulation is what others are compared with.
        communities: the community of each judgement.
        better: whether a higher or a lower figure is the better one.
        seed: of the bootstrap.
        notes: for some predictors, what a reader must know.
    """
    first = next((name for name in figures if roles[name] == "simulation"), None)
    rows = []
    for name, values in figures.items():
        interval = bootstrap_interval(values, communities, seed=seed)
        compared = first is not None and roles[name] == "baseline" and interval.n > 0
        ahead = _ahead(figures[first or name], values, communities, better, seed) if compared else None
        rows.append(as_row(name, roles[name], interval, ahead=ahead, note=(notes or {}).get(name, "")))
    return tuple(rows)


def as_row(
    predictor: str,
    role: Role,
    interval: Interval,
    *,
    ahead: Mapping[str, float | None] | None = None,
    note: str = "",
) -> ScoreRow:
    """Return a row from an interval."""
    undefined = f"undefined for {interval.undefined}" if interval.undefined else ""
    return ScoreRow(
        predictor=predictor,
        role=role,
        mean=interval.mean,
        low=interval.low,
        high=interval.high,
        n=interval.n,
        communities=interval.communities,
        by=interval.by,
        ahead=ahead,
        note="; ".join(filter(None, (note, undefined))),
    )


def _ahead(
    simulated: Sequence[float | None],
    baseline: Sequence[float | None],
    communities: Sequence[str],
    better: Literal["higher", "lower"],
    seed: int,
) -> dict[str, float | None]:
    sign = 1 if better == "higher" else -1
    difference = paired_difference(_signed(simulated, sign), _signed(baseline, sign), communities, seed=seed)
    return {
        "mean": difference.mean,
        "low": difference.low,
        "high": difference.high,
        "probability": difference.probability,
    }


def _signed(values: Sequence[float | None], sign: int) -> list[float | None]:
    return [None if value is None else sign * value for value in values]
