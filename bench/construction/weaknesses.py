"""What a benchmark lets a predictor get away with: scores of those that never see the community.

Whatever they reach was not won by knowing the community. It stands beside chance and the noise ceiling.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from bench.baselines import ItemMajority, PositionPrior, Uniform, first_posted, longest
from bench.ceiling import ceiling
from bench.construction.text_only import TextOnly
from bench.metrics import jensen_shannon, top_one
from bench.predictors import blind, fit
from bench.resample import Resampling
from bench.tasks.cases import CEILING, SECOND_SAMPLES, is_clear, is_spread, prior_of, sort_of
from personas.seeds import derived_rng, derived_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from bench.predictors import Predictor
    from personas.embedding import Embedder
    from simulator.item import Item, RealVotes

    Vector = NDArray[np.float64]

__all__ = ["CEILING", "interval", "unseen"]

MOST = 4_000
"""Judgements that are scored; of more, as many are drawn."""


def unseen(
    train: Sequence[Item],
    test: Sequence[Item],
    embedder: Embedder,
    *,
    seed: int,
    prior: tuple[float, float] = (1.0, 1.0),
) -> list[dict[str, Any]]:
    """Return what each predictor that never sees the community gets on the test items, with intervals.

    Accuracy counts where one option is ahead, divergence (Jensen–Shannon, base 2, lower is better) where there
    are votes enough. Whoever names one option only has no divergence. The item majority reads what other
    communities voted on the very item, and speaks only where several did.

    Args:
        train: what is learned from. ``test``: what is scored. ``prior``: a0 and b0 of endorsements.

    Returns:
        a row for each that has something to say, the uniform guess first and the noise ceiling last:
        ``predictor``, ``accuracy`` and ``divergence``, each with mean, low, high and n.
    """
    predictors: list[Predictor] = [
        Uniform(),
        longest(),
        first_posted(),
        PositionPrior(),
        ItemMajority(),
        TextOnly(embedder),
    ]
    fit(predictors, train)
    judgements = _judgements(test, seed)
    places = [community for _, community in judgements]
    rows = []
    for each in predictors:
        one_option = getattr(each, "one_option", False)
        found = [_scored(each, item, community) for item, community in judgements]
        divergences = [None if one_option else pair[1] for pair in found]
        if any(hit is not None or far is not None for hit, far in found):
            rows.append(_row(each.name, [pair[0] for pair in found], divergences, places, seed))
    sorts: dict[Any, list[RealVotes]] = {}
    for item, community in judgements:
        sorts.setdefault(sort_of(item), []).append(item.votes[community])
    learned = {sort: prior_of(sort, votes) for sort, votes in sorts.items()}
    best = [_ceilings(item, community, seed, prior, learned[sort_of(item)]) for item, community in judgements]
    rows.append(_row(CEILING, [pair[0] for pair in best], [pair[1] for pair in best], places, seed))
    return rows


def interval(values: Sequence[float | None], communities: Sequence[str], *, seed: int) -> dict[str, Any]:
    """Return the mean of the defined values with its 95 % bootstrap interval, as plain data."""
    found = Resampling(communities, seed=seed).interval(values)
    bounds = {name: getattr(found, name) for name in ("mean", "low", "high")}
    rounded = {name: None if value is None else round(value, 6) for name, value in bounds.items()}
    return {**rounded, "n": found.n, "communities": found.communities}


def _judgements(items: Sequence[Item], seed: int) -> list[tuple[Item, str]]:
    every = [(item, community) for item in items for community in sorted(item.votes)]
    if len(every) <= MOST:
        return every
    chosen = derived_rng(seed, "weaknesses").choice(len(every), size=MOST, replace=False)
    return [every[index] for index in sorted(chosen.tolist())]


def _scored(predictor: Predictor, item: Item, community: str) -> tuple[float | None, float | None]:
    """Return accuracy and divergence of one prediction; None where undefined, or where nothing was predicted."""
    said = predictor.predict(blind(item, community, predictor), community)
    if said is None:
        return None, None
    votes = item.votes[community]
    pair = np.array(said.shares), np.array(votes.shares)
    hit = top_one(*pair) if is_clear(votes) else None
    return hit, jensen_shannon(*pair) if is_spread(item, votes) else None


def _ceilings(
    item: Item, community: str, seed: int, prior: tuple[float, float], learned: float | Vector
) -> tuple[float | None, float | None]:
    own, votes = derived_seed(seed, item.item, community), item.votes[community]

    def of(metric: Callable[[Vector, Vector], float | None]) -> float | None:
        return ceiling(
            votes,
            metric,
            kind=item.kind,
            draws=SECOND_SAMPLES,
            seed=own,
            prior=learned,
            endorsement_prior=prior,
        )

    hit = of(top_one) if is_clear(votes) else None
    return hit, of(jensen_shannon) if is_spread(item, votes) else None


def _row(
    name: str,
    hits: Sequence[float | None],
    divergences: Sequence[float | None],
    communities: Sequence[str],
    seed: int,
) -> dict[str, Any]:
    return {
        "predictor": name,
        "accuracy": interval(hits, communities, seed=seed),
        "divergence": interval(divergences, communities, seed=seed),
    }
