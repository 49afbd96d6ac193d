"""What is kept of a graph comes back the same, in the order that a reader wants it in."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from personas.community import Community, Membership
from personas.errors import InputError
from simulator.graph.keeping import keep_graph
from simulator.graph.kept import ABOUT, GRAPH, KeptGraph
from simulator.graph.layers import CommunityGraph

NAMES = ("ann", "bo", "cy", "di", "ed")


def small_graph():
    """Ann and bo reply to each other, bo to cy, di to ann; ann~bo and cy~di are alike; ed is alone."""
    bond = np.zeros((5, 5))
    bond[0, 1], bond[1, 0], bond[1, 2], bond[3, 0] = 2, 1, 4, 8
    identity = np.zeros((5, 5))
    identity[0, 1] = identity[1, 0] = 0.5
    identity[2, 3] = identity[3, 2] = 0.25
    topics = np.array([[3, 1, 0], [0, 2, 0], [1, 0, 0], [0, 0, 5], [0, 0, 0]])
    return CommunityGraph(
        members=NAMES, identity=csr_matrix(identity), bond=csr_matrix(bond), topics=csr_matrix(topics),
        topic_names=("pots", "leaves", "cats"), notes={"bond": "replies"},
    )  # fmt: skip


def membership(**members):
    return Membership(
        communities=tuple(
            Community(name=name, title=name.upper(), members=who, origin="given", within=name)
            for name, who in sorted(members.items())
        ),
        origin="given",
    )


TEA = {"tea": ("ann", "bo", "cy"), "zoo": ("di",)}


def kept(folder, graph=None, given=TEA, **more):
    (folder / "manifest.json").write_text(json.dumps({"content": "c1"}))
    keep_graph(folder, graph or small_graph(), membership(**given), content="c1", **more)
    return KeptGraph.open(folder)


def test_communities_come_back_with_the_weights_inside_and_what_they_talk_about(tmp_path):
    body = {"norms": 4, "cohesion": {"identity": 0.5, "bond": None}, "title": "TEA"}
    with kept(tmp_path, described={"tea": body}) as graph:
        tea, zoo = graph.communities()
        assert (tea.number, tea.name, tea.title, tea.members, tea.norms) == (0, "tea", "TEA", 3, 4)
        assert (tea.identity, tea.bond, zoo.identity) == (0.5, None, None)
        assert (tea.bond_inside, tea.identity_inside) == (7, 0.5)
        assert (zoo.bond_inside, zoo.identity_inside) == (0, 0)
        assert (tea.topics, zoo.topics) == ("pots, leaves", "cats")
        assert graph.described(0) == body and graph.described(1) == {}
        assert graph.about["members"] == 5 and graph.about["outside"] == 1
        assert graph.about["ties"] == {"identity": 2, "bond": 4}


def test_ties_between_communities_are_summed_by_direction(tmp_path):
    with kept(tmp_path) as graph:
        (bond,) = graph.between("bond")
        assert (bond.a, bond.b, bond.weight, bond.back) == (0, 1, 0, 8)
        (identity,) = graph.between("identity")
        assert (identity.weight, identity.back) == (0.25, 0.25)


def test_members_stand_in_order_of_their_ties_within_their_community(tmp_path):
    with kept(tmp_path) as graph:
        rows = graph.members(0)
        assert [(row.member, row.bond, row.bond_ties) for row in rows] == [
            ("bo", 7, 2),
            ("cy", 4, 1),
            ("ann", 3, 1),
        ]
        by_identity = graph.members(0, order="identity")
        assert [(row.member, row.identity) for row in by_identity][:2] == [("bo", 0.5), ("ann", 0.5)]
        assert [row.member for row in graph.members(0, first=1, count=1)] == ["cy"]
        assert [row.member for row in graph.members(-1)] == ["ed"]
        assert {row.member: row.topics for row in rows}["ann"] == "pots, leaves"


def test_the_core_of_a_community_has_its_most_tied_members_and_the_ties_among_them(tmp_path):
    with kept(tmp_path) as graph:
        part = graph.core(0, most=2)
        name = {row.node: row.member for row in part.members}
        assert list(name.values()) == ["bo", "cy"] and part.total == 3
        (tie,) = part.ties
        assert (name[tie.a], name[tie.b], tie.weight, tie.back) == ("bo", "cy", 4, 0)


def test_the_surroundings_of_a_member_cross_communities(tmp_path):
    with kept(tmp_path) as graph:
        ann = graph.find_member("ann")
        part = graph.around(ann.node)
        assert [row.member for row in part.members] == ["ann", "bo", "di"] and part.total == 3
        assert len([tie for tie in part.ties if tie.layer == "bond"]) == 2
        assert [row.member for row in graph.around(ann.node, "identity").members] == ["ann", "bo"]
        assert [row.member for row in graph.around(ann.node, "bond", most=1).members] == ["ann", "di"]
        assert graph.around(ann.node, "bond", most=1).total == 3


def test_a_member_of_two_communities_stands_in_both_and_has_one_number(tmp_path):
    with kept(tmp_path, given={"tea": ("ann", "bo"), "zoo": ("ann", "di")}) as graph:
        tea = {row.member: row for row in graph.members(0)}
        zoo = {row.member: row for row in graph.members(1)}
        assert tea["ann"].node == zoo["ann"].node
        assert (tea["ann"].bond, zoo["ann"].bond) == (3, 8)
        assert [row.community for row in graph.nodes([tea["ann"].node])] == [0]


def test_a_member_has_the_group_that_was_found_within_that_community(tmp_path):
    found = Membership(
        communities=(Community(name="tea/1", members=("ann", "bo"), origin="found", within="tea"),),
        origin="found",
    )
    with kept(tmp_path, given={"tea": ("ann", "bo", "cy"), "zoo": ("ann",)}, groups=found) as graph:
        assert {row.member: row.group for row in graph.members(0)} == {
            "ann": "tea/1",
            "bo": "tea/1",
            "cy": "",
        }
        assert [row.group for row in graph.members(1)] == [""]


def test_members_are_found_by_name_and_by_topic_in_any_case(tmp_path):
    with kept(tmp_path) as graph:
        assert [row.member for row in graph.find("BO")] == ["bo"]
        assert {row.member for row in graph.find("pot")} == {"ann", "cy"}
        assert graph.find("nobody") == () and graph.find_member("nobody") is None


def test_descriptions_are_found_by_what_is_said_in_them(tmp_path):
    body = {"strongest": [{"text": 'He said "rinse"\nthe pot'}]}
    with kept(tmp_path, described={"tea": body}) as graph:
        assert graph.find_described('said "RINSE"\nthe') == ((0, "tea", body),)
        assert graph.find_described("zo")[0][1] == "zoo"
        assert graph.find_described("nothing") == ()


def test_a_graph_of_another_state_of_the_corpus_is_refused(tmp_path):
    kept(tmp_path).close()
    (tmp_path / "manifest.json").write_text(json.dumps({"content": "c2"}))
    with pytest.raises(InputError, match="another state"):
        KeptGraph.open(tmp_path)


def test_a_damaged_or_missing_graph_is_refused_with_what_to_do(tmp_path):
    with pytest.raises(InputError, match="no graph is kept here yet.*commonbond communities"):
        KeptGraph.open(tmp_path)
    graph = kept(tmp_path)
    table = tmp_path / GRAPH / graph.about["files"]["bond"]
    table.write_bytes(b"not a table")
    with pytest.raises(InputError, match="cannot be read"):
        graph.around(0)
    table.unlink()
    with pytest.raises(InputError, match="bond is missing"):
        KeptGraph.open(tmp_path)
    (tmp_path / GRAPH / ABOUT).write_text("[]")
    with pytest.raises(InputError, match="damaged"):
        KeptGraph.open(tmp_path)


def test_keeping_again_leaves_the_same_bytes_and_nothing_else(tmp_path):
    kept(tmp_path).close()
    before = {path.name: path.read_bytes() for path in (tmp_path / GRAPH).iterdir()}
    kept(tmp_path).close()
    assert {path.name: path.read_bytes() for path in (tmp_path / GRAPH).iterdir()} == before
    kept(tmp_path, given={"tea": NAMES}).close()
    after = {path.name for path in (tmp_path / GRAPH).iterdir()}
    assert len(after) == len(before) == 6 and after != before.keys()


def test_a_graph_that_is_open_is_not_disturbed_by_one_that_is_half_written(tmp_path, monkeypatch):
    graph = kept(tmp_path)
    monkeypatch.setattr("pathlib.Path.write_text", _broken)
    with pytest.raises(InputError, match="cannot be kept"):
        keep_graph(tmp_path, small_graph(), membership(tea=NAMES), content="c1")
    assert KeptGraph.open(tmp_path).members(0) == graph.members(0) != ()


def _broken(*given, **more):
    raise OSError(28, "No space left on device")


def test_a_place_without_members_has_communities_and_no_ties(tmp_path):
    none = CommunityGraph(
        members=(),
        identity=csr_matrix((0, 0)),
        bond=csr_matrix((0, 0)),
        topics=csr_matrix((0, 0)),
        topic_names=(),
    )
    with kept(tmp_path, none, given={"tea": ()}) as graph:
        assert [row.name for row in graph.communities()] == ["tea"]
        assert graph.core(0).members == () and graph.between("bond") == ()
        with pytest.raises(InputError, match="no member"):
            graph.around(0)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 2**32), st.integers(1, 12))
def test_every_tie_of_the_graph_is_there_from_both_of_its_ends(tmp_path, seed, n):
    rng = np.random.default_rng(seed)
    bond = rng.integers(1, 9, (n, n)) * (rng.random((n, n)) < 0.3)
    np.fill_diagonal(bond, 0)
    names = tuple(f"m{number}" for number in range(n))
    graph = CommunityGraph(
        members=names,
        identity=csr_matrix((n, n)),
        bond=csr_matrix(bond),
        topics=csr_matrix((n, 0)),
        topic_names=(),
    )
    home = rng.integers(0, 3, n)
    given = {f"c{number}": tuple(np.array(names)[home == number].tolist()) for number in range(2)}
    with kept(tmp_path, graph, given=given) as found:
        for number, name in enumerate(names):
            node = found.find_member(name).node
            part = found.around(node, "bond", most=n)
            who = {row.node: row.member for row in part.members}
            mine = {}
            for tie in part.ties:
                if tie.a == node:
                    mine[who[tie.b]] = (tie.weight, tie.back)
                if tie.b == node:
                    mine[who[tie.a]] = (tie.back, tie.weight)
            expected = {
                names[other]: (bond[number, other], bond[other, number])
                for other in range(n)
                if bond[number, other] or bond[other, number]
            }
            assert mine == expected and part.total == len(expected) + 1
