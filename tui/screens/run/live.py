"""A run as it goes: how far it is, how fast, the latest ballots, what was said and what went wrong."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from tui.plaintext import one_line, shown
from tui.reading.live import LATEST, Arrival, LiveView, read_live
from tui.screens.base import InstrumentScreen, SideScreen
from tui.spent import spent
from tui.widgets.bars import letter
from tui.widgets.prose import Prose, heading, plain
from tui.widgets.rowlist import Column, RowList
from tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tui.engine import Engine

__all__ = ["RunScreen"]

PERIOD = 0.25
COLUMNS = (
    Column("item", 12, share=1),
    Column("community", 12, share=1),
    Column("ballots", 7, right=True),
    Column("abst.", 5, right=True),
    Column("fail.", 5, right=True),
    Column("last", 4),
    Column("why", 20, share=3),
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Look:
    """What one look found: the journal, and the engine where it was started here."""

    live: LiveView
    ended: int | None = None
    log: str = ""
    ours: bool = False
    stopping: bool = False


class RunScreen(SideScreen[Look]):
    """Looks at the journal four times a second."""

    PLACE = "Run"
    CSS_PATH = Path(__file__).with_name("run.tcss")
    GUIDE = """Each row is an item that a community's panel has judged: how many ballots were cast, how many
personas abstained and how many judgements failed, and the last ballot's choice and reason. The newest
stands at the top; Enter opens its ballots. Below stands what the model's calls took, by phase.

