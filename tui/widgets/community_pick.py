"""Communities to choose: a list in which space marks those that are asked; none marked is all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import Static

from tui.ordering.choices import named
from tui.plaintext import count, one_line
from tui.widgets.prose import plain
from tui.widgets.rowlist import Column, RowList

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.app import ComposeResult

__all__ = ["CommunityPick"]

COLUMNS = (Column("", 3), Column("community", 16, share=1), Column("members", 9, right=True))
MARKED, UNMARKED = "[✓]", "[ ]"
TALLEST = 9


class _Choosing(RowList):
    """The list, with space to choose, and Enter as everywhere; the footer names space alone."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "pick", "Choose", id="pick.choose"),
        Binding("enter", "pick", "Choose", show=False, id="pick.enter"),
    ]

    def action_pick(self) -> None:
        """Choose the community under the cursor, or choose it no more."""
        self.action_choose()


class CommunityPick(Vertical):
    """Lets some communities be chosen.

    Args:
        chosen: those that are chosen at first.
    """

    DEFAULT_CSS = """
    CommunityPick { height: auto; }
    CommunityPick > Static { height: auto; }
    CommunityPick > RowList { height: 3; }
    """

    class Changed(Message):
        """Another one was chosen, or one no more."""

        def __init__(self, pick: CommunityPick) -> None:
            super().__init__()
            self.pick = pick

    def __init__(self, chosen: Sequence[str] = (), *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._chosen = dict.fromkeys(chosen)
        self._known: tuple[tuple[str, int], ...] = ()

    def compose(self) -> ComposeResult:
        """Hold what is chosen in words, and the list."""
        yield Static("", id="chosen", markup=False)
        yield _Choosing(COLUMNS, empty="looking for the communities…", id="choosing")

    def on_mount(self) -> None:
        """Say what is chosen."""
        self._draw()

    @property
    def chosen(self) -> tuple[str, ...]:
        """The names of those that are chosen; empty for all."""
        return tuple(self._chosen)

    @property
    def given(self) -> tuple[str, ...]:
        """What the command line says for them."""
        return tuple(part for name in self._chosen for part in named("--community", name))

    def show(self, known: Sequence[tuple[str, int]]) -> None:
        """List communities with their members, 0 where unknown; a chosen one that is gone is chosen no more."""
        if tuple(known) == self._known:
            return
        self._known = tuple(known)
        names = {name for name, _ in known}
        self._chosen = {name: None for name in self._chosen if name in names}
        self.query_one(RowList).styles.height = min(TALLEST, len(known) + 1)
        self._draw()

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        """Keep the cursor's moves from the screen, whose lists they are not of."""
        if not isinstance(message, RowList.Chosen):
            message.stop()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Choose the community under the cursor, or choose it no more."""
        message.stop()
        if not self._known:
            return
        name = self._known[message.index][0]
        if name in self._chosen:
            del self._chosen[name]
        else:
            self._chosen[name] = None
        self._draw()
        self.post_message(self.Changed(self))

    def _draw(self) -> None:
        rows = [
            (MARKED if name in self._chosen else UNMARKED, one_line(name), f"{members:,}" if members else "")
            for name, members in self._known
        ]
        self.query_one(RowList).show(rows)
        self.query_one("#chosen", Static).update(plain(self._told()))

    def _told(self) -> str:
        if not self._chosen:
            return "All communities; space chooses some"
        names = ", ".join(one_line(name, limit=40) for name in list(self._chosen)[:4])
        more = ", …" if len(self._chosen) > 4 else ""
        return f"{count(len(self._chosen), 'community', 'communities')} chosen: {names}{more}"
