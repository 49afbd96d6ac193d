"""How every command answers: one JSON object on standard output, or tables; progress on standard error."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from tui.plaintext import one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

__all__ = ["bar", "cell", "console", "print_json", "progress", "table", "tell"]

FULL, EMPTY = "█", "·"


def console() -> Console:
    """Return a console on standard output that takes no text for markup."""
    wide = {} if sys.stdout.isatty() else {"width": 140}
    return Console(markup=False, highlight=False, emoji=False, soft_wrap=False, **wide)  # type: ignore[arg-type]


def print_json(data: dict[str, Any]) -> None:
    """Print one JSON object."""
    print(json.dumps(data, ensure_ascii=False, indent=1, default=str))


def tell(text: str) -> None:
    """Print a line of progress on standard error."""
    print(one_line(text), file=sys.stderr, flush=True)


def cell(text: object) -> Text:
    """Return a text of any origin as plain characters in one line."""
    return Text(one_line(str(text)))


def bar(share: float, width: int = 20) -> str:
    """Return a share as a bar of characters.

    >>> bar(0.5, 4)
    '██··'
    """
    filled = round(max(0.0, min(1.0, share)) * width)
    return FULL * filled + EMPTY * (width - filled)


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[object]], *, right: int = 0) -> Table:
    """Return a table of plain texts; the last ``right`` columns are aligned to the right."""
    made = Table(title=Text(title), title_justify="left", title_style="bold", show_edge=False, pad_edge=False)
    for number, name in enumerate(columns):
        numeric = number >= len(columns) - right
        made.add_column(Text(name), justify="right" if numeric else "left", no_wrap=numeric)
    for row in rows:
        made.add_row(*(cell(value) for value in row))
    return made


class _Bars:
    """Progress bars by name, on standard error."""

    def __init__(self, shown: Any) -> None:
        self._shown = shown
        self._tasks: dict[str, Any] = {}

    def advance(self, name: str) -> Callable[[int, int], None]:
        """Return a function of done and total that moves one bar."""

        def move(done: int, total: int) -> None:
            if name not in self._tasks:
                self._tasks[name] = self._shown.add_task(name, total=total)
            self._shown.update(self._tasks[name], completed=done, total=total)

        return move

    def reading(self) -> Callable[[Path, int, int], None]:
        """Return a function of path, done and total that moves a bar for each file."""

        def move(path: Path, done: int, total: int) -> None:
            self.advance(one_line(path.name))(done, total)

        return move


@contextmanager
def progress() -> Iterator[_Bars]:
    """Show progress bars on standard error while a command works; without a terminal, nothing moves."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    screen = Console(stderr=True, markup=False, highlight=False)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as shown:
        yield _Bars(shown)
