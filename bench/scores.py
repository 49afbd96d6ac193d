"""The score card: what each predictor scored in each task, with its interval and what stands beside it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

from bench.resample import Interval, Resampling

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "Comparison", "Curve", "CurveBin", "Role", "ScoreCard", "ScoreRow", "TaskScore", "WorstItem", "as_row",
    "score_rows",
]  # fmt: skip

Role = Literal["simulation", "baseline", "control", "ceiling"]
"""What a row stands for. A control is the simulation, or everybody, without what it should know."""


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
    """All rows of one metric in one task; without rows, the note says why there are none.

    ``better`` says which figure is the better one: a higher or a lower one, or the one that is nearer to ``one``.
    """

    task: str
    metric: str
    better: Literal["higher", "lower", "one"]
    rows: tuple[ScoreRow, ...]
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class CurveBin:
    """The predictions of about one confidence: its mean, how often they were right, and how many they are."""

    confidence: float
    accuracy: float
    n: int


@dataclass(frozen=True, kw_only=True)
class Curve:
    """How often a predictor is right at each confidence, in the bins of Guo et al. (2017) that are not empty."""

    predictor: str
    bins: tuple[CurveBin, ...]


@dataclass(frozen=True, kw_only=True)
class WorstItem:
    """A judgement that the simulation got wrong, to be read.

    Args:
        item, community, query, options: what was asked of whom.
        real: the real shares. ``predicted``: the simulated ones. ``voters``: behind the real ones, where known.
        error: the Jensen-Shannon divergence of the two, base 2.
    """

    item: str
    community: str
    query: str
    options: tuple[str, ...]
    real: tuple[float, ...]
    predicted: tuple[float, ...]
    voters: int | None
    error: float


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two predictors on the same judgements: by how much the first is better, positive where it is.

    Args:
        mean, low, high: the paired difference with its 95 % bootstrap interval, resampled by community.
        probability: the share of resamples in which the first is better.
        n: on how many judgements both have a figure.
    """

    task: str
    metric: str
    first: str
    second: str
    mean: float | None
    low: float | None
    high: float | None
    probability: float | None
    n: int


@dataclass(frozen=True, kw_only=True)
class ScoreCard:
    """How true a simulation was, with all that belongs beside it.

    Args:
        predictor: what was simulated, and by what.
        corpus: the title or folder, source and licence of what it was held against, and whether it is fictional.
        notes: how it was split, whose votes count, and what was left out.
        tasks: the four tasks, metric by metric.
        curves: how often each simulation is right at each confidence.
        worst: the judgements that the first simulation got most wrong, the worst first.
        comparisons: any two predictors on the headline metrics.
        communities: for each community ``community``, ``n``, ``accuracy`` and ``divergence`` of the first simulation.
        usage: what its model calls used up, by phase and model; empty without a model.
    """

    predictor: str
    corpus: Mapping[str, Any]
    notes: tuple[str, ...]
    tasks: tuple[TaskScore, ...]
    curves: tuple[Curve, ...] = ()
    worst: tuple[WorstItem, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    communities: tuple[Mapping[str, Any], ...] = ()
    usage: tuple[Mapping[str, Any], ...] = ()

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
    resampling = Resampling(communities, seed=seed)
    rows = []
    for name, values in figures.items():
        interval = resampling.interval(values)
        compared = first is not None and roles[name] in {"baseline", "control"} and interval.n > 0
        ahead = _ahead(resampling, figures[first or name], values, better) if compared else None
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
    resampling: Resampling,
    simulated: Sequence[float | None],
    other: Sequence[float | None],
    better: Literal["higher", "lower"],
) -> dict[str, float | None]:
    found = resampling.better(simulated, other, better)
    return {"mean": found.mean, "low": found.low, "high": found.high, "probability": found.probability}
