"""A text in full, over the screen that it belongs to; posts of a corpus are read when it opens."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.plaintext import one_line, shown
from tui.widgets.prose import Prose, heading, plain

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.widget import Widget

    from tui.reading.communities import PostView

__all__ = ["ReaderScreen", "posts_content"]


class ReaderScreen(ModalScreen[None]):
    """Shows a text; any of the usual keys closes it.

    Args:
        name: what stands above the text.
        text: the text.
        top: what stands above the text and scrolls with it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,enter,question_mark", "close", "Close", key_display="esc", id="reader.close"),
        Binding("y", "app.copy", "Copy", id="reader.copy"),
        Binding("e", "app.save", "Save", id="reader.save"),
    ]

    def __init__(self, name: str, text: Content, *, top: Widget | None = None) -> None:
        super().__init__()
        self._heading, self._shown, self._top = name, text, top

    def compose(self) -> ComposeResult:
        """Hold the text in a frame."""
        with Vertical(id="frame"):
            yield Static(heading(one_line(self._heading)), classes="title", markup=False)
            yield Prose(self._shown, top=self._top, id="text")
            yield Static("esc closes · arrow keys scroll · y copies · e saves", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Give the text the keys."""
        self.query_one("#text", Prose).focus()

    def action_close(self) -> None:
        """Go back."""
        self.dismiss()


def posts_content(
    first: Content, named: tuple[str, ...], posts: tuple[PostView, ...], *, mark: str = ""
) -> Content:
    """Return posts in full under what rests on them, and say which of those that are named are not there.

    Args:
        mark: what is underlined where it stands in a post; nothing where empty.
    """
    parts = [first, Content()]
    for post in posts:
        about = " · ".join(part for part in (f"post {post.post}", post.kind, post.created) if part)
        parts.append(heading(one_line(about)))
        if post.title:
            parts.append(Content.styled(one_line(post.title), "italic"))
        parts += [_marked(post.text, mark), Content()]
    missing = [name for name in named if name not in {post.post for post in posts}]
    if missing:
        parts.append(plain(f"not in the corpus: {', '.join(missing)}"))
    return Content("\n").join(parts)


def _marked(text: str, mark: str) -> Content:
    """Return a text with what is looked for in it underlined, wherever lines were broken and in any case.

    >>> _marked("Rinse it. Warm  the pot.", "warm the pot.").spans
    [Span(10, 24, style='bold underline')]
    """
    content = plain(text)
    words = [re.escape(word) for word in shown(mark).split()]
    if not words:
        return content
    return content.highlight_regex(re.compile(r"\s+".join(words), re.IGNORECASE), style="bold underline")
