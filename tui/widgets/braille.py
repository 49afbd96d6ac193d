"""Lines and discs in braille, eight dots to a cell; all lines are drawn at once, which takes a few milliseconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.floating]
    Ints = NDArray[np.integer]

__all__ = ["Dots"]

VALUES = ((1, 8), (2, 16), (4, 32), (64, 128))
"""The value of each dot of a cell in the code point of its character."""
BLANK, SPARSE = 0x2800, 3


class Dots:
    """A plane of ``width`` × ``height`` cells, with 2 × 4 dots in each.

    >>> import numpy as np
    >>> dots = Dots(2, 1)
    >>> dots.lines(np.array([[0.0, 0.0, 3.0, 3.0]]))
    >>> dots.rows()
    ['⠑⢄']
    """

    def __init__(self, width: int, height: int) -> None:
        import numpy as np

        self.grid: Bools = np.zeros((height * 4, width * 2), bool)

    def lines(self, ends: Floats, *, dotted: bool = False) -> None:
        """Draw lines.

        Args:
            ends: (m, 4) x and y, in dots, of both ends of each; what lies outside the plane is left out.
            dotted: whether to set only every third dot.
        """
        import numpy as np

        ends = _clipped(ends, *self.grid.shape[::-1])
        if not len(ends):
            return
        start, way = ends[:, :2], ends[:, 2:] - ends[:, :2]
        steps = np.maximum(1, np.ceil(np.abs(way).max(axis=1))).astype(np.int64)
        every = SPARSE if dotted else 1
        dots = steps // every + 1
        line = np.repeat(np.arange(len(ends)), dots)
        step = every * (np.arange(len(line)) - np.repeat(np.cumsum(dots) - dots, dots))
        self._set(start[line] + way[line] * (step / steps[line])[:, None])

    def discs(self, places: Floats, radii: Ints) -> None:
        """Draw filled discs, given (m, 2) places and (m,) radii in dots."""
        import numpy as np

        for radius in np.unique(radii).tolist():
            reach = np.arange(-radius, radius + 1)
            off = np.stack(np.meshgrid(reach, reach), axis=-1).reshape(-1, 2)
            off = off[(off**2).sum(axis=1) <= radius * (radius + 0.5)]
            self._set((np.round(places[radii == radius])[:, None] + off[None]).reshape(-1, 2))

    def without(self, other: Dots) -> None:
        """Take away the dots of every cell in which ``other`` has one."""
        import numpy as np

        taken = np.repeat(np.repeat(other.cells(), 4, axis=0), 2, axis=1)
        self.grid[taken] = False

    def cells(self) -> Bools:
        """Return (height, width) whether a cell has a dot."""
        import numpy as np

        return np.asarray(self._by_cell().any(axis=(1, 3)))

    def codes(self) -> NDArray[np.int64]:
        """Return (height, width) the code point of each cell's character."""
        import numpy as np

        codes: NDArray[np.int64] = BLANK + np.einsum("hiwj,ij->hw", self._by_cell(), np.array(VALUES))
        return codes

    def rows(self) -> list[str]:
        """Return the plane as lines of characters."""
        return ["".join(map(chr, row)) for row in self.codes().tolist()]

    def _by_cell(self) -> Bools:
        height, width = self.grid.shape
        return self.grid.reshape(height // 4, 4, width // 2, 2)

    def _set(self, places: Floats) -> None:
        import numpy as np

        height, width = self.grid.shape
        x, y = np.round(places[:, 0]).astype(np.int64), np.round(places[:, 1]).astype(np.int64)
        there = (x >= 0) & (x < width) & (y >= 0) & (y < height)
        self.grid[y[there], x[there]] = True


def _clipped(ends: Floats, width: int, height: int) -> Floats:
    """Return the parts of lines that lie on the plane (Liang & Barsky 1984)."""
    import numpy as np

    ends = np.asarray(ends, np.float64).reshape(-1, 4)
    start, way = ends[:, :2], ends[:, 2:] - ends[:, :2]
    low, high = np.zeros(len(ends)), np.ones(len(ends))
    out = np.zeros(len(ends), bool)
    for axis, most in ((0, width - 1), (1, height - 1)):
        for sign, bound in ((-1, start[:, axis]), (1, most - start[:, axis])):
            slope = sign * way[:, axis]
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                at = bound / slope
            out |= (slope == 0) & (bound < 0)
            low = np.where(slope < 0, np.maximum(low, at), low)
            high = np.where(slope > 0, np.minimum(high, at), high)
    kept = ~out & (low <= high)
    start, way, low, high = start[kept], way[kept], low[kept, None], high[kept, None]
    return np.concatenate([start + way * low, start + way * high], axis=1)
