"""Two runs beside each other, on the items and communities that both judged.

Each difference is paired, judgement by judgement, and resampled by community, so that what both runs find easy or
hard cancels.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from bench.report.reading import facts_of
from bench.resample import Resampling
from bench.tasks.cases import ACCURACY, DIVERGENCE, METRICS, is_clear, is_spread
from personas.errors import InputError
from simulator.run import Run

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from bench.report.reading import RunFacts
    from bench.tasks.cases import Metric
    from simulator.item import Item, Preference, RealVotes

__all__ = ["ComparedItem", "ComparedMetric", "ComparedRun", "RunComparison", "compare"]

READ = 20
"""So many of the items on which the runs differ most are kept to be read."""
TOP_ONE = "top-1 accuracy"
"""Of the metrics of distributions, the one that says the same as accuracy does."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A mean with its 95 % bootstrap interval; None where it is undefined."""

    mean: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, kw_only=True)
class ComparedMetric:
    """What both runs scored by one metric.

    Args:
        better: which figure is the better one. ``first``, ``second``: what each run scored.
        ahead: by how much the first is better, positive where it is, whichever direction is the better one.
        probability: the share of resamples in which the first is better, half of the equal ones included.
        n: on how many judgements both have a figure. ``communities``: of how many communities.
    """

    metric: str
    better: Literal["higher", "lower"]
    first: Figure
    second: Figure
    ahead: Figure
    probability: float | None
    n: int
    communities: int


@dataclass(frozen=True, kw_only=True)
class ComparedItem:
    """A judgement on which two runs differ: ``apart`` is the Jensen-Shannon divergence of what they say, base 2."""

    item: str
    community: str
    query: str
    options: tuple[str, ...]
    real: tuple[float, ...]
    first: tuple[float, ...]
    second: tuple[float, ...]
    apart: float


@dataclass(frozen=True, kw_only=True)
class ComparedRun:
    """One of the two runs: the folder's name, what made its ballots, what came to an end, and what it used up."""

    run: str
    predictor: str
    done: int
    total: int
    failures: int
    usage: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, kw_only=True)
class RunComparison:
    """What two runs have in common, and where they part.

    Args:
        corpus: what both were held against.
        first, second: the runs.
        items: how many items both judged. ``judgements``: how many times a community judged one of them.
        left_out: judgements that are not compared, by reason.
        same_choice: how often both prefer the same option most.
        apart: the mean divergence of what they say.
        metrics: what they scored.
        differing: what the runs were made with that is not the same: name, of the first, of the second.
        notes: what a reader must know.
        most_apart: the judgements on which they differ most, the furthest first.
    """

    corpus: Mapping[str, Any]
    first: ComparedRun
    second: ComparedRun
    items: int
    judgements: int
    left_out: Mapping[str, int]
    same_choice: Figure
    apart: Figure
    metrics: tuple[ComparedMetric, ...]
    differing: tuple[tuple[str, Any, Any], ...]
    notes: tuple[str, ...]
    most_apart: tuple[ComparedItem, ...]

    def as_data(self) -> dict[str, Any]:
        """Return the comparison as plain data."""
        return asdict(self)


@dataclass(frozen=True)
class _Pair:
    """What two runs say of one item in one community."""

    item: Item
    community: str
    votes: RealVotes
    said: tuple[Preference, Preference]


def compare(first: str | Path | Run, second: str | Path | Run, *, seed: int) -> RunComparison:
    """Compare two runs on what both judged.

    Args:
        first, second: runs, or their folders.
        seed: of the resamples.

    Raises:
        InputError: a folder holds no run, the runs are of different corpora, or they judged nothing in common.
    """
    runs = [each if isinstance(each, Run) else Run.open(each) for each in (first, second)]
    try:
        facts = [facts_of(run) for run in runs]
        names = [str(run.journal.folder or "in memory") for run in runs]
        _refuse_other_corpora(facts, names)
        left_out: Counter[str] = Counter()
        pairs = _paired(runs[0], runs[1], left_out)
        if not pairs:
            reasons = "; ".join(f"{reason}: {count:,}" for reason, count in left_out.items())
            raise InputError(
                f"they judged no item with real votes in common ({reasons or 'both are empty'})",
                where=" and ".join(names),
                remedy="compare runs of one corpus with the same split and seed",
            )
        return _compared(pairs, runs, facts, left_out, seed)
    finally:
        for given, run in zip((first, second), runs, strict=True):
            if run is not given:
                run.journal.close()


