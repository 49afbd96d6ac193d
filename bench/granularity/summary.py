"""From each person's figures to means, paired differences and verdicts, with intervals over places and people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from bench.granularity.findings import (
    ALL,
    COMMUNITY,
    PERSON,
    REACHING,
    SAME,
    WITHIN,
    Gap,
    LevelScore,
    Verdict,
)
from bench.granularity.scoring import BETTER, METRICS
from bench.resample import Resampling

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

__all__ = ["COMPARED", "Outcome", "summarise"]

COMPARED = (
    (COMMUNITY, ALL),
    (COMMUNITY, PERSON),
    (PERSON, ALL),
    (WITHIN, ALL),
    (WITHIN, COMMUNITY),
    (WITHIN, PERSON),
)
JUDGED = ("Brier score", "accuracy", "log loss")
"""The metrics that a level can win by. The absolute error is no proper score: of two predictors it prefers the one
that claims more certainty than it has (Gneiting & Raftery 2007)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """The figures of one place's people: (T, metrics) by level and number of known choices."""

    place: str
    known: tuple[int, ...]
    figures: Mapping[tuple[str, int], NDArray[np.float64]]


def summarise(
    outcomes: Sequence[Outcome], *, draws: int = 1000, seed: int
) -> tuple[tuple[LevelScore, ...], tuple[Gap, ...], tuple[Verdict, ...]]:
    """Return the figures, differences and verdicts of the pooled places and of each place.

    Whole places are resampled, and people where that gives the wider interval or there is one place only; every
    person counts alike (``bench.resample.Resampling``).
    """
    scores: list[LevelScore] = []
    gaps: list[Gap] = []
    for scope, numbers in _scopes(outcomes).items():
        for known, pooled in numbers.items():
            places = [each.place for each in pooled for _ in each.figures[ALL, known]]
            resampling = Resampling(places, draws=draws, seed=seed)
            scores += _scores(resampling, scope, known, pooled)
            gaps += _gaps(resampling, scope, known, pooled)
    return tuple(scores), tuple(gaps), _verdicts(scores, gaps)


def _scopes(outcomes: Sequence[Outcome]) -> dict[str, dict[int, list[Outcome]]]:
    """Return, for each scope, the places that are pooled at each number of known choices."""
    numbers = sorted({known for each in outcomes for known in each.known})
    most = [each for each in outcomes if each.known[-1] == numbers[-1]]
    return {
        SAME: dict.fromkeys(numbers, most),
        REACHING: {known: [each for each in outcomes if known in each.known] for known in numbers},
        **{each.place: {known: [each] for known in each.known} for each in outcomes},
    }


def _pooled(pooled: Sequence[Outcome], level: str, known: int, metric: str) -> NDArray[np.float64]:
    return np.concatenate([each.figures[level, known][:, METRICS.index(metric)] for each in pooled])


def _scores(resampling: Resampling, scope: str, known: int, pooled: Sequence[Outcome]) -> list[LevelScore]:
    found = []
    for level in dict.fromkeys(level for level, _ in pooled[0].figures):
        for metric in METRICS:
            told = resampling.interval(_pooled(pooled, level, known, metric))
            assert told.mean is not None
            found.append(
                LevelScore(
                    scope=scope,
                    level=level,
                    known=known,
                    metric=metric,
                    mean=told.mean,
                    low=told.low,
                    high=told.high,
                    n=told.n,
                    places=told.communities,
                )
            )
    return found


def _gaps(resampling: Resampling, scope: str, known: int, pooled: Sequence[Outcome]) -> list[Gap]:
    found = []
    for first, second in COMPARED:
        for metric in METRICS:
            a, b = (_pooled(pooled, level, known, metric) for level in (first, second))
            told = resampling.better(a, b, BETTER[metric])
            assert told.mean is not None
            found.append(
                Gap(
                    scope=scope,
                    known=known,
                    metric=metric,
                    first=first,
                    second=second,
                    mean=told.mean,
                    low=told.low,
                    high=told.high,
                    probability=told.probability,
                    n=told.n,
                    places=told.communities,
                )
            )
    return found


def _verdicts(scores: Sequence[LevelScore], gaps: Sequence[Gap]) -> tuple[Verdict, ...]:
    means: dict[tuple[str, int, str], dict[str, float]] = {}
    for row in scores:
        means.setdefault((row.scope, row.known, row.metric), {})[row.level] = row.mean
    signs = {(gap.scope, gap.known, gap.metric, gap.first, gap.second): gap.sign for gap in gaps}
    found = []
    for (scope, known, metric), by_level in means.items():
        if metric not in JUDGED:
            continue
        pick = max if BETTER[metric] == "higher" else min
        best = pick((COMMUNITY, ALL, PERSON), key=lambda level: by_level[level])
        over = {other: signs[scope, known, metric, COMMUNITY, other] for other in (ALL, PERSON)}
        standing = _standing(best, tuple(over.values()))
        told = "; ".join(_against(other, sign) for other, sign in over.items())
        found.append(
            Verdict(scope=scope, known=known, metric=metric, best=best, community=standing, told=told)
        )
    return tuple(found)


def _standing(best: str, signs: tuple[int, ...]) -> Literal["wins", "leads", "loses", "undecided"]:
    if min(signs) > 0:
        return "wins"
    if min(signs) < 0:
        return "loses"
    return "leads" if best == COMMUNITY else "undecided"


def _against(other: str, sign: int) -> str:
    words = {1: "ahead of", 0: "not told apart from", -1: "behind"}
    return f"{words[sign]} {other}"
