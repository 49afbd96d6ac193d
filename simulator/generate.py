"""Candidate responses. Here without a language model: drawn from what the community itself said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol, get_args

import numpy as np

from personas.errors import InputError
from personas.seeds import derived_rng
from simulator.item import Option

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from personas.embedding import Embedder
    from personas.norms import Norm, NormStore
    from simulator.item import Query
    from simulator.room import Room

__all__ = ["Generator", "RetrievalGenerator", "Sampling", "diverse_subset"]

Sampling = Literal["independent", "negatively-correlated"]
SMALLEST = 1e-10
"""Eigenvalues below this share of the largest are numerical noise."""


class Generator(Protocol):
    """Whatever writes candidate responses to a query in the voice of a community."""

    name: str

    async def generate(self, query: Query, room: Room) -> list[Option]:
        """Return as many options as the query asks for, with different texts, or fewer where there are no more."""
        ...


class RetrievalGenerator:
    """The offline engine: answers by what the community said on the matter and endorsed.

    Args:
        embedder: what the query is compared by.
        seed: what the draws are derived from.
        sampling: ``independent`` draws one after the other; ``negatively-correlated`` takes a subset in which
            alike ones shut each other out (Zhang et al. 2025).
        pool: from how many of the nearest norms to draw.
        sharpness: τ, how fast a norm's weight falls with distance.
    """

    name = "retrieval from the community's posts (offline, no language model)"

    def __init__(
        self,
        embedder: Embedder,
        *,
        seed: int,
        sampling: Sampling = "independent",
        pool: int = 48,
        sharpness: float = 10.0,
    ) -> None:
        if sampling not in get_args(Sampling):
            known = ", ".join(get_args(Sampling))
            raise InputError(f"no sampling is named {sampling!r}", remedy=f"choose one of: {known}")
        self.embedder = embedder
        self.seed = seed
        self.sampling = sampling
        self.pool = pool
        self.sharpness = sharpness

    async def generate(self, query: Query, room: Room) -> list[Option]:
        """Return as many options as the query asks for, with different texts, or fewer where there are no more."""
        return self.draw(query.query, room.store, count=query.count)

    def draw(self, query: str, store: NormStore, *, count: int) -> list[Option]:
        """Return ``count`` options with different texts, or fewer where there are no more."""
        cosines, indices = store.nearest(self.embedder.embed([query]), self.pool)
        near = _first_of_each_text(store, indices[0] if len(indices) else np.zeros(0, np.int64))
        if not len(near):
            return []
        closeness = cosines[0][np.isin(indices[0], near)].astype(float)
        rng = derived_rng(self.seed, "generate", store.community, query)
        quality = store.endorsement[near] * np.exp(self.sharpness * (closeness - 1))
        if self.sampling == "negatively-correlated":
            chosen = diverse_subset(store.vectors[near].astype(float), quality, count, rng)
        else:
            size = min(count, int((quality > 0).sum()))
            chosen = rng.choice(len(quality), size=size, replace=False, p=quality / quality.sum())
        return [_as_option(store, int(near[place])) for place in chosen]


def diverse_subset(
    vectors: NDArray[np.float64], quality: NDArray[np.float64], count: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Draw a subset in which alike candidates shut each other out, good ones first.

    A sample of a k-determinantal point process (Kulesza & Taskar 2011) with the kernel
    ``sqrt(q_i q_j) · cos_ij``: a set of one is drawn by quality, as an independent draw is, and any larger
    set is the likelier, the less alike its members are.

    Args:
        vectors: (n, d) unit rows.
        quality: (n,) positive.
        count: how many to draw; fewer come where the vectors span fewer dimensions.

    >>> twins = np.array([[1.0, 0], [1, 0], [0, 1]])
    >>> sorted(diverse_subset(twins, np.array([1.0, 0.01, 0.5]), 2, np.random.default_rng(0)).tolist())
    [0, 2]
    """
    weights = np.sqrt(quality / quality.max())
    values, axes = np.linalg.eigh(weights[:, None] * (vectors @ vectors.T) * weights[None, :])
    values = np.where(values > SMALLEST * values.max(), values, 0)
    span = axes[:, _drawn_axes(values, min(count, int((values > 0).sum())), rng)]
    chosen: list[int] = []
    while span.shape[1]:
        chances = (span**2).sum(axis=1)
        chances[chosen] = 0
        chosen.append(int(rng.choice(len(chances), p=chances / chances.sum())))
        span = _without(span, chosen[-1])
    return np.array(sorted(chosen, key=lambda index: -quality[index]), np.int64)


def _drawn_axes(values: NDArray[np.float64], count: int, rng: np.random.Generator) -> list[int]:
    """Draw ``count`` eigenvectors, each set of them as likely as the product of its eigenvalues."""
    n = len(values)
    sums = np.zeros((count + 1, n + 1))
    sums[0] = 1
    for size in range(1, count + 1):
        for last in range(1, n + 1):
            sums[size, last] = sums[size, last - 1] + values[last - 1] * sums[size - 1, last - 1]
    drawn: list[int] = []
    left = count
    for last in range(n, 0, -1):
        if left and rng.random() < values[last - 1] * sums[left - 1, last - 1] / sums[left, last]:
            drawn.append(last - 1)
            left -= 1
    return drawn


def _without(span: NDArray[np.float64], index: int) -> NDArray[np.float64]:
    """Return an orthonormal basis of the part of the span that is zero at ``index``."""
    pivot = int(np.argmax(np.abs(span[index])))
    reduced = span - np.outer(span[:, pivot] / span[index, pivot], span[index])
    basis: NDArray[np.float64] = np.linalg.qr(np.delete(reduced, pivot, axis=1))[0]
    return basis


def _first_of_each_text(store: NormStore, indices: NDArray[np.int64]) -> NDArray[np.int64]:
    first: dict[str, int] = {}
    for index in indices.tolist():
        first.setdefault(_text(store.norms[index]), index)
    return np.array(list(first.values()), np.int64)


def _as_option(store: NormStore, index: int) -> Option:
    norm = store.norms[index]
    return Option(text=_text(norm), post=norm.post)


def _text(norm: Norm) -> str:
    """Return what a norm says; a post without a text says its headline."""
    return norm.text.strip() or norm.title.strip()
