"""An export on its way into its folder: written aside, put in place when it is whole, and nothing left of a failure.

A process may be killed at any instant. Then the folder holds what it held, or the new export, or no manifest; and the
next writing into it first ends what was begun, or clears it away.
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import sqlite3
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Self

from personas.errors import InputError
from simulator.export.manifest import MANIFEST, Manifest

if TYPE_CHECKING:
    from types import TracebackType

    from simulator.export.selection import Selection, Shape

__all__ = ["CARD", "DATA", "RUN", "Staging"]

CARD = "README.md"
DATA = "data"
RUN = "run"
PART = ".export-part"
"""Where an export is written, inside its folder, so that putting it in place is renaming."""
WHOLE = "whole"
"""The file in it that says that all of it is written, and so that what is in place may be replaced."""

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}
HELD = {errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES}


class Staging:
    """The folder that an export is written to: ``with`` it, write into ``data``, and ``finish``.

    Without ``finish``, whether by an exception or not, the folder is left as it was found.

    Args:
        out: the export's folder; made where it is absent.
        run: the run's identity.
        selection: which pairs are kept. ``shape``: how they are written.
        replace: whether an export of this run under another selection or shape may be replaced.

    Raises:
        InputError: on entering, the folder holds other things, another run's data, or this run's otherwise chosen;
            or another process is writing it. On leaving, the disk is full or may not be written.
    """

    def __init__(
        self, out: str | Path, *, run: str, selection: Selection, shape: Shape, replace: bool = False
    ) -> None:
        self.out = Path(out)
        self._run, self._selection, self._shape, self._replace = run, selection, shape, replace
        self._part = self.out / PART
        self._made: list[Path] = []
        self._lock = -1

    @property
    def data(self) -> Path:
        """The folder to write the configurations' folders into, as ``data/preference``."""
        return self._part / DATA

    @property
    def scratch(self) -> Path:
        """A folder for whatever is needed until the export is finished."""
        return self._part / "scratch"

    def __enter__(self) -> Self:
        try:
            self._make_out()
            self._lock = _locked(self.out)
            _settle(self.out)
            self._check()
            self.data.mkdir(parents=True)
            self.scratch.mkdir()
        except OSError as error:
            self._leave()
            raise _unwritable(error, self.out) from None
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        # A whole one is being put in place: the next writing goes on with that.
        if not (self._part / WHOLE).exists():
            shutil.rmtree(self._part, ignore_errors=True)
        self._leave()
        told = _told(error, self.out) if error is not None else None
        if told is not None:
            raise told from error

    def finish(self, manifest: Manifest, card: str) -> None:
        """Put the data, its card and its manifest in place of what was there.

        Raises:
            OSError: the disk is full or broken; leaving the ``with`` block says so to the user.
        """
        shutil.rmtree(self.scratch)
        (self._part / CARD).write_text(card, encoding="utf-8", newline="\n")
        manifest.save(self._part)
        for path in sorted(self._part.rglob("*")):
            _sync(path)
        _sync(self._part)
        (self._part / WHOLE).touch()
        _sync(self._part)
        _put_in_place(self.out)

    def _make_out(self) -> None:
        missing = [path for path in (self.out, *self.out.parents) if not path.exists()]
        if not missing and not self.out.is_dir():
            raise InputError("it is no folder", where=str(self.out), remedy="name another one")
        for path in reversed(missing):
            path.mkdir(exist_ok=True)
            self._made.append(path)

    def _leave(self) -> None:
        for path in reversed(self._made):
            if any(path.iterdir()):
                break
            path.rmdir()
        self._made = []
        if self._lock >= 0:
            os.close(self._lock)
            self._lock = -1

    def _check(self) -> None:
        for name in (DATA, CARD, MANIFEST):
            if (self.out / name).is_symlink():
                raise InputError(
                    "it is a link, which cannot be replaced safely",
                    where=str(self.out / name),
                    remedy="name another folder",
                )
        if (self.out / MANIFEST).exists():
            self._check_export(Manifest.load(self.out))
            return
        others = sorted(path.name for path in self.out.iterdir() if not _harmless(path))
        if others:
            raise _holds_others(self.out, others)

    def _check_export(self, manifest: Manifest) -> None:
        if manifest.run["identity"] != self._run:
            raise InputError(
                f"the folder holds another run's data: of the run {manifest.run['identity']}, not {self._run}",
                where=str(self.out),
                remedy="name another folder",
            )
        found = (path for path in (self.out / DATA).rglob("*") if not path.is_dir() or path.is_symlink())
        names = (path.relative_to(self.out).as_posix() for path in found)
        others = sorted(name for name in names if name not in manifest.files)
        if others:
            raise _holds_others(self.out, others)
        differences = self._differences(manifest)
        if differences and not self._replace:
            raise InputError(
                f"the folder holds this run's data, chosen otherwise: {', '.join(differences)}",
                where=str(self.out),
                remedy="name another folder, or add --replace",
            )

    def _differences(self, manifest: Manifest) -> list[str]:
        before = {**asdict(manifest.selection), **asdict(manifest.shape)}
        now = {**asdict(self._selection), **asdict(self._shape)}
        return [
            f"{name} was {before[name]!r} and is {now[name]!r}" for name in now if before[name] != now[name]
        ]


