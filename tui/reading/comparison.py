"""Simulated and real preferences of a run, judgement by judgement, with what stands beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.journal import Journal
from simulator.journal.judgements import judgements_at
from tui.reading.provenance import (
    Provenance,
    RunState,
    provenance_of_run,
    state_of_run,
)
from tui.reading.ranking import KEYS, MEASURED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from simulator.item import Item
    from simulator.journal.judgements import Judgement
    from tui.reading.ranking import Key

__all__ = [
    "Comparison", "ItemRow", "OptionRow", "Other", "Share", "item_row", "metrics_of", "read_comparison", "read_rows",
]  # fmt: skip


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
class Other:
    """What another predictor says: its share of each option, beside the ``real`` ones, where they are known.

    ``role`` is ``baseline``, ``control`` or ``simulation``.
    """

    name: str
    role: str
    shares: tuple[float, ...]
    real: tuple[float, ...] = ()

    @property
    def metrics(self) -> tuple[float | None, ...]:
        """Its metrics in the order of ``bench``'s, computed when they are drawn: a page of rows has hundreds."""
        return metrics_of(self.shares, self.real) if self.real else ()


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemRow:
    """What one community really prefers on one item, and what its panel prefers.

    Args:
        options: the item's options in order.
        asked: whether real votes are known. ``voters``: how many; None where that is not published.
        judged: whether anything came of it yet.
        ballots: how many ballots the simulated preference rests on. ``abstentions``: how many abstained.
        rounds: the rounds of discussion there were. ``settled``: whether opinions had stopped moving.
        bias: by how much each position was chosen too often; empty where unknown.
        errors: what went wrong on the way.
        metrics: in the order of ``bench``'s; empty where nothing can be held against anything.
        others: what stands beside the simulation.
    """

    item: str
    community: str
    query: str
    kind: str
    options: tuple[OptionRow, ...]
    asked: bool = False
    voters: int | None = None
    judged: bool = True
    ballots: int = 0
    abstentions: int = 0
    rounds: int = 0
    settled: bool = True
    bias: tuple[float, ...] = ()
    errors: tuple[str, ...] = ()
    metrics: tuple[float | None, ...] = ()
    others: tuple[Other, ...] = ()

    @property
    def real_top(self) -> int | None:
        """The option with the largest real share, the first among equals; None where nobody was asked."""
        return _top([option.real for option in self.options])

    @property
    def simulated_top(self) -> int | None:
        """The option with the largest simulated share; None where there is none."""
        return _top([option.simulated for option in self.options])

    def figure(self, key: Key) -> float | None:
        """Return the figure that judgements can be sorted by; None where it is not known."""
        if key.metric is not None:
            return self.metrics[key.metric] if self.metrics else None
        bias = max(map(abs, self.bias), default=None)
        judged = (self.ballots, self.abstentions) if self.judged else (None, None)
        plain: tuple[float | None, ...] = (self.voters, *judged, bias)
        return plain[KEYS.index(key) - len(MEASURED)]


@dataclass(frozen=True, kw_only=True, slots=True)
class Comparison:
    """Where a run stands: ``done`` of ``total`` judgements have come in.

    ``roles`` says of every predictor beside the simulation what it stands for.
    """

    provenance: Provenance
    state: RunState
    done: int
    total: int
    roles: Mapping[str, str] = field(default_factory=dict)


def read_comparison(folder: Path) -> Comparison:
    """Read where the run in ``folder`` stands.

    Raises:
        InputError: no run is there, or it is damaged.
    """
    with Journal.read(folder) as journal:
        done, total = journal.progress()
        scores = journal.fact("scores") or {}
        return Comparison(
            provenance=provenance_of_run(journal, folder),
            state=state_of_run(journal, folder),
            done=done,
            total=total,
            roles={row["predictor"]: row["role"] for task in scores.get("tasks", ()) for row in task["rows"]},
        )


def read_rows(
    folder: Path, places: Sequence[int], *, roles: Mapping[str, str] | None = None
) -> list[ItemRow]:
    """Read the judgements at some places of the run in ``folder``, in that order.

    Args:
        roles: what each predictor beside the simulation stands for; a baseline where it is not named.

    Raises:
        InputError: no run is there, or it is damaged.
    """
    import bench.tasks.cases  # noqa: F401  here in a thread, so that drawing the rows loads nothing

    with Journal.read(folder) as journal:
        return [_row(each, roles or {}) for each in judgements_at(journal, places)]


def item_row(
    item: Item | None,
    name: str,
    community: str,
    result: Mapping[str, Any] | None,
    others: Sequence[Other] = (),
) -> ItemRow:
    """Return what is known of the item of a name in a community, with ``result`` as the journal has it."""
    real = None if item is None else item.votes.get(community)
    simulated = (result or {}).get("preference") or {}
    none = "(not judged yet)" if result is None else "(no options were found for it)"
    told = result or {}
    held = real is not None and bool(simulated)
    return ItemRow(
        item=name,
        community=community,
        query=none if item is None else item.query,
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
        judged=result is not None,
        ballots=int(simulated.get("ballots", 0)),
        abstentions=int(simulated.get("abstentions", 0)),
        rounds=int(told.get("rounds", 0)),
        settled=bool(told.get("settled", True)),
        bias=tuple(told.get("position_bias") or ()),
        errors=tuple(f"{error['step']}: {error['problem']}" for error in told.get("errors", ())),
        metrics=metrics_of(simulated["shares"], real.shares) if held and real is not None else (),
        others=tuple(others),
    )


def metrics_of(said: Sequence[float], real: Sequence[float]) -> tuple[float | None, ...]:
    """Return ``bench``'s metrics of shares held against the real ones; none where they are of other options."""
    if len(said) != len(real):
        return ()
    import numpy as np

    from bench.tasks.cases import METRICS

    pair = np.array(said), np.array(real)
    return tuple(metric.one(*pair) for metric in METRICS)


def _row(each: Judgement, roles: Mapping[str, str]) -> ItemRow:
    real = None if each.asked is None else each.asked.votes.get(each.community)
    others = [
        Other(
            name=name,
            role=roles.get(name, "baseline"),
            shares=shares,
            real=() if real is None else real.shares,
        )
        for name, shares in each.predictions
    ]
    return item_row(each.asked, each.item, each.community, each.result, others)


def _share(shares: Sequence[float], low: Sequence[float], high: Sequence[float], number: int) -> Share:
    bounded = len(low) == len(high) == len(shares)
    return Share(
        mean=shares[number],
        low=low[number] if bounded else None,
        high=high[number] if bounded else None,
    )


def _top(shares: Sequence[Share | None]) -> int | None:
    known = [(share.mean, number) for number, share in enumerate(shares) if share is not None]
    if not known:
        return None
    from bench.metrics.vectors import TIE

    most = max(mean for mean, _ in known)
    return next(number for mean, number in known if mean >= most - TIE)
