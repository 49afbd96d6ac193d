"""Replay in the interface: a player is started into a folder of its own, and its keys work on every side of it."""

from __future__ import annotations

import atexit
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.binding import Binding, BindingType

from personas.errors import InputError
from tui.ordering.engine import Engine, Order
from tui.plaintext import one_line
from tui.reading.provenance import run_name
from tui.reading.replays import read_replay, speed_for
from tui.widgets.replay_bar import ReplayBar

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.screen import Screen

    from simulator.replay import Replay
    from tui.app import Interface

__all__ = ["REPLAY_BINDINGS", "ReplaySide", "remove_replay", "start_replay"]

STEP = 0.05
"""The share of a run's time that a jump passes over."""
PATIENCE = 20.0
"""Seconds that a player has to begin."""
NAME = "commonbond-replay-"

REPLAY_BINDINGS: list[BindingType] = [
    Binding("R", "replay_begin", "Replay", show=False, tooltip="Play this run again", id="replay.begin"),
    Binding("space", "replay_pause", "Pause", tooltip="Pause the replay, or play on", id="replay.pause"),
    Binding("plus", "replay_speed(1)", "Faster", key_display="+", id="replay.faster"),
    Binding("minus", "replay_speed(-1)", "Slower", key_display="-", id="replay.slower"),
    Binding("comma", "replay_jump(-1)", "Back", key_display=",", tooltip="Back 5 %", id="replay.back"),
    Binding("full_stop", "replay_jump(1)", "On", key_display=".", tooltip="On 5 %", id="replay.on"),
]


class ReplaySide:
    """What a side of a run needs so that the run can be played again, and steered where it is a replay itself.

    A side yields ``replay_bar()`` above its body and adds ``REPLAY_BINDINGS`` to its own.
    """

    if TYPE_CHECKING:
        folder: Path

        @property
        def interface(self) -> Interface:
            """The application."""

    REPLAY_GUIDE: ClassVar[str] = (
        "R plays a finished run again, in these same screens. In a replay, + and - change its speed, , and . go back "
        "and on by 5 % of the run's time, and space pauses it."
    )

    def replay_bar(self) -> ComposeResult:
        """Yield the line that stands on every side of a replay."""
        yield ReplayBar(self.folder, id="replay")

    def _bar(self: Any) -> ReplayBar:
        bar: ReplayBar = self.query_one("#replay", ReplayBar)
        return bar

    def check_action(self: Any, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer to steer only what is a replay."""
        if action in ("replay_speed", "replay_jump", "replay_pause"):
            bars = self.query("#replay")
            return bool(bars) and bars.first(ReplayBar).is_there
        allowed: bool | None = super().check_action(action, parameters)  # type: ignore[misc]
        return allowed

    def action_replay_begin(self: Any) -> None:
        """Play the run again; a replay from its beginning."""
        bar: ReplayBar = self._bar()
        if bar.is_there:
            bar.go_to(0.0)
        else:
            begin_replay(self, self.folder)

    def action_replay_speed(self: Any, step: int) -> None:
        """Play faster or slower."""
        self._bar().change_speed(step)

    def action_replay_jump(self: Any, step: int) -> None:
        """Go on or back in the run's time."""
        self._bar().jump(step * STEP)

    def action_replay_pause(self: Any) -> None:
        """Pause, or go on."""
        self._bar().pause()

    def on_replay_bar_refused(self: Any, message: ReplayBar.Refused) -> None:
        """Say why it could not be steered."""
        message.stop()
        self.tell(message.problem, wrong=True)

    def on_replay_bar_began(self: Any, message: ReplayBar.Began) -> None:
        """Look again: a side that has seen the end of what it shows looks no more."""
        message.stop()
        self.action_reload()

    def on_replay_bar_play_again(self: Any, message: ReplayBar.PlayAgain) -> None:
        """Start another player in the same folder."""
        message.stop()
        view = self._bar().view
        if view is not None:
            play_again(self, self.folder, view.replay, message.share)


def begin_replay(screen: Screen[None], run: Path) -> None:
    """Start to play a run into a folder of its own, and show it there; what is wrong is told."""
    interface: Interface = screen.app  # type: ignore[assignment]

    def begin() -> None:
        try:
            order, engine = start_replay(run)
        except (InputError, OSError, ValueError) as error:
            interface.call_from_thread(_refused, screen, str(error))
            return
        interface.call_from_thread(_show, interface, order, engine)

    screen.run_worker(begin, thread=True, exclusive=True, group="replay begin")


def play_again(screen: Screen[None], folder: Path, replay: Replay, share: float) -> None:
    """Play on from another place, where the player has come to its end."""
    interface: Interface = screen.app  # type: ignore[assignment]

    def again() -> None:
        order = _order(replay.run, folder, replay.speed, share)
        try:
            engine = _playing(order)
        except (InputError, OSError, ValueError) as error:
            interface.call_from_thread(_refused, screen, str(error))
            return
        interface.call_from_thread(interface.begun, order, engine)

    screen.run_worker(again, thread=True, exclusive=True, group="replay begin")


def start_replay(run: Path) -> tuple[Order, Engine]:
    """Start a player into a new folder and wait until there is something to see; for a thread.

    The folder is removed at the latest when this process ends.

    Raises:
        InputError: the run cannot be played, and why.
    """
    speed = speed_for(run)
    place = Path(tempfile.mkdtemp(prefix=NAME))
    out = place / run_name(run).replace("/", "-")
    order = _order(run, out, speed, 0.0)
    try:
        engine = _playing(order)
    except BaseException:
        shutil.rmtree(place, ignore_errors=True)
        raise
    atexit.register(remove_replay, out)
    return order, engine


def remove_replay(out: Path) -> None:
    """Stop the player of a folder that ``start_replay`` made, and remove the folder; nothing else is removed."""
    from simulator.journal.control import kill

    if not out.parent.name.startswith(NAME):
        return
    with suppress(InputError, OSError):  # it has come to its end
        kill(out)
    for _ in range(3):  # a player that is just ending may still write
        shutil.rmtree(out.parent, ignore_errors=True)
        if not out.parent.exists():
            return
        time.sleep(0.05)


def _order(run: Path, out: Path, speed: float, begin: float) -> Order:
    pace = "max" if speed == float("inf") else f"{speed:g}"
    given = ("--speed", pace, "--begin", f"{begin:g}", "--temporary")
    return Order(kind="replay", place=run, out=out, given=given)


def _playing(order: Order) -> Engine:
    """Start a player and wait until it plays.

    Raises:
        InputError: it refuses.
    """
    assert order.out is not None
    engine = Engine(order)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        code = engine.ended()
        if code == 0:
            return engine
        if code is not None:
            engine.answer()
            raise InputError(f"the player ended with code {code}: {one_line(engine.log())}")
        with suppress(InputError):  # its journal is just being made
            view = read_replay(order.out)
            if view is not None and view.state in ("playing", "paused"):
                return engine
        time.sleep(0.03)
    engine.stop()
    raise InputError("the player did not begin", remedy="try again when the machine is less busy")


def _refused(screen: Screen[None], problem: str) -> None:
    screen.notify(one_line(problem), severity="error", markup=False, timeout=8)


def _show(interface: Interface, order: Order, engine: Engine) -> None:
    interface.begun(order, engine)
    if order.out is not None:
        interface.visit("run", order.out)
