"""The process behind one tab of the browser: the interface, drawn down a pipe (``commonbond serve`` starts it)."""

from __future__ import annotations

import sys
from pathlib import Path

from textual import events, messages
from textual.drivers.web_driver import WebDriver

from tui.app import Interface

__all__ = ["main"]


class PipeDriver(WebDriver):
    """Textual's driver for a pipe, which begins with the focus, and ends when nobody is at the other end any more."""

    def start_application_mode(self) -> None:
        """Begin; Textual's driver takes the focus away, and a page that has it from the start never says so."""
        super().start_application_mode()
        self._app.call_later(self._app.post_message, events.AppFocus())

    def run_input_thread(self) -> None:
        """Read keys until the pipe is closed, then leave."""
        super().run_input_thread()
        self._app.post_message(messages.ExitApp())


def main() -> int:
    """Open the interface on the folders that the command line names, and return the exit code."""
    interface = Interface([Path(folder) for folder in sys.argv[1:]])
    interface.driver_class = PipeDriver
    interface.run()
    return interface.return_code or 0


if __name__ == "__main__":
    sys.exit(main())
