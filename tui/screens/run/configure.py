"""What a run is started with: the panel, the seed, how many items, and the folder that it is written to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Input, Label, Static

from personas.errors import InputError
from tui.engine import Engine, free_folder
from tui.orders import run_order
from tui.reading.provenance import Provenance
from tui.screens.base import InstrumentScreen
from tui.widgets.prose import plain
from tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tui.engine import Order
    from tui.reading.shelf import CorpusEntry

__all__ = ["ConfigureScreen"]

FIELDS = (
    ("panel", "Panel", "32", "personas in each community's panel"),
    ("seed", "Seed", "7", "the same seed gives the same run"),
    ("items", "Items", "", "at the most; empty for all that are held out"),
)
MODEL_FIELDS = (
    ("model", "Model", "provider/model, if any"),
    ("api_base", "Address", "of a server of your own"),
    ("price", "Price", "IN/OUT, $ a million tokens; empty: as published"),
    ("max_cost", "Cost ≤", "$; the run stops before it costs more"),
    ("max_calls", "Calls ≤", "the run stops before it makes more requests"),
)
WHAT = {
    "simulate": "Panels of personas judge the items that are held out of this corpus.",
    "bench": "The benchmark: simulated preferences held against real votes, with baselines and ceiling.",
}


class ConfigureScreen(InstrumentScreen[Path]):
    """Asks for the choices and starts the engine."""

    PLACE = "New run"
    CSS_PATH = Path(__file__).with_name("run.tcss")
    GUIDE = """Tab goes from field to field; Enter or the button starts the run.

The engine runs as a process of its own and writes to the folder that you name. A folder that holds the same run
unfinished is gone on with. Leaving the interface does not stop it.

With a model, its personas judge; its key is read from the provider's environment variable. What the run would take
is told first on the next screen; a limit that is set there is never exceeded."""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("ctrl+s", "start", "Start")]

    def __init__(self, corpus: CorpusEntry, kind: Literal["simulate", "bench"] = "simulate") -> None:
        super().__init__()
        self._corpus = corpus
        self._kind = kind
        self._starting: Order | None = None

    def body(self) -> ComposeResult:
        """Yield the fields."""
        yield Static("", id="problem", markup=False)
        with VerticalScroll(id="fields"):
            yield Static(plain(WHAT[self._kind]), classes="note")
            for name, label, value, hint in FIELDS:
                with Horizontal(classes="field"):
                    yield Label(label, markup=False)
                    yield Input(value, type="integer", compact=True, id=name)
                    yield Static(plain(hint), classes="hint")
            with Horizontal(classes="field"):
                yield Label("Folder", markup=False)
                yield Input(compact=True, id="out")
            for name, label, hint in MODEL_FIELDS:
                with Horizontal(classes="field"):
                    yield Label(label, markup=False)
                    yield Input(compact=True, id=name)
                    yield Static(plain(hint), classes="hint")
            yield Button("Start", id="start", variant="primary", compact=True)

    def on_mount(self) -> None:
        """Say what corpus it is about, and look for a folder that is free."""
        entry = self._corpus
        self.query_one(TopBar).show(
            Provenance(
                name=entry.folder.name,
                corpus=entry.title,
                source=entry.source,
                licence=entry.licence,
                folder=entry.folder,
                fictional=entry.fictional,
            )
        )
        self.query_one("#panel", Input).focus()

    def read(self) -> Path:
        """Find a folder that is free."""
        return free_folder(self._corpus.folder, "bench" if self._kind == "bench" else "run")

    def apply(self, view: Path) -> None:
        """Propose the folder."""
        field = self.query_one("#out", Input)
        if not field.value:
            field.value = str(view)

    def on_button_pressed(self) -> None:
        """Start."""
        self.action_start()

    def on_input_submitted(self) -> None:
        """Start."""
        self.action_start()

    def action_start(self) -> None:
        """Start the engine, in a thread, unless a field cannot be used."""
        try:
            order = self._order()
        except InputError as error:
            self.query_one("#problem", Static).update(plain(f"✗ {error}"))
            return
        if self._starting is None:
            self._starting = order
            self.in_thread(lambda: Engine(order), self._Begun, group="engine")

    class _Begun(InstrumentScreen.Arrived):
        """The engine was started."""

    def on_configure_screen__begun(self, message: _Begun) -> None:
        """Watch it."""
        message.stop()
        message.prevent_default()
        engine: Engine = message.view
        self.interface.begun(engine.order, engine)
        self.interface.leave()
        if engine.order.out is not None:
            self.interface.visit("run", engine.order.out)

    def on_instrument_screen_failed(self, message: InstrumentScreen.Failed) -> None:
        """Let the user mend it and start again."""
        message.prevent_default()
        message.stop()
        self._starting = None
        self.query_one("#problem", Static).update(plain(f"✗ {message.problem}"))

    def _order(self) -> Order:
        numbers = {name: self._number(name) for name, *_ in FIELDS}
        out = self.query_one("#out", Input).value.strip()
        if not out:
            raise InputError("no folder is named", remedy="name the one to write the run to")
        model = {name: self.query_one(f"#{name}", Input).value.strip() for name, *_ in MODEL_FIELDS}
        return run_order(
            self._kind,
            self._corpus.folder,
            Path(out).expanduser(),
            panel=numbers["panel"],
            seed=numbers["seed"],
            items=numbers["items"],
            **model,
        )

    def _number(self, name: str) -> int | None:
        text = self.query_one(f"#{name}", Input).value.strip()
        try:
            return int(text) if text else None
        except ValueError:
            raise InputError(f"{name} is {text!r}", remedy="it must be a whole number") from None
