"""From a dump to a corpus: check the files, read them, write a whole corpus or none."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from personas.corpus import Corpus
from personas.errors import InputError
from personas.finishing import finish
from personas.keys import fingerprint, user_key
from personas.language import is_english
from personas.manifest import CommunityCounts, Manifest
from personas.sources import source_named
from personas.sources.records import Progress, Source, no_progress
from personas.staging import Staging
from personas.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["ingest"]

SAMPLE = 300
"""How many posts of a community are read to tell its language."""

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}


def ingest(
    source: str | Source,
    paths: Sequence[str | Path],
    *,
    out: str | Path,
    key: bytes | None = None,
    title: str = "",
    fictional: bool = False,
    replace: bool = False,
    progress: Progress = no_progress,
) -> Corpus:
    """Read a dump into a corpus.

    Every file is checked before anything is written. The corpus is written beside ``out`` and moved there
    when it is whole, so that an interruption leaves no half corpus. Records that cannot be used are counted
    in the manifest and listed, with file and line, in the corpus's ``broken.jsonl``.

    Args:
        source: a reader, or the name of one: ``stackexchange``, ``polis``, ``reddit``.
        paths: the files and folders of the dump.
        out: the folder to make.
        key: what members' names are hashed with; this user's own key where None.
        title: what to call the corpus.
        fictional: whether its people and texts are invented; it is then said wherever it is shown.
        replace: whether to replace a corpus that is there.
        progress: called with the path, the bytes read and the size of the file that is being read.

    Raises:
        InputError: a file is broken, ``out`` exists or cannot be written, or nothing could be read.
    """
    reader = source_named(source) if isinstance(source, str) else source
    files = [Path(path) for path in paths]
    target = Path(out)
    _refuse_occupied(target, replace=replace)
    reader.check(files)
    key = user_key() if key is None else key
    with _workshop(target) as folder:
        staging = Staging(folder, key)
        with staging.listing():
            try:
                staging.add_all(reader.read(files, progress=progress))
            finally:
                staging.close()
            notices = finish(staging, folder)
        manifest = _manifest(folder, reader, staging, notices, fingerprint(key), title, fictional=fictional)
        manifest.save(folder)
        _move(folder, target, replace=replace)
    return Corpus.open(target)


def _refuse_occupied(target: Path, *, replace: bool) -> None:
    if not target.exists():
        return
    if not replace:
        raise InputError("it exists", where=str(target), remedy="name another folder or add --replace")
    if any(target.iterdir()) if target.is_dir() else True:
        Manifest.load(target)


@contextmanager
def _workshop(target: Path) -> Iterator[Path]:
    """Give a folder beside ``target`` that is gone afterwards, and clear away what a killed process left."""
    folder = _beside(target, "part")
    lock_path = _beside(target, "lock")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        lock = lock_path.open("w")
    except OSError as error:
        raise InputError(
            f"it cannot be written: {error.strerror}",
            where=str(target.parent),
            remedy="choose another folder",
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if not os.path.samestat(os.fstat(lock.fileno()), lock_path.stat()):
                raise BlockingIOError  # its owner deleted it before it could be locked here
        except OSError:
            raise InputError(
                "another process is writing it", where=str(target), remedy="wait for it"
            ) from None
        _clear_leftovers(folder, target)
        folder.mkdir()
        try:
            yield folder
        except OSError as error:
            if error.errno not in FULL:
                raise
            raise InputError(
                f"it cannot be written: {error.strerror}", where=str(target), remedy="make room on the disk"
            ) from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            lock_path.unlink(missing_ok=True)


def _move(folder: Path, target: Path, *, replace: bool) -> None:
    for path in folder.iterdir():
        with path.open("rb") as file:
            os.fsync(file.fileno())
    old = _beside(target, "old")
    if replace and target.exists():
        target.rename(old)
    try:
        folder.rename(target)
    except OSError:
        _refuse_occupied(target, replace=False)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _clear_leftovers(folder: Path, target: Path) -> None:
    old = _beside(target, "old")
    if old.exists() and not target.exists():  # killed between the two renames
        old.rename(target)
    shutil.rmtree(old, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


def _beside(target: Path, ending: str) -> Path:
    return target.parent / f".{target.name}.{ending}"


def _manifest(
    folder: Path,
    reader: Source,
    staging: Staging,
    notices: list[str],
    key: str,
    title: str,
    *,
    fictional: bool,
) -> Manifest:
    files = {f"{table}.parquet": _sha256(folder / f"{table}.parquet") for table in TABLES}
    with Corpus.unsealed(folder) as corpus:
        communities = _communities(corpus, staging.titles)
        counts = corpus.rows(
            """SELECT (SELECT count(DISTINCT member) FROM members) AS members,
                      count(*) FILTER (parent IS NULL) AS posts, count(parent) AS replies,
                      (SELECT CAST(coalesce(sum(count), 0) AS BIGINT) FROM votes) AS votes FROM posts"""
        )[0]
        voters = corpus.scalar(
            """SELECT CASE WHEN count(*) = 0 THEN 'none' WHEN count(voter) > 0 THEN 'named'
                      WHEN max(count) > 1 AND count(created) = 0 THEN 'counted' ELSE 'anonymous' END
               FROM votes"""
        )
    skipped: dict[str, int] = dict(getattr(reader, "skipped", {}))
    content = hashlib.sha256("".join(files[name] for name in sorted(files)).encode()).hexdigest()
    return Manifest(
        source=reader.name,
        reader_version=reader.version,
        licence=reader.licence,
        title=title,
        fictional=fictional,
        ballot=reader.ballot,
        voters=voters,
        counts=counts,
        communities=communities,
        broken=dict(sorted(staging.broken.items())),
        skipped=dict(sorted(skipped.items())),
        notices=tuple(notices),
        key=key,
        files=files,
        content=content,
    )


def _communities(corpus: Corpus, titles: dict[str, str]) -> tuple[CommunityCounts, ...]:
    rows = corpus.rows(
        """WITH m AS (SELECT community, count(*) AS members FROM members GROUP BY community),
                p AS (SELECT community, count(*) FILTER (parent IS NULL) AS posts, count(parent) AS replies
                      FROM posts GROUP BY community),
                v AS (SELECT community, sum(count) AS votes FROM votes GROUP BY community),
                n AS (SELECT community FROM m UNION SELECT community FROM p UNION SELECT community FROM v)
           SELECT community AS name, coalesce(members, 0) AS members, coalesce(posts, 0) AS posts,
                  coalesce(replies, 0) AS replies, CAST(coalesce(votes, 0) AS BIGINT) AS votes
           FROM n LEFT JOIN m USING (community) LEFT JOIN p USING (community) LEFT JOIN v USING (community)
           WHERE community <> '' ORDER BY community"""
    )
    return tuple(
        CommunityCounts(**row, title=titles.get(row["name"], ""), english=_english(corpus, row["name"]))
        for row in rows
    )


def _english(corpus: Corpus, community: str) -> bool:
    rows: list[dict[str, Any]] = corpus.rows(
        f"SELECT title || ' ' || text AS text FROM posts WHERE community = ? ORDER BY hash(post) LIMIT {SAMPLE}",
        community,
    )
    return is_english(row["text"] for row in rows)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
