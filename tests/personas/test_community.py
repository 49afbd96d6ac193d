"""Communities, memberships and profiles check themselves when they are made."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest

from personas.community import (
    BOND_FACETS,
    IDENTITY_FACETS,
    Community,
    Membership,
    Profile,
    ProfileSentence,
    as_profile,
)
from personas.errors import InputError


def community(name, *members):
    return Community(name=name, members=members, origin="given", within=name)


def test_a_profile_sentence_without_posts_is_refused():
    with pytest.raises(InputError, match="'We boil it.' rests on no post"):
        ProfileSentence(facet="worldview", text="We boil it.", posts=())


def test_two_communities_of_one_name_are_refused():
    with pytest.raises(InputError, match="two communities share a name.*tea"):
        Membership(communities=(community("tea", "a"), community("tea", "b")), origin="given")


def test_a_community_is_found_by_name_or_the_known_names_are_said():
    membership = Membership(communities=(community("mate"), community("tea", "a")), origin="given")
    assert membership["tea"].members == ("a",)
    with pytest.raises(InputError, match="no community is named 'coffee'; choose one of: mate, tea"):
        membership["coffee"]
    with pytest.raises(InputError, match="choose one of: none"):
        Membership(communities=(), origin="found")["tea"]


def test_pairs_are_every_member_of_every_community():
    membership = Membership(communities=(community("mate", "a"), community("tea", "a", "b")), origin="given")
    assert list(membership.pairs()) == [("a", "mate"), ("a", "tea"), ("b", "tea")]


def test_a_profile_comes_back_from_json_as_it_was():
    sentences = {
        facet: ProfileSentence(facet=facet, text=f"On {facet}. [b]猫", posts=("p", "q"))
        for facet in (*IDENTITY_FACETS, *BOND_FACETS)
    }
    profile = Profile(
        identity=tuple(sentences[facet] for facet in IDENTITY_FACETS),
        bond=tuple(sentences[facet] for facet in BOND_FACETS),
    )
    assert as_profile(json.loads(json.dumps(asdict(profile)))) == profile
    assert profile
    assert not Profile()
