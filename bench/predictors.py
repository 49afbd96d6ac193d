"""Predictors: whatever turns an item and a community into a preference. Every simulation is one of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from simulator.item import Preference
from simulator.judge import norm_scores
from simulator.retrieval import retrieve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from personas.embedding import Embedder
    from personas.norms import NormStore
    from simulator.item import Item
    from simulator.run import Run

__all__ = ["NormPredictor", "Predictor", "RunPredictor"]


class Predictor(Protocol):
    """Turns an item and a community into a preference; None where it has nothing to say.

    ``name`` stands beside every figure; ``simulated`` tells simulations from baselines.
    """

    name: str
    simulated: bool

    def predict(self, item: Item, community: str) -> Preference | None:
        """Return what ``community`` would prefer of the item's options; the item's votes are not read."""
        ...


class RunPredictor:
    """The preferences that a finished run holds."""

    simulated = True

    def __init__(self, run: Run) -> None:
        self.name = run.predictor
        self._preferences = run.preferences()

    def predict(self, item: Item, community: str) -> Preference | None:
        """Return the run's preference; None where the run has none."""
        return self._preferences.get((item.item, community))


class NormPredictor:
    """The norm judgement with the whole memory of a community, without a panel.

    It is the mean that a panel's ballots scatter about, and cheap enough to ask of every candidate community.

    Args:
        stores: the norms of each community.
        keep: how many nearest norms it judges by. ``sharpness``: τ, how fast their weight falls.
        everyone: the norms that are used for all communities, where one predictor is to serve all of them.
    """

    def __init__(
        self,
        stores: Mapping[str, NormStore],
        embedder: Embedder,
        *,
        keep: int,
        sharpness: float,
        name: str,
        simulated: bool = False,
        everyone: NormStore | None = None,
    ) -> None:
        self.name = name
        self.simulated = simulated
        self._stores = stores
        self._everyone = everyone
        self._embedder = embedder
        self._keep, self._sharpness = keep, sharpness

    def predict(self, item: Item, community: str) -> Preference | None:
        """Return the normalised norm scores; None where the community has no norms."""
        store = self._everyone or self._stores[community]
        if not store.norms:
            return None
        norms = retrieve(item, store, self._embedder, keep=self._keep)
        memory = np.ones((1, len(store.norms)), np.int64)
        scores, _ = norm_scores(norms, memory, sharpness=self._sharpness)
        polarity = np.array([option.polarity for option in item.options])
        judged = np.where(polarity < 0, 1 - scores[0], scores[0])
        return Preference(shares=tuple((judged / judged.sum()).tolist()))
