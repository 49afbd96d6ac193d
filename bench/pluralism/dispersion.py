"""How differently people choose, and models answer: the expected distance of two of them, within groups and between.

With a distance of 1 between any two different options it is the probability that two people choose differently
(Gini 1912, Simpson 1949); with half the squared difference of positions it is their variance; with any other
distance it is Rao's quadratic entropy. One estimator serves all, for people's counts and for models' answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from personas.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    Rows = NDArray[np.float64]

__all__ = [
    "Decomposed",
    "across_groups",
    "apart",
    "cosine_distances",
    "decomposed",
    "dispersion",
    "squared_differences",
]


@dataclass(frozen=True, kw_only=True)
class Decomposed:
    """The dispersion of one item, each an expected distance of two people.

    Args:
        total: two people, each of a group drawn anew, every group as likely.
        within: two different people of one group.
        between: what drawing them from groups adds: total less within. It is unbiased, and so may fall a little
            below 0 where groups do not differ.
        across: two people of two different groups; None for one group.
        groups: how many groups it rests on.
    """

    total: float
    within: float
    between: float
    across: float | None
    groups: int


def dispersion(counts: ArrayLike, distances: ArrayLike) -> float | None:
    """Return the expected distance of the choices of two different people; None for fewer than two people.

    The estimate is unbiased: it goes over all pairs of different people, sum of n_i n_j d_ij over n (n - 1).

    Args:
        counts: (k,) how many chose each option; not negative.
        distances: (k, k) symmetric, with zeros on the diagonal.

    References:
        C. R. Rao (1982). Diversity and dissimilarity coefficients: a unified approach. Theoretical Population
        Biology 21(1). E. H. Simpson (1949). Measurement of diversity. Nature 163.

    >>> dispersion([2, 2], apart(2)), dispersion([3, 0], apart(2)), dispersion([1, 0], apart(2))
    (0.6666666666666666, 0.0, None)
    """
    numbers, between = _checked(counts, distances)
    n = float(numbers.sum())
    return float(numbers @ between @ numbers / (n * (n - 1))) if n > 1 else None


def decomposed(counts: ArrayLike, distances: ArrayLike) -> Decomposed | None:
    """Split the dispersion of an item into that within groups and that between them.

    Groups count alike, whatever their size (Nei 1973), and every part is estimated without bias from pairs of
    different people (Nei & Chesser 1983), so that total = within + between holds exactly. ``between / total`` is
    Nei's G_ST. Groups of fewer than two people are left out.

    Args:
        counts: (g, k) how many of each group chose each option. The groups are taken to share no member.
        distances: (k, k) symmetric, with zeros on the diagonal.

    Returns:
        None where no group has two people.

    References:
        M. Nei (1973). Analysis of gene diversity in subdivided populations. PNAS 70(12). M. Nei & R. K. Chesser
        (1983). Estimation of fixation indices and gene diversities. Annals of Human Genetics 47.

    >>> decomposed([[2, 0], [0, 2]], apart(2))
    Decomposed(total=0.5, within=0.0, between=0.5, across=1.0, groups=2)
    """
    numbers, distance = _checked(np.atleast_2d(np.asarray(counts, dtype=float)), distances)
    numbers = numbers[numbers.sum(axis=1) > 1]
    groups = len(numbers)
    if not groups:
        return None
    within = float(np.mean([dispersion(row, distance) for row in numbers]))
    across = across_groups(numbers, distance)
    between = 0.0 if across is None else (groups - 1) / groups * (across - within)
    return Decomposed(total=within + between, within=within, between=between, across=across, groups=groups)


def across_groups(counts: ArrayLike, distances: ArrayLike) -> float | None:
    """Return the expected distance of two people of two different groups, every pair of groups as likely.

    Groups of one person count too; None for fewer than two groups.

    >>> across_groups([[1, 0], [0, 1], [1, 0]], apart(2))
    0.6666666666666666
    """
    numbers, distance = _checked(np.atleast_2d(np.asarray(counts, dtype=float)), distances)
    numbers = numbers[numbers.sum(axis=1) > 0]
    groups = len(numbers)
    if groups < 2:
        return None
    shares = numbers / numbers.sum(axis=1, keepdims=True)
    pairs = shares @ distance @ shares.T
    return float((pairs.sum() - np.trace(pairs)) / (groups * (groups - 1)))


def apart(size: int) -> Rows:
    """Return the (k, k) distances that are 1 between any two different options."""
    return np.ones((size, size)) - np.eye(size)


def squared_differences(positions: ArrayLike) -> Rows:
    """Return half the squared differences of (k,) positions: the dispersion by these is the sample variance.

    >>> dispersion([1, 1, 1], squared_differences([0.0, 1.0, 2.0]))
    1.0
    """
    values = np.asarray(positions, dtype=float)
    found: Rows = (values[:, None] - values[None, :]) ** 2 / 2
    return found


def cosine_distances(vectors: ArrayLike) -> Rows:
    """Return one less the cosine of each two of (k, d) vectors, between 0 and 2."""
    from simulator.diversity import cosine_similarities

    found: Rows = 1.0 - cosine_similarities(vectors)
    return found


def _checked(counts: ArrayLike, distances: ArrayLike) -> tuple[Rows, Rows]:
    numbers, distance = np.asarray(counts, dtype=float), np.asarray(distances, dtype=float)
    if not np.all(np.isfinite(numbers)) or np.any(numbers < 0):
        raise InputError(f"{numbers.tolist()} are no counts", remedy="give how many chose each option")
    if distance.shape != (numbers.shape[-1],) * 2:
        raise InputError(
            f"distances of shape {distance.shape} for {numbers.shape[-1]} options",
            remedy="give one a pair of options",
        )
    return numbers, distance
