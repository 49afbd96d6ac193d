"""The community graph kept beside its corpus, so that it can be looked at without being built again.

A folder ``graph/`` holds Parquet tables that are sorted so that one community's members and one member's ties
are found quickly, and ``about.json``, which names them and is replaced last: it is there whole or not at all.
"""

from __future__ import annotations

import hashlib
import json
import os
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.sparse import csr_matrix

from personas.errors import InputError
from simulator.graph.kept import ABOUT, FORMAT, GRAPH
from simulator.graph.membership_tables import community_rows, member_rows

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pyarrow as pa

    from personas.community import Membership
    from simulator.graph.layers import CommunityGraph

__all__ = ["keep_graph"]

ROWS = {"communities": 64, "members": 8_192, "identity": 16_384, "bond": 16_384, "between": 16_384}
"""Rows of a group of each table: what is read at least to find one of them."""


def keep_graph(
    folder: Path,
    graph: CommunityGraph,
    membership: Membership,
    *,
    content: str,
    groups: Membership | None = None,
    described: Mapping[str, Mapping[str, Any]] | None = None,
    topics: bool = True,
    warnings: tuple[str, ...] = (),
) -> Path:
    """Keep the graph of the corpus in ``folder`` and return the folder that it is kept in.

    Args:
        membership: who belongs to which community; a member may belong to several, or to none.
        content: the corpus's content hash, so that a graph of another state of it is not taken for this one's.
        groups: the communities found within those of ``membership``.
        described: what else is known of each community, as ``Simulation.describe`` returns it.
        topics: whether the names of topics mean something to a reader; stances on numbered statements do not.
        warnings: what a reader must know before trusting it.

    Raises:
        InputError: the folder cannot be written to.
    """
    described = described or {}
    belongs = _belongs(graph, membership)
    identity, bond = _both_ways(graph.identity), _both_ways(graph.bond)
    members, order = member_rows(graph, membership, identity, bond, groups=groups, topics=topics)
    sums = {"identity": _between(identity, belongs), "bond": _between(bond, belongs)}
    inside = {layer: np.asarray(found.diagonal()).real for layer, found in sums.items()}
    inside["identity"] = inside["identity"] / 2  # a mutual tie is one tie
    tables = {
        "communities": community_rows(graph, membership, belongs, inside, described, topics=topics),
        "members": members,
        "identity": _tie_rows(identity[order][:, order]),
        "bond": _tie_rows(bond[order][:, order]),
        "between": _between_rows(sums),
    }
    about = {
        "format": FORMAT,
        "content": content,
        "origin": membership.origin,
        "method": membership.method,
        "notes": dict(graph.notes),
        "members": len(graph.members),
        "outside": int((belongs.getnnz(axis=1) == 0).sum()),
        "ties": {"identity": int(graph.identity.nnz // 2), "bond": int(graph.bond.nnz)},
        "warnings": list(warnings),
    }
    try:
        return _write(folder / GRAPH, about, tables)
    except OSError as error:
        raise InputError(
            f"the graph cannot be kept: {error.strerror or error}",
            where=str(folder / GRAPH),
            remedy="make the folder writable",
        ) from error


def _belongs(graph: CommunityGraph, membership: Membership) -> csr_matrix:
    """Return (n, c): 1 where a member belongs to a community."""
    place = {member: number for number, member in enumerate(graph.members)}
    parts = [
        np.array([place[member] for member in community.members if member in place], np.int64)
        for community in membership.communities
    ]
    rows = np.concatenate([np.empty(0, np.int64), *parts])
    columns = np.repeat(np.arange(len(parts)), [len(part) for part in parts])
    shape = (len(graph.members), len(parts))
    return csr_matrix((np.ones(len(rows)), (rows, columns)), shape=shape)


def _both_ways(layer: csr_matrix) -> csr_matrix:
    """Return each tie's weight as the real part, and that of the tie back as the imaginary part."""
    both = csr_matrix(layer + 1j * layer.T)
    both.sort_indices()
    return both


def _between(layer: csr_matrix, belongs: csr_matrix) -> csr_matrix:
    """Return (c, c) the sums of the weights of ties from members of one community to members of another."""
    return csr_matrix(belongs.T @ layer @ belongs)


def _tie_rows(layer: csr_matrix) -> pa.Table:
    import pyarrow as pa

    layer = csr_matrix(layer)
    layer.sort_indices()
    source = np.repeat(np.arange(layer.shape[0], dtype=np.int32), np.diff(layer.indptr))
    columns = [source, layer.indices.astype(np.int32)]
    weights = [layer.data.real.astype(np.float32), layer.data.imag.astype(np.float32)]
    return pa.table([*columns, *weights], names=["a", "b", "weight", "back"])


def _between_rows(sums: Mapping[str, csr_matrix]) -> pa.Table:
    import pyarrow as pa

    parts = []
    for layer, found in sums.items():
        upper = found.tocoo()
        there = upper.row < upper.col
        a, b, data = upper.row[there], upper.col[there], upper.data[there]
        order = np.lexsort((b, a, -(data.real + data.imag)))
        columns = [a[order].astype(np.int32), b[order].astype(np.int32), data[order].real, data[order].imag]
        name = pa.array([layer] * len(order), pa.string())
        parts.append(pa.table([name, *columns], names=["layer", "a", "b", "weight", "back"]))
    return pa.concat_tables(parts)


def _write(folder: Path, about: dict[str, Any], tables: Mapping[str, pa.Table]) -> Path:
    """Write the tables under new names, then what names them, then drop what it named before."""
    import pyarrow.parquet as pq

    folder.mkdir(exist_ok=True)
    files = {}
    for name, table in tables.items():
        part = folder / f".{name}-{os.getpid()}.part"
        pq.write_table(table, part, row_group_size=ROWS[name], compression="zstd")
        with part.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        files[name] = f"{name}-{digest[:16]}.parquet"
        part.replace(folder / files[name])
    part = folder / f".about-{os.getpid()}.part"
    text = json.dumps({**about, "files": files}, indent=1, sort_keys=True, ensure_ascii=False)
    part.write_text(text + "\n", encoding="utf-8")
    part.replace(folder / ABOUT)
    for path in folder.glob("*.parquet"):
        if path.name not in files.values():
            path.unlink(missing_ok=True)
    return folder
