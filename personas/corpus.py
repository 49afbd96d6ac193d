"""The corpus: a place's members, posts, replies and votes, as read, in a folder of Parquet files.

A corpus is read through DuckDB and never changed. What must not see a part of it gets a narrowed view.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from personas.community import Community, Membership
from personas.errors import InputError
from personas.manifest import Manifest
from personas.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime
    from types import TracebackType

    import pyarrow as pa
    from duckdb import DuckDBPyConnection

__all__ = ["Corpus"]


class Corpus:
    """The tables ``members``, ``posts`` and ``votes`` of one place (see ``personas.tables.schema``).

    Open one with ``Corpus.open``; make one with ``personas.ingestion``. It holds a DuckDB connection, which
    ``close`` or leaving a ``with`` block gives back.
    """

    def __init__(
        self,
        folder: Path,
        manifest: Manifest | None,
        *,
        hidden_threads: frozenset[str] = frozenset(),
        before: Mapping[str, datetime] | None = None,
    ) -> None:
        self.folder = folder
        self._manifest = manifest
        self._hidden = hidden_threads
        self._before = dict(before or {})
        self._connection: DuckDBPyConnection | None = None

    @classmethod
    def open(cls, folder: str | Path) -> Self:
        """Open the corpus in ``folder``.

        Raises:
            InputError: no corpus is there, or one of its files is missing.
        """
        path = Path(folder)
        manifest = Manifest.load(path)
        for file in manifest.files:
            if not (path / file).is_file():
                raise InputError("a table is missing", where=str(path / file), remedy="ingest again")
        return cls(path, manifest)

    @classmethod
    def unsealed(cls, folder: Path) -> Self:
        """Open the tables of a corpus that has no manifest yet."""
        return cls(folder, None)

    @property
    def manifest(self) -> Manifest:
        """What the whole corpus is made of, also where this is a narrowed view of it."""
        if self._manifest is None:
            raise InputError("the corpus has no manifest yet", where=str(self.folder))
        return self._manifest

    @property
    def content(self) -> str:
        """A hash of what can be read here: of the whole corpus's content and of what is hidden."""
        if not self._narrow:
            return self.manifest.content
        ends = [(community, moment.timestamp()) for community, moment in sorted(self._before.items())]
        view = json.dumps([self.manifest.content, ends, sorted(self._hidden)])
        return hashlib.sha256(view.encode()).hexdigest()

    def verify(self) -> None:
        """Compare every table with the hash that the manifest has of it.

        Raises:
            InputError: a table is not what was ingested.
        """
        for name, expected in self.manifest.files.items():
            with (self.folder / name).open("rb") as file:
                found = hashlib.file_digest(file, "sha256").hexdigest()
            if found != expected:
                raise InputError(
                    "the table was changed after it was ingested",
                    where=str(self.folder / name),
                    remedy="ingest again",
                )

    def narrowed(
        self, *, hide_threads: Iterable[str] = (), before: Mapping[str, datetime] | None = None
    ) -> Corpus:
        """Return a view from which threads, and in each community everything from a moment on, are absent.

        Hidden with a thread are its posts, its replies and their votes; hidden by ``before``, a moment for
        each community that it names, are posts, replies and votes made then or later, and whatever hangs on
        them: every reply below, dated or not, and its votes. Members of whom nothing is left are hidden, too.
        Other undated rows are hidden by their thread alone.
        """
        earliest = dict(self._before)
        for community, moment in (before or {}).items():
            earliest[community] = min(moment, earliest.get(community, moment))
        hidden = self._hidden | frozenset(hide_threads)
        return Corpus(self.folder, self._manifest, hidden_threads=hidden, before=earliest)

    def query(self, sql: str, *parameters: Any) -> pa.Table:
        """Run ``sql`` over the views ``members``, ``posts`` and ``votes`` and return an Arrow table."""
        return self._db().sql(sql, params=list(parameters)).to_arrow_table()

    def rows(self, sql: str, *parameters: Any) -> list[dict[str, Any]]:
        """Run ``sql`` and return its rows as dictionaries."""
        rows: list[dict[str, Any]] = self.query(sql, *parameters).to_pylist()
        return rows

    def scalar(self, sql: str, *parameters: Any) -> Any:
        """Run ``sql`` and return the only value of its only row."""
        return self._db().execute(sql, list(parameters)).fetchall()[0][0]

    def register(self, name: str, table: pa.Table) -> None:
        """Make ``table`` available to this view's queries under ``name``."""
        self._db().register(name, table)

    def given(self) -> Membership:
        """Return the communities that the source names, with their members."""
        members: dict[str, list[str]] = {entry.name: [] for entry in self.manifest.communities}
        for row in self.rows("SELECT member, community FROM members ORDER BY community, member"):
            members.setdefault(row["community"], []).append(row["member"])
        titles = {entry.name: entry.title for entry in self.manifest.communities}
        communities = tuple(
            Community(name=name, title=titles[name], members=tuple(people), origin="given", within=name)
            for name, people in sorted(members.items())
            if name in titles
        )
        return Membership(communities=communities, origin="given")

    def broken(self, *, limit: int = 20) -> list[dict[str, Any]]:
        """Return the first ``limit`` records that could not be used: file, line and problem."""
        with (self.folder / "broken.jsonl").open(encoding="utf-8") as file:
            return [json.loads(line) for _, line in zip(range(limit), file, strict=False)]

    def close(self) -> None:
        """Give the connection back; the next query opens a new one."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _db(self) -> DuckDBPyConnection:
        if self._connection is None:
            import duckdb

            self._connection = duckdb.connect(":memory:")
            self._connection.execute("SET TimeZone = 'UTC'")
            self._define_views(self._connection)
        return self._connection

    def _define_views(self, db: DuckDBPyConnection) -> None:
        import pyarrow as pa

        for table in TABLES:
            path = str(self.folder / f"{table}.parquet").replace("'", "''")
            name = f"all_{table}" if self._narrow else table
            db.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{path}')")
        if not self._narrow:
            return
        db.register("hidden", pa.table({"thread": pa.array(sorted(self._hidden), pa.string())}))
        moments = pa.array(list(self._before.values()), pa.timestamp("us", tz="UTC"))
        ends = pa.table([pa.array(list(self._before), pa.string()), moments], names=["community", "moment"])
        db.register("ends", ends)
        earlier = """(created IS NULL OR community NOT IN (SELECT community FROM ends)
                      OR created < (SELECT moment FROM ends e WHERE e.community = rows.community))"""
        db.execute(
            f"""CREATE TABLE later AS WITH RECURSIVE later AS (
                  SELECT post FROM all_posts AS rows WHERE NOT {earlier}
                  UNION SELECT below.post FROM all_posts AS below JOIN later ON below.parent = later.post)
                SELECT post FROM later"""
        )
        db.execute(
            """CREATE TABLE posts AS SELECT * FROM all_posts ANTI JOIN hidden USING (thread)
               ANTI JOIN later USING (post) ANTI JOIN (SELECT post AS thread FROM later) AS later USING (thread)
               ORDER BY community, thread, created NULLS FIRST, post"""
        )
        db.execute(
            f"""CREATE VIEW votes AS SELECT * FROM all_votes AS rows
                SEMI JOIN (SELECT post FROM posts) USING (post) WHERE {earlier}"""
        )
        db.execute(
            """CREATE VIEW members AS SELECT * FROM all_members SEMI JOIN (
                 SELECT author AS member, community FROM posts UNION SELECT voter, community FROM votes
               ) USING (member, community)"""
        )

    @property
    def _narrow(self) -> bool:
        return bool(self._hidden or self._before)
