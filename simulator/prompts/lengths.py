"""How many characters of each kind of text a prompt holds: enough to judge by, and most of it shared by a panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = [
    "MEMORY",
    "NORM",
    "OPTION",
    "OPTIONS",
    "POST",
    "QUERY",
    "REASON",
    "REPLY",
    "SENTENCE",
    "TITLE",
    "TRAIT",
    "fair_cut",
]

NORM, MEMORY, SENTENCE = 640, 240, 400
QUERY, REASON, POST, REPLY = 4_000, 300, 800, 2_000
TITLE, TRAIT = 120, 120
OPTION = 2_000
OPTIONS = 2_200
"""Options differ in order from persona to persona, so that none of their text is shared: together they have this
much, and the longest are cut first, all at one length."""
SHORTEST = 160


def fair_cut(lengths: Sequence[int], total: int = OPTIONS, *, longest: int = OPTION) -> int:
    """Return the length that texts are cut at so that together they have no more than ``total`` characters.

    None is cut below ``SHORTEST``, also where there are so many that together they have more; and one that is
    ``longest`` or shorter is whole where there is room.

    >>> fair_cut([100, 5_000, 900], total=1_600), fair_cut([10, 20]), fair_cut([500] * 26)
    (750, 2000, 160)
    """
    left, cut = total, longest
    ascending = sorted(lengths)
    for place, length in enumerate(ascending):
        share = left // (len(ascending) - place)
        if length > share:
            cut = min(cut, share)
            break
        left -= length
    return max(cut, SHORTEST)
