"""The rows of a table as dictionaries, be it CSV, TSV, JSON Lines or Parquet; told apart by the content."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from personas.errors import InputError
from personas.sources.folders import bare_name
from personas.sources.lines import csv_dicts, csv_header, first_line, json_objects
from personas.sources.records import BrokenRecord, Progress, Where, no_progress
from personas.sources.streams import DEFAULT_LIMITS, Limits, head, verify

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["column_names", "table_rows"]

_BATCH = 1024
_PARQUET = b"PAR1"


def column_names(path: Path, *, delimiter: str | None = None, limits: Limits = DEFAULT_LIMITS) -> list[str]:
    """Return the names of the columns, having unpacked an archive to its end.

    Of JSON Lines these are the fields of the first hundred objects.

    Args:
        path: the file.
        delimiter: what stands between two cells of a CSV; None to tell it from the header.
        limits: how much the file may unpack to.

    Raises:
        InputError: the file is missing, empty, no table, cut off or hostile.
    """
    kind = _kind(path, limits)
    if kind == "parquet":
        return [str(name) for name in _parquet(path, limits).schema_arrow.names]
    verify(path, limits=limits)
    if kind == "csv":
        return csv_header(path, delimiter=_delimiter(path, delimiter, limits), limits=limits)
    names: dict[str, None] = {}
    problem = "it has no record"
    for item in islice(json_objects(path, limits=limits), 100):
        if isinstance(item, BrokenRecord):
            problem = f"line {item.where.line}: {item.problem}"
        else:
            names.update(dict.fromkeys(item[1]))
    if not names:
        raise InputError(problem, where=str(path), remedy="write one JSON object a line")
    return list(names)


def table_rows(
    path: Path,
    *,
    delimiter: str | None = None,
    limits: Limits = DEFAULT_LIMITS,
    progress: Progress = no_progress,
) -> Iterator[tuple[Where, dict[str, Any]] | BrokenRecord]:
    """Yield (where, row) for every row; of Parquet the row's number stands for its line.

    Raises:
        InputError: as ``column_names``.
    """
    kind = _kind(path, limits)
    if kind == "parquet":
        yield from _parquet_rows(path, limits, progress)
    elif kind == "json":
        yield from json_objects(path, limits=limits, progress=progress)
    else:
        between = _delimiter(path, delimiter, limits)
        yield from csv_dicts(path, delimiter=between, limits=limits, progress=progress)


def _kind(path: Path, limits: Limits) -> Literal["parquet", "json", "csv"]:
    if head(path, limits=limits, size=4) == _PARQUET:
        return "parquet"
    line = first_line(path, limits=limits)
    if line.startswith(("[", "<")):
        found = "one JSON array" if line.startswith("[") else "XML or HTML"
        raise InputError(
            f"it is {found}", where=str(path), remedy="give CSV, TSV, Parquet or one JSON object a line"
        )
    return "json" if line.startswith("{") else "csv"


def _delimiter(path: Path, given: str | None, limits: Limits) -> str:
    """Return what stands between two cells: as given, a tab in a ``.tsv``, or the header's most frequent."""
    if given is not None:
        return given
    if bare_name(path).lower().endswith((".tsv", ".tab")):
        return "\t"
    line = first_line(path, limits=limits)
    return max(",;\t|", key=line.count)


def _parquet(path: Path, limits: Limits) -> Any:
    import pyarrow
    import pyarrow.parquet

    try:
        file = pyarrow.parquet.ParquetFile(path)
    except (pyarrow.ArrowException, OSError) as error:
        raise InputError(
            f"it is no readable Parquet ({_line(error)})", where=str(path), remedy="write it again"
        ) from error
    meta = file.metadata
    size = sum(meta.row_group(index).total_byte_size for index in range(meta.num_row_groups))
    if size > limits.unpacked:
        raise InputError(
            f"it unpacks to {size:,} bytes, more than {limits.unpacked:,}",
            where=str(path),
            remedy="raise the limit `unpacked` if you trust the file",
        )
    if not meta.num_rows:
        raise InputError("it has no row", where=str(path), remedy="check the file")
    return file


def _parquet_rows(path: Path, limits: Limits, progress: Progress) -> Iterator[tuple[Where, dict[str, Any]]]:
    import pyarrow

    file, size, done = _parquet(path, limits), path.stat().st_size, 0
    rows = file.metadata.num_rows
    try:
        for batch in file.iter_batches(batch_size=_BATCH):
            for row in batch.to_pylist():
                done += 1
                yield Where(path.name, done), row
            progress(path, size * done // rows, size)
    except (pyarrow.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"it breaks off after row {done} ({_line(error)})", where=str(path), remedy="write it again"
        ) from error


def _line(error: Exception) -> str:
    return str(error).split("\n", 1)[0]
