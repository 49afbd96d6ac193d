"""One engine a run: a lock that the system takes back when its process dies, however it dies."""

from __future__ import annotations

import os
import time
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
            holder = _read(self._process)
            raise InputError(
                f"another engine works on this run{f', process {holder}' if holder else ''}",
                where=str(folder),
                remedy="wait for it, or stop it and give the command again",
            ) from None
        self._process.write_text(f"{os.getpid()}\n", encoding="utf-8")

    def release(self) -> None:
        """Let another engine work on the run."""
        if self._lock.is_locked:
            self._process.unlink(missing_ok=True)
            self._lock.release()


def is_running(folder: Path) -> bool:
    """Return whether an engine works on the run in ``folder`` now."""
    from filelock import FileLock, Timeout

    if not (folder / LOCK).exists():
        return False
    try:
        with FileLock(folder / LOCK, thread_local=False, blocking=False):
            return False
    except Timeout:
        return True
    except OSError:  # a folder that may not be written holds no engine of this user's
        return False


def _read(path: Path) -> str:
    for _ in range(5):
        try:
            return path.read_text(encoding="utf-8").strip()
        except OSError:
            time.sleep(0.05)
    return ""
