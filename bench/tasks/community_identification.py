"""Community identification: given a query, its options and how they were received, by which community?"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from bench.heldout import Lineup
from bench.metrics import jensen_shannon
from bench.predictors import blind
from bench.scores import TaskScore, score_rows
from bench.tasks.cases import CEILING, roles
from personas.seeds import derived_rng

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.predictors import Predictor
    from bench.scores import Role
    from bench.tasks.cases import Case
    from personas.community import Membership
    from personas.embedding import Embedder
    from personas.norms import NormStore
    from simulator.item import Preference

__all__ = ["community_identification", "rivals"]

TASK = "community identification"
WHOSE = "whose predicted preference is nearest"
BY_PREFERENCE = f"norm judge: {WHOSE}"
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
    readers: Sequence[Predictor] = (),
    lineup: Lineup | None = None,
) -> list[TaskScore]:
    """Return how often the community is told from up to three others (Lin & Wei 2026).

    The others are hard to tell from it: where several communities voted on the item, these; elsewhere those
    whose norms are most like its own, communities of the same place first. One reader goes by the observed
    distribution alone and one by the texts alone, so that what each is worth can be seen; on places with
    topics of their own, the texts give it away. The ceiling is whose second sample is nearest, where all
    candidates voted.

    Args:
        cases: what was observed of each community.
        judge: predicts every candidate's preference offline. ``stores``: the norms that the texts are held against.
        readers: further predictors that go by the observed distribution, such as finished runs. Where one has
            no prediction of a candidate its figure is undefined. The offline readers are baselines beside them.
        lineup: the candidates and masked texts that a benchmark tells; the texts are then read masked.
    """
    told = lineup or Lineup()
    names = [community.name for community in membership.communities if stores[community.name].norms]
    if len(names) < 2:
        note = "nothing to score: one community only, so there is no other to tell it from"
        return [TaskScore(task=TASK, metric="accuracy", better="higher", rows=(), note=note)]
    others = rivals(stores, membership, names)
    scored = [case for case in cases if case.community in others]
    pairs = [(case, _candidates(case, others, told, seed)) for case in scored]
    found: dict[str, list[float | None]] = {
        **{f"{each.name}: {WHOSE}": [_by_reader(*pair, each) for pair in pairs] for each in readers},
        BY_PREFERENCE: [_by_judge(*pair, judge) for pair in pairs],
        BY_TEXT: [_by_text(*pair, told, stores, embedder) for pair in pairs],
        GUESS: [1 / len(candidates) for _, candidates in pairs],
        CEILING: [_ceiling(*pair) for pair in pairs],
    }
    offline: Role = "baseline" if readers else "simulation"
    named: dict[str, Role] = {
        **{f"{each.name}: {WHOSE}": roles([each])[each.name] for each in readers},
        BY_PREFERENCE: offline,
        BY_TEXT: offline,
        GUESS: "baseline",
        CEILING: "ceiling",
    }
    rows = score_rows(found, named, [case.community for case in scored], better="higher", seed=seed)
    return [TaskScore(task=TASK, metric="accuracy", better="higher", rows=rows, note=_note(scored, told))]


def _note(cases: Sequence[Case], told: Lineup) -> str:
    """Say whom the communities are told from, and whether their texts are masked."""
    listed = sum(case.community in told.candidates.get(case.item.item, ()) for case in cases)
    masked = sum(case.item.item in told.masked for case in cases)
    return "; ".join(
        [
            f"up to {CANDIDATES} candidates, the hardest to tell apart",
            *([f"as the benchmark lists them in {listed:,} of {len(cases):,} judgements"] if listed else []),
            *([f"texts read masked in {masked:,} of {len(cases):,}"] if masked else []),
        ]
    )


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


def _by_judge(case: Case, candidates: Sequence[str], judge: Predictor) -> float:
    """Return how right the offline judge is; who has no norms is the furthest from whatever was observed."""
    said = [judge.predict(case.item, name) for name in candidates]
    return _share_of_best(
        [-1.0 if each is None else _nearness(case, each) for each in said], candidates, case
    )


def _by_reader(case: Case, candidates: Sequence[str], reader: Predictor) -> float | None:
    """Return how right a reader is; None where it has no prediction of a candidate."""
    said = [reader.predict(blind(case.item, name, reader), name) for name in candidates]
    scores = [_nearness(case, each) for each in said if each is not None]
    return _share_of_best(scores, candidates, case) if len(scores) == len(candidates) else None


def _nearness(case: Case, preference: Preference) -> float:
    return -jensen_shannon(preference.shares, case.votes.shares)


def _by_text(
    case: Case,
    candidates: Sequence[str],
    told: Lineup,
    stores: Mapping[str, NormStore],
    embedder: Embedder,
) -> float:
    item = told.masked.get(case.item.item, case.item)
    vectors = embedder.embed([option.claim for option in item.options])
    near = [
        float(stores[name].nearest(vectors, NEAREST)[0].mean())
        if name in stores and stores[name].norms
        else -1.0
        for name in candidates
    ]
    return _share_of_best(near, candidates, case)


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


def _candidates(case: Case, others: Mapping[str, list[str]], told: Lineup, seed: int) -> list[str]:
    if listed := told.candidates.get(case.item.item, {}).get(case.community):
        return list(listed)
    voted = [name for name in others[case.community] if name in case.item.votes]
    candidates = [case.community, *(voted or others[case.community])[: CANDIDATES - 1]]
    order = derived_rng(seed, "candidates", case.item.item, case.community).permutation(len(candidates))
    return [candidates[index] for index in order]


def _direction(
    vector: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return vector / max(float(np.linalg.norm(vector)), 1e-12)
