"""A report as JSON: the score card whole, and the facts of its run beside it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bench.report.reading import RunFacts
    from bench.scores import ScoreCard

__all__ = ["as_json", "report_data", "to_json"]

FORMAT = "commonbond-report/1"
DECIMALS = 9
_STEERING = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff]")


def as_json(card: ScoreCard, *, facts: RunFacts | None = None) -> str:
    """Return a score card and the facts beside it as JSON; equal cards give equal texts."""
    return to_json(report_data(card, facts))


def report_data(card: ScoreCard, facts: RunFacts | None) -> dict[str, Any]:
    """Return a report as plain data."""
    return {"format": FORMAT, "scores": card.as_data(), "run": facts.as_data() if facts else None}


def to_json(data: dict[str, Any]) -> str:
    """Return plain data as JSON, with nine decimals as in the journal; what steers or is no UTF-8 is escaped.

    >>> to_json({"a": "x\\u202ey"})
    '{\\n "a": "x\\\\u202ey"\\n}\\n'
    """
    text = json.dumps(_rounded(data), ensure_ascii=False, indent=1, allow_nan=False)
    return _STEERING.sub(lambda match: f"\\u{ord(match[0]):04x}", text) + "\n"


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, DECIMALS)
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part) for part in value]
    return value
