"""Preference identification: given a query and options, which one does the community prefer most?"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from bench.metrics import calibration_error
from bench.metrics.calibration import calibration_bins
from bench.resample import bootstrap_interval
from bench.scores import Curve, CurveBin, TaskScore, as_row, score_rows
from bench.tasks.cases import ACCURACY, CLEAR_MARGIN, figures, is_clear, roles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bench.predictors import Predictor
    from bench.tasks.cases import Case

__all__ = ["TASK", "calibration_curves", "preference_identification"]

TASK = "preference identification"
CALIBRATION_DRAWS = 200


def preference_identification(
    cases: Sequence[Case], predictors: Sequence[Predictor], *, seed: int
) -> list[TaskScore]:
    """Return the accuracy of each predictor, and how well its confidence matches it (Lin & Wei 2026).

    Cases in which the first option is ahead by fewer than two votes are left out. Confidence is the largest
    predicted share; its calibration error is Guo et al.'s (2017).
    """
    clear = [case for case in cases if is_clear(case.votes)]
    note = f"{len(cases) - len(clear)} of {len(cases)} judgements left out: the margin is under {CLEAR_MARGIN} votes"
    if not clear:
        return [
            TaskScore(
                task=TASK, metric="accuracy", better="higher", rows=(), note=f"nothing to score: {note}"
            )
        ]
    communities = [case.community for case in clear]
    right = figures(clear, predictors, ACCURACY)
    accuracy = score_rows(right, roles(predictors), communities, better="higher", seed=seed)
    return [
        TaskScore(task=TASK, metric="accuracy", better="higher", rows=accuracy, note=note),
        _calibration(clear, predictors, right, communities, seed=seed),
    ]


def _calibration(
    cases: Sequence[Case],
    predictors: Sequence[Predictor],
    right: dict[str, list[float | None]],
    communities: Sequence[str],
    *,
    seed: int,
) -> TaskScore:
    rows = []
    for predictor in predictors:
        said = _confidence(predictor, cases, right[predictor.name])
        if said is None:
            continue
        confidence, hits = said

        def error(
            places: NDArray[np.float64],
            sure: NDArray[np.float64] = confidence,
            hit: NDArray[np.float64] = hits,
        ) -> float:
            chosen = places.astype(int)
            return cast(float, calibration_error(sure[chosen], hit[chosen]))

        interval = bootstrap_interval(
            np.arange(len(cases), dtype=float),
            communities,
            statistic=error,
            draws=CALIBRATION_DRAWS,
            seed=seed,
        )
        rows.append(as_row(predictor.name, "simulation", interval))
    return TaskScore(task=TASK, metric="calibration error", better="lower", rows=tuple(rows))


def calibration_curves(cases: Sequence[Case], predictors: Sequence[Predictor]) -> list[Curve]:
    """Return how often each simulation is right at each confidence, over the clear cases."""
    clear = [case for case in cases if is_clear(case.votes)]
    curves = []
    for predictor in predictors:
        said = _confidence(
            predictor, clear, figures(clear, [predictor], ACCURACY, ceiling=False)[predictor.name]
        )
        if said is not None:
            bins = tuple(CurveBin(confidence=c, accuracy=a, n=n) for c, a, n in calibration_bins(*said))
            curves.append(Curve(predictor=predictor.name, bins=bins))
    return curves


def _confidence(
    predictor: Predictor, cases: Sequence[Case], right: Sequence[float | None]
) -> tuple[NDArray[np.float64], NDArray[np.float64]] | None:
    """Return a simulation's largest share in each case and whether it was right; None of others, and with gaps."""
    named = [case.predicted[predictor.name] for case in cases]
    if not named or not predictor.simulated or any(preference is None for preference in named):
        return None
    confidence = np.array([max(preference.shares) for preference in named if preference])
    return confidence, np.array(right, float)  # a part of 1 where the largest share is a tie
