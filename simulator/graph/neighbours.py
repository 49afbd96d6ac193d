"""The nearest neighbours of sparse unit vectors, without comparing everybody with everybody.

Members with the same vector are searched for once, so that a crowd of equals costs nothing and makes no
hubs. Up to 4,096 different vectors the search is exact; above, an inverted file over a randomised SVD
(Halko, Martinsson & Tropp 2011; Jégou, Douze & Schmid 2011) proposes candidates, whose cosines are exact.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from personas.seeds import derived_rng, derived_seed

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

__all__ = ["nearest_neighbours"]

EXACT_UP_TO = 4096
BLOCK = 512
DIMENSIONS = 64
TIE_DIMENSIONS = 8
TIE_SCALE = 1e-3
PROBES = 8
CANDIDATES = 4
SAMPLE_PER_CELL = 64
DECIMALS = 6


class _Near(NamedTuple):
    """Pairs of vectors, sorted by the first one and then by nearness, the nearest first."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    cosine: NDArray[np.float64]


class _Crowds(NamedTuple):
    """The members by vector: those of crowd c are ``members[start[c]:start[c] + size[c]]``, shuffled."""

    members: NDArray[np.int64]
    start: NDArray[np.int64]
    size: NDArray[np.int64]
    vectors: csr_matrix


