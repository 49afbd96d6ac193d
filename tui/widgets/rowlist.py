"""A list of rows in columns that draws only what is seen: as quick with a million rows as with ten.

Cells are plain strings, fitted by the width of their characters; nothing in them is markup. Rows that are not
at hand are read in a thread when they are looked at (``Paged``).
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from rich.segment import Segment
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size, Spacing
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.worker import get_current_worker

from tui.plaintext import clipped, fitted, one_line
from tui.widgets.paged import Paged
from tui.widgets.table import Table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from rich.style import Style
    from textual.events import Click, Resize

__all__ = ["Column", "RowList"]

MARK = "▸ "
DAMAGE = (ValueError, KeyError, TypeError, AttributeError, IndexError, OSError, sqlite3.Error)
"""What reading a folder that others wrote can raise; ``InputError`` is a ``ValueError``."""
MOST_PAGES = 4
"""Pages read in one go: who scrolls past many wants those that he came to last."""
WAITING = "…"
LEAST = 5
"""Cells that a column that can shrink keeps."""
KEPT = 200
"""Lines that stay drawn: who goes up and down sees the same ones again."""


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
        name: what the list is called where it is copied or exported; its id where not given.
    """

    DEFAULT_CSS = "RowList { height: 1fr; overflow-x: hidden; }"
    COMPONENT_CLASSES: ClassVar[set[str]] = {"row-list--header", "row-list--cursor", "row-list--empty"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "move(-1)", "Up", show=False, id="list.up"),
        Binding("down", "move(1)", "Down", show=False, id="list.down"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="list.page_up"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="list.page_down"),
        Binding("home", "first", "First", show=False, id="list.first"),
        Binding("end", "last", "Last", show=False, id="list.last"),
        Binding("enter", "choose", "Open", id="list.open"),
    ]

    cursor: reactive[int] = reactive(0, init=False, repaint=False)

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

    class HeaderClicked(Highlighted):
        """What stands above the column of an index was clicked."""

    class Broken(Message):
        """Rows could not be read."""

        def __init__(self, problem: Exception) -> None:
            super().__init__()
            self.problem = problem

    class _Loaded(Message):
        """Pages were read."""

        def __init__(self, rows: object, pages: tuple[int, ...], problem: Exception | None) -> None:
            super().__init__()
            self.rows, self.pages, self.problem = rows, pages, problem

    def __init__(
        self,
        columns: Sequence[Column],
        *,
        empty: str = "",
        opens: bool = True,
        name: str | None = None,
        id: str | None = None,
    ) -> None:
        super().__init__(name=name, id=id)
        self._opens = opens
        self._columns = tuple(columns)
        self._rows: Sequence[Sequence[str]] = ()
        self._empty = empty
        self._sorted: tuple[int, bool] | None = None
        self._loading = False
        self._broken = False
        self._lines: dict[tuple[object, ...], Strip] = {}
        self._spaces: tuple[int, list[int]] | None = None
        self._pens: dict[str, Style] | None = None

    @property
    def rows(self) -> Sequence[Sequence[str]]:
        """What is listed."""
        return self._rows

    @property
    def columns(self) -> tuple[Column, ...]:
        """What a row consists of."""
        return self._columns

    def set_columns(self, columns: Sequence[Column]) -> None:
        """Have rows of other columns; they are drawn once ``show`` has brought such rows."""
        self._columns = tuple(columns)
        self._sorted = None
        self._spaces = None
        self._lines.clear()
        self.refresh()

    def mark_sorted(self, column: int | None, *, descending: bool = False) -> None:
        """Say in the heading by which column the rows are sorted, with ▲ or ▼; by none where None."""
        self._sorted = None if column is None else (column, descending)
        self.refresh()

    def table(self) -> Table:
        """Return all rows in full, for a file."""
        rows = self._rows
        every: Callable[[], Iterable[Any]] = rows.every if isinstance(rows, Paged) else lambda: rows
        return Table(
            name=self.name or self.id or "rows",
            columns=tuple(column.title for column in self._columns),
            rows=lambda: (tuple(map(str, row)) for row in every()),
        )

    def copied(self) -> tuple[str, str]:
        """Return what copying takes here, the marked row with its cells apart by tabs, and what that is called."""
        if not self._rows:
            return "", "row"
        return "\t".join(one_line(cell, limit=1_000_000) for cell in self._rows[self.cursor]), "row"

    def show(self, rows: Sequence[Sequence[str]], *, empty: str | None = None) -> None:
        """Replace the rows; the cursor stays where it is as far as it can."""
        self._rows = rows
        self._broken = False
        self._empty = self._empty if empty is None else empty
        self._measure()
        with self.prevent(RowList.Highlighted):
            self.cursor = max(0, min(self.cursor, len(rows) - 1))
        self.call_after_refresh(self._reveal)
        if rows:
            self.post_message(self.Highlighted(self, self.cursor))
        self.refresh()

    def render_lines(self, crop: Region) -> list[Strip]:
        """Draw some lines; what they are drawn with is asked for once, since that is slow.

        A list without a border is drawn straight from the lines that it keeps: Textual's own way makes three new
        strips for each line of every step that scrolls.
        """
        self._pens = {}
        try:
            return super().render_lines(crop) if self._is_dressed() else self._kept_lines(crop)
        finally:
            self._pens = None

    def _is_dressed(self) -> bool:
        """Return whether there is more to draw than lines: a border, space around them, or what shines through."""
        styles = self.styles
        more = styles.has_rule("hatch") or styles.has_rule("tint") or styles.has_rule("outline")
        return bool(styles.gutter != Spacing() or self.opacity != 1 or more)

    def _kept_lines(self, crop: Region) -> list[Strip]:
        """Return lines as they are kept, through the filters of the interface."""
        _, background = self.background_colors
        filters, width, (left, right) = self.get_line_filters(), self.size.width, crop.column_span
        strips = []
        for y in crop.line_range:
            strip = self.render_line(y).adjust_cell_length(width, self._pen(""))
            for each in filters:
                strip = strip.apply_filter(each, background)
            strips.append(strip if (left, right) == (0, width) else strip.crop(left, right))
        return strips

    def render_line(self, y: int) -> Strip:
        """Draw the heading, or the row at ``y`` lines below the top."""
        width = self.scrollable_content_region.width
        if y == 0:
            return self._strip(self._line(self._titles(width), width), "row-list--header", width)
        index = y - 1 + self.scroll_offset.y
        if index >= len(self._rows):
            text = f"  {self._empty}" if index == 0 else ""
            return self._strip(text, "row-list--empty", width)
        here, cells = index == self.cursor, tuple(self._rows[index])
        if not cells:
            self._load()
            cells = (WAITING,) * len(self._columns)
        heading = len(cells) == 1 < len(self._columns)
        component = "row-list--cursor" if here else "row-list--header" if heading else ""
        key = (cells, here, width, self._pen(component))
        line = self._lines.get(key)
        if line is None:
            mark = MARK if here else ""
            text = (mark or "  ") + one_line(cells[0]) if heading else self._line(cells, width, mark=mark)
            line = self._lines[key] = self._strip(text, component, width)
            if len(self._lines) > KEPT:
                del self._lines[next(iter(self._lines))]
        return line

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Scroll; the scrollbar is drawn again only where that shows, in steps of an eighth of a line."""
        if self.show_vertical_scrollbar:
            grain = max(1, self.max_scroll_y // (8 * max(1, self.size.height)))
            shown = new_value - new_value % grain if new_value < self.max_scroll_y else new_value
            self.vertical_scrollbar.position = shown
        if round(old_value) != round(new_value):
            self.refresh(self.size.region)

    def watch_cursor(self, old: int, new: int) -> None:
        """Bring the row into view and say so."""
        if old == new or not self._rows:
            return
        self._reveal()
        top, width = self.scroll_offset.y - 1, self.size.width
        self.refresh(Region(0, old - top, width, 1), Region(0, new - top, width, 1))
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
        if event.y < 1:
            column = self._column_at(event.x)
            if column is not None:
                self.post_message(self.HeaderClicked(self, column))
            return
        index = event.y - 1 + self.scroll_offset.y
        if index >= len(self._rows):
            return
        if index == self.cursor and event.chain > 1:
            self.action_choose()
        self.cursor = index

    def on_resize(self, event: Resize) -> None:
        """Fit the rows to the new width and keep the cursor in view."""
        del event
        self._measure()
        self._reveal()

    def on_row_list__loaded(self, message: _Loaded) -> None:
        """Draw the rows that came, and say so where the cursor is on one of them."""
        message.stop()
        self._loading = False
        rows = self._rows
        if message.rows is not rows or not isinstance(rows, Paged):
            return
        if message.problem is not None:
            self._broken = True
            self.post_message(self.Broken(message.problem))
        self.refresh()
        if rows.page_of(self.cursor) in message.pages:
            self.post_message(self.Highlighted(self, self.cursor))

    def _load(self) -> None:
        """Have the pages that were looked at read, unless some are being read now or could not be."""
        rows = self._rows
        if self._loading or self._broken or not isinstance(rows, Paged):
            return
        pages = rows.wanted()[:MOST_PAGES]
        if pages:
            self._loading = True
            self.run_worker(lambda: self._read(rows, pages), thread=True, group=f"rows-{id(self)}")

    def _read(self, rows: Paged[Any], pages: tuple[int, ...]) -> None:
        """Read pages, in a thread."""
        problem: Exception | None = None
        try:
            for page in pages:
                rows.load(page)
        except DAMAGE as error:
            problem = error
        if not get_current_worker().is_cancelled:
            self.post_message(self._Loaded(rows, pages, problem))

    def _titles(self, width: int) -> list[str]:
        """Return what stands above the columns, the one that rows are sorted by with its direction."""
        names = [column.title for column in self._columns]
        if self._sorted is not None:
            place, descending = self._sorted
            space = self._widths(width)[place]
            names[place] = f"{clipped(names[place], space - 1)}{'▼' if descending else '▲'}"
        return names

    def _column_at(self, x: int) -> int | None:
        """Return the column that is drawn at a cell across; the gap behind a column belongs to it."""
        end = len(MARK)
        for place, space in enumerate(self._widths(self.scrollable_content_region.width)):
            end += space + 2 if space else 0
            if space and x < end:
                return place
        return None

    def _reveal(self) -> None:
        """Scroll no further than it takes to see the row under the cursor."""
        visible = self.scrollable_content_region.height - 1
        top = self.scroll_offset.y
        if visible < 1:
            return
        if self.cursor < top:
            self.scroll_to(y=self.cursor, animate=False)
        elif self.cursor >= top + visible:
            self.scroll_to(y=self.cursor - visible + 1, animate=False)

    def _measure(self) -> None:
        self.virtual_size = Size(self.scrollable_content_region.width, len(self._rows) + 1)

    def _pen(self, component: str) -> Style:
        """Return the style of a part of the list."""
        pens = {} if self._pens is None else self._pens
        if component not in pens:
            pens[component] = self.get_component_rich_style(component) if component else self.rich_style
        return pens[component]

    def _strip(self, text: str, component: str, width: int) -> Strip:
        """Return a line of the list, with what lies below its scrollbar."""
        whole = max(width, self.content_region.width)
        text = fitted(text, width) + " " * (whole - width)
        return Strip([Segment(text, self._pen(component))], whole)

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
        if self._spaces is None or self._spaces[0] != width:
            self._spaces = width, _divided(self._columns, width)
        return self._spaces[1]


def _divided(columns: Sequence[Column], width: int) -> list[int]:
    """Return how a list's width is divided among its columns."""
    there = [column.width if width >= column.above else 0 for column in columns]
    gaps = 2 * max(0, sum(1 for space in there if space) - 1)
    left = width - len(MARK) - sum(there) - gaps
    shares = [column.share if space else 0 for column, space in zip(columns, there, strict=True)]
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
