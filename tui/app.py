"""The terminal interface: it reads what the engine writes, in corpora and runs, and computes nothing itself."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App
from textual.binding import Binding, BindingType

from personas.errors import InputError
from tui.places import SIDES, screen_at
from tui.plaintext import count, one_line
from tui.reading.shelf import RunEntry, Shelf, find_folders, read_shelf
from tui.screens.base import InstrumentScreen
from tui.screens.home import HomeScreen
from tui.shell.own_settings import keep_settings, read_settings, settings_file
from tui.shell.plain_cells import PlainCells
from tui.shell.signals import leave_at_signals
from tui.shell.smooth import run_smoothly
from tui.shell.themes import CONTRAST, THEMES, HighContrast, own_colours, theme_title

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from textual.command import Provider
    from textual.filter import LineFilter
    from textual.screen import Screen

    from tui.ordering.engine import Engine, Order

__all__ = ["Interface", "run", "summary"]

MOST_COPIED = 70_000
"""Bytes that are copied: terminals take no longer sequence than about 100,000 characters of base64 (OSC 52)."""


def _commands() -> type[Provider]:
    """Return the palette's commands, loaded when the palette is first opened."""
    from tui.shell.commands import CommandProvider

    return CommandProvider


class Interface(App[int]):
    """The application: the folders that it was opened on, and the engines that it started.

    Args:
        home: corpora, runs, and folders that hold some; the current folder where empty.
    """

    TITLE = "commonbond"
    CSS_PATH = Path(__file__).with_name("app.tcss")
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_commands}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "guide", "Help", key_display="?", id="app.help"),
        Binding("ctrl+p", "command_palette", "Commands", show=False, priority=True, id="app.commands"),
        Binding("y", "copy", "Copy", show=False, tooltip="Copy what is marked", id="app.copy"),
        Binding("e", "save", "Save", show=False, tooltip="Save what is shown", id="app.save"),
        Binding("f2", "keys", "Keys", show=False, id="app.keys"),
        Binding("f3", "next_theme", "Theme", show=False, tooltip="Next theme", id="app.theme"),
        Binding("q", "quit", "Quit", id="app.quit"),
    ]

    def __init__(self, home: Sequence[Path] = ()) -> None:
        self._contrast, self._plain = HighContrast(), PlainCells()
        super().__init__()
        self.home = tuple(home)
        self.engines: dict[Path, Engine] = {}
        self.opened: dict[Path, None] = {}
        self.drafts: dict[Path, tuple[str, str]] = {}
        """The question and the options that were typed and not asked, by the corpus."""
        self.settings_path = settings_file()
        self.own_keys: dict[str, str] = {}
        self._problems: list[str] = []
        for theme in THEMES:
            self.register_theme(theme)
        self._take_settings()

    def _take_settings(self) -> None:
        """Have the theme and the keys that the user chose."""
        own = read_settings(self.settings_path)
        self._problems += own.problems
        theme = own.theme or THEMES[0].name
        if theme not in self.available_themes:
            self._problems.append(f"{self.settings_path}: there is no theme {theme!r}; f3 goes through them")
            theme = THEMES[0].name
        self.theme = theme
        if own.keys:
            self.bind_keys(own.keys)

    def on_mount(self) -> None:
        """Say what in the settings could not be used, once the first screen is there."""
        self.call_after_refresh(self._tell_problems)

    def _tell_problems(self) -> None:
        for problem in self._problems:
            self._say(problem, wrong=True)
        if self.own_keys:
            self.run_worker(self._check_keys, thread=True, group="keys")

    def _check_keys(self) -> None:
        """Look, in a thread, for keys of the user's that are none or that hide others."""
        from tui.shell.keys import key_problems

        for problem in key_problems(self.own_keys):
            self.call_from_thread(self._say, f"{self.settings_path}: {problem}", wrong=True)

    def get_default_screen(self) -> Screen[None]:
        """Return the first screen, so that it is what is painted first."""
        return HomeScreen()

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return the two colours of our own, for themes that do not set them."""
        return own_colours(dark=self.current_theme.dark)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Return what every line goes through, in a theme of high contrast also what brings its texts to 7 to 1."""
        filters = [*super().get_line_filters(), self._plain]
        return [*filters, self._contrast] if self.theme in CONTRAST else filters

    def bind_keys(self, keys: Mapping[str, str]) -> None:
        """Bind keys anew: for the ids of bindings, the keys that they have instead of those they come with."""
        self.own_keys = dict(keys)
        self.set_keymap(self.own_keys)

    def choose_theme(self, name: str) -> None:
        """Change the theme, and keep the choice for the next time."""
        self.theme = name
        path = self.settings_path

        def keep() -> None:
            try:
                keep_settings(path, theme=name)
            except InputError as error:
                self.call_from_thread(self._say, str(error), wrong=True)

        self.run_worker(keep, thread=True, group="keep")
        self._say(f"theme: {theme_title(name)}")

    def look_around(self) -> Shelf:
        """Find and read all corpora and runs; in a thread.

        Raises:
            InputError: a folder that the interface was opened on is gone.
        """
        return read_shelf(find_folders(self.home))

    def _say(self, text: str, *, wrong: bool = False) -> None:
        severity = "error" if wrong else "information"
        self.notify(one_line(text), severity=severity, markup=False, timeout=8)  # type: ignore[arg-type]

    def visit(self, place: str, folder: Path, **given: Any) -> None:
        """Show a screen of a run or a corpus (``tui.places``); a side in the place of another side of the same.

        Args:
            given: what else the screen takes.
        """
        from tui.screens.side import SideScreen

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

    def action_keys(self) -> None:
        """List all keys."""
        from tui.screens.keys import KeysScreen

        if not isinstance(self.screen, KeysScreen):
            self.push_screen(KeysScreen())

    def action_change_theme(self) -> None:
        """Choose a theme from the palette."""
        self.action_next_theme()

    def action_next_theme(self) -> None:
        """Go on to the next theme of ours."""
        names = [theme.name for theme in THEMES]
        place = names.index(self.theme) + 1 if self.theme in names else 0
        self.choose_theme(names[place % len(names)])

    def action_copy(self) -> None:
        """Copy the selection, or else what is marked or has the focus, through the terminal's clipboard."""
        from tui.shell.copying import what_to_copy

        text, what = what_to_copy(self.screen)
        if not text:
            self._say("There is nothing to copy here.", wrong=True)
            return
        whole = len(text.encode()) <= MOST_COPIED
        self.copy_to_clipboard(text if whole else text.encode()[:MOST_COPIED].decode("utf-8", "ignore"))
        cut = "" if whole else f", cut to {MOST_COPIED:,} bytes: e saves all of it to a file"
        self._say(f"Copied the {what}, {count(len(text), 'character')}{cut}: {text[:60]}")

    def action_save(self) -> None:
        """Save what is shown to a file."""
        from tui.screens.saving import SavingScreen
        from tui.shell.copying import file_name
        from tui.shell.pictures import taken

        if isinstance(self.screen, SavingScreen):
            return
        tables = self.screen.tables() if isinstance(self.screen, InstrumentScreen) else ()
        self.push_screen(SavingScreen(taken(self), tables, file_name(self.screen)), self._saved)

    def _saved(self, path: str | None) -> None:
        if path:
            self._say(f"Saved to {path}")


