"""A gate before a model: closed, no further call is made, while those in flight land in the journal."""

from __future__ import annotations

import asyncio
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from simulator.models.model import StoppedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.models.model import Call, Model, Reply

__all__ = ["Gate"]

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Gate:
    """A model that can be closed from outside; calls made after that stop the run, and none is cut off."""

    def __init__(self, inner: Model) -> None:
        self.inner = inner
        self.name = inner.name
        self._reason = ""

    def close_for(self, reason: str) -> None:
        """Let no further call through."""
        self._reason = self._reason or reason

    async def complete(self, call: Call) -> Reply:
        """Answer one call.

        Raises:
            StoppedError: the gate is closed.
        """
        if self._reason:
            raise StoppedError(self._reason, remedy="give the same command again: it goes on")
        return await self.inner.complete(call)

    async def close(self) -> None:
        """Let go of connections and processes."""
        await self.inner.close()

    @contextmanager
    def closed_by_signals(self) -> Iterator[None]:
        """Close at the first interruption or termination; a second one ends the process as ever."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        before = {number: signal.getsignal(number) for number in SIGNALS}

        def restore() -> None:
            for number, handler in before.items():
                loop.remove_signal_handler(number)
                signal.signal(number, handler)

        def stop() -> None:
            self.close_for("stopped")
            restore()

        for number in SIGNALS:
            loop.add_signal_handler(number, stop)
        try:
            yield
        finally:
            restore()