The engine is a process of its own: leaving this screen or the interface leaves it running. Stopping keeps all that
was written, and x goes on with it, where it was started from here."""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("x", "stop", "Stop / go on")]

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._seen = 0
        self._begun: float | None = None
        self._times: deque[float] = deque(maxlen=200)
        self._latest: deque[Arrival] = deque(maxlen=LATEST)
        self._errors: tuple[str, ...] = ()
        self._look: Look | None = None
        self._busy = False

    def body(self) -> ComposeResult:
        """Yield the bar, the latest ballots and the log."""
        yield Static(Content("reading the journal…"), id="bar", markup=False)
        with Vertical(id="latest"):
            yield RowList(COLUMNS, empty="no ballot yet", id="arrivals")
        yield Prose(id="log")

    def on_mount(self) -> None:
        """Look now and go on looking."""
        self.query_one(TopBar).say(self.folder.name, "", fictional=False)
        self.set_interval(PERIOD, self._look_again)
        self.query_one("#arrivals", RowList).focus()

    def action_reload(self) -> None:
        """Look, unless a look is under way."""
        if not self._busy:
            self._busy = True
            super().action_reload()

    def read(self) -> Look:
        """Look at the journal and at the engine."""
        engine = self.interface.engine_of(self.folder)
        ended = None if engine is None else engine.ended()
        live = read_live(self.folder, after=self._seen)
        if engine is None:
            return Look(live=live)
        return Look(live=live, ended=ended, log=engine.log(), ours=True, stopping=engine.stopping)

    def apply(self, view: Look) -> None:
        """Draw what was found."""
        self._busy = False
        before, live = self._look, view.live
        self._look = view
        self._seen = live.seen
        self._begun = live.begun or self._begun
        self._times.extend(live.times)
        self._latest.extend(live.arrivals)
        self._errors = self._errors if live.errors is None else live.errors
        if live.provenance is not None:
            self.query_one(TopBar).show(live.provenance)
        self.query_one("#bar", Static).update(self._bar(view))
        if live.arrivals:
            self.query_one("#arrivals", RowList).show([_row(arrival) for arrival in reversed(self._latest)])
        told = self._told(view)
        if before is None or before.ended != view.ended or told.plain != self.query_one("#log", Prose).text:
            self.query_one("#log", Prose).show(told, end=bool(view.ended))

    def on_instrument_screen_failed(self, message: InstrumentScreen.Failed) -> None:
        """Look again next time: an engine may be making the journal just now."""
        self._busy = False
        message.prevent_default()
        message.stop()
        self.query_one("#bar", Static).update(plain(f"✗ {message.problem}"))

    def on_resize(self) -> None:
        """Fit the bar."""
        if self._look is not None:
            self.query_one("#bar", Static).update(self._bar(self._look))

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Open the ballots of a judgement."""
        from tui.screens.compare.ballots import BallotsScreen

        arrival = self._latest[-1 - message.index]
        if not arrival.failed:
            self.app.push_screen(BallotsScreen(self.folder, arrival.item, arrival.community))

    def action_stop(self) -> None:
        """Stop the engine, or start it again where it stopped."""
        engine = self.interface.engine_of(self.folder)
        if engine is None:
            self.tell("This run was not started from here: its process is not mine to stop.", wrong=True)
        elif engine.ended() is None:
            engine.stopping = True
            self.in_thread(engine.stop, self._Stopped, group="engine")
        elif self._look is not None and self._look.live.state == "done":
            self.tell("The run is done.")
        else:
            from tui.engine import Engine

            order = engine.order
            self.in_thread(lambda: Engine(order), self._Again, group="engine")

    class _Stopped(InstrumentScreen.Arrived):
        """The engine has ended."""

    class _Again(InstrumentScreen.Arrived):
        """The engine was started again."""

    def on_run_screen__stopped(self, message: _Stopped) -> None:
        """Say so."""
        message.prevent_default()
        message.stop()
        self.tell("Stopped. What was judged is kept; x goes on.")

    def on_run_screen__again(self, message: _Again) -> None:
        """Watch the new process."""
        message.prevent_default()
        message.stop()
        engine: Engine = message.view
        self.interface.begun(engine.order, engine)

    def _look_again(self) -> None:
        """Look, unless all has been seen."""
        look = self._look
        over = look is not None and look.live.state == "done" and (not look.ours or look.ended is not None)
        if self.is_current and not over:
            self.action_reload()

    def _bar(self, view: Look) -> Content:
        live = view.live
        width = max(10, min(60, self.size.width - 30))
        full = width * live.done // live.total if live.total else 0
        bar = "█" * full + "·" * (width - full)
        share = f"{live.done / live.total:4.0%}" if live.total else "  –"
        first = Content.assemble((bar, "$simulated"), f" {share}  {live.done:,} of {live.total:,}")
        return Content.assemble(first, "\n", ("state  ", "dim"), (_state(view), "bold"), self._pace(view))

    def _pace(self, view: Look) -> str:
        """Return the rate of the latest judgements, and how long the run took or takes."""
        parts = [""]
        if self._begun is not None and self._times:
            parts.append(f"{max(0.0, self._times[-1] - self._begun):.1f} s")
        if len(self._times) > 1 and (span := self._times[-1] - self._times[0]) > 0:
            parts.append(f"{(len(self._times) - 1) / span:.1f} judgements/s")
        settings = dict(view.live.settings)
        parts += [f"{name} {settings[name]}" for name in ("panel", "seed", "rounds") if name in settings]
        return f" {one_line(' · '.join(parts))}"

    def _told(self, view: Look) -> Content:
        stopped = [view.live.stopped] if view.live.stopped else []
        sections = [
            ("Stopped", [f"■ {reason}" for reason in stopped]),
            ("Model calls", spent(view.live)),
            ("Warnings", [f"! {warning}" for warning in view.live.warnings]),
            ("Errors", [f"✗ {error}" for error in self._errors]),
            ("The engine says", _last_lines(view.log)),
        ]
        lines = [
            line
            for title, texts in sections
            if texts
            for line in (heading(title), *(plain(text) for text in texts))
        ]
        return Content("\n").join(lines or [Content.styled("no warning, no error", "dim")])


def _state(view: Look) -> str:
    """Return the state in words; the engine's own end tells more than its journal where it was started here."""
    if view.live.state == "done":
        return "done" if view.ended in (None, 0, 1) else f"done, but the engine ended with code {view.ended}"
    if not view.ours:
        return view.live.state
    if view.ended is None:
        return "stopping" if view.stopping else ("running" if view.live.total else "getting ready")
    return "stopped" if view.stopping else f"the engine ended with code {view.ended}"


def _row(arrival: Arrival) -> tuple[str, ...]:
    if arrival.failed:
        return (arrival.item, arrival.community, "", "", "", "✗", "nothing came of it")
    who = arrival.persona.removeprefix(arrival.community)
    figures = (
        *(f"{number:,}" for number in (arrival.ballots, arrival.abstentions, arrival.failures)),
        letter(arrival.choice),
    )
    return (arrival.item, arrival.community, *figures, f"{who}: {arrival.reason}")


def _last_lines(log: str, count: int = 40) -> list[str]:
    """Return the last lines of a log, each as a progress bar would leave it: what follows its last return."""
    lines = [line.rstrip("\r").rsplit("\r", 1)[-1] for line in log.split("\n")]
    return [shown(line, limit=500) for line in lines if line.strip()][-count:]
