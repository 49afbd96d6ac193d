"""The engine as a process of its own: started, watched and stopped from here, never shared with.

Its output goes to files without a name, not to pipes, and it leads a session of its own: so it neither
stops nor fails when the interface is left.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from personas.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Engine", "Order", "free_folder"]

Kind = Literal["simulate", "bench", "communities"]
LONGEST_LOG = 64_000
REACH = ("api_base", "price", "max_cost", "max_calls")


@dataclass(frozen=True, kw_only=True)
class Order:
    """What the engine is to do, as its command line says it.

    Args:
        kind: the command.
        corpus: the corpus's folder.
        out: the run's folder; None for a command that writes no run.
        panel: the personas a community; the command's own default where None. ``seed``: of all draws.
        items: how many items at the most; all where None.
        model: the language model, as litellm names it; the offline engine where empty.
        api_base: the address of a server of one's own. ``price``: ``IN/OUT``. ``max_cost`` and ``max_calls``:
            what the run may use up. All as the command line takes them, and empty where not given.
    """

    kind: Kind
    corpus: Path
    out: Path | None = None
    panel: int | None = None
    seed: int | None = None
    items: int | None = None
    model: str = ""
    api_base: str = ""
    price: str = ""
    max_cost: str = ""
    max_calls: str = ""

    def __post_init__(self) -> None:
        for name, least in (("panel", 1), ("seed", 0), ("items", 1)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise InputError(f"{name} is {value}", remedy=f"it must be {least} or more")
        for name in REACH:
            if getattr(self, name) and not self.model:
                raise InputError(f"{name} is given, and no model", remedy="name a model, or leave it empty")

    @property
    def key(self) -> Path:
        """The folder that the command writes to."""
        return (self.out or self.corpus).resolve()

    def command(self) -> list[str]:
        """Return the command line that carries it out."""
        choices = {"--panel": self.panel, "--seed": self.seed, "--items": self.items, "--out": self.out}
        for name in ("model", *REACH):
            choices[f"--{name.replace('_', '-')}"] = getattr(self, name) or None
        given = [part for name, value in choices.items() if value is not None for part in (name, str(value))]
        return [sys.executable, "-m", "tui.cli.main", self.kind, str(self.corpus), *given, "--json"]


class Engine:
    """A process that carries out an order. Every method may wait for the disk: call them from a thread."""

    def __init__(self, order: Order, command: list[str] | None = None) -> None:
        self.order = order
        self._said = tempfile.TemporaryFile()  # noqa: SIM115  it lives as long as the process is watched
        try:
            with tempfile.TemporaryFile() as answer:
                self._process = subprocess.Popen(
                    command or order.command(),
                    stdin=subprocess.DEVNULL,
                    stdout=answer,
                    stderr=self._said,
                    start_new_session=True,
                )
        except OSError as error:
            self._said.close()
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
    """Return a folder beside the corpus that is not there yet: ``coffee-run1`` for ``coffee.corpus``."""
    number = 1
    while (folder := corpus.with_name(f"{corpus.stem}-{word}{number}")).exists():
        number += 1
    return folder
