"""What a report is made of, read back: the score card that a run's journal holds, and the facts beside it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bench.scores import Comparison, Curve, CurveBin, ScoreCard, ScoreRow, TaskScore, WorstItem
from personas.errors import InputError
from simulator.run import Run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["RunFacts", "card_of_data", "facts_of", "read_report"]


@dataclass(frozen=True, kw_only=True)
class RunFacts:
    """What stands beside a run's scores: by what it was made, and what its communities said.

    Args:
        run: the name of its folder; no path.
        settings: all that its result depends on.
        source: the corpus, without its path, and how its communities came about.
        content: the hash of what it learned from.
        embedder, version, prompts: the model that compared texts, commonbond's version, the prompts' fingerprint.
        engine: how the server took the requests; None for the offline engine.
        as_if: where it was asked as if of another community.
        done, total: judgements that came to an end, and all of them.
        failures: judgements in which something failed.
        reliability: as ``Run.reliability`` says it.
        warnings: what a reader must know before any figure.
        shares: (real, simulated) for each option of each judged item with real votes, in the order of the jobs.
    """

    run: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    source: Mapping[str, Any] = field(default_factory=dict)
    content: str = ""
    embedder: str = ""
    version: str = ""
    prompts: str = ""
    engine: Mapping[str, Any] | None = None
    as_if: Mapping[str, str] = field(default_factory=dict)
    done: int = 0
    total: int = 0
    failures: int = 0
    reliability: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()
    shares: tuple[tuple[float, float], ...] = ()

    def as_data(self) -> dict[str, Any]:
        """Return the facts as plain data, without the single shares, which the journal holds."""
        return {name: value for name, value in vars(self).items() if name != "shares"}


def read_report(folder: str | Path) -> tuple[ScoreCard, RunFacts]:
    """Return the score card of a finished benchmark run, and the facts that belong beside it.

    Raises:
        InputError: no run is there, it was held against no real votes, or its scores cannot be read.
    """
    run = Run.open(folder)
    with run.journal as journal:
        scores = journal.fact("scores")
        if scores is None:
            done, total = journal.progress()
            raise InputError(
                f"the run holds no scores ({done:,} of {total:,} judgements are done)",
                where=str(folder),
                remedy="let `commonbond bench` finish it; a run of `commonbond simulate` or `ask` is not scored",
            )
        return card_of_data(scores, where=str(folder)), facts_of(run)


def card_of_data(data: Mapping[str, Any], *, where: str = "") -> ScoreCard:
    """Return the score card that ``ScoreCard.as_data`` gave; what an earlier version did not write is empty.

    Raises:
        InputError: it is none.

    >>> card = ScoreCard(predictor="x", corpus={"title": "Tea"}, notes=("n",), tasks=())
    >>> card_of_data(card.as_data()) == card
    True
    """
    try:
        return ScoreCard(
            predictor=data["predictor"],
            corpus=dict(data["corpus"]),
            notes=tuple(data["notes"]),
            tasks=tuple(_task(task) for task in data["tasks"]),
            curves=tuple(_curve(curve) for curve in data.get("curves", ())),
            worst=tuple(_worst(item) for item in data.get("worst", ())),
            comparisons=tuple(Comparison(**row) for row in data.get("comparisons", ())),
            communities=tuple(dict(row) for row in data.get("communities", ())),
            usage=tuple(dict(row) for row in data.get("usage", ())),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"its scores cannot be read: {type(error).__name__}: {error}",
            where=where,
            remedy="make them again with `commonbond bench`",
        ) from error


def facts_of(run: Run) -> RunFacts:
    """Return what stands beside a run's scores."""
    journal = run.journal
    done, total = journal.progress()
    return RunFacts(
        run=journal.folder.resolve().name if journal.folder else "in memory",
        settings=journal.fact("settings") or {},
        source={name: value for name, value in (journal.fact("source") or {}).items() if name != "folder"},
        content=journal.fact("corpus") or "",
        embedder=journal.fact("embedder") or "",
        version=journal.fact("version") or "",
        prompts=journal.fact("prompts") or "",
        engine=journal.fact("engine"),
        as_if=journal.fact("as_if") or {},
        done=done,
        total=total,
        failures=len(run.failures()),
        reliability=json.loads(json.dumps(run.reliability().as_data())),
        warnings=tuple(journal.fact("warnings") or ()),
        shares=_shares(run),
    )


def _shares(run: Run) -> tuple[tuple[float, float], ...]:
    said = run.preferences()
    return tuple(
        pair
        for item in run.journal.items()
        for community, votes in item.votes.items()
        if (item.item, community) in said
        for pair in zip(votes.shares, said[item.item, community].shares, strict=True)
    )


def _task(data: Mapping[str, Any]) -> TaskScore:
    return TaskScore(**{**data, "rows": tuple(ScoreRow(**row) for row in data["rows"])})


def _curve(data: Mapping[str, Any]) -> Curve:
    return Curve(predictor=data["predictor"], bins=tuple(CurveBin(**each) for each in data["bins"]))


def _worst(data: Mapping[str, Any]) -> WorstItem:
    lists = {name: tuple(data[name]) for name in ("options", "real", "predicted")}
    return WorstItem(**{**data, **lists})
