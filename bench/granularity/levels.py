"""What each level says of every claim: one predictor for all, one for each community, one for each person.

By content, a new claim is told from the claims nearby, as the offline engine does it; by votes, from what others
said of the same claim.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix

from bench.granularity.groups import everybody, smoothed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bench.granularity.groups import Counts
    from bench.granularity.trial import Trial

    Array = NDArray[np.float64]

__all__ = ["Levels", "OwnChoices", "nearness", "normalised", "shrunk"]


@dataclass(frozen=True, kw_only=True, eq=False)
class OwnChoices:
    """What a person's own known choices say of each claim.

    Args:
        mean: (T, C) the mean of the known answers, 1 for yes and 0 for no, the nearest weighing most.
        support: (T, C) how many equally weighty answers that is worth, (Σ w)² / Σ w² (Kish 1965); 0 for none.
    """

    mean: Array
    support: Array


def nearness(vectors: NDArray[np.float32], thread: NDArray[np.int64], *, sharpness: float) -> Array:
    """Return (C, C) weights ``exp(τ · (cosine - 1))`` between claims; 0 within a thread.

    Claims of a thread share their topic and their voters, and a claim must not be told from itself.

    Args:
        vectors: (C, d) unit rows. ``thread``: (C,) each claim's thread. ``sharpness``: τ.
    """
    cosines = (vectors @ vectors.T).astype(np.float64)
    near = np.exp(sharpness * (np.minimum(cosines, 1.0) - 1))
    return np.where(thread[:, None] == thread, 0.0, near)


def shrunk(own: OwnChoices, prior: Array, *, strength: float) -> Array:
    """Return ``(support · mean + λ · prior) / (support + λ)``: own choices, shrunk towards a prior (Morris 1983).

    >>> own = OwnChoices(mean=np.array([[1.0]]), support=np.array([[3.0]]))
    >>> shrunk(own, np.array([[0.5]]), strength=1.0).tolist()
    [[0.875]]
    """
    return (own.support * own.mean + strength * prior) / (own.support + strength)


def normalised(rates: Array, question: NDArray[np.int64], alone: NDArray[np.bool_]) -> Array:
    """Return (T, C) shares: the rates of a question's claims add up to 1; that of a claim alone stays as it is."""
    starts = np.flatnonzero(np.diff(question, prepend=-1))
    totals = np.add.reduceat(rates, starts, axis=1)[:, question]
    return np.where(alone, rates, rates / totals)


class Levels:
    """The predictions of all levels for the T people of a trial, (T, C) each and in (0, 1); own votes are never
    counted into a group's rates.

    Args:
        trial: the people and what may be learned.
        counts: the training votes by group.
        vectors: (C, d) the claims' embeddings, as unit rows.
        by_content: whether a group is asked by content, as for held-out statements, or by its votes.
    """

    def __init__(
        self, trial: Trial, counts: Counts, vectors: NDArray[np.float32], *, by_content: bool
    ) -> None:
        self.trial, self.counts, self.by_content = trial, counts, by_content
        self._vectors = vectors
        self._near: tuple[float, Array] = (-1.0, np.zeros((0, 0)))

    def near(self, sharpness: float) -> Array:
        """Return (C, C) the weights between claims; the last ones asked for are kept."""
        if self._near[0] != sharpness:
            self._near = (
                sharpness,
                nearness(self._vectors, self.trial.place.thread, sharpness=sharpness),
            )
        return self._near[1]

    @cached_property
    def base(self) -> Array:
        """(T, C) the base rate: everybody's share of yes over all training claims; 1/m among m options."""
        up, total = self._everyone
        alone = self.trial.place.alone
        rate = (up[:, alone].sum(axis=1) + 1) / (total[:, alone].sum(axis=1) + 2)
        return np.where(alone, rate[:, None], 1 / self.trial.place.options)

    def of_all(self, sharpness: float) -> Array:
        """Return what one predictor for all says."""
        return self.of_groups(np.zeros(len(self.trial.tried), np.int64), sharpness)

    def of_groups(self, rows: NDArray[np.int64], sharpness: float) -> Array:
        """Return what the predictor of each person's group says; ``rows`` (T,) are groups, 0 is everybody.

        By content, ``Σ w r / Σ w`` over the training claims, with ``w = sqrt(n) · exp(τ · cosine)`` and
        ``r = (1 + up) / (m + n)`` (the norm judgement without a panel). By votes, everybody's rate of the claim,
        and a community's rate shrunk towards it. Where a group has no votes, everybody's prediction stands.
        """
        up, total = self.counts.of_others(rows)
        if not self.by_content:
            everyone = everybody(*self._everyone, self.trial.place.options)
            return np.where((rows == 0)[:, None], everyone, smoothed(up, total, everyone))
        told = self._by_content(up, total, sharpness)
        missing = np.isnan(told)
        if missing.any():
            fallback = self.base if not rows.any() else self.of_all(sharpness)
            told = np.where(missing, fallback, told)
        return told

    def of_own(self, known: int, sharpness: float) -> OwnChoices:
        """Return what each person's first ``known`` choices say of each claim, by content."""
        near, shown = self.near(sharpness), self.trial.shown(known)
        known_rows = csr_matrix(shown, dtype=np.float64)
        weight, squares = known_rows @ near, known_rows @ np.square(near)
        yes = csr_matrix(shown & (self.counts.own > 0), dtype=np.float64) @ near
        mean = np.divide(yes, weight, out=np.full_like(weight, 0.5), where=weight > 0)
        support = np.divide(weight**2, squares, out=np.zeros_like(weight), where=squares > 0)
        return OwnChoices(mean=np.clip(mean, 0, 1), support=support)

    @cached_property
    def _everyone(self) -> tuple[Array, Array]:
        return self.counts.of_others(np.zeros(len(self.trial.tried), np.int64))

    def _by_content(self, up: Array, total: Array, sharpness: float) -> Array:
        near = self.near(sharpness)
        support = np.sqrt(total)
        weight = support @ near
        rates = everybody(up, total, self.trial.place.options)
        told = np.full_like(weight, np.nan)
        np.divide((support * rates) @ near, weight, out=told, where=weight > 0)
        return told
