"""A large JSON object read part by part, so that no single step holds up the interface's other threads."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["parts_of"]

_SPACE = re.compile(r"[ \t\n\r]*")
_DECODER = json.JSONDecoder()


def parts_of(text: str, *opened: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the parts of an object as (path, value); what ``opened`` names is yielded part by part itself.

    Raises:
        ValueError: the text is no JSON object.

    >>> list(parts_of('{"a": 1, "b": {"c": 2, "d": [3]}}', "b"))
    [(('a',), 1), (('b', 'c'), 2), (('b', 'd'), [3])]
    """
    end = yield from _object(text, _past(text, 0), (), opened)
    if _past(text, end) != len(text):
        raise ValueError(f"something follows the object at character {end}")


def _object(text: str, at: int, path: tuple[str, ...], opened: tuple[str, ...]) -> Any:
    at = _sign(text, at, "{")
    if text[at : at + 1] == "}":
        return at + 1
    while True:
        name, at = _DECODER.raw_decode(text, at)
        if not isinstance(name, str):
            raise ValueError(f"a name was expected before character {at}")
        at = _sign(text, _past(text, at), ":")
        here = (*path, name)
        if not path and name in opened and text[at : at + 1] == "{":
            at = yield from _object(text, at, here, opened)
        else:
            value, at = _DECODER.raw_decode(text, at)
            yield here, value
        at = _past(text, at)
        if text[at : at + 1] == "}":
            return at + 1
        at = _sign(text, at, ",")


def _past(text: str, at: int) -> int:
    """Return where the white space at a place ends."""
    found = _SPACE.match(text, at)
    return at if found is None else found.end()


def _sign(text: str, at: int, sign: str) -> int:
    """Return the place behind a sign that must be here, and the white space after it."""
    if text[at : at + 1] != sign:
        raise ValueError(f"{sign} was expected at character {at}")
    return _past(text, at + 1)
