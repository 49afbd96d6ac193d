"""Where whatever is about to begin waits while a run is paused, and is turned back where it is to stop.

What passes is counted, so that it can be said when the run has really come to rest.
"""

from __future__ import annotations

import asyncio
import signal
import threading
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

from simulator.journal.control import pause_files
from simulator.models.model import StoppedError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["Pausing", "closed_by", "interruptible"]

TICK = 0.05
"""Seconds between two looks at whether a pause is over."""
QUIET = 3
"""Ticks without anything under way after which the run is at rest: what landed last has been dealt with by then."""


def unheard(kind: str, body: Mapping[str, Any]) -> None:
    """Tell nobody of an event."""


class Pausing:
    """Holds back what has not begun while the file of a pause is in the run's folder.

    While nothing is paused it costs one look at the disk a turn, and no task of its own runs.

    Args:
        folder: the run's; None for a run in memory, which nobody can pause.
        tell: told of "paused" when all that was under way has ended, and of "resumed".
    """

    def __init__(self, folder: Path | None, tell: Callable[[str, Mapping[str, Any]], None] = unheard) -> None:
        self.in_flight = 0
        self._files: tuple[Path, ...] = () if folder is None else pause_files(folder)
        self._tell = tell
        self._reason = ""
        self._watch: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait until the run is not paused, and count as under way.

        Raises:
            StoppedError: the run is to stop.
        """
        await self.passed()
        self.in_flight += 1
        try:
            yield
        finally:
            self.in_flight -= 1

    @asynccontextmanager
    async def entry(self) -> AsyncIterator[None]:
        """Wait until the run is not paused, for what consists of turns itself and so is not counted.

        Raises:
            StoppedError: the run is to stop.
        """
        await self.passed()
        yield

    async def passed(self) -> None:
        """Wait until the run is not paused.

        Raises:
            StoppedError: the run is to stop.
        """
        while not self._reason and self._paused():
            if self._watch is None or self._watch.done():
                self._watch = asyncio.create_task(self._waited())
            await asyncio.shield(self._watch)
        if self._reason:
            raise StoppedError(self._reason, remedy="give the same command again: it goes on")

    def close_for(self, reason: str) -> None:
        """Turn back whatever has not begun."""
        self._reason = self._reason or reason

    def _paused(self) -> bool:
        return any(path.exists() for path in self._files)

    async def _waited(self) -> None:
        """Wait for the end of a pause, and say when the run has come to rest and when it goes on."""
        quiet, told = 0, False
        while not self._reason and self._paused():
            quiet = 0 if self.in_flight else quiet + 1
            if quiet == QUIET and not told:
                told = True
                self._tell("paused", {})
            await asyncio.sleep(TICK)
        if told and not self._reason:
            self._tell("resumed", {})


@contextmanager
def closed_by(numbers: Sequence[signal.Signals], close: Callable[[str], None]) -> Iterator[None]:
    """Have the first of some signals close what is closed by a reason; a second one ends the process as ever.

    Within a running loop of the main thread; in another thread no signal can be received.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in numbers}

    def restore() -> None:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)

    def stopped() -> None:
        close("stopped")
        restore()

    for number in numbers:
        loop.add_signal_handler(number, stopped)
    try:
        yield
    finally:
        restore()


@contextmanager
def interruptible() -> Iterator[None]:
    """Have a termination interrupt as Ctrl-C does, so that a record is left as it should be; else nothing changes.

    Only where nobody handles terminations already, and in the main thread.
    """
    here = threading.current_thread() is threading.main_thread()
    if not here or signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL:
        yield
        return
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
