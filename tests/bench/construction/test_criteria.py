"""The three criteria are as worked by hand, and the options that differ most are chosen."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.construction.choices import Choices
from bench.construction.criteria import Criteria, Judge, Judged, below, best_subset, floors
from simulator.item import Item, Option, RealVotes

PLACES = {
    "east": (1, 0, 0, 0),
    "north": (0, 1, 0, 0),
    "west": (-1, 0, 0, 0),
    "up": (0, 0, 1, 0),
    "deep": (0, 0, 0, 1),
}


class Compass:
    """An embedder of five words, at right angles or opposite."""

    name = "compass"
    english = True

    def embed(self, texts):
        return np.array([PLACES[text] for text in texts], np.float32).reshape(-1, 4)


class Height:
    """A polarity axis: how far up."""

    accuracy = 1.0

    def of(self, vectors):
        return vectors[:, 2].astype(float)


def item(*words, up, down=None, kind="endorsement", name="1"):
    up = tuple(up)
    down = tuple(down or (0,) * len(up))
    rates = np.array([(1 + u) / (2 + u + d) for u, d in zip(up, down, strict=True)])
    votes = RealVotes(shares=tuple(rates / rates.sum()), voters=sum(up) + sum(down), up=up, down=down)
    options = tuple(Option(text=word, post=f"post {word}") for word in words)
    return Item(
        item=name, query="where to?", options=options, kind=kind, votes={"tea": votes}, community="tea"
    )


def judged(*items, **choices):
    judge = Judge(Compass(), Height(), Choices(seed=1, **choices))
    return judge.judged(items), judge


def test_divergence_polarity_and_contrast_are_as_worked_by_hand():
    [found], _ = judged(item("east", "north", "up", up=(3, 0, 0), down=(0, 0, 0)))
    criteria = found.criteria
    assert criteria.divergence == pytest.approx(1.0), "three right angles"
    assert criteria.polarity == 1.0, "up is 1, the others 0"
    rates = np.array([4 / 5, 1 / 2, 1 / 2])
    assert criteria.contrast == pytest.approx(rates[0] / rates.sum() - rates[1] / rates.sum())
    assert criteria.offered == 3
    [opposite], _ = judged(item("east", "west", up=(1, 0)))
    assert opposite.criteria.divergence == pytest.approx(2.0)
    assert opposite.criteria.polarity == 0.0


def test_of_more_options_than_wanted_those_that_differ_most_are_kept_and_their_votes_are_normalised_anew():
    whole = item("east", "north", "deep", "up", up=(9, 1, 0, 0), down=(0, 0, 8, 8))
    [found], _ = judged(whole, options=2)
    assert [option.text for option in found.item.options] == ["east", "up"], (
        "alike far, of another tone, and loved or not"
    )
    rates = np.array([10 / 11, 1 / 10])
    votes = found.item.votes["tea"]
    assert votes.shares == pytest.approx(tuple(rates / rates.sum()))
    assert votes.voters == 17
    assert votes.up == (9, 0) and votes.down == (0, 8)
    assert votes.margin == 9 + 8
    assert len(votes.low) == len(votes.high) == 2
    assert all(
        low <= share <= high for low, share, high in zip(votes.low, votes.shares, votes.high, strict=True)
    )
    assert found.criteria.offered == 4
    assert found.criteria.contrast == pytest.approx((rates[0] - rates[1]) / rates.sum())


def test_net_scores_are_ranked_among_the_kept_options():
    votes = RealVotes(shares=(0.1, 0.2, 0.3, 0.4), voters=None, margin=5)
    options = tuple(Option(text=word, post=f"post {word}") for word in ("east", "north", "west", "up"))
    whole = Item(
        item="1", query="?", options=options, kind="endorsement", votes={"tea": votes}, community="tea"
    )
    scores = {"post east": -2, "post north": 3, "post west": 5, "post up": 40}
    judge = Judge(Compass(), Height(), Choices(seed=1, options=2), scores)
    [found] = judge.judged([whole])
    assert [option.text for option in found.item.options] == ["east", "up"]
    left = found.item.votes["tea"]
    assert left.shares == pytest.approx((1 / 3, 2 / 3))
    assert left.margin == 42 and left.voters is None


def test_an_item_without_a_vote_on_the_chosen_options_is_left_out_and_counted():
    found, judge = judged(item("east", "north", "west", "up", up=(0, 9, 9, 0), down=(0, 0, 0, 0)), options=3)
    assert len(found) + judge.left_out["item: no vote on the chosen options"] == 1
    votes = RealVotes(shares=(0.5, 0.25, 0.25), voters=None, margin=5)
    options = tuple(Option(text=word, post=word) for word in ("east", "west", "up"))
    whole = Item(
        item="1", query="?", options=options, kind="endorsement", votes={"tea": votes}, community="tea"
    )
    judge = Judge(Compass(), Height(), Choices(seed=1, options=2), {"east": 0, "west": 0, "up": 0})
    assert judge.judged([whole]) == []
    assert judge.left_out == {"item: no vote on the chosen options": 1}


def test_the_answers_of_a_survey_and_the_sides_of_a_statement_are_never_chosen_from():
    whole = item("east", "north", "west", "up", up=(1, 2, 3, 4), kind="choice")
    [found], _ = judged(whole, options=2)
    assert found.item == whole
    assert found.criteria.divergence == pytest.approx(np.mean([1, 2, 1, 1, 1, 1]))
    [statement], _ = judged(item("east", "west", up=(3, 1), kind="agreement"))
    assert statement.criteria.divergence is None and statement.criteria.polarity is None


def test_the_floors_are_the_percentile_of_the_training_items_or_what_was_chosen():
    rows = [
        Judged(
            item=item("east", "up", up=(1, 0)),
            criteria=Criteria(divergence=d / 100, polarity=1.0, contrast=0.0, offered=2),
        )
        for d in range(101)
    ]
    assert floors(rows, Choices(seed=1, percentile=10)) == {
        "divergence": 0.1,
        "polarity": 1.0,
        "contrast": 0.0,
    }
    assert floors(rows, Choices(seed=1, percentile=0)) == {}
    assert floors(rows, Choices(seed=1, percentile=0, least={"contrast": 0.2})) == {"contrast": 0.2}
    assert below(rows[9], {"divergence": 0.1}) == "divergence"
    assert below(rows[10], {"divergence": 0.1}) == "", "the floor itself is kept"
    assert floors([], Choices(seed=1)) == {}


@given(st.integers(5, 9), st.integers(2, 4), st.integers(0, 1000))
def test_the_best_subset_is_one_of_the_subsets_and_does_not_hang_on_the_order(n, size, seed):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, 5))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    tone, shares = rng.normal(size=n), rng.dirichlet(np.ones(n))
    found = best_subset(vectors, tone, shares, size)
    assert found in set(combinations(range(n), size))
    order = rng.permutation(n)
    again = best_subset(vectors[order], tone[order], shares[order], size)
    assert {int(order[place]) for place in again} == set(found)


def test_of_many_replies_both_ends_of_endorsement_are_looked_at():
    n = 60
    shares = np.arange(1, n + 1) / (n * (n + 1) / 2)
    found = best_subset(np.tile([1.0, 0.0], (n, 1)), np.zeros(n), shares, 2)
    assert found == (0, n - 1), "they differ in contrast alone"
