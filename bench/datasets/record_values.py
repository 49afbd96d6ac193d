"""Read the values of a record in the shapes that they may come in: options, distributions, labels, profiles."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from personas.community import BOND_FACETS, IDENTITY_FACETS, Profile, ProfileSentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from personas.community import Facet

__all__ = [
    "Listed",
    "as_label",
    "as_listed",
    "as_profile",
    "as_shares",
    "is_listed",
    "is_number",
    "is_shares",
    "is_text",
]

TEXTS = ("text", "body", "response", "content", "comment", "answer", "option", "value", "name", "title")
WEIGHTS = (
    *(
        "share",
        "endorsement",
        "probability",
        "prob",
        "preference",
        "weight",
        "votes",
        "ups",
        "upvotes",
        "score",
    ),
    "vote_count",
)
LARGEST = 1e15
DEEPEST = 16
FACETS: tuple[tuple[str, Facet], ...] = (
    ("worldview", "worldview"),
    ("value", "shared values"),
    ("collective", "collective identity"),
    ("tone", "tone and stances"),
    ("stance", "tone and stances"),
    ("interaction", "interaction style"),
    ("style", "interaction style"),
    ("dynamic", "bonding dynamics"),
    ("bond", "bonding dynamics"),
    ("identity", "collective identity"),
)
"""What the name of a part of a profile tells of its facet; the first that stands in it counts."""


@dataclass(frozen=True, kw_only=True)
class Listed:
    """Texts in their order, the names that they go by, and the weights that stood beside them (none: empty)."""

    texts: tuple[str, ...]
    names: tuple[str, ...]
    weights: tuple[float, ...] = ()


def is_number(value: Any) -> bool:
    """Return whether a value is a whole number from 0 on, or a text of its digits."""
    return not isinstance(value, bool) and re.fullmatch(r"[0-9]{1,6}", str(value)) is not None


def is_text(value: Any) -> bool:
    """Return whether a value is a text with anything in it."""
    return isinstance(value, str) and bool(value.strip())


def is_listed(value: Any) -> bool:
    """Return whether a value is two or more texts, in one of the shapes that ``as_listed`` reads."""
    return as_listed(value) is not None


def as_listed(value: Any) -> Listed | None:
    """Return texts out of a list of texts, a list of objects with one, or an object of texts by name.

    >>> as_listed([{"text": "a", "ups": 3}, {"text": "b", "ups": 1}]).weights
    (3.0, 1.0)
    """
    if isinstance(value, dict):
        if not all(is_text(part) for part in value.values()):
            return None
        names, value = [str(name) for name in value], list(value.values())
    elif isinstance(value, list):
        names = [str(part.get("id", "")) if isinstance(part, dict) else "" for part in value]
    else:
        return None
    texts = [_named(part, TEXTS) if isinstance(part, dict) else part for part in value]
    if len(texts) < 2 or not all(is_text(text) for text in texts):
        return None
    weights: list[Any] = [_named(part, WEIGHTS) if isinstance(part, dict) else None for part in value]
    return Listed(
        texts=tuple(text.strip() for text in texts),
        names=tuple(names),
        weights=tuple(map(float, weights)) if all(_is_weight(weight) for weight in weights) else (),
    )


def is_shares(value: Any) -> bool:
    """Return whether a value is two or more numbers, none below 0: a list, or an object of them by name."""
    parts = list(value.values()) if isinstance(value, dict) else value
    return isinstance(parts, list) and len(parts) > 1 and all(_is_weight(part) for part in parts)


def as_shares(value: Any, options: Listed) -> tuple[float, ...] | None:
    """Return a distribution over the options, adding up to 1; None where it does not fit them.

    An object's numbers are told apart by the options' texts, names, letters or places.

    >>> as_shares({"B": 3, "A": 1}, Listed(texts=("tea", "milk"), names=("", "")))
    (0.25, 0.75)
    """
    if isinstance(value, dict):
        found: dict[int, float] = {}
        zero = _from(list(value), options)
        for name, number in value.items():
            place = _place(name, options, zero)
            if place is not None:
                found[place] = number
        numbers = [found[place] for place in sorted(found)] if len(found) == len(value) else []
    else:
        numbers = list(value)
    total = math.fsum(numbers)
    if len(numbers) != len(options.texts) or total <= 0:
        return None
    return tuple(number / total for number in numbers)


def as_label(value: Any, options: Listed, *, first: int = 0) -> int | None:
    """Return the place of the option that a label means: its text, name, letter or number from ``first`` on.

    >>> as_label("(b)", Listed(texts=("tea", "milk"), names=("", "")))
    1
    """
    if isinstance(value, dict):
        value = _named(value, (*TEXTS, "label", "id", "index"))
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return _place(value, options, first)


def _from(names: Sequence[Any], options: Listed) -> int:
    """Return whether numbers in names count from 0 or 1."""
    ends = {re.sub(r"\D", "", str(name)) for name in names}
    return 1 if str(len(options.texts)) in ends and "0" not in ends else 0


def _place(name: Any, options: Listed, first: int) -> int | None:
    text = str(name).strip()
    for listed in (options.texts, options.names):
        if text in listed:
            return listed.index(text)
    short = re.fullmatch(
        r"(?:(?:option|response|answer|choice|candidate)[ _]?)?\W?([a-z]|[0-9]{1,6})\W?", text.lower()
    )
    if short is None:
        return None
    sign = short[1]
    place = int(sign) - first if sign.isdigit() else ord(sign) - ord("a")
    return place if 0 <= place < len(options.texts) else None


def as_profile(community: str, value: Any, *, default: Facet = "collective identity") -> Profile:
    """Return a profile out of a text or of texts by facet, nested in any way.

    Its sentences rest on the benchmark's own profile, which names no posts.
    """
    sentences = [
        ProfileSentence(facet=facet, text=text, posts=(f"profile:{community}",))
        for facet, text in _leaves(value, default)
    ]
    return Profile(
        identity=tuple(sentence for sentence in sentences if sentence.facet in IDENTITY_FACETS),
        bond=tuple(sentence for sentence in sentences if sentence.facet in BOND_FACETS),
    )


def _leaves(value: Any, facet: Facet, depth: int = 0) -> Iterator[tuple[Facet, str]]:
    """Yield the texts of a profile with their facets; what is nested deeper than any profile is left alone."""
    if isinstance(value, str):
        inner = _as_json(value)
        if inner is None:
            if value.strip():
                yield facet, value.strip()
            return
        value = inner
    if depth == DEEPEST:
        return
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _leaves(part, _facet(str(name), facet), depth + 1)
    elif isinstance(value, list):
        for part in value:
            yield from _leaves(part, facet, depth + 1)


def _facet(name: str, default: Facet) -> Facet:
    lower = name.lower()
    return next((facet for sign, facet in FACETS if sign in lower), default)


def _as_json(text: str) -> Any:
    """Return the object or list that a text is the JSON of; None for any other text."""
    if text.lstrip()[:1] not in {"{", "["}:
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _named(part: Mapping[str, Any], names: Sequence[str]) -> Any:
    return next((part[name] for name in names if part.get(name) is not None), None)


def _is_weight(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= LARGEST
