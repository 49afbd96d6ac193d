"""A run as it goes: how far, how fast, what it takes, the latest ballots; to be paused, stopped and gone on with."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.widgets import Static

from personas.errors import InputError
from simulator.journal.control import go_on, is_paused, kill, pause, stop
from simulator.journal.lock import is_running
from tui.plaintext import one_line
from tui.reading.live import Arrival, read_live
from tui.screens.base import InstrumentScreen
from tui.screens.run.saying import Look, said, told
from tui.screens.side import SideScreen
from tui.widgets.bars import letter
from tui.widgets.pace import Pace, status
from tui.widgets.prose import Prose, plain
from tui.widgets.rowlist import Column, RowList
from tui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.app import ComposeResult

    from tui.ordering.engine import Engine

__all__ = ["RunScreen"]

PERIOD = 0.25
KEPT = 200
"""Ballots that can be scrolled back to."""
STEERING = frozenset({"pause", "stop", "retry", "replay_begin"})
MADE_IN_PYTHON = """This run was begun from Python, not by a command: run the same program again with out= this
folder, and it goes on."""
COLUMNS = (
    Column("when", 8, above=76),
    Column("item", 8, share=1),
    Column("community", 9, share=2),
    Column("persona", 8),
    Column("for", 3),
    Column("round", 5, right=True, above=76),
    Column("why", 16, share=5),
)


class RunScreen(SideScreen[Look]):
    """Looks at the journal four times a second."""

    PLACE = "Run"
    CSS_PATH = Path(__file__).with_name("run.tcss")
    VERTICAL_BREAKPOINTS = [(0, "-low"), (22, "-high")]  # noqa: RUF012  so it is declared upstream
    GUIDE = """A run is one simulation: panels of personas judge items, one judgement for each item and community.
Above stands how far it is and what its engine does; below come the ballots as they are cast.

The engine is a process of its own. Leaving this screen or the interface leaves it running; coming back finds it.
p pauses it: it begins nothing more, and what is under way comes to its end. x stops it, and nothing that was judged
is lost: x goes on from there later, also after the engine was killed. A model's replies are never paid for twice.

When it is done, 2 compares what it said with what real people said, 3 scores it, and R plays it again as it went,
at any speed."""
    GUIDES: ClassVar[dict[str, str]] = {
        "arrivals": """Each row is a ballot, the newest on top: when it was cast, on which item, in which community,
by which persona, for which option (– is an abstention, ✗ a judgement that failed), in which round of discussion (0 is
before any), and why. Enter opens all ballots on the item.""",
        "log": """What went wrong, by kind; what the model's calls took, phase by phase; what the run was warned of;
