"""How a community holds together, as two separate scores: by its bonds, and by its identity.

Both compare with chance: bonds with the same replies to shuffled targets, identity with the topics of random
members. 0 is what chance gives, 1 the most there can be. Common bond and common identity are different
things (Prentice, Miller & Lightdale 1994), so nothing here adds the two up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from personas.errors import InputError
from simulator.graph.null_bonds import Bonds, bond_activity
from simulator.graph.null_topics import Topics, topic_entropy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from simulator.graph.layers import CommunityGraph

__all__ = ["Cohesion", "cohesion", "cohesions"]


@dataclass(frozen=True, kw_only=True)
class Cohesion:
    """The two cohesion scores of a community, and what they are made of. None is undefined; the notes say why.

    Args:
        bond: the mean of the excesses of ``reciprocity`` and of ``inside_share`` over their nulls, in [-1, 1].
        identity: ``1 - entropy / entropy_null``, in [-1, 1].
        members: the size of the community.
        reciprocity: the share of the bond ties within the community that are returned.
        reciprocity_null: its mean where everybody replies as much and is replied to as often, but by chance.
        reciprocity_null_sd: its standard deviation there.
        inside_share: the weight of the bond ties within, over that of all that begin or end in the community.
        inside_share_null: its mean by the same chance.
        inside_share_null_sd: its standard deviation there.
        entropy: of the community's topics, in bits, at the volume at which the null could be compared.
        entropy_null: its mean over random groups of the same size and volume.
        entropy_null_sd: its standard deviation there.
        notes: what could not be said, and why.
    """

    bond: float | None = None
    identity: float | None = None
    members: int
    reciprocity: float | None = None
    reciprocity_null: float | None = None
    reciprocity_null_sd: float | None = None
    inside_share: float | None = None
    inside_share_null: float | None = None
    inside_share_null_sd: float | None = None
    entropy: float | None = None
    entropy_null: float | None = None
    entropy_null_sd: float | None = None
    notes: tuple[str, ...] = ()


def cohesion(graph: CommunityGraph, members: ArrayLike, *, seed: int, samples: int = 20) -> Cohesion:
    """Return the two cohesion scores of one community; see ``cohesions``."""
    return cohesions(graph, [members], seed=seed, samples=samples)[0]


def cohesions(
    graph: CommunityGraph, communities: Sequence[ArrayLike], *, seed: int, samples: int = 20
) -> tuple[Cohesion, ...]:
    """Return the two cohesion scores of each community, the same as if each were asked for alone.

    *Bond*: the reciprocity of the ties within and the share of activity within, each as
    ``(observed - null) / (1 - null)``. The null is the directed configuration model (Newman, Strogatz &
    Watts 2001): all ties keep their source and weight, their targets are shuffled over the whole graph;
    ties to oneself that come of it are dropped and ties that fall together count once for reciprocity.

    *Identity*: ``1 - H / H_null`` of the entropy of the topics. The null draws as many members that have
    topics, of the whole graph, as the community has; of the two, the one with more topic counts is thinned
    out, without replacement, to the volume of the other, because entropy grows with volume.

    A sample costs time linear in the ties and topic counts, times the depth to which communities overlap.

    Args:
        graph: the members and their ties.
        communities: the members of each, as indices; the order does not matter.
        seed: the same seed gives the same scores.
        samples: how many random graphs and groups there are.

    Raises:
        InputError: an index names no member, or there are no samples.
    """
    if samples < 1:
        raise InputError(f"{samples} samples", where="samples", remedy="ask for at least 1")
    n = len(graph.members)
    groups = [_group(members, n) for members in communities]
    bonds = bond_activity(graph.bond, groups, seed=seed, samples=samples)
    topics = topic_entropy(graph.topics, groups, seed=seed, samples=samples)
    return tuple(_scored(*parts, n) for parts in zip(groups, bonds, topics, strict=True))


def _group(members: ArrayLike, n: int) -> NDArray[np.int64]:
    found = np.unique(np.asarray(members))
    if found.size == 0:
        return np.zeros(0, dtype=np.int64)
    if not np.issubdtype(found.dtype, np.integer) or found[0] < 0 or found[-1] >= n:
        raise InputError(
            f"members {found[0]} to {found[-1]} of {n}", where="communities", remedy="give indices of members"
        )
    return found.astype(np.int64)


def _scored(group: NDArray[np.int64], bonds: Bonds, topics: Topics, n: int) -> Cohesion:
    if group.size < 2:
        return Cohesion(
            members=group.size, notes=("a community of fewer than two members has no cohesion to measure",)
        )
    bond, bond_notes = _bond_score(bonds, whole=group.size == n)
    identity, identity_notes = _identity_score(topics)
    return Cohesion(
        bond=bond,
        identity=identity,
        members=group.size,
        reciprocity=bonds.reciprocity,
        reciprocity_null=_mean(bonds.reciprocity_null),
        reciprocity_null_sd=_sd(bonds.reciprocity_null),
        inside_share=bonds.inside_share,
        inside_share_null=_mean(bonds.inside_share_null),
        inside_share_null_sd=_sd(bonds.inside_share_null),
        entropy=_mean(topics.entropy),
        entropy_null=_mean(topics.null),
        entropy_null_sd=_sd(topics.null),
        notes=bond_notes + identity_notes,
    )


def _bond_score(bonds: Bonds, *, whole: bool) -> tuple[float | None, tuple[str, ...]]:
    if bonds.inside_share is None:
        return None, ("bond: the members have no bond ties",)
    notes: tuple[str, ...] = ()
    if bonds.reciprocity is None:
        notes = ("bond: no ties within the community, so none is returned",)
    returned = _excess(bonds.reciprocity or 0.0, bonds.reciprocity_null)
    inside = None if whole else _excess(bonds.inside_share, bonds.inside_share_null)
    if whole:
        notes = (*notes, "bond: the community is everybody, so reciprocity alone counts")
    elif inside is None:
        notes = (*notes, "bond: by chance too all activity is within, so reciprocity alone counts")
    if returned is None:
        notes = (*notes, "bond: by chance too every tie is returned, so reciprocity does not count")
    excesses = [excess for excess in (returned, inside) if excess is not None]
    return (_clipped(sum(excesses) / len(excesses)) if excesses else None), notes


def _identity_score(topics: Topics) -> tuple[float | None, tuple[str, ...]]:
    null = _mean(topics.null)
    if null is None:
        return None, ("identity: the members have no topics",)
    if topics.share == 1:
        return None, ("identity: everybody with topics is in the community: nobody to compare it with",)
    if null <= 0:
        return None, ("identity: random groups too have one topic alone",)
    notes = ("identity: most members are in the community, so random groups resemble it",)
    return _clipped(1 - float(np.mean(topics.entropy)) / null), notes if topics.share > 0.5 else ()


def _excess(observed: float, null: NDArray[np.float64]) -> float | None:
    expected = float(null.mean()) if null.size else 0.0
    return _clipped((observed - expected) / (1 - expected)) if expected < 1 - 1e-9 else None


def _clipped(score: float) -> float:
    return float(min(1.0, max(-1.0, score)))


def _mean(values: NDArray[np.float64]) -> float | None:
    return float(values.mean()) if values.size else None


def _sd(values: NDArray[np.float64]) -> float | None:
    return float(values.std()) if values.size else None