def nearest_neighbours(
    vectors: csr_matrix, *, count: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return up to ``count`` nearest neighbours of each row with a positive cosine, as three flat arrays.

    Among equally near rows a seeded shuffle decides: rows with one and the same vector are tied in a random
    circulant graph, in which each is chosen as often as it chooses.

    Args:
        vectors: (n, f) rows of length 1, or empty; an empty row has no neighbour.
        count: how many neighbours a row has at most.
        seed: decides among equals and starts the approximate search.

    Returns:
        The rows, their neighbours and the cosines, in (0, 1].

    >>> from scipy.sparse import csr_matrix
    >>> rows, columns, cosines = nearest_neighbours(csr_matrix([[1.0, 0], [0.6, 0.8], [0, 0]]), count=5, seed=1)
    >>> rows.tolist(), columns.tolist(), cosines.tolist()
    ([0, 1], [1, 0], [0.6, 0.6])
    """
    crowds = _crowds(vectors, seed)
    if crowds.size.size == 0:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    exact = crowds.size.size <= EXACT_UP_TO
    near = (_exact if exact else _approximate)(crowds.vectors, count, seed)
    within = _ties_within(crowds, count, seed)
    across = _ties_across(crowds, near, count, seed)
    rows, columns = (np.concatenate(pair) for pair in zip(within, across[:2], strict=True))
    return rows, columns, np.concatenate((np.ones(within[0].size), across[2]))


def _crowds(vectors: csr_matrix, seed: int) -> _Crowds:
    data = vectors.data.round(DECIMALS)
    crowd_of: dict[bytes, int] = {}
    filled = np.flatnonzero(np.diff(vectors.indptr))
    crowd = np.zeros(filled.size, dtype=np.int64)
    for position, (low, high) in enumerate(
        zip(vectors.indptr[filled], vectors.indptr[filled + 1], strict=True)
    ):
        key = vectors.indices[low:high].tobytes() + data[low:high].tobytes()
        crowd[position] = crowd_of.setdefault(key, len(crowd_of))
    shuffled = derived_rng(seed, "equals").permutation(filled.size)
    order = shuffled[np.argsort(crowd[shuffled], kind="stable")]
    size = np.bincount(crowd, minlength=len(crowd_of))
    start = np.cumsum(size) - size
    return _Crowds(filled[order], start, size, vectors[filled[order[start]]])


def _exact(vectors: csr_matrix, count: int, seed: int) -> _Near:
    rng = derived_rng(seed, "exact")
    parts = []
    for low in range(0, vectors.shape[0], BLOCK):
        cosine = (vectors[low : low + BLOCK] @ vectors.T).toarray().round(DECIMALS)
        own = np.arange(cosine.shape[0])
        cosine[own, low + own] = 0.0
        key = cosine + _jitter(rng, cosine.shape)
        top = np.argpartition(-key, min(count, key.shape[1]) - 1, axis=1)[:, :count]
        first = np.repeat(low + own, top.shape[1])
        flat = (np.repeat(own, top.shape[1]), top.ravel())
        parts.append(_nearest_first(first, flat[1], cosine[flat], key[flat], count))
    return _Near(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _approximate(vectors: csr_matrix, count: int, seed: int) -> _Near:
    first, second = _candidates(_reduced(vectors, seed), CANDIDATES * count, seed)
    cosine = np.concatenate(
        [
            _dot(vectors, first[low : low + 2**17], second[low : low + 2**17])
            for low in range(0, first.size, 2**17)
        ]
    ).round(DECIMALS)
    key = cosine + _jitter(derived_rng(seed, "approximate"), cosine.shape)
    return _nearest_first(first, second, cosine, key, count)


def _jitter(rng: np.random.Generator, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Return noise below the rounding: it orders equals and nothing else."""
    return rng.random(shape) * 0.5 * 10.0**-DECIMALS


def _nearest_first(
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    cosine: NDArray[np.float64],
    key: NDArray[np.float64],
    count: int,
) -> _Near:
    kept = np.flatnonzero(cosine > 0)
    order = kept[np.lexsort((-key[kept], first[kept]))]
    ordered = first[order]
    rank = np.arange(order.size) - np.searchsorted(ordered, ordered)
    order = order[rank < count]
    return _Near(first[order], second[order], cosine[order])


def _dot(vectors: csr_matrix, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.float64]:
    products = vectors[first].multiply(vectors[second])
    return np.asarray(products.sum(axis=1), dtype=np.float64).ravel()


def _reduced(vectors: csr_matrix, seed: int) -> NDArray[np.float32]:
    if vectors.shape[1] <= DIMENSIONS:
        return np.asarray(vectors.toarray(), dtype=np.float32)
    from sklearn.decomposition import TruncatedSVD
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    svd = TruncatedSVD(DIMENSIONS, n_iter=3, random_state=derived_seed(seed, "svd") % 2**32)
    # One thread: the same sums in the same order on any machine, and no threads fighting over small blocks.
    with threadpool_limits(1):
        return np.asarray(svd.fit_transform(vectors), dtype=np.float32)


def _candidates(
    dense: NDArray[np.float32], count: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    lengths = np.linalg.norm(dense, axis=1, keepdims=True)
    unit = dense / np.where(lengths > 0, lengths, 1)
    rng = derived_rng(seed, "candidates")
    # Two independent random directions for each vector, as a query and as an answer, add a little noise
    # to each inner product: otherwise equally near vectors would all have the same few neighbours.
    queries, answers = (np.hstack((unit, _directions(rng, unit.shape[0]))) for _ in range(2))
    index = _inverted_file(answers, rng, seed)
    found = index.search(queries, min(count + 1, unit.shape[0]))[1].astype(np.int64)
    first = np.repeat(np.arange(unit.shape[0]), found.shape[1])
    second = found.ravel()
    real = (second >= 0) & (second != first)
    return first[real], second[real]


def _directions(rng: np.random.Generator, n: int) -> NDArray[np.float32]:
    noise = rng.standard_normal((n, TIE_DIMENSIONS), dtype=np.float32)
    noise *= np.sqrt(TIE_SCALE) / np.linalg.norm(noise, axis=1, keepdims=True)
    return noise


def _inverted_file(answers: NDArray[Any], rng: np.random.Generator, seed: int) -> Any:
    import faiss

    n, width = answers.shape
    cells = int(np.sqrt(n))
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(width), width, cells, faiss.METRIC_INNER_PRODUCT)
    index.cp.seed = derived_seed(seed, "cells") % 2**31
    index.cp.max_points_per_centroid = SAMPLE_PER_CELL
    sample = rng.choice(n, size=min(n, SAMPLE_PER_CELL * cells), replace=False)
    index.train(answers[np.sort(sample)])
    index.add(answers)
    index.nprobe = min(PROBES, cells)
    # A few crowded cells must not make the search quadratic.
    index.max_codes = 4 * PROBES * (n // cells)
    return index


def _ties_within(crowds: _Crowds, count: int, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    rows, columns = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)]
    for crowd in np.flatnonzero(crowds.size > 1):
        low, size = crowds.start[crowd], crowds.size[crowd]
        members = crowds.members[low : low + size]
        rng = derived_rng(seed, "within", int(crowd))
        steps = 1 + rng.choice(size - 1, size=min(count, size - 1), replace=False)
        place = np.arange(size)
        rows.append(np.repeat(members, steps.size))
        columns.append(members[(place[:, None] + steps) % size].ravel())
    return np.concatenate(rows), np.concatenate(columns)


def _ties_across(
    crowds: _Crowds, near: _Near, count: int, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Fill up what a crowd leaves open with members of the nearest crowds, each of its members with others."""
    sizes = crowds.size[near.second]
    before = np.cumsum(sizes) - sizes
    before -= before[np.searchsorted(near.first, near.first)]
    wanted = np.clip(count - (crowds.size[near.first] - 1) - before, 0, sizes)
    offset = derived_rng(seed, "across").integers(2**31, size=near.first.size)
    times = crowds.size[near.first] * wanted
    pair = np.repeat(np.arange(near.first.size), times)
    turn = np.arange(pair.size) - np.repeat(np.cumsum(times) - times, times)
    first, second = near.first[pair], near.second[pair]
    row = crowds.members[crowds.start[first] + turn // wanted[pair]]
    column = crowds.members[crowds.start[second] + (offset[pair] + turn) % sizes[pair]]
    return row, column, near.cosine[pair]
