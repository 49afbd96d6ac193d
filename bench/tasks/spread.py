"""Whether predictions vary as much as reality does: simulations are known to vary too little."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.resample import Resampling
from bench.scores import TaskScore, as_row
from bench.tasks.cases import roles

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from bench.predictors import Predictor
    from bench.tasks.cases import Case
    from simulator.item import RealVotes

    Vector = NDArray[np.float64]

__all__ = ["real_disagreement", "real_variance", "spread"]

ACROSS = "variance of shares across items, simulated / real"
WITHIN = "disagreement within items, simulated / real"


def spread(
    cases: Sequence[Case], predictors: Sequence[Predictor], *, task: str, seed: int
) -> list[TaskScore]:
    """Return how much each predictor's distributions vary, over how much the real ones do; 1 is as much.

    Across items: the mean squared distance of a share from 1/k, so a predictor that always says much the same
    comes near 0. Within items: the chance that two draws from the distribution differ (Gini-Simpson), so a
    predictor that puts all on one option comes near 0. Sampling makes real shares vary more, and two of the same
    few voters agree more, than the community does; where voters are counted, both are corrected for it.
    """
    communities = [case.community for case in cases]
    resampling = Resampling(communities, draws=200, seed=seed)
    named = roles(predictors)
    found = []
    for metric, real, told in (
        (ACROSS, real_variance, _variance),
        (WITHIN, real_disagreement, _disagreement),
    ):
        below = np.array([real(case.votes, counted=case.item.kind != "endorsement") for case in cases])
        rows = tuple(
            as_row(each.name, named[each.name], resampling.ratio(_of(each.name, cases, told), below))
            for each in predictors
        )
        found.append(TaskScore(task=task, metric=metric, better="one", rows=rows))
    return found


def real_variance(votes: RealVotes, *, counted: bool = True) -> float:
    """Return the mean squared distance of the real shares from 1/k, without what n voters add to it by chance.

    With shares s of n independent choices, ``Σ (s_o - 1/k)² / k - Σ s_o (1 - s_o) / (k (n - 1))`` is without bias.

    >>> from simulator.item import RealVotes
    >>> real_variance(RealVotes(shares=(1.0, 0.0), voters=5))
    0.25
    """
    shares = np.array(votes.shares)
    observed = _variance(shares)
    if not counted or votes.voters is None or votes.voters < 2:
        return observed
    return observed - float((shares * (1 - shares)).mean()) / (votes.voters - 1)


def real_disagreement(votes: RealVotes, *, counted: bool = True) -> float:
    """Return the chance that two different voters chose differently: ``n / (n - 1) (1 - Σ s_o²)`` of n choices.

    >>> from simulator.item import RealVotes
    >>> real_disagreement(RealVotes(shares=(0.5, 0.5), voters=2))
    1.0
    """
    observed = _disagreement(np.array(votes.shares))
    if not counted or votes.voters is None or votes.voters < 2:
        return observed
    return observed * votes.voters / (votes.voters - 1)


def _of(name: str, cases: Sequence[Case], measure: Callable[[Vector], float]) -> list[float | None]:
    said = [case.predicted[name] for case in cases]
    return [None if preference is None else measure(np.array(preference.shares)) for preference in said]


def _variance(shares: Vector) -> float:
    return float(((shares - 1 / shares.size) ** 2).mean())


def _disagreement(shares: Vector) -> float:
    return float(1 - (shares**2).sum())
