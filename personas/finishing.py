"""From staged rows to the tables of a corpus: each post once, each vote on a post that is there, all in order.

The joins run in DuckDB, which spills to disk, so that the memory does not grow with the corpus.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personas.errors import InputError
from personas.sources.records import BrokenRecord, Where

if TYPE_CHECKING:
    from pathlib import Path

    from duckdb import DuckDBPyConnection

    from personas.staging import Staging

__all__ = ["finish"]

LISTED = 10_000
"""How many rows of one problem are listed by file and line; beyond, they are only counted."""
DEEPEST_THREAD = 2**16

ORPHAN_VOTE = "vote for a post that is not there"
SECOND_VOTE = "second vote of one voter on one post, the later one counts"
SECOND_POST = "second post with the same id"
MISSING_PARENT = "reply to a post that is not there"


def finish(staging: Staging, folder: Path) -> list[str]:
    """Write ``members``, ``posts`` and ``votes`` as Parquet into ``folder``, out of what was staged.

    Returns:
        Notices for the manifest: what a reader of the corpus should know.

    Raises:
        InputError: no post is left, or the disk or the memory is full.
    """
    import duckdb

    try:
        notices = _finished(staging, folder)
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise InputError(
            f"the tables cannot be written: {str(error).partition(chr(10))[0]}",
            where=str(folder.parent),
            remedy="make room on the disk, or in memory",
        ) from error
    for leftover in ("members.staged", "posts.staged", "votes.staged", "staged.duckdb", "staged.duckdb.wal"):
        (folder / leftover).unlink(missing_ok=True)
    return notices


def _finished(staging: Staging, folder: Path) -> list[str]:
    import duckdb

    with duckdb.connect(str(folder / "staged.duckdb")) as db:
        db.execute("SET preserve_insertion_order = true")
        for table in ("members", "posts", "votes"):
            path = str(folder / f"{table}.staged")
            db.execute(
                f"""CREATE VIEW staged_{table} AS SELECT * RENAME (file_row_number AS number)
                FROM read_parquet('{_quoted(path)}', file_row_number = true)"""
            )
        notices = _finish_posts(db, staging, folder)
        _finish_votes(db, staging, folder)
        _finish_members(db, folder)
    return notices


def _finish_posts(db: DuckDBPyConnection, staging: Staging, folder: Path) -> list[str]:
    db.execute(
        """CREATE TABLE chosen AS
        SELECT post, parent, thread, file, line, number,
               row_number() OVER (PARTITION BY post ORDER BY file, line, number) AS place
        FROM staged_posts"""
    )
    _report(db, staging, SECOND_POST, "SELECT file, line, post FROM chosen WHERE place > 1")
    db.execute("DELETE FROM chosen WHERE place > 1")
    if not _count(db, "SELECT count(*) FROM chosen"):
        raise InputError("no post could be read", remedy="see the problems listed above; nothing was written")
    missing = "FROM chosen c WHERE parent IS NOT NULL AND parent NOT IN (SELECT post FROM chosen)"
    notices = []
    if orphans := _count(db, f"SELECT count(*) {missing}"):
        notices.append(f"{orphans:,} replies answer a post that is not in the dump")
    _resolve_threads(db)
    _copy(
        db,
        """SELECT s.post, s.community, s.author, s.parent, c.thread, s.kind, s.title, s.text, s.tags,
                  s.created, s.score
           FROM staged_posts s JOIN chosen c USING (number)
           ORDER BY s.community, c.thread, s.created NULLS FIRST, s.post""",
        folder / "posts.parquet",
    )
    return notices


def _resolve_threads(db: DuckDBPyConnection) -> None:
    """Give every reply its thread's first post: each pass halves the way, so deep threads cost few passes."""
    step = """UPDATE chosen SET thread = above.thread FROM chosen AS above
              WHERE chosen.thread = above.post AND above.thread <> above.post
                AND chosen.thread <> above.thread AND chosen.post <> above.thread"""
    for _ in range(DEEPEST_THREAD.bit_length()):
        if not db.execute(step).fetchall()[0][0]:
            return


def _finish_votes(db: DuckDBPyConnection, staging: Staging, folder: Path) -> None:
    orphans = "FROM staged_votes v ANTI JOIN chosen c USING (post)"
    _report(db, staging, ORPHAN_VOTE, f"SELECT file, line, post {orphans}")
    db.execute(
        """CREATE TABLE named AS
        SELECT *, row_number() OVER (
            PARTITION BY voter, post ORDER BY created DESC NULLS LAST, file DESC, line DESC,
            number DESC) AS place
        FROM staged_votes SEMI JOIN chosen USING (post) WHERE voter IS NOT NULL"""
    )
    _report(db, staging, SECOND_VOTE, "SELECT file, line, post FROM named WHERE place > 1")
    _copy(
        db,
        """SELECT * FROM (
            SELECT voter, community, post, value, count, created FROM named WHERE place = 1
            UNION ALL
            SELECT NULL, community, post, value, CAST(sum(count) AS INTEGER), created
            FROM staged_votes SEMI JOIN chosen USING (post)
            WHERE voter IS NULL GROUP BY community, post, value, created)
           ORDER BY community, post, voter NULLS FIRST, created NULLS FIRST, value""",
        folder / "votes.parquet",
    )


def _finish_members(db: DuckDBPyConnection, folder: Path) -> None:
    posts = str(folder / "posts.parquet")
    votes = str(folder / "votes.parquet")
    _copy(
        db,
        f"""WITH known AS (
              SELECT member, community, first(attributes ORDER BY file, line, number) AS attributes
              FROM staged_members GROUP BY member, community),
            seen AS (
              SELECT DISTINCT author AS member, community FROM read_parquet('{_quoted(posts)}')
              WHERE author IS NOT NULL
              UNION
              SELECT DISTINCT voter, community FROM read_parquet('{_quoted(votes)}') WHERE voter IS NOT NULL
              UNION
              SELECT member, community FROM known),
            anywhere AS (
              SELECT member, first(attributes ORDER BY community) AS attributes FROM known
              WHERE cardinality(attributes) > 0 GROUP BY member)
            SELECT member, community,
                   coalesce(nullif(known.attributes, MAP {{}}), anywhere.attributes, MAP {{}}) AS attributes
            FROM seen LEFT JOIN known USING (member, community) LEFT JOIN anywhere USING (member)
            ORDER BY community, member""",
        folder / "members.parquet",
    )


def _report(db: DuckDBPyConnection, staging: Staging, problem: str, query: str) -> None:
    rows = db.execute(f"{query} ORDER BY file, line LIMIT {LISTED}").fetchall()
    for file, line, post in rows:
        staging.report(BrokenRecord(where=Where(file, line), problem=f"{problem}: {post}"))
    total = _count(db, f"SELECT count(*) FROM ({query})") if len(rows) == LISTED else len(rows)
    staging.broken[problem] += total - len(rows)
    if not staging.broken[problem]:
        del staging.broken[problem]


def _copy(db: DuckDBPyConnection, query: str, path: Path) -> None:
    db.execute(f"COPY ({query}) TO '{_quoted(str(path))}' (FORMAT parquet, COMPRESSION zstd)")


def _count(db: DuckDBPyConnection, query: str) -> int:
    row: tuple[Any, ...] | None = db.execute(query).fetchone()
    return int(row[0]) if row else 0


def _quoted(path: str) -> str:
    return path.replace("'", "''")
