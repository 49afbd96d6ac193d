"""Records on their way into a corpus: hashed, batched and written to disk in bounded memory."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

from personas.keys import member_id
from personas.sources.records import (
    BrokenRecord,
    CommunityRecord,
    MemberRecord,
    PostRecord,
    VoteRecord,
)
from personas.tables import schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    import pyarrow as pa

    from personas.sources.records import Record

__all__ = ["Staging"]

BATCH_ROWS = 50_000
BATCH_CHARACTERS = 32_000_000
LARGEST = 2**31 - 1


class Staging:
    """The three tables as they are read, each row with the file and line that it came from.

    Names of people are hashed on the way in: no raw name is ever written.
    """

    def __init__(self, folder: Path, key: bytes) -> None:
        self.folder = folder
        self.titles: dict[str, str] = {}
        self.broken: Counter[str] = Counter()
        self._key = key
        self._pseudonyms: dict[str, str] = {}
        self._tables = {name: _Table(folder, name) for name in ("members", "posts", "votes")}
        self._broken_path = folder / "broken.jsonl"
        self._broken_file: TextIO | None = None

    def add_all(self, records: Iterable[Record]) -> None:
        """Write every record of a stream."""
        for record in records:
            self.add(record)

    def add(self, record: Record) -> None:
        """Write one record; a broken one is counted and listed."""
        if isinstance(record, VoteRecord):
            community, post, value, where, voter, count, created = record
            if count > LARGEST:
                self.report(BrokenRecord(where=where, problem=f"a count past {LARGEST}: {count}"))
                return
            self._tables["votes"].add(
                (self._hashed(voter), community, post, value, count, created, *where), 1
            )
        elif isinstance(record, PostRecord):
            if abs(record.score or 0) > LARGEST:
                self.report(
                    BrokenRecord(where=record.where, problem=f"a score past {LARGEST}: {record.score}")
                )
                return
            self._tables["posts"].add(_post_row(record, self._hashed(record.author)), len(record.text))
        elif isinstance(record, MemberRecord):
            attributes = list(record.attributes.items())
            row = (self._hashed(record.member), record.community, attributes, *record.where)
            self._tables["members"].add(row, 1)
        elif isinstance(record, CommunityRecord):
            self.titles.setdefault(record.community, record.title)
        else:
            self.report(record)

    def report(self, record: BrokenRecord) -> None:
        """Count and list a record that cannot be used."""
        self.broken[record.problem.partition(":")[0]] += 1
        line = {"file": record.where.file, "line": record.where.line, "problem": record.problem}
        if self._broken_file is None:
            raise RuntimeError("the list of broken records is closed")
        self._broken_file.write(json.dumps(line, ensure_ascii=False) + "\n")

    def close(self) -> None:
        """Flush and close the tables; the list of broken records closes with ``listing``."""
        for table in self._tables.values():
            table.close()

    @contextmanager
    def listing(self) -> Iterator[None]:
        """Keep the list of broken records open."""
        with self._broken_path.open("w", encoding="utf-8") as file:
            self._broken_file = file
            yield
        self._broken_file = None

    def _hashed(self, name: str | None) -> str | None:
        if name is None:
            return None
        known = self._pseudonyms.get(name)
        if known is None:
            if len(self._pseudonyms) >= BATCH_ROWS:
                self._pseudonyms.clear()
            known = self._pseudonyms[name] = member_id(name, self._key)
        return known


class _Table:
    """One Parquet file that grows by batches of rows, each a tuple of the schema's columns, file and line."""

    def __init__(self, folder: Path, name: str) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        origin = [pa.field("file", pa.string()), pa.field("line", pa.int64())]
        self._schema = pa.schema([*schema(name), *origin])
        self._writer = pq.ParquetWriter(folder / f"{name}.staged", self._schema, compression="zstd")
        self._rows: list[tuple[Any, ...]] = []
        self._characters = 0

    def add(self, row: tuple[Any, ...], characters: int) -> None:
        self._rows.append(row)
        self._characters += characters
        if len(self._rows) >= BATCH_ROWS or self._characters >= BATCH_CHARACTERS:
            self._flush()

    def close(self) -> None:
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(self._batch())
            self._rows, self._characters = [], 0

    def _batch(self) -> pa.Table:
        import pyarrow as pa

        columns = [
            pa.array(values, field.type)
            for values, field in zip(zip(*self._rows, strict=True), self._schema, strict=True)
        ]
        return pa.Table.from_arrays(columns, schema=self._schema)


def _post_row(record: PostRecord, author: str | None) -> tuple[Any, ...]:
    return (
        record.post,
        record.community,
        author,
        record.parent,
        record.thread,
        record.kind,
        record.title,
        record.text,
        list(record.tags),
        record.created,
        record.score,
        *record.where,
    )
