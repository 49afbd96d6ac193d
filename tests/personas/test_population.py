"""Panels that mirror their communities."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chisquare
from small_corpora import joined, make_corpus, pseudonym, said, voted

from personas.community import Community
from personas.errors import InputError
from personas.population import draw_panel


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Thirty members: ten French, fifteen German, five unknown; member n wrote n posts, and ``ada`` only voted."""
    records = []
    for number in range(30):
        country = {"country": "fr"} if number < 10 else {"country": "de"} if number < 25 else {}
        age = {"age": "old" if number % 2 else "young"} if number % 3 else {}
        records.append(joined(f"m{number}", **age, **country))
        records += [said(f"p{number}-{each}", author=f"m{number}") for each in range(number)]
    records += [said("o", community="one"), voted("o", 1, "ada", community="one")]
    records += [said("n", community="none"), voted("n", 1, count=9, community="none")]
    with make_corpus(tmp_path_factory.mktemp("panel") / "c", records) as corpus:
        yield corpus


@pytest.fixture(scope="module")
def tea(corpus):
    return corpus.given()["tea"]


@settings(max_examples=60)
@given(
    size=st.integers(1, 90),
    seed=st.integers(0, 999),
    groups=st.lists(st.sampled_from(["", "g", "h", "i"]), min_size=30, max_size=30),
)
def test_each_group_is_mirrored_to_within_one_persona(corpus, tea, size, seed, groups):
    found = {pseudonym(f"m{number}"): group for number, group in enumerate(groups) if group}
    panel = draw_panel(corpus, tea, size=size, seed=seed, groups=found)
    assert len(panel.personas) == size
    drawn = Counter(persona.group for persona in panel.personas)
    for group, members in Counter(groups).items():
        assert abs(drawn[group] - size * members / 30) < 1
    for persona in panel.personas:
        assert persona.group == found.get(persona.member, "")
        assert persona.community == "tea"


@settings(max_examples=40)
@given(size=st.integers(1, 60), seed=st.integers(0, 999))
def test_without_groups_the_first_attribute_is_mirrored_to_within_one_persona(corpus, tea, size, seed):
    panel = draw_panel(corpus, tea, size=size, seed=seed, attributes=["country"])
    drawn = Counter(persona.attributes.get("country") for persona in panel.personas)
    for country, members in (("fr", 10), ("de", 15), (None, 5)):
        assert abs(drawn[country] - size * members / 30) < 1
    assert all(set(persona.attributes) <= {"country"} for persona in panel.personas)


@settings(max_examples=40)
@given(size=st.integers(1, 60), seed=st.integers(0, 999))
def test_an_attribute_that_some_lack_is_not_mistaken_for_the_next(corpus, tea, size, seed):
    panel = draw_panel(corpus, tea, size=size, seed=seed, attributes=["age", "country"])
    drawn = Counter(persona.attributes.get("age") for persona in panel.personas)
    for age in ("old", "young", None):
        assert abs(drawn[age] - size * 10 / 30) < 1


@settings(max_examples=30)
@given(size=st.integers(1, 100), seed=st.integers(0, 99))
def test_no_member_stands_behind_two_personas_more_than_another(corpus, tea, size, seed):
    drawn = Counter(persona.member for persona in draw_panel(corpus, tea, size=size, seed=seed).personas)
    times = {drawn[member] for member in tea.members}
    assert times <= {size // 30, -(-size // 30)}


def test_every_member_is_equally_likely_to_be_drawn(corpus, tea):
    drawn = Counter(
        persona.member
        for seed in range(400)
        for persona in draw_panel(corpus, tea, size=9, seed=seed).personas
    )
    assert set(drawn) == set(tea.members)
    assert chisquare([drawn[member] for member in tea.members]).pvalue > 0.001


def test_the_same_seed_draws_the_same_panel_and_another_another(corpus, tea):
    first, again, other = (draw_panel(corpus, tea, size=8, seed=seed) for seed in (1, 1, 2))
    assert first == again
    assert [persona.member for persona in first.personas] != [persona.member for persona in other.personas]


def test_personas_have_identities_that_sort_in_their_order(corpus, tea):
    names = [persona.persona for persona in draw_panel(corpus, tea, size=11, seed=1).personas]
    assert names == sorted(names) == [f"tea#{number:02}" for number in range(11)]
    assert [persona.persona for persona in draw_panel(corpus, tea, size=1, seed=1).personas] == ["tea#0"]


def test_the_mirror_says_the_shares_of_members_and_personas(corpus, tea):
    panel = draw_panel(corpus, tea, size=30, seed=1)
    assert panel.notices == ()
    assert panel.mirror["country fr"] == (10 / 30, 10 / 30)
    assert panel.mirror["activity low"] == panel.mirror["activity high"] == (10 / 30, 10 / 30)
    small = draw_panel(corpus, tea, size=4, seed=1)
    for trait, (among_members, among_personas) in small.mirror.items():
        name, _, value = trait.partition(" ")
        having = [
            persona
            for persona in small.personas
            if (persona.activity if name == "activity" else persona.attributes.get(name)) == value
        ]
        assert among_personas == len(having) / 4
        assert among_members == panel.mirror[trait][0]


def test_activity_follows_how_much_a_member_wrote(corpus, tea):
    levels = {
        persona.member: persona.activity for persona in draw_panel(corpus, tea, size=30, seed=1).personas
    }
    expected = ["low"] * 10 + ["middle"] * 10 + ["high"] * 10
    assert [levels[pseudonym(f"m{number}")] for number in range(30)] == expected


def test_members_of_equal_activity_are_of_one_level(tmp_path):
    records = [said(f"p{number}", author=f"m{number}") for number in range(9)]
    with make_corpus(tmp_path / "c", records) as corpus:
        panel = draw_panel(corpus, corpus.given()["tea"], size=9, seed=1)
    assert {persona.activity for persona in panel.personas} == {"middle"}


def test_a_panel_larger_than_its_community_says_so(corpus, tea):
    panel = draw_panel(corpus, tea, size=75, seed=1)
    assert panel.notices == ("75 personas from 30 members: some stand behind several",)
    assert len({persona.persona for persona in panel.personas}) == 75


def test_one_member_stands_behind_the_whole_panel(corpus):
    panel = draw_panel(corpus, corpus.given()["one"], size=5, seed=1)
    assert {persona.member for persona in panel.personas} == {pseudonym("ada")}
    assert panel.notices == ("5 personas from 1 members: some stand behind several",)


def test_where_there_are_only_counts_nobody_stands_behind_a_persona(corpus):
    panel = draw_panel(corpus, corpus.given()["none"], size=3, seed=1)
    assert [(persona.persona, persona.member) for persona in panel.personas] == [
        ("none#0", ""),
        ("none#1", ""),
        ("none#2", ""),
    ]
    assert panel.notices == ("the source has counts and no members: no member stands behind any persona",)


def test_a_found_community_is_drawn_from_its_own_members(corpus, tea):
    few = Community(name="tea/1", members=tea.members[3:9], origin="found", within="tea")
    panel = draw_panel(corpus, few, size=6, seed=1)
    assert sorted(persona.member for persona in panel.personas) == sorted(few.members)
    assert {persona.community for persona in panel.personas} == {"tea/1"}
    assert Counter(persona.activity for persona in panel.personas) == {"low": 2, "middle": 2, "high": 2}


@pytest.mark.parametrize("size", [0, -3])
def test_a_panel_of_nobody_is_refused(corpus, tea, size):
    with pytest.raises(InputError, match=f"a panel of {size} personas"):
        draw_panel(corpus, tea, size=size, seed=1)
