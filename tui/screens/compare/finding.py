"""A line to type what is looked for, which is there only while it is used."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

__all__ = ["FindLine"]


class FindLine(Input):
    """Takes a text: enter looks for it, escape looks for nothing any more."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", "Show all", key_display="esc", id="find.leave"),
    ]

    class Found(Message):
        """What is looked for; empty for everything."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, *, placeholder: str, id: str) -> None:
        super().__init__(placeholder=placeholder, id=id, compact=True)
        self.display = False

    def open(self) -> None:
        """Show the line and give it the keys."""
        self.display = True
        self.focus()

    def action_give_up(self) -> None:
        """Look for nothing any more."""
        self.value = ""
        self._close("")

    def on_input_submitted(self, message: Input.Submitted) -> None:
        """Look for what was typed."""
        message.stop()
        self._close(self.value.strip())

    def _close(self, text: str) -> None:
        self.display = False
        self.post_message(self.Found(text))
