"""Bootstrap intervals for figures over items, resampled by community.

Items of one community share its people and its taste, so they are no independent draws; an interval that
resamples items alone is too narrow to speak of the next community.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from personas.errors import InputError
from personas.seeds import derived_rng

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    Vector = NDArray[np.float64]
    Values = Sequence[float | None] | Vector
    Statistic = Callable[[Vector], float]

__all__ = ["Difference", "Interval", "Resampling", "bootstrap_interval", "paired_difference"]

FEW = 5000
"""Up to so many items are drawn one by one; the mean of more is normal for all that a quantile shows."""
FEW_COMMUNITIES = 5
"""With fewer, no resample goes beyond the outermost community: an interval by Student's t is taken where wider."""


@dataclass(frozen=True, kw_only=True)
class Interval:
    """A figure over items, with its bootstrap interval.

    Args:
        mean: the mean, or another statistic, of the defined values; None where there are none.
        low: the lower bound; None where there are fewer than two values, for one value says nothing of spread.
        high: the upper bound; None where there is no lower one.
        n: how many values are defined.
        communities: how many communities they come from.
        by: what was resampled: whole ``communities``, or, where there is one community only, its ``items``;
            then the interval does not speak of other communities.
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
            there is no interval.
    """

    probability: float | None


class Resampling:
    """Resamples of one set of judgements, the same for every figure on them, so that figures can be paired.

    Whole communities are drawn with replacement, as many as there are (Davison & Hinkley 1997, 3.8: drawing the
    items within them once more would count their spread twice). The percentiles are Hesterberg's expanded ones,
    which make up for few communities: with G of them the level is that of Student's t with G - 1 degrees of
    freedom, times ``sqrt(G / (G - 1))``. Where communities happen to be more alike than their items allow, as
    two or three easily are, the interval that resamples items is the wider one, and it is taken: of each bound
    the outer. With fewer than five communities so is an interval by Student's t. With one its items alone are drawn.

    Args:
        communities: (n,) the community of each judgement.
        draws: how many resamples.
        level: the share of resamples within an interval.
        seed: the same seed, figures and communities give the same interval.

    Raises:
        InputError: ``draws`` or ``level`` is out of range.

    References:
        A. C. Davison & D. V. Hinkley (1997). Bootstrap Methods and their Application, sec. 3.8. Cambridge.
        T. C. Hesterberg (2015). What teachers should know about the bootstrap. American Statistician 69(4).
        A. C. Cameron & D. L. Miller (2015). A practitioner's guide to cluster-robust inference. Journal of Human
        Resources 50(2).
    """

    def __init__(
        self, communities: Sequence[str], *, draws: int = 1000, level: float = 0.95, seed: int
    ) -> None:
        _check_options(draws, level)
        numbers = {name: number for number, name in enumerate(sorted(set(communities)))}
        self._labels = np.array([numbers[name] for name in communities], np.int64)
        self._draws, self._level, self._seed = draws, level, seed
        self._times: Vector = np.zeros((draws, 0))

    def interval(self, values: Values, statistic: Statistic | None = None) -> Interval:
        """Return the mean of (n,) values, or another statistic of them, with its interval.

        Raises:
            InputError: the lengths differ, or a value is infinite.
        """
        kept, labels, undefined = self._defined(values)
        mean = None
        if kept.size:
            mean = float(kept.mean() if statistic is None else statistic(kept))
        low = high = None
        if kept.size > 1:
            (low, high), _ = self._bounds(kept, labels, statistic)
        return Interval(mean=mean, low=low, high=high, undefined=undefined, **_told(labels))

    def difference(self, a: Values, b: Values, *, higher_is_better: bool = True) -> Difference:
        """Return how much higher (n,) values a are than b, on the judgements for which both are defined.

        Raises:
            InputError: the lengths differ, or a value is infinite.
        """
        first, second = np.asarray(a, dtype=float), np.asarray(b, dtype=float)
        if first.shape != second.shape:
            raise InputError(
                f"{first.shape} figures of a for {second.shape} of b", remedy="score both on the same items"
            )
        kept, labels, undefined = self._defined(first - second)
        low = high = probability = None
        if kept.size > 1:
            (low, high), means = self._bounds(kept, labels, None)
            signs = np.sign(means) if higher_is_better else -np.sign(means)
            probability = float((signs.mean() + 1) / 2)
        return Difference(
            mean=float(kept.mean()) if kept.size else None,
            low=low,
            high=high,
            undefined=undefined,
            probability=probability,
            **_told(labels),
        )

    def better(self, a: Values, b: Values, which: Literal["higher", "lower"]) -> Difference:
        """Return by how much a is better than b, positive where it is, whichever direction is the better one."""
        return self.difference(a, b) if which == "higher" else self.difference(b, a)

    def ratio(self, above: Values, below: Values) -> Interval:
        """Return the mean of (n,) ``above`` over that of ``below``, where both are defined, with its interval.

        Without any mean to divide by there is no ratio; a resample without one is left out.
        """
        values, others = np.asarray(above, dtype=float), np.asarray(below, dtype=float)
        both = np.where(np.isnan(values + others), np.nan, values)
        kept, labels, undefined = self._defined(both)
        divisor = others[~np.isnan(both)]
        if not kept.size or not divisor.mean() > 0:
            return Interval(mean=None, low=None, high=None, undefined=undefined, **_told(labels))
        low = high = None
        if kept.size > 1:
            low, high = self._ratio_bounds(kept, divisor, labels)
        return Interval(
            mean=float(kept.mean() / divisor.mean()), low=low, high=high, undefined=undefined, **_told(labels)
        )

    def _ratio_bounds(self, above: Vector, below: Vector, labels: NDArray[np.int64]) -> tuple[float, float]:
        pairs = np.arange(above.size, dtype=float)

        def ratio(places: Vector) -> float:
            drawn = places.astype(int)
            divisor = below[drawn].sum()
            return float(above[drawn].sum() / divisor) if divisor > 0 else float("nan")

        return self._bounds(pairs, labels, ratio)[0]

    def _defined(self, values: Values) -> tuple[Vector, NDArray[np.int64], int]:
        """Return the defined values with their communities, numbered from 0, and how many are undefined."""
        scores = np.asarray(values, dtype=float)
        if scores.shape != self._labels.shape:
            raise InputError(
                f"values of shape {scores.shape} for {len(self._labels)} communities",
                remedy="give one community a value",
            )
        if np.any(np.isinf(scores)):
            raise InputError(
                "a value is infinite", remedy="bound the metric, or give NaN where it is undefined"
            )
        defined = ~np.isnan(scores)
        labels = np.unique(self._labels[defined], return_inverse=True)[1]
        return scores[defined], labels, int((~defined).sum())

    def _bounds(
        self, values: Vector, labels: NDArray[np.int64], statistic: Statistic | None
    ) -> tuple[tuple[float, float], Vector]:
        """Return the interval, and the resampled figures, by communities or by items, whichever spread more."""
        groups = int(labels.max()) + 1
        low, high, drawn = self._by_items(values, statistic)
        if groups > 1:
            by_communities = self._by_communities(values, labels, groups, statistic)
            outer = _percentiles(by_communities, groups, self._level)
            drawn = max(drawn, by_communities, key=np.nanstd)
            low, high = min(low, outer[0]), max(high, outer[1])
        if 1 < groups < FEW_COMMUNITIES and statistic is None:
            wide = _by_student(values, labels, self._level)
            low, high = min(low, wide[0]), max(high, wide[1])
        return (low, high), drawn

    def _by_communities(
        self, values: Vector, labels: NDArray[np.int64], groups: int, statistic: Statistic | None
    ) -> Vector:
        rng = derived_rng(self._seed, "bootstrap", "communities")
        if statistic is not None:
            parts = [values[labels == number] for number in range(groups)]
            rounds = (rng.integers(groups, size=groups) for _ in range(self._draws))
            return np.array([statistic(np.concatenate([parts[g] for g in round_])) for round_ in rounds])
        sums, sizes = np.bincount(labels, weights=values), np.bincount(labels).astype(float)
        if self._times.shape[1] != groups:  # thousands of communities take half a second to draw
            self._times = rng.multinomial(groups, np.full(groups, 1 / groups), size=self._draws).astype(float)
        means: Vector = (self._times @ sums) / (self._times @ sizes)
        return means

    def _by_items(self, values: Vector, statistic: Statistic | None) -> tuple[float, float, Vector]:
        rng = derived_rng(self._seed, "bootstrap", "items")
        n = values.size
        if statistic is not None:
            drawn = np.array(
                [statistic(values[rng.integers(n, size=n)]) for _ in range(self._draws)], dtype=float
            )
        elif n > FEW:
            drawn = values.mean() + values.std() / np.sqrt(n) * rng.standard_normal(self._draws)
        else:
            drawn = np.concatenate(
                [
                    values[rng.integers(n, size=(min(100, self._draws - start), n))].mean(axis=1)
                    for start in range(0, self._draws, 100)
                ]
            )
        return (*_percentiles(drawn, n, self._level), drawn)


