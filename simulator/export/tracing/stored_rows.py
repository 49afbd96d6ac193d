"""The rows in one file of an export, Parquet or JSON lines: all of them, one by its number, those of a name."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["nth_row", "rows_in", "rows_named"]

BATCH = 1_024
"""Rows in memory at once; a full record may hold thousands of ballots."""
BLOCK = 4 * 2**20
"""Bytes of a file of lines that are in memory at once, and the rest of the last line."""
NAMES = 65_536
"""Names of rows that are compared at once."""
AGAIN = "write the data again with `commonbond export`"


def rows_in(path: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file, in order.

    Raises:
        InputError: it is missing or cannot be read.
    """
    if path.suffix == ".jsonl":
        for before, block in _blocks(path):
            yield from (_object(line, path, at) for at, line in enumerate(_split(block), before))
        return
    with _parquet(path) as file:
        for batch in file.iter_batches(batch_size=BATCH):
            yield from batch.to_pylist()


def nth_row(path: Path, number: int) -> dict[str, Any]:
    """Return one row of a file, counted from 0.

    Raises:
        InputError: it has no such row, is missing or cannot be read.
    """
    if path.suffix == ".jsonl":
        for before, block in _blocks(path):
            if number < before + _count(block):
                return _object(_split(block)[number - before], path, number)
    else:
        with _parquet(path) as file:
            before = 0
            for group in range(file.num_row_groups):
                rows = file.metadata.row_group(group).num_rows
                if number < before + rows:
                    return _nth_of_group(file, group, number - before)
                before += rows
    raise _changed(f"it has no row {number}", path)


def rows_named(path: Path, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the rows of a file whose column ``row`` is ``name``, each after its number.

    Raises:
        InputError: the file is missing or cannot be read.
    """
    return _in_lines(path, name) if path.suffix == ".jsonl" else _in_parquet(path, name)


def _in_lines(path: Path, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    # Most of a file is passed over by its bytes: to read each line as JSON takes fifty times as long.
    needles = {json.dumps(name, ensure_ascii=escaped).encode() for escaped in (True, False)}
    for before, block in _blocks(path):
        if any(needle in block for needle in needles):
            for at, line in enumerate(_split(block), before):
                if any(needle in line for needle in needles):
                    row = _object(line, path, at)
                    if row.get("row") == name:
                        yield at, row


def _in_parquet(path: Path, name: str) -> Iterator[tuple[int, dict[str, Any]]]:
    import pyarrow.compute as pc

    with _parquet(path) as file:
        before = 0
        for group in range(file.num_row_groups):
            at = 0
            for batch in file.iter_batches(batch_size=NAMES, row_groups=[group], columns=["row"]):
                for index in pc.indices_nonzero(pc.equal(batch.column("row"), name)).to_pylist():
                    yield before + at + index, _nth_of_group(file, group, at + index)
                at += batch.num_rows
            before += at


def _nth_of_group(file: Any, group: int, number: int) -> dict[str, Any]:
    """Return a row of a row group, without making Python objects of the others."""
    for batch in file.iter_batches(batch_size=BATCH, row_groups=[group]):
        if number < batch.num_rows:
            row: dict[str, Any] = batch.slice(number, 1).to_pylist()[0]
            return row
        number -= batch.num_rows
    raise IndexError(number)


@contextmanager
def _parquet(path: Path) -> Iterator[Any]:
    """Open a Parquet file; whatever is wrong with it is said in words."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            yield file
    except FileNotFoundError:
        raise _changed("it is gone", path) from None
    except (pa.ArrowException, OSError, KeyError) as error:
        told = str(error).partition("\n")[0]
        raise _changed(f"it cannot be read: {told}", path) from error


def _blocks(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield a file in blocks of whole lines, each after the number of lines before it."""
    before = 0
    try:
        with path.open("rb") as file:
            while block := file.read(BLOCK) + file.readline():
                yield before, block
                before += _count(block)
    except FileNotFoundError:
        raise _changed("it is gone", path) from None


def _split(block: bytes) -> list[bytes]:
    return block.removesuffix(b"\n").split(b"\n")


def _count(block: bytes) -> int:
    return block.removesuffix(b"\n").count(b"\n") + 1


def _object(line: bytes, path: Path, at: int) -> dict[str, Any]:
    try:
        row = json.loads(line, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise InputError(f"it cannot be read: {error}", where=f"{path}:{at + 1}", remedy=AGAIN) from None
    if not isinstance(row, dict):
        raise InputError("the line holds no row", where=f"{path}:{at + 1}", remedy=AGAIN)
    return row


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")


def _changed(what: str, path: Path) -> InputError:
    return InputError(what, where=str(path), remedy=AGAIN)