def _compared(
    pairs: Sequence[_Pair],
    runs: Sequence[Run],
    facts: Sequence[RunFacts],
    left_out: Mapping[str, int],
    seed: int,
) -> RunComparison:
    resampling = Resampling([pair.community for pair in pairs], seed=seed)
    apart = [DIVERGENCE.one(*_both(pair)) for pair in pairs]
    same = [float(pair.said[0].top == pair.said[1].top) for pair in pairs]
    sides = [_side(run, each, name) for run, each, name in zip(runs, facts, _names(runs, facts), strict=True)]
    return RunComparison(
        corpus={name: facts[0].source.get(name) for name in ("title", "source", "licence", "fictional")},
        first=sides[0],
        second=sides[1],
        items=len({pair.item.item for pair in pairs}),
        judgements=len(pairs),
        left_out=dict(left_out),
        same_choice=_figure(resampling.interval(same)),
        apart=_figure(resampling.interval(apart)),
        metrics=tuple(_metrics(pairs, seed)),
        differing=tuple(_differing(runs, facts)),
        notes=tuple(_notes(facts)),
        most_apart=_most_apart(pairs, apart),
    )


def _refuse_other_corpora(facts: Sequence[RunFacts], names: Sequence[str]) -> None:
    """Refuse runs of two corpora; one that was ingested anew, or split otherwise, is still the same corpus."""
    first, second = facts
    told = [(each.source.get("title"), each.source.get("source")) for each in facts]
    if first.content != second.content and told[0] != told[1]:
        described = " and ".join(
            f"{title or 'a corpus without a title'} ({source})" for title, source in told
        )
        raise InputError(
            f"the runs are of different corpora: {described}",
            where=" and ".join(names),
            remedy="compare runs of one corpus",
        )


def _paired(first: Run, second: Run, left_out: Counter[str]) -> list[_Pair]:
    """Return what both runs say, in the order of the first; what cannot be paired is counted."""
    said, others = first.preferences(), second.preferences()
    other_items = {item.item: item for item in second.journal.items()}
    pairs = []
    for item in first.journal.items():
        other = other_items.get(item.item)
        for community, votes in item.votes.items():
            key = (item.item, community)
            reason = _unpaired(item, other, community, key in said, key in others)
            if reason:
                left_out[reason] += 1
            else:
                pairs.append(_Pair(item, community, votes, (said[key], others[key])))
    return pairs


def _unpaired(item: Item, other: Item | None, community: str, by_first: bool, by_second: bool) -> str:
    """Return why two runs cannot be compared on an item in a community; empty where they can."""
    if other is None or not (by_first and by_second):
        return "one of the runs did not judge it"
    if [option.text for option in item.options] != [option.text for option in other.options]:
        return "its options are not the same in both runs"
    if other.votes.get(community) != item.votes[community]:
        return "its real votes are not the same in both runs: other members make up the community"
    return ""


def _metrics(pairs: Sequence[_Pair], seed: int) -> Iterator[ComparedMetric]:
    clear = [pair for pair in pairs if is_clear(pair.votes)]
    enough = [pair for pair in pairs if is_spread(pair.item, pair.votes)]
    if clear:
        yield _metric(clear, ACCURACY, seed)
    if enough:
        yield from (_metric(enough, metric, seed) for metric in METRICS if metric.name != TOP_ONE)


