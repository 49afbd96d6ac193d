"""Hold a simulation against the real votes: all four tasks, every baseline, the noise ceiling."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.baselines import MeanShare, Uniform, first_posted, longest, pooled
from bench.predictors import NormPredictor, Predictor, RunPredictor
from bench.scores import ScoreCard
from bench.tasks.cases import make_cases
from bench.tasks.community_identification import community_identification
from bench.tasks.generation import generation
from bench.tasks.preference_distribution import preference_distribution
from bench.tasks.preference_identification import preference_identification
from personas.errors import InputError
from simulator.simulation import unseen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from bench.construct import Split
    from simulator.item import Item
    from simulator.run import Run
    from simulator.simulation import Simulation

__all__ = ["evaluate", "run_benchmark"]


def run_benchmark(
    simulation: Simulation,
    split: Split,
    *,
    out: Path | None = None,
    limit: int | None = None,
    advance: Callable[[int, int], None] = unseen,
    command: Mapping[str, Any] | None = None,
) -> tuple[Run, ScoreCard]:
    """Let a simulation judge a split's held-out items, and hold what it says against the real votes.

    Args:
        simulation: of ``split.train``.
        split: what is held out.
        out: the run's folder; in memory where None.
        limit: judge that many items at the most, the first in the split's order.
        advance: called with the number of judgements done and of all.
        command: how the run can be begun again; kept in its journal.

    Raises:
        InputError: no held-out item has real votes.
    """
    built = split.items(simulation.setting.membership)
    items = built.items if limit is None else built.items[:limit]
    if not items:
        reasons = "; ".join(f"{reason}: {count}" for reason, count in built.left_out.items())
        raise InputError(
            f"no held-out item has real votes on two options or more ({reasons or 'there are no replies'})",
            where=str(split.whole.folder),
            remedy="bring a corpus with scored replies or votes, or hold out more with --share",
        )
    run = simulation.run(items, out=out, advance=advance, command=command)
    left_out = tuple(f"left out: {count} × {reason}" for reason, count in built.left_out.items())
    card = evaluate(run, simulation, split, items, notes=left_out)
    run.journal.set_facts({"scores": card.as_data()})
    return run, card


def evaluate(
    run: Run, simulation: Simulation, split: Split, items: Sequence[Item], *, notes: Sequence[str] = ()
) -> ScoreCard:
    """Score a finished run on items with real votes.

    Args:
        run: what the simulation said of ``items``.
        simulation: of ``split.train``.
        items: held-out items with real votes.
        notes: what a reader must know besides.
    """
    setting, seed = simulation.setting, simulation.settings.seed
    everyone = pooled(setting.stores, a0=simulation.settings.up_prior, b0=simulation.settings.down_prior)
    keep, sharpness = simulation.settings.keep, setting.sharpness.value
    judge = NormPredictor(setting.stores, simulation.embedder, keep=keep, sharpness=sharpness, name=OFFLINE)
    universal = NormPredictor(
        setting.stores,
        simulation.embedder,
        keep=keep,
        sharpness=sharpness,
        name="universal predictor (all communities' norms pooled)",
        everyone=everyone,
    )
    beside = (
        [judge] if simulation.minds else []
    )  # the offline engine is the baseline of language-model personas
    predictors: list[Predictor] = [RunPredictor(run), *beside, universal, *_simple(simulation, split, items)]
    cases = make_cases(items, predictors, seed=seed)
    distributions = [predictor for predictor in predictors if predictor.name not in ONE_OPTION]
    tasks = [
        *preference_identification(cases, predictors, seed=seed),
        *preference_distribution(cases, distributions, seed=seed),
        *generation(items, setting.stores, everyone, setting.membership, simulation.embedder, seed=seed),
        *community_identification(
            cases, judge, setting.stores, setting.membership, simulation.embedder, seed=seed
        ),
    ]
    manifest = split.whole.manifest
    corpus = {
        "title": manifest.title or split.whole.folder.name,
        "source": manifest.source,
        "licence": manifest.licence,
        "fictional": manifest.fictional,
    }
    method = setting.membership.method or "as the source names them"
    told = (
        f"{len(setting.membership.communities)} communities, {setting.membership.origin}: {method}",
        _told_sharpness(simulation),
    )
    by_offline = (BY_OFFLINE,) if simulation.minds else ()
    warnings = tuple(f"warning: {warning}" for warning in setting.warnings)
    return ScoreCard(
        predictor=run.predictor,
        corpus=corpus,
        notes=(*split.notes, *told, *by_offline, *notes, *warnings),
        tasks=tuple(tasks),
    )


def _told_sharpness(simulation: Simulation) -> str:
    sharpness = simulation.setting.sharpness
    how = "as told" if not sharpness.errors else "chosen by leave-one-out on the norms, held-out items unseen"
    return f"sharpness τ = {sharpness.value:g}, {how}"


OFFLINE = "norm judge (offline, no language model)"
BY_OFFLINE = (
    "generation and community identification are the offline engine's: no call to the model was made for them"
)
ONE_OPTION = {first_posted().name, longest().name}
"""Baselines that name an option and no distribution: they are scored where an option is asked for."""


def _simple(simulation: Simulation, split: Split, items: Sequence[Item]) -> list[Predictor]:
    membership = simulation.setting.membership
    seen = split.seen_items(membership).items
    baselines: list[Predictor] = [Uniform(), MeanShare(seen, membership, over="community")]
    if membership.origin == "found":
        baselines.append(MeanShare(seen, membership, over="place"))
    if items[0].kind == "endorsement":
        baselines += [longest(), first_posted()]
    return baselines
