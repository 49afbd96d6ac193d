"""What ``pause``, ``stop`` and ``resume`` share: the run they are about, the waiting, and the answer."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from personas.errors import InputError
from simulator.journal import Journal
from simulator.journal.lock import is_running
from tui.cli.output import console, print_json
from tui.cli.parts import run_in
from tui.plaintext import count
from tui.reading.provenance import at_rest, state_of_run

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["answer", "at_work", "rests", "waited"]

LOOK = 0.1


def at_work(folder: str) -> Path:
    """Return the folder of a run that an engine works on.

    Raises:
        InputError: there is no run, or no engine works on it.
    """
    run = run_in(Path(folder))
    Journal.read(run).close()  # which says where there is none
    if not is_running(run):
        raise InputError(
            "no engine works on this run", where=folder, remedy=f"go on with it: commonbond resume {folder}"
        )
    return run


def waited(holds: Callable[[], bool], seconds: float) -> bool:
    """Wait until something holds, and return whether it came to that in time."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() >= deadline:
            return False
        time.sleep(LOOK)
    return True


def rests(folder: Path) -> bool:
    """Return whether nothing is under way in a run any more."""
    if not is_running(folder):
        return True
    with Journal.read(folder) as journal:
        return at_rest(journal, folder)


def answer(command: str, folder: str, run: Path, *, as_json: bool, said: str, process: int | None) -> None:
    """Print the state that a run is in."""
    with Journal.read(run) as journal:
        state, (done, total) = state_of_run(journal, run), journal.progress()
        resting = at_rest(journal, run)
    if as_json:
        found = {"command": command, "run": folder, "state": state, "process": process}
        print_json({**found, "at_rest": resting, "done": done, "total": total})
    else:
        console().print(f"{said} · {done:,} of {count(total, 'judgement')}", markup=False, highlight=False)
