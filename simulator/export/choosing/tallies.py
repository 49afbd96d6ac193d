"""What a ledger holds once it is decided, added up by split, community and reason."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

from simulator.export.choosing.decided import (
    MARGINS,
    PROBABILITIES,
    REASONS,
    SPLITS,
    Decided,
    MarkTally,
    Rung,
    Tally,
)
from simulator.export.choosing.pairs import ROUNDING

if TYPE_CHECKING:
    from simulator.export.selection import Selection

__all__ = ["Queried", "told"]


class Queried(Protocol):
    """What is asked of a ledger."""

    @property
    def communities(self) -> tuple[str, ...]:
        """The communities, in the order of the numbers that rows name them by."""
        ...

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the few rows of a query that adds something up."""
        ...


def told(ledger: Queried, selection: Selection) -> Decided:
    """Return the counts of what was decided."""
    pairs, marks = _counted(ledger, "pairs", "disputed"), _counted(ledger, "marks", "above")
    by_margin, by_probability, ordered = _would_pass(ledger, selection)
    return Decided(
        pairs=tuple(
            Tally(
                split=SPLITS[split],
                community=ledger.communities[community],
                judged=count.judged,
                ties=count.ties,
                kept=count.kept,
                dropped=count.dropped,
                disputed=count.said,
                disputed_kept=count.said_kept,
            )
            for (split, community), count in pairs.items()
        ),
        marks=tuple(
            MarkTally(
                split=SPLITS[split],
                community=ledger.communities[community],
                judged=count.judged,
                kept=count.kept,
                above=count.said_kept,
                dropped=count.dropped,
            )
            for (split, community), count in marks.items()
        ),
        by_margin=by_margin,
        by_probability=by_probability,
        ordered=ordered,
    )


@dataclass
class _Count:
    """Rows of one community in one split; ``said`` counts those with a property that is asked for."""

    judged: int = 0
    ties: int = 0
    kept: int = 0
    said: int = 0
    said_kept: int = 0
    dropped: dict[str, int] = field(default_factory=dict)


def _counted(ledger: Queried, table: Literal["pairs", "marks"], said: str) -> dict[tuple[int, int], _Count]:
    """Return the counts of every community in every split that has rows of anybody, in order."""
    counts: defaultdict[tuple[int, int], _Count] = defaultdict(_Count)
    rows = ledger.query(
        f"SELECT split, community, short, fate, count(*), sum({said}) FROM {table} GROUP BY 1, 2, 3, 4 ORDER BY fate"
    )
    for split in sorted({row[0] for row in rows}):
        for community in range(len(ledger.communities)):
            counts[split, community] = _Count()
    for split, community, short, fate, number, having in rows:
        count = counts[split, community]
        count.judged += number
        count.said += having
        count.ties += number if short else 0
        if fate:
            reason = REASONS[fate - 1]
            count.dropped[reason] = count.dropped.get(reason, 0) + number
        else:
            count.kept += number
            count.said_kept += having
    return counts


def _would_pass(ledger: Queried, selection: Selection) -> tuple[tuple[Rung, ...], tuple[Rung, ...], int]:
    """Return how many pairs pass other margins, other probabilities, and are ordered at all."""
    asked = [
        *((margin, selection.min_probability) for margin in MARGINS),
        *((selection.min_margin, probability) for probability in PROBABILITIES),
        (0.0, None),
    ]
    sums = ", ".join(f"coalesce(sum({_passes(*thresholds)}), 0)" for thresholds in asked)
    (*counts, ordered) = ledger.query(f"SELECT {sums} FROM pairs")[0]
    rungs = [
        Rung(threshold=threshold, pairs=count)
        for threshold, count in zip((*MARGINS, *PROBABILITIES), counts, strict=True)
    ]
    return tuple(rungs[: len(MARGINS)]), tuple(rungs[len(MARGINS) :]), ordered


def _passes(margin: float, probability: float | None) -> str:
    """Return the condition that a pair is no tie by these thresholds."""
    ahead = f"margin > {ROUNDING} AND margin + {ROUNDING} >= {margin!r}"
    if probability is None:
        return ahead
    return f"{ahead} AND (probability IS NULL OR probability + {ROUNDING} >= {probability!r})"
