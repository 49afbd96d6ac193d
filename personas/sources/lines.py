"""Lines, CSV rows and JSON objects of a file, one at a time, each with its line; the broken ones reported.

A line past the limit is never held as a whole: it is skipped and reported, and so is one that is not
UTF-8. The lines around it are kept.
"""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any

from personas.errors import InputError
from personas.sources.records import BrokenRecord, Progress, Where, no_progress
from personas.sources.streams import DEFAULT_LIMITS, Limits, blocks, head

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["csv_dicts", "csv_header", "csv_rows", "first_line", "json_objects", "lines"]

_BOM = b"\xef\xbb\xbf"


def lines(
    path: Path, *, limits: Limits = DEFAULT_LIMITS, progress: Progress = no_progress
) -> Iterator[tuple[int, bytes | None]]:
    """Yield (number, line) for every line, counted from 1, without its newline; None for one past the limit.

    A byte order mark at the beginning is dropped.

    Raises:
        InputError: as ``streams.blocks``.
    """
    number, held, size = 0, [], 0
    for block in blocks(path, limits=limits, progress=progress):
        first, *others = block.split(b"\n")
        size += len(first)
        if size <= limits.line:
            held.append(first)
        else:
            held.clear()
        for other in others:
            number += 1
            yield number, _line(held, number) if size <= limits.line else None
            held, size = [other], len(other)
    if size:
        yield number + 1, _line(held, number + 1) if size <= limits.line else None


def _line(parts: list[bytes], number: int) -> bytes:
    line = b"".join(parts)
    return line.removeprefix(_BOM) if number == 1 else line


def first_line(path: Path, *, limits: Limits = DEFAULT_LIMITS) -> str:
    """Return the first line of a text that is not blank, or the beginning of it if it is long.

    What is no UTF-8 in it is replaced: it is for telling formats apart, and a record may be broken.

    Raises:
        InputError: the file is empty, blank or no text, or as ``streams.blocks``.
    """
    start = head(path, limits=limits)
    if b"\0" in start:
        raise InputError("it is no text", where=str(path), remedy="name a text file in UTF-8")
    line = start.removeprefix(_BOM).lstrip().split(b"\n", 1)[0]
    if not line:
        raise InputError("the file holds nothing but blanks", where=str(path), remedy="check the download")
    return line.decode(errors="replace").rstrip("\r")


class _TextLines:
    """Lines as text for ``csv.reader``, remembering what was wrong with those of the current record."""

    def __init__(self, path: Path, limits: Limits, progress: Progress) -> None:
        self._lines = lines(path, limits=limits, progress=progress)
        self._limits = limits
        self.problem = ""

    def __iter__(self) -> Iterator[str]:
        for _, line in self._lines:
            if line is None:
                self.problem = f"the line is longer than {self._limits.line:,} bytes"
                yield "\n"
                continue
            try:
                yield line.decode() + "\n"
            except UnicodeDecodeError as error:
                self.problem = f"it is no UTF-8 ({error.reason} at byte {error.start} of the line)"
                yield line.decode(errors="replace") + "\n"


def csv_rows(
    path: Path,
    *,
    delimiter: str = ",",
    label: str = "",
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress = no_progress,
) -> Iterator[tuple[Where, list[str]] | BrokenRecord]:
    """Yield the rows of a CSV file, the header too, with the line that each begins at.

    Args:
        path: the file.
        delimiter: what stands between two cells.
        label: the file's name in ``Where``, if its own says too little.
        limits: ``line`` bounds the bytes of a line and of a cell, newlines in quotes included.
        progress: told of the bytes read.

    Blank lines are left out.

    Raises:
        InputError: as ``streams.blocks``.
    """
    csv.field_size_limit(max(csv.field_size_limit(), limits.line))
    text = _TextLines(path, limits, progress)
    reader = csv.reader(iter(text), delimiter=delimiter)
    while True:
        where = Where(label or path.name, reader.line_num + 1)
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            text.problem = text.problem or f"it is no CSV ({error})"
        if text.problem:
            yield BrokenRecord(where=where, problem=text.problem)
            text.problem = ""
        elif row:
            yield where, row


def csv_header(path: Path, *, delimiter: str = ",", limits: Limits = DEFAULT_LIMITS) -> list[str]:
    """Return the names of the columns.

    Raises:
        InputError: the file is no text, its header is broken, or it has no row after it.
    """
    first_line(path, limits=limits)
    rows = csv_rows(path, delimiter=delimiter, limits=limits)
    header = next(rows, None)
    if header is None or isinstance(header, BrokenRecord):
        problem = header.problem if header else "it has no header"
        raise InputError(problem, where=f"{path}, line 1", remedy="give it a line of column names")
    if next(rows, None) is None:
        raise InputError("it has a header and no rows", where=str(path), remedy="check the download")
    return [name.strip() for name in header[1]]


def csv_dicts(
    path: Path,
    *,
    delimiter: str = ",",
    label: str = "",
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress = no_progress,
) -> Iterator[tuple[Where, dict[str, Any]] | BrokenRecord]:
    """Yield the rows of a CSV file as dictionaries by the names in its header.

    A row with more or fewer cells than the header is a broken record.

    Raises:
        InputError: as ``streams.blocks``.
    """
    header: list[str] | None = None
    for row in csv_rows(path, delimiter=delimiter, label=label, limits=limits, progress=progress):
        if isinstance(row, BrokenRecord):
            yield row
            continue
        where, cells = row
        if header is None:
            header = [name.strip() for name in cells]
        elif len(cells) != len(header):
            problem = f"the row has {len(cells)} cells and the header has {len(header)}"
            yield BrokenRecord(where=where, problem=problem)
        else:
            yield where, dict(zip(header, cells, strict=True))


def json_objects(
    path: Path, *, limits: Limits = DEFAULT_LIMITS, progress: Progress = no_progress
) -> Iterator[tuple[Where, dict[str, Any]] | BrokenRecord]:
    """Yield the objects of a JSON Lines file, one a line; blank lines are left out.

    Raises:
        InputError: as ``streams.blocks``.
    """
    name = path.name
    for number, line in lines(path, limits=limits, progress=progress):
        where = Where(name, number)
        if line is None:
            yield BrokenRecord(where=where, problem=f"the line is longer than {limits.line:,} bytes")
        elif line and not line.isspace():
            found = _object(line)
            if isinstance(found, str):
                yield BrokenRecord(where=where, problem=found)
            else:
                yield where, found


def _object(line: bytes) -> dict[str, Any] | str:
    """Return the object of one line, or what is wrong with it."""
    try:
        found = json.loads(line.decode())
    except UnicodeDecodeError as error:
        return f"it is no UTF-8 ({error.reason} at byte {error.start} of the line)"
    except json.JSONDecodeError as error:
        return f"it is no JSON ({error.msg} at character {error.pos + 1} of the line)"
    except (ValueError, RecursionError) as error:  # a number of thousands of digits; hostile nesting
        return f"it cannot be read as JSON ({error})"
    return found if isinstance(found, dict) else f"it is a JSON {type(found).__name__}, not an object"
