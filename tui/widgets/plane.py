"""The plane of identity against bond cohesion, with every community on it: two scores, never one axis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content
from textual.widget import Widget

from tui.plaintext import clipped, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.reading.communities import CommunityView

__all__ = ["CohesionPlane", "plane"]

HERE, OTHER, SEVERAL = "◆", "•", "⁙"


class CohesionPlane(Widget):
    """Draws the communities that have both scores; the marked one with its name."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._communities: Sequence[CommunityView] = ()
        self._marked = 0

    def show(self, communities: Sequence[CommunityView], marked: int) -> None:
        """Draw communities, one of them marked."""
        self._communities, self._marked = communities, marked
        self.refresh()

    def render(self) -> Content:
        """Draw the plane."""
        size = self.content_size
        return Content("\n".join(plane(self._communities, self._marked, size.width, size.height)))


def plane(communities: Sequence[CommunityView], marked: int, width: int, height: int) -> list[str]:
    """Return the plane as ``height`` lines of ``width`` cells; nothing where no community has both scores.

    Both axes go from 0, what chance gives, to 1; a score below chance stands at the edge.
    """
    known = [
        (one_line(entry.name), entry.identity, entry.bond, number == marked)
        for number, entry in enumerate(communities)
        if entry.identity is not None and entry.bond is not None
    ]
    across, up = width - 6, height - 3
    if not known or across < 20 or up < 4:
        return []
    grid = [[" "] * across for _ in range(up)]
    label = ("", 0, 0)
    for name, identity, bond, here in sorted(known, key=lambda entry: entry[3]):
        column, row = _place(identity, across), up - 1 - _place(bond, up)
        taken = grid[row][column] != " "
        grid[row][column] = HERE if here else (SEVERAL if taken else OTHER)
        label = (name, row, column) if here else label
    return _framed([_labelled(cells, label, row) for row, cells in enumerate(grid)], across)


def _place(score: float, cells: int) -> int:
    return max(0, min(cells - 1, round(score * (cells - 1))))


def _labelled(cells: list[str], label: tuple[str, int, int], row: int) -> str:
    """Return a line of the plane, with the name beside its point, on the side where there is room."""
    name, where, column = label
    line = "".join(cells)
    if not name or row != where:
        return line
    right = clipped(name, len(cells) - column - 3)
    if cell_len(right) >= min(8, cell_len(name)):
        return f"{line[: column + 1]} {right}{line[column + 2 + cell_len(right) :]}"
    left = clipped(name, column - 1)
    return f"{line[: column - 1 - cell_len(left)]}{left} {line[column:]}"


def _framed(lines: list[str], across: int) -> list[str]:
    """Return the lines with both axes."""
    scale = {0: "1", len(lines) // 2: ".5", len(lines) - 1: "0"}
    body = [f"{scale.get(number, ''):>3} │{line}" for number, line in enumerate(lines)]
    axis = f"    └{'─' * across}"
    figures = f"     0{'identity .5':^{across - 2}}1"
    return ["bond", *body, axis, figures]
