"""Values of records, from the strings and numbers of a file; what cannot be meant is refused."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from personas.sources.plaintext import plain

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["moment", "needed", "shown", "whole", "word"]

_LARGEST = 1 << 53


def shown(value: object) -> str:
    """Return a value as an error message may show it: escaped and cut short."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def needed(row: Mapping[str, Any], name: str) -> Any:
    """Return the value of a field that must be there.

    Raises:
        ValueError: it is absent or empty.
    """
    value = row.get(name)
    if value is None or value == "":
        raise ValueError(f"{name} is missing")
    return value


def whole(value: object, name: str) -> int:
    """Return a whole number.

    Raises:
        ValueError: it is none, or past 2**53.

    >>> whole("12", "Score"), whole(-3.0, "score")
    (12, -3)
    """
    try:
        number = int(value) if isinstance(value, str) else _exact(value)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{name} is {shown(value)}, no whole number") from error
    if abs(number) > _LARGEST:
        raise ValueError(f"{name} is {shown(value)}, too large a number")
    return number


def _exact(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != int(value):
        raise ValueError
    return int(value)


def moment(value: object, name: str, *, scale: int = 1) -> datetime:
    """Return a moment in UTC, from ISO 8601 or from seconds since 1970; without a time zone it is UTC.

    Args:
        value: a string, a number, or a date and time.
        name: the field, for the error.
        scale: how many units of a number make a second.

    Raises:
        ValueError: it is neither, or lies outside of the years 1 to 9999.

    >>> moment("2016-08-02T15:39:14.947", "created").isoformat()
    '2016-08-02T15:39:14.947000+00:00'
    >>> moment("1351527128.0", "created_utc").isoformat()
    '2012-10-29T16:12:08+00:00'
    """
    try:
        if isinstance(value, datetime):
            return _utc(value)
        if isinstance(value, str) and (value[4:5] == "-" or not _is_number(value)):
            return _utc(datetime.fromisoformat(value.strip()))
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return datetime.fromtimestamp(float(value) / scale, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise ValueError(f"{name} is {shown(value)}, no moment") from error
    raise ValueError(f"{name} is {shown(value)}, no moment")


def _utc(value: datetime) -> datetime:
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _is_number(text: str) -> bool:
    # 2016 and 20160802 would also be ISO 8601; in dumps, digits alone are seconds.
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


def word(value: object, name: str) -> str:
    """Return an identity or a name as a clean, non-empty line of text.

    Raises:
        ValueError: it is empty, or neither text nor a whole number.

    >>> word(12, "post"), word(" ann ", "author")
    ('12', 'ann')
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"{name} is {shown(value)}, neither text nor a number")
    text = " ".join(plain(value if isinstance(value, str) else str(whole(value, name))).split())
    if not text:
        raise ValueError(f"{name} is empty")
    return text
