"""How much predictions vary beside reality: corrections by hand and by simulation, and what there is no ratio of."""

from __future__ import annotations

import numpy as np
import pytest

from bench.tasks.cases import make_cases
from bench.tasks.spread import ACROSS, WITHIN, real_disagreement, real_variance, spread
from simulator.item import Item, Option, Preference, RealVotes


class Says:
    """A predictor that says what it is told, by item."""

    def __init__(self, name, shares, *, simulated=True):
        self.name, self.simulated, self._shares = name, simulated, shares

    def predict(self, item, community):
        shares = self._shares.get(item.item)
        return None if shares is None else Preference(shares=shares)


def item_of(name, shares, *, voters=None, kind="choice", community="tea", **votes):
    options = tuple(Option(text=f"option {place}") for place in range(len(shares)))
    real = RealVotes(shares=shares, voters=voters, margin=5, **votes)
    return Item(item=name, query="?", options=options, votes={community: real}, kind=kind)


def ratios(items, *predictors):
    found = spread(make_cases(items, predictors, seed=1), predictors, task="task", seed=1)
    assert [(task.task, task.metric, task.better) for task in found] == [
        ("task", ACROSS, "one"),
        ("task", WITHIN, "one"),
    ]
    across, within = ({row.predictor: row for row in task.rows} for task in found)
    return across, within


@pytest.mark.parametrize("shares", [(0.7, 0.3), (0.5, 0.3, 0.2), (0.1, 0.2, 0.3, 0.4)])
@pytest.mark.parametrize("voters", [2, 11])
def test_both_corrections_are_without_bias(shares, voters):
    drawn = np.random.default_rng(7).multinomial(voters, shares, size=20_000) / voters
    made = [RealVotes(shares=tuple(row), voters=voters) for row in drawn.tolist()]
    truth = np.array(shares)
    for measure, known in (
        (real_variance, ((truth - 1 / len(truth)) ** 2).mean()),
        (real_disagreement, 1 - (truth**2).sum()),
    ):
        found = np.array([measure(votes) for votes in made])
        assert found.mean() == pytest.approx(known, abs=4 * found.std() / np.sqrt(len(found)))


def test_a_single_item_may_vary_less_than_nothing_since_the_mean_is_what_counts():
    assert real_variance(RealVotes(shares=(0.5, 0.5), voters=2)) == pytest.approx(-0.25)


@pytest.mark.parametrize(("voters", "counted"), [(None, True), (1, True), (40, False)])
def test_what_no_choices_are_counted_of_is_taken_as_it_is(voters, counted):
    votes = RealVotes(shares=(0.75, 0.25), voters=voters)
    assert real_variance(votes, counted=counted) == 0.0625
    assert real_disagreement(votes, counted=counted) == pytest.approx(0.375)


def test_the_ratios_by_hand():
    items = [item_of("a", (0.75, 0.25)), item_of("b", (1.0, 0.0)), item_of("c", (0.5, 0.25, 0.25))]
    judge = Says("judge", {"a": (1.0, 0.0), "b": (0.5, 0.5), "c": (1 / 3, 1 / 3, 1 / 3)})
    across, within = ratios(items, judge)
    third = ((1 / 2 - 1 / 3) ** 2 + 2 * (1 / 4 - 1 / 3) ** 2) / 3
    assert across["judge"].mean == pytest.approx((1 / 4 + 0 + 0) / (1 / 16 + 1 / 4 + third))
    assert within["judge"].mean == pytest.approx((0 + 1 / 2 + 2 / 3) / (3 / 8 + 0 + 5 / 8))
    assert (across["judge"].n, across["judge"].role) == (3, "simulation")


def test_what_was_seen_of_few_voters_is_corrected_and_what_is_endorsed_by_votes_is_not():
    # Of ten choices: 1/16 less (3/16) / 9, and 3/8 times 10 / 9.
    judge = Says("judge", {"a": (1.0, 0.0)})
    across, within = ratios([item_of("a", (0.75, 0.25), voters=10)], Says("judge", {"a": (0.75, 0.25)}))
    assert across["judge"].mean == pytest.approx((1 / 16) / (1 / 16 - 3 / 16 / 9))
    assert within["judge"].mean == pytest.approx(9 / 10)
    endorsed = item_of("a", (0.75, 0.25), voters=10, kind="endorsement", up=(2, 0), down=(0, 2))
    across, within = ratios([endorsed], judge)
    assert (across["judge"].mean, within["judge"].mean) == (4, 0)


def test_who_says_nothing_of_an_item_is_held_against_the_others_alone():
    items = [item_of("a", (0.75, 0.25)), item_of("b", (1.0, 0.0))]
    across, _ = ratios(items, Says("judge", {"a": (1.0, 0.0)}), Says("silent", {}, simulated=False))
    assert (across["judge"].mean, across["judge"].n, across["judge"].note) == (4, 1, "undefined for 1")
    assert (across["silent"].mean, across["silent"].n, across["silent"].role) == (None, 0, "baseline")


def test_where_reality_does_not_vary_there_is_no_ratio():
    across, within = ratios([item_of("a", (0.5, 0.5), voters=10)], Says("judge", {"a": (1.0, 0.0)}))
    assert (across["judge"].mean, across["judge"].low) == (None, None)
    assert within["judge"].mean == 0
