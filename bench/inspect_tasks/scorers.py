"""Scorers for inspect_ai: accuracy, distributions, and written responses, with errors clustered by community.

A reply that cannot be read is scored, never dropped: as a wrong choice, as equal shares, as an empty text.
``unread`` is the share of such replies and stands beside every figure.
"""

from __future__ import annotations

import json
import math
from functools import cache
from typing import TYPE_CHECKING, Any

from bench.benchmark import Benchmark
from bench.inspect_tasks.answers import HIGHEST_GRADE, read_choice, read_grade, read_shares
from bench.inspect_tasks.likeness import Likeness
from bench.inspect_tasks.naming import full_name, ours
from bench.inspect_tasks.prompts import judge_prompt
from bench.metrics import jensen_shannon, kendall_tau_b, top_one
from personas.embedding import MINILM, embedder_named
from simulator.prompts.answers import LETTERS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from inspect_ai.model import Model
    from inspect_ai.scorer import Metric, Score, Scorer, Target
    from inspect_ai.solver import TaskState

    from personas.embedding import Embedder

__all__ = ["JUDGE", "metrics_of", "registered_scorers"]

JUDGE = "judge"
"""The model role whose models grade responses where no judges are named."""
UNREAD = "unread"
NO_FORM = "invalid_response_format"
"""inspect_ai's own word for a reply that breaks the form that was asked for."""
TAU = "Kendall tau-b"
JSD = "Jensen-Shannon divergence"
TOP = "top-1 accuracy"
COSINE = "cosine to the top answer"
RECOGNISED = "recognised"
GRADE = f"consistency (1 to {HIGHEST_GRADE})"
UNGRADED = "grades unread"


@cache
def registered_scorers() -> dict[str, Callable[..., Scorer]]:
    """Register the scorers with inspect_ai and return them by name.

    inspect_ai's logs drop what stands before a name's slash, so none has the name of one of its own.
    """
    from inspect_ai.scorer import scorer

    functions: dict[str, Callable[..., Scorer]] = {
        "choice": choice, "distribution": distribution, "response": response,
    }  # fmt: skip
    return {
        name: scorer(metrics_of(name), name=full_name(f"community_{name}"))(ours(each))
        for name, each in functions.items()
    }


def metrics_of(scorer: str, *, clustered: bool = True) -> Any:
    """Return the metrics of a scorer, with the standard error of each mean clustered by community.

    Args:
        scorer: choice, distribution or response.
        clustered: whether there are two communities or more; of one alone there is no such error, and
            inspect_ai would call it 0.

    References:
        E. Miller (2024). Adding error bars to evals. arXiv 2411.00640.
    """
    from inspect_ai.scorer import accuracy, mean, stderr

    error = [stderr(cluster="community")] * clustered
    if scorer == "choice":
        return [accuracy(), *error, _unread_metric()()]
    if scorer == "response":
        return {"*": [mean(), *error]}
    return {**{name: [mean(), *error] for name in (JSD, TAU, TOP)}, UNREAD: [mean()]}


def choice() -> Scorer:
    """Return the scorer of a choice: right or wrong."""
    from inspect_ai.scorer import CORRECT, INCORRECT, Score

    async def score(state: TaskState, target: Target) -> Score:
        chosen = read_choice(state.output.completion, state.metadata["offered"])
        right = chosen == state.metadata["answer"]["index"]
        return Score(
            value=CORRECT if right else INCORRECT,
            answer=None if chosen is None else LETTERS[chosen],
            reason=NO_FORM if chosen is None else None,
            metadata={UNREAD: chosen is None},
        )

    return score


