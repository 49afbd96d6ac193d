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
    from personas.norms import NormStore

__all__ = ["Generator", "RetrievalGenerator", "Sampling", "diverse_subset"]

Sampling = Literal["independent", "diverse"]


class Generator(Protocol):
    """Whatever writes candidate responses to a query in the voice of a community."""

    name: str

    async def generate(self, query: str, store: NormStore, *, count: int) -> list[Option]:
        """Return ``count`` options with different texts, or fewer where there are no more."""
        ...


class RetrievalGenerator:
    """The offline engine: answers by what the community said on the matter and endorsed.

    Args:
        embedder: what the query is compared by.
        seed: what the draws are derived from.
        sampling: ``independent`` draws one after the other; ``diverse`` takes a subset in which alike ones
            shut each other out (negatively correlated, as Zhang et al. 2025 ask for).
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

    async def generate(self, query: str, store: NormStore, *, count: int) -> list[Option]:
        """Return ``count`` options with different texts, or fewer where there are no more."""
        cosines, indices = store.nearest(self.embedder.embed([query]), self.pool)
        near = _first_of_each_text(store, indices[0] if len(indices) else np.zeros(0, np.int64))
        if not len(near):
            return []
        closeness = cosines[0][np.isin(indices[0], near)].astype(float)
        quality = store.endorsement[near] * np.exp(self.sharpness * (closeness - 1))
        if self.sampling == "diverse":
            chosen = diverse_subset(store.vectors[near].astype(float), quality, count)
        else:
            chosen = self._independent(query, store.community, quality, count)
        return [_as_option(store, int(near[place])) for place in chosen]

    def _independent(
        self, query: str, community: str, quality: NDArray[np.float64], count: int
    ) -> NDArray[np.int64]:
        """Draw one after the other, by quality, never the same one twice."""
        rng = derived_rng(self.seed, "generate", community, query)
        size = min(count, int((quality > 0).sum()))
        return rng.choice(len(quality), size=size, replace=False, p=quality / quality.sum())


def diverse_subset(
    vectors: NDArray[np.float64], quality: NDArray[np.float64], count: int
) -> NDArray[np.int64]:
    """Return the indices of a subset that is good and unlike itself, best first.

    Greedy maximisation of the determinant of ``L = q_i q_j cos_ij`` (Chen, Zhang & Zhou 2018, the fast greedy
    MAP inference of a determinantal point process).

    Args:
        vectors: (n, d) unit rows. quality: (n,) positive. count: how many to choose.

    >>> diverse_subset(np.array([[1.0, 0], [1, 0], [0, 1]]), np.array([1.0, 0.9, 0.5]), 2).tolist()
    [0, 2]
    """
    similarity = vectors @ vectors.T
    kernel = quality[:, None] * similarity * quality[None, :]
    gain = np.diag(kernel).copy()
    rows = np.zeros((min(count, len(quality)), len(quality)))
    chosen: list[int] = []
    while len(chosen) < len(rows):
        best = int(np.argmax(gain))
        if gain[best] <= 1e-12:
            break
        number = len(chosen)
        rows[number] = (kernel[best] - rows[:number, best] @ rows[:number]) / np.sqrt(gain[best])
        gain = gain - rows[number] ** 2
        chosen.append(best)
        gain[chosen] = -np.inf
    return np.array(chosen, np.int64)


def _first_of_each_text(store: NormStore, indices: NDArray[np.int64]) -> NDArray[np.int64]:
    first: dict[str, int] = {}
    for index in indices.tolist():
        first.setdefault(store.norms[index].text.strip(), index)
    return np.array(list(first.values()), np.int64)


def _as_option(store: NormStore, index: int) -> Option:
    norm = store.norms[index]
    return Option(text=norm.text, post=norm.post)
