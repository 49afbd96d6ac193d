"""Preference identification: given a query and options, which one does the community prefer most?"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

from bench.metrics import calibration_error, top_one
from bench.resample import bootstrap_interval
from bench.scores import TaskScore, as_row, score_rows
from bench.tasks.cases import figures, roles

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bench.predictors import Predictor
    from bench.tasks.cases import Case

__all__ = ["preference_identification"]

TASK = "preference identification"
CLEAR_MARGIN = 2
"""Where an option is ahead by fewer votes than this, there is no most preferred one to find."""
CALIBRATION_DRAWS = 200


def preference_identification(
    cases: Sequence[Case], predictors: Sequence[Predictor], *, seed: int
) -> list[TaskScore]:
    """Return the accuracy of each predictor, and how well its confidence matches it (Lin & Wei 2026).

    Cases in which the first option is ahead by fewer than two votes are left out. Confidence is the largest
    predicted share; its calibration error is Guo et al.'s (2017).
    """
    clear = [case for case in cases if case.votes.margin >= CLEAR_MARGIN]
    note = f"{len(cases) - len(clear)} of {len(cases)} judgements left out: the margin is under {CLEAR_MARGIN} votes"
    if not clear:
        return [
            TaskScore(
                task=TASK, metric="accuracy", better="higher", rows=(), note=f"nothing to score: {note}"
            )
        ]
    communities = [case.community for case in clear]
    right = figures(clear, predictors, top_one)
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
        named = [
            (case.predicted[predictor.name], hit)
            for case, hit in zip(cases, right[predictor.name], strict=True)
        ]
        if not predictor.simulated or any(preference is None for preference, _ in named):
            continue
        confidence = np.array([max(preference.shares) for preference, _ in named if preference])
        hits = np.array([hit for _, hit in named], float)  # a part of 1 where the largest share is a tie

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
