"""A list of rows in columns that draws only what is seen: as quick with a million rows as with ten.

Cells are plain strings, fitted by the width of their characters; nothing in them is markup.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

from tui.plaintext import fitted, one_line

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.events import Click, Resize

__all__ = ["Column", "RowList"]

MARK = "▸ "
LEAST = 5
"""Cells that a column that can shrink keeps."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column.

    Args:
        title: what stands above it.
        width: in cells; the least width of one that takes ``share`` of the space that is left.
        right: whether it is set to the right, as figures are.
        share: how much of the space that is left it takes, beside others that take some.
        above: it is shown where the list is at least so wide.
    """

    title: str
    width: int
    right: bool = False
    share: int = 0
    above: int = 0


class RowList(ScrollView, can_focus=True):
    """A list to move through with the arrow keys, with a mark at the row under the cursor.

    A row with one cell where there are more columns is a heading, as wide as the list.

    Args:
        columns: what a row consists of.
        empty: what stands there while there is no row.
        opens: whether a row can be opened.
    """

    DEFAULT_CSS = "RowList { height: 1fr; overflow-x: hidden; }"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"row-list--header", "row-list--cursor", "row-list--empty"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("home", "first", "First", show=False),
        Binding("end", "last", "Last", show=False),
        Binding("enter", "choose", "Open"),
    ]

    cursor: reactive[int] = reactive(0, init=False)

    class Highlighted(Message):
        """The cursor stands on another row, or on another content of it."""

        def __init__(self, rows: RowList, index: int) -> None:
            super().__init__()
            self.rows, self.index = rows, index

        @property
        def control(self) -> RowList:
            """The list."""
            return self.rows

    class Chosen(Highlighted):
        """A row was opened."""

    def __init__(
        self, columns: Sequence[Column], *, empty: str = "", opens: bool = True, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._opens = opens
        self._columns = tuple(columns)
        self._rows: Sequence[Sequence[str]] = ()
        self._empty = empty

    @property
    def rows(self) -> Sequence[Sequence[str]]:
        """What is listed."""
        return self._rows

    def show(self, rows: Sequence[Sequence[str]], *, empty: str | None = None) -> None:
        """Replace the rows; the cursor stays where it is as far as it can."""
        self._rows = rows
        self._empty = self._empty if empty is None else empty
        self._measure()
        with self.prevent(RowList.Highlighted):
            self.cursor = max(0, min(self.cursor, len(rows) - 1))
        if rows:
            self.post_message(self.Highlighted(self, self.cursor))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw the heading, or the row at ``y`` lines below the top."""
        width = self.scrollable_content_region.width
        if y == 0:
            names = [column.title for column in self._columns]
            return self._strip(self._line(names, width), "row-list--header", width)
        index = y - 1 + self.scroll_offset.y
        if index >= len(self._rows):
            text = f"  {self._empty}" if index == 0 else ""
            return self._strip(text, "row-list--empty", width)
        here, cells = index == self.cursor, self._rows[index]
        if len(cells) == 1:
            line = f"{MARK if here else '  '}{one_line(cells[0])}"
            return self._strip(line, "row-list--cursor" if here else "row-list--header", width)
        line = self._line(cells, width, mark=MARK if here else "")
        return self._strip(line, "row-list--cursor" if here else "", width)

    def watch_cursor(self, old: int, new: int) -> None:
        """Bring the row into view and say so."""
        if old == new or not self._rows:
            return
        self.call_after_refresh(self._reveal)
        self.refresh()
        self.post_message(self.Highlighted(self, new))

    def action_move(self, step: int) -> None:
        """Move the cursor by some rows."""
        self.cursor = max(0, min(len(self._rows) - 1, self.cursor + step))

    def action_page(self, step: int) -> None:
        """Move the cursor by a screenful."""
        self.action_move(step * max(1, self.scrollable_content_region.height - 2))

    def action_first(self) -> None:
        """Move the cursor to the first row."""
        self.cursor = 0

    def action_last(self) -> None:
        """Move the cursor to the last row."""
        self.cursor = max(0, len(self._rows) - 1)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to open a row only where that leads somewhere."""
        del parameters
        return self._opens or action != "choose"

    def action_choose(self) -> None:
        """Open the row under the cursor."""
        if self._rows and self._opens:
            self.post_message(self.Chosen(self, self.cursor))

    def on_click(self, event: Click) -> None:
        """Move the cursor to the row that was clicked; open it with a second click."""
        index = event.y - 1 + self.scroll_offset.y
        if event.y < 1 or index >= len(self._rows):
            return
        if index == self.cursor and event.chain > 1:
            self.action_choose()
        self.cursor = index

    def on_resize(self, event: Resize) -> None:
        """Fit the rows to the new width and keep the cursor in view."""
        del event
        self._measure()
        self._reveal()

    def _reveal(self) -> None:
        """Scroll no further than it takes to see the row under the cursor."""
        visible = max(1, self.scrollable_content_region.height - 1)
        top = self.scroll_offset.y
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False)
        elif self.cursor >= top + visible:
            self.scroll_to(y=self.cursor - visible + 1, animate=False)

    def _measure(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._rows) + 1)

    def _strip(self, text: str, component: str, width: int) -> Strip:
        style = self.get_component_rich_style(component) if component else self.rich_style
        return Strip([Segment(fitted(text, width), style)], width)

    def _line(self, cells: Sequence[str], width: int, *, mark: str = "") -> str:
        widths = self._widths(width)
        parts = [
            fitted(one_line(cell), space, right=column.right)
            for cell, column, space in zip(cells, self._columns, widths, strict=False)
            if space
        ]
        return f"{mark or '  '}{'  '.join(parts)}"

    def _widths(self, width: int) -> list[int]:
        """Return the width of each column, 0 for one that is left out."""
        there = [column.width if width >= column.above else 0 for column in self._columns]
        gaps = 2 * max(0, sum(1 for space in there if space) - 1)
        left = width - len(MARK) - sum(there) - gaps
        shares = [column.share if space else 0 for column, space in zip(self._columns, there, strict=True)]
        if left < 0:
            return _shrunk(there, shares, -left)
        total = max(1, sum(shares))
        return [space + left * share // total for space, share in zip(there, shares, strict=True)]


def _shrunk(widths: list[int], shares: list[int], lack: int) -> list[int]:
    """Return the widths with what lacks taken from those that take shares, down to a few cells each."""
    for place, share in enumerate(shares):
        taken = min(lack, max(0, widths[place] - LEAST)) if share else 0
        widths[place] -= taken
        lack -= taken
    return widths
