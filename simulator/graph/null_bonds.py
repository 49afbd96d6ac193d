"""Reciprocity and inside share of communities' bond ties, as they are and with the targets shuffled."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.sparse import csr_matrix

from personas.seeds import derived_rng

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["Bonds", "bond_activity"]


class Bonds(NamedTuple):
    """A community's bond ties: both figures, None where there are no ties to count, and their nulls."""

    reciprocity: float | None
    reciprocity_null: NDArray[np.float64]
    inside_share: float | None
    inside_share_null: NDArray[np.float64]


class _Arcs(NamedTuple):
    source: NDArray[np.int64]
    target: NDArray[np.int64]
    weight: NDArray[np.float64]


def bond_activity(
    bond: csr_matrix, groups: Sequence[NDArray[np.int64]], *, seed: int, samples: int
) -> list[Bonds]:
    """Return the bond figures of each group; all groups share the shuffled graphs.

    A shuffled graph keeps everybody's number of ties in both directions (ties to oneself are then dropped),
    and a tie keeps its source and weight.

    Args:
        bond: (n, n) directed weights, no self-ties.
        groups: the members of each group; groups may overlap.
        seed: of the shuffled graphs.
        samples: how many shuffled graphs there are.
    """
    n = bond.shape[0]
    ties = bond.tocoo()
    arcs = _Arcs(ties.row.astype(np.int64), ties.col.astype(np.int64), ties.data.astype(np.float64))
    layers, place = _disjoint(groups, n)
    observed = _figures(arcs, layers, n, len(groups), place)
    null = np.empty((samples, 2, len(groups)))
    for sample in range(samples):
        shuffled = derived_rng(seed, "bonds", sample).permutation(arcs.target)
        others = shuffled != arcs.source
        by_chance = _Arcs(arcs.source[others], shuffled[others], arcs.weight[others])
        null[sample] = _figures(by_chance, layers, n, len(groups), place)
    return [_bonds(observed[:, group], null[:, :, group]) for group in range(len(groups))]


def _disjoint(groups: Sequence[NDArray[np.int64]], n: int) -> tuple[list[NDArray[np.int64]], list[list[int]]]:
    """Return label arrays, in each of which no two groups overlap, and which groups are in each of them."""
    layers: list[NDArray[np.int64]] = []
    place: list[list[int]] = []
    for group, members in enumerate(groups):
        free = (layer for layer, labels in enumerate(layers) if (labels[members] < 0).all())
        layer = next(free, len(layers))
        if layer == len(layers):
            layers.append(np.full(n, -1, dtype=np.int64))
            place.append([])
        layers[layer][members] = len(place[layer])
        place[layer].append(group)
    return layers, place


def _figures(
    arcs: _Arcs, layers: list[NDArray[np.int64]], n: int, count: int, place: list[list[int]]
) -> NDArray[np.float64]:
    """Return (2, count): reciprocity and inside share of each group, NaN where there is nothing to count."""
    figures = np.full((2, count), np.nan)
    pairs = csr_matrix((np.ones(arcs.source.size), (arcs.source, arcs.target)), shape=(n, n))
    pairs.data[:] = 1.0
    returned = pairs.multiply(pairs.T).tocoo()
    pairs = pairs.tocoo()
    for labels, groups in zip(layers, place, strict=True):
        size = len(groups)
        within = _by_group(labels[pairs.row], labels[pairs.col], pairs.data, size)
        mutual = _by_group(labels[returned.row], labels[returned.col], returned.data, size)
        begin, end = labels[arcs.source], labels[arcs.target]
        inside = _by_group(begin, end, arcs.weight, size)
        touching = (
            _by_group(begin, begin, arcs.weight, size) + _by_group(end, end, arcs.weight, size) - inside
        )
        figures[0, groups] = np.divide(mutual, within, out=np.full(size, np.nan), where=within > 0)
        figures[1, groups] = np.divide(inside, touching, out=np.full(size, np.nan), where=touching > 0)
    return figures


def _by_group(
    begin: NDArray[np.int64], end: NDArray[np.int64], weight: NDArray[np.float64], size: int
) -> NDArray[np.float64]:
    same = (begin == end) & (begin >= 0)
    return np.bincount(begin[same], weights=weight[same], minlength=size).astype(np.float64)


def _bonds(observed: NDArray[np.float64], null: NDArray[np.float64]) -> Bonds:
    reciprocity, inside_share = (None if np.isnan(figure) else float(figure) for figure in observed)
    by_chance = [figures[~np.isnan(figures)] for figures in (null[:, 0], null[:, 1])]
    return Bonds(reciprocity, by_chance[0], inside_share, by_chance[1])
