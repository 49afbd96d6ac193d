"""A table as it is copied and exported: all rows, and every cell in full."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

__all__ = ["Table"]


@dataclass(frozen=True, kw_only=True)
class Table:
    """What a list holds, for a file.

    Args:
        name: what it is called, as a part of a file's name.
        columns: what stands above each.
        rows: returns all rows; called in a thread, so it may wait for the disk, and touches no widget.
    """

    name: str
    columns: tuple[str, ...]
    rows: Callable[[], Iterable[tuple[str, ...]]]