def distribution() -> Scorer:
    """Return the scorer of a distribution: JS divergence with base 2, Kendall τ-b, top-1 accuracy.

    τ-b is undefined where either side ties all its options; those samples are left out of its mean.
    """
    from inspect_ai.scorer import Score

    async def score(state: TaskState, target: Target) -> Score:
        offered, real = state.metadata["offered"], state.metadata["answer"]["shares"]
        said = read_shares(state.output.completion, offered)
        shares = said or (1 / len(offered),) * len(offered)
        tau = kendall_tau_b(shares, real)
        return Score(
            value={
                JSD: jensen_shannon(shares, real),
                TAU: math.nan if tau is None else tau,
                TOP: top_one(shares, real),
                UNREAD: float(said is None),
            },
            answer=None if said is None else json.dumps([round(share, 4) for share in said]),
            reason=NO_FORM if said is None else None,
        )

    return score


def response(
    benchmark: str,
    communities: list[str],
    judges: list[str] | None = None,
    embedder: str | Embedder = MINILM,
    seed: int = 7,
) -> Scorer:
    """Return the scorer of a written response, by embeddings and, where there are judges, by a panel of models.

    Args:
        benchmark: the folder that the instances are from. ``communities``: those to be told apart.
        judges: models, or roles of models; the role ``judge`` where none is named and it is bound. Each grades
            the response's consistency with the profile from 1 to 10; the mean of those that can be read counts.
        embedder: the model, or the embedder, that responses are compared by.
        seed: the marks around texts are derived from it.
    """
    from inspect_ai.scorer import Score

    compared_by = embedder_named(embedder) if isinstance(embedder, str) else embedder
    likeness = Likeness(Benchmark.open(benchmark), compared_by, communities)

    async def score(state: TaskState, target: Target) -> Score:
        text, community = state.output.completion.strip(), state.metadata["community"]
        recognised = likeness.recognised(text, community)
        value = {
            COSINE: likeness.cosine(text, state.metadata["answer"]["text"]),
            RECOGNISED: math.nan if recognised is None else recognised,
            UNREAD: float(not text),
        }
        grades: dict[str, float | None] = {}
        if panel := _panel(judges or ()):
            asked = judge_prompt(state.metadata["told"], text, seed=seed)
            grades = await _graded(panel, asked) if text else {}
            value |= _grade(grades, empty=not text)
        return Score(
            value=value, answer=text, reason=None if text else "no_response", metadata={"grades": grades}
        )

    return score


def _grade(grades: Mapping[str, float | None], *, empty: bool) -> dict[str, float]:
    """Return the mean of the grades that can be read; an empty response is graded 1 unasked."""
    if empty:
        return {GRADE: 1.0, UNGRADED: 0.0}
    read = [grade for grade in grades.values() if grade is not None]
    return {GRADE: sum(read) / len(read) if read else math.nan, UNGRADED: 1 - len(read) / len(grades)}


def _panel(judges: Sequence[str]) -> list[Model]:
    """Return the models that grade."""
    from inspect_ai.model import get_model, model_roles

    roles = model_roles()
    found: list[Model] = []
    for name in judges or [JUDGE] * (JUDGE in roles):
        bound = roles.get(name) or get_model(name)
        found += bound if isinstance(bound, list) else [bound]
    return found


async def _graded(panel: Sequence[Model], asked: tuple[str, str]) -> dict[str, float | None]:
    """Return each judge's grade, by its place and name."""
    from inspect_ai.model import ChatMessageSystem, ChatMessageUser

    grades = {}
    for number, judge in enumerate(panel, start=1):
        told = await judge.generate([ChatMessageSystem(content=asked[0]), ChatMessageUser(content=asked[1])])
        grades[f"{number}. {judge}"] = read_grade(told.completion)
    return grades


def unread() -> Metric:
    """Return the share of the replies that could not be read."""

    # inspect_ai evaluates these annotations, so they name nothing that is imported for the type checker alone
    def metric(scores: list[Any]) -> float:
        told = [score.score.metadata or {} for score in scores]
        return sum(bool(each.get(UNREAD)) for each in told) / len(told) if told else math.nan

    return metric


@cache
def _unread_metric() -> Callable[[], Metric]:
    from inspect_ai.scorer import metric

    return metric(name=full_name(UNREAD))(ours(unread))
