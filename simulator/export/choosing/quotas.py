"""How many rows of each kind may stay, so that lengths are matched and communities are balanced.

A kind is a class of length ratios with a side: b where the chosen text is the longer one by a ratio of class b,
-b where it is the shorter one by as much, 0 for what needs no partner. Counts are small data; which rows stay is
drawn elsewhere.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping
    from typing import TypeVar

    Name = TypeVar("Name", bound=Hashable)

__all__ = ["RATIOS", "balanced", "length_kind", "matched"]

RATIOS = (1.05, 1.1, 1.2, 1.35, 1.6, 2.0, 3.0, 5.0)
"""Upper ends of the classes of length ratios; the last class has none."""

Counts = dict[int, int]
"""How many rows there are, or may stay, by kind."""


def length_kind(chosen: int, rejected: int) -> int:
    """Return the kind of a pair of texts of these lengths, each at least 1.

    >>> length_kind(100, 100), length_kind(104, 100), length_kind(100, 150), length_kind(900, 100)
    (0, 1, -5, 9)
    """
    if chosen == rejected:
        return 0
    longer, shorter = max(chosen, rejected), min(chosen, rejected)
    place = 1 + bisect_left(RATIOS, longer / shorter)
    return place if chosen > rejected else -place


def matched(counts: Mapping[int, int]) -> Counts:
    """Return how many may stay where as many chosen texts must be longer as shorter in each class of ratios.

    >>> matched({0: 4, 2: 5, -2: 3, 7: 6})
    {0: 4, 2: 3, -2: 3, 7: 0}
    """
    return {kind: min(count, counts.get(-kind, 0)) for kind, count in counts.items()}


def balanced(groups: Mapping[Name, Mapping[int, int]]) -> dict[Name, Counts]:
    """Return how many may stay where every group must have equally many, and the kinds b and -b in each, too.

    All groups come to the same number, the largest that each can reach; each group's kinds keep their proportions
    as nearly as whole numbers allow.

    Args:
        groups: counts by kind, as many of b as of -b, by group.

    >>> balanced({"tea": {0: 3, 1: 4, -1: 4}, "coffee": {1: 2, -1: 2}})
    {'tea': {0: 2, 1: 1, -1: 1}, 'coffee': {1: 2, -1: 2}}
    """
    aim = min((sum(counts.values()) for counts in groups.values()), default=0)
    if aim % 2 and not all(counts.get(0) for counts in groups.values()):
        aim -= 1  # couples alone are never odd
    return {name: _reduced(counts, aim) for name, counts in groups.items()}


def _reduced(counts: Mapping[int, int], aim: int) -> Counts:
    couples = {kind: count for kind, count in counts.items() if kind > 0}
    singles = _singles(counts.get(0, 0), sum(couples.values()), aim)
    places = _apportioned(couples, (aim - singles) // 2)
    return {kind: places.get(abs(kind), 0) if kind else singles for kind in counts}


def _singles(singles: int, couples: int, aim: int) -> int:
    """Return how many singles stay: those in proportion, as nearly as leaves an even number to couples.

    ``aim`` is no more than all there are, and so that number is no more than the singles, and what is left no
    more than the couples.
    """
    odd = aim % 2
    fair = aim * singles / (singles + 2 * couples) if aim else 0.0
    return odd + 2 * round((fair - odd) / 2)


def _apportioned(counts: Counts, seats: int) -> Counts:
    """Return ``seats`` shared out in proportion to counts, the largest remainders first."""
    total = sum(counts.values())
    if not total:
        return dict.fromkeys(counts, 0)
    exact = {kind: seats * count / total for kind, count in counts.items()}
    found = {kind: math.floor(share) for kind, share in exact.items()}
    by_remainder = sorted(counts, key=lambda kind: (found[kind] - exact[kind], kind))
    for kind in by_remainder[: seats - sum(found.values())]:
        found[kind] += 1
    return found
