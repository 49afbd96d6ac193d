"""A planted cue gives a community away, and no longer once it is masked."""

from __future__ import annotations

import numpy as np
import pytest
from made_forum import sentence

from bench.construction.cues import Mask
from bench.construction.identification import CUT, TOPICS, WRITTEN, candidates_of, given_away
from simulator.item import Item, Option, RealVotes

VOTES = RealVotes(shares=(0.6, 0.4), voters=10, up=(6, 4))


def items(cue, *, count=120, seed=4):
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        name = ("tea", "cats")[number % 2]
        query, *texts = (cue(name) + sentence(rng) for _ in range(3))
        options = tuple(Option(text=text) for text in texts)
        found.append(
            Item(
                item=str(number),
                query=query,
                options=options,
                kind="endorsement",
                votes={name: VOTES},
                community=name,
            )
        )
    return found


def measured(cue):
    made = items(cue)
    told = {each.item: {each.community: ["cats", "tea"]} for each in made}
    found = given_away(made[:80], made[80:], told, Mask(["tea", "cats"]), titles={}, seed=7)
    assert found["chance"]["mean"] == 0.5
    return {row["cues"]: row["accuracy"]["mean"] for row in found["rows"]}


@pytest.mark.parametrize(
    "cue",
    [
        lambda name: f"On r/{name}: ",
        lambda name: "r/tea " if name == "tea" else "",
        lambda name: f"see https://{name}.example.org/{name} ",
        lambda name: f"{name.upper()}! ",
    ],
)
def test_a_planted_cue_is_perfect_before_masking_and_a_guess_after_it(cue):
    found = measured(cue)
    assert found[WRITTEN] == 1.0
    assert 0.25 <= found[CUT] <= 0.75, "a guess, on 40 items"
    assert 0.25 <= found[TOPICS] <= 0.75


def test_without_a_cue_there_is_nothing_to_find():
    assert 0.25 <= measured(lambda name: "")[WRITTEN] <= 0.75


def test_topics_are_no_cue_and_are_told_apart_from_them():
    found = measured(lambda name: {"tea": "brewing leaves ", "cats": "purring kittens "}[name])
    assert found[TOPICS] == 1.0, "words give it away"
    assert found[CUT] < 1.0 or found[CUT] == found[WRITTEN]


def test_where_communities_judge_the_same_texts_nothing_is_measured_and_it_is_said():
    made = [
        Item(
            item=str(n),
            query=f"q{n}",
            options=(Option(text="Agree"), Option(text="Disagree")),
            votes={"a": VOTES, "b": VOTES},
        )
        for n in range(30)
    ]
    found = given_away(made[:20], made[20:], {}, Mask([]), titles={}, seed=1)
    assert found["rows"] == []
    assert found["note"] == "the communities judge the same texts, so no text can give one away"


def test_candidates_are_those_that_voted_hardest_first_and_else_the_hardest_of_all():
    rivals = {"a": ["b", "c", "d", "e"], "b": ["a", "c", "d", "e"]}
    shared = Item(
        item="1",
        query="?",
        options=(Option(text="x"), Option(text="y")),
        votes=dict.fromkeys(("a", "c", "b"), VOTES),
    )
    found = candidates_of(shared, rivals, seed=1)
    assert {name: set(told) for name, told in found.items()} == {"a": {"a", "b", "c"}, "b": {"a", "b", "c"}}
    alone = Item(item="2", query="?", options=(Option(text="x"), Option(text="y")), votes={"a": VOTES})
    assert set(candidates_of(alone, rivals, seed=1)["a"]) == {"a", "b", "c", "d"}
    assert candidates_of(alone, {}, seed=1) == {}


def test_the_right_candidate_stands_in_every_place():
    rivals = {"a": ["b", "c", "d"]}
    places = set()
    for number in range(40):
        each = Item(
            item=str(number), query="?", options=(Option(text="x"), Option(text="y")), votes={"a": VOTES}
        )
        places.add(candidates_of(each, rivals, seed=1)["a"].index("a"))
    assert places == {0, 1, 2, 3}
