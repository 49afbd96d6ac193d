"""Whether the right option was chosen, and whether the options are ranked alike."""

from __future__ import annotations

import math
from collections.abc import Collection
from itertools import combinations
from typing import TYPE_CHECKING

from bench.metrics.vectors import TIE, score_pair

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["accuracy", "kendall_tau_b", "top_one"]


def accuracy(choice: int | None, truth: int | Collection[int]) -> float:
    """Return 1.0 where the choice is the truth, and 0.0 where it is another or an abstention.

    Args:
        choice: the index of what was chosen; None for an abstention, which counts as a miss.
        truth: the index of what is right, or all the indices that are.

    >>> accuracy(2, 2), accuracy(None, 2), accuracy(0, {0, 2})
    (1.0, 0.0, 1.0)
    """
    right = truth if isinstance(truth, Collection) else (truth,)
    return float(choice is not None and choice in right)


def top_one(predicted: ArrayLike, real: ArrayLike) -> float:
    """Return how likely the predicted top option is the real one, in [0, 1].

    Where several options share the real top, each of them is right. Where several share the predicted top,
    one of them is taken at random and the expected accuracy is returned: a predictor that cannot tell k
    options apart scores 1/k, as the uniform guess does, wherever its options happen to stand.

    Args:
        predicted: (k,) shares or scores.
        real: (k,) shares or scores.

    Raises:
        InputError: the vectors differ in length, are not finite or have fewer than two options.

    >>> top_one([0.6, 0.3, 0.1], [0.5, 0.2, 0.3])
    1.0
    >>> top_one([0.4, 0.4, 0.2], [0.5, 0.2, 0.3])
    0.5
    """
    left, right = score_pair(predicted, real)
    guessed, best = _top(left), _top(right)
    return len(guessed & best) / len(guessed)


def kendall_tau_b(predicted: ArrayLike, real: ArrayLike) -> float | None:
    """Return the rank correlation τ-b, in [-1, 1]; None where either side ties all its options.

    With C concordant and D discordant pairs of options, and T pairs tied on one side only,
    ``(C - D) / sqrt((C + D + T_predicted) (C + D + T_real))``. For two options it is 1, -1 or None.

    Args:
        predicted: (k,) shares or scores.
        real: (k,) shares or scores.

    Raises:
        InputError: the vectors differ in length, are not finite or have fewer than two options.

    References:
        M. G. Kendall (1945). The treatment of ties in ranking problems. Biometrika 33(3), 239-251.

    >>> kendall_tau_b([0.5, 0.3, 0.2], [0.6, 0.1, 0.3])
    0.3333333333333333
    >>> kendall_tau_b([0.5, 0.5], [0.6, 0.4]) is None
    True
    """
    left, right = score_pair(predicted, real)
    agreement = untied_left = untied_right = 0
    for first, second in combinations(range(len(left)), 2):
        up_left = _direction(left[first], left[second])
        up_right = _direction(right[first], right[second])
        agreement += up_left * up_right
        untied_left += abs(up_left)
        untied_right += abs(up_right)
    if not untied_left or not untied_right:
        return None
    return agreement / math.sqrt(untied_left * untied_right)


def _top(scores: list[float]) -> set[int]:
    highest = max(scores)
    return {index for index, score in enumerate(scores) if highest - score <= TIE}


def _direction(first: float, second: float) -> int:
    return 0 if abs(second - first) <= TIE else 1 if second > first else -1