def bootstrap_interval(
    values: Values,
    communities: Sequence[str],
    *,
    statistic: Statistic | None = None,
    draws: int = 1000,
    level: float = 0.95,
    seed: int,
) -> Interval:
    """Return the mean of the values, or another statistic, with its interval as ``Resampling`` makes it.

    With a handful of communities the interval is rough, and where all values are equal it has no width:
    neither is a proof of precision.

    Args:
        values: (n,) one figure an item; NaN or None where it is undefined, which is left out and counted.
        communities: (n,) the community of each value.
        statistic: a function of a vector, in place of the mean.
        draws, level, seed: as in ``Resampling``.

    Raises:
        InputError: the lengths differ, a value is infinite, or ``draws`` or ``level`` is out of range.

    >>> bootstrap_interval([1.0, 1.0, None], ["tea", "coffee", "tea"], seed=7)
    Interval(mean=1.0, low=1.0, high=1.0, n=2, communities=2, by='communities', undefined=1)
    """
    return Resampling(communities, draws=draws, level=level, seed=seed).interval(values, statistic)


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
    """Return how much higher a scores than b on the same items, from resamples of the pairs.

    Args:
        a: (n,) one predictor's figures; NaN or None where undefined. A pair with one of them is left out.
        b: (n,) the other predictor's figures for the same items.
        communities: (n,) the community of each item.
        higher_is_better: whether a higher figure is the better one; False for errors and losses.
        draws, level, seed: as in ``Resampling``.

    Raises:
        InputError: the lengths differ, a value is infinite, or ``draws`` or ``level`` is out of range.

    >>> paired_difference([0.5, 1.0], [0.25, 0.5], ["tea", "coffee"], seed=7).mean
    0.375
    """
    resampling = Resampling(communities, draws=draws, level=level, seed=seed)
    return resampling.difference(a, b, higher_is_better=higher_is_better)


