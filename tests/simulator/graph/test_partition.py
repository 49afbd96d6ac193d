"""Partitions: order, blend, requested counts, members without ties, and what holds for any graph."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from personas.errors import InputError
from simulator.graph.layers import CommunityGraph
from simulator.graph.merging import merged
from simulator.graph.networkx_bridge import from_networkx
from simulator.graph.partition import blended, modularity, partition

EDGES = st.lists(
    st.tuples(st.integers(0, 11), st.integers(0, 11), st.floats(0.1, 5)), min_size=0, max_size=40
)


def cliques(*sizes: int) -> nx.Graph:
    return nx.disjoint_union_all([nx.complete_graph(size) for size in sizes])


def from_edges(edges) -> CommunityGraph:
    made = nx.Graph()
    made.add_nodes_from(range(12))
    made.add_weighted_edges_from(edge for edge in edges if edge[0] != edge[1])
    return from_networkx(made)


def test_communities_are_numbered_from_the_largest_and_equals_by_their_first_member():
    found = partition(from_networkx(cliques(3, 5, 3)), seed=1)
    assert found.labels.tolist() == [1] * 3 + [0] * 5 + [2] * 3
    assert [group.tolist() for group in found.groups()] == [[3, 4, 5, 6, 7], [0, 1, 2], [8, 9, 10]]


def test_members_without_ties_are_in_no_community():
    graph = cliques(3, 3)
    graph.add_node("alone")
    found = partition(from_networkx(graph), seed=1)
    assert found.labels.tolist() == [0, 0, 0, 1, 1, 1, -1]
    assert found.count == 2
    assert "1 members in none" in found.describe()


def test_a_graph_without_ties_has_no_community_and_says_so():
    graph = nx.Graph()
    graph.add_nodes_from("abc")
    found = partition(from_networkx(graph), seed=1)
    assert found.labels.tolist() == [-1, -1, -1]
    assert (found.count, found.modularity, found.groups()) == (0, 0.0, ())
    assert "there are no ties at all" in found.describe()
    assert partition(from_networkx(), seed=1).labels.size == 0


def test_both_layers_weigh_the_same_however_large_their_weights_are():
    identity = nx.Graph([("a", "b", {"weight": 1000.0})])
    bond = nx.DiGraph([("a", "c", {"weight": 0.001})])
    mixed, blend, notes = blended(from_networkx(identity, bond), blend=0.25)
    assert mixed.sum() == pytest.approx(1)
    assert mixed.toarray() == pytest.approx(np.array([[0, 1, 3], [1, 0, 0], [3, 0, 0]]) / 8)
    assert (blend, notes) == (0.25, ())


@pytest.mark.parametrize("blend", [0.0, 0.3, 1.0])
def test_an_empty_layer_leaves_the_other_one_alone_and_is_named(blend):
    pair = nx.Graph([("a", "b")])
    only_identity = partition(from_networkx(pair), blend=blend, seed=1)
    only_bond = partition(from_networkx(None, pair.to_directed()), blend=blend, seed=1)
    assert (only_identity.blend, only_bond.blend) == (1.0, 0.0)
    assert only_identity.labels.tolist() == only_bond.labels.tolist() == [0, 0]
    assert ("no bond ties" in only_identity.describe()) == (blend < 1)
    assert ("no identity ties" in only_bond.describe()) == (blend > 0)


def test_describing_a_partition_states_the_blend():
    graph = from_networkx(cliques(4, 4), cliques(4, 4).to_directed())
    told = partition(graph, blend=0.25, seed=1).describe()
    assert "a blend of 25% identity and 75% bond ties" in told
    assert "2 communities" in told


@pytest.mark.parametrize("method", ["leiden", "louvain"])
@pytest.mark.parametrize("count", [1, 2, 3, 7, 40])
def test_as_many_communities_are_found_as_were_asked_for(method, count):
    graph = nx.connected_caveman_graph(10, 8)
    found = partition(from_networkx(graph), count=count, method=method, smallest=1, seed=1)
    assert found.count == count
    assert (found.labels >= 0).all()


def test_two_pairs_of_cliques_are_the_two_communities_asked_for():
    graph = cliques(6, 6, 6, 6)
    graph.add_edges_from([(0, 6), (1, 7), (2, 8), (12, 18), (13, 19), (14, 20), (0, 12)])
    found = partition(from_networkx(graph), count=2, seed=1)
    assert found.labels.tolist() == [0] * 12 + [1] * 12


def test_of_more_pieces_than_asked_for_the_largest_are_kept_and_the_others_are_in_none():
    found = partition(from_networkx(cliques(5, 4, 3)), count=2, seed=1)
    assert found.labels.tolist() == [0] * 5 + [1] * 4 + [-1] * 3


def test_communities_too_small_to_count_are_named():
    found = partition(from_networkx(cliques(4, 4)), count=6, smallest=4, seed=1)
    assert found.count == 2
    assert "only 2 of 6 communities have at least 4 members" in found.describe()


def test_too_small_a_community_is_merged_or_dissolved():
    graph = cliques(5, 5, 2, 2)
    graph.add_edge(0, 10)
    found = partition(from_networkx(graph), smallest=3, resolution=2.0, seed=1)
    assert found.labels.tolist() == [0] * 5 + [1] * 5 + [0] * 2 + [-1] * 2


def test_a_higher_resolution_gives_more_communities():
    graph = from_networkx(nx.connected_caveman_graph(20, 5))
    few, many = (partition(graph, resolution=resolution, seed=1).count for resolution in (0.1, 3.0))
    assert few < many


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"blend": 1.5}, "a blend of 1.5"),
        ({"blend": float("nan")}, "a blend of nan"),
        ({"method": "spectral"}, "no method is named 'spectral'"),
        ({"resolution": 0}, "a resolution of 0"),
        ({"count": 0}, "0 communities"),
        ({"count": 9}, "9 communities of 8 members"),
        ({"smallest": 0}, "communities of 0"),
    ],
)
def test_an_option_out_of_range_is_refused(options, said):
    with pytest.raises(InputError, match=said):
        partition(from_networkx(cliques(4, 4)), seed=1, **options)


def test_negative_weights_are_refused():
    bad = CommunityGraph(
        members=("a", "b"),
        identity=csr_matrix([[0, -1.0], [-1.0, 0]]),
        bond=csr_matrix((2, 2)),
        topics=csr_matrix((2, 0)),
        topic_names=(),
    )
    with pytest.raises(InputError, match="identity layer: a weight is negative"):
        partition(bad, seed=1)


@settings(max_examples=40, deadline=None)
@given(EDGES, st.integers(0, 9), st.integers(1, 4))
def test_any_graph_has_a_partition_in_order(edges, seed, smallest):
    graph = from_edges(edges)
    found = partition(graph, seed=seed, smallest=smallest)
    tied = np.asarray(graph.identity.sum(axis=1)).ravel() > 0
    assert (found.labels[~tied] == -1).all()
    sizes = np.bincount(found.labels[found.labels >= 0])
    assert (sizes >= smallest).all()
    assert (np.diff(sizes) <= 0).all()
    assert -0.5 <= found.modularity <= 1
    again = partition(graph, seed=seed, smallest=smallest)
    assert found.labels.tobytes() == again.labels.tobytes()


@settings(max_examples=25, deadline=None)
@given(EDGES, st.integers(1, 5))
def test_any_count_within_the_members_with_ties_is_never_exceeded(edges, count):
    graph = from_edges(edges)
    tied = int((np.asarray(graph.identity.sum(axis=1)).ravel() > 0).sum())
    if tied >= count:
        found = partition(graph, seed=1, count=count, smallest=1)
        assert found.count == count


@given(EDGES, st.lists(st.integers(-1, 3), min_size=12, max_size=12))
def test_modularity_is_what_networkx_says(edges, labels):
    graph = from_edges(edges)
    if graph.identity.nnz:
        network = nx.from_scipy_sparse_array(graph.identity)
        groups = [{node for node in range(12) if labels[node] == label} for label in range(4)]
        groups = [group for group in groups if group] + [{node} for node in range(12) if labels[node] < 0]
        known = nx.community.modularity(network, groups)
        assert modularity(graph.identity, np.array(labels)) == pytest.approx(known)


def tied_communities(sizes, links) -> tuple[np.ndarray, csr_matrix]:
    """Return labels and ties: one tie of the given weight between the first members of two communities."""
    labels = np.repeat(np.arange(len(sizes)), sizes)
    first = np.cumsum(sizes) - sizes
    ties = csr_matrix((labels.size, labels.size)).tolil()
    for one, other, weight in links:
        ties[first[one], first[other]] = ties[first[other], first[one]] = weight
    return labels, ties.tocsr()


def test_the_smallest_community_goes_to_the_one_it_is_most_tied_to():
    labels, ties = tied_communities([1, 2, 3], [(0, 1, 2), (0, 2, 1), (1, 2, 1)])
    assert merged(labels, ties, count=2).tolist() == [0, 0, 0, 1, 1, 1]
    assert merged(labels, ties, count=1).tolist() == [0] * 6
    assert merged(labels, ties).tolist() == labels.tolist()


def test_merged_communities_add_up_their_ties():
    # 0 joins 1; together they are tied to 2 by 1 + 2 and to 3 by 2.5.
    labels, ties = tied_communities([1, 2, 3, 4], [(0, 1, 9), (0, 2, 1), (1, 2, 2), (1, 3, 2.5)])
    assert merged(labels, ties, count=2).tolist() == [0] * 6 + [1] * 4


def test_the_two_communities_of_the_karate_club_have_the_best_modularity_of_two():
    club = nx.karate_club_graph()
    for *_, edge in club.edges(data=True):
        edge.clear()
    assert partition(from_networkx(club), count=2, seed=1).modularity == pytest.approx(0.3718, abs=5e-5)


@pytest.mark.parametrize("method", ["leiden", "louvain"])
def test_the_same_seed_gives_the_same_partition_of_noise_and_another_seed_another(method):
    graph = from_networkx(nx.gnp_random_graph(300, 0.05, seed=1))
    seeds = (1, 1, 1, 2)
    one, again, third, other = (partition(graph, seed=seed, method=method).labels.tobytes() for seed in seeds)
    assert one == again == third
    assert one != other
