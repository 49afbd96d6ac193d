"""The tables of communities and of members of a kept graph: who is tied how much, and what they talk about."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_matrix

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pyarrow as pa
    from numpy.typing import NDArray

    from personas.community import Membership
    from simulator.graph.layers import CommunityGraph

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

__all__ = ["NOWHERE", "community_rows", "member_rows"]

NOWHERE = -1
"""The number of the community of those who belong to none."""
OF_MEMBER, OF_COMMUNITY = 3, 6
"""How many of the topics touched most are named."""


def community_rows(
    graph: CommunityGraph,
    membership: Membership,
    belongs: csr_matrix,
    inside: Mapping[str, Floats],
    described: Mapping[str, Mapping[str, Any]],
    *,
    topics: bool,
) -> pa.Table:
    """Return a row for each community, numbered in their order, with all that is known of it as JSON.

    Args:
        belongs: (n, c) 1 where a member belongs to a community.
        inside: the (c,) weights of the ties between each community's own members, by layer.
    """
    import pyarrow as pa

    known = [described.get(name, {}) for name in membership.names]
    scores = [body.get("cohesion", {}) for body in known]
    touched = csr_matrix(belongs.T @ graph.topics) if topics else None
    return pa.table(
        {
            "number": pa.array(range(len(known)), pa.int32()),
            "name": pa.array(membership.names, pa.string()),
            "title": pa.array([entry.title for entry in membership.communities], pa.string()),
            "within": pa.array([entry.within for entry in membership.communities], pa.string()),
            "members": pa.array([len(entry.members) for entry in membership.communities], pa.int32()),
            "norms": pa.array([int(body.get("norms", 0)) for body in known], pa.int32()),
            "identity": pa.array([score.get("identity") for score in scores], pa.float64()),
            "bond": pa.array([score.get("bond") for score in scores], pa.float64()),
            "identity_inside": inside["identity"].astype(np.float64),
            "bond_inside": inside["bond"].astype(np.float64),
            "topics": pa.array(
                _most_touched(touched, graph.topic_names, OF_COMMUNITY, rows=len(known)), pa.string()
            ),
            "body": pa.array(
                [json.dumps(body, ensure_ascii=False, sort_keys=True, default=str) for body in known],
                pa.string(),
            ),
        }
    )


def member_rows(
    graph: CommunityGraph,
    membership: Membership,
    identity: csr_matrix,
    bond: csr_matrix,
    *,
    groups: Membership | None,
    topics: bool,
) -> tuple[pa.Table, Ints]:
    """Return a row for each member of each community, the most tied first, and the members' new order.

    Members are numbered by where they first stand in the table, so that the ties of one community lie together;
    the order has the old number of each.

    Args:
        identity: (n, n) with the weight of each tie as the real and that of the tie back as the imaginary part.
        bond: the same of the other layer.
    """
    import pyarrow as pa

    who, where = _pairs(graph, membership)
    strength = {
        name: _inside(layer, who, where) for name, layer in (("identity", identity.real), ("bond", bond))
    }
    sums = {name: weights for name, (weights, _) in strength.items()}
    sort = np.lexsort((who, -sums["identity"], -sums["bond"], where))
    who, where = who[sort], where[sort]
    order = who[np.sort(np.unique(who, return_index=True)[1])]
    number = np.empty(len(graph.members), np.int64)
    number[order] = np.arange(len(order))
    group, names = _groups(groups), [*membership.names, ""]
    belonging = zip(where.tolist(), who.tolist(), strict=True)
    told = _most_touched(graph.topics if topics else None, graph.topic_names, OF_MEMBER, rows=len(order))
    columns = {
        "community": where.astype(np.int32),
        "bond_rank": _ranks(where, np.arange(len(who))),
        "identity_rank": _ranks(where, np.lexsort((np.arange(len(who)), -sums["identity"][sort], where))),
        "node": number[who].astype(np.int32),
        "member": pa.array([graph.members[row] for row in who.tolist()], pa.string()),
        "group": pa.array(
            [group.get((names[place], graph.members[row]), "") for place, row in belonging], pa.string()
        ),
        "topics": pa.array([told[row] for row in who.tolist()], pa.string()),
    }
    for name, (weights, ties) in strength.items():
        columns[name] = weights[sort].astype(np.float32)
        columns[f"{name}_ties"] = ties[sort].astype(np.int32)
    return pa.table(columns), order


def _pairs(graph: CommunityGraph, membership: Membership) -> tuple[Ints, Ints]:
    """Return member and community of each belonging; of those who belong nowhere, last, ``NOWHERE``."""
    place = {member: row for row, member in enumerate(graph.members)}
    who, where = [np.empty(0, np.int64)], [np.empty(0, np.int64)]
    for number, community in enumerate(membership.communities):
        rows = np.array([place[member] for member in community.members if member in place], np.int64)
        who.append(rows)
        where.append(np.full(len(rows), number))
    alone = np.setdiff1d(np.arange(len(place)), np.concatenate(who))
    last = len(membership.communities)
    everyone, home = np.concatenate([*who, alone]), np.concatenate([*where, np.full(len(alone), last)])
    order = np.argsort(home, kind="stable")
    home = np.where(home == last, NOWHERE, home)
    return everyone[order], home[order]


def _inside(layer: csr_matrix, who: Ints, where: Ints) -> tuple[Floats, Ints]:
    """Return of each belonging how strongly the member is tied to members of that community, and to how many."""
    weights, ties = np.zeros(len(who)), np.zeros(len(who), np.int64)
    bounds = np.flatnonzero(np.diff(where, prepend=where[:1] - 1, append=where[-1:] + 1))
    there = np.zeros(layer.shape[0], bool)
    own = layer[who]
    for low, high in pairwise(bounds.tolist()):
        there[who[low:high]] = True
        part = slice(own.indptr[low], own.indptr[high])
        kept = there[own.indices[part]]
        source = np.repeat(np.arange(high - low), np.diff(own.indptr[low : high + 1]))[kept]
        both = own.data[part].real[kept] + own.data[part].imag[kept]
        weights[low:high] = np.bincount(source, both, minlength=high - low)
        ties[low:high] = np.bincount(source, minlength=high - low)
        there[who[low:high]] = False
    return weights, ties


def _ranks(where: Ints, order: Ints) -> NDArray[np.int32]:
    """Return each row's place among those of its community, which ``order`` lists one community after another."""
    first = np.flatnonzero(np.diff(where, prepend=where[:1] - 1))
    starts = np.repeat(first, np.diff(first, append=len(where)))
    ranks = np.empty(len(where), np.int32)
    ranks[order] = np.arange(len(where)) - starts
    return ranks


def _groups(groups: Membership | None) -> dict[tuple[str, str], str]:
    """Return the found group of each member, by the community that it was found in."""
    known = () if groups is None else groups.communities
    return {(group.within, member): group.name for group in known for member in group.members}


def _most_touched(counts: csr_matrix | None, names: tuple[str, ...], most: int, *, rows: int) -> list[str]:
    """Return the names of the topics that each row touched most, those touched more first."""
    if counts is None or not counts.nnz:
        return [""] * rows
    row = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    order = np.lexsort((counts.indices, -counts.data, row))
    place = np.arange(len(row)) - np.repeat(counts.indptr[:-1], np.diff(counts.indptr))
    best = order[place < most]
    found: list[list[str]] = [[] for _ in range(rows)]
    for at, topic in zip(row[best].tolist(), counts.indices[best].tolist(), strict=True):
        found[at].append(names[topic])
    return [", ".join(topics) for topics in found]
