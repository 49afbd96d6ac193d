"""What share of people's preferences a set of answers covers, and whether a set stands on both sides of an axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import ArrayLike

    from bench.pluralism.axes import Side

    Sides = Mapping[str, Side | None]

__all__ = [
    "NEARNESS",
    "by_nearness",
    "by_sides",
    "covered_by_nearness",
    "covered_by_sides",
    "definitions",
    "on_both_sides",
    "share_covered",
]

NEARNESS = 0.6
"""The cosine from which on an answer counts as near to what somebody prefers."""


def definitions(nearness: float = NEARNESS) -> dict[str, str]:
    """Return what "covered" means by each of the two ways, in words that are printed with the figures."""
    return {
        "sides": "a person's preferred option is covered when one answer of the set lies on the same side of every "
        "value axis on which the option takes a side; an option that takes no side on any axis holds no value to "
        "cover, and its share is left out and told",
        "nearness": f"a person's preferred option is covered when one answer of the set has a cosine of {nearness:g} "
        "or more to it in the embedding",
    }


def covered_by_sides(option: Sides, answers: Sequence[Sides]) -> bool | None:
    """Return whether some answer is on the side of an option on every axis on which it takes one.

    An answer that takes no side does not cover an option that takes one. What could not be judged takes none.

    Args:
        option: its side by axis; ``neither`` and None (a failed judgement) are no side.
        answers: those of each answer.

    Returns:
        None where the option takes no side at all: there is nothing to cover.

    >>> left, right, both = {"x": "a", "y": "neither"}, {"x": "b", "y": "a"}, {"x": "a", "y": "a"}
    >>> covered_by_sides(left, [right]), covered_by_sides(left, [right, both]), covered_by_sides(both, [left])
    (False, True, False)
    """
    taken = {axis: side for axis, side in option.items() if side in {"a", "b"}}
    if not taken:
        return None
    return any(all(answer.get(axis) == side for axis, side in taken.items()) for answer in answers)


def covered_by_nearness(option: ArrayLike, answers: ArrayLike, *, nearness: float = NEARNESS) -> bool:
    """Return whether some of (k, d) unit rows has at least that cosine to the (d,) unit vector of an option."""
    rows = np.asarray(answers, dtype=float)
    if not len(rows):
        return False
    return bool((rows @ np.asarray(option, dtype=float)).max() >= nearness - 1e-9)


def share_covered(shares: Sequence[float], covered: Sequence[bool | None]) -> tuple[float | None, float]:
    """Return the share of people whose preferred option is covered, and the share who prefer one that holds no value.

    Args:
        shares: of people who prefer each option, adding up to 1.
        covered: whether each is covered; None for one with nothing to cover, whose share is left out.

    Returns:
        The first is None where everybody prefers an option with nothing to cover.

    >>> share_covered((0.5, 0.25, 0.25), (True, False, None))
    (0.6666666666666666, 0.25)
    """
    if len(shares) != len(covered):
        raise InputError(
            f"{len(covered)} options covered or not, of {len(shares)}", remedy="judge each option"
        )
    counted = sum(share for share, known in zip(shares, covered, strict=True) if known is not None)
    reached = sum(share for share, known in zip(shares, covered, strict=True) if known)
    return (reached / counted if counted > 0 else None), max(0.0, sum(shares) - counted)


def by_sides(
    shares: Sequence[float], options: Sequence[Sides], answers: Sequence[Sides]
) -> tuple[float | None, float]:
    """Return the share of people covered by sides, and the share left out; see ``share_covered``."""
    return share_covered(shares, [covered_by_sides(option, answers) for option in options])


def by_nearness(
    shares: Sequence[float], options: ArrayLike, answers: ArrayLike, *, nearness: float = NEARNESS
) -> float | None:
    """Return the share of people covered by nearness, of (n, d) options and (k, d) answers, all unit rows."""
    rows = np.asarray(options, dtype=float)
    return share_covered(shares, [covered_by_nearness(row, answers, nearness=nearness) for row in rows])[0]


def on_both_sides(sides: Sequence[Side | None]) -> bool:
    """Return whether a set has a response on each side of an axis.

    >>> on_both_sides(["a", "neither", "b"]), on_both_sides(["a", "a", None])
    (True, False)
    """
    return {"a", "b"} <= set(sides)
