"""One file of rows, as Parquet or as JSON lines, written as the rows come and in bounded memory."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any, Protocol

from simulator.export.writing.formats import arrow_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    import pyarrow as pa

    from simulator.export.writing.formats import Columns, Kind

__all__ = ["JsonLinesFile", "ParquetFile", "RowFile"]

GROUP_ROWS = 5_000
GROUP_WEIGHT = 8_000_000
"""Rows and characters that are held until they are written as one row group of Parquet."""
PIECE_ROWS = 250
"""Rows that become Arrow arrays at once: the objects of many more would leave the processor's cache, and the garbage
collector would look through them again and again."""
PIECE = 10 << 20
"""Bytes of JSON that ``datasets`` reads in one piece, up to the next end of a line; it guesses in each what a column
holds."""

_SURROGATE = re.compile("[\ud800-\udfff]")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d(:?\d\d(:?\d\d(\.\d+)?)?)?(Z|[+-]\d\d(:?\d\d)?)?)?")
"""What Arrow's reader of JSON takes for a moment."""


class RowFile(Protocol):
    """A file of rows.

    Args:
        weight: what was written so far, in characters or bytes.
        mended: rows in which a lone surrogate became U+FFFD.
        dated: columns of which a piece looks like moments alone.
    """

    weight: int
    mended: int
    dated: set[str]

    def write(self, row: dict[str, Any]) -> None:
        """Write a row, or hold it until there are enough."""
        ...

    def close(self) -> None:
        """Write what is held, and end the file."""
        ...

    def give_up(self) -> None:
        """Close the file as it is."""
        ...


class ParquetFile:
    """Rows in Parquet, one row group as soon as it is long enough."""

    def __init__(self, path: Path, columns: Columns) -> None:
        import pyarrow.parquet as pq

        self._schema = arrow_schema(columns)
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")
        weighed = {name: kind for name, kind in columns.items() if kind == "string" or isinstance(kind, list)}
        self._weigh = _record_weigher(weighed)
        # By column and not by row: the rows' dictionaries would keep the garbage collector busy for nothing.
        self._held: dict[str, list[Any]] = {name: [] for name in columns}
        self._pieces: list[pa.RecordBatch] = []
        self._held_rows = self._held_weight = 0
        self.weight = self.mended = 0
        self.dated: set[str] = set()

    def write(self, row: dict[str, Any]) -> None:
        """Write a row, or hold it until there are enough."""
        for name, column in self._held.items():
            column.append(row[name])
        self._held_rows += 1
        self._held_weight += self._weigh(row)
        if self._held_rows >= GROUP_ROWS or self._held_weight >= GROUP_WEIGHT:
            self._flush()
        elif self._held_rows % PIECE_ROWS == 0:
            self._convert()

    def _convert(self) -> None:
        import pyarrow as pa

        try:
            piece = pa.RecordBatch.from_pydict(self._held, self._schema)
        except UnicodeEncodeError:
            piece = pa.RecordBatch.from_pydict(self._mend(), self._schema)
        self._pieces.append(piece)
        self._held = {name: [] for name in self._held}

    def _flush(self) -> None:
        import pyarrow as pa

        if not self._held_rows:
            return
        self._convert()
        # One array a column, as the file would have other bytes were it written piece by piece.
        group = pa.Table.from_batches(self._pieces).combine_chunks()
        self.weight += self._held_weight
        self._pieces = []
        self._held_rows = self._held_weight = 0
        self._writer.write_table(group, row_group_size=group.num_rows)

    def _mend(self) -> dict[str, list[Any]]:
        mended = {name: _mended(column) for name, column in self._held.items()}
        pairs = (zip(self._held[name], mended[name], strict=True) for name in mended)
        self.mended += sum(any(before != after for before, after in row) for row in zip(*pairs, strict=True))
        return mended

    def close(self) -> None:
        """Write what is held, and end the file."""
        with ExitStack() as stack:
            stack.callback(self._writer.close)
            self._flush()

    def give_up(self) -> None:
        """Close the file as it is."""
        # What is wrong has been raised already; a full disk refuses this file's end as well.
        with suppress(OSError):
            self._writer.close()


class JsonLinesFile:
    """Rows in JSON, one a line; it watches for what ``datasets`` would take for moments."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb", buffering=1 << 20)
        self.weight = self.mended = 0
        self.dated: set[str] = set()
        self._piece = 0
        self._suspects: set[str] | None = None

    def write(self, row: dict[str, Any]) -> None:
        """Write a row, or hold it until there are enough."""
        try:
            line = _as_json(row).encode()
        except UnicodeEncodeError:
            row = _mended(row)
            self.mended += 1
            line = _as_json(row).encode()
        self._file.write(line + b"\n")
        self.weight += len(line)
        self._look_for_moments(row, len(line) + 1)

    def _look_for_moments(self, row: dict[str, Any], weight: int) -> None:
        if self._suspects is None:
            self._suspects = {name for name, moments in _texts_of(row) if moments}
        if self._suspects:
            self._suspects -= {name for name, moments in _texts_of(row) if not moments}
        self._piece += weight
        if self._piece > PIECE:
            self._end_piece()

    def _end_piece(self) -> None:
        self.dated |= self._suspects or set()
        self._piece, self._suspects = 0, None

    def close(self) -> None:
        """Write what is held, and end the file."""
        self._end_piece()
        self._file.close()

    def give_up(self) -> None:
        """Close the file as it is."""
        with suppress(OSError):
            self._file.close()


def _as_json(row: dict[str, Any]) -> str:
    return json.dumps(row, ensure_ascii=False, allow_nan=False)


def _weigher(kind: Kind | dict[str, Kind]) -> Callable[[Any], int]:
    """Return what weighs the values of a column: by characters, and 8 for whatever is no text.

    Made once of the column's kind, as to ask each value for its own takes several times as long.
    """
    if isinstance(kind, dict):
        return _record_weigher(kind)
    if isinstance(kind, str):
        return _text_weight if kind == "string" else lambda _: 8
    if isinstance(kind[0], str) and kind[0] != "string":
        return lambda values: 8 if values is None else 8 * len(values)
    weigh = _weigher(kind[0])
    return lambda values: 8 if values is None else sum(map(weigh, values))


def _record_weigher(fields: dict[str, Kind]) -> Callable[[dict[str, Any]], int]:
    texts = [name for name, kind in fields.items() if kind == "string"]
    lists = [(name, _weigher(kind)) for name, kind in fields.items() if isinstance(kind, list)]
    numbers = 8 * (len(fields) - len(texts) - len(lists))

    def weigh(record: dict[str, Any]) -> int:
        total = numbers
        for name in texts:
            text = record[name]
            total += 8 if text is None else len(text)
        for name, inner in lists:
            total += inner(record[name])
        return total

    return weigh


def _text_weight(text: str | None) -> int:
    return 8 if text is None else len(text)


def _mended(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {name: _mended(inner) for name, inner in value.items()}
    return [_mended(inner) for inner in value] if isinstance(value, list) else value


def _texts_of(value: Any, name: str = "") -> Iterator[tuple[str, bool]]:
    """Yield every text by the name of its column, with whether it looks like a moment."""
    if isinstance(value, str):
        yield name, _MOMENT.fullmatch(value) is not None
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from _texts_of(inner, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts_of(inner, name)
