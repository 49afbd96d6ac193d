"""The two lines at the top of every screen: where one is, and where the figures come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from tui.plaintext import clipped, fitted, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.events import Click

    from tui.reading.provenance import Provenance

__all__ = ["FICTIONAL", "TopBar"]

FICTIONAL = "FICTIONAL PEOPLE AND TEXTS"
TITLE = 12
"""Cells that the name of what is open keeps beside the sides."""


class TopBar(Widget):
    """Says where one is, what was simulated, by which predictor, on what corpus, and whether it is fictional.

    Args:
        place: the screen's name.
        places: the names of the sides between which the digits lead, where this screen is one of them.
    """

    class Side(Message):
        """The name of a side was clicked."""

        def __init__(self, index: int) -> None:
            super().__init__()
            self.index = index

    def __init__(self, place: str, places: Sequence[str] = ()) -> None:
        super().__init__()
        self._place = place
        self._places = tuple(places)
        self._title = ""
        self._line = ""
        self._fictional = False
        self._sided = True
        self._spans: list[tuple[int, int]] = []

    def on_click(self, event: Click) -> None:
        """Tell which side was clicked."""
        if event.y == 0:
            x = event.x - self.gutter.left
            for index, (start, end) in enumerate(self._spans):
                if start <= x < end:
                    self.post_message(self.Side(index))

    def show(self, provenance: Provenance, *, more: str = "") -> None:
        """Draw where the figures come from, after what there is more to say."""
        line = " · ".join(part for part in (more, provenance.line) if part)
        self._sided = bool(provenance.predictor)
        self.say(provenance.name, line, fictional=provenance.fictional)

    def say(self, name: str, line: str, *, fictional: bool) -> None:
        """Draw a name and a line of one's own."""
        self._title, self._line, self._fictional = one_line(name), one_line(line), fictional
        self.refresh()

    def render(self) -> Content:
        """Draw both lines."""
        width = self.content_size.width
        badge = f" {FICTIONAL} " if self._fictional else ""
        line = fitted(self._line, max(0, width - len(badge) - 1))
        return Content.assemble(self._first(width), "\n", line, " " if badge else "", (badge, "reverse bold"))

    def _first(self, width: int) -> Content:
        """Return where one is: the sides of a run, this one marked, or else the screen's name."""
        self._spans.clear()
        if not self._sided or not self._places:
            path = " › ".join(part for part in ("commonbond", self._title, self._place) if part)
            return Content.styled(clipped(path, width), "bold")
        sides = self._sides(width)
        space = width - sum(map(cell_len, sides)) - 1
        path = clipped(f"commonbond › {self._title}" if space > 24 else self._title, max(0, space))
        parts: list[Content | str | tuple[str, str]] = [(path, "bold"), " "]
        end = cell_len(path) + 1
        for side, name in zip(sides, self._places, strict=True):
            self._spans.append((end, end + cell_len(side)))
            end += cell_len(side)
            parts.append((side, "bold $accent" if name == self._place else ""))
        return Content.assemble(*parts)

    def _sides(self, width: int) -> list[str]:
        """Return the sides as there is room for them: in full, closer together, or with no name but this one's."""
        for gap, named in (("  ", True), (" ", True), (" ", False)):
            sides = [
                f"▸{number} {name}" if name == self._place else f"{number} {name}" if named else str(number)
                for number, name in enumerate(self._places, start=1)
            ]
            sides = [side if side.startswith("▸") else gap[1:] + side for side in sides]
            if sum(map(cell_len, sides)) + len(sides) + TITLE <= width:
                break
        return [f"{side} " for side in sides]
