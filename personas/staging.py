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
    Where,
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
        if isinstance(record, PostRecord):
            self._tables["posts"].add(_post_row(record, self._hashed(record.author)), len(record.text))
        elif isinstance(record, VoteRecord):
            self._tables["votes"].add(_vote_row(record, self._hashed(record.voter)), 1)
        elif isinstance(record, MemberRecord):
            self._tables["members"].add(_member_row(record, self._hashed(record.member)), 1)
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
    """One Parquet file that grows by batches."""

    def __init__(self, folder: Path, name: str) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        origin = [pa.field("file", pa.string()), pa.field("line", pa.int64())]
        self._schema = pa.schema([*schema(name), *origin])
        self._columns = self._schema.names
        self._writer = pq.ParquetWriter(folder / f"{name}.staged", self._schema, compression="zstd")
        self._rows: list[dict[str, Any]] = []
        self._characters = 0

    def add(self, row: dict[str, Any], characters: int) -> None:
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
            pa.array([row[column] for row in self._rows], self._schema.field(column).type)
            for column in self._columns
        ]
        return pa.Table.from_arrays(columns, schema=self._schema)


def _origin(where: Where) -> dict[str, Any]:
    return {"file": where.file, "line": where.line}


def _member_row(record: MemberRecord, member: str | None) -> dict[str, Any]:
    return {
        "member": member,
        "community": record.community,
        "attributes": list(record.attributes.items()),
        **_origin(record.where),
    }


def _post_row(record: PostRecord, author: str | None) -> dict[str, Any]:
    return {
        "post": record.post,
        "community": record.community,
        "author": author,
        "parent": record.parent,
        "thread": record.thread,
        "kind": record.kind,
        "title": record.title,
        "text": record.text,
        "tags": list(record.tags),
        "created": record.created,
        "score": record.score,
        **_origin(record.where),
    }


def _vote_row(record: VoteRecord, voter: str | None) -> dict[str, Any]:
    return {
        "voter": voter,
        "community": record.community,
        "post": record.post,
        "value": record.value,
        "count": record.count,
        "created": record.created,
        **_origin(record.where),
    }
