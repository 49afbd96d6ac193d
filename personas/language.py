"""Is this text English? The usual embedding model reads nothing else, so the user has to be told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["MULTILINGUAL_MODEL", "is_english"]

MULTILINGUAL_MODEL = "sentence-transformers/paraphrase-multilingual-MiniLM-L12-v2"

FUNCTION_WORDS = frozenset(
    "the of and to a in is it that for on with as are this be or not you i we have can if an was at by but "
    "from they my your will would should do there what so which how has about when more all any some".split()
)
LEAST_SHARE = 0.2


def is_english(texts: Iterable[str], *, enough: int = 20_000) -> bool:
    """Tell whether most words of ``texts`` stand in English sentences.

    In English prose, about four words in ten are among its fifty most frequent function words; in German,
    French or Spanish fewer than one in ten are, in Chinese none. Reads ``enough`` words at most; no words
    at all count as English, as there is nothing to warn of.

    >>> is_english(["What is the best way to store the beans?"])
    True
    >>> is_english(["Wie soll man die Bohnen am besten lagern und mahlen?"])
    False
    """
    hits = total = 0
    for text in texts:
        for word in re.findall(r"[^\W\d_]+", text[:5_000].lower()):
            total += 1
            hits += word in FUNCTION_WORDS
        if total >= enough:
            break
    return total == 0 or hits / total >= LEAST_SHARE
