"""The community graph to and from networkx, one layer at a time, for whoever studies it with other tools."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from scipy.sparse import coo_matrix, csr_matrix

from personas.errors import InputError
from simulator.graph.layers import CommunityGraph

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import networkx as nx

__all__ = ["Layer", "from_networkx", "to_networkx"]

Layer = Literal["identity", "bond"]


def to_networkx(graph: CommunityGraph, *, layer: Layer) -> nx.Graph | nx.DiGraph:
    """Return one layer with the members' names as nodes and the edge attribute ``weight``.

    Identity ties give a ``Graph``, bond ties a ``DiGraph``. Members without ties are kept as nodes, and the
    nodes stand in the order of ``graph.members``.

    Raises:
        InputError: there is no such layer.
    """
    import networkx as nx

    if layer not in ("identity", "bond"):
        raise InputError(f"no layer is named {layer!r}", where="layer", remedy="choose identity or bond")
    ties = (graph.identity if layer == "identity" else graph.bond).tocoo()
    made = nx.Graph() if layer == "identity" else nx.DiGraph()
    made.add_nodes_from(graph.members)
    names = graph.members
    made.add_weighted_edges_from(
        (names[row], names[column], float(weight))
        for row, column, weight in zip(ties.row, ties.col, ties.data, strict=True)
    )
    return made


def from_networkx(
    identity: nx.Graph | None = None,
    bond: nx.DiGraph | None = None,
    *,
    topics: Mapping[str, Mapping[str, float]] | None = None,
) -> CommunityGraph:
    """Return the community graph over the nodes of both networks, named by ``str(node)``.

    An edge without the attribute ``weight`` weighs 1, and edges without weight are left out. Self-ties are
    left out too, and the graph's notes count them.

    Args:
        identity: undirected identity ties; None for none.
        bond: directed bond ties; None for none.
        topics: how often each member touched each topic; it may name members without ties.

    Raises:
        InputError: a layer has the wrong direction, a weight is negative or not finite, or two nodes have
            the same name.

    >>> import networkx as nx
    >>> graph = from_networkx(nx.Graph([("ann", "bo")]), nx.DiGraph([("bo", "cy")]))
    >>> graph.members, graph.identity.nnz, graph.bond.nnz
    (('ann', 'bo', 'cy'), 2, 1)
    """
    if identity is not None and identity.is_directed():
        raise InputError("a directed graph", where="identity", remedy="give identity.to_undirected()")
    if bond is not None and not bond.is_directed():
        raise InputError("an undirected graph", where="bond", remedy="give bond.to_directed()")
    counted = {str(member): row for member, row in (topics or {}).items()}
    members = tuple(dict.fromkeys([*_names(identity), *_names(bond), *counted]))
    notes: dict[str, str] = {}
    layers = {
        name: _layer(network, members, name, notes)
        for name, network in (("identity", identity), ("bond", bond))
    }
    topic_names = tuple(sorted({topic for row in counted.values() for topic in row}))
    return CommunityGraph(
        members=members,
        identity=layers["identity"],
        bond=layers["bond"],
        topics=_topics(counted, members, topic_names),
        topic_names=topic_names,
        notes=notes,
    )


def _names(network: nx.Graph | None) -> list[str]:
    names = [str(node) for node in network] if network is not None else []
    if len(set(names)) < len(names):
        double = next(name for name in names if names.count(name) > 1)
        raise InputError(f"two nodes are named {double!r}", remedy="give each node a name of its own")
    return names


def _layer(network: nx.Graph | None, members: Sequence[str], name: str, notes: dict[str, str]) -> csr_matrix:
    n = len(members)
    if network is None or not len(network):
        return csr_matrix((n, n))
    import networkx as nx

    small = csr_matrix(nx.to_scipy_sparse_array(network, weight="weight", dtype=np.float64)).tocoo()
    if not (np.isfinite(small.data).all() and (small.data >= 0).all()):
        raise InputError("a weight is negative or not finite", where=name, remedy="give weights above 0")
    position = {member: index for index, member in enumerate(members)}
    place = np.array([position[str(node)] for node in network])
    others = small.row != small.col
    if not others.all():
        notes[name] = f"{int((~others).sum())} self-ties left out"
    kept = (small.data[others], (place[small.row[others]], place[small.col[others]]))
    layer = csr_matrix(coo_matrix(kept, shape=(n, n)))
    layer.eliminate_zeros()
    layer.sort_indices()
    return layer


def _topics(
    counted: Mapping[str, Mapping[str, float]], members: Sequence[str], topic_names: Sequence[str]
) -> csr_matrix:
    position: dict[Any, int] = {topic: index for index, topic in enumerate(topic_names)}
    cells = [
        (row, position[topic], float(count))
        for row, member in enumerate(members)
        for topic, count in counted.get(member, {}).items()
    ]
    rows, columns, counts = zip(*cells, strict=True) if cells else ((), (), ())
    table = csr_matrix((counts, (rows, columns)), shape=(len(members), len(topic_names)), dtype=np.float64)
    if not (np.isfinite(table.data).all() and (table.data >= 0).all()):
        raise InputError("a count is negative or not finite", where="topics", remedy="give counts above 0")
    return table
