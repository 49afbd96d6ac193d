"""Merging the smallest communities of a partition into those that they are most tied to."""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import coo_matrix

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

__all__ = ["merged"]


def merged(
    labels: NDArray[np.int64], ties: csr_matrix, *, smallest: int = 1, count: int | None = None
) -> NDArray[np.int64]:
    """Merge communities, the smallest first, until none is too small and no more than ``count`` remain.

    A community goes to the one with the largest total weight of ties to it, of equals to the first. One
    without ties to any other is dissolved: its members get -1. The last one is kept unless it is too small.

    Args:
        labels: (n,) the community of each member, counted from 0.
        ties: (n, n) symmetric weights.
        smallest: how many members a community has at least.
        count: how many communities remain at most; None for any number.

    Returns:
        (n,) labels counted from 0, or -1.

    >>> from scipy.sparse import csr_matrix
    >>> chain = csr_matrix([[0, 2, 0, 0], [2, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]])
    >>> merged(np.array([0, 0, 1, 2]), chain, smallest=2).tolist()
    [0, 0, 0, -1]
    """
    sizes = np.bincount(labels).tolist()
    links = _links(labels, ties, len(sizes))
    into = list(range(len(sizes)))
    waiting = [(size, label) for label, size in enumerate(sizes) if size]
    heapq.heapify(waiting)
    remaining = len(waiting)
    while waiting:
        size, label = heapq.heappop(waiting)
        if into[label] != label or size != sizes[label]:
            continue
        if size >= smallest and (count is None or remaining <= count):
            break
        remaining -= 1
        target = min(links[label], key=lambda other: (-links[label][other], other), default=-1)
        into[label] = target
        if target >= 0:
            sizes[target] += size
            _join(links, label, target)
            heapq.heappush(waiting, (sizes[target], target))
    final = np.array([_root(into, label) for label in range(len(into))])
    return _compact(final[labels])


def _links(labels: NDArray[np.int64], ties: csr_matrix, count: int) -> list[dict[int, float]]:
    pairs = ties.tocoo()
    rows, columns = labels[pairs.row], labels[pairs.col]
    between = rows != columns
    shape = (count, count)
    summed = coo_matrix((pairs.data[between], (rows[between], columns[between])), shape=shape).tocsr()
    return [
        dict(
            zip(
                summed.indices[low:high].tolist(),
                summed.data[low:high].tolist(),
                strict=True,
            )
        )
        for low, high in zip(summed.indptr[:-1], summed.indptr[1:], strict=True)
    ]


def _join(links: list[dict[int, float]], label: int, target: int) -> None:
    for other, weight in links[label].items():
        del links[other][label]
        if other != target:
            links[target][other] = links[target].get(other, 0.0) + weight
            links[other][target] = links[target][other]
    links[label] = {}


def _root(into: list[int], label: int) -> int:
    while label >= 0 and into[label] != label:
        label = into[label]
    return label


def _compact(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    names, compact = np.unique(labels, return_inverse=True)
    return np.asarray(compact - int(names[0] == -1), dtype=np.int64)
