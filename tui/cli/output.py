"""How every command answers: one JSON object on standard output, or tables; progress on standard error.

Nothing that a stranger wrote reaches the terminal but as plain characters: all text passes through here.
"""

from __future__ import annotations

import json
import re
import sys
import time
from contextlib import contextmanager
from os import environ
from typing import TYPE_CHECKING, Any

from rich import box
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from tui.plaintext import one_line, shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

__all__ = ["bar", "cell", "console", "listing", "print_json", "print_table", "progress", "signed", "tell"]

FULL, EMPTY = "█", "·"
WIDTH = 100
"""Columns of a table that goes to a file or a pipe, unless COLUMNS says otherwise."""
DECIMALS = 9
"""As in the journal, so that equal runs have equal answers."""
SECONDS = 30.0
"""How often progress is told where there is no terminal."""

_STEERING = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]")


class _Plain(Console):
    """A console that prints strings as plain characters, whatever they hold."""

    def print(self, *objects: Any, **options: Any) -> None:
        """Print; strings lose what could steer a terminal, and lines the spaces at their end."""
        with self.capture() as drawn:
            plain = (Text(shown(part)) if isinstance(part, str) else part for part in objects)
            super().print(*plain, **options)
        self.file.write("\n".join(line.rstrip(" ") for line in drawn.get().split("\n")))


def console() -> Console:
    """Return a console on standard output that takes no text for markup or control."""
    fixed = not sys.stdout.isatty() and not environ.get("COLUMNS", "").isdigit()
    return _Plain(markup=False, highlight=False, emoji=False, soft_wrap=False, width=WIDTH if fixed else None)


def print_json(data: dict[str, Any]) -> None:
    """Print one JSON object: figures with nine decimals, and escaped what could steer a terminal or is no UTF-8."""
    text = json.dumps(_rounded(data), ensure_ascii=False, indent=1, default=str, allow_nan=False)
    print(_STEERING.sub(lambda match: f"\\u{ord(match[0]):04x}", text))


def tell(text: str) -> None:
    """Print a line of progress on standard error."""
    print(one_line(text, limit=4_000), file=sys.stderr, flush=True)


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


def signed(text: str) -> str:
    """Return a written figure with its sign, also where it is positive, but not where nothing is left of it.

    >>> signed(".038"), signed("-.2"), signed("-.000"), signed("—")
    ('+.038', '-.2', '.000', '—')
    """
    if not text.strip("-.0"):
        return text.removeprefix("-")
    return f"+{text}" if text[0] in ".123456789" else text


def print_table(
    screen: Console,
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    told: str = "",
    right: int = 0,
    ruled: bool = False,
    named: float = 0.0,
) -> None:
    """Print a table of plain texts under its title.

    Args:
        told: whose figures these are, in a line below the title.
        right: how many of the last columns are figures: aligned to the right and never wrapped.
        ruled: whether a row with an empty first cell belongs to the row above; the others get a rule.
        named: names to copy, in the first column, are not broken while they fit into this share of the width.
    """
    unbroken = max((cell_len(str(row[0])) for row in rows), default=0) <= screen.width * named
    made = Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False)
    for number, name in enumerate(columns):
        figures = number >= len(columns) - right
        made.add_column(
            cell(name),
            justify="right" if figures else "left",
            no_wrap=figures or (unbroken and not number),
            overflow="fold",
        )
    for number, row in enumerate(rows):
        if ruled and number and row[0] != "":
            made.add_section()
        made.add_row(*(cell(value) for value in row))
    screen.print(cell(title), style="bold")
    if told:
        screen.print(cell(told))
    screen.print(made)


def listing(rows: Sequence[tuple[str, object]]) -> Table:
    """Return labelled texts, each wrapped beside its label."""
    made = Table.grid(padding=(0, 2))
    made.add_column(no_wrap=True)
    made.add_column(overflow="fold")
    for label, text in rows:
        made.add_row(cell(label), cell(text))
    return made


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, DECIMALS)
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part) for part in value]
    return value


class _Bars:
    """Progress by name, on standard error: as bars in a terminal, elsewhere as a line now and then."""

    def __init__(self, shown: Any, *, moving: bool) -> None:
        self._shown, self._moving = shown, moving
        self._tasks: dict[str, Any] = {}
        self._told = time.monotonic()

    def advance(self, name: str, note: Callable[[], str] = str) -> Callable[[int, int], None]:
        """Return a function of done and total that moves one bar; ``note`` says what else to tell beside it."""

        def move(done: int, total: int) -> None:
            if not self._moving:
                self._tell(name, done, total, note)
                return
            if name not in self._tasks:
                self._tasks[name] = self._shown.add_task(name, total=total)
            told = " · ".join(part for part in (name, note()) if part)
            self._shown.update(self._tasks[name], completed=done, total=total, description=told)

        return move

    def reading(self) -> Callable[[Path, int, int], None]:
        """Return a function of path, done and total that moves a bar for each file."""

        def move(path: Path, done: int, total: int) -> None:
            self.advance(one_line(path.name))(done, total)

        return move

    def _tell(self, name: str, done: int, total: int, note: Callable[[], str]) -> None:
        now = time.monotonic()
        if now - self._told >= SECONDS:
            self._told = now
            tell(" · ".join(part for part in (f"{name}: {done:,} of {total:,}", note()) if part))


@contextmanager
def progress() -> Iterator[_Bars]:
    """Show on standard error how far a command is."""
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    screen = Console(stderr=True, markup=False, highlight=False)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        TaskProgressColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal) as shown_bars:
        yield _Bars(shown_bars, moving=screen.is_terminal)
