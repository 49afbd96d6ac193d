"""Bootstrap intervals for figures over items, resampled by community.

Items of one community share its people and its taste, so they are no independent draws; an interval that
resamples items alone is too narrow to speak of the next community.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from personas.errors import InputError
from personas.seeds import derived_rng

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    Vector = NDArray[np.float64]
    Values = Sequence[float | None] | Vector
    Statistic = Callable[[Vector], float]

__all__ = ["Difference", "Interval", "bootstrap_interval", "paired_difference"]


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A figure over items, with its bootstrap interval.

    Args:
        mean: the mean, or another statistic, of the defined values; None where there are none.
        low: the lower bound; None where there are fewer than two values, for one value says nothing of spread.
        high: the upper bound; None where there is no lower one.
        n: how many values are defined.
        communities: how many communities they come from.
        by: what was resampled: ``communities`` and the items in them, or, where there is one community only,
            its ``items``; then the interval does not speak of other communities.
        undefined: how many values were left out since the figure is undefined for them.
    """

    mean: float | None
    low: float | None
    high: float | None
    n: int
    communities: int
    by: Literal["communities", "items"]
    undefined: int = 0


@dataclass(frozen=True, kw_only=True)
class Difference(Interval):
    """The mean of a - b over the items that both score, with its bootstrap interval.

    Args:
        probability: the share of resamples in which a is better, half of the equal ones included; None where
            there is no interval. It says how sure the sign is, and is not a p-value.
    """

    probability: float | None


def bootstrap_interval(
    values: Values,
    communities: Sequence[str],
    *,
    statistic: Statistic = np.mean,
    draws: int = 1000,
    level: float = 0.95,
    seed: int,
) -> Interval:
    """Return a statistic of the values with its percentile interval, from a two-stage bootstrap.

    As many communities as there are are drawn with replacement, then in each drawn one as many of its items
    as it has, with replacement; the statistic is that of all drawn items together. With one community only
    its items are drawn. With a handful of communities the interval is rough, and where all values are equal
    it has no width: neither is a proof of precision.

    Args:
        values: (n,) one figure an item; NaN or None where it is undefined, which is left out and counted.
        communities: (n,) the community of each value.
        statistic: a function of a vector.
        draws: how many resamples.
        level: the share of resamples within the interval.
        seed: the same seed, values and communities give the same interval.

    Raises:
        InputError: the lengths differ, a value is infinite, or ``draws`` or ``level`` is out of range.

    References:
        B. Efron & R. J. Tibshirani (1993). An Introduction to the Bootstrap, ch. 13. Chapman & Hall.
        A. C. Davison & D. V. Hinkley (1997). Bootstrap Methods and their Application, sec. 3.8. Cambridge.

    >>> bootstrap_interval([1.0, 1.0, None], ["tea", "coffee", "tea"], seed=7)
    Interval(mean=1.0, low=1.0, high=1.0, n=2, communities=2, by='communities', undefined=1)
    """
    _check_options(draws, level)
    kept, sizes, undefined = _by_community(values, communities)
    mean = float(statistic(kept)) if kept.size else None
    low = high = None
    if kept.size > 1:
        statistics = _statistics(kept, sizes, statistic, draws, seed)
        low, high = _bounds(statistics, level)
    return Interval(
        mean=mean,
        low=low,
        high=high,
        n=kept.size,
        communities=sizes.size,
        by="communities" if sizes.size > 1 else "items",
        undefined=undefined,
    )


def paired_difference(
    a: Values,
    b: Values,
    communities: Sequence[str],
    *,
    higher_is_better: bool = True,
    draws: int = 1000,
    level: float = 0.95,
    seed: int,
) -> Difference:
    """Return how much higher a scores than b on the same items, from the two-stage bootstrap of the pairs.

    Args:
        a: (n,) one predictor's figures; NaN or None where undefined. A pair with one of them is left out.
        b: (n,) the other predictor's figures for the same items.
        communities: (n,) the community of each item.
        higher_is_better: whether a higher figure is the better one; False for errors and losses.
        draws: how many resamples.
        level: the share of resamples within the interval.
        seed: the same seed and input give the same interval.

    Raises:
        InputError: the lengths differ, a value is infinite, or ``draws`` or ``level`` is out of range.

    >>> paired_difference([0.5, 1.0], [0.25, 0.5], ["tea", "coffee"], seed=7).mean
    0.375
    """
    _check_options(draws, level)
    first, second = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
    if first.shape != second.shape:
        raise InputError(
            f"{first.shape} figures of a for {second.shape} of b", remedy="score both on the same items"
        )
    kept, sizes, undefined = _by_community(first - second, communities)
    low = high = probability = None
    if kept.size > 1:
        means = _statistics(kept, sizes, np.mean, draws, seed)
        low, high = _bounds(means, level)
        signs = np.sign(means) if higher_is_better else -np.sign(means)
        probability = float((signs.mean() + 1) / 2)
    return Difference(
        mean=float(kept.mean()) if kept.size else None,
        low=low,
        high=high,
        n=kept.size,
        communities=sizes.size,
        by="communities" if sizes.size > 1 else "items",
        undefined=undefined,
        probability=probability,
    )


def _by_community(values: Values, communities: Sequence[str]) -> tuple[Vector, NDArray[np.int64], int]:
    """Return the defined values, those of one community together, the communities' sizes and the rest's number."""
    scores = np.asarray(values, dtype=float)
    if scores.shape != (len(communities),):
        raise InputError(
            f"values of shape {scores.shape} for {len(communities)} communities",
            remedy="give one community a value",
        )
    if np.any(np.isinf(scores)):
        raise InputError("a value is infinite", remedy="bound the metric, or give NaN where it is undefined")
    defined = ~np.isnan(scores)
    _, labels = np.unique(np.asarray(communities, dtype=str)[defined], return_inverse=True)
    order = np.argsort(labels, kind="stable")
    return scores[defined][order], np.bincount(labels), int((~defined).sum())


def _statistics(
    values: Vector, sizes: NDArray[np.int64], statistic: Statistic, draws: int, seed: int
) -> Vector:
    drawn = _resamples(values, sizes, derived_rng(seed, "bootstrap"))
    return np.array([float(statistic(next(drawn))) for _ in range(draws)])


def _resamples(values: Vector, sizes: NDArray[np.int64], rng: np.random.Generator) -> Iterator[Vector]:
    """Yield two-stage resamples for ever; with one community the first stage has one outcome."""
    starts = np.cumsum(sizes) - sizes
    while True:
        picked = rng.integers(sizes.size, size=sizes.size)
        lengths = np.repeat(sizes[picked], sizes[picked])
        # A random number times a length costs a third of integers() with a bound for each item.
        within = (rng.random(lengths.size) * lengths).astype(np.int64)
        yield values[np.repeat(starts[picked], sizes[picked]) + within]


def _bounds(statistics: Vector, level: float) -> tuple[float, float]:
    low, high = np.quantile(statistics, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _check_options(draws: int, level: float) -> None:
    if draws < 1:
        raise InputError(f"{draws} draws give no interval", where="draws", remedy="use 1000")
    if not 0 < level < 1:
        raise InputError(f"the level {level} is not between 0 and 1", where="level", remedy="use 0.95")
