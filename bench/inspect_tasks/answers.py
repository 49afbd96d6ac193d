"""What a model's reply says: a choice, a distribution or a grade; None where it cannot be read."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from simulator.prompts.answers import LETTERS
from simulator.reading_ballots import distribution_reader, reader
from simulator.replies import UnreadableError, found_json

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["read_choice", "read_grade", "read_shares"]

NAMED = re.compile(r"(?i:\b(?:answer|choice)\b)[\s*_`\"':=]{0,12}(?i:is)?[\s*_`\"':=(]{0,12}([A-Z])\b")
LONGEST_LINE = 60
HIGHEST_GRADE = 10


def read_choice(text: str, options: Sequence[str]) -> int | None:
    """Return the place of the option that a reply chooses, or None.

    It may be a JSON object, alone or in prose, that names a letter or the option's whole text; a letter alone
    or on a line of its own; or ``Answer: B``, where no other letter is named so.

    >>> read_choice('{"choice": "B"}', ["tea", "coffee"]), read_choice("I think ... **Answer: A**", ["x", "y"])
    (1, 0)
    >>> read_choice("Both are fine.", ["tea", "coffee"]) is None
    True
    """
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    edges = [line for line in (lines[-1:] + lines[:1]) if len(line) <= LONGEST_LINE]
    read = reader("choice", range(len(options)), options)
    for tried in (text, *edges):
        try:
            shares = read(tried).shares
        except UnreadableError:
            continue
        return shares.index(1.0) if shares else None
    named = set(NAMED.findall(text)) & set(LETTERS[: len(options)])
    return LETTERS.index(named.pop()) if len(named) == 1 else None


def read_shares(text: str, options: Sequence[str]) -> tuple[float, ...] | None:
    """Return the distribution that a reply gives, normalised, or None.

    >>> read_shares('{"shares": {"A": 30, "B": 10}}', ["tea", "coffee"])
    (0.75, 0.25)
    """
    try:
        return distribution_reader(range(len(options)), options)(text).shares
    except UnreadableError:
        return None


def read_grade(text: str) -> float | None:
    """Return the grade from 1 to 10 that a judge gives, or None.

    >>> read_grade('{"grade": 7, "reason": "dry, as they are"}'), read_grade('{"grade": 11}')
    (7.0, None)
    """
    try:
        told = found_json(text).get("grade")
        grade = math.nan if isinstance(told, bool) else float(told)  # type: ignore[arg-type]
    except (UnreadableError, TypeError, ValueError):
        return None
    return grade if 1 <= grade <= HIGHEST_GRADE else None
