"""How a written response compares: with the answer endorsed most, and with what each community says."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from bench.benchmark.setting import norms_of_items

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bench.benchmark import Benchmark
    from personas.community import Profile
    from personas.embedding import Embedder
    from personas.norms import Norm

__all__ = ["Likeness"]

MOST_TEXTS = 50
"""Texts that a community is recognised by, those with the most votes, so that many communities stay affordable."""


class Likeness:
    """Compares responses by their embeddings.

    A community is recognised by the mean direction of what it said in the training part, without the posts
    that its profile rests on: whoever repeats the profile is not recognised by its own words.

    Args:
        benchmark: its communities' norms, or where none are told the options that they voted on, are read.
        communities: those to be told apart; without two that said something, none is recognised.
    """

    def __init__(self, benchmark: Benchmark, embedder: Embedder, communities: Sequence[str]) -> None:
        self._benchmark, self._embedder = benchmark, embedder
        self._communities = sorted(set(communities))

    def cosine(self, text: str, best: str) -> float:
        """Return the cosine of a response and the answer endorsed most, in [-1, 1]; 0 for an empty response."""
        if not text.strip():
            return 0.0
        one, other = self._embedder.embed([text, best])
        return float(one @ other)

    def recognised(self, text: str, community: str) -> float | None:
        """Return 1 where the nearest community is the right one, else 0; None where there are no two to tell apart.

        A response that is empty is nobody's.
        """
        names, middles = self._middles
        if community not in names or len(names) < 2:
            return None
        if not text.strip():
            return 0.0
        nearest = int(np.argmax(middles @ self._embedder.embed([text])[0]))
        return float(names[nearest] == community)

    @cached_property
    def _middles(self) -> tuple[list[str], NDArray[np.float64]]:
        """The communities that said something, and (n, d) the direction of what each said."""
        texts = self._texts()
        rows = [self._embedder.embed(said).astype(float).mean(axis=0) for said in texts.values()]
        middles = np.array([row / max(float(np.linalg.norm(row)), 1e-12) for row in rows])
        return list(texts), middles

    def _texts(self) -> dict[str, list[str]]:
        known = self._benchmark.communities
        norms: dict[str, Sequence[Norm]] = {
            name: known[name].norms for name in self._communities if name in known
        }
        if not all(norms.get(name) for name in self._communities):
            norms = {
                **norms_of_items(self._benchmark.items("train")),
                **{name: told for name, told in norms.items() if told},
            }
        found = {}
        for name in self._communities:
            rested = _rested(known[name].profile) if name in known else set()
            said = [norm for norm in norms.get(name, ()) if norm.post not in rested]
            if said:
                ranked = sorted(said, key=lambda norm: (-norm.support, norm.post))
                found[name] = [norm.text for norm in ranked[:MOST_TEXTS]]
        return found


def _rested(profile: Profile) -> set[str]:
    """Return the posts that a profile rests on."""
    return {post for sentence in (*profile.identity, *profile.bond) for post in sentence.posts}
