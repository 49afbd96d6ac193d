"""What stands beside the scores: comparisons, the worst judgements and each community's own figures, by hand."""

from __future__ import annotations

import math

import pytest

from bench.scoring import WORST, score
from bench.tasks.cases import make_cases
from simulator.item import Item, Option, Preference, RealVotes

DIVERGENCE = "Jensen–Shannon divergence (base 2)"


class Says:
    """A predictor that says what it is told, by item."""

    def __init__(self, name, shares, *, simulated=False, one_option=False):
        self.name, self.simulated, self.one_option, self._shares = name, simulated, one_option, shares

    def predict(self, item, community):
        shares = self._shares.get(item.item)
        return None if shares is None else Preference(shares=shares)


def item_of(name, shares, *, margin=5, voters=20, community="tea"):
    votes = RealVotes(shares=shares, voters=voters, margin=margin)
    options = (Option(text=f"{name} one"), Option(text=f"{name} other"))
    return Item(item=name, query=f"{name}?", options=options, votes={community: votes})


ITEMS = [
    item_of("both", (1.0, 0.0)),
    item_of("both too", (0.5, 0.5), margin=9, community="cats"),
    item_of("close", (0.5, 0.5), margin=0),
    item_of("few", (0.0, 1.0), margin=4, voters=4),
]
UNIFORM = Says("guess", {item.item: (0.5, 0.5) for item in ITEMS})
JUDGE = Says(
    "judge",
    {"both": (1.0, 0.0), "both too": (0.5, 0.5), "close": (1.0, 0.0), "few": (1.0, 0.0)},
    simulated=True,
)
LONGEST = Says("longest", {item.item: (1.0, 0.0) for item in ITEMS}, one_option=True)
APART = 0.5 * (math.log2(1 / 0.75) + 0.5 * math.log2(0.5 / 0.75) + 0.5 * math.log2(0.5 / 0.25))
"""The divergence of (1, 0) and (1/2, 1/2)."""


def scored(*predictors, items=ITEMS):
    return score(make_cases(items, predictors, seed=1), predictors, seed=1)


def test_any_two_predictors_are_compared_and_positive_is_where_the_first_is_better():
    compared = {(each.metric, each.first, each.second): each for each in scored(UNIFORM, JUDGE).comparisons}
    assert set(compared) == {("accuracy", "guess", "judge"), (DIVERGENCE, "guess", "judge")}
    right = compared["accuracy", "guess", "judge"]
    # Of the three clear ones: 1/2, 1 and 1/2 against 1, 1 and 0; two options alike are both the top.
    assert (right.n, right.mean) == (3, pytest.approx((0.5 + 1 + 0.5) / 3 - 2 / 3))
    near = compared[DIVERGENCE, "guess", "judge"]
    # Of the three with ten voters: the guess is off on the first, and the judge, as far, on the last.
    assert (near.n, near.mean) == (3, pytest.approx(0))


def test_who_is_nearer_everywhere_is_surely_better_whichever_comes_first():
    items = [item_of(str(number), (1.0, 0.0), community=name) for number, name in enumerate("abcabc")]
    near = Says("near", {item.item: (0.9, 0.1) for item in items})
    far = Says("far", {item.item: (0.6, 0.4) for item in items})
    for predictors, sign in (((near, far), 1), ((far, near), -1)):
        (lead,) = [each for each in scored(*predictors, items=items).comparisons if each.metric == DIVERGENCE]
        assert (lead.first, lead.second) == tuple(each.name for each in predictors)
        assert sign * lead.mean > 0.1 and sign * lead.low > 0.1 and sign * lead.high > 0.1
        assert lead.probability == (1 if sign == 1 else 0)


def test_who_names_one_option_is_held_against_no_distribution():
    found = scored(JUDGE, LONGEST)
    assert {(each.metric, each.second) for each in found.comparisons} == {("accuracy", "longest")}
    rows = {task.metric: {row.predictor for row in task.rows} for task in found.tasks}
    assert "longest" in rows["accuracy"]
    assert all("longest" not in rows[metric] for metric in rows if metric not in {"accuracy"})


def test_the_worst_judgements_are_those_of_the_first_simulation_that_enough_people_voted_on():
    found = scored(UNIFORM, JUDGE)
    assert [(each.item, each.community) for each in found.worst] == [
        ("close", "tea"),
        ("both", "tea"),
        ("both too", "cats"),
    ]
    worst = found.worst[0]
    assert (worst.real, worst.predicted, worst.voters) == ((0.5, 0.5), (1.0, 0.0), 20)
    assert (worst.query, worst.options) == ("close?", ("close one", "close other"))
    assert worst.error == pytest.approx(APART)
    assert [each.error for each in found.worst[1:]] == pytest.approx([0, 0])


def test_no_more_of_the_worst_are_listed_than_can_be_read_and_none_that_nothing_was_said_of():
    items = [item_of(f"{number:03}", (1.0, 0.0)) for number in range(WORST + 9)]
    off = {item.item: (0.9 - index / 100, 0.1 + index / 100) for index, item in enumerate(items)}
    off[items[-1].item] = None
    found = scored(Says("judge", off, simulated=True), items=items)
    assert [each.item for each in found.worst] == [item.item for item in reversed(items[8:-1])]
    assert WORST == 20


def test_each_community_has_the_first_simulations_figures_over_what_is_clear_and_what_is_enough():
    cats, tea = scored(UNIFORM, JUDGE).communities
    assert cats == {"community": "cats", "n": 1, "accuracy": pytest.approx(1), "divergence": pytest.approx(0)}
    # Clear: "both" right and "few" wrong. Enough: "both" at 0 and "close" apart.
    assert tea == {"community": "tea", "n": 3, "accuracy": 0.5, "divergence": pytest.approx(APART / 2)}


def test_a_community_of_which_nothing_is_clear_has_no_accuracy():
    (only,) = scored(JUDGE, items=[ITEMS[2]]).communities
    assert (only["accuracy"], only["divergence"]) == (None, pytest.approx(APART))


def test_without_a_simulation_there_are_scores_and_comparisons_alone():
    found = scored(UNIFORM, LONGEST)
    assert (found.worst, found.communities, found.curves) == ((), (), ())
    assert found.comparisons and any(task.rows for task in found.tasks)
