"""How far a predicted distribution over options is from the real one."""

from __future__ import annotations

import math
from itertools import accumulate
from typing import TYPE_CHECKING

from bench.metrics.vectors import share_pair
from personas.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["earth_movers", "jensen_shannon", "jensen_shannon_distance", "log_loss", "share_error"]


def jensen_shannon(p: ArrayLike, q: ArrayLike) -> float:
    """Return the Jensen-Shannon divergence with base 2, in [0, 1]: 0 for the same shares, 1 for disjoint ones.

    With m = (p + q) / 2 it is ``(KL(p, m) + KL(q, m)) / 2``. It is the divergence; its square root is the
    distance.

    Args:
        p: (k,) shares.
        q: (k,) shares.

    Raises:
        InputError: a vector is no distribution, or they differ in length.

    References:
        J. Lin (1991). Divergence measures based on the Shannon entropy. IEEE Transactions on Information Theory
        37(1), 145-151.

    >>> jensen_shannon([1, 0], [0, 1])
    1.0
    """
    left, right = share_pair(p, q)
    total = 0.0
    for a, b in zip(left, right, strict=True):
        middle = (a + b) / 2
        total += _information(a, middle) + _information(b, middle)
    return min(max(total / 2, 0.0), 1.0)


def jensen_shannon_distance(p: ArrayLike, q: ArrayLike) -> float:
    """Return the square root of the base-2 Jensen-Shannon divergence, a metric in [0, 1].

    Raises:
        InputError: a vector is no distribution, or they differ in length.

    References:
        D. M. Endres & J. E. Schindelin (2003). A new metric for probability distributions. IEEE Transactions on
        Information Theory 49(7), 1858-1860.

    >>> jensen_shannon_distance([1, 0], [1, 0])
    0.0
    """
    return math.sqrt(jensen_shannon(p, q))


def share_error(predicted: ArrayLike, real: ArrayLike) -> float:
    """Return the mean absolute error of a share, in [0, 2/k]; for two options, the error of either share.

    Args:
        predicted: (k,) shares.
        real: (k,) shares.

    Raises:
        InputError: a vector is no distribution, or they differ in length.

    >>> share_error([0.75, 0.25], [0.5, 0.5])
    0.25
    """
    left, right = share_pair(predicted, real)
    return math.fsum(abs(a - b) for a, b in zip(left, right, strict=True)) / len(left)


def log_loss(predicted: ArrayLike, real: ArrayLike, *, floor: float = 1e-6) -> float:
    """Return the cross-entropy of the real shares under the predicted ones, in bits.

    It is at least the entropy of the real shares, and equals it for the right prediction. A predicted share
    below ``floor`` is raised to it and the shares are normalised again, so that a share of 0 where the real
    one is 1 costs about 20 bits and not infinity.

    Args:
        predicted: (k,) shares.
        real: (k,) shares.
        floor: the smallest share that a prediction is taken to give, in (0, 1/k].

    Raises:
        InputError: a vector is no distribution, they differ in length, or the floor is out of range.

    >>> log_loss([0.5, 0.5], [1, 0])
    1.0
    """
    left, right = share_pair(predicted, real)
    if not 0 < floor <= 1 / len(left):
        raise InputError(f"the floor {floor} is not in (0, 1/{len(left)}]", where="floor", remedy="use 1e-6")
    raised = [max(share, floor) for share in left]
    size = math.fsum(raised)
    return -math.fsum(b * math.log2(a / size) for a, b in zip(raised, right, strict=True) if b > 0)


def earth_movers(p: ArrayLike, q: ArrayLike) -> float:
    """Return the earth mover's distance of two distributions over ordered options, in [0, 1].

    Neighbouring options are 1/(k - 1) apart, so it is 1 when all moves from one end of the scale to the other; it is
    the mean absolute difference of the k - 1 inner cumulative shares.

    Args:
        p: (k,) shares of options that stand in order.
        q: (k,) shares of the same.

    Raises:
        InputError: a vector is no distribution, or they differ in length.

    References:
        E. Levina & P. Bickel (2001). The earth mover's distance is the Mallows distance. ICCV 2, 251-256.

    >>> earth_movers([1, 0, 0], [0, 1, 0])
    0.5
    """
    left, right = share_pair(p, q)
    carried = list(accumulate(a - b for a, b in zip(left, right, strict=True)))[:-1]
    return min(math.fsum(map(abs, carried)) / len(carried), 1.0)


def _information(share: float, middle: float) -> float:
    return share * math.log2(share / middle) if share > 0 else 0.0
