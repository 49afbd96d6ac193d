"""Places for the nodes of a graph on a plane: those that are tied stand near each other, and none on another.

The method is that of Fruchterman & Reingold (1991), with a pull to the middle, so that what is not tied to the
rest stays in sight. It starts from a spiral, so that the same graph always looks the same.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

__all__ = ["spread"]

ROUNDS = 70
PULL = 0.6
GOLDEN = math.pi * (3 - math.sqrt(5))


def spread(
    count: int, ties: Sequence[tuple[int, int, float]], *, seed: int = 7, rounds: int | None = None
) -> Floats:
    """Return (count, 2) places in [0, 1], the same for the same graph and seed.

    Args:
        count: how many nodes.
        ties: pairs of different nodes, by number, with the weight of their tie, above 0.
        rounds: how often all are moved; less often where None and they are many.

    >>> spread(1, [])
    array([[0.5, 0.5]], dtype=float32)
    """
    import numpy as np

    if count < 2:
        return np.full((count, 2), 0.5, np.float32)
    a = np.array([tie[0] for tie in ties], np.int64)
    b = np.array([tie[1] for tie in ties], np.int64)
    pull = np.sqrt(np.array([tie[2] for tie in ties], np.float32))
    pull = pull / pull.max() if len(pull) else pull
    x, y = _spiral(count, a, b, seed)
    apart = np.float32(1 / np.sqrt(count))
    rounds = rounds or min(ROUNDS, max(30, 40_000 // count))
    for heat in np.linspace(0.12, 0.004, rounds, dtype=np.float32):
        move_x, move_y = _pushed(x, y, apart)
        away_x, away_y = x[a] - x[b], y[a] - y[b]
        near = pull * np.hypot(away_x, away_y) / apart
        move_x += _drawn(a, b, near * away_x, count) - PULL * x
        move_y += _drawn(a, b, near * away_y, count) - PULL * y
        far = np.maximum(np.hypot(move_x, move_y), 1e-9)
        x += move_x / far * np.minimum(far, heat)
        y += move_y / far * np.minimum(far, heat)
    return np.stack([_filling(x), _filling(y)], axis=1)


def _spiral(count: int, a: NDArray[np.int64], b: NDArray[np.int64], seed: int) -> tuple[Floats, Floats]:
    """Return places on a spiral, the most tied in the middle, each a little off."""
    import numpy as np

    from personas.seeds import derived_rng

    ties = np.bincount(np.concatenate([a, b]), minlength=count)
    rank = np.empty(count, np.int64)
    rank[np.argsort(-ties, kind="stable")] = np.arange(count)
    far, angle = np.sqrt((rank + 0.5) / count), rank * GOLDEN
    off = derived_rng(seed, "layout", count).normal(scale=0.01, size=(2, count))
    places = np.stack([far * np.cos(angle), far * np.sin(angle)]) * 0.5 + off
    return places[0].astype(np.float32), places[1].astype(np.float32)


def _pushed(x: Floats, y: Floats, apart: np.float32) -> tuple[Floats, Floats]:
    """Return how far each node is pushed away by all others."""
    import numpy as np

    away_x, away_y = np.subtract.outer(x, x), np.subtract.outer(y, y)
    push = np.square(away_x)
    push += np.square(away_y)
    push += np.float32(1e-5)
    np.divide(apart * apart, push, out=push)
    return np.einsum("ij,ij->i", away_x, push), np.einsum("ij,ij->i", away_y, push)


def _drawn(a: NDArray[np.int64], b: NDArray[np.int64], force: Floats, count: int) -> Floats:
    """Return how far each node is drawn by its ties, which draw both of their ends."""
    import numpy as np

    drawn = np.bincount(b, force, minlength=count) - np.bincount(a, force, minlength=count)
    return drawn.astype(np.float32)


def _filling(values: Floats) -> Floats:
    import numpy as np

    low, high = values.min(), values.max()
    if high - low < 1e-6:
        return np.full(len(values), 0.5, np.float32)
    filling: Floats = (values - low) / (high - low)
    return filling
