from __future__ import annotations

import numpy as np
import pytest
from small_corpora import about, joined, make_corpus, pseudonym, said, voted
from small_runs import items_for, simulation_of
from word_embedder import WordEmbedder

from personas.errors import InputError
from simulator.deliberate import susceptibility
from simulator.item import Item, Option


class English(WordEmbedder):
    english = True


@pytest.fixture
def setting_of(tmp_path):
    opened = []

    def make(records, *, ballot="endorsement", **choices):
        corpus = make_corpus(tmp_path / f"corpus{len(opened)}", records, ballot=ballot)
        opened.append(corpus)
        return simulation_of(corpus, **choices).setting

    yield make
    for corpus in opened:
        corpus.close()


def answered(community, people, text="We warm the pot first and then we pour."):
    yield said(f"{community}:q", "What do you do?", community=community, kind="question", author=people[0])
    for number, author in enumerate(people):
        answer = f"{community}:{number}"
        yield said(
            answer,
            f"{text} {number}",
            community=community,
            kind="answer",
            parent=f"{community}:q",
            author=author,
        )
        yield voted(answer, 1, community=community, count=3)


def test_a_setting_knows_the_same_communities_everywhere(forum):
    setting = simulation_of(forum).setting
    names = ("cats", "tea")
    assert setting.membership.names == names == tuple(setting.stores) == tuple(setting.profiles)
    assert tuple(setting.cohesion) == names
    assert all(setting.stores[name].norms and setting.profiles[name] for name in names)
    assert len(setting.graph.members) == 16
    assert setting.warnings == ()


def test_a_room_ties_personas_as_their_members_are_tied(forum):
    simulation = simulation_of(forum, panel=8)
    setting = simulation.setting
    room = setting.room("tea", simulation.settings)
    place = {member: number for number, member in enumerate(setting.graph.members)}
    bond = setting.graph.bond.toarray()
    for row, one in enumerate(room.panel.personas):
        for column, other in enumerate(room.panel.personas):
            expected = 0 if row == column else bond[place[one.member], place[other.member]]
            assert room.ties[row, column] == expected
    assert room.ties.any()
    scores = setting.cohesion["tea"]
    assert room.susceptibility == susceptibility(identity=scores.identity, bond=scores.bond)


def test_a_community_of_one_member_is_simulated_with_a_warning(setting_of):
    setting = setting_of([*answered("tea", ["ann", "bob", "cid"]), *answered("cats", ["eve"])])
    assert setting.warnings == ("cats: one member only, so the whole panel is modelled on one person",)
    simulation = simulation_of(setting.corpus)
    room = setting.room("cats", simulation.settings)
    assert {persona.member for persona in room.panel.personas} == {pseudonym("eve")}
    assert not room.ties.any(), "nobody is tied to himself"
    assert simulation.ask("What?", ["warm the pot", "pour"])["cats"].ballots == 5


def test_a_corpus_of_one_community_is_simulated_with_a_warning(setting_of):
    setting = setting_of(answered("tea", ["ann", "bob", "cid"]))
    assert setting.warnings == ("one community only: nothing can be compared between communities",)
    assert setting.cohesion["tea"].identity is None


def test_a_community_without_norms_is_simulated_with_a_warning_and_abstains(setting_of):
    records = [
        *answered("tea", ["ann", "bob"]),
        said("c", "Only a question?", community="cats", kind="question", author="eve"),
    ]
    setting = setting_of([*records, joined("fay", "cats")])
    assert setting.warnings == ("cats: no endorsed post, so every persona there abstains",)
    assert not setting.profiles["cats"]
    answers = simulation_of(setting.corpus).ask("What?", ["warm the pot", "pour"])
    assert (answers["cats"].ballots, answers["cats"].abstentions) == (0, 5)
    assert answers["tea"].ballots == 5


def test_another_language_is_warned_of_by_name_unless_the_embedder_reads_it(setting_of):
    german = "Man soll die Kanne erst einmal mit heißem Wasser ausspülen und dann den Tee aufgießen."
    records = [
        *answered(
            "tea", ["ann", "bob"], "This is what we do with the pot when it is cold and we have the time."
        ),
        *answered("tee", ["eve", "fay"], german),
    ]
    (warning,) = setting_of(records, embedder=English()).warnings
    assert warning.startswith("tee: not in English, and hashed words reads English only")
    assert "multilingual" in warning
    assert setting_of(records).warnings == ()


def statements(people, count=6, community="tea"):
    """Two camps that vote against each other on every statement."""
    for number in range(count):
        post = f"{community}:{number}"
        yield said(
            post,
            f"Statement {number} on {community}",
            community=community,
            kind="statement",
            author=people[0],
        )
        for place, voter in enumerate(people):
            yield voted(post, 1 if (place + number) % 2 else -1, voter, community=community)


def test_where_members_vote_on_statements_communities_are_found_in_the_graph(setting_of):
    people = [f"person {number}" for number in range(12)]
    setting = setting_of([about("tea", "Tea"), *statements(people)], ballot="agreement")
    assert setting.membership.origin == "found"
    assert [community.title for community in setting.membership.communities] == [
        "Tea, group 1",
        "Tea, group 2",
    ]
    groups = [set(community.members) for community in setting.membership.communities]
    camps = [{pseudonym(person) for person in people[start::2]} for start in (0, 1)]
    assert groups in (camps, camps[::-1])
    assert "50% identity ties" in setting.membership.method


def test_given_and_found_communities_can_be_asked_for(setting_of):
    people = [f"person {number}" for number in range(12)]
    given = setting_of(statements(people), ballot="agreement", communities="given")
    assert given.membership.names == ("tea",)
    assert given.groups.names == ("tea/1", "tea/2")
    simulation = simulation_of(given.corpus, communities="given")
    assert {persona.group for persona in simulation.setting.panel("tea", simulation.settings).personas} == {
        "tea/1", "tea/2"
    }  # fmt: skip


def test_where_no_community_is_large_enough_to_be_found_it_says_so(setting_of):
    records = list(statements(["ann", "bob", "cid"]))
    with pytest.raises(InputError, match="no community of 5 members or more was found.*--communities given"):
        setting_of(records, ballot="agreement", smallest=5)


def test_a_corpus_that_names_no_community_is_refused(setting_of):
    with pytest.raises(InputError, match="the corpus names no community"):
        setting_of([said("1", community="", kind="question")], ballot="choice")


def test_counts_without_members_get_personas_that_nobody_stands_behind(setting_of):
    records = [
        said("q", "Which?", community="", kind="question"),
        *(
            said(f"q/{n}", text, community="", kind="option", parent="q")
            for n, text in enumerate(("warm", "cold"))
        ),
        *(
            voted(f"q/{n}", 1, community=group, count=10 * n + 5)
            for n in range(2)
            for group in ("old", "young")
        ),
    ]
    setting = setting_of(records, ballot="choice")
    assert setting.membership.names == ("old", "young")
    simulation = simulation_of(setting.corpus)
    room = setting.room("old", simulation.settings)
    assert {persona.member for persona in room.panel.personas} == {""}
    assert not np.any(room.ties)
    item = Item(item="x", query="?", options=(Option(text="warm"), Option(text="cold")))
    assert simulation.run([item]).preferences()["x", "old"].ballots == 5


def test_profiles_are_left_out_where_they_are_not_wanted(forum):
    from simulator.setting import map_communities

    simulation = simulation_of(forum)
    setting = map_communities(forum, simulation.settings, simulation.embedder, profiles=False)
    assert not any(setting.profiles.values())
    assert tuple(setting.profiles) == setting.membership.names
    assert simulation.run(items_for(1)).preferences()
