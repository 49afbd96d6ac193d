"""The entropy of communities' topics, beside that of random groups of the same size and volume."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from personas.seeds import derived_rng

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_matrix

__all__ = ["Topics", "entropy_bits", "topic_entropy"]


class Topics(NamedTuple):
    """The entropies of a community and of random groups, in bits, by sample; empty where there are no topics.

    ``share`` is the share of the members with topics, of the whole graph, that are in the community.
    """

    entropy: NDArray[np.float64]
    null: NDArray[np.float64]
    share: float


def topic_entropy(
    topics: csr_matrix, groups: Sequence[NDArray[np.int64]], *, seed: int, samples: int
) -> list[Topics]:
    """Return the entropy of each group's topics and of random groups' topics, at their common volume.

    Args:
        topics: (n, t) how often each member touched each topic; rounded to whole counts.
        groups: the members of each group, in ascending order.
        seed: of the random groups and of the thinning.
        samples: how many random groups each group is compared with.
    """
    counts = topics.tocsr().copy()
    counts.data = np.rint(counts.data).astype(np.int64)
    counts.eliminate_zeros()
    having = np.diff(counts.indptr) > 0
    pool = np.flatnonzero(having)
    return [_compared(counts, members[having[members]], pool, seed, samples) for members in groups]


def entropy_bits(counts: NDArray[np.int64]) -> float:
    """Return the Shannon entropy, in bits, of the shares of these counts; 0 without any.

    >>> entropy_bits(np.array([2, 2, 0, 4]))
    1.5
    """
    shares = counts[counts > 0] / max(int(counts.sum()), 1)
    return float(-(shares * np.log2(shares)).sum()) + 0.0


def _compared(
    counts: csr_matrix, members: NDArray[np.int64], pool: NDArray[np.int64], seed: int, samples: int
) -> Topics:
    own = _volume(counts, members)
    if own.size == 0:
        return Topics(np.zeros(0), np.zeros(0), 0.0)
    entropy, null = np.empty(samples), np.empty(samples)
    for sample in range(samples):
        # Named by the community, not by its place among others: its score does not depend on them.
        rng = derived_rng(seed, "topics", sample, int(members[0]), members.size)
        drawn = rng.choice(pool, size=members.size, replace=False, shuffle=False)
        other = _volume(counts, drawn)
        common = int(min(own.sum(), other.sum()))
        entropy[sample] = entropy_bits(_thinned(own, common, rng))
        null[sample] = entropy_bits(_thinned(other, common, rng))
    return Topics(entropy, null, members.size / pool.size)


def _volume(counts: csr_matrix, members: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how often these members touched each topic that they touched, in order of the topics."""
    rows = counts[members]
    _, place = np.unique(rows.indices, return_inverse=True)
    return np.bincount(place, weights=rows.data).astype(np.int64)


def _thinned(counts: NDArray[np.int64], volume: int, rng: np.random.Generator) -> NDArray[np.int64]:
    if counts.sum() == volume:
        return counts
    return np.asarray(rng.multivariate_hypergeometric(counts, volume, method="marginals"))
