"""Steering the engine of a run from outside: pause it, let it go on, stop it; whoever started it.

A pause is a file in the run's folder, which the engine looks for; stopping is a signal to the process that holds the
engine's lock, and to no other: a number that the system gave to another process meanwhile is seen through.
"""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

from personas.errors import InputError
from simulator.journal.lock import PROCESS, is_running
from simulator.journal.reading import JOURNAL

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["PAUSE", "engine_process", "go_on", "is_paused", "kill", "pause", "pause_files", "stop"]

PAUSE = "engine.pause"
PATIENCE, LOOK = 1.0, 0.02
"""Seconds that an engine which is just starting has to say who it is, and between two looks."""
SLACK = 2.0
"""Seconds by which the clocks of a file system and of the system's processes may differ."""


def pause(folder: Path) -> None:
    """Have the engine begin nothing more; what is under way comes to its end.

    Raises:
        InputError: no engine works on the run, or the folder may not be written.
    """
    if not is_running(folder):
        raise _idle(folder)
    try:
        (folder / PAUSE).touch()
    except OSError as error:
        raise InputError(
            f"the engine cannot be paused: {error}", where=str(folder), remedy="stop it instead"
        ) from error


def go_on(folder: Path) -> bool:
    """Let a paused engine go on, and return whether it was paused.

    Raises:
        InputError: the folder may not be written.
    """
    try:
        (folder / PAUSE).unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise InputError(f"the engine cannot be let go on: {error}", where=str(folder)) from error
    return True


def is_paused(folder: Path) -> bool:
    """Return whether the engine of a run is to pause, or does."""
    return (folder / PAUSE).exists()


def pause_files(folder: Path) -> tuple[Path, ...]:
    """Return the files that pause the engine of a run: its own, and that of the run which it is a control of."""
    above = [each for each in folder.resolve().parents[:2] if (each / JOURNAL).is_file()]
    return tuple(each / PAUSE for each in (folder, *above))


def stop(folder: Path) -> int:
    """Ask the engine that works on the run to stop, and return the number of its process; it is not waited for.

    It writes what is under way, and leaves the run so that it can go on.

    Raises:
        InputError: no engine works on the run, its process cannot be told, or it is another user's.
    """
    return _told_to(folder, signal.SIGTERM)


def kill(folder: Path) -> int:
    """End the engine at once, and return the number of its process; what is under way is lost, nothing else.

    Raises:
        InputError: as in ``stop``.
    """
    return _told_to(folder, signal.SIGKILL)


def _told_to(folder: Path, number: signal.Signals) -> int:
    process, handle = _held(folder)
    try:
        if handle is None:
            os.kill(process, number)
        else:
            signal.pidfd_send_signal(handle, number)
    except ProcessLookupError:
        pass  # it has ended meanwhile, which is what was wanted
    except PermissionError as error:
        raise InputError(
            f"the engine is another user's process {process}",
            where=str(folder),
            remedy="have that user stop it",
        ) from error
    finally:
        if handle is not None:
            os.close(handle)
    return process


def engine_process(folder: Path) -> int | None:
    """Return the number of the process that works on the run; None where none does, or it cannot be told."""
    written = _written(folder / PROCESS)
    return written[0] if written and is_running(folder) and _wrote(*written) else None


def _held(folder: Path) -> tuple[int, int | None]:
    """Return the process that holds the lock, with a handle of it where the system has such."""
    deadline = time.monotonic() + PATIENCE
    while True:
        if not is_running(folder):
            raise _idle(folder)
        written = _written(folder / PROCESS)
        if written is not None:
            handle = _handle(written[0])
            # Seen again with the handle in hand: from now on its number cannot become another process's.
            if _wrote(*written) and _written(folder / PROCESS) == written and is_running(folder):
                return written[0], handle
            if handle is not None:
                os.close(handle)
        if time.monotonic() > deadline:
            raise InputError(
                "an engine works on this run, and which process it is cannot be told",
                where=str(folder),
                remedy="stop it where it was started",
            )
        time.sleep(LOOK)


def _idle(folder: Path) -> InputError:
    return InputError(
        "no engine works on this run", where=str(folder), remedy="go on with it: commonbond resume RUN"
    )


def _written(path: Path) -> tuple[int, float] | None:
    """Return the process that an engine wrote down, and when it did, in seconds since 1970."""
    try:
        text, when = path.read_text(encoding="utf-8").strip(), path.stat().st_mtime
    except OSError:
        return None
    return (int(text), when) if text.isdecimal() and int(text) else None


def _wrote(process: int, when: float) -> bool:
    """Return whether a process can have written a file at a time: one that began later was only given its number."""
    begun = _begun(process)
    return begun is not None and begun <= when + SLACK


def _begun(process: int) -> float | None:
    """Return when a process began, in seconds since 1970, and 0 where the system does not say; None if it is gone."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0.0 if not Path("/proc/self/stat").exists() and _lives(process) else None
    after_name: Sequence[str] = fields.rpartition(")")[2].split()
    since_boot = int(after_name[19]) / os.sysconf("SC_CLK_TCK")
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME) + since_boot


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _handle(process: int) -> int | None:
    try:
        return os.pidfd_open(process)
    except (AttributeError, OSError, OverflowError):  # a system without such handles, or no process
        return None
