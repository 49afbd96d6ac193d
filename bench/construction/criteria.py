"""The three criteria by which a query's responses are chosen (Lin & Wei 2026), measured and kept for every item.

Responses shall differ in what they mean, in how they sound, and in how they were received: among replies that
all say the same, there is nothing to prefer.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.construction.choices import CRITERIA
from bench.construction.votes import with_options

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from bench.construction.choices import Choices
    from bench.construction.polarity import PolarityAxis
    from personas.embedding import Embedder
    from simulator.item import Item

    Vector = NDArray[np.float64]

__all__ = ["MEASURES", "Criteria", "Judge", "Judged", "below", "best_subset", "floors"]

MEASURES = {
    "divergence": "mean pairwise cosine distance of the options' embeddings",
    "polarity": "highest less lowest polarity among the options, by embedding against anchor sentences",
    "contrast": "highest less lowest real share among the options",
}
LOOKED_AT = 12
"""Of more replies than this, as many are looked at, evenly spaced from the least to the most endorsed."""


@dataclass(frozen=True, kw_only=True)
class Criteria:
    """How far an item's options differ; None where a criterion does not apply.

    Args:
        divergence: in meaning, from 0 (the same) to 2. ``polarity``: in tone, from 0 to 2.
        contrast: in how they were received, from 0 to 1; of several communities the mean.
        offered: how many options there were to choose from.
    """

    divergence: float | None
    polarity: float | None
    contrast: float
    offered: int

    def as_data(self) -> dict[str, Any]:
        """Return them as plain data, rounded to six decimals."""
        return {"offered": self.offered} | {
            name: None if (value := getattr(self, name)) is None else round(value, 6) for name in CRITERIA
        }


@dataclass(frozen=True, kw_only=True)
class Judged:
    """An item with its options chosen, and how far they differ."""

    item: Item
    criteria: Criteria


@dataclass
class Judge:
    """Measures items, and chooses among more replies than an item shall have.

    Args:
        embedder: whose distances divergence is. ``axis``: of polarity.
        choices: how many options, and the prior of endorsements.
        scores: net scores by post, where no votes are published.
    """

    embedder: Embedder
    axis: PolarityAxis
    choices: Choices
    scores: Mapping[str, int] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)

    def judged(self, items: Iterable[Item]) -> list[Judged]:
        """Return every item with the options that are best on the criteria together.

        Only replies are chosen from; a survey's answers and the two sides of a statement stay as they were
        offered. Items whose chosen options have no vote are counted and left out.
        """
        found = []
        for item in items:
            if item.kind == "endorsement":
                chosen = self._chosen(item)
                if chosen is not None:
                    found.append(chosen)
            else:
                found.append(Judged(item=item, criteria=self._of_fixed(item)))
        return found

    def _chosen(self, item: Item) -> Judged | None:
        vectors = self.embedder.embed([option.text for option in item.options])
        tone = self.axis.of(vectors)
        shares = np.mean([votes.shares for votes in item.votes.values()], axis=0)
        kept = list(range(item.size))
        if item.size > self.choices.options:
            kept = sorted(best_subset(vectors.astype(float), tone, shares, self.choices.options))
            if not self._is_voted(item, kept):
                self.left_out["item: no vote on the chosen options"] += 1
                return None
            prior = self.choices.a0, self.choices.b0
            item = with_options(item, kept, scores=self.scores, prior=prior)
            shares = np.mean([votes.shares for votes in item.votes.values()], axis=0)
        criteria = Criteria(
            divergence=_divergence(vectors[kept].astype(float)),
            polarity=_spread(tone[kept]),
            contrast=_spread(shares),
            offered=len(vectors),
        )
        return Judged(item=item, criteria=criteria)

    def _is_voted(self, item: Item, kept: Sequence[int]) -> bool:
        for votes in item.votes.values():
            if votes.up and not any(votes.up[place] + votes.down[place] for place in kept):
                return False
            if not votes.up and not any(self.scores.get(item.options[place].post) for place in kept):
                return False
        return True

    def _of_fixed(self, item: Item) -> Criteria:
        contrast = float(np.mean([_spread(np.array(votes.shares)) for votes in item.votes.values()]))
        if item.kind == "agreement":
            return Criteria(divergence=None, polarity=None, contrast=contrast, offered=item.size)
        vectors = self.embedder.embed([option.text for option in item.options])
        return Criteria(
            divergence=_divergence(vectors.astype(float)),
            polarity=_spread(self.axis.of(vectors)),
            contrast=contrast,
            offered=item.size,
        )


def best_subset(vectors: Vector, tone: Vector, shares: Vector, size: int) -> tuple[int, ...]:
    """Return the ``size`` options that differ most: each criterion in standard deviations over all subsets, summed.

    Of equally good subsets the first in order of their places is taken.

    Args:
        vectors: (n, d) unit rows. ``tone``: (n,) polarity. ``shares``: (n,) real shares.
    """
    pool = np.argsort(shares, kind="stable")
    if len(pool) > LOOKED_AT:
        pool = pool[np.linspace(0, len(pool) - 1, max(LOOKED_AT, size)).round().astype(int)]
    subsets = list(combinations(sorted(pool.tolist()), size))
    distance = 1 - vectors @ vectors.T
    measures = np.array(
        [
            (_pairs_mean(distance, subset), _spread(tone[list(subset)]), _spread(shares[list(subset)]))
            for subset in subsets
        ]
    )
    spread = measures.std(axis=0)
    scaled = (measures - measures.mean(axis=0)) / np.where(spread > 1e-12, spread, np.inf)
    return subsets[int(np.argmax(np.round(scaled.sum(axis=1), 9)))]


def floors(judged: Iterable[Judged], choices: Choices) -> dict[str, float]:
    """Return the least value of each criterion: what was chosen, else the percentile over ``judged``.

    Pass the training items alone, so that nothing is learned from the others. Only replies have floors.
    """
    rows = [each.criteria for each in judged if each.item.kind == "endorsement"]
    found = {}
    for name in CRITERIA:
        values = [value for row in rows if (value := getattr(row, name)) is not None]
        if name in choices.least:
            found[name] = float(choices.least[name])
        elif values and choices.percentile:
            found[name] = float(np.percentile(values, choices.percentile))
    return found


def below(judged: Judged, least: Mapping[str, float]) -> str:
    """Return the first criterion on which an item falls short; empty where it does on none."""
    if judged.item.kind != "endorsement":
        return ""
    for name, floor in least.items():
        value = getattr(judged.criteria, name)
        if value is not None and value < floor:
            return name
    return ""


def _divergence(vectors: Vector) -> float:
    return _pairs_mean(1 - vectors @ vectors.T, range(len(vectors)))


def _pairs_mean(matrix: Vector, places: Sequence[int]) -> float:
    chosen = list(places)
    block = matrix[np.ix_(chosen, chosen)]
    return float(max(0.0, block[np.triu_indices(len(chosen), 1)].mean()))


def _spread(values: Vector) -> float:
    return float(values.max() - values.min())
