"""One line that a replay is steered by: whether it plays, how fast, and where in the run's time it is."""

from __future__ import annotations

import sqlite3
from threading import Lock
from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from personas.errors import InputError
from simulator.journal.control import go_on, pause
from simulator.replay import steer
from tui.plaintext import clipped
from tui.reading.replays import ReplayView, next_speed, pace, read_replay

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from textual.events import Click

__all__ = ["ReplayBar", "replay_line"]

PERIOD = 0.25
SIGNS = {"playing": "▸ playing", "paused": "‖ paused", "over": "■ over", "ended": "✗ its player has ended"}
WIDE = 110
HINT = "   + − speed  , . jump  space pause "
LEAST = 8
"""Cells of the bar, below which it is left out."""


def replay_line(view: ReplayView, width: int) -> tuple[str, str, str]:
    """Return the line: what stands before its bar, the bar, and what follows; no bar where there is no room for it.

    >>> from pathlib import Path
    >>> from simulator.replay import Replay
    >>> replay = Replay(run=Path("run1"), name="run1", speed=2.0, position=30.0, seconds=60.0)
    >>> "".join(replay_line(ReplayView(replay=replay, state="playing"), 64))
    ' replay of run1  ▸ playing  2×  █████████········· 0:30 of 1:00'
    """
    replay = view.replay
    head = (
        f" replay of {clipped(replay.name, max(8, width // 4))}  {SIGNS[view.state]}  {pace(replay.speed)}  "
    )
    tail = f" {_clock(replay.position)} of {_clock(replay.seconds)}"
    tail += HINT if width >= WIDE else ""
    room = width - cell_len(head) - cell_len(tail) - 1
    if room < LEAST:
        return clipped(f"{head.rstrip()}{tail}", width), "", ""
    full = round(replay.share * room)
    return head, "█" * full + "·" * (room - full), tail


class ReplayBar(Widget):
    """Shows how far the replay in a folder is, and steers it; it takes no room where the folder holds a run.

    A click on the line's bar goes to that place in the run's time, one elsewhere pauses or goes on.
    """

    DEFAULT_CSS = """
    ReplayBar { height: 1; display: none; background: $panel; color: $foreground; }
    """

    class Looked(Message):
        """A look at the folder found this."""

        def __init__(self, view: ReplayView | None) -> None:
            super().__init__()
            self.view = view

    class Began(Message):
        """It plays again, after it had come to its end."""

    class Refused(Message):
        """The replay could not be steered, and why."""

        def __init__(self, problem: str) -> None:
            super().__init__()
            self.problem = problem

    class PlayAgain(Message):
        """A place was asked for, and no player is there any more."""

        def __init__(self, share: float) -> None:
            super().__init__()
            self.share = share

    def __init__(self, folder: Path, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.folder = folder
        self.view: ReplayView | None = None
        self._is_none = self._busy = False
        self._wanted: float | None = None
        self._steering = Lock()

    @property
    def is_there(self) -> bool:
        """Whether the folder holds a replay, as far as is known."""
        return self.view is not None

    def on_mount(self) -> None:
        """Look, and go on looking."""
        self._look()
        self.set_interval(PERIOD, self._look)

    def render(self) -> Content:
        """Draw the line."""
        if self.view is None:
            return Content()
        head, bar, tail = replay_line(self.view, self.content_size.width)
        return Content.assemble(head, (bar, "$simulated"), tail)

    def change_speed(self, step: int) -> None:
        """Play faster or slower."""
        if self.view is not None and self.view.state in ("playing", "paused"):
            speed = self._wanted = next_speed(self._wanted or self.view.replay.speed, step)
            self._steer(lambda: steer(self.folder, speed=speed))

    def jump(self, step: float) -> None:
        """Go forward or back in the run's time, by a share of it."""
        if self.view is not None:
            self.go_to(self.view.replay.share + step)

    def go_to(self, share: float) -> None:
        """Go to a place in the run's time, from 0 to 1."""
        share = min(1.0, max(0.0, share))
        if self.view is None:
            return
        if self.view.state not in ("playing", "paused"):
            if share < 1.0:
                self.post_message(self.PlayAgain(share))
            return
        self._steer(lambda: steer(self.folder, to=share))

    def pause(self) -> None:
        """Pause, or go on; play it again where it is over."""
        if self.view is None:
            return
        if self.view.state in ("over", "ended"):
            self.post_message(self.PlayAgain(0.0))
            return
        self._steer(self._turn)

    def _turn(self) -> None:
        if not go_on(self.folder):
            pause(self.folder)

    def on_click(self, event: Click) -> None:
        """Go to the place that was clicked, or pause."""
        if self.view is None:
            return
        head, bar, _ = replay_line(self.view, self.content_size.width)
        place = event.x - cell_len(head)
        if 0 <= place < len(bar):
            self.go_to((place + 0.5) / len(bar))
        else:
            self.pause()

    def on_replay_bar_looked(self, message: Looked) -> None:
        """Draw what was found."""
        message.stop()
        self._busy = False
        self._is_none = message.view is None
        if message.view != self.view:
            if _is_over(self.view) and not _is_over(message.view):
                self.post_message(self.Began())
            came = (self.view is None) != (message.view is None)
            self.view = message.view
            self.display = self.view is not None
            if came:
                self.screen.refresh_bindings()
            self._wanted = None
            self.refresh()

    def _look(self) -> None:
        """Look, unless a look is under way, or one has found that this is no replay."""
        if self._busy or self._is_none:
            return
        self._busy = True

        def look() -> None:
            try:
                found = read_replay(self.folder)
            except (OSError, ValueError, KeyError, TypeError, sqlite3.Error):
                self._busy = False  # it may be being written just now; what is damaged the screen itself says
                return
            self.post_message(self.Looked(found))

        self.run_worker(look, thread=True, group="replay look")

    def _steer(self, order: Callable[[], object]) -> None:
        """Carry out an order in a thread, one after the other."""

        def carry_out() -> None:
            try:
                with self._steering:
                    order()
            except (InputError, OSError) as error:
                self.post_message(self.Refused(str(error)))

        self.run_worker(carry_out, thread=True, group="replay")


def _is_over(view: ReplayView | None) -> bool:
    return view is not None and view.state in ("over", "ended")


def _clock(seconds: float) -> str:
    """Return a time as minutes and seconds, with tenths where the whole is short."""
    if seconds < 60:
        return f"{seconds:.1f} s" if seconds < 20 and seconds != round(seconds) else f"0:{int(seconds):02}"
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
