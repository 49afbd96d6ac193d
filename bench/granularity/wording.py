"""Where the community level wins, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.granularity.findings import SAME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.granularity.findings import Study

__all__ = ["where_communities_win"]

STANDINGS = {
    "leads": "best on average, but not told apart from both with",
    "undecided": "undecided with",
    "loses": "behind one of them with",
}


def where_communities_win(study: Study, *, metric: str = "Brier score", scope: str = SAME) -> str:
    """Return at which numbers of known choices one per community wins, and at which it does not.

    It wins where it is ahead of one for all and of one per person, with intervals that lie above 0.
    """
    by_standing: dict[str, list[int]] = {}
    for row in study.verdicts:
        if row.scope == scope and row.metric == metric:
            by_standing.setdefault(row.community, []).append(row.known)
    wins = by_standing.get("wins")
    told = (
        f"One per community wins, ahead of one for all and of one per person, with {_listed(wins)} known"
        if wins
        else "Nowhere is one per community ahead of both one for all and one per person"
    )
    rest = [
        f"{words} {_listed(by_standing[standing])}"
        for standing, words in STANDINGS.items()
        if standing in by_standing
    ]
    return f"{told} ({metric}){': ' if not wins and rest else '; ' if rest else ''}{'; '.join(rest)}."


def _listed(numbers: Sequence[int]) -> str:
    words = ", ".join(map(str, numbers[:-1]))
    return f"{words} and {numbers[-1]}" if words else str(numbers[-1])