and what its engine says, where it was started from here. The arrow keys scroll.""",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p,space", "pause", "Pause / go on", key_display="p", id="run.pause"),
        Binding("x", "stop", "Stop / go on", id="run.stop"),
        Binding("R", "replay_begin", "Replay", tooltip="Play this run again", id="replay.begin"),
        Binding("f", "retry", "Ask failed again", id="run.retry"),
    ]

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._pace = Pace()
        self._latest: deque[Arrival] = deque(maxlen=KEPT)
        self._look: Look | None = None
        self._busy = False
        self._stopping = 0
        """The process that was asked to stop; 0 where none was."""

    def body(self) -> ComposeResult:
        """Yield how it goes, the latest ballots and what there is to tell."""
        yield Static(Content("reading the journal…"), id="bar", markup=False)
        with Container(classes="pair", id="parts"):
            yield RowList(COLUMNS, empty="no ballot yet", id="arrivals")
            yield Prose(id="log")

    def on_mount(self) -> None:
        """Look now and go on looking."""
        self.query_one(TopBar).say(self.folder.name, "", fictional=False)
        self.action_reload()
        self.set_interval(PERIOD, self._look_again)
        self.query_one("#arrivals", RowList).focus()

    @property
    def unoffered(self) -> frozenset[str]:
        """What there is nothing to do for as the run is: its keys stay out of the line at the foot."""
        return frozenset() if self._look is None else STEERING - self._look.offered

    def action_reload(self) -> None:
        """Look, unless a look is under way."""
        if not self._busy:
            self._busy = True
            super().action_reload()

    def read(self) -> Look:
        """Look at the journal and at the engine."""
        engine = self.interface.engine_of(self.folder)
        # Before the journal: what an engine that has ended wrote is all there.
        ended = None if engine is None else engine.ended()
        live = read_live(self.folder, self._look.live if self._look else None)
        pausing = is_paused(self.folder)
        if engine is None:
            return Look(live=live, pausing=pausing)
        return Look(live=live, ended=ended, log=engine.log(), ours=True, pausing=pausing)

    def apply(self, view: Look) -> None:
        """Draw what was found."""
        self._busy = False
        before, self._look = self._look, view
        if before is None or before.offered != view.offered:
            self.refresh_bindings()
        self._pace.add(view.live)
        if not view.at_work:
            self._stopping = 0
        if view.live.provenance is not None:
            self.query_one(TopBar).show(view.live.provenance)
        self._draw_status()
        self._draw_ballots(view.live.arrivals)
        text = told(view)
        log = self.query_one("#log", Prose)
        if text.plain != log.text:
            log.show(text, end=bool(view.ended))

    def on_instrument_screen_failed(self, message: InstrumentScreen.Failed) -> None:
        """Look again next time: an engine may be making the journal just now."""
        self._busy = False
        message.prevent_default()
        message.stop()
        self.query_one("#bar", Static).update(plain(f"✗ {message.problem}"))

    def on_resize(self) -> None:
        """Fit what is drawn in characters."""
        self._draw_status()

    def on_row_list_chosen(self, message: RowList.Chosen) -> None:
        """Open the ballots of a judgement."""
        from tui.screens.compare.ballots import BallotsScreen

        arrival = self._latest[-1 - message.index]
        if not arrival.failed:
            self.app.push_screen(BallotsScreen(self.folder, arrival.item, arrival.community))

    # Steering the engine, whoever started it. All of it waits for the disk, so it is done in a thread.

    class _Steered(InstrumentScreen.Arrived):
        """Something was done about the engine, or an engine was started, or neither could be."""

    def action_pause(self) -> None:
        """Pause the engine, or let it go on."""
        look = self._look
        if look is not None and look.replayed:
            self.action_replay_pause()
        elif look is None or not look.at_work:
            self.tell("No engine is at work on this run: x goes on with it.", wrong=True)
        elif not look.live.total:
            self.tell("The engine is getting ready: it can be paused once it judges.", wrong=True)
        else:
            self._steer(self._pause_or_go_on)

    def _pause_or_go_on(self) -> None:
        if not go_on(self.folder):
            pause(self.folder)

    def action_stop(self) -> None:
        """Stop the engine, at once where it was asked before; or go on where none is at work."""
        look = self._look
        if look is None:
            return
        if look.at_work:
            self._steer(self._stop)
        elif look.replayed:
            self.tell("The replay is over: R plays it again.")
        elif look.live.state == "done" and look.live.scored:
            self.tell("The run is done.")
        elif look.limited and look.live.resumable:
            from tui.screens.run.limits import LimitsScreen

            self.app.push_screen(LimitsScreen(look.live), self._go_on_with)
        else:
            self._go_on_with(())

    def _stop(self) -> None:
        """End an engine in good order, and at once where it was asked to end before."""
        engine = self.interface.engine_of(self.folder)
        if not is_running(self.folder) and engine is not None and engine.ended() is None:
            engine.stop()  # it has not begun to write
        elif self._stopping:
            kill(self.folder)
        else:
            if engine is not None:
                engine.stopping = True
            self._stopping = stop(self.folder)

    def action_retry(self) -> None:
        """Ask again what the server failed to answer."""
        look = self._look
        if look is None or look.at_work:
            self.tell("Judgements that failed are asked again once no engine is at work.", wrong=True)
        elif not look.live.failed and not look.live.errors:
            self.tell("No judgement failed.")
        else:
            self._go_on_with(("--retry-failed",))

    def _go_on_with(self, given: tuple[str, ...] | None) -> None:
        """Start an engine that goes on with the run; not where it was thought better of."""
        if given is not None:
            self._steer(lambda: self._engine(given))

    def _engine(self, given: tuple[str, ...]) -> Engine:
        """Start the command that began the run once more.

        Raises:
            InputError: no command began it.
        """
        from tui.ordering.engine import Engine, Order

        known = self.interface.engine_of(self.folder)
        if self._look is not None and self._look.live.resumable:
            return Engine(Order(kind="resume", place=self.folder, given=given))
        if known is None:
            raise InputError(one_line(MADE_IN_PYTHON))
        return Engine(known.order)

    def _steer(self, work: Callable[[], Engine | None]) -> None:
        """Do something about the engine in a thread, and say where it could not be done."""

        def attempted() -> tuple[str | Engine | None, bool]:
            try:
                return work(), False
            except InputError as error:
                return str(error), True

        self.in_thread(attempted, self._Steered, group="engine")

    def on_run_screen__steered(self, message: _Steered) -> None:
        """Say what came of it, and watch an engine that was started."""
        message.prevent_default()
        message.stop()
        result, wrong = message.view
        if wrong:
            self.tell(str(result), wrong=True)
        elif result is not None:  # what was done to an engine is seen above: nothing is to be said
            self.interface.begun(result.order, result)
        self.action_reload()

    # Drawing.

    def _look_again(self) -> None:
        """Look, unless all has been seen."""
        look = self._look
        over = look is not None and look.live.state == "done" and not look.at_work
        if self.is_current and not (over and look is not None and look.live.counted >= look.live.last):
            self.action_reload()

    def _draw_status(self) -> None:
        if self._look is not None:
            words = said(self._look, stopping=bool(self._stopping))
            width = self.size.width - 2
            self.query_one("#bar", Static).update(
                status(self._look.live, self._pace, said=words, width=width)
            )

    def _draw_ballots(self, arrivals: tuple[Arrival, ...]) -> None:
        """Put new ballots on top; who has scrolled down stays at the ballot that he looks at."""
        if not arrivals:
            return
        rows = self.query_one("#arrivals", RowList)
        cursor = rows.cursor
        self._latest.extend(arrivals)
        rows.show([_row(arrival) for arrival in reversed(self._latest)])
        if cursor:
            rows.cursor = min(cursor + len(arrivals), len(self._latest) - 1)


def _row(arrival: Arrival) -> tuple[str, ...]:
    when = time.strftime("%H:%M:%S", time.localtime(arrival.at))
    where = (when, arrival.item, arrival.community)
    if arrival.failed:
        return (*where, "", "✗", "", "nothing came of it")
    who = arrival.persona.removeprefix(arrival.community) or arrival.persona
    sign = "✗" if arrival.failure else letter(arrival.choice)
    return (*where, who, sign, str(arrival.round), one_line(arrival.reason or arrival.failure))
