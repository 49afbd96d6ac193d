"""Axes: from a figure to its place in a picture, between round bounds with round ticks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Axis", "axis_for"]

STEPS = (1.0, 2.0, 5.0, 10.0)


@dataclass(frozen=True, kw_only=True)
class Axis:
    """A straight axis.

    Args:
        low, high: the figures at its ends.
        start, end: the places of its ends, in pixels; the end of an upward axis is above, so smaller.
        ticks: the figures that are marked.
    """

    low: float
    high: float
    start: float
    end: float
    ticks: tuple[float, ...] = ()

    def place(self, figure: float) -> float:
        """Return where a figure stands, in pixels; one beyond an end stands at the end.

        >>> Axis(low=0, high=2, start=10, end=110).place(0.5)
        35.0
        """
        part = (min(max(figure, self.low), self.high) - self.low) / (self.high - self.low)
        return self.start + part * (self.end - self.start)


def axis_for(figures: Iterable[float | None], *, start: float, end: float, ticks: int = 4) -> Axis:
    """Return an axis that holds all figures and 0, with round bounds, and about so many steps.

    >>> axis_for([0.21, 0.37], start=0, end=100).ticks
    (0.0, 0.1, 0.2, 0.3, 0.4)
    >>> axis_for([], start=0, end=100).high
    1.0
    """
    known = [figure for figure in figures if figure is not None and math.isfinite(figure)]
    low, high = min([0.0, *known]), max([0.0, *known])
    if low == high:
        high = 1.0
    step = _round_step((high - low) / ticks)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    marks = tuple(round(number * step, 12) for number in range(first, last + 1))
    return Axis(low=marks[0], high=marks[-1], start=start, end=end, ticks=marks)


def _round_step(step: float) -> float:
    size = 10.0 ** math.floor(math.log10(step))
    return next(each for each in STEPS if each * size >= step * (1 - 1e-9)) * size
