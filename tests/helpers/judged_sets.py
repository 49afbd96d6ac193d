"""Candidate sets as communities judged them, made of counted votes: for tests of what becomes of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.aggregate import aggregate
from simulator.export.choosing.pairs import marks_of, pairs_of
from simulator.export.records import Record
from simulator.item import Ballot, Item, Option, Preference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulator.export.choosing.ledger import Ledger
    from simulator.export.selection import Selection


def asked(name: str, texts: Sequence[str]) -> Item:
    """Return an item with these candidates."""
    return Item(item=name, query="What now?", options=tuple(Option(text=text) for text in texts))


def voted(item: Item, community: str, votes: Sequence[int], *, prior: float = 0.5) -> Record:
    """Return what a community said whose personas gave each candidate so many votes."""
    size = item.size
    ballots = tuple(
        Ballot(
            persona=f"{community}#{place}",
            choice=choice,
            shares=tuple(float(at == choice) for at in range(size)),
        )
        for place, choice in enumerate(choice for choice, count in enumerate(votes) for _ in range(count))
    )
    return Record(
        item=item,
        community=community,
        preference=aggregate(ballots, size, prior=prior),
        ballots=ballots,
        prior=prior,
    )


def forecast(item: Item, community: str, shares: Sequence[float]) -> Record:
    """Return a record whose shares are a forecast distribution and no posterior of ballots."""
    preference = Preference(shares=tuple(shares), ballots=1)
    return Record(item=item, community=community, preference=preference, prior=None)


def judged(name: str, texts: Sequence[str], votes: Mapping[str, Sequence[int]]) -> tuple[Record, ...]:
    """Return one candidate set with the votes of each community."""
    item = asked(name, texts)
    return tuple(voted(item, community, counts) for community, counts in votes.items())


def fill(
    ledger: Ledger,
    sets: Sequence[tuple[Record, ...]],
    selection: Selection,
    *,
    places: Sequence[int] | None = None,
) -> None:
    """Add sets to a ledger, numbered from 0, each of a prompt of its own unless places are given."""
    for number, records in enumerate(sets):
        place = number if places is None else places[number]
        pairs = pairs_of(records, selection)
        ledger.add(number, place, records, pairs, [marks_of(record, selection) for record in records])
