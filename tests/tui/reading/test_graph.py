"""What is read of a kept graph to be drawn, at each of the three levels, and what a search finds."""

from __future__ import annotations

import json
import shutil

import pytest

from personas.corpus import Corpus
from simulator.graph.kept import KeptGraph
from simulator.journal import Journal
from tui.cli.communities import describe_all, keep_beside, write_beside
from tui.reading.communities import read_communities, read_community, read_posts_by
from tui.reading.graph import Level, read_graph
from tui.reading.searching import search

BOTH = frozenset({"bond", "identity"})


@pytest.fixture(scope="module")
def mapped(made, material, tmp_path_factory):
    """A copy of the corpus and its run, with the communities looked at as the command line does."""
    home = tmp_path_factory.mktemp("mapped") / "home"
    shutil.copytree(made, home)
    with Corpus.open(home / "tea.corpus") as corpus:
        simulation = material.simulation(corpus)
        found = describe_all(corpus, simulation)
        write_beside(corpus.folder, found)
        keep_beside(corpus, simulation, found)
    with Journal.create(home / "run1") as journal:
        journal.set_facts({"source": {**journal.fact("source"), "folder": str(home / "tea.corpus")}})
    return home


def test_communities_are_nodes_as_large_as_their_members(mapped):
    view = read_graph(mapped / "tea.corpus", Level(), BOTH)
    assert {node.name for node in view.picture.nodes} == {"tea", "cats"} == {row[0] for row in view.rows}
    assert [node.size for node in view.picture.nodes] == [1.0, 1.0]
    assert view.picture.places.shape == (2, 2) and not view.missing
    assert view.told == "2 communities · 16 members"


def test_a_community_shows_its_members_in_the_order_of_the_list(mapped):
    view = read_graph(mapped / "tea.corpus", Level("community", "tea"), BOTH)
    assert len(view.rows) == 8 == len(view.picture.nodes)
    assert [row[0] for row in view.rows] == [node.name for node in view.picture.nodes]
    assert view.picture.bond and all(0 <= a < 8 and 0 <= b < 8 for a, b, _ in view.picture.bond)


def test_members_are_ordered_by_the_layer_that_is_shown(mapped):
    by_identity = read_graph(mapped / "tea.corpus", Level("community", "tea"), frozenset({"identity"}))
    weights = [float(row[4]) for row in by_identity.rows]
    assert weights == sorted(weights, reverse=True)
    assert "identity" in by_identity.told


def test_a_member_stands_in_the_middle_of_those_it_is_tied_to(mapped):
    name = read_graph(mapped / "tea.corpus", Level("community", "tea"), BOTH).picture.nodes[0].name
    view = read_graph(mapped / "tea.corpus", Level("member", name), BOTH)
    assert view.picture.nodes[0].name == name and view.picture.places[0].tolist() == [0.5, 0.5]
    assert (view.picture.places >= 0).all() and (view.picture.places <= 1).all()
    with KeptGraph.open(mapped / "tea.corpus") as kept:
        around = kept.around(kept.find_member(name).node)
        bonds = {tie.b if tie.a == around.members[0].node else tie.a: tie.strength
                 for tie in around.ties if tie.layer == "bond" and around.members[0].node in (tie.a, tie.b)}  # fmt: skip
        shown = {kept.find_member(node.name).node: row[2]
                 for node, row in zip(view.picture.nodes, view.rows, strict=True)}  # fmt: skip
    assert {node: f"{weight:.2f}" for node, weight in bonds.items()} == {
        node: weight for node, weight in shown.items() if weight != "–"
    }


def test_the_same_level_is_drawn_the_same_again(mapped):
    first, again = (read_graph(mapped / "tea.corpus", Level("community", "cats"), BOTH) for _ in range(2))
    assert first.picture.places.tobytes() == again.picture.places.tobytes()
    assert first.picture.nodes == again.picture.nodes


def test_a_run_shows_the_graph_of_its_corpus_and_its_own_provenance(mapped):
    view = read_graph(mapped / "run1", Level(), BOTH)
    assert {node.name for node in view.picture.nodes} == {"tea", "cats"}
    assert view.provenance.predictor.startswith("norm judge")


def test_where_there_is_no_graph_it_says_what_to_do(made):
    view = read_graph(made / "tea.corpus", Level(), BOTH)
    assert "commonbond communities" in view.missing and not view.picture.nodes


