"""Leaving at a signal as one leaves with a key, so that the terminal is given back and what was opened is told."""

from __future__ import annotations

import asyncio
import signal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from textual.app import App

__all__ = ["leave_at_signals"]


def leave_at_signals(app: App[Any]) -> None:
    """Have an application that runs leave at SIGTERM, SIGHUP and SIGINT, with the exit code that a shell expects.

    Called in the application's own loop. Engines are in sessions of their own: no signal reaches them from here.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        loop.add_signal_handler(number, _leave, app, 128 + number)


def _leave(app: App[Any], code: int) -> None:
    app.exit(return_code=code)
