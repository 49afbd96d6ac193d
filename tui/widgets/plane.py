"""The plane of identity against bond cohesion, with every community on it: two scores, never one axis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from tui.plaintext import clipped, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.events import Click

    from tui.reading.communities import CommunityView

__all__ = ["CohesionPlane", "plane"]

HERE, OTHER, SEVERAL = "◆", "•", "⁙"
LEFT = 5
"""Cells left of the plane, with the axis."""
MOST_NAMES, LONGEST = 40, 20
ACROSS, UP = "identity →", "bond ↑"


class CohesionPlane(Widget, can_focus=True):
    """Draws the communities that have both scores, with as many names as have room, the marked one's first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "Before", show=False, id="plane.before"),
        Binding("right", "step(1)", "After", show=False, id="plane.after"),
    ]

    class Picked(Message):
        """A community was pointed to."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._points: tuple[Point, ...] = ()
        self._marked = 0
        self._laid: tuple[tuple[int, int], Laid] | None = None

    def show(self, communities: Sequence[CommunityView]) -> None:
        """Draw communities."""
        self._points = points(communities)
        self._laid = None
        self.refresh()

    def mark(self, number: int) -> None:
        """Mark one of them."""
        self._marked = number
        self.refresh()

    def render(self) -> Content:
        """Draw the plane."""
        size, cells = self.content_size, self._lay()
        if self._points and not cells:
            return Content.styled("the plane needs a larger window", "dim")
        return Content("\n".join(drawn(cells, self._marked, size.width, size.height)))

    def action_step(self, by: int) -> None:
        """Mark the community before or after."""
        numbers = [point.number for point in self._points]
        if numbers:
            here = numbers.index(self._marked) if self._marked in numbers else -1
            self.post_message(self.Picked(numbers[(here + by) % len(numbers)]))

    def on_click(self, event: Click) -> None:
        """Mark the community nearest to the pointer."""
        cells = self._lay()
        x, y = event.x - LEFT, event.y - 1

        def far(place: tuple[int, int]) -> int:
            return (place[1] - x) ** 2 + (2 * (place[0] - y)) ** 2

        if cells:
            nearest = min(cells, key=far)
            if far(nearest) <= 16:
                self.post_message(self.Picked(cells[nearest][0].number))

    def _lay(self) -> Laid:
        size = (self.content_size.width, self.content_size.height)
        if self._laid is None or self._laid[0] != size:
            self._laid = (size, laid(self._points, *size))
        return self._laid[1]


@dataclass(frozen=True, slots=True)
class Point:
    """A community with both scores; ``number`` is its place among all communities."""

    number: int
    name: str
    identity: float
    bond: float
    members: int


Laid = dict[tuple[int, int], list[Point]]
"""The communities in each cell of the plane, by row and column, the largest first."""


def points(communities: Sequence[CommunityView]) -> tuple[Point, ...]:
    """Return the communities that have both scores."""
    return tuple(
        Point(number, one_line(entry.name), entry.identity, entry.bond, entry.members)
        for number, entry in enumerate(communities)
        if entry.identity is not None and entry.bond is not None
    )


def laid(known: Sequence[Point], width: int, height: int) -> Laid:
    """Return who stands where on a plane of ``width`` × ``height`` cells with its axes; nobody where it is too small.

    Both axes go from 0, what chance gives, to 1; a score below chance stands at the edge.
    """
    across, up = width - LEFT - 1, height - 3
    cells: Laid = {}
    if across < 20 or up < 4:
        return cells
    for point in sorted(known, key=lambda point: (-point.members, point.number)):
        place = up - 1 - _place(point.bond, up), _place(point.identity, across)
        cells.setdefault(place, []).append(point)
    return cells


def plane(communities: Sequence[CommunityView], marked: int, width: int, height: int) -> list[str]:
    """Return the plane as ``height`` lines of ``width`` cells; nothing where no community has both scores."""
    return drawn(laid(points(communities), width, height), marked, width, height)


def drawn(cells: Laid, marked: int, width: int, height: int) -> list[str]:
    """Return the lines of a plane with a mark at one community, and names where there is room."""
    across, up = width - LEFT - 1, height - 3
    if not cells:
        return []
    lines = [[" "] * across for _ in range(up)]
    for (row, column), several in cells.items():
        lines[row][column] = SEVERAL if len(several) > 1 else OTHER
    here = next(
        ((*place, point) for place, several in cells.items() for point in several if point.number == marked),
        None,
    )
    if here is not None:
        lines[here[0]][here[1]] = HERE
        _name(lines, *here, forced=True)
    named = 0
    for (row, column), several in cells.items():
        alone = len(several) == 1 and several[0].number != marked
        if alone and named < MOST_NAMES:
            named += _name(lines, row, column, several[0], forced=False)
    return _framed(["".join(line) for line in lines], across)


def _place(score: float, cells: int) -> int:
    return max(0, min(cells - 1, round(score * (cells - 1))))


def _name(lines: list[list[str]], row: int, column: int, point: Point, *, forced: bool) -> bool:
    """Write a name beside its point, on the side where there is room; return whether there was any."""
    line = lines[row]
    right = clipped(point.name, min(LONGEST, len(line) - column - 3))
    left = clipped(point.name, min(LONGEST, column - 2))
    least = min(8, cell_len(point.name))
    for start, text in ((column + 2, right), (column - 1 - cell_len(left), left)):
        end = start + cell_len(text)
        free = line[column + 1 : end + 1] if start > column else line[max(0, start - 1) : column]
        if cell_len(text) >= least and start >= 0 and (forced or set(free) == {" "}):
            _write(line, start, text)
            return True
    return False


def _write(line: list[str], start: int, text: str) -> None:
    """Put a text over cells; of a wide character the second cell is empty."""
    for sign in text:
        width = cell_len(sign)
        if width == 0:
            line[start - 1] += sign
            continue
        line[start : start + width] = [sign, *[""] * (width - 1)]
        start += width


def _framed(lines: list[str], across: int) -> list[str]:
    """Return the lines with both axes."""
    scale = {0: "1", len(lines) // 2: ".5", len(lines) - 1: "0"}
    body = [f"{scale.get(number, ''):>3} │{line}" for number, line in enumerate(lines)]
    axis = f"    └{'─' * across}"
    figures = f"     0{'.5':^{across - 2}}1"
    place = LEFT + across * 3 // 4 - len(ACROSS) // 2
    figures = f"{figures[:place]}{ACROSS}{figures[place + len(ACROSS) :]}"
    return [UP, *body, axis, figures]