def run(home: list[Path]) -> int:
    """Open the interface on corpora, runs and folders that hold some, and return the exit code.

    Args:
        home: what to open; the current folder where empty.

    Raises:
        InputError: a folder that is named does not exist.
    """
    find_folders(home)
    interface = Interface(home)
    interface.call_later(leave_at_signals, interface)
    interface.call_later(run_smoothly, interface)
    interface.run()
    sys.stdout.write(summary(interface))
    return interface.return_code or 0


def summary(interface: Interface) -> str:
    """Return what was opened, how far each run is, and what to type to come back or to go on."""
    shelf = read_shelf(tuple(interface.opened))
    lines = [
        *(f"corpus {entry.folder}: {_described(entry.title, entry.fictional)}" for entry in shelf.corpora),
        *(f"run {entry.folder}: {_progress(interface, entry)}" for entry in shelf.runs),
    ]
    waiting = [entry.folder for entry in shelf.runs if _waits(interface, entry)]
    lines += [f"to go on: commonbond resume {_quoted(folder)}" for folder in waiting]
    if lines:
        lines.append(f"to come back: {_way_back(interface)}")
    return "".join(f"{one_line(line)}\n" for line in lines)


def _way_back(interface: Interface) -> str:
    """Return the command that opens the interface on the same folders."""
    folders = interface.home
    return f"commonbond --open {' '.join(map(_quoted, folders))}" if folders else "commonbond"


def _quoted(folder: Path) -> str:
    return shlex.quote(str(folder))


def _waits(interface: Interface, entry: RunEntry) -> bool:
    """Tell whether a run goes on only when it is told to."""
    return not entry.problem and entry.state not in {"done", "running"} and not _works(interface, entry)


def _works(interface: Interface, entry: RunEntry) -> bool:
    engine = interface.engine_of(entry.folder)
    return engine is not None and engine.ended() is None


def _progress(interface: Interface, entry: RunEntry) -> str:
    if entry.problem:
        return entry.problem
    running = entry.state == "running" or (entry.state != "paused" and _works(interface, entry))
    state = "running, and goes on" if running else entry.state
    return f"{state}, {entry.done:,} of {entry.total:,} · {_described(entry.predictor, entry.fictional)}"


def _described(text: str, fictional: bool) -> str:
    return f"{text} (fictional people and texts)" if fictional else text