def _metric(pairs: Sequence[_Pair], metric: Metric, seed: int) -> ComparedMetric:
    """Score both runs where both have a figure, so that the difference of the means is the mean difference."""
    scored = [[metric.one(said, real) for said, real in _against(pair)] for pair in pairs]
    both = [row if None not in row else [None, None] for row in scored]
    columns = [[row[which] for row in both] for which in (0, 1)]
    resampling = Resampling([pair.community for pair in pairs], seed=seed)
    first, second = (resampling.interval(column) for column in columns)
    ahead = resampling.better(columns[0], columns[1], metric.better)
    return ComparedMetric(
        metric=metric.name,
        better=metric.better,
        first=_figure(first),
        second=_figure(second),
        ahead=_figure(ahead),
        probability=ahead.probability,
        n=ahead.n,
        communities=ahead.communities,
    )


def _against(pair: _Pair) -> list[tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]]:
    real = np.array(pair.votes.shares)
    return [(np.array(said.shares), real) for said in pair.said]


def _both(pair: _Pair) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    return np.array(pair.said[0].shares), np.array(pair.said[1].shares)


def _figure(found: Any) -> Figure:
    return Figure(mean=found.mean, low=found.low, high=found.high)


def _most_apart(pairs: Sequence[_Pair], apart: Sequence[float | None]) -> tuple[ComparedItem, ...]:
    differing = [
        (distance, pair)
        for distance, pair in zip(apart, pairs, strict=True)
        if distance is not None and distance > 0
    ]
    ordered = sorted(differing, key=lambda row: (-row[0], row[1].item.item, row[1].community))
    return tuple(
        ComparedItem(
            item=pair.item.item,
            community=pair.community,
            query=pair.item.query,
            options=tuple(option.text for option in pair.item.options),
            real=pair.votes.shares,
            first=pair.said[0].shares,
            second=pair.said[1].shares,
            apart=distance,
        )
        for distance, pair in ordered[:READ]
    )


def _names(runs: Sequence[Run], facts: Sequence[RunFacts]) -> list[str]:
    """Return what to call the runs: their folders' names, with those above them as far as they are needed."""
    places = [run.journal.folder.resolve() if run.journal.folder else None for run in runs]
    if facts[0].run != facts[1].run or None in places or places[0] == places[1]:
        return [each.run for each in facts]
    parts = [place.parts for place in places if place]
    deep = next(size for size in range(2, max(map(len, parts)) + 1) if parts[0][-size:] != parts[1][-size:])
    return ["/".join(each[-deep:]) for each in parts]


def _side(run: Run, facts: RunFacts, name: str) -> ComparedRun:
    return ComparedRun(
        run=name,
        predictor=run.predictor,
        done=facts.done,
        total=facts.total,
        failures=facts.failures,
        usage=tuple(asdict(row) for row in run.usage()),
    )


def _differing(runs: Sequence[Run], facts: Sequence[RunFacts]) -> Iterator[tuple[str, Any, Any]]:
    """Yield what the runs were made with that is not the same, setting by setting."""
    told = []
    for run, each in zip(runs, facts, strict=True):
        source = {f"corpus: {name}": value for name, value in each.source.items()}
        settings = {f"setting: {name}": value for name, value in each.settings.items()}
        made = {
            "predictor": run.predictor,
            "model": sorted({row.model for row in run.usage()}) or None,
            "embedder": each.embedder,
            "prompts": each.prompts or None,
            "version": each.version,
            "asked as if of": dict(each.as_if) or None,
            "content of what it learned from": each.content,
        }
        told.append({**made, **settings, **source})
    for name in dict.fromkeys([*told[0], *told[1]]):
        first, second = (each.get(name) for each in told)
        if first != second:
            yield name, first, second


def _notes(facts: Sequence[RunFacts]) -> Iterator[str]:
    first, second = facts
    if first.content != second.content:
        yield "the runs learned from different parts or versions of the corpus; only equal items are compared"
    for each in facts:
        if each.done < each.total:
            yield f"{each.run} is not finished: {each.done:,} of {each.total:,} judgements are done"
        if each.failures:
            yield f"in {each.run} something failed in {each.failures:,} judgements"
        yield from (f"{each.run}: warning: {warning}" for warning in each.warnings)
