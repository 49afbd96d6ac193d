"""Files of what a screen shows: plain characters, cells that no spreadsheet runs, and put in place when whole."""

from __future__ import annotations

import csv
import io
import os
from typing import TYPE_CHECKING

from personas.errors import InputError
from tui.plaintext import shown

if TYPE_CHECKING:
    from pathlib import Path

    from tui.widgets.table import Table

__all__ = ["csv_of", "harmless", "put"]

WHOLE = 2**31
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How a cell begins that a spreadsheet takes for a formula, or may after it dropped white space."""


def csv_of(table: Table) -> str:
    """Return all rows of a table as CSV (RFC 4180), under the names of its columns."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow([harmless(name) for name in table.columns])
    writer.writerows([harmless(cell) for cell in row] for row in table.rows())
    return file.getvalue()


def harmless(text: str) -> str:
    """Return a cell in plain characters, with an apostrophe before what a spreadsheet would run as a formula.

    Numbers stay numbers. The signs are those of OWASP's page on CSV injection.

    >>> harmless("=1+1"), harmless("-0.5"), harmless("+12.5%"), harmless("- tea")
    ("'=1+1", '-0.5', '+12.5%', "'- tea")
    """
    text = shown(text, limit=WHOLE)
    return f"'{text}" if text.lstrip(" ").startswith(FORMULA) and not _is_number(text) else text


def put(path: Path, text: str, *, replace: bool = False) -> None:
    """Write a file that is there whole or not at all.

    Raises:
        FileExistsError: it is there already, and ``replace`` is not set.
        InputError: it cannot be written.
    """
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        if not replace and path.exists():
            raise FileExistsError(path)
        with part.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
        part.replace(path)
    except FileExistsError:
        raise
    except OSError as error:
        raise InputError(
            f"it cannot be written: {error.strerror or error}",
            where=str(path),
            remedy="name another file, in a folder that is there",
        ) from error
    finally:
        part.unlink(missing_ok=True)


def _is_number(text: str) -> bool:
    try:
        float(text.strip().replace(",", "").removesuffix("%"))
    except ValueError:
        return False
    return True
