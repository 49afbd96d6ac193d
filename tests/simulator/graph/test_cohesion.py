"""The two cohesion scores on groups whose cohesion is known, at their limits, and against chance."""

from __future__ import annotations

import math

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from personas.errors import InputError
from simulator.graph.cohesion import Cohesion, cohesion, cohesions
from simulator.graph.layers import CommunityGraph
from simulator.graph.null_bonds import bond_activity
from simulator.graph.null_topics import entropy_bits


def graph_of(bond, topics=None, n: int | None = None) -> CommunityGraph:
    n = n or bond.shape[0]
    topics = csr_matrix((n, 0)) if topics is None else csr_matrix(topics)
    return CommunityGraph(
        members=tuple(str(member) for member in range(n)),
        identity=csr_matrix((n, n)),
        bond=csr_matrix(bond),
        topics=topics,
        topic_names=tuple(str(topic) for topic in range(topics.shape[1])),
    )


def arcs(n: int, pairs) -> csr_matrix:
    rows, columns = zip(*pairs, strict=True)
    return csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(n, n))


def clique_among_strangers() -> csr_matrix:
    """Members 0 to 9 all reply to one another; 10 to 109 reply to random others of theirs."""
    rng = np.random.default_rng(1)
    others = {(10 + int(a), 10 + int(b)) for a, b in rng.integers(100, size=(400, 2)) if a != b}
    return arcs(110, [(a, b) for a in range(10) for b in range(10) if a != b] + sorted(others))


def test_a_clique_that_talks_to_itself_alone_has_the_highest_bond_score():
    found = cohesion(graph_of(clique_among_strangers()), np.arange(10), seed=1)
    assert found.bond == pytest.approx(1)
    assert (found.reciprocity, found.inside_share) == (1.0, 1.0)
    assert found.reciprocity_null < 0.4
    assert found.inside_share_null < 0.2


def test_a_chain_of_unreturned_replies_has_no_reciprocity():
    strangers = [(a, b) for a, b in nx.gnp_random_graph(40, 0.1, seed=1, directed=True).edges if a >= 10]
    chain = [(a, a + 1) for a in range(9)] + [(9, 0)]
    found = cohesion(graph_of(arcs(40, chain + strangers)), np.arange(10), seed=1)
    assert found.reciprocity == 0
    assert found.bond < 0.7


def test_the_figures_of_a_small_group_are_those_counted_by_hand():
    # Within: 0→1, 1→0, 1→2; across: 2→3, 4→0; elsewhere: 3→4.
    bond = arcs(5, [(0, 1), (1, 0), (1, 2), (2, 3), (4, 0), (3, 4)])
    bond[0, 1] = 3.0
    found = cohesion(graph_of(bond), [0, 1, 2], seed=1)
    assert found.reciprocity == pytest.approx(2 / 3)
    assert found.inside_share == pytest.approx(5 / 7)


def test_the_excess_is_the_mean_of_both_over_their_nulls():
    found = cohesion(graph_of(clique_among_strangers()), np.arange(5, 20), seed=1)
    excess = [
        (found.reciprocity - found.reciprocity_null) / (1 - found.reciprocity_null),
        (found.inside_share - found.inside_share_null) / (1 - found.inside_share_null),
    ]
    assert found.bond == pytest.approx(sum(excess) / 2)


def test_the_null_keeps_what_everybody_gives_and_gets():
    # Each of 0 to 4 replies to all of 5 to 9 and to nobody else: by chance nothing else can come of it.
    pairs = [(a, b) for a in range(5) for b in range(5, 10)]
    found = cohesion(graph_of(arcs(12, pairs)), [0, 1, 2, 5, 6, 7], seed=1)
    assert found.reciprocity_null == 0
    assert found.inside_share_null == pytest.approx(found.inside_share, abs=0.1)


def test_by_chance_nobody_replies_to_themselves():
    # Of the group, only 0 has ties: after shuffling, only its ties to itself could be within.
    star = [(0, other) for other in range(2, 6)] + [(other, 0) for other in range(2, 6)]
    found = cohesion(graph_of(arcs(6, star)), [0, 1], seed=1)
    assert found.inside_share_null == 0


def test_ties_that_fall_together_by_chance_count_once():
    pairs = [(0, 2), (0, 3), (0, 4), (2, 1), (3, 1), (4, 1), (1, 5), (1, 6), (1, 7), (5, 0), (6, 0), (7, 0)]
    (found,) = bond_activity(arcs(8, pairs), [np.array([0, 1])], seed=1, samples=60)
    assert found.reciprocity_null.max() == 1


def test_where_chance_gives_the_same_nothing_can_be_said():
    found = cohesion(graph_of(arcs(3, [(0, 1), (1, 0)])), [0, 1], seed=1)
    assert (found.bond, found.reciprocity, found.inside_share) == (None, 1.0, 1.0)
    assert any("by chance too all activity is within" in note for note in found.notes)
    assert any("by chance too every tie is returned" in note for note in found.notes)


def random_graph(n: int = 400) -> CommunityGraph:
    rng = np.random.default_rng(2)
    bond = nx.to_scipy_sparse_array(nx.gnp_random_graph(n, 0.05, seed=3, directed=True), format="csr")
    return graph_of(bond, rng.poisson(0.5, (n, 30)))


def test_random_groups_score_nothing_but_noise():
    graph = random_graph()
    groups = np.array_split(np.random.default_rng(4).permutation(400), 8)
    found = cohesions(graph, groups, seed=1, samples=40)
    assert np.mean([score.bond for score in found]) == pytest.approx(0, abs=0.01)
    assert np.mean([score.identity for score in found]) == pytest.approx(0, abs=0.005)
    for score in found:
        assert abs(score.reciprocity - score.reciprocity_null) < 4 * score.reciprocity_null_sd
        assert abs(score.inside_share - score.inside_share_null) < 4 * score.inside_share_null_sd
        assert abs(score.entropy - score.entropy_null) < 4 * score.entropy_null_sd


