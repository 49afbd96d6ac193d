"""Files as streams of bytes, unpacked on the way and never past a limit.

A dump is untrusted: a small archive can hold terabytes. What a file is packed with is told from its first
bytes, not from its name, and no more than a few megabytes of it are in memory at a time.
"""

from __future__ import annotations

import bz2
import os
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from personas.errors import InputError
from personas.sources.records import Progress, no_progress

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import BinaryIO

__all__ = ["DEFAULT_LIMITS", "Limits", "blocks", "head", "is_packed", "verify"]

_BLOCK = 1 << 18
_PIECE = 1 << 10
"""Packed bytes given to a decompressor at once: at most some 32 MB come of it in any of the three formats."""
_RATIO_FROM = 64 << 20
_ZST_WINDOW = 1 << 31
"""The window of the Pushshift dumps, eight times the decompressor's own limit."""

_UNREADABLE = {
    b"7z\xbc\xaf\x27\x1c": "a 7z archive",
    b"PK\x03\x04": "a zip archive",
    b"\xfd7zXZ\x00": "an xz archive",
    b"Rar!": "a rar archive",
}


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much a file may ask of this machine.

    Args:
        unpacked: bytes that one file may unpack to (512 GiB).
        ratio: how many times its packed size a file may unpack to, once it has unpacked to 64 MiB. Dumps
            of text reach 10 to 30, and a bomb 1,000 or more.
        line: bytes of one line, one CSV field or one XML element (16 MiB).

    Raises:
        InputError: a limit is not positive.
    """

    unpacked: int = 512 << 30
    ratio: int = 200
    line: int = 16 << 20

    def __post_init__(self) -> None:
        for name in ("unpacked", "ratio", "line"):
            if getattr(self, name) < 1:
                raise InputError(f"the limit {name} is {getattr(self, name)}", remedy="give 1 or more")


DEFAULT_LIMITS = Limits()


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def _zst() -> _Unpacker:
    import zstandard

    return zstandard.ZstdDecompressor(max_window_size=_ZST_WINDOW).decompressobj()


_PACKINGS: dict[bytes, Callable[[], _Unpacker]] = {
    b"\x1f\x8b": lambda: zlib.decompressobj(wbits=31),
    b"BZh": bz2.BZ2Decompressor,
    b"\x28\xb5\x2f\xfd": _zst,
}


def blocks(
    path: Path, *, limits: Limits = DEFAULT_LIMITS, progress: Progress = no_progress
) -> Iterator[bytes]:
    """Yield the content of a file in non-empty blocks, unpacked if it is gzip, bzip2 or zstandard.

    Args:
        path: the file.
        limits: how much it may unpack to.
        progress: told of the bytes of the file itself, not of the unpacked ones.

    Raises:
        InputError: the file is missing, empty, unreadable, of an unknown packing, cut off, damaged, or
            unpacks past a limit.
    """
    try:
        with path.open("rb") as file:
            start = file.read(8)
            file.seek(0)
            raw = _raw_blocks(path, file, progress)
            packing = _packing(path, start)
            yield from raw if packing is None else _unpacked(path, raw, packing, limits)
    except OSError as error:
        raise _unreadable(path, error) from error


def head(path: Path, *, limits: Limits = DEFAULT_LIMITS, size: int = 1 << 16) -> bytes:
    """Return the first ``size`` unpacked bytes of a file, fewer if it is shorter.

    Raises:
        InputError: as ``blocks``.
    """
    start = b""
    for block in blocks(path, limits=limits):
        start += block
        if len(start) >= size:
            break
    if not start:
        raise InputError("the file is empty", where=str(path), remedy="check the download")
    return start[:size]


def is_packed(path: Path) -> bool:
    """Say whether the file is a gzip, bzip2 or zstandard archive."""
    try:
        with path.open("rb") as file:
            return _packing(path, file.read(8)) is not None
    except OSError as error:
        raise _unreadable(path, error) from error


def verify(path: Path, *, limits: Limits = DEFAULT_LIMITS) -> None:
    """Unpack an archive to its end, so that a cut or hostile one is found before anything is written.

    Raises:
        InputError: as ``blocks``.
    """
    if is_packed(path):
        for _ in blocks(path, limits=limits):
            pass


def _packing(path: Path, start: bytes) -> Callable[[], _Unpacker] | None:
    for magic, name in _UNREADABLE.items():
        if start.startswith(magic):
            raise InputError(f"it is {name}", where=str(path), remedy="unpack it first")
    return next((make for magic, make in _PACKINGS.items() if start.startswith(magic)), None)


def _raw_blocks(path: Path, file: BinaryIO, progress: Progress) -> Iterator[bytes]:
    size, done = os.fstat(file.fileno()).st_size, 0
    if not size:
        raise InputError("the file is empty", where=str(path), remedy="check the download")
    while block := file.read(_BLOCK):
        done += len(block)
        yield block
        progress(path, done, size)


def _unpacked(
    path: Path, raw: Iterator[bytes], make: Callable[[], _Unpacker], limits: Limits
) -> Iterator[bytes]:
    unpacker, packed, done = make(), 0, 0
    for block in raw:
        for start in range(0, len(block), _PIECE):
            piece = block[start : start + _PIECE]
            packed += len(piece)
            while piece:
                if unpacker.eof:
                    if not piece.strip(b"\0"):
                        break
                    unpacker = make()
                data = _decompress(path, unpacker, piece)
                piece = unpacker.unused_data if unpacker.eof else b""
                done += len(data)
                _hold_to(limits, path, packed=packed, done=done)
                if data:
                    yield data
    if not unpacker.eof:
        raise InputError(
            f"the archive is cut off after {done:,} unpacked bytes",
            where=str(path),
            remedy="download it again",
        )


def _decompress(path: Path, unpacker: _Unpacker, piece: bytes) -> bytes:
    try:
        return unpacker.decompress(piece)
    except Exception as error:  # the three libraries raise zlib.error, OSError and ZstdError
        raise InputError(
            f"the archive is damaged ({error})", where=str(path), remedy="download it again"
        ) from error


def _hold_to(limits: Limits, path: Path, *, packed: int, done: int) -> None:
    if done > limits.unpacked:
        raise InputError(
            f"it unpacks to more than {limits.unpacked:,} bytes",
            where=str(path),
            remedy="raise the limit `unpacked` if you trust the file",
        )
    if done > _RATIO_FROM and done > limits.ratio * packed:
        raise InputError(
            f"it unpacks to more than {limits.ratio} times its size, as a decompression bomb does",
            where=str(path),
            remedy="raise the limit `ratio` if you trust the file",
        )


def _unreadable(path: Path, error: OSError) -> InputError:
    if isinstance(error, FileNotFoundError):
        return InputError("there is no such file", where=str(path), remedy="check the path")
    if isinstance(error, IsADirectoryError):
        return InputError("it is a folder, not a file", where=str(path), remedy="name a file in it")
    return InputError(
        f"it cannot be read ({error.strerror})", where=str(path), remedy="check its permissions"
    )
