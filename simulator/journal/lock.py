"""One engine a run: a lock that the system takes back when its process dies, however it dies."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from personas.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["EngineLock", "is_running"]

LOCK, PROCESS = "engine.lock", "engine.process"
PATIENCE = 1.0
"""Seconds that an engine tries for: a reader that looks whether one runs holds the lock for an instant."""


class EngineLock:
    """The lock of the engine that works on the run in a folder.

    Raises:
        InputError: another engine holds it.
    """

    def __init__(self, folder: Path) -> None:
        from filelock import FileLock, Timeout

        self._lock = FileLock(folder / LOCK, thread_local=False)
        self._process = folder / PROCESS
        try:
            self._lock.acquire(timeout=PATIENCE, poll_interval=0.05)
        except Timeout:
            holder = _holder(self._process)
            raise InputError(
                "another engine works on this run",
                where=str(folder),
                remedy=f"wait for it, or stop it: process {holder}" if holder else "wait for it",
            ) from None
        try:
            self._process.write_text(f"{os.getpid()}\n", encoding="utf-8")
        except BaseException:
            self.release()
            raise

    def release(self) -> None:
        """Let another engine work on the run."""
        if self._lock.is_locked:
            self._process.unlink(missing_ok=True)
            self._lock.release()


def is_running(folder: Path) -> bool:
    """Return whether an engine works on the run in ``folder`` now.

    It looks by taking the lock for an instant, for which an engine that is about to start waits.
    """
    from filelock import FileLock, Timeout

    if not (folder / LOCK).exists():
        return False
    try:
        with FileLock(folder / LOCK, thread_local=False, blocking=False):
            return False
    except Timeout:
        return True
    except OSError:  # what this user may not lock can only be told from what the engine wrote
        return _lives(_holder(folder / PROCESS))


def _holder(path: Path) -> int:
    """Return the number of the process that holds the lock; 0 where it is not known."""
    try:
        written = path.read_text(encoding="utf-8").strip()
    except OSError:
        return 0
    return int(written) if written.isdecimal() else 0


def _lives(process: int) -> bool:
    if not process:
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return True
    return True
