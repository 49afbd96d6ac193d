"""What a run may use up, asked for anew where it stopped at a limit."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static

from tui.spent import UNITS, Used, limits_of
from tui.widgets.keyline import KeyLine
from tui.widgets.prose import heading, plain

if TYPE_CHECKING:
    from textual.app import ComposeResult

    from tui.reading.live import LiveView

__all__ = ["LimitsScreen"]

NAMES = {"cost": "Cost ≤ $", "tokens": "Tokens ≤", "calls": "Requests ≤"}


class LimitsScreen(ModalScreen["tuple[str, ...] | None"]):
    """Asks for higher limits, and gives them as the command line takes them; None where it was left."""

    CSS_PATH = Path(__file__).with_name("run.tcss")
    GUIDE = """The run stopped because it would have used up more than it may. Enter a higher limit, and it goes on;
what it has used up counts towards it, and so does what is set aside for requests of a killed engine, of which nobody
knows what they took. Escape leaves it stopped."""
    GUIDES: ClassVar[dict[str, str]] = {
        "cost": "What the run may cost in all, in US dollars, with what it has cost so far.",
        "tokens": "The tokens of prompts and replies that the run may take in all.",
        "calls": "The requests that the run may make in all, repeated ones included.",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Leave it", key_display="esc", id="limits.leave"),
        Binding("ctrl+s", "go_on", "Go on", id="limits.go_on"),
    ]

    def __init__(self, live: LiveView) -> None:
        super().__init__()
        self._limits = limits_of(live)

    def compose(self) -> ComposeResult:
        """Yield a field for each limit, twice as high as it was."""
        with Vertical(id="frame"):
            yield Static(heading("What may the run use up in all?"), markup=False)
            yield Static(plain("What it has used up so far counts towards it."), classes="hint", markup=False)
            for each in self._limits:
                with Horizontal(classes="field"):
                    yield Label(NAMES[each.name], markup=False)
                    yield Input(f"{2 * each.limit:.12g}", type="number", compact=True, id=each.name)
                    aside = (
                        f", {UNITS[each.name].format(each.aside)} set aside" if each.aside >= 0.005 else ""
                    )
                    yield Static(plain(f"{_spent(each)} so far{aside}"), markup=False)
            yield Static("", id="problem", markup=False)
        yield KeyLine()

    def on_input_submitted(self) -> None:
        """Go on."""
        self.action_go_on()

    def action_go_on(self) -> None:
        """Give the limits, unless one of them would stop the run at once."""
        given: list[str] = []
        for each in self._limits:
            value = _number(self.query_one(f"#{each.name}", Input).value)
            if value is None or value <= each.used + each.aside:
                told = f"{NAMES[each.name].split(' ')[0].lower()}: it must be more than {_spent(each)}"
                self.query_one("#problem", Static).update(plain(f"✗ {told}"))
                return
            given += [f"--max-{each.name}", f"{value:.12g}" if each.name == "cost" else str(int(value))]
        self.dismiss(tuple(given))


def _spent(each: Used) -> str:
    return UNITS[each.name].format(each.used + each.aside)


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
