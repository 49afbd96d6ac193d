"""Simulated and real preferences of a run, item by item and community by community."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any

from personas.errors import InputError
from simulator.journal import Journal
from tui.reading.provenance import (
    Provenance,
    RunState,
    provenance_of_run,
    state_of_run,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from simulator.item import Item

__all__ = ["Comparison", "ItemRow", "OptionRow", "Share", "item_row", "read_comparison"]

MOST_ROWS = 5_000
"""Judgements that are read at once; the screen says how many there are in all."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Share:
    """The share of an option with its 95 % interval; without bounds where none is known."""

    mean: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class OptionRow:
    """An option with its real and its simulated share; None where nobody was asked or nothing came of it."""

    text: str
    real: Share | None = None
    simulated: Share | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemRow:
    """What one community really prefers on one item, and what its panel prefers.

    Args:
        options: the item's options in order.
        asked: whether real votes are known. ``voters``: how many; None where that is not published.
        ballots: how many ballots the simulated preference rests on. ``abstentions``: how many abstained.
        rounds: the rounds of discussion there were. ``settled``: whether opinions had stopped moving.
        bias: by how much each position was chosen too often; empty where unknown.
        errors: what went wrong on the way.
    """

    item: str
    community: str
    query: str
    kind: str
    options: tuple[OptionRow, ...]
    asked: bool = False
    voters: int | None = None
    ballots: int = 0
    abstentions: int = 0
    rounds: int = 0
    settled: bool = True
    bias: tuple[float, ...] = ()
    errors: tuple[str, ...] = ()

    @property
    def real_top(self) -> int | None:
        """The option with the largest real share, the first among equals; None where nobody was asked."""
        return _top([option.real for option in self.options])

    @property
    def simulated_top(self) -> int | None:
        """The option with the largest simulated share; None where there is none."""
        return _top([option.simulated for option in self.options])


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """The first judgements of a run, in the order of its jobs; ``done`` of ``total`` have come in."""

    provenance: Provenance
    rows: tuple[ItemRow, ...]
    state: RunState
    done: int
    total: int


def read_comparison(folder: Path, *, count: int = MOST_ROWS) -> Comparison:
    """Read the first ``count`` judgements of the run in ``folder``.

    Raises:
        InputError: no run is there, or it is damaged.
    """
    with Journal.read(folder) as journal:
        done, total = journal.progress()
        rows = [
            item_row(_item(journal, name), name, community, result)
            for name, community, result in islice(journal.results(), count)
        ]
        return Comparison(
            provenance=provenance_of_run(journal, folder),
            rows=tuple(rows),
            state=state_of_run(journal, folder),
            done=done,
            total=total,
        )


def item_row(item: Item | None, name: str, community: str, result: Mapping[str, Any]) -> ItemRow:
    """Return what is known of the item of a name in a community, with ``result`` as the journal has it."""
    real = None if item is None else item.votes.get(community)
    simulated = result.get("preference") or {}
    return ItemRow(
        item=name,
        community=community,
        query="(no options were found for it)" if item is None else item.query,
        kind="choice" if item is None else item.kind,
        options=tuple(
            OptionRow(
                text=option.text,
                real=None if real is None else _share(real.shares, real.low, real.high, number),
                simulated=_share(simulated["shares"], simulated["low"], simulated["high"], number)
                if simulated
                else None,
            )
            for number, option in enumerate(() if item is None else item.options)
        ),
        asked=real is not None,
        voters=None if real is None else real.voters,
        ballots=int(simulated.get("ballots", 0)),
        abstentions=int(simulated.get("abstentions", 0)),
        rounds=int(result.get("rounds", 0)),
        settled=bool(result.get("settled", True)),
        bias=tuple(result.get("position_bias") or ()),
        errors=tuple(f"{error['step']}: {error['problem']}" for error in result.get("errors", ())),
    )


def _item(journal: Journal, name: str) -> Item | None:
    """Return an item; None for a query that failed before it had options."""
    try:
        return journal.item(name)
    except InputError:
        return None


def _share(shares: Sequence[float], low: Sequence[float], high: Sequence[float], number: int) -> Share:
    bounded = len(low) == len(high) == len(shares)
    return Share(
        mean=shares[number],
        low=low[number] if bounded else None,
        high=high[number] if bounded else None,
    )


def _top(shares: Sequence[Share | None]) -> int | None:
    known = [(share.mean, -number) for number, share in enumerate(shares) if share is not None]
    return -max(known)[1] if known else None
