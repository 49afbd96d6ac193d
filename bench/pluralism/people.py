"""How differently people choose, item by item: real choices counted, within communities and between them."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from bench.pluralism.dispersion import decomposed, dispersion
from bench.pluralism.report import figure
from bench.resample import Resampling

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from bench.pluralism.dispersion import Decomposed
    from bench.pluralism.report import Figure
    from bench.pluralism.stances import Measure, Stances
    from simulator.item import Item, RealVotes

    Counts = NDArray[np.float64]

__all__ = ["PEOPLE", "choices", "community_of", "counted", "labels_of", "people_apart", "people_dispersion"]

PEOPLE = "two people"
WITHIN, ACROSS = "two people of one community", "two people of different communities"
BETWEEN = "share of it that lies between communities"
FEW_VOTERS = "a community's votes on an item, of fewer than two voters or of an unknown number"


def counted(votes: RealVotes, item: Item) -> Counts | None:
    """Return how many people chose each option; None where fewer than two did, or their number is unknown.

    Where replies are endorsed, a vote for a reply is a choice of it, though one person may give several.
    """
    if votes.voters is None:
        return None
    exact = votes.up and (item.kind == "endorsement" or sum(votes.up) == votes.voters)
    found = np.array(votes.up, dtype=float) if exact else np.round(np.array(votes.shares) * votes.voters)
    return found if found.sum() > 1 else None


def choices(item: Item) -> tuple[Counts | None, int]:
    """Return the (g, k) counts of the communities that are known, and how many communities are not."""
    known = [counted(item.votes[name], item) for name in sorted(item.votes)]
    rows = [row for row in known if row is not None]
    return (np.stack(rows) if rows else None), len(known) - len(rows)


def community_of(item: Item) -> str:
    """Return the community that an item's figures are of; empty where several voted on it."""
    return next(iter(item.votes)) if len(item.votes) == 1 else ""


def labels_of(items: Sequence[Item]) -> list[str]:
    """Return the community by which each item's figures are resampled.

    Where any of them is of several communities, their items are resampled one by one, as no item is of one alone.
    """
    named = [community_of(item) for item in items]
    return named if all(named) else [""] * len(named)


def people_dispersion(
    items: Sequence[Item], stances: Stances, measured: Sequence[Measure], *, seed: int
) -> tuple[list[Figure], Counter[str]]:
    """Return how far apart two people's choices are by each measure, and what was left out."""
    counts = [choices(item) for item in items]
    left_out = Counter({FEW_VOTERS: sum(missing for _, missing in counts)})
    resampling = Resampling(labels_of(items), seed=seed)
    rows: list[Figure] = []
    for measure in measured:
        split = [
            _split(item, known, stances, measure) for item, (known, _) in zip(items, counts, strict=True)
        ]
        rows += _figures(split, measure, resampling)
    return rows, +left_out


def people_apart(item: Item, community: str, stances: Stances, measure: Measure) -> float | None:
    """Return how far apart two people are expected to be, of one community or, where empty, of all."""
    distances = stances.option_distances(item, measure)
    if distances is None:
        return None
    if community:
        known = counted(item.votes[community], item) if community in item.votes else None
        return None if known is None else dispersion(known, distances)
    split = _split(item, choices(item)[0], stances, measure)
    return None if split is None else split.total


def _split(item: Item, counts: Counts | None, stances: Stances, measure: Measure) -> Decomposed | None:
    distances = stances.option_distances(item, measure)
    return None if counts is None or distances is None else decomposed(counts, distances)


def _figures(
    split: Sequence[Decomposed | None], measure: Measure, resampling: Resampling
) -> Iterator[Figure]:
    if not any(split):
        return
    told = {"measure": measure.name, "axis": measure.axis}
    totals = [each.total if each else None for each in split]
    yield figure(resampling.interval(totals), of=PEOPLE, **told)
    if not any(each and each.groups > 1 for each in split):
        return
    several = [each if each and each.groups > 1 else None for each in split]
    yield figure(resampling.interval([each.within if each else None for each in several]), of=WITHIN, **told)
    yield figure(resampling.interval([each.across if each else None for each in several]), of=ACROSS, **told)
    between = np.array([each.between if each else np.nan for each in several])
    whole = np.array([each.total if each else np.nan for each in several])
    yield figure(resampling.ratio(between, whole), of=BETWEEN, **told)
