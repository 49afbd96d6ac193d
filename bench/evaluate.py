"""Hold predictors against real votes: any of them on any items, or a simulation on all four tasks."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from bench.baselines import ItemMajority, MeanShare, PositionPrior, Uniform, first_posted, longest
from bench.controls import run_controls, spent_by
from bench.heldout import BenchmarkPart, lineup_of, nothing_to_judge, told_of
from bench.kept import keep_predictions
from bench.predictors import NOBODY, Instead, NormPredictor, Predictor, RunPredictor, fit
from bench.scores import ScoreCard
from bench.scoring import score
from bench.tasks.cases import make_cases
from bench.tasks.community_identification import community_identification
from bench.tasks.generation import TASK as GENERATED
from bench.tasks.generation import generation
from bench.tasks.writing import WRITE_PROMPTS, Writing
from personas.errors import InputError
from personas.pooling import pooled
from simulator.simulation import unseen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from bench.benchmark import Benchmark, Part
    from bench.controls import Control
    from bench.heldout import HeldOut, Lineup
    from bench.scores import TaskScore
    from bench.tasks.cases import Case
    from bench.tasks.prompted import Written
    from personas.norms import NormStore
    from simulator.item import Item
    from simulator.run import Run
    from simulator.simulation import Simulation

__all__ = ["Tasks", "baselines", "evaluate", "evaluate_run", "run_benchmark"]

OFFLINE = "norm judge (offline, no language model)"
UNIVERSAL = "universal predictor (all communities' norms pooled)"
GENERATED_OFFLINE = "generation is the offline engine's: the model wrote nothing"
LEFT_OUT = "community-consistent generation and community identification were left out, as told"
CONTROL_RUNS = "controls"
GENERATION = "generation"
Tasks = Literal["all", "preference"]


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
    tasks: Tasks = "all",
    write_prompts: int = WRITE_PROMPTS,
    advance: Callable[[int, int], None] = unseen,
    command: Mapping[str, Any] | None = None,
) -> tuple[Run, ScoreCard]:
    """Let a simulation judge held-out items, and hold what it says against the real votes.

    Personas that think with a model also write answers, for the task of generation, in a run of its own.

    Args:
        simulation: of the training part: of ``split.train``, or of the benchmark.
        held: what is held out: a ``Split`` or a ``BenchmarkPart``.
        out: the run's folder; in memory where None. The controls' runs are in folders in it.
        limit: judge that many items at the most, the first in order.
        predictors: further ones to score.
        controls: the same simulation without what it should know; see ``bench.controls``.
        tasks: ``all`` four, or the two of ``preference`` alone, for which nothing need be written.
        write_prompts: how many queries each community's personas answer with a model, five calls each.
        advance: called with the number of judgements done and of all, of the run and then of each control.
        command: how the run can be begun again; kept in its journal.

    Raises:
        InputError: no held-out item has real votes, or an argument is out of its range.
    """
    _refuse_unknown(tasks)
    built = held.items(simulation.setting.membership)
    items = built.items if limit is None else built.items[:limit]
    if not items:
        raise nothing_to_judge(built, str(held.whole.folder))
    lineup = lineup_of(held, items) if tasks == "all" else None  # refused before anything is paid for
    writing = Writing.of(simulation, items, most=write_prompts) if tasks == "all" else None
    run = simulation.run(items, out=out, advance=advance, command=command)
    beside, runs, written = _beside(simulation, run, items, controls, writing, out, advance)
    left_out = tuple(f"left out: {count:,} × {reason}" for reason, count in built.left_out.items())
    card = evaluate_run(
        run,
        simulation,
        held,
        items,
        predictors=[*predictors, *beside],
        notes=left_out,
        usage=[(name, row) for name, other in runs.items() for row in other.usage()],
        tasks=tasks,
        written=written,
        lineup=lineup,
        keep=True,
    )
    run.journal.set_facts({"scores": card.as_data()})
    for other in runs.values():
        other.journal.close()
    return run, card


def _beside(
    simulation: Simulation,
    run: Run,
    items: Sequence[Item],
    controls: Sequence[Control],
    writing: Writing | None,
    out: str | Path | None,
    advance: Callable[[int, int], None],
) -> tuple[list[RunPredictor], dict[str, Run], Written | None]:
    """Run the controls and the writing within what a run left of its limits; return the runs by their names."""
    folder = None if out is None else Path(out) / CONTROL_RUNS
    found = run_controls(simulation, run, items, controls, out=folder, advance=advance)
    runs = {each.name: other for each, other in found}
    written = None
    if writing:
        limited = writing.limited(spent_by([run, *runs.values()]))
        runs[GENERATION], written = limited.run(out=folder and folder / GENERATION, advance=advance)
    return [each for each, _ in found], runs, written


def evaluate_run(
    run: Run,
    simulation: Simulation,
    held: HeldOut,
    items: Sequence[Item],
    *,
    predictors: Sequence[Predictor] = (),
    notes: Sequence[str] = (),
    usage: Sequence[tuple[str, Any]] = (),
    tasks: Tasks = "all",
    written: Written | None = None,
    lineup: Lineup | None = None,
    keep: bool = False,
) -> ScoreCard:
    """Score a finished run on items with real votes.

    Args:
        run: what the simulation said of ``items``.
        simulation: of the training part.
        held: what is held out.
        items: held-out items with real votes.
        predictors: further ones, controls among them.
        notes: what a reader must know besides.
        usage: what the model calls of controls used up, by the control's name.
        tasks: ``all`` four, or the two of ``preference`` alone.
        written: what the personas of a model answered; retrieval alone answers where None.
        lineup: how community identification is put; as ``held`` tells where None.
        keep: write what every other predictor said of each judgement into the run's journal, which must be open
            to write.

    Raises:
        InputError: two predictors have one name, or ``tasks`` is neither.
    """
    _refuse_unknown(tasks)
    setting, settings = simulation.setting, simulation.settings
    everyone = pooled(setting.stores, a0=settings.up_prior, b0=settings.down_prior)
    judge = _offline(simulation, everyone)
    membership = setting.membership
    scored = [RunPredictor(run), *predictors, *_standing_by(simulation, judge)]
    _refuse_doubles(scored)
    fit(scored, held.learned(membership))
    left_out: Counter[str] = Counter()
    cases = make_cases(items, scored, seed=settings.seed, left_out=left_out)
    speaking = _with_something_to_say(scored, cases)
    if keep:
        keep_predictions(run.journal, cases, speaking[1:])
    found = score(cases, speaking, seed=settings.seed)
    others: tuple[TaskScore, ...] = ()
    if tasks == "all":
        put = lineup or lineup_of(held, items)
        others = _other_tasks(simulation, items, cases, scored, judge, everyone, written, put)
    return ScoreCard(
        predictor=run.predictor,
        corpus=told_of(held.whole),
        notes=(
            *held.notes,
            *_told_setting(simulation),
            *_told_tasks(simulation, tasks, written, others),
            *notes,
            *(f"left out: {count:,} judgements × {reason}" for reason, count in left_out.items()),
            *(f"warning: {warning}" for warning in setting.warnings),
        ),
        **{**vars(found), "tasks": (*found.tasks, *others)},
        usage=_used(run, usage),
    )


def _used(run: Run, beside: Sequence[tuple[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    """Return what the run's model calls used up, and those of its controls by their names."""
    return (
        *(asdict(row) for row in run.usage()),
        *({**asdict(row), "control": name} for name, row in beside),
    )