def _told(labels: NDArray[np.int64]) -> Mapping[str, Any]:
    groups = int(labels.max()) + 1 if labels.size else 0
    return {"n": labels.size, "communities": groups, "by": "communities" if groups > 1 else "items"}


def _by_student(values: Vector, labels: NDArray[np.int64], level: float) -> tuple[float, float]:
    """Return the mean's interval by the spread of G communities' sums about it, with Student's t of G - 1.

    ``e_g = Σ_g x - n_g mean`` and ``se = sqrt(G / (G - 1) Σ e_g²) / n`` (Cameron & Miller 2015); it goes no farther
    than the values themselves.
    """
    from scipy.special import stdtrit

    sizes = np.bincount(labels)
    groups, mean = sizes.size, values.mean()
    apart = np.bincount(labels, weights=values) - sizes * mean
    error = np.sqrt(groups / (groups - 1) * (apart**2).sum()) / values.size
    half = float(stdtrit(groups - 1, (1 + level) / 2) * error)
    return max(float(mean) - half, float(values.min())), min(float(mean) + half, float(values.max()))


def _percentiles(drawn: Vector, units: int, level: float) -> tuple[float, float]:
    """Return the expanded percentiles of resamples of so many units."""
    from scipy.special import ndtr, stdtrit

    tail = float(ndtr(stdtrit(units - 1, (1 - level) / 2) * np.sqrt(units / (units - 1))))
    low, high = np.nanquantile(drawn, [tail, 1 - tail])
    return float(low), float(high)


def _check_options(draws: int, level: float) -> None:
    if draws < 1:
        raise InputError(f"{draws} draws give no interval", where="draws", remedy="use 1000")
    if not 0 < level < 1:
        raise InputError(f"the level {level} is not between 0 and 1", where="level", remedy="use 0.95")
