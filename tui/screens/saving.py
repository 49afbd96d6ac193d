"""Saving what a screen shows: as plain text, as a picture, or the rows of a list as a table for other programs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from personas.errors import InputError
from tui.shell.saved import csv_of, put
from tui.widgets.prose import heading, plain
from tui.widgets.rowlist import DAMAGE, Column, RowList

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from textual.app import ComposeResult

    from tui.shell.pictures import Picture
    from tui.widgets.table import Table

__all__ = ["SavingScreen"]

COLUMNS = (Column("save", 8), Column("what", 30, share=1))


@dataclass(frozen=True, slots=True)
class _Format:
    ending: str
    title: str
    what: str
    name: str
    made: Callable[[], str]


class SavingScreen(ModalScreen[str]):
    """Asks for the format and the file; it is dismissed with what was written, in words.

    Args:
        picture: what is shown.
        tables: the lists on the screen, the one with the focus first.
        name: what the file is called, without its ending, unless another name is typed.
    """

    GUIDE = """The arrow keys choose what is saved: the screen as plain text or as a picture (SVG), or all rows of a
list as a table (CSV). The field below names the file; Enter writes it. A file that is there already is only replaced
when you press Enter a second time."""
    GUIDES: ClassVar = {
        "formats": "Up and down choose what is saved. Enter writes the file that is named below.",
        "file": "The file to write; up and down still choose the format. Enter writes it.",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Back", key_display="esc", id="saving.cancel"),
        Binding("up", "choose(-1)", "Other format", show=False, id="saving.up"),
        Binding("down", "choose(1)", "Other format", show=False, id="saving.down"),
    ]

    class _Written(Message):
        """The file was written; or why it was not."""

        def __init__(self, path: Path, problem: str, *, there: bool = False) -> None:
            super().__init__()
            self.path, self.problem, self.there = path, problem, there

    def __init__(self, picture: Picture, tables: Sequence[Table], name: str) -> None:
        super().__init__()
        self._formats = [_rows_of(table, name) for table in tables]
        self._formats += [
            _Format("txt", "text", "the screen as plain text", name, lambda: picture.text),
            _Format("svg", "SVG", "the screen as a picture", name, picture.svg),
        ]
        self._proposed = ""
        self._replace: Path | None = None

    def compose(self) -> ComposeResult:
        """Hold the formats and the name of the file."""
        with Vertical(id="dialog"):
            yield Static(heading("Save what is shown"), markup=False)
            yield RowList(COLUMNS, id="formats")
            yield Input(compact=True, id="file")
            yield Static(
                plain("↑ ↓ what is saved · enter writes the file · esc goes back"), id="said", markup=False
            )

    def on_mount(self) -> None:
        """List the formats, as high as they are."""
        rows = self.query_one("#formats", RowList)
        rows.styles.height = len(self._formats) + 1
        rows.show([(made.title, made.what) for made in self._formats])
        self.query_one("#file", Input).focus()

    def on_row_list_highlighted(self, message: RowList.Highlighted) -> None:
        """Propose a name, unless one was typed."""
        chosen, field = self._formats[message.index], self.query_one("#file", Input)
        if field.value == self._proposed:
            self._proposed = field.value = f"{chosen.name}.{chosen.ending}"
            field.cursor_position = len(field.value)

    def on_row_list_chosen(self) -> None:
        """Write the file."""
        self._write()

    def on_input_submitted(self) -> None:
        """Write the file."""
        self._write()

    def action_choose(self, step: int) -> None:
        """Choose another format."""
        self.query_one("#formats", RowList).action_move(step)

    def action_cancel(self) -> None:
        """Write nothing."""
        self.dismiss("")

    def _write(self) -> None:
        """Write the file, in a thread."""
        name = self.query_one("#file", Input).value.strip()
        if not name:
            self._say("✗ name the file to write")
            return
        path = Path(name).expanduser()
        chosen = self._formats[self.query_one("#formats", RowList).cursor]
        replace = self._replace == path
        self._say("writing…")

        def work() -> None:
            try:
                put(path, chosen.made(), replace=replace)
                told = self._Written(path.resolve(), "")
            except FileExistsError:
                told = self._Written(path, f"{path} is there already; enter again replaces it", there=True)
            except InputError as error:
                told = self._Written(path, str(error))
            except DAMAGE as error:
                told = self._Written(path, f"it cannot be read in full: {type(error).__name__}: {error}")
            self.post_message(told)

        self.run_worker(work, thread=True, exclusive=True, group="write")

    def on_saving_screen__written(self, message: _Written) -> None:
        """Go back, or say what was wrong."""
        message.stop()
        self._replace = message.path if message.there else None
        if message.problem:
            self._say(f"{'!' if message.there else '✗'} {message.problem}")
        else:
            self.dismiss(str(message.path))

    def _say(self, text: str) -> None:
        self.query_one("#said", Static).update(plain(text))


def _rows_of(table: Table, name: str) -> _Format:
    what = f"all rows of “{table.name}”, every cell in full"
    return _Format("csv", "CSV", what, f"{name}-{table.name}", lambda: csv_of(table))
