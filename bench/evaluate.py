"""Hold predictors against real votes: any of them on any items, or a simulation on all four tasks."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.baselines import ItemMajority, MeanShare, PositionPrior, Uniform, first_posted, longest, pooled
from bench.controls import run_controls
from bench.heldout import BenchmarkPart, nothing_to_judge, told_of
from bench.predictors import NOBODY, Instead, NormPredictor, Predictor, RunPredictor, fit
from bench.scores import ScoreCard
from bench.scoring import score
from bench.tasks.cases import make_cases
from bench.tasks.community_identification import community_identification
from bench.tasks.generation import generation
from personas.errors import InputError
from simulator.simulation import unseen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from bench.benchmark import Benchmark, Part
    from bench.controls import Control
    from bench.heldout import HeldOut
    from simulator.item import Item
    from simulator.run import Run
    from simulator.simulation import Simulation

__all__ = ["baselines", "evaluate", "evaluate_run", "run_benchmark"]

OFFLINE = "norm judge (offline, no language model)"
UNIVERSAL = "universal predictor (all communities' norms pooled)"
BY_OFFLINE = (
    "generation and community identification are the offline engine's: no call to the model was made for them"
)
CONTROL_RUNS = "controls"


def baselines(places: Mapping[str, str] | None = None) -> list[Predictor]:
    """Return what anybody gets without knowing the community, and what stands beside every result.

    Args:
        places: the larger place that each community lies within, where there is one.
    """
    within: list[Predictor] = [MeanShare(over="place", places=places)] if places else []
    return [
        Uniform(),
        MeanShare(over="community"),
        *within,
        PositionPrior(),
        ItemMajority(),
        longest(),
        first_posted(),
    ]


def evaluate(
    benchmark: Benchmark,
    predictors: Sequence[Predictor] = (),
    *,
    part: Part = "test",
    seed: int,
    limit: int | None = None,
) -> ScoreCard:
    """Score any predictors on a benchmark, beside every baseline, going through its items once.

    Those that learn do so from the training part. No predictor sees the votes that it is to predict.

    Args:
        predictors: yours; the first that is ``simulated`` is compared with all others.
        part: what is predicted.
        seed: of the resamples.
        limit: score the first so many items alone.

    Raises:
        InputError: no item of the part can be scored, or two predictors have one name.

    >>> from bench.predictors import predictor
    >>> @predictor("always the first")
    ... def first(item, community):
    ...     return 0
    >>> evaluate(Benchmark.open("my-benchmark"), [first], seed=7)  # doctest: +SKIP
    """
    known = benchmark.communities
    places = {name: each.within for name, each in known.items() if each.within not in {"", name}}
    everyone: list[Predictor] = [*predictors, *baselines(places)]
    _refuse_doubles(everyone)
    held = BenchmarkPart(benchmark, part)
    fit(everyone, benchmark.items("train"))
    left_out: Counter[str] = Counter()
    items = _first(benchmark.items(part), limit)
    cases = make_cases(items, everyone, seed=seed, left_out=left_out)
    if not cases:
        reasons = "; ".join(f"{reason}: {count:,}" for reason, count in left_out.items())
        raise InputError(
            f"nothing in the {part} part can be scored ({reasons or 'it is empty'})",
            where=str(benchmark.folder),
            remedy="choose another part, or make a benchmark with more votes",
        )
    found = score(cases, _with_something_to_say(everyone, cases), seed=seed)
    counted = tuple(f"left out: {count:,} judgements × {reason}" for reason, count in left_out.items())
    first = next((each.name for each in predictors if each.simulated), "baselines alone")
    return ScoreCard(predictor=first, corpus=told_of(benchmark), notes=(*held.notes, *counted), **vars(found))


def run_benchmark(
    simulation: Simulation,
    held: HeldOut,
    *,
    out: str | Path | None = None,
    limit: int | None = None,
    predictors: Sequence[Predictor] = (),
    controls: Sequence[Control] = ("shuffled",),
    advance: Callable[[int, int], None] = unseen,
    command: Mapping[str, Any] | None = None,
) -> tuple[Run, ScoreCard]:
    """Let a simulation judge held-out items, and hold what it says against the real votes.

    Args:
        simulation: of the training part: of ``split.train``, or of the benchmark.
        held: what is held out: a ``Split`` or a ``BenchmarkPart``.
        out: the run's folder; in memory where None. The controls' runs are in folders in it.
        limit: judge that many items at the most, the first in order.
        predictors: further ones to score.
        controls: the same simulation without what it should know; see ``bench.controls``.
        advance: called with the number of judgements done and of all, of the run and then of each control.
        command: how the run can be begun again; kept in its journal.

    Raises:
        InputError: no held-out item has real votes.
    """
    built = held.items(simulation.setting.membership)
    items = built.items if limit is None else built.items[:limit]
    if not items:
        raise nothing_to_judge(built, str(held.whole.folder))
    run = simulation.run(items, out=out, advance=advance, command=command)
    folder = None if out is None else Path(out) / CONTROL_RUNS
    beside = run_controls(simulation, run, items, controls, out=folder, advance=advance)
    left_out = tuple(f"left out: {count:,} × {reason}" for reason, count in built.left_out.items())
    card = evaluate_run(
        run,
        simulation,
        held,
        items,
        predictors=[*predictors, *(each for each, _ in beside)],
        notes=left_out,
        usage=[(each.name, row) for each, other in beside for row in other.usage()],
    )
    run.journal.set_facts({"scores": card.as_data()})
    for _, other in beside:
        other.journal.close()
    return run, card


def evaluate_run(
    run: Run,
    simulation: Simulation,
    held: HeldOut,
    items: Sequence[Item],
    *,
    predictors: Sequence[Predictor] = (),
    notes: Sequence[str] = (),
    usage: Sequence[tuple[str, Any]] = (),
) -> ScoreCard:
    """Score a finished run on items with real votes, on all four tasks.

    Args:
        run: what the simulation said of ``items``.
        simulation: of the training part.
        held: what is held out.
        items: held-out items with real votes.
        predictors: further ones, controls among them.
        notes: what a reader must know besides.
        usage: what the model calls of controls used up, by the control's name.
    """
    setting, settings = simulation.setting, simulation.settings
    everyone = pooled(setting.stores, a0=settings.up_prior, b0=settings.down_prior)
    judge = NormPredictor(
        setting.stores,
        simulation.embedder,
        keep=settings.keep,
        sharpness=setting.sharpness.value,
        name=OFFLINE,
        everyone=everyone,
    )
    membership = setting.membership
    universal = Instead(judge, dict.fromkeys(membership.names, NOBODY), name=UNIVERSAL)
    places = (
        {each.name: each.within for each in membership.communities} if membership.origin == "found" else None
    )
    beside: list[Predictor] = [judge] if simulation.minds else []  # what personas that think have to beat
    scored: list[Predictor] = [RunPredictor(run), *predictors, *beside, universal, *baselines(places)]
    _refuse_doubles(scored)
    fit(scored, held.learned(membership))
    left_out: Counter[str] = Counter()
    cases = make_cases(items, scored, seed=settings.seed, left_out=left_out)
    found = score(cases, _with_something_to_say(scored, cases), seed=settings.seed)
    seed, embedder = settings.seed, simulation.embedder
    tasks = (
        *found.tasks,
        *generation(items, setting.stores, everyone, membership, embedder, seed=seed),
        *community_identification(cases, judge, setting.stores, membership, embedder, seed=seed),
    )
    method = membership.method or "as the source names them"
    by_offline = (BY_OFFLINE,) if simulation.minds else ()
    return ScoreCard(
        predictor=run.predictor,
        corpus=told_of(held.whole),
        notes=(
            *held.notes,
            f"{len(membership.communities)} communities, {membership.origin}: {method}",
            _told_sharpness(simulation),
            *by_offline,
            *notes,
            *(f"left out: {count:,} judgements × {reason}" for reason, count in left_out.items()),
            *(f"warning: {warning}" for warning in setting.warnings),
        ),
        **{**vars(found), "tasks": tasks},
        usage=(
            *(asdict(row) for row in run.usage()),
            *({**asdict(row), "control": name} for name, row in usage),
        ),
    )


def _with_something_to_say(predictors: Sequence[Predictor], cases: Sequence[Any]) -> list[Predictor]:
    """Leave out baselines that could say nothing of any case: no dates, or nobody else's votes."""
    return [
        each
        for each in predictors
        if each.simulated or any(case.predicted[each.name] is not None for case in cases)
    ]


def _first(items: Iterable[Item], limit: int | None) -> Iterable[Item]:
    return items if limit is None else islice(items, limit)


def _refuse_doubles(predictors: Sequence[Predictor]) -> None:
    name, count = Counter(each.name for each in predictors).most_common(1)[0]
    if count > 1:
        raise InputError(f"{count} predictors are named {name!r}", remedy="give each its own name")


def _told_sharpness(simulation: Simulation) -> str:
    sharpness = simulation.setting.sharpness
    how = "as told" if not sharpness.errors else "chosen by leave-one-out on the norms, held-out items unseen"
    return f"sharpness τ = {sharpness.value:g}, {how}"
