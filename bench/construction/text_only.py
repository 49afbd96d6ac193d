"""A predictor that learns from texts and never sees the community: what is had without knowing whom one asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from simulator.item import Preference

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from personas.embedding import Embedder
    from simulator.item import Item, Option

    Vector = NDArray[np.float64]

__all__ = ["TextOnly"]

PENALTIES = tuple(10.0 ** (power / 2) for power in range(-2, 13))
FOLDS = 5
PLAIN = 6
LEAST_ITEMS = 10
SMALLEST_SHARE = 0.005


class TextOnly:
    """Ridge regression of an option's real share on its text, its length, its age and its place; all pooled.

    Every feature and every share is taken less its mean over the item's options, so that only differences
    within an item count; the embedding as a whole weighs as much as one other feature. The penalty is the one
    that predicts best across five folds of whole items, for an item's options tell of each other.

    Args:
        embedder: whose embeddings of the options it learns on.
    """

    name = "learned from texts alone (ridge; never sees the community)"
    simulated = False
    role = "control"

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._weights: Vector | None = None
        self._scale: Vector | None = None

    def fit(self, items: Iterable[Item]) -> None:
        """Learn from the training part; with fewer than ten items nothing is learned."""
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

        known = [item for item in items if item.votes]
        self._weights = None
        if len(known) < LEAST_ITEMS:
            return
        rows = self._features(known)
        wanted = [np.mean([votes.shares for votes in item.votes.values()], axis=0) for item in known]
        x, y = np.concatenate(rows), np.concatenate([shares - shares.mean() for shares in wanted])
        fold = np.repeat(np.arange(len(known)) % FOLDS, [item.size for item in known])
        spread = x.std(axis=0)
        meaning = x.shape[1] - PLAIN
        spread[:meaning] *= np.sqrt(meaning)
        self._scale = np.where(spread > 1e-9, spread, np.inf)
        with threadpool_limits(1):  # so that the result does not hang on the number of cores
            self._weights = _ridge(x / self._scale, y, _penalty(x / self._scale, y, fold))

    def predict(self, item: Item, community: str) -> Preference | None:
        """Return what the texts suggest; None where nothing was learned. ``community`` is not read."""
        if self._weights is None or self._scale is None:
            return None
        raw = 1 / item.size + (self._features([item])[0] / self._scale) @ self._weights
        shares = np.maximum(raw, SMALLEST_SHARE)
        return Preference(shares=tuple((shares / shares.sum()).tolist()))

    def _features(self, items: Sequence[Item]) -> list[Vector]:
        """Return an (options, f) array for each item, every column centred within the item."""
        texts = [_read(item, option) for item in items for option in item.options]
        vectors = iter(self._embedder.embed(texts).astype(float))
        rows = []
        for item in items:
            polarity = np.array([option.polarity for option in item.options], float)
            meaning = polarity[:, None] * np.stack([next(vectors) for _ in item.options])
            place = np.arange(item.size) / (item.size - 1)
            plain = np.column_stack([polarity, place, _lengths(item), _ages(item)])
            found = np.column_stack([meaning, plain])
            rows.append(found - found.mean(axis=0))
        return rows


def _read(item: Item, option: Option) -> str:
    """Return a reply as it stands; of a statement's sides, or a survey's answers, what they claim."""
    return option.text if item.kind == "endorsement" else option.claim


def _ridge(x: Vector, y: Vector, penalty: float) -> Vector:
    return np.asarray(np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ y), np.float64)


def _penalty(x: Vector, y: Vector, fold: NDArray[np.int64]) -> float:
    """Return the penalty with the least squared error on folds that were not learned from; the largest of equals."""
    errors = np.zeros(len(PENALTIES))
    for out in range(FOLDS):
        rest, held = x[fold != out], x[fold == out]
        values, axes = np.linalg.eigh(rest.T @ rest)
        along = axes.T @ (rest.T @ y[fold != out])
        for number, penalty in enumerate(PENALTIES):
            said = held @ (axes @ (along / (np.maximum(values, 0) + penalty)))
            errors[number] += float(((said - y[fold == out]) ** 2).sum())
    rounded = np.round(errors, 12)
    return float(PENALTIES[int(np.flatnonzero(rounded == rounded.min())[-1])])


def _lengths(item: Item) -> Vector:
    """Return each option's length in logarithms, and which is the longest."""
    lengths = np.array([len(option.text) for option in item.options], float)
    return np.column_stack([np.log(lengths), lengths == lengths.max()])


def _ages(item: Item) -> Vector:
    """Return the order in which options were posted, from 0 to 1, and which was first; zeros where unknown."""
    moments = [option.created for option in item.options]
    known = [moment.timestamp() for moment in moments if moment is not None]
    if len(known) < item.size or len(set(known)) < 2:
        return np.zeros((item.size, 2))
    order = np.argsort(np.argsort(known, kind="stable"), kind="stable") / (item.size - 1)
    return np.column_stack([order, order == 0])
