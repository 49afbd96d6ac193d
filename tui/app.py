"""The terminal interface: it reads what the engine writes, in corpora and runs, and computes nothing itself."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType
from textual.theme import Theme

from tui.places import SIDES, screen_at
from tui.plaintext import one_line
from tui.reading.shelf import RunEntry, find_folders, read_shelf
from tui.screens.home import HomeScreen

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.screen import Screen

    from tui.engine import Engine, Order

__all__ = ["Interface", "run", "summary"]

DARK = Theme(
    name="commonbond",
    primary="#7aa2c8",
    secondary="#c8a36a",
    accent="#e0b060",
    warning="#e0b060",
    error="#e07a6a",
    success="#8ab87a",
    foreground="#d8d8d2",
    background="#14171a",
    surface="#1a1e22",
    panel="#242a30",
    dark=True,
    variables={"real": "#8fb8de", "simulated": "#e0b060", "footer-key-foreground": "#e0b060"},
)
LIGHT = Theme(
    name="commonbond-light",
    primary="#2d5f8a",
    secondary="#8a5a14",
    accent="#8a5a14",
    warning="#8a5a14",
    error="#a83828",
    success="#3d6b2e",
    foreground="#22262a",
    background="#f6f5f0",
    surface="#efeee8",
    panel="#e2e0d8",
    dark=False,
    variables={"real": "#2d5f8a", "simulated": "#8a5a14", "footer-key-foreground": "#8a5a14"},
)


class Interface(App[int]):
    """The application: the folders that it was opened on, and the engines that it started.

    Args:
        home: corpora, runs, and folders that hold some; the current folder where empty.
        alone: whether ``home`` is one corpus or run, which is then opened at once.
    """

    TITLE = "commonbond"
    CSS_PATH = Path(__file__).with_name("app.tcss")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "guide", "Help", key_display="?"),
        Binding("q", "quit", "Quit"),
    ]

    def __init__(self, home: Sequence[Path] = ()) -> None:
        super().__init__()
        self.home = tuple(home)
        self.engines: dict[Path, Engine] = {}
        self.opened: dict[Path, None] = {}
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = DARK.name

    def get_default_screen(self) -> Screen[None]:
        """Return the first screen, so that it is what is painted first."""
        return HomeScreen()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return the two colours of our own, for themes that do not set them."""
        return {"real": "#8fb8de", "simulated": "#e0b060"}

    def visit(self, place: str, folder: Path, **given: Any) -> None:
        """Show a screen of a run or a corpus (``tui.places``); a side in the place of another side of the same.

        Args:
            given: what else the screen takes.
        """
        from tui.screens.base import SideScreen

        screen = screen_at(place, folder, **given)
        self.opened[folder] = None
        if place in SIDES and isinstance(self.screen, SideScreen) and self.screen.folder == folder:
            if type(self.screen) is not type(screen):
                self.switch_screen(screen)
            return
        self.push_screen(screen)

    def leave(self) -> None:
        """Go back to the screen before; from the first one, nowhere."""
        if len(self.screen_stack) > 1:
            self.pop_screen()

    def engine_of(self, folder: Path) -> Engine | None:
        """Return the engine that was started here and writes to a folder."""
        return self.engines.get(folder.resolve())

    def begun(self, order: Order, engine: Engine) -> None:
        """Remember an engine that was started."""
        self.engines[order.key] = engine
        if order.out is not None:
            self.opened[order.out] = None

    def action_guide(self) -> None:
        """Explain the screen."""
        from tui.screens.guide import GuideScreen

        if not isinstance(self.screen, GuideScreen):
            self.push_screen(GuideScreen(self.screen))


def run(home: list[Path]) -> int:
    """Open the interface on corpora, runs and folders that hold some, and return the exit code.

    Args:
        home: what to open; the current folder where empty.

    Raises:
        InputError: a folder that is named does not exist.
    """
    find_folders(home)
    interface = Interface(home)
    interface.run()
    sys.stdout.write(summary(interface))
    return interface.return_code or 0


def summary(interface: Interface) -> str:
    """Return what was opened and how far each run is, a line each."""
    shelf = read_shelf(tuple(interface.opened))
    lines = [
        *(f"corpus {entry.folder}: {_described(entry.title, entry.fictional)}" for entry in shelf.corpora),
        *(f"run {entry.folder}: {_progress(interface, entry)}" for entry in shelf.runs),
    ]
    return "".join(f"{one_line(line)}\n" for line in lines)


def _progress(interface: Interface, entry: RunEntry) -> str:
    if entry.problem:
        return entry.problem
    engine = interface.engine_of(entry.folder)
    running = engine is not None and engine.ended() is None
    state = "running, and goes on" if running else entry.state
    return f"{state}, {entry.done:,} of {entry.total:,} · {_described(entry.predictor, entry.fictional)}"


def _described(text: str, fictional: bool) -> str:
    return f"{text} (fictional people and texts)" if fictional else text
