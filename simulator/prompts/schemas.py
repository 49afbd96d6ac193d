"""The forms of replies as JSON Schemas, closed and with everything required, as strict servers ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personas.community import BOND_FACETS, IDENTITY_FACETS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.prompts.answers import Answer

__all__ = ["ABSTAIN", "answer_schema", "distribution_schema", "profile_schema", "responses_schema"]

ABSTAIN = "abstain"
REASON = {"type": "string"}


def answer_schema(answer: Answer, letters: Sequence[str], *, discussed: bool = False) -> dict[str, Any]:
    """Return the schema of a ballot over the options of some letters.

    The choice comes first, so that its log-probabilities are those of the persona's first thought and a reply
    that is cut off still holds it.

    >>> list(answer_schema("choice", "AB")["properties"])
    ['choice', 'reason']
    """
    offered = list(letters)
    forms: dict[str, dict[str, Any]] = {
        "choice": {"choice": {"type": "string", "enum": [*offered, ABSTAIN]}},
        "ranking": {"ranking": {"type": "array", "items": {"type": "string", "enum": offered}}},
        "rating": {
            "ratings": {
                "anyOf": [_closed({letter: {"type": "number"} for letter in offered}), {"type": "null"}]
            }
        },
    }
    heard = {"convinced_by": {"type": "array", "items": {"type": "integer"}}} if discussed else {}
    return _closed({**forms[answer], "reason": REASON, **heard})


def distribution_schema(letters: Sequence[str]) -> dict[str, Any]:
    """Return the schema of a forecast of how a community's choices spread over the options of some letters."""
    return _closed({"shares": _closed({letter: {"type": "number"} for letter in letters}), "reason": REASON})


def responses_schema() -> dict[str, Any]:
    """Return the schema of responses to a query."""
    return _closed({"responses": {"type": "array", "items": {"type": "string"}}})


def profile_schema(source: str) -> dict[str, Any]:
    """Return the schema of a profile's sentences, each with the labels it rests on, under the name of ``source``."""
    sentence = {
        "facet": {"type": "string", "enum": [*IDENTITY_FACETS, *BOND_FACETS]},
        "text": {"type": "string"},
        source: {"type": "array", "items": {"type": "string"}},
    }
    return _closed({"sentences": {"type": "array", "items": _closed(sentence)}})


def _closed(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
