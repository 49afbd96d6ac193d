"""A short list to choose one thing from, over the screen that asks."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from tui.plaintext import one_line
from tui.widgets.prose import heading
from tui.widgets.rowlist import Column, RowList

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from textual.app import ComposeResult

__all__ = ["ChoiceScreen"]


class ChoiceScreen(ModalScreen[int | None]):
    """Asks for one row and gives back its number; None where nothing was chosen.

    Args:
        name: what is to be chosen.
        rows: what there is, each as its name and what is to be said of it.
        marked: the row that the cursor stands on at first.
        empty: what stands there where there is nothing.
    """

    PLACE = "Choice"
    CSS_PATH = Path(__file__).with_name("compare.tcss")
    GUIDE = "Move with the arrow keys. Enter takes what is marked, escape leaves everything as it was."
    GUIDES: ClassVar[Mapping[str, str]] = {"choices": "What there is to choose from, one a line."}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Leave it", key_display="esc", id="choice.leave"),
    ]

    def __init__(
        self, name: str, rows: Sequence[tuple[str, str]], *, marked: int = 0, empty: str = "nothing to choose"
    ) -> None:
        super().__init__()
        self._heading, self._choices, self._marked, self._empty = name, rows, marked, empty

    def compose(self) -> ComposeResult:
        """Hold the list in a frame."""
        with Vertical(id="frame"):
            yield Static(heading(one_line(self._heading)), classes="title", markup=False)
            yield RowList((Column("", 20, share=3), Column("", 12, share=2)), empty=self._empty, id="choices")
            yield Static("enter takes it · esc leaves it", classes="hint", markup=False)

    def on_mount(self) -> None:
        """Fill the list and give it the keys."""
        rows = self.query_one("#choices", RowList)
        rows.show(self._choices)
        rows.cursor = self._marked
        rows.focus()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Give back what was chosen."""
        message.stop()
        self.dismiss(message.index)

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        """Keep it from the screen below."""
        message.stop()
