"""Opening a journal's file: what must be right about it before a byte is written, and what to say where it is not."""

from __future__ import annotations

import errno
import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from personas.errors import InputError
from simulator.models.model import StoppedError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FORMAT", "open_to_read", "open_to_write", "trouble_of"]

FORMAT = "commonbond-journal/2"
WAL_LIMIT = 64 * 2**20
"""Bytes that the write-ahead log keeps on the disk after a long reading has made it grow."""
DAMAGED = "SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR_SHORT_READ", "SQLITE_IOERR_CORRUPTFS"
LEFT = "put back a copy, or begin the run in another folder; the file was left as it is"


def open_to_write(path: Path, tables: str) -> sqlite3.Connection:
    """Open the journal at ``path`` to write, making it where there is none; a file that is no sound journal of
    this format is left untouched.

    Raises:
        InputError: it is damaged, of another format or another program's.
        sqlite3.Error: the file cannot be opened or written.
    """
    if path.exists() and not _is_blank(path):
        with closing(_connect_to_read(path)) as db:
            _check(db, str(path))
            found = db.execute("PRAGMA quick_check(1)").fetchone()[0]
            if found != "ok":
                raise _damaged(found.splitlines()[-1], str(path))
    db = sqlite3.connect(path, timeout=30, check_same_thread=False)
    try:
        return prepared(db, tables)
    except BaseException:
        db.close()
        raise


def prepared(db: sqlite3.Connection, tables: str) -> sqlite3.Connection:
    """Make the tables, all or none, and set how safely is written."""
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = NORMAL")
    db.execute(f"PRAGMA journal_size_limit = {WAL_LIMIT}")
    fact = f"INSERT OR IGNORE INTO facts VALUES ('format', '{json.dumps(FORMAT)}');"
    db.executescript(f"BEGIN IMMEDIATE; {tables} {fact} COMMIT;")
    return db


def open_to_read(path: Path) -> sqlite3.Connection:
    """Open the journal at ``path`` to read only, also where nothing can be written beside it.

    Raises:
        InputError: there is none, it is of another format or another program's, or it did not end and its folder
            may not be written.
        sqlite3.Error: the file cannot be opened, or is damaged.
    """
    if not path.is_file() or _is_blank(path):
        raise _nothing(path)
    db = _connect_to_read(path)
    try:
        if not _check(db, str(path)):
            raise _nothing(path)
    except BaseException:
        db.close()
        raise
    return db


def _nothing(path: Path) -> InputError:
    return InputError(
        "no run is here", where=str(path.parent), remedy="name a folder that a run was written to"
    )


def _is_blank(path: Path) -> bool:
    """Return whether nothing was written yet, as where an engine was killed when it had only made the file.

    Raises:
        InputError: something was, and is gone.
    """
    if path.stat().st_size:
        return False
    log = path.with_name(f"{path.name}-wal")
    if log.exists() and log.stat().st_size:
        raise _damaged("its file is empty, but its log is not", str(path))
    return True


def _connect_to_read(path: Path) -> sqlite3.Connection:
    address = f"{path.absolute().as_uri()}?mode=ro"
    db = sqlite3.connect(address, uri=True, timeout=30)
    try:
        db.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        db.close()
        if not error.sqlite_errorname.startswith(("SQLITE_CANTOPEN", "SQLITE_READONLY")):
            raise
        log = path.with_name(f"{path.name}-wal")
        if log.exists() and log.stat().st_size:
            raise InputError(
                f"a run that did not end cannot be read in a folder that may not be written: {error}",
                where=str(path.parent),
                remedy="copy the folder to where you may write, and name the copy",
            ) from error
        # Reading needs a log beside the file, which cannot be made here; but nor can anybody change the file.
        db = sqlite3.connect(f"{address}&immutable=1", uri=True)
    return db


def _check(db: sqlite3.Connection, where: str) -> bool:
    """Return whether a journal of this format is there; False where nothing is."""
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not tables:
        return False
    row = (
        db.execute("SELECT value FROM facts WHERE name = 'format'").fetchone() if "facts" in tables else None
    )
    try:
        found = row and json.loads(row[0])
    except ValueError as error:
        raise _damaged(f"its format cannot be read ({error})", where) from error
    if found != FORMAT:
        old = found == "commonbond-journal/1"
        made = "it was made by commonbond 0.1" if old else "it was made by another version of commonbond"
        raise InputError(
            f"the journal's format is {found}, not {FORMAT}",
            where=where,
            remedy=f"{made}: begin the run anew in another folder",
        )
    return True


def trouble_of(error: BaseException, where: str, *, stops: bool = False) -> InputError | None:
    """Return what to say of an error met at a journal; None where it speaks for itself or is the program's mistake.

    Args:
        stops: whether the engine met it, so that the run must not go on.
    """
    kind = StoppedError if stops else InputError
    if isinstance(error, UNREADABLE) and not isinstance(error, InputError):
        return _damaged(f"a row cannot be read ({error})", where, kind)
    if isinstance(error, OSError):
        code = errno.errorcode.get(error.errno or 0, "")
    elif isinstance(error, sqlite3.DatabaseError) and not isinstance(error, MISTAKES):
        code = str(getattr(error, "sqlite_errorname", ""))
    else:
        return None
    if code in DAMAGED or str(error).startswith(("Could not decode", "no such", "malformed")):
        return _damaged(str(error), where, kind)
    what, remedy = next(
        (told for names, told in SAID.items() if code.startswith(names)),
        ("no journal can be opened", "check the folder, or name another"),
    )
    return kind(f"{what}: {error}", where=where, remedy=remedy)


def _damaged(what: str, where: str, kind: type[InputError] = InputError) -> InputError:
    return kind(f"the journal is damaged: {what}", where=where, remedy=LEFT)


UNREADABLE = ValueError, KeyError, TypeError
MISTAKES = sqlite3.ProgrammingError, sqlite3.IntegrityError
AGAIN = "give the same command again: it goes on"
SAID = {
    ("SQLITE_FULL", "SQLITE_IOERR", "ENOSPC", "EDQUOT", "EFBIG"): (
        "nothing more can be written, the disk is full or broken",
        f"make room, and {AGAIN}",
    ),
    ("SQLITE_READONLY", "EROFS"): ("nothing more can be written", f"let the folder be written, and {AGAIN}"),
    ("SQLITE_BUSY", "SQLITE_LOCKED"): ("another program holds the journal", f"end it, and {AGAIN}"),
}
"""What to say, and what to do, by how the names of errors begin."""
