"""A gate before a model: closed, no further call is made, while those in flight land in the journal."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from simulator.models.model import StoppedError
from simulator.pausing import closed_by

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.models.model import Call, Model, Reply
    from simulator.pausing import Pausing

__all__ = ["Gate"]

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Gate:
    """A model that can be closed from outside; calls made after that stop the run, and none is cut off.

    Args:
        pausing: closed with it, so that calls which wait for their turn are not made either.
    """

    def __init__(self, inner: Model, *, pausing: Pausing | None = None) -> None:
        self.inner, self.pausing = inner, pausing
        self.name = inner.name
        self._reason = ""

    def close_for(self, reason: str) -> None:
        """Let no further call through."""
        self._reason = self._reason or reason
        if self.pausing is not None:
            self.pausing.close_for(reason)

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
        with closed_by(SIGNALS, self.close_for):
            yield
