"""Preference distribution prediction: how are the community's preferences spread over the options?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from bench.metrics import earth_movers, jensen_shannon, kendall_tau_b, log_loss, share_error, top_one
from bench.scores import TaskScore, score_rows
from bench.tasks.cases import figures, roles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.predictors import Predictor
    from bench.tasks.cases import Case, Metric

__all__ = ["preference_distribution"]

TASK = "preference distribution"
METRICS: tuple[tuple[str, Metric, Literal["higher", "lower"]], ...] = (
    ("Kendall τ-b", kendall_tau_b, "higher"),
    ("top-1 accuracy", top_one, "higher"),
    ("Jensen–Shannon divergence (base 2)", jensen_shannon, "lower"),
    ("mean absolute error of a share", share_error, "lower"),
    ("log loss (bits)", log_loss, "lower"),
)
ORDERED: tuple[str, Metric, Literal["higher", "lower"]] = (
    "earth mover's distance (ordered options)",
    earth_movers,
    "lower",
)


def preference_distribution(
    cases: Sequence[Case], predictors: Sequence[Predictor], *, seed: int
) -> list[TaskScore]:
    """Return the four metrics of the task (Lin & Wei 2026 name τ, top-1 and divergence) for each predictor.

    Where options stand on a scale, the earth mover's distance is added.
    """
    ordered = [case for case in cases if case.item.ordered]
    scores = [_scored(cases, predictors, *metric, seed=seed) for metric in METRICS]
    return [*scores, _scored(ordered, predictors, *ORDERED, seed=seed)] if ordered else scores


def _scored(
    cases: Sequence[Case],
    predictors: Sequence[Predictor],
    name: str,
    metric: Metric,
    better: Literal["higher", "lower"],
    *,
    seed: int,
) -> TaskScore:
    ranked = sum(case.votes.voters is None for case in cases)
    note = f"{ranked} of {len(cases)} judgements against ranks of net scores, as no votes are published"
    rows = score_rows(
        figures(cases, predictors, metric),
        roles(predictors),
        [case.community for case in cases],
        better=better,
        seed=seed,
    )
    return TaskScore(task=TASK, metric=name, better=better, rows=rows, note=note if ranked else "")
