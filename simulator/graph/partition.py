"""Communities found on a stated blend of identity and bond ties, by Leiden or Louvain, always the same for a seed.

Leiden is graspologic-native's: scikit-network's finds as good a partition (100,000 members, mixing .6: modularity
.397 against .396 in the same time; LFR within .01) but draws from C's unseeded ``rand()``, so that it differs from
run to run. Louvain is scikit-network's, which is as good as networkx's and ten times as fast.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy.sparse import csr_matrix

from personas.errors import InputError
from personas.seeds import derived_seed
from simulator.graph.merging import merged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from simulator.graph.layers import CommunityGraph

__all__ = ["Method", "Partition", "blended", "modularity", "partition"]

Method = Literal["leiden", "louvain"]
STARTS, ROUNDS = 3, 5
TOLERANCE = 1e-6
HALVINGS = 12
LOWEST, HIGHEST = 1e-2, 1e9


@dataclass(frozen=True, kw_only=True, eq=False)
class Partition:
    """Which found community each member is in.

    Args:
        labels: (n,) the community of each member; 0 is the largest, and of equals the one with the first
            member. -1 is in no community: a member without ties, or one of too small a group without ties
            to others.
        modularity: Newman & Girvan's modularity of the labels on the blend, at resolution 1; members in no
            community count as communities of one. 0 where there are no ties.
        blend: the share of the identity ties in the blend that was partitioned; the rest is bond ties.
        method: the algorithm.
        resolution: above 1 for more and smaller communities; with a requested count, the one that gave it.
        notes: what a reader must know besides.
    """

    labels: NDArray[np.int64]
    modularity: float
    blend: float
    method: Method
    resolution: float
    notes: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """The number of communities."""
        return int(self.labels.max(initial=-1)) + 1

    def groups(self) -> tuple[NDArray[np.int64], ...]:
        """Return the members of each community, as indices in ascending order."""
        return tuple(np.flatnonzero(self.labels == label) for label in range(self.count))

    def describe(self) -> str:
        """Return one sentence: the method, the blend, the communities found and the notes."""
        ties = f"{self.blend:.0%} identity and {1 - self.blend:.0%} bond ties"
        alone = int((self.labels < 0).sum())
        told = (
            f"{self.method.capitalize()} on a blend of {ties} (resolution {self.resolution:.3g}): "
            f"{self.count} communities, modularity {self.modularity:.2f}, {alone} members in none"
        )
        return "; ".join((told, *self.notes))


def blended(graph: CommunityGraph, *, blend: float) -> tuple[csr_matrix, float, tuple[str, ...]]:
    """Return ``blend · identity + (1 - blend) · bond``, each layer made symmetric and scaled to a total of 1.

    A layer without ties cannot be scaled: the other one is then used alone.

    Returns:
        The (n, n) symmetric blend, the blend that was in fact used, and notes on it.

    Raises:
        InputError: ``blend`` is outside [0, 1], or a weight is negative or not finite.
    """
    if not 0 <= blend <= 1:
        raise InputError(f"a blend of {blend}", where="blend", remedy="give a number from 0 to 1")
    identity, bond = _scaled(graph.identity, "identity"), _scaled(graph.bond, "bond")
    if not identity.nnz and not bond.nnz:
        return identity, blend, ("there are no ties at all",)
    if not identity.nnz and blend > 0:
        return bond, 0.0, ("there are no identity ties: bond ties alone were used",)
    if not bond.nnz and blend < 1:
        return identity, 1.0, ("there are no bond ties: identity ties alone were used",)
    mixed = csr_matrix(blend * identity + (1 - blend) * bond)
    mixed.eliminate_zeros()
    return mixed, blend, ()


def partition(
    graph: CommunityGraph,
    *,
    blend: float = 0.5,
    method: Method = "leiden",
    resolution: float = 1.0,
    count: int | None = None,
    seed: int,
    smallest: int = 2,
) -> Partition:
    """Find the communities on a blend of the two layers (Blondel et al. 2008; Traag et al. 2019).

    The best modularity of three starts counts. With ``count``, resolutions are searched by bisection, each
    result with too many communities is merged down, the smallest into the one it is most tied to, and the
    one with the best modularity is taken.

    Args:
        graph: the members and their ties.
        blend: the share of identity ties, from 0 (bond ties alone) to 1 (identity ties alone).
        method: ``leiden`` or ``louvain``.
        resolution: above 1 for more and smaller communities; not used with ``count``.
        count: how many communities to find; None for as many as there are.
        seed: the same seed gives the same partition.
        smallest: smaller communities are merged into the one they are most tied to; with no ties to others
            their members are in no community.

    Raises:
        InputError: an option is out of its range, or ``count`` is above the number of members with ties.
    """
    _check(method, resolution, count, smallest)
    mixed, used, notes = blended(graph, blend=blend)
    tied = np.flatnonzero(np.diff(mixed.indptr))
    labels = np.full(mixed.shape[0], -1, dtype=np.int64)
    ties = mixed[tied][:, tied]
    if count is not None and count > tied.size:
        raise InputError(
            f"{count} communities of {tied.size} members with ties", where="count", remedy="ask for fewer"
        )
    if tied.size and count is None:
        labels[tied] = merged(_clusters(ties, method, resolution, seed, STARTS), ties, smallest=smallest)
    elif tied.size:
        labels[tied], resolution = _asked_for(ties, method, count or 1, seed, smallest)
    labels = _ordered(labels)
    if count is not None and labels.max(initial=-1) + 1 < count:
        reached = labels.max(initial=-1) + 1
        notes = (*notes, f"only {reached} of {count} communities have at least {smallest} members")
    return Partition(
        labels=labels,
        modularity=modularity(mixed, labels),
        blend=used,
        method=method,
        resolution=resolution,
        notes=notes,
    )


def modularity(ties: csr_matrix, labels: NDArray[np.int64], *, resolution: float = 1.0) -> float:
    """Return Newman & Girvan's (2004) modularity of labels on symmetric ties; -1 is a community of one.

    Args:
        ties: (n, n) symmetric weights.
        labels: (n,) the community of each member.
        resolution: how much the expected ties count (Reichardt & Bornholdt 2006).

    >>> two_pairs = csr_matrix([[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]])
    >>> modularity(two_pairs, np.array([0, 0, 1, 1]))
    0.5
    """
    total = float(ties.sum())
    if total == 0:
        return 0.0
    alone = labels < 0
    own = np.where(alone, labels.max(initial=-1) + 1 + np.cumsum(alone), labels)
    pairs = ties.tocoo()
    inside = float(pairs.data[own[pairs.row] == own[pairs.col]].sum())
    strength = np.bincount(own, weights=np.asarray(ties.sum(axis=1)).ravel())
    return inside / total - resolution * float(np.square(strength / total).sum())


def _scaled(layer: csr_matrix, name: str) -> csr_matrix:
    if not (np.isfinite(layer.data).all() and (layer.data >= 0).all()):
        raise InputError(
            "a weight is negative or not finite", where=f"the {name} layer", remedy="give weights above 0"
        )
    both = csr_matrix(layer + layer.T, dtype=np.float64)
    both.setdiag(0)
    both.eliminate_zeros()
    both.sort_indices()
    return both / both.sum() if both.nnz else both


def _clusters(
    ties: csr_matrix, method: Method, resolution: float, seed: int, starts: int
) -> NDArray[np.int64]:
    return (_leiden if method == "leiden" else _louvain)(ties, resolution, seed, starts)


def _leiden(ties: csr_matrix, resolution: float, seed: int, starts: int) -> NDArray[np.int64]:
    import graspologic_native  # type: ignore[import-untyped]

    # Its randomness is in units of weight: with a total of 1 instead, noisy LFR graphs come out slightly worse.
    _, found = graspologic_native.leiden_csr(
        ties.indptr.astype(np.int64),
        ties.indices.astype(np.int32),
        ties.data / ties.data.mean(),
        ties.shape[0],
        resolution=resolution,
        iterations=ROUNDS,
        trials=starts,
        seed=derived_seed(seed, "leiden"),
    )
    return np.array([found[member] for member in range(ties.shape[0])], dtype=np.int64)


def _louvain(ties: csr_matrix, resolution: float, seed: int, starts: int) -> NDArray[np.int64]:
    from sknetwork.clustering import Louvain

    best, best_quality = np.zeros(0, np.int64), -np.inf
    for start in range(starts):
        algorithm = Louvain(
            resolution=resolution,
            modularity="newman",
            tol_optimization=TOLERANCE,
            tol_aggregation=TOLERANCE,
            shuffle_nodes=True,
            return_probs=False,
            return_aggregate=False,
            random_state=derived_seed(seed, "louvain", start) % 2**32,
        )
        labels = np.asarray(algorithm.fit_predict(ties), dtype=np.int64)
        quality = modularity(ties, labels, resolution=resolution)
        if quality > best_quality:
            best, best_quality = labels, quality
    return best


def _asked_for(
    ties: csr_matrix, method: Method, count: int, seed: int, smallest: int
) -> tuple[NDArray[np.int64], float]:
    best, best_key, best_resolution = np.zeros(ties.shape[0], np.int64), (0, -np.inf), 1.0
    for resolution, found in _bisected(ties, method, count, seed):
        labels = merged(found, ties, smallest=smallest, count=count)
        key = (int(labels.max()) + 1, modularity(ties, labels))
        if key > best_key:
            best, best_key, best_resolution = labels, key, resolution
    return best, best_resolution


def _bisected(
    ties: csr_matrix, method: Method, count: int, seed: int
) -> Iterator[tuple[float, NDArray[np.int64]]]:
    """Yield clusterings into ``count`` communities or more, towards the resolution that gives ``count``."""
    low, high = LOWEST, 1.0
    found = _clusters(ties, method, high, seed, STARTS)
    while found.max() + 1 < count and high < HIGHEST:
        low, high = high, high * 4
        found = _clusters(ties, method, high, seed, 1)
    yield high, found
    for _ in range(HALVINGS):
        middle = float(np.sqrt(low * high))
        found = _clusters(ties, method, middle, seed, 1)
        if found.max() + 1 < count:
            low = middle
            continue
        high = middle
        yield middle, found
        if found.max() + 1 == count:
            return


def _ordered(labels: NDArray[np.int64]) -> NDArray[np.int64]:
    names, first, size = np.unique(labels, return_index=True, return_counts=True)
    order = [label for label in np.lexsort((first, -size)) if names[label] >= 0]
    new = np.full(names.size, -1, dtype=np.int64)
    new[order] = np.arange(len(order))
    return new[np.searchsorted(names, labels)]


def _check(method: str, resolution: float, count: int | None, smallest: int) -> None:
    if method not in ("leiden", "louvain"):
        raise InputError(f"no method is named {method!r}", where="method", remedy="choose leiden or louvain")
    if not (np.isfinite(resolution) and resolution > 0):
        raise InputError(f"a resolution of {resolution}", where="resolution", remedy="give a number above 0")
    if count is not None and count < 1:
        raise InputError(f"{count} communities", where="count", remedy="ask for at least 1")
    if smallest < 1:
        raise InputError(f"communities of {smallest}", where="smallest", remedy="give at least 1")
