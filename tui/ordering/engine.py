"""The engine as a process of its own: started, watched and stopped from here, never shared with.

Its output goes to files without a name, not to pipes, and it leads a session of its own: so it neither
stops nor fails when the interface is left.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from personas.errors import InputError
from tui.ordering.choices import named

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Engine", "Order", "free_folder"]

LONGEST_LOG = 64_000
LONGEST_NAME = 48
"""Characters of a folder's name that others are named after: a name has room for 255 bytes."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """What the engine is to do, as its command line says it.

    Args:
        kind: the command.
        place: the folder or file that it is about: a corpus, a run, or prompts.
        out: the folder that it writes to; None for a command that writes to none.
        given: what else its command line says.
    """

    kind: str
    place: Path
    out: Path | None = None
    given: tuple[str, ...] = ()

    @property
    def key(self) -> Path:
        """The folder that the command writes to, or is about."""
        return (self.out or self.place).resolve()

    def command(self) -> list[str]:
        """Return the command line that carries it out."""
        out = () if self.out is None else named("--out", str(self.out))
        return [
            *(sys.executable, "-m", "tui.cli.main", self.kind),
            *(*self.given, *out, "--json", "--", str(self.place)),
        ]


class Engine:
    """A process that carries out an order. Every method may wait for the disk: call them from a thread."""

    def __init__(self, order: Order, command: list[str] | None = None) -> None:
        self.order = order
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  both live as long as the process is watched
        self._answer = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            self._process = subprocess.Popen(
                command or order.command(),
                stdin=subprocess.DEVNULL,
                stdout=self._answer,
                stderr=self._said,
                start_new_session=True,
            )
        except OSError as error:
            self._said.close()
            self._answer.close()
            raise InputError(f"the engine cannot be started: {error}") from error
        self.stopping = False

    @property
    def process(self) -> int:
        """The number of the process."""
        return self._process.pid

    def ended(self) -> int | None:
        """Return the exit code; None while it runs."""
        return self._process.poll()

    def log(self) -> str:
        """Return the end of what it said on standard error."""
        size = os.fstat(self._said.fileno()).st_size
        start = max(0, size - LONGEST_LOG)
        return os.pread(self._said.fileno(), LONGEST_LOG, start).decode("utf-8", "replace")

    def answer(self) -> dict[str, Any]:
        """Wait until it has ended, and return what its command printed as JSON.

        Raises:
            InputError: what the command refused, or that it printed nothing.
        """
        code = self._process.wait()
        size = os.fstat(self._answer.fileno()).st_size
        try:
            found: dict[str, Any] = json.loads(os.pread(self._answer.fileno(), size, 0))
        except ValueError as error:
            last = self.log().strip().rsplit("\n", 1)[-1]
            raise InputError(f"the engine ended with code {code}: {last or 'it said nothing'}") from error
        if found.get("command") == "error":
            told = found["error"]
            raise InputError(told["what"], where=told["where"], remedy=told["remedy"])
        return found

    def stop(self, *, patience: float = 5.0) -> int:
        """End it, by force where it does not end in ``patience`` seconds, and return the exit code.

        What it has written to its journal stays, and the same order goes on from there.
        """
        self.stopping = True
        self._signal(signal.SIGTERM)
        try:
            return self._process.wait(patience)
        except subprocess.TimeoutExpired:
            self._signal(signal.SIGKILL)
            return self._process.wait()

    def _signal(self, number: signal.Signals) -> None:
        """Send a signal to the process and to what it started itself, which share its session."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, number)


def free_folder(corpus: Path, word: str = "run") -> Path:
    """Return a folder beside the corpus that is not there yet: ``coffee-run1`` for ``coffee.corpus``.

    Of a name that leaves no room for more, the beginning is taken over, and for signs that cannot be seen a dash.
    """
    stem = corpus.stem[:LONGEST_NAME]
    number, name = 1, "".join(sign if sign.isprintable() else "-" for sign in stem)
    while (folder := corpus.with_name(f"{name}-{word}{number}")).exists():
        number += 1
    return folder
