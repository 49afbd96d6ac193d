"""Groups that are known are found again: the karate club, planted partitions, LFR graphs, two layers."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from simulator.graph.networkx_bridge import from_networkx
from simulator.graph.partition import partition

METHODS = ["leiden", "louvain"]
BLOCKS = np.repeat(range(4), 50)


def planted(out: float, *, seed: int) -> nx.Graph:
    return nx.planted_partition_graph(4, 50, 0.3, out, seed=seed)


def lfr(mixing: float) -> tuple[nx.Graph, np.ndarray]:
    made = nx.LFR_benchmark_graph(
        1000,
        3,
        1.5,
        mixing,
        average_degree=15,
        max_degree=50,
        min_community=20,
        max_community=100,
        max_iters=2000,
        seed=3,
    )
    made.remove_edges_from(list(nx.selfloop_edges(made)))
    return made, np.array([min(made.nodes[node]["community"]) for node in made])


@pytest.mark.parametrize("method", METHODS)
def test_two_communities_of_the_karate_club_are_its_two_factions(method, recovered):
    club = nx.karate_club_graph()
    factions = [club.nodes[member]["club"] for member in club]
    found = partition(from_networkx(club), count=2, seed=1, method=method)
    nmi, ari = recovered("karate club, two asked for", method, factions, found.labels)
    assert nmi > 0.8
    assert ari > 0.85


def test_the_karate_club_has_the_modularity_that_is_known_to_be_the_best(recovered):
    club = nx.karate_club_graph()
    factions = [club.nodes[member]["club"] for member in club]
    for *_, edge in club.edges(data=True):
        edge.clear()
    found = partition(from_networkx(club), seed=1)
    recovered("karate club, no ties' weights", "leiden", factions, found.labels)
    assert found.count == 4
    assert found.modularity == pytest.approx(0.4198, abs=5e-5)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("out", "least"), [(0.02, 1.0), (0.05, 1.0), (0.08, 0.99), (0.1, 0.9), (0.12, 0.75)])
def test_a_planted_partition_is_found(out, least, method, recovered):
    found = partition(from_networkx(planted(out, seed=1)), seed=1, method=method)
    nmi, ari = recovered(f"planted 4 x 50, in .3, out {out:.2f}", method, BLOCKS, found.labels)
    assert nmi >= least - 1e-9
    assert ari >= least - 1e-9


def test_no_known_groups_are_found_where_there_are_none(recovered):
    found = partition(from_networkx(planted(0.3, seed=1)), seed=1)
    nmi, ari = recovered("planted 4 x 50, in .3, out 0.30", "leiden", BLOCKS, found.labels)
    assert nmi < 0.1
    assert abs(ari) < 0.05


# Below a mixing of about .5 the groups can be seen in these graphs; above, no method finds most of them.
@pytest.mark.parametrize(
    ("mixing", "least_nmi", "least_ari"),
    [
        (0.1, 0.99, 0.99),
        (0.2, 0.99, 0.99),
        (0.3, 0.95, 0.9),
        (0.4, 0.85, 0.7),
        (0.5, 0.4, 0.2),
        (0.6, 0.15, 0.05),
    ],
)
def test_the_groups_of_lfr_graphs_are_found_as_far_as_they_are_mixed(mixing, least_nmi, least_ari, recovered):
    made, known = lfr(mixing)
    graph = from_networkx(made)
    for method in METHODS:
        nmi, ari = recovered(
            f"LFR 1,000, mixing {mixing}", method, known, partition(graph, seed=1, method=method).labels
        )
        assert nmi >= least_nmi
        assert ari >= least_ari


def test_each_layer_has_its_own_groups_and_the_blend_decides_which_are_found(recovered):
    by_topic, by_talk = planted(0.02, seed=1), planted(0.02, seed=2)
    shuffled = np.random.default_rng(3).permutation(200)
    bond = nx.relabel_nodes(by_talk, dict(enumerate(shuffled.tolist()))).to_directed()
    graph = from_networkx(by_topic, bond)
    topic = BLOCKS[[int(member) for member in graph.members]]
    talk = BLOCKS[np.argsort(shuffled)][[int(member) for member in graph.members]]
    identity, bonds = (partition(graph, blend=blend, seed=1).labels for blend in (1.0, 0.0))
    assert recovered("two layers, identity alone", "leiden", topic, identity) == (1, 1)
    assert recovered("two layers, bonds alone", "leiden", talk, bonds) == (1, 1)
    half = partition(graph, blend=0.5, seed=1).labels
    recovered("two layers, half, identity groups", "leiden", topic, half)
    recovered("two layers, half, bond groups", "leiden", talk, half)
