"""Community identification: given a query, its options and how they were received, by which community?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from bench.metrics import jensen_shannon
from bench.scores import TaskScore, score_rows
from bench.tasks.cases import CEILING
from personas.seeds import derived_rng

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.predictors import Predictor
    from bench.scores import Role
    from bench.tasks.cases import Case
    from personas.community import Membership
    from personas.embedding import Embedder
    from personas.norms import NormStore

__all__ = ["community_identification", "rivals"]

TASK = "community identification"
BY_PREFERENCE = "norm judge: whose predicted preference is nearest"
BY_TEXT = "norms nearby: whose norms are nearest to the options, votes unread"
GUESS = "uniform guess"
CANDIDATES = 4
NEAREST = 5


def community_identification(
    cases: Sequence[Case],
    judge: Predictor,
    stores: Mapping[str, NormStore],
    membership: Membership,
    embedder: Embedder,
    *,
    seed: int,
) -> list[TaskScore]:
    """Return how often the community is told from up to three others (Lin & Wei 2026).

    The others are hard to tell from it: where several communities voted on the item, these; elsewhere those
    whose norms are most like its own, communities of the same place first. One reader goes by the observed
    distribution alone and one by the texts alone, so that what each is worth can be seen; on places with
    topics of their own, the texts give it away. The ceiling is whose second sample is nearest, where all
    candidates voted.
    """
    names = [community.name for community in membership.communities if stores[community.name].norms]
    if len(names) < 2:
        note = "nothing to score: one community only, so there is no other to tell it from"
        return [TaskScore(task=TASK, metric="accuracy", better="higher", rows=(), note=note)]
    others = rivals(stores, membership, names)
    scored = [case for case in cases if case.community in others]
    found: dict[str, list[float | None]] = {BY_PREFERENCE: [], BY_TEXT: [], GUESS: [], CEILING: []}
    for case in scored:
        candidates = _candidates(case, others, seed)
        found[BY_PREFERENCE].append(_share_of_best(_by_preference(case, candidates, judge), candidates, case))
        found[BY_TEXT].append(_share_of_best(_by_text(case, candidates, stores, embedder), candidates, case))
        found[GUESS].append(1 / len(candidates))
        found[CEILING].append(_ceiling(case, candidates))
    named: dict[str, Role] = {
        BY_PREFERENCE: "simulation",
        BY_TEXT: "simulation",
        GUESS: "baseline",
        CEILING: "ceiling",
    }
    rows = score_rows(found, named, [case.community for case in scored], better="higher", seed=seed)
    note = f"up to {CANDIDATES} candidates, the hardest to tell apart"
    return [TaskScore(task=TASK, metric="accuracy", better="higher", rows=rows, note=note)]


def rivals(
    stores: Mapping[str, NormStore], membership: Membership, names: Sequence[str]
) -> dict[str, list[str]]:
    """Return, for each community, all others, those that are hardest to tell from it first."""
    middles = {name: _direction(stores[name].vectors.astype(float).mean(axis=0)) for name in names}
    places = {community.name: community.within for community in membership.communities}

    def difficulty(name: str, other: str) -> tuple[bool, float, str]:
        return places[name] != places[other], -float(middles[name] @ middles[other]), other

    return {
        name: sorted((other for other in names if other != name), key=lambda other: difficulty(name, other))
        for name in names
    }


def _by_preference(case: Case, candidates: Sequence[str], judge: Predictor) -> list[float]:
    scores = []
    for name in candidates:
        preference = judge.predict(case.item, name)
        scores.append(-jensen_shannon(preference.shares, case.votes.shares) if preference else -1.0)
    return scores


def _by_text(
    case: Case, candidates: Sequence[str], stores: Mapping[str, NormStore], embedder: Embedder
) -> list[float]:
    vectors = embedder.embed([option.claim for option in case.item.options])
    return [float(stores[name].nearest(vectors, NEAREST)[0].mean()) for name in candidates]


def _share_of_best(scores: Sequence[float], candidates: Sequence[str], case: Case) -> float:
    """Return 1 for the right community, 0 for a wrong one, and a share where several are equally good."""
    best = [name for name, score in zip(candidates, scores, strict=True) if score >= max(scores) - 1e-12]
    return float(case.community in best) / len(best)


def _ceiling(case: Case, candidates: Sequence[str]) -> float | None:
    """Return how often the community's second sample is nearer to what was observed than those of the others."""
    others = [replace(case, community=name) for name in candidates if name in case.item.votes]
    samples = [other.second_samples for other in others]
    if len(others) < len(candidates) or any(sample is None for sample in samples):
        return None
    draws = [sample for sample in samples if sample is not None]
    distances = [[jensen_shannon(row, case.votes.shares) for row in sample] for sample in draws]
    names = [other.community for other in others]
    rounds = [[-distance for distance in column] for column in zip(*distances, strict=True)]
    return float(np.mean([_share_of_best(scores, names, case) for scores in rounds]))


def _candidates(case: Case, others: Mapping[str, list[str]], seed: int) -> list[str]:
    voted = [name for name in others[case.community] if name in case.item.votes]
    candidates = [case.community, *(voted or others[case.community])[: CANDIDATES - 1]]
    order = derived_rng(seed, "candidates", case.item.item, case.community).permutation(len(candidates))
    return [candidates[index] for index in order]


def _direction(
    vector: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return vector / max(float(np.linalg.norm(vector)), 1e-12)