def _settle(out: Path) -> None:
    """End what a killed process was putting in place, or clear away what it had not written to its end."""
    part = out / PART
    if part.is_symlink():
        raise InputError("it is a link", where=str(part), remedy="remove it")
    if (part / WHOLE).exists():
        _put_in_place(out)
    elif part.exists():
        shutil.rmtree(part)


def _put_in_place(out: Path) -> None:
    """Replace an export by the whole one beside it; begun again after a kill at any instant, it goes on."""
    part = out / PART
    if (part / DATA).exists():
        (out / MANIFEST).unlink(missing_ok=True)
        _sync(out)
        if (out / DATA).exists():
            (out / DATA).rename(part / "old")
        (part / DATA).rename(out / DATA)
    for name in (CARD, MANIFEST):
        if (part / name).exists():
            (part / name).replace(out / name)
    _sync(out)
    shutil.rmtree(part)


def _locked(out: Path) -> int:
    """Return an open handle of the folder that holds the lock of who writes it; the system frees it at any end."""
    handle = os.open(out, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.fstat(handle).st_nlink:
            raise BlockingIOError(errno.EAGAIN, "its owner removed it before it could be locked")
    except OSError as error:
        os.close(handle)
        if error.errno in HELD:
            raise InputError("another process is writing it", where=str(out), remedy="wait for it") from None
        raise InputError(
            f"the folder cannot be locked: {error.strerror}",
            where=str(out),
            remedy="name one on a local disk",
        ) from None
    return handle


def _harmless(path: Path) -> bool:
    """Whether something may lie beside an export: its run, and what begins with a dot, as ``.git`` does."""
    return path.name.startswith(".") or (path.name == RUN and path.is_dir())


def _holds_others(out: Path, names: list[str]) -> InputError:
    shown = ", ".join(names[:5]) + (f" and {len(names) - 5:,} more" if len(names) > 5 else "")
    return InputError(f"the folder holds other things: {shown}", where=str(out), remedy="name another folder")


def _told(error: BaseException, out: Path) -> InputError | None:
    """Return what to say of an error that is the disk's; None where it speaks for itself."""
    full = isinstance(error, sqlite3.OperationalError) and error.sqlite_errorname in {
        "SQLITE_FULL",
        "SQLITE_READONLY",
    }
    return _unwritable(error, out) if full or (isinstance(error, OSError) and error.errno in FULL) else None


def _unwritable(error: BaseException, out: Path) -> InputError:
    return InputError(
        f"it cannot be written: {getattr(error, 'strerror', None) or error}",
        where=str(out),
        remedy="make room on the disk, or name a folder that may be written",
    )


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
