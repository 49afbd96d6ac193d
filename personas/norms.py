"""Norms: what a community said, with how strongly it endorsed it, found again by meaning (FAISS)."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from personas.endorsement import endorsements

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from personas.community import Membership
    from personas.corpus import Corpus
    from personas.embedding import Embedder

__all__ = [
    "Norm", "NormStore", "as_said", "build_norms", "embedded_norms", "flat_index", "most_contested", "strongest",
]  # fmt: skip


MUCH = 100_000
"""Comparisons of one search that are worth more than one thread."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Norm:
    """Something that a community said.

    Args:
        post: the post that says it.
        title: the headline of its thread; empty where there is none.
        text: what it says.
        author: who wrote it; empty where unknown.
        endorsement: how strongly it was endorsed, in (0, 1).
        support: how many votes (or ranked siblings) that rests on.
        basis: ``votes`` or ``rank``.
        thread: the first post of its thread; the post itself where none is given.
    """

    post: str
    title: str
    text: str
    author: str
    endorsement: float
    support: int
    basis: Literal["votes", "rank"]
    thread: str = ""

    def __post_init__(self) -> None:
        if not self.thread:
            object.__setattr__(self, "thread", self.post)

    @property
    def said(self) -> str:
        """What it says under its headline, as it is embedded."""
        return as_said(self.title, self.text)


@dataclass(frozen=True, kw_only=True)
class NormStore:
    """The norms of one community, searchable by embedding.

    Args:
        community: whose norms they are.
        norms: the n norms, ordered by post.
        vectors: (n, d) unit rows, float32.
        model: the embedder's name.
    """

    community: str
    norms: tuple[Norm, ...]
    vectors: NDArray[np.float32]
    model: str
    _index: list[Any] = field(default_factory=list, repr=False, compare=False)

    @cached_property
    def endorsement(self) -> NDArray[np.float64]:
        """(n,) how strongly each norm is endorsed."""
        return np.array([norm.endorsement for norm in self.norms])

    @cached_property
    def place(self) -> dict[str, int]:
        """The index of each norm, by its post."""
        return {norm.post: index for index, norm in enumerate(self.norms)}

    @cached_property
    def support(self) -> NDArray[np.float64]:
        """(n,) how many votes each norm rests on."""
        return np.array([norm.support for norm in self.norms], float)

    def nearest(self, vectors: NDArray[np.float32], k: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Return the ``k`` norms nearest to each of q unit vectors.

        Returns:
            cosines (q, m), falling along each row, and the norms' indices (q, m), with m = min(k, n).
        """
        m = min(k, len(self.norms))
        if not m or not len(vectors):
            return np.zeros((len(vectors), m), np.float32), np.zeros((len(vectors), m), np.int64)
        if not self._index:
            self._index.append(flat_index(self.vectors))
        return _searched(self._index[0], np.ascontiguousarray(vectors, np.float32), m)


def _searched(
    index: Any, vectors: NDArray[np.float32], count: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Search with one thread where there is little to do: waking the others takes longer, on a busy machine 20 ms."""
    import faiss

    threads = faiss.omp_get_max_threads()
    if index.ntotal * len(vectors) < MUCH:
        faiss.omp_set_num_threads(1)
    try:
        cosines, indices = index.search(vectors, count)
    finally:
        faiss.omp_set_num_threads(threads)
    return cosines, indices


def as_said(title: str, text: str) -> str:
    """Return a text under its headline, as norms and options are embedded.

    >>> as_said("Storing beans", "In a jar.")
    'Storing beans\\nIn a jar.'
    """
    return f"{title.strip()}\n{text.strip()}".strip()


def build_norms(
    corpus: Corpus, membership: Membership, embedder: Embedder, *, a0: float = 1.0, b0: float = 1.0
) -> dict[str, NormStore]:
    """Return the norm store of every community, empty where a community endorsed nothing."""
    corpus.register("endorsed", endorsements(corpus, membership, a0=a0, b0=b0))
    rows = corpus.rows(
        """SELECT e.community, p.post, p.thread, coalesce(p.author, '') AS author, p.text,
                  CASE WHEN p.parent IS NULL THEN p.title ELSE coalesce(t.title, '') END AS title,
                  e.endorsement, e.support, e.basis
           FROM endorsed e JOIN posts p USING (post) LEFT JOIN posts t ON t.post = p.thread
           ORDER BY e.community, p.post"""
    )
    norms: dict[str, list[Norm]] = {name: [] for name in membership.names}
    for row in rows:
        norm = Norm(
            post=row["post"],
            title=row["title"],
            text=row["text"],
            author=row["author"],
            endorsement=row["endorsement"],
            support=row["support"],
            basis=row["basis"],
            thread=row["thread"],
        )
        if norm.said:
            norms.setdefault(row["community"], []).append(norm)
    return embedded_norms(norms, embedder)


def embedded_norms(norms: Mapping[str, Sequence[Norm]], embedder: Embedder) -> dict[str, NormStore]:
    """Return the norm store of each community, no text embedded twice."""
    texts = list(dict.fromkeys(norm.said for group in norms.values() for norm in group))
    place = {text: number for number, text in enumerate(texts)}
    vectors = embedder.embed(texts) if texts else np.zeros((0, 1), np.float32)
    return {
        name: NormStore(
            community=name,
            norms=tuple(group),
            vectors=vectors[[place[norm.said] for norm in group]],
            model=embedder.name,
        )
        for name, group in norms.items()
    }


def strongest(store: NormStore, count: int) -> Sequence[Norm]:
    """Return the most endorsed norms, those with more support first among equals."""
    return sorted(store.norms, key=lambda norm: (-norm.endorsement, -norm.support, norm.post))[:count]


def most_contested(store: NormStore, count: int) -> Sequence[Norm]:
    """Return the norms that divide the community most: many votes and an endorsement near one half."""

    def contest(norm: Norm) -> float:
        return norm.endorsement * (1 - norm.endorsement) * float(np.sqrt(norm.support))

    voted = [norm for norm in store.norms if norm.basis == "votes"]
    return sorted(voted, key=lambda norm: (-contest(norm), norm.post))[:count]


def flat_index(vectors: NDArray[np.float32]) -> Any:
    """Return a FAISS index of inner products over (n, d) unit rows, numbered as they stand."""
    import faiss

    index = faiss.IndexFlatIP(vectors.shape[1])
    index.add(np.ascontiguousarray(vectors, np.float32))
    return index
