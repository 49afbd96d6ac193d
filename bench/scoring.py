"""Score predictors on cases: both preference tasks, and what a reader needs beside them to trust the figures."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.resample import Resampling
from bench.scores import Comparison, WorstItem
from bench.tasks.cases import ACCURACY, DIVERGENCE, figures, is_clear, is_spread
from bench.tasks.preference_distribution import TASK as DISTRIBUTION
from bench.tasks.preference_distribution import preference_distribution
from bench.tasks.preference_identification import TASK as IDENTIFICATION
from bench.tasks.preference_identification import calibration_curves, preference_identification

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.predictors import Predictor
    from bench.scores import Curve, TaskScore
    from bench.tasks.cases import Case, Metric

__all__ = ["Scored", "score"]

WORST = 20


@dataclass(frozen=True, kw_only=True)
class Scored:
    """What predictors scored on cases; the fields are those of ``ScoreCard``."""

    tasks: tuple[TaskScore, ...]
    curves: tuple[Curve, ...]
    worst: tuple[WorstItem, ...]
    comparisons: tuple[Comparison, ...]
    communities: tuple[Mapping[str, Any], ...]


def score(cases: Sequence[Case], predictors: Sequence[Predictor], *, seed: int) -> Scored:
    """Score predictors on both preference tasks.

    A predictor with an attribute ``one_option`` that is true names an option and no distribution: it is scored
    where an option is asked for, and where a distribution is, it is left out.
    """
    spreading = [each for each in predictors if not getattr(each, "one_option", False)]
    clear = [case for case in cases if is_clear(case.votes)]
    enough = [case for case in cases if is_spread(case.item, case.votes)]
    first = next((each for each in predictors if each.simulated), None)
    return Scored(
        tasks=(
            *preference_identification(cases, predictors, seed=seed),
            *preference_distribution(cases, spreading, seed=seed),
        ),
        curves=tuple(calibration_curves(cases, predictors)),
        worst=() if first is None else _worst(enough, first),
        comparisons=(
            *_comparisons(clear, predictors, IDENTIFICATION, ACCURACY, seed),
            *_comparisons(enough, spreading, DISTRIBUTION, DIVERGENCE, seed),
        ),
        communities=() if first is None else _by_community(cases, first),
    )


def _comparisons(
    cases: Sequence[Case], predictors: Sequence[Predictor], task: str, metric: Metric, seed: int
) -> list[Comparison]:
    """Compare any two predictors on the same cases."""
    found = figures(cases, predictors, metric, ceiling=False)
    resampling = Resampling([case.community for case in cases], seed=seed)
    compared = []
    for first, second in combinations(found, 2):
        ahead = resampling.better(found[first], found[second], metric.better)
        compared.append(
            Comparison(
                task=task,
                metric=metric.name,
                first=first,
                second=second,
                mean=ahead.mean,
                low=ahead.low,
                high=ahead.high,
                probability=ahead.probability,
                n=ahead.n,
            )
        )
    return compared


def _worst(cases: Sequence[Case], predictor: Predictor) -> tuple[WorstItem, ...]:
    found = []
    for case in cases:
        said = case.predicted[predictor.name]
        error = None if said is None else DIVERGENCE.one(np.array(said.shares), case.real)
        if said is not None and error is not None:
            found.append((-error, case.item.item, case.community, case, said))
    return tuple(
        WorstItem(
            item=item,
            community=community,
            query=case.item.query,
            options=tuple(option.text for option in case.item.options),
            real=case.votes.shares,
            predicted=said.shares,
            voters=case.votes.voters,
            error=-error,
        )
        for error, item, community, case, said in sorted(found, key=lambda row: row[:3])[:WORST]
    )


def _by_community(cases: Sequence[Case], predictor: Predictor) -> tuple[Mapping[str, Any], ...]:
    by_name: dict[str, list[Case]] = {}
    for case in cases:
        by_name.setdefault(case.community, []).append(case)
    return tuple(
        {
            "community": name,
            "n": len(group),
            "accuracy": _mean([case for case in group if is_clear(case.votes)], predictor, ACCURACY),
            "divergence": _mean(
                [case for case in group if is_spread(case.item, case.votes)], predictor, DIVERGENCE
            ),
        }
        for name, group in sorted(by_name.items())
    )


def _mean(cases: Sequence[Case], predictor: Predictor, metric: Metric) -> float | None:
    values = [
        value
        for value in figures(cases, [predictor], metric, ceiling=False)[predictor.name]
        if value is not None
    ]
    return float(np.mean(values)) if values else None
