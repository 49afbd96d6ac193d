"""Longer plain text to scroll through."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from tui.plaintext import shown, wrapped

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.widget import Widget

__all__ = ["Prose", "hanging", "heading", "plain"]

NO_END = 1 << 30


def heading(text: str) -> Content:
    """Return a heading."""
    return Content.styled(shown(text), "bold")


def plain(text: str) -> Content:
    """Return strangers' text as it may be drawn."""
    return Content(shown(text))


def hanging(text: str, width: int, *, first: str, rest: str) -> list[str]:
    """Return a text in lines of ``width`` cells, each with what stands before it, also where a line goes on.

    Args:
        first: before the first line. ``rest``: before all others, of as many cells.

    >>> hanging("one two three", 9, first="• ", rest="  ")
    ['• one two', '  three']
    """
    space = max(10, width - len(rest))
    lines = [part for line in shown(text).split("\n") for part in wrapped(line, space, NO_END)]
    return [f"{rest if number else first}{line}" for number, line in enumerate(lines)]


class Prose(VerticalScroll):
    """A text that scrolls; it is made of ``Content``, so that nothing in it is read as markup."""

    def __init__(
        self, text: Content | None = None, *, top: Widget | None = None, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self._top = top
        self._body = Static(text or Content(), markup=False)

    def compose(self) -> ComposeResult:
        """Hold the text, below what stands on top of it."""
        if self._top is not None:
            yield self._top
        yield self._body

    def show(self, text: Content, *, end: bool = False) -> None:
        """Draw another text, from its beginning or at its end."""
        self._body.update(text)
        if end:
            self.scroll_end(animate=False)
        else:
            self.scroll_home(animate=False)

    @property
    def text(self) -> str:
        """What is drawn."""
        return str(self._body.content)

    def copied(self) -> tuple[str, str]:
        """Return what copying takes here, all of the text, and what that is called."""
        return self.text, "text"
