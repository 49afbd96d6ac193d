"""Preference distribution prediction: how are the community's preferences spread over the options?"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.scores import TaskScore, score_rows
from bench.tasks.cases import LEAST_VOTERS, METRICS, ORDERED, figures, is_spread, roles
from bench.tasks.spread import spread

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.predictors import Predictor
    from bench.tasks.cases import Case, Metric

__all__ = ["TASK", "preference_distribution"]

TASK = "preference distribution"


def preference_distribution(
    cases: Sequence[Case], predictors: Sequence[Predictor], *, seed: int
) -> list[TaskScore]:
    """Return the metrics of the task (Lin & Wei 2026 name τ, top-1 and divergence) for each predictor.

    Where options stand on a scale, the earth mover's distance is added. Choices of fewer than ten voters are
    left out. Last comes how much the predictions vary beside reality.
    """
    enough = [case for case in cases if is_spread(case.item, case.votes)]
    few = len(cases) - len(enough)
    note = f"{few} of {len(cases)} judgements left out: fewer than {LEAST_VOTERS} voters" if few else ""
    if not enough:
        metric = METRICS[0]
        nothing = f"nothing to score: {note or 'there is no judgement'}"
        return [TaskScore(task=TASK, metric=metric.name, better=metric.better, rows=(), note=nothing)]
    scores = [_scored(enough, predictors, metric, note, seed=seed) for metric in METRICS]
    if ordered := [case for case in enough if case.item.ordered]:
        scores.append(_scored(ordered, predictors, ORDERED, note, seed=seed))
    return [*scores, *spread(enough, predictors, task=TASK, seed=seed)]


def _scored(
    cases: Sequence[Case], predictors: Sequence[Predictor], metric: Metric, note: str, *, seed: int
) -> TaskScore:
    unvoted = sum(case.votes.voters is None for case in cases)
    told = (
        f"{unvoted} of {len(cases)} judgements against ranks or shares, as no numbers of votes are published"
    )
    rows = score_rows(
        figures(cases, predictors, metric),
        roles(predictors),
        [case.community for case in cases],
        better=metric.better,
        seed=seed,
    )
    notes = "; ".join(filter(None, (told if unvoted else "", note)))
    return TaskScore(task=TASK, metric=metric.name, better=metric.better, rows=rows, note=notes)
