"""The graph goes to networkx and comes back the same."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from personas.errors import InputError
from simulator.graph.layers import CommunityGraph
from simulator.graph.networkx_bridge import from_networkx, to_networkx

ANN, BO, CY = "ann", "bo", "cy"


@st.composite
def graphs(draw):
    n = draw(st.integers(1, 6))
    weight = st.one_of(st.just(0.0), st.floats(0.001, 9))
    square = st.lists(st.lists(weight, min_size=n, max_size=n), min_size=n, max_size=n)
    bond, half = np.array(draw(square)), np.triu(np.array(draw(square)), 1)
    np.fill_diagonal(bond, 0)
    names = draw(st.lists(st.text(min_size=1), min_size=n, max_size=n, unique=True))
    return CommunityGraph(
        members=tuple(names),
        identity=csr_matrix(half + half.T),
        bond=csr_matrix(bond),
        topics=csr_matrix((n, 0)),
        topic_names=(),
    )


@given(graphs())
def test_there_and_back_is_the_same_graph(graph):
    identity, bond = to_networkx(graph, layer="identity"), to_networkx(graph, layer="bond")
    back = from_networkx(identity, bond)
    assert back.members == graph.members
    assert (back.identity != graph.identity).nnz == 0
    assert (back.bond != graph.bond).nnz == 0
    assert not back.notes


def test_members_without_ties_stay_nodes_and_directions_stay():
    graph = from_networkx(nx.Graph([(ANN, BO)]), nx.DiGraph([(CY, ANN)]))
    identity, bond = to_networkx(graph, layer="identity"), to_networkx(graph, layer="bond")
    assert list(identity) == list(bond) == [ANN, BO, CY]
    assert not identity.is_directed()
    assert list(identity.edges(data="weight")) == [(ANN, BO, 1.0)]
    assert list(bond.edges(data="weight")) == [(CY, ANN, 1.0)]


def test_topics_are_columns_in_the_order_of_their_names():
    graph = from_networkx(nx.Graph([(ANN, BO)]), topics={BO: {"tea": 2, "ale": 1}, CY: {"tea": 1}})
    assert graph.members == (ANN, BO, CY)
    assert graph.topic_names == ("ale", "tea")
    assert graph.topics.toarray().tolist() == [[0, 0], [1, 2], [0, 1]]


def test_self_ties_are_left_out_and_counted():
    graph = from_networkx(nx.Graph([(ANN, ANN), (ANN, BO)]))
    assert graph.identity.diagonal().sum() == 0
    assert graph.notes == {"identity": "1 self-ties left out"}


def test_nothing_at_all_is_an_empty_graph():
    graph = from_networkx()
    assert graph.members == ()
    assert list(to_networkx(graph, layer="bond")) == []


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: from_networkx(nx.DiGraph([(1, 2)])), "identity: a directed graph"),
        (lambda: from_networkx(None, nx.Graph([(1, 2)])), "bond: an undirected graph"),
        (lambda: from_networkx(nx.Graph([(1, "1")])), "two nodes are named '1'"),
        (lambda: from_networkx(nx.Graph([(1, 2, {"weight": -1})])), "identity: a weight is negative"),
        (lambda: from_networkx(nx.Graph([(1, 2, {"weight": float("nan")})])), "not finite"),
        (lambda: from_networkx(topics={ANN: {"tea": -1}}), "topics: a count is negative"),
        (lambda: to_networkx(from_networkx(), layer="friends"), "no layer is named 'friends'"),
    ],
)
def test_what_is_no_such_graph_is_refused(call, said):
    with pytest.raises(InputError, match=said):
        call()
