"""What of a run's pairs is written, and where to: the start of an export."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.message import Message
from textual.widgets import Button, Static

from personas.errors import InputError
from tui.ordering.choices import Choice
from tui.ordering.engine import Engine, Order, free_folder
from tui.ordering.run_choices import KEPT, WRITTEN
from tui.plaintext import count
from tui.screens.base import InstrumentScreen
from tui.widgets.fields import Fields
from tui.widgets.prose import plain
from tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tui.reading.pair_book import Thresholds
    from tui.reading.provenance import Provenance

__all__ = ["ExportScreen", "Exported"]

OUT = Choice(name="out", label="Folder", hint="of the data", kind="path", needed=True)
PARTIAL = Choice(
    name="partial", label="Unfinished", hint="write a run that did not end as far as it came", kind="switch"
)


class Exported(Message):
    """Data was written."""

    def __init__(self, folder: Path, pairs: int) -> None:
        super().__init__()
        self.folder, self.pairs = folder, pairs


class ExportScreen(InstrumentScreen[Path]):
    """Asks what is kept, starts ``commonbond export`` as a process of its own, and waits for what it says.

    Args:
        folder: of the run. ``thresholds``: what was looked at, to begin with.
    """

    PLACE = "Export"
    CSS_PATH = Path(__file__).with_name("generate.tcss")
    GUIDE = """Here the pairs of a run are written as training data: Parquet or JSON lines, with a card that says what
they are. The thresholds begin as you set them before. Nothing is asked of a model, and the run stays as it is.

Tab goes from field to field, the arrow keys choose among several, Enter or Export writes."""
    GUIDES: ClassVar[dict[str, str]] = {
        "fields": "Which pairs are kept and where they are written. Enter in a field begins to write.",
        "start": "Write the data.",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s,f6", "start", "Export", id="export.start"),
        Binding("f1", "app.guide", "Help", id="export.help", tooltip="Help, from within a field"),
    ]

    def __init__(self, folder: Path, provenance: Provenance, thresholds: Thresholds) -> None:
        super().__init__()
        self.folder = folder
        self._provenance, self._thresholds = provenance, thresholds
        self._writing = False

    def body(self) -> ComposeResult:
        """Yield the fields and what is said of them."""
        known = {
            "min_margin": f"{self._thresholds.margin:g}",
            "min_probability": f"{self._thresholds.probability or 0:g}",
            "pairs": self._thresholds.pairing,
        }
        with VerticalScroll(id="fields-scroll", can_focus=False):
            yield Static(
                plain("The run's pairs become training data; it costs nothing."), classes="note", markup=False
            )
            yield Fields((OUT, *KEPT, *WRITTEN, PARTIAL), known, id="fields")
            yield Button("Export", id="start", variant="primary", compact=True)
            yield Static("", id="told", markup=False)

    def on_mount(self) -> None:
        """Say whose pairs they are."""
        self.query_one(TopBar).show(self._provenance)
        self.query_one("#out").focus()

    def read(self) -> Path:
        """Find a folder that is free."""
        return free_folder(self.folder, "data")

    def apply(self, view: Path) -> None:
        """Propose it."""
        field = self.query_one("#fields", Fields).field("out")
        if not field.value:
            field.value = str(view)

    def on_button_pressed(self) -> None:
        """Write."""
        self.action_start()

    def on_input_submitted(self) -> None:
        """Write."""
        self.action_start()

    def action_start(self) -> None:
        """Start the export, unless a field cannot be used."""
        fields = self.query_one("#fields", Fields)
        if problems := fields.problems:
            name, problem = next(iter(problems.items()))
            self._say(f"✗ {fields.field(name).choice.label}: {problem}")
            return
        if self._writing:
            return
        self._writing = True
        values = fields.values
        given = tuple(
            part for name in values if name != "out" for part in fields.field(name).choice.given(values[name])
        )
        out = Path(values["out"]).expanduser()
        order = Order(kind="export", place=self.folder, out=out, given=given)
        self._say("writing…")
        self.in_thread(lambda: _written(order), lambda pairs: Exported(out, pairs), group="export")

    def on_exported(self, message: Exported) -> None:
        """Go back and say so."""
        message.stop()
        self.interface.leave()
        below = self.app.screen
        below.post_message(Exported(message.folder, message.pairs))

    def on_instrument_screen_failed(self, message: InstrumentScreen.Failed) -> None:
        """Say what was wrong, so that it can be mended."""
        message.stop()
        message.prevent_default()
        self._writing = False
        self._say(f"✗ {message.problem}")

    def _say(self, text: str) -> None:
        self.query_one("#told", Static).update(plain(text))


def _written(order: Order) -> int:
    """Carry an export out and return how many pairs it wrote; for a thread.

    Raises:
        InputError: it was refused, and why.
    """
    answer = Engine(order).answer()
    rows = answer["manifest"]["counts"].get("preference")
    if rows is None:
        raise InputError(f"no pair was written: {count(0, 'pair')}")
    return sum(rows.values())
