"""The shelf, read again and again while it is looked at: what was not written to since is not read twice."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from personas.manifest import MANIFEST
from tui.reading.shelf import BENCHMARK, DATA, MAP, RunEntry, Shelf, find_folders, read_shelf

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

__all__ = ["ShelfReader"]

FRESH = 3.0
"""Seconds for which the folders that were found are not looked for again."""


class ShelfReader:
    """Reads the shelf of some folders, with the controls of each run; in a thread."""

    def __init__(self) -> None:
        self._kept: dict[tuple[Path, object], tuple[object, Any]] = {}
        self._folders: tuple[Path, ...] = ()
        self._found = -FRESH

    def read(self, home: Sequence[Path], *, anew: bool = True) -> Shelf:
        """Return all that ``home`` names or holds.

        Args:
            anew: whether folders are looked for also if that was just done.

        Raises:
            InputError: a folder that is named does not exist.
        """
        if anew or time.monotonic() - self._found > FRESH:
            self._folders = find_folders(home)
            self._found = time.monotonic()
        return read_shelf(self._folders, controls=True, keep=self._keep)

    def _keep(self, folder: Path, read: Callable[[Path], Any]) -> Any:
        """Return what reading a folder gives; from before if nothing was written since, but for runs under way."""
        stamp, kept = _stamp(folder), self._kept.get((folder, read))
        settled = kept is not None and not (isinstance(kept[1], RunEntry) and kept[1].state != "done")
        if kept is not None and settled and kept[0] == stamp:
            return kept[1]
        entry = read(folder)
        self._kept[folder, read] = (stamp, entry)
        return entry


def _stamp(folder: Path) -> tuple[object, ...]:
    """Return what changes when a folder is written to; an empty write-ahead log, as readers leave, says nothing."""
    from simulator.journal import JOURNAL

    found = []
    for name in (JOURNAL, f"{JOURNAL}-wal", MANIFEST, BENCHMARK, DATA, MAP):
        try:
            state = (folder / name).stat()
        except OSError:  # it is not there, or went while it was looked at
            continue
        if state.st_size:
            found.append((name, state.st_mtime_ns, state.st_size, state.st_ino))
    return tuple(found)
