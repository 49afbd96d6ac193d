from __future__ import annotations

from dataclasses import replace

import pytest
from small_runs import store_of

from bench.tasks.cases import CEILING, make_cases
from bench.tasks.community_identification import (
    BY_PREFERENCE,
    BY_TEXT,
    GUESS,
    community_identification,
    rivals,
)
from personas.community import Community, Membership
from simulator.item import Item, Option, Preference, RealVotes


class Says:
    """A judge that says what it is told, by community."""

    name, simulated = "says", False

    def __init__(self, shares):
        self._shares = shares

    def predict(self, item, community):
        shares = self._shares[community]
        return None if shares is None else Preference(shares=shares)


TEXTS = {
    "tea/1": ["warm the pot", "weigh leaves"],
    "tea/2": ["sleep late", "drive cars"],
    "milk/1": ["warm the pot", "weigh cows"],
    "milk/2": ["warm the milk", "stir cocoa"],
    "dogs/1": ["walk far", "throw sticks"],
}
STORES = {name: store_of(texts, community=name) for name, texts in TEXTS.items()}


def membership_of(*names):
    found = tuple(
        Community(name=name, members=(), origin="found", within=name.partition("/")[0]) for name in names
    )
    return Membership(communities=found, origin="found")


def item_of(votes, *, name="1", voters=1000):
    real = {community: RealVotes(shares=shares, voters=voters) for community, shares in votes.items()}
    return Item(
        item=name, query="?", options=(Option(text="warm the pot"), Option(text="weigh leaves")), votes=real
    )


def told(items, shares, words, names=tuple(TEXTS), stores=STORES):
    cases = make_cases(items, [], seed=1)
    (task,) = community_identification(cases, Says(shares), stores, membership_of(*names), words, seed=1)
    return task, {row.predictor: row for row in task.rows}


def test_rivals_are_of_the_same_place_first_and_then_those_whose_norms_are_most_alike():
    found = rivals(STORES, membership_of(*TEXTS), list(TEXTS))
    assert found["tea/1"][0] == "tea/2", "of the same place, though nothing is alike"
    assert found["tea/1"][1:3] == ["milk/1", "milk/2"]
    assert all(name not in others for name, others in found.items())


def test_the_nearest_predicted_preference_names_the_community(words):
    items = [item_of({"tea/1": (0.9, 0.1), "tea/2": (0.4, 0.6)})]
    shares = {"tea/1": (0.8, 0.2), "tea/2": (0.2, 0.8)}
    task, rows = told(items, shares, words, names=("tea/1", "tea/2"))
    assert task.metric == "accuracy"
    assert rows[BY_PREFERENCE].mean == 1
    assert rows[BY_TEXT].mean == 0.5, "it is always tea/1 by the texts"
    assert rows[GUESS].mean == 0.5
    assert rows[CEILING].mean == 1
    swapped = told(items, {"tea/1": (0.2, 0.8), "tea/2": (0.8, 0.2)}, words, names=("tea/1", "tea/2"))[1]
    assert swapped[BY_PREFERENCE].mean == 0


def test_a_judge_that_cannot_tell_them_apart_scores_as_the_guess_does(words):
    shares = dict.fromkeys(TEXTS, (0.5, 0.5))
    items = [item_of({"tea/1": (0.9, 0.1)}, name=str(number)) for number in range(5)]
    _, rows = told(items, shares, words)
    assert rows[BY_PREFERENCE].mean == rows[GUESS].mean == 0.25


def test_only_those_that_voted_on_an_item_are_candidates_where_several_did(words):
    shares = {
        "tea/1": (0.9, 0.1),
        "tea/2": (0.8, 0.2),
        "milk/1": (0.8, 0.2),
        "milk/2": (0.8, 0.2),
        "dogs/1": (0.1, 0.9),
    }
    both = item_of({"tea/1": (0.85, 0.15), "dogs/1": (0.2, 0.8)})
    _, rows = told([both], shares, words)
    assert rows[GUESS].mean == 0.5, (
        "two candidates, though dogs/1 is none of the three that are most like tea/1"
    )
    assert rows[BY_PREFERENCE].mean == 1
    assert rows[CEILING].mean == 1
    _, rows = told([item_of({"tea/1": (0.85, 0.15)})], shares, words)
    assert rows[GUESS].mean == 0.25, "where one voted, all are candidates"
    assert rows[CEILING].mean is None, "the others did not vote, so there is no second sample of theirs"


def test_there_are_four_candidates_at_the_most(words):
    shares = dict.fromkeys(TEXTS, (0.5, 0.5))
    _, rows = told([item_of(dict.fromkeys(TEXTS, (0.5, 0.5)))], shares, words)
    assert (rows[GUESS].mean, rows[GUESS].n) == (0.25, 5)


def test_the_ceiling_is_low_where_few_voted_and_the_communities_are_alike(words):
    shares = dict.fromkeys(TEXTS, (0.5, 0.5))
    items = [item_of({"tea/1": (0.5, 0.5), "tea/2": (0.6, 0.4)}, name=str(n), voters=10) for n in range(20)]
    _, rows = told(items, shares, words, names=("tea/1", "tea/2"))
    assert 0.4 < rows[CEILING].mean < 0.75


def test_who_has_no_norms_is_no_candidate_and_is_not_asked_for(words):
    stores = {**STORES, "tea/2": store_of([], community="tea/2")}
    shares = {**dict.fromkeys(TEXTS, (0.5, 0.5)), "tea/2": None}
    _, rows = told([item_of({"tea/1": (0.9, 0.1), "tea/2": (0.4, 0.6)})], shares, words, stores=stores)
    assert (rows[GUESS].n, rows[GUESS].mean) == (1, 0.25)


@pytest.mark.parametrize("names", [("tea/1",), ("tea/1", "tea/2")])
def test_with_one_community_there_is_nothing_to_score(words, names):
    stores = {**STORES, "tea/2": store_of([], community="tea/2")}
    task, rows = told([item_of({"tea/1": (0.9, 0.1)})], {}, words, names=names, stores=stores)
    assert rows == {}
    assert task.note.startswith("nothing to score: one community only")


def test_the_observed_votes_are_read_by_the_one_reader_and_the_texts_by_the_other(words):
    shares = {"tea/1": (0.9, 0.1), "tea/2": (0.1, 0.9)}
    item = item_of({"tea/1": (0.1, 0.9), "tea/2": (0.9, 0.1)})
    other = replace(item, options=(Option(text="sleep late"), Option(text="drive cars")))
    for one, text in ((item, 0.5), (other, 0.5)):
        _, rows = told([one], shares, words, names=("tea/1", "tea/2"))
        assert (rows[BY_PREFERENCE].mean, rows[BY_TEXT].mean) == (0, text)
    only = replace(other, votes={"tea/2": item.votes["tea/2"]})
    assert told([only], shares, words, names=("tea/1", "tea/2"))[1][BY_TEXT].mean == 1
