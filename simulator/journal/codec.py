"""From values to the text that a journal holds, and back."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.item import Ballot, Item, Option, Preference, RealVotes, Turn

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "SURROGATES", "as_ballot", "as_item", "as_preference", "ballot_body", "from_cell", "item_body", "to_cell",
    "to_text",
]  # fmt: skip

DECIMALS = 9
SURROGATES = re.compile("[\ud800-\udfff]")


def to_text(value: Any) -> str:
    """Return a value as JSON: sorted keys, nine decimals."""
    text = json.dumps(_rounded(value), sort_keys=True, ensure_ascii=False, default=_plain)
    if SURROGATES.search(text):  # SQLite cannot hold half a character, but its escape
        return json.dumps(_rounded(value), sort_keys=True, default=_plain)
    return text


def to_cell(text: str) -> str | bytes:
    """Return a text as SQLite can hold it: one with half a character as bytes.

    >>> to_cell("whole"), from_cell(to_cell("\\ud83d\\ude00")) == "\\ud83d\\ude00"
    ('whole', True)
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def from_cell(held: str | bytes) -> str:
    """Return the text that ``to_cell`` made ``held`` from."""
    return held if isinstance(held, str) else held.decode("utf-8", "surrogatepass")


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, DECIMALS)
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(part) for part in value]
    return value


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a journal")


def item_body(item: Item) -> dict[str, Any]:
    """Return an item as plain data."""
    return {**asdict(item), "votes": {name: asdict(votes) for name, votes in item.votes.items()}}


def as_item(data: dict[str, Any]) -> Item:
    """Return the item that ``item_body`` made ``data`` from."""

    def moment(text: str | None) -> datetime | None:
        return None if text is None else datetime.fromisoformat(text)

    data["created"] = moment(data["created"])
    data["options"] = tuple(Option(**{**row, "created": moment(row["created"])}) for row in data["options"])
    data["votes"] = {name: _as_votes(votes) for name, votes in data["votes"].items()}
    data["turns"] = tuple(Turn(**turn) for turn in data.get("turns", ()))
    return Item(**data)


def _as_votes(data: dict[str, Any]) -> RealVotes:
    return RealVotes(
        **{**data, **{name: tuple(data[name]) for name in ("shares", "up", "down", "low", "high")}}
    )


def ballot_body(ballot: Ballot) -> dict[str, Any]:
    """Return a ballot as plain data."""
    return dict(vars(ballot))  # its parts are flat, and ``asdict`` takes ten times as long


def as_ballot(data: dict[str, Any]) -> Ballot:
    """Return the ballot that ``dataclasses.asdict`` made ``data`` from."""
    lists = {name: tuple(value) for name, value in data.items() if isinstance(value, list)}
    return Ballot(**{**data, **lists})


def as_preference(data: Mapping[str, Any]) -> Preference:
    """Return the preference that ``dataclasses.asdict`` made ``data`` from."""
    parts = {**data, **{name: tuple(data[name]) for name in ("shares", "low", "high")}}
    return Preference(**parts)
