"""The two kinds of ties from plain arrays: bonds from who replied to whom, identity from what members share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix, diags

from personas.errors import InputError
from simulator.graph.neighbours import nearest_neighbours

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Weighting", "bond_layer", "identity_layer", "mutual", "topic_counts"]

Weighting = Literal["tfidf", "signed"]
DECIMALS = 6


def bond_layer(sources: ArrayLike, targets: ArrayLike, n: int) -> csr_matrix:
    """Return the bond ties of ``n`` members: the weight of i→j is ``ln(1 + replies of i to j)``.

    The logarithm keeps one talkative pair from outweighing a circle of people who know each other.

    Args:
        sources: (m,) who replied, as indices below ``n``; one entry a reply, so pairs may repeat.
        targets: (m,) whom each of them replied to. Replies to oneself are left out.
        n: the number of members.

    Returns:
        (n, n) directed weights, no self-ties.

    Raises:
        InputError: the arrays differ in length, or an index names no member.

    >>> bond_layer([0, 0, 1, 2], [1, 1, 0, 2], 3).toarray().round(2).tolist()
    [[0.0, 1.1, 0.0], [0.69, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    rows, columns = _indices(sources, n, "sources"), _indices(targets, n, "targets")
    _same_length(rows, columns, "sources", "targets")
    others = rows != columns
    layer = _counted(rows[others], columns[others], (n, n))
    layer.data = np.log1p(layer.data)
    return layer


def mutual(bond: csr_matrix) -> csr_matrix:
    """Return the ties in which both directions occur, weighted by the weaker one: (n, n), symmetric.

    >>> mutual(bond_layer([0, 1, 1], [1, 0, 2], 3)).toarray().round(2).tolist()
    [[0.0, 0.69, 0.0], [0.69, 0.0, 0.0], [0.0, 0.0, 0.0]]
    """
    both = csr_matrix(bond.minimum(bond.T))
    both.eliminate_zeros()
    return both


def topic_counts(members: ArrayLike, topics: ArrayLike, *, shape: tuple[int, int]) -> csr_matrix:
    """Return how often each member touched each topic.

    Args:
        members: (m,) who, as indices; one entry for each time that somebody touched a topic.
        topics: (m,) which topic it was, as indices.
        shape: the numbers of members and of topics.

    Raises:
        InputError: the arrays differ in length, or an index is out of range.

    >>> topic_counts([0, 0, 1], [1, 1, 0], shape=(2, 2)).toarray().tolist()
    [[0.0, 2.0], [1.0, 0.0]]
    """
    rows, columns = _indices(members, shape[0], "members"), _indices(topics, shape[1], "topics")
    _same_length(rows, columns, "members", "topics")
    return _counted(rows, columns, shape)


def identity_layer(
    features: csr_matrix, *, neighbours: int = 20, seed: int, weighting: Weighting
) -> csr_matrix:
    """Return the identity ties: the cosine of what two members share, for each member's nearest neighbours.

    ``tfidf`` is for counts of tags or topics: ``(1 + ln count) · (1 + ln((1 + n) / (1 + members with it)))``
    (Salton & Buckley 1988), so that a rare topic in common says more than one that everybody has.
    ``signed`` is for votes in {-1, 0, 1}: members who vote alike are tied, those who vote against each
    other are not. Weights are rounded to six decimals. Above 4,096 different members the neighbours are
    approximate (``simulator.graph.neighbours``); the weights never are.

    Args:
        features: (n, f) what each member has; a member without any gets no tie.
        neighbours: how many nearest neighbours each member is tied to; it may be the neighbour of more.
        seed: decides among equally near members and starts the approximate search.
        weighting: what the features are.

    Returns:
        (n, n) symmetric similarities in (0, 1], no self-ties.

    Raises:
        InputError: ``neighbours`` is below 1, or the features do not fit the weighting.
    """
    if neighbours < 1:
        raise InputError(f"{neighbours} neighbours", where="neighbours", remedy="ask for at least 1")
    vectors = _unit_rows(_weighted(features, weighting))
    rows, columns, near = nearest_neighbours(vectors, count=neighbours, seed=seed)
    n = features.shape[0]
    directed = csr_matrix((np.minimum(near.round(DECIMALS), 1.0), (rows, columns)), shape=(n, n))
    layer = csr_matrix(directed.maximum(directed.T))
    layer.eliminate_zeros()
    layer.sort_indices()
    return layer


def _weighted(features: csr_matrix, weighting: Weighting) -> csr_matrix:
    clean = csr_matrix(features, dtype=np.float64, copy=True)
    clean.sum_duplicates()
    clean.eliminate_zeros()
    if weighting == "signed":
        if not np.isin(clean.data, (-1.0, 1.0)).all():
            raise InputError("votes other than -1, 0 and 1", where="features", remedy="use weighting='tfidf'")
        return clean
    if weighting != "tfidf":
        raise InputError(f"{weighting!r} is no weighting", where="weighting", remedy="choose tfidf or signed")
    if not (np.isfinite(clean.data).all() and (clean.data > 0).all()):
        raise InputError(
            "counts below 0 or not finite", where="features", remedy="use weighting='signed' for votes"
        )
    having = np.bincount(clean.indices, minlength=clean.shape[1])
    clean.data = 1.0 + np.log(np.maximum(clean.data, 1.0))
    return csr_matrix(clean @ diags(1.0 + np.log((1 + clean.shape[0]) / (1 + having))))


def _unit_rows(vectors: csr_matrix) -> csr_matrix:
    lengths = np.sqrt(np.asarray(vectors.multiply(vectors).sum(axis=1)).ravel())
    unit = csr_matrix(diags(1.0 / np.where(lengths > 0, lengths, 1.0)) @ vectors)
    unit.sort_indices()
    return unit


def _counted(rows: NDArray[np.int64], columns: NDArray[np.int64], shape: tuple[int, int]) -> csr_matrix:
    counts = coo_matrix((np.ones(rows.size), (rows, columns)), shape=shape).tocsr()
    counts.sum_duplicates()
    counts.sort_indices()
    return csr_matrix(counts)


def _indices(values: ArrayLike, n: int, where: str) -> NDArray[np.int64]:
    found = np.asarray(values)
    if found.size == 0:
        return np.zeros(0, dtype=np.int64)
    if found.ndim != 1 or not np.issubdtype(found.dtype, np.integer):
        raise InputError(
            f"an array of {found.dtype} with {found.ndim} dimensions",
            where=where,
            remedy="give a flat array of whole numbers",
        )
    if found.min() < 0 or found.max() >= n:
        raise InputError(
            f"indices from {found.min()} to {found.max()} for {n}", where=where, remedy="count from 0"
        )
    return found.astype(np.int64)


def _same_length(first: NDArray[np.int64], second: NDArray[np.int64], one: str, other: str) -> None:
    if first.size != second.size:
        raise InputError(f"{first.size} {one} and {second.size} {other}", remedy="give one for each")