def _offline(simulation: Simulation, everyone: NormStore) -> NormPredictor:
    """Return the judgement that needs no language model."""
    return NormPredictor(
        simulation.setting.stores,
        simulation.embedder,
        keep=simulation.settings.keep,
        sharpness=simulation.setting.sharpness.value,
        name=OFFLINE,
        everyone=everyone,
    )


def _standing_by(simulation: Simulation, judge: NormPredictor) -> list[Predictor]:
    """Return what stands beside every simulation."""
    membership = simulation.setting.membership
    universal = Instead(judge, dict.fromkeys(membership.names, NOBODY), name=UNIVERSAL)
    places = (
        {each.name: each.within for each in membership.communities} if membership.origin == "found" else None
    )
    beaten: list[Predictor] = [judge] if simulation.minds else []  # what personas that think have to beat
    return [*beaten, universal, *baselines(places)]


def _other_tasks(
    simulation: Simulation,
    items: Sequence[Item],
    cases: Sequence[Case],
    scored: Sequence[Predictor],
    judge: Predictor,
    everyone: NormStore,
    written: Written | None,
    lineup: Lineup,
) -> tuple[TaskScore, ...]:
    """Return the scores of generation and of community identification."""
    setting, seed, embedder = simulation.setting, simulation.settings.seed, simulation.embedder
    stores, membership = setting.stores, setting.membership
    runs = [each for each in scored if isinstance(each, RunPredictor)] if simulation.minds else []
    return (
        *generation(items, stores, everyone, membership, embedder, seed=seed, written=written),
        *community_identification(
            cases, judge, stores, membership, embedder, seed=seed, readers=runs, lineup=lineup
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


def _refuse_unknown(tasks: str) -> None:
    if tasks not in get_args(Tasks):
        raise InputError(
            f"no tasks are named {tasks!r}", where="--tasks", remedy=f"choose {' or '.join(get_args(Tasks))}"
        )


def _told_tasks(
    simulation: Simulation, tasks: Tasks, written: Written | None, scored: Sequence[TaskScore]
) -> list[str]:
    """Say who did what in the tasks beside preferences, where that is not plain."""
    if tasks != "all":
        return [LEFT_OUT]
    if written is None:
        offline = simulation.minds and any(each.rows for each in scored if each.task == GENERATED)
        return [GENERATED_OFFLINE] if offline else []
    most = max(Counter(prompt.community for prompt in written.prompts).values())
    asked = f"{len(written.prompts):,} queries, at most {most:,} a community"
    missing = sum(not options for sets in written.sets.values() for options in sets)
    failed = (
        [f"of {2 * len(written.prompts):,} sets of answers {missing:,} were not written"] if missing else []
    )
    return [f"answers were written to {asked}, from the half of the posts that no classifier saw", *failed]


def _told_setting(simulation: Simulation) -> tuple[str, str]:
    membership, sharpness = simulation.setting.membership, simulation.setting.sharpness
    method = membership.method or "as the source names them"
    how = "as told" if not sharpness.errors else "chosen by leave-one-out on the norms, held-out items unseen"
    return (
        f"{len(membership.communities)} communities, {membership.origin}: {method}",
        f"sharpness τ = {sharpness.value:g}, {how}",
    )
