"""What the list of judgements is made of: what is wished for, its rows, and their cells."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tui.plaintext import count
from tui.reading.comparison import read_rows
from tui.reading.leads import without_lead
from tui.reading.ranking import KEYS, Filter, key_named
from tui.widgets.bars import letter
from tui.widgets.paged import Paged
from tui.widgets.rowlist import Column

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from tui.reading.comparison import Comparison, ItemRow
    from tui.reading.ranking import Key

__all__ = [
    "DIVERGENCE", "FIGURE", "IN_FULL", "PAGE", "SIGN", "VOTERS", "Listing", "Wish", "cells_by", "columns", "rows_of",
    "told", "top_share",
]  # fmt: skip

DIVERGENCE = key_named("Jensen–Shannon divergence (base 2)")
COLUMNS = (
    Column("item", 12, share=2),
    Column("community", 8, share=1),
    Column("n", 5, right=True),
    Column("real", 6, right=True),
    Column("sim", 6, right=True),
    Column("", 1),
)
VOTERS, SIGN, FIGURE = 2, 5, 6
IN_FULL = ("item", "community", "question", "real shares", "simulated shares", *(key.name for key in KEYS))
"""The columns of what ``Listing.in_full`` yields."""
PAGE = 50
ALL = Filter()


@dataclass(frozen=True, kw_only=True, slots=True)
class Wish:
    """What is to be listed, and how: by a key, turned round or not, and only some.

    ``near`` are the first and the last row that are to be there at once.
    """

    by: Key | None = None
    turned: bool = False
    only: Filter = ALL
    near: tuple[int, int] = (0, PAGE)

    @property
    def plain(self) -> bool:
        """Whether all are listed in the order of the run."""
        return self.by is None and not self.turned and not self.only.told

    def asks_for_the_same(self, other: Wish) -> bool:
        """Return whether another wish has the same rows in the same order."""
        return (self.by, self.turned, self.only) == (other.by, other.turned, other.only)


@dataclass(frozen=True, kw_only=True, slots=True)
class Listing:
    """A run's judgements as they were wished for: their ``places`` in that order, and their rows."""

    view: Comparison
    wish: Wish
    places: Sequence[int]
    rows: Paged[ItemRow]

    def in_full(self, folder: Path) -> Iterator[tuple[str, ...]]:
        """Yield every judgement with all its figures, for a file; in a thread."""
        for first in range(0, len(self.places), PAGE):
            for row in read_rows(folder, self.places[first : first + PAGE], roles=self.view.roles):
                real = [f"{option.real.mean:.6f}" for option in row.options if option.real]
                said = [f"{option.simulated.mean:.6f}" for option in row.options if option.simulated]
                figures = (row.figure(key) for key in KEYS)
                yield (
                    *(row.item, row.community, row.query, " ".join(real), " ".join(said)),
                    *("" if figure is None else f"{figure:g}" for figure in figures),
                )


def columns(by: Key | None) -> tuple[Column, ...]:
    """Return the columns, the last one for the figure that the list is sorted by, or the divergence."""
    return (*COLUMNS, Column(_figure(by).short, 8, right=True))


def rows_of(
    folder: Path, view: Comparison, places: Sequence[int], wish: Wish, *, lead: str = ""
) -> Paged[ItemRow]:
    """Return the rows of judgements, those that are to be seen at once already read; in a thread.

    Args:
        lead: what questions begin with that is not to be listed.
    """

    def fetch(first: int, number: int) -> list[ItemRow]:
        return read_rows(folder, list(places[first : first + number]), roles=view.roles)

    rows = Paged(len(places), fetch, cells_by(wish.by, lead), page=PAGE)
    start, end = wish.near
    for page in range(max(0, start) // PAGE, min(end, len(places) - 1) // PAGE + 1):
        rows.load(page)
    return rows


def cells_by(by: Key | None, lead: str = "") -> Callable[[ItemRow], tuple[str, ...]]:
    """Return what makes the cells of a judgement."""
    key = _figure(by)

    def cells(row: ItemRow) -> tuple[str, ...]:
        real, simulated = row.real_top, row.simulated_top
        same = "" if real is None or simulated is None else ("=" if real == simulated else "≠")
        return (
            without_lead(row.query, lead),
            row.community,
            "–" if row.voters is None else f"{row.voters:,}",
            top_share(real, [option.real.mean if option.real else 0.0 for option in row.options]),
            top_share(
                simulated, [option.simulated.mean if option.simulated else 0.0 for option in row.options]
            )
            if row.judged
            else "·",
            same,
            key.written(row.figure(key)),
        )

    return cells


def top_share(option: int | None, shares: Sequence[float]) -> str:
    """Return the letter of an option and its share; a dash where there is none."""
    return "–" if option is None else f"{letter(option)} {shares[option]:.0%}"


def told(listing: Listing) -> str:
    """Return what is listed, in which order, and how much of the run there is of it."""
    wish, view = listing.wish, listing.view
    number = count(len(listing.rows), "judgement")
    parts = [number if len(listing.rows) == view.total else f"{number} of {view.total:,}"]
    if wish.only.told:
        parts.append(f"only {wish.only.told}")
    if wish.by is None:
        parts.append("in the order of the run" + (", the last first" if wish.turned else ""))
    else:
        parts.append(f"by {wish.by.name}, {wish.by.last if wish.turned else wish.by.first}")
    if view.done < view.total:
        parts.insert(0, f"{view.done:,} of {view.total:,} judged")
    return " · ".join(parts)


def _figure(by: Key | None) -> Key:
    """Return what stands in the last column; voters have one of their own."""
    return DIVERGENCE if by is None or by.name == "voters" else by
