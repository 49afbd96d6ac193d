"""Rows on their way into files: one file after another for each split, in bounded memory, to the byte the same
for the same rows.

A lone surrogate, which JSON can carry and UTF-8 cannot, becomes U+FFFD; every other character stays as it is.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from simulator.export.writing.row_files import JsonLinesFile, ParquetFile

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from simulator.export.selection import FileFormat
    from simulator.export.writing.formats import Columns
    from simulator.export.writing.row_files import RowFile

__all__ = ["ShardFile", "ShardWriter"]

SHARD_WEIGHT = 2_000_000_000
"""Characters of one file at the most, however few rows that is; the last row may pass it."""


@dataclass(frozen=True, kw_only=True)
class ShardFile:
    """One file that was written.

    Args:
        path: of the file. ``split``: whose rows it holds. ``rows``: how many, at least one.
        sha256: of its bytes. ``bytes``: how many these are.
    """

    path: Path
    split: str
    rows: int
    bytes: int
    sha256: str


class ShardWriter:
    """Writes the rows of one configuration into ``<split>-00000.parquet`` (or ``.jsonl``) and its successors.

    A split without a row gets no file. Leave a ``with`` block by an exception and what is open is given up.

    Args:
        folder: to write into; made where it is absent.
        columns: what every row has.
        files: ``parquet`` or ``jsonl``.
        shard_rows: rows of one file, at the most.
    """

    def __init__(self, folder: Path, columns: Columns, *, files: FileFormat, shard_rows: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._columns, self._names, self._files = columns, columns.keys(), files
        self._shard_rows = shard_rows
        self._splits: dict[str, _Split] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        if error is not None:
            for split in self._splits.values():
                split.give_up()

    def write(self, split: str, row: dict[str, Any]) -> None:
        """Write a row into a split.

        Raises:
            ValueError: it lacks a column, or has one too many.
            OSError: the disk is full or broken.
        """
        if row.keys() != self._names:
            raise ValueError(f"the row's columns differ: {sorted(row.keys() ^ self._names)}")
        if split not in self._splits:
            self._splits[split] = _Split(self, split)
        self._splits[split].write(row)

    def close(self) -> list[ShardFile]:
        """End the last file of each split, and return what was written, in the order of splits and files."""
        for split in self._splits.values():
            split.end()
        return [file for _, split in sorted(self._splits.items()) for file in split.done]

    @property
    def mended(self) -> int:
        """How many rows had a lone surrogate in a text."""
        return sum(split.mended for split in self._splits.values())

    @property
    def dated(self) -> tuple[str, ...]:
        """Columns of JSONL of which ``load_dataset`` reads some otherwise than they were written: in a piece of the
        file, all their texts look like moments, and it turns ``2024-05-01`` into ``2024-05-01 00:00:00``.

        Every other reader of JSON, and Parquet, give them back as they are.
        """
        return tuple(sorted(set().union(*(split.dated for split in self._splits.values()))))

    def _opened(self, path: Path) -> RowFile:
        if self._files == "jsonl":
            return JsonLinesFile(path)
        return ParquetFile(path, self._columns)


class _Split:
    def __init__(self, writer: ShardWriter, name: str) -> None:
        self.done: list[ShardFile] = []
        self.mended = 0
        self.dated: set[str] = set()
        self._writer, self._name = writer, name
        self._file: RowFile | None = None
        self._path = writer.folder
        self._rows = 0

    def write(self, row: dict[str, Any]) -> None:
        if self._file is None:
            self._path = self._writer.folder / f"{self._name}-{len(self.done):05}.{self._writer._files}"
            self._file, self._rows = self._writer._opened(self._path), 0
        self._file.write(row)
        self._rows += 1
        if self._rows >= self._writer._shard_rows or self._file.weight >= SHARD_WEIGHT:
            self.end()

    def end(self) -> None:
        if self._file is None:
            return
        file, self._file = self._file, None
        file.close()
        self.mended += file.mended
        self.dated |= file.dated
        with self._path.open("rb") as written:
            digest = hashlib.file_digest(written, "sha256").hexdigest()
        size = self._path.stat().st_size
        self.done.append(
            ShardFile(path=self._path, split=self._name, rows=self._rows, bytes=size, sha256=digest)
        )

    def give_up(self) -> None:
        if self._file is not None:
            self._file.give_up()