@pytest.mark.parametrize(("rate", "noise"), [(0.03, 0.03), (5, 0.005)])
def test_a_group_that_says_little_or_much_is_not_thereby_concentrated(rate, noise):
    rng = np.random.default_rng(5)
    topics = rng.poisson(0.1, (300, 200))
    topics[:20] = rng.poisson(rate, (20, 200))
    found = cohesion(graph_of(csr_matrix((300, 300)), topics), np.arange(20), seed=1)
    assert found.identity == pytest.approx(0, abs=noise)


def test_a_group_with_one_topic_has_the_highest_identity_score():
    topics = np.zeros((60, 6))
    topics[:10, 0] = 4
    topics[10:, 1:] = 1
    graph = graph_of(csr_matrix((60, 60)), topics)
    one, mixed = cohesions(graph, [np.arange(10), np.arange(10, 30)], seed=1)
    assert (one.identity, one.entropy) == (1.0, 0.0)
    assert one.entropy_null > 1
    assert abs(mixed.identity) < 0.1
    assert mixed.entropy == pytest.approx(math.log2(5), abs=0.05)


def test_a_group_more_mixed_than_others_scores_below_zero():
    topics = np.eye(8)[np.repeat(0, 90)]
    topics[:10] = 1
    topics = np.vstack([topics, np.eye(8)[np.repeat(1, 90)]])
    assert cohesion(graph_of(csr_matrix((180, 180)), topics), np.arange(10), seed=1).identity < -0.3


def test_one_member_gives_no_score_and_says_why():
    for members in ([3], []):
        found = cohesion(random_graph(20), members, seed=1)
        assert (found.bond, found.identity, found.members) == (None, None, len(members))
        assert found.notes == ("a community of fewer than two members has no cohesion to measure",)


def test_everybody_is_no_group_to_compare():
    found = cohesion(random_graph(20), np.arange(20), seed=1)
    assert found.identity is None
    assert found.bond is not None
    assert any("nobody to compare it with" in note for note in found.notes)
    assert any("reciprocity alone counts" in note for note in found.notes)


def test_no_ties_and_no_topics_give_no_score():
    found = cohesion(graph_of(csr_matrix((5, 5))), [0, 1], seed=1)
    assert (found.bond, found.identity) == (None, None)
    assert found.notes == ("bond: the members have no bond ties", "identity: the members have no topics")


def test_a_group_whose_ties_all_lead_out_is_told_so():
    bond = arcs(6, [(0, 2), (1, 3), (2, 4), (4, 2), (5, 1)])
    found = cohesion(graph_of(bond), [0, 1], seed=1)
    assert found.reciprocity is None
    assert found.bond <= 0
    assert "bond: no ties within the community, so none is returned" in found.notes


def test_one_topic_for_all_is_no_identity():
    found = cohesion(graph_of(csr_matrix((6, 6)), np.ones((6, 1))), [0, 1], seed=1)
    assert found.identity is None
    assert "identity: random groups too have one topic alone" in found.notes


@pytest.mark.parametrize(
    ("members", "samples", "said"),
    [([0, 20], 5, "members 0 to 20 of 20"), ([-1, 2], 5, "members -1 to 2"), ([0, 1], 0, "0 samples")],
)
def test_what_is_no_community_is_refused(members, samples, said):
    with pytest.raises(InputError, match=said):
        cohesion(random_graph(20), members, seed=1, samples=samples)


def test_a_score_depends_neither_on_the_order_nor_on_the_other_communities():
    graph = random_graph(100)
    groups = [np.arange(20), np.arange(30, 60), np.arange(10, 40)]
    together = cohesions(graph, groups, seed=3, samples=5)
    assert together == tuple(cohesion(graph, group[::-1], seed=3, samples=5) for group in groups)
    assert together[::-1] == cohesions(graph, groups[::-1], seed=3, samples=5)
    assert together != cohesions(graph, groups, seed=4, samples=5)


def test_entropy_is_in_bits():
    assert entropy_bits(np.array([1, 1, 1, 1])) == 2
    assert entropy_bits(np.array([5, 0])) == 0
    assert entropy_bits(np.array([], dtype=int)) == 0


@st.composite
def small_graphs(draw):
    n = draw(st.integers(1, 8))
    cell = st.sampled_from([0, 0, 1, 2])
    bond = np.array(draw(st.lists(st.lists(cell, min_size=n, max_size=n), min_size=n, max_size=n)))
    topics = np.array(draw(st.lists(st.lists(cell, min_size=3, max_size=3), min_size=n, max_size=n)))
    np.fill_diagonal(bond, 0)
    members = draw(st.lists(st.integers(0, n - 1), unique=True))
    return graph_of(bond.astype(float), topics), members


@settings(max_examples=80, deadline=None)
@given(small_graphs(), st.integers(0, 3))
def test_any_group_of_any_graph_has_scores_in_bounds_or_a_reason(case, seed):
    graph, members = case
    found = cohesion(graph, members, seed=seed, samples=4)
    assert isinstance(found, Cohesion)
    for score in (found.bond, found.identity):
        assert score is None or -1 <= score <= 1
    if found.bond is None or found.identity is None:
        assert found.notes
    for part in (found.reciprocity, found.inside_share, found.reciprocity_null, found.inside_share_null):
        assert part is None or 0 <= part <= 1
