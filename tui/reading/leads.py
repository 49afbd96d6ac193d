"""The beginning that most questions of a list share, so that a narrow column can show what tells them apart.

Of a survey's "How much do you like American food?" and so on, a column of twenty cells would show one text.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["LOOKED_AT", "shared_lead", "without_lead"]

LOOKED_AT = 50
"""Questions that a beginning is looked for in."""
SHORTEST, LONGEST, FEWEST = 12, 200, 3
"""Characters that are worth leaving out, those that are looked at, and different questions that must begin so."""


def shared_lead(texts: Iterable[str]) -> str:
    """Return the longest beginning, in whole words, that at least half of the different texts share; else nothing.

    >>> shared_lead(["Do you like this tea?", "Do you like this cake?", "Do you like this?", "Who are you?"])
    'Do you like '
    >>> shared_lead(["Do you like tea?", "Who are you?", "Why?"])
    ''
    """
    different = set(texts)
    counts: Counter[str] = Counter()
    for text in different:
        inner = enumerate(text[: min(LONGEST, len(text) - 1)])
        counts.update(text[: at + 1] for at, sign in inner if sign == " ")
    least = max(FEWEST, len(different) / 2)
    return max(
        (lead for lead, number in counts.items() if number >= least and len(lead) >= SHORTEST),
        key=len,
        default="",
    )


def without_lead(text: str, lead: str) -> str:
    """Return a text with three dots in place of a beginning that it shares with others.

    >>> without_lead("Do you like tea?", "Do you like "), without_lead("Who are you?", "Do you like ")
    ('…tea?', 'Who are you?')
    """
    return f"…{text[len(lead) :]}" if lead and text.startswith(lead) and len(text) > len(lead) else text
