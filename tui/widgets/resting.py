"""Details that are drawn once the keys rest: a held arrow key passes rows by, and draws only the one it stops at."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.message_pump import MessagePump
    from textual.timer import Timer

__all__ = ["REST", "Resting"]

REST = 0.08
"""Seconds after which keys rest: more than lie between the repeats of a held key, less than one waits for."""


class Resting:
    """Does the latest of what it is told to do: at once after some rest, and else when there is rest again.

    Args:
        node: the widget or screen whose loop does it.
        rest: seconds.
    """

    def __init__(self, node: MessagePump, *, rest: float = REST) -> None:
        self._node, self._rest = node, rest
        self._last = float("-inf")
        self._timer: Timer | None = None

    def __call__(self, work: Callable[[], None]) -> None:
        """Do something now or soon, unless something else comes before."""
        now = time.monotonic()
        rested = now - self._last > self._rest
        self._last = now
        self.cancel()
        if rested:
            work()
        else:
            self._timer = self._node.set_timer(self._rest, work)

    def cancel(self) -> None:
        """Leave undone what waits."""
        if self._timer is not None:
            self._timer.stop()
            self._timer = None
