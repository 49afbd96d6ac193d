"""An item with its real votes as one line of JSON, and back."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Any

from personas.norms import as_said
from simulator.item import Item, Option, RealVotes, Turn

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["as_item", "item_line", "to_line"]


def to_line(value: Mapping[str, Any]) -> str:
    """Return plain data as one line of JSON, in characters that every reader of UTF-8 can take.

    >>> to_line({"query": "Tea?"})
    '{"query": "Tea?"}\\n'
    """
    text = json.dumps(value, ensure_ascii=False, default=_moment)
    try:
        text.encode()
    except UnicodeEncodeError:  # half a character has no place in UTF-8, but its escape has
        text = json.dumps(value, default=_moment)
    return text + "\n"


def item_line(item: Item, about: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return an item as plain data, without what has its default.

    An option that claims no more than its text is judged under the query when it is read again.
    """
    line: dict[str, Any] = {"item": item.item, "query": item.query, "kind": item.kind}
    line |= {name: value for name in ("ordered", "community", "created") if (value := getattr(item, name))}
    if item.turns:
        line["turns"] = [{"role": turn.role, "text": turn.text} for turn in item.turns]
    line["options"] = [_option_body(option, item.query) for option in item.options]
    line["votes"] = {name: _votes_body(votes) for name, votes in item.votes.items()}
    if about:
        line["about"] = dict(about)
    return line


def as_item(data: Mapping[str, Any]) -> Item:
    """Return the item of a line.

    Raises:
        KeyError, TypeError, ValueError: it holds no item.
    """
    return Item(
        item=data["item"],
        query=data["query"],
        kind=data.get("kind", "choice"),
        ordered=data.get("ordered", False),
        community=data.get("community", ""),
        created=_as_moment(data.get("created")),
        turns=tuple(Turn(**turn) for turn in data.get("turns", ())),
        options=tuple(
            Option(**{**_judged(option, data["query"]), "created": _as_moment(option.get("created"))})
            for option in data["options"]
        ),
        votes={name: _as_votes(votes) for name, votes in data.get("votes", {}).items()},
    )


def _judged(option: Mapping[str, Any], query: str) -> Mapping[str, Any]:
    """Return the option as it is judged: under the query, unless it says what it claims."""
    return {"claim": as_said(query, option["text"]), **option}


def _option_body(option: Option, query: str) -> dict[str, Any]:
    body: dict[str, Any] = {"text": option.text}
    if option.claim not in {option.text, as_said(query, option.text)}:
        body["claim"] = option.claim
    if option.polarity != 1:
        body["polarity"] = option.polarity
    if option.place is not None:
        body["place"] = option.place
    return body | {name: value for name in ("post", "created") if (value := getattr(option, name))}


def _votes_body(votes: RealVotes) -> dict[str, Any]:
    body: dict[str, Any] = {"shares": votes.shares, "voters": votes.voters, "margin": votes.margin}
    return body | {name: value for name in ("up", "down", "low", "high") if (value := getattr(votes, name))}


def _as_votes(data: Mapping[str, Any]) -> RealVotes:
    lists = {name: tuple(value) for name, value in data.items() if isinstance(value, list)}
    return RealVotes(**{**data, **lists})


def _moment(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no place in a benchmark")


def _as_moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
