"""A question of a user's own, as an item."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personas.errors import InputError
from personas.norms import as_said
from simulator.item import Item, Option
from simulator.journal import SURROGATES

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["question"]


def question(query: str, options: Sequence[str]) -> Item:
    """Return a question of a user's own as an item; each option is judged as an answer to the query.

    Raises:
        InputError: fewer than two options, two with the same text, or bytes that are no text.
    """
    for text in (query, *options):
        if SURROGATES.search(text):
            raise InputError(f"{text!r} is no valid Unicode", remedy="write it in UTF-8")
    choices = tuple(Option(text=text, claim=as_said(query, text)) for text in options)
    return Item(item="ask", query=query, options=choices)
