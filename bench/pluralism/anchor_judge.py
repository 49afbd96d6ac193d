"""The offline judge: a text lies where it is nearer, in embedding, to one pole's anchors than to the other's.

It compares topics and wording; it is no language model and often misses a stance. How often stands beside it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.pluralism.judging import Placement

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bench.pluralism.axes import Axis, Side
    from personas.embedding import Embedder

    Rows = NDArray[np.float64]

__all__ = ["AnchorJudge", "Scale", "scale_of"]

BAND = 0.1
"""The share of the anchors that stand on their own side which the neutral band may swallow."""
FAR = 0.1
"""The share of the anchors that may be as far from all others as a text that is of neither side."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """What the anchors say of raw positions and of nearness, each judged by the others.

    Args:
        middle: the raw position in the middle between both poles. ``unit``: the spread of the anchors' own.
        band: how far from the middle, in units, a text must lie to be of a side.
        near: the cosine to its nearest anchor that a text must have to be of a side.
        own_side: the share of the anchors that lie on their own side when they are left out.
    """

    middle: float
    unit: float
    band: float
    near: float
    own_side: float


def scale_of(a: Rows, b: Rows) -> Scale:
    """Return the scale that (n, d) and (m, d) unit rows of two poles' anchors set.

    Each anchor is judged by all anchors but itself and the one in its place in the other pole's list. Anchors
    of one topic stand in one place in the bundled lists; if only one were left out, its opposite would be the
    nearest text to it and pull it to the wrong side.
    """
    raw: list[list[float]] = [[], []]
    near: list[float] = []
    for pole, own in enumerate((a, b)):
        for place, row in enumerate(own):
            left, right = (
                np.delete(a, place, axis=0) if place < len(a) else a,
                np.delete(b, place, axis=0) if place < len(b) else b,
            )
            raw[pole].append(float(_raw(row[None], left, right)[0]))
            near.append(float(max((left @ row).max(), (right @ row).max())))
    low, high = np.array(raw[0]), np.array(raw[1])
    middle = float((low.mean() + high.mean()) / 2)
    unit = float(np.concatenate([low - middle, high - middle]).std()) or 1.0
    distances = np.concatenate([middle - low, high - middle]) / unit
    right_ones = distances[distances > 0]
    return Scale(
        middle=middle,
        unit=unit,
        band=float(np.quantile(right_ones, BAND)) if right_ones.size else 0.0,
        near=float(np.quantile(near, FAR)),
        own_side=float((distances > 0).mean()),
    )


class AnchorJudge:
    """Places texts by embedding: the mean cosine to pole b's anchors less that to pole a's.

    The position is centred and scaled by the anchors, each left out in turn. A text is of neither side where it
    lies within the neutral band, or is no nearer to any anchor than the farthest tenth of the anchors are to
    each other. Nothing is learned from labelled statements, neither the band nor the way of judging.

    Tried as well, and no better on the anchors by more than chance (24 of them, each left out in turn; the share
    on their own side on traditional / secular-rational and on survival / self-expression was .67 and .58 for
    this way): logistic regression on the anchors (.71, .58), linear discriminants with shrinkage (.79, .58),
    cosines weighted by exp(10 cos) (.67, .42), the mean of the directions between paired anchors (.67, .62),
    the same without the directions in which topics differ (.83, .58). So the simplest stands.

    Args:
        embedder: what texts are compared by.
    """

    def __init__(self, embedder: Embedder) -> None:
        self.embedder = embedder
        self.name = f"offline judge: nearness to anchors by {embedder.name}, no language model"

    async def place(self, texts: Sequence[str], axis: Axis) -> list[Placement]:
        """Return the place of each text, in their order."""
        if not texts:
            return []
        a, b = (self._embedded(pole.anchors) for pole in (axis.a, axis.b))
        scale, rows = scale_of(a, b), self._embedded(texts)
        positions = (_raw(rows, a, b) - scale.middle) / scale.unit
        nearest = np.maximum((rows @ a.T).max(axis=1), (rows @ b.T).max(axis=1))
        return [
            Placement(position=float(position), side=_side(float(position), float(near), scale))
            for position, near in zip(positions, nearest, strict=True)
        ]

    def _embedded(self, texts: Sequence[str]) -> Rows:
        return np.asarray(self.embedder.embed(list(texts)), dtype=float)


def _raw(rows: Rows, a: Rows, b: Rows) -> Rows:
    difference: Rows = (rows @ b.T).mean(axis=1) - (rows @ a.T).mean(axis=1)
    return difference


def _side(position: float, near: float, scale: Scale) -> Side:
    if near < scale.near or abs(position) < scale.band or position == 0:
        return "neither"
    return "a" if position < 0 else "b"
