from __future__ import annotations

from dataclasses import replace

import pytest
from small_runs import store_of

from bench.heldout import Lineup
from bench.tasks.cases import CEILING, make_cases
from bench.tasks.community_identification import (
    BY_PREFERENCE,
    BY_TEXT,
    GUESS,
    WHOSE,
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


def told(items, shares, words, names=tuple(TEXTS), stores=STORES, **more):
    cases = make_cases(items, [], seed=1)
    (task,) = community_identification(
        cases, Says(shares), stores, membership_of(*names), words, seed=1, **more
    )
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


class Holds:
    """A finished run: it says what it holds, and nothing of what it was not asked."""

    def __init__(self, name, shares, role="simulation"):
        self.name, self.role, self.simulated, self._shares = name, role, role == "simulation", shares

    def predict(self, item, community):
        assert not item.votes
        shares = self._shares.get((item.item, community))
        return None if shares is None else Preference(shares=shares)


EVEN = dict.fromkeys(TEXTS, (0.5, 0.5))
BOTH = {"tea/1": (0.9, 0.1), "tea/2": (0.2, 0.8)}


def test_a_run_names_the_community_whose_preference_in_it_is_nearest(words):
    right = Holds("personas", {("1", "tea/1"): (0.7, 0.3), ("1", "tea/2"): (0.4, 0.6)})
    wrong = Holds("shuffled", {("1", "tea/1"): (0.4, 0.6), ("1", "tea/2"): (0.7, 0.3)}, role="control")
    nobody = Holds("nobody", {("1", "tea/1"): (0.6, 0.4), ("1", "tea/2"): (0.6, 0.4)}, role="control")
    _, rows = told([item_of(BOTH)], EVEN, words, readers=(right, wrong, nobody))
    found = {name: (row.mean, row.n, row.role) for name, row in rows.items() if WHOSE in name}
    assert found == {
        f"personas: {WHOSE}": (1, 2, "simulation"),
        f"shuffled: {WHOSE}": (0, 2, "control"),
        f"nobody: {WHOSE}": (0.5, 2, "control"),
        BY_PREFERENCE: (0.5, 2, "baseline"),
    }
    assert rows[BY_TEXT].role == "baseline"
    assert rows[BY_PREFERENCE].ahead["mean"] == 0.5


def test_where_a_run_lacks_a_candidate_its_figure_is_undefined_and_counted(words):
    run = Holds(
        "personas", {("1", "tea/1"): (0.9, 0.1), ("1", "tea/2"): (0.2, 0.8), ("2", "tea/1"): (0.9, 0.1)}
    )
    items = [item_of(BOTH), item_of(BOTH, name="2"), item_of({"tea/1": (0.9, 0.1)}, name="3")]
    _, rows = told(items, EVEN, words, readers=(run,))
    row = rows[f"personas: {WHOSE}"]
    assert (row.mean, row.n, row.note) == (1, 2, "undefined for 3")
    assert rows[GUESS].n == 5


def test_without_readers_the_offline_ones_are_the_simulation(words):
    _, rows = told([item_of(BOTH)], EVEN, words)
    assert (rows[BY_PREFERENCE].role, rows[BY_TEXT].role) == ("simulation", "simulation")


def test_candidates_that_a_benchmark_lists_stand_in_place_of_those_that_would_be_chosen(words):
    items = [item_of({"tea/1": (0.9, 0.1), "tea/2": (0.4, 0.6)})]
    listed = {"1": {"tea/1": ["milk/1", "tea/1", "dogs/1"]}}
    shares = {**EVEN, "tea/1": (0.8, 0.2), "tea/2": (0.9, 0.1), "milk/1": (0.1, 0.9)}
    task, rows = told(items, shares, words, lineup=Lineup(candidates=listed))
    assert rows[GUESS].mean == pytest.approx((1 / 3 + 1 / 2) / 2)
    assert rows[BY_PREFERENCE].mean == 0.5, "tea/2, no candidate here, would have been nearest"
    assert told(items, shares, words)[1][BY_PREFERENCE].mean == 0
    assert "as the benchmark lists them in 1 of 2 judgements" in task.note


def test_a_listed_candidate_without_norms_is_never_the_one_that_texts_name(words):
    stores = {**STORES, "dogs/1": store_of([], community="dogs/1")}
    lineup = Lineup(candidates={"1": {"tea/1": ["dogs/1", "tea/1", "strangers"]}})
    shares = {**EVEN, "dogs/1": None, "strangers": None}
    _, rows = told([item_of({"tea/1": (0.9, 0.1)})], shares, words, stores=stores, lineup=lineup)
    assert (rows[BY_TEXT].mean, rows[BY_PREFERENCE].mean, rows[GUESS].mean) == (1, 1, 1 / 3)


def test_texts_are_read_masked_where_a_benchmark_masks_them(words):
    item = item_of({"tea/1": (0.9, 0.1)})
    masked = replace(item, options=(Option(text="sleep late"), Option(text="drive cars")))
    lineup = Lineup(masked={"1": masked})
    assert told([item], EVEN, words, names=("tea/1", "tea/2"))[1][BY_TEXT].mean == 1
    task, rows = told([item], EVEN, words, names=("tea/1", "tea/2"), lineup=lineup)
    assert rows[BY_TEXT].mean == 0, "masked, it reads as of tea/2"
    assert task.note.endswith("; texts read masked in 1 of 1")
