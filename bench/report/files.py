"""Reports as files: their format told by the name's end, each written whole or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

__all__ = ["FORMATS", "format_of", "write_report", "write_reports"]

FORMATS = (".html", ".md", ".json")
NAME = "report"


def format_of(path: Path) -> str:
    """Return which of the formats a file's name says.

    Raises:
        InputError: it says none of them.

    >>> from pathlib import Path
    >>> format_of(Path("tea.HTML"))
    '.html'
    """
    found = path.suffix.lower()
    if found not in FORMATS:
        raise InputError(
            f"no report can be written as {path.suffix or 'a file without an ending'}",
            where=str(path),
            remedy=f"end the name in {', '.join(FORMATS)}",
        )
    return found


def write_reports(makers: Mapping[str, Callable[[], str]], out: Path) -> list[Path]:
    """Write a report into a file where ``out`` ends as one of the formats does, else into a folder, in all of them.

    Args:
        makers: for each of ``FORMATS``, what makes its text.
        out: the file, or the folder, which is made where there is none.

    Returns:
        the files that were written.

    Raises:
        InputError: ``out`` is a file of another format, or nothing can be written there.
    """
    if out.suffix.lower() in FORMATS and not out.is_dir():
        return [write_report(out, makers[format_of(out)]())]
    if out.is_file():
        raise InputError(
            "it is a file of no report's format",
            where=str(out),
            remedy=f"name a folder, or a file that ends in {', '.join(FORMATS)}",
        )
    return [write_report(out / f"{NAME}{format_}", makers[format_]()) for format_ in FORMATS]


def write_report(path: Path, text: str) -> Path:
    """Write a text beside the file and put it in its place, so that a broken write leaves no half of it.

    Raises:
        InputError: it cannot be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(text, encoding="utf-8", newline="\n")
        beside.replace(path)
    except OSError as error:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise InputError(
            f"it cannot be written: {error.strerror}", where=str(path), remedy="name another place"
        ) from error
    return path