def test_a_mapped_corpus_lists_scores_first_and_the_rest_when_it_is_asked_for(mapped):
    view = read_communities(mapped / "tea.corpus")
    data = json.loads((mapped / "tea.corpus" / "communities.json").read_text())["communities"]
    for community in view.communities:
        assert not community.sentences and community.number is not None
        full = read_community(mapped / "tea.corpus", community)
        known = data[community.name]
        assert (full.identity, full.bond, full.members) == (
            known["cohesion"]["identity"], known["cohesion"]["bond"], known["members"],
        )  # fmt: skip
        assert [sentence.text for sentence in full.sentences if sentence.part == "bond"] == [
            row["text"] for row in known["profile"]["bond"]
        ]
        assert len(full.strongest) == len(known["strongest"]) > 0
        assert read_community(mapped / "tea.corpus", full) is full


def test_without_a_graph_the_older_file_says_the_same(mapped, tmp_path):
    shutil.copytree(mapped / "tea.corpus", tmp_path / "tea.corpus")
    shutil.rmtree(tmp_path / "tea.corpus" / "graph")
    old = read_communities(tmp_path / "tea.corpus")
    new = read_communities(mapped / "tea.corpus")
    full = tuple(read_community(mapped / "tea.corpus", community) for community in new.communities)
    assert old.communities == full and old.warnings == new.warnings


def test_a_graph_of_another_state_of_the_corpus_is_not_shown(mapped, tmp_path):
    folder = tmp_path / "tea.corpus"
    shutil.copytree(mapped / "tea.corpus", folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "content": "other"}))
    view = read_communities(folder)
    assert "another state" in view.missing and {entry.name for entry in view.communities} == {"tea", "cats"}


def test_the_posts_of_a_member_come_with_the_latest_first(mapped):
    name = read_graph(mapped / "tea.corpus", Level("community", "tea"), BOTH).picture.nodes[0].name
    posts = read_posts_by(mapped / "tea.corpus", name)
    assert len(posts) == 3 and [post.created for post in posts] == sorted(
        (post.created for post in posts), reverse=True
    )


def kinds(found):
    return {hit.kind for hit in found.hits}


def test_a_search_finds_norms_posts_and_sentences_in_any_case(mapped):
    found = search(mapped / "tea.corpus", "GREEN tea")
    assert {"norm", "post"} <= kinds(found) and not found.notes
    assert all("green tea" in hit.text.lower() for hit in found.hits)
    assert {hit.where for hit in found.hits} == {"tea"}


def test_a_search_finds_communities_and_members_by_name_and_topic(mapped):
    assert [(hit.kind, hit.where) for hit in search(mapped / "tea.corpus", "all about tea").hits] == [
        ("community", "tea")
    ]
    name = read_graph(mapped / "tea.corpus", Level("community", "tea"), BOTH).picture.nodes[0].name
    members = [hit for hit in search(mapped / "tea.corpus", name[:12]).hits if hit.kind == "member"]
    assert [hit.member for hit in members] == [name]
    assert {hit.where for hit in search(mapped / "tea.corpus", "cats-1").hits if hit.kind == "member"} == {
        "cats"
    }


def test_a_search_for_nothing_finds_nothing_and_marks_are_plain_text(mapped):
    assert search(mapped / "tea.corpus", "  ").hits == ()
    assert search(mapped / "tea.corpus", "%").hits == ()
    assert any("[@click" in hit.text for hit in search(mapped / "tea.corpus", "[@click=app").hits)


def test_no_more_of_a_kind_are_listed_than_asked_for(mapped):
    found = search(mapped / "tea.corpus", "e", most=2)
    assert all(sum(hit.kind == kind for hit in found.hits) <= 2 for kind in kinds(found))


def test_a_run_is_searched_with_its_corpus(mapped):
    found = search(mapped / "run1", "green tea")
    assert {"norm", "post"} <= kinds(found) and not found.notes


def test_a_search_says_what_could_not_be_searched(made, mapped, tmp_path):
    shutil.copytree(mapped / "run1", tmp_path / "run1")
    with Journal.create(tmp_path / "run1") as journal:
        journal.set_facts({"source": {**journal.fact("source"), "folder": str(tmp_path / "gone")}})
    found = search(tmp_path / "run1", "green tea")
    assert "norm" in kinds(found) and len(found.notes) == 2
    assert "members were not searched" in found.notes[0] and "posts were not searched" in found.notes[1]
