from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from bench.tasks.cases import (
    ACCURACY,
    CEILING,
    METRICS,
    Metric,
    figures,
    is_clear,
    is_spread,
    make_cases,
    roles,
)
from simulator.item import Item, Option, Preference, RealVotes

SHARE_ERROR = next(metric for metric in METRICS if metric.name == "mean absolute error of a share")


class Says:
    """A predictor that says what it is told, by item."""

    def __init__(self, name, shares, *, simulated=False):
        self.name, self.simulated, self._shares = name, simulated, shares

    def predict(self, item, community):
        shares = self._shares.get((item.item, community))
        return None if shares is None else Preference(shares=shares)


def item_of(name, votes):
    real = {
        community: RealVotes(shares=shares, voters=voters) for community, (shares, voters) in votes.items()
    }
    return Item(item=name, query="?", options=(Option(text="a"), Option(text="b")), votes=real)


ITEMS = [
    item_of("one", {"tea": ((0.75, 0.25), 40), "cats": ((0.5, 0.5), 4000)}),
    item_of("two", {"tea": ((1.0, 0.0), None)}),
]
JUDGE = Says("judge", {("one", "tea"): (0.5, 0.5), ("two", "tea"): (0.25, 0.75)}, simulated=True)
OTHER = Says("other", {("one", "cats"): (0.5, 0.5)})


def test_there_is_a_case_for_every_item_and_every_community_that_voted_on_it():
    cases = make_cases(ITEMS, [JUDGE, OTHER], seed=1)
    assert [(case.item.item, case.community) for case in cases] == [
        ("one", "tea"),
        ("one", "cats"),
        ("two", "tea"),
    ]
    assert cases[0].real.tolist() == [0.75, 0.25]
    assert cases[0].predicted == {"judge": Preference(shares=(0.5, 0.5)), "other": None}


def test_figures_stand_in_the_order_of_the_cases_and_the_ceiling_comes_last():
    cases = make_cases(ITEMS, [JUDGE, OTHER], seed=1)
    found = figures(cases, [JUDGE, OTHER], SHARE_ERROR)
    assert list(found) == ["judge", "other", CEILING]
    assert found["judge"] == [0.25, None, 0.75]
    assert found["other"] == [None, 0.0, None]
    assert roles([JUDGE, OTHER]) == {"judge": "simulation", "other": "baseline", CEILING: "ceiling"}


def test_the_ceiling_is_what_second_samples_of_as_many_voters_score():
    few, many, unknown = figures(make_cases(ITEMS, [], seed=1), [], SHARE_ERROR)[CEILING]
    # A share of two samples of n differs by sqrt(2 p (1 - p) / n), and its mean size is sqrt(2 / pi) of that.
    assert few == pytest.approx(np.sqrt(2 / np.pi * 2 * 0.75 * 0.25 / 40), rel=0.3)
    assert many == pytest.approx(np.sqrt(2 / np.pi * 2 * 0.5 * 0.5 / 4000), rel=0.3)
    assert unknown is None


def test_second_samples_depend_on_the_seed_the_item_and_the_community_alone():
    cases = make_cases(ITEMS, [JUDGE], seed=1)
    again = make_cases(ITEMS[::-1], [OTHER], seed=1)[1:]
    for case, other in zip(cases[:2], again, strict=True):
        assert np.array_equal(case.second_samples, other.second_samples)
    assert not np.array_equal(cases[0].second_samples, make_cases(ITEMS, [], seed=2)[0].second_samples)
    assert not np.array_equal(cases[0].second_samples, cases[1].second_samples)


def test_the_ceiling_of_a_metric_that_is_never_defined_is_unknown():
    cases = make_cases(ITEMS[:1], [], seed=1)
    never = Metric(
        "never", lambda *_: None, lambda predicted, real: np.full(len(predicted), np.nan), "higher"
    )
    assert figures(cases, [], never)[CEILING] == [None, None]
    assert figures(cases, [], ACCURACY)[CEILING][0] > 0.9


@pytest.mark.parametrize(
    ("votes", "clear"),
    [
        ({"shares": (0.6, 0.4), "voters": 5, "margin": 1}, False),
        ({"shares": (0.7, 0.3), "voters": 10, "margin": 2}, True),
        ({"shares": (0.6, 0.4), "voters": None, "margin": 1}, False),
        ({"shares": (0.6, 0.4), "voters": None, "margin": 2}, True),
        ({"shares": (0.6, 0.4), "voters": None}, True),
        ({"shares": (0.4, 0.4, 0.2), "voters": None}, False),
        ({"shares": (0.1 + 0.2, 0.3, 0.4 - 1e-12, 0.0 + 1e-12), "voters": None}, True),
        ({"shares": (0.1 + 0.3, 0.4 + 1e-12, 0.2 - 1e-12), "voters": None}, False),
    ],
)
def test_one_is_preferred_most_where_it_is_ahead_by_two_votes_or_of_shares_alone_by_more_than_rounding(
    votes, clear
):
    assert is_clear(RealVotes(**votes)) is clear


@pytest.mark.parametrize(
    ("kind", "voters", "spread"),
    [("choice", 9, False), ("choice", 10, True), ("choice", None, True), ("endorsement", 2, True)],
)
def test_ten_choices_are_enough_and_endorsements_and_shares_alone_always(kind, voters, spread):
    item = Item(item="1", query="?", options=ITEMS[0].options, kind=kind)
    assert is_spread(item, RealVotes(shares=(0.5, 0.5), voters=voters)) is spread


def test_what_can_be_held_against_nothing_makes_no_case_and_is_counted():
    items = [
        item_of("neither", {"tea": ((0.5, 0.5), 4), "cats": ((0.5, 0.5), 9)}),
        item_of("enough", {"tea": ((0.5, 0.5), 10)}),
    ]
    left_out = Counter()
    cases = make_cases(items, [], seed=1, left_out=left_out)
    assert [case.item.item for case in cases] == ["enough"]
    assert left_out == {"fewer than 10 voters, and a margin under 2": 2}


def test_no_predictor_is_shown_the_votes_that_it_is_asked_for():
    seen = {}

    class Looks:
        name, simulated = "looks", True

        def predict(self, item, community):
            seen[item.item, community] = dict(item.votes)

    make_cases(ITEMS, [Looks()], seed=1)
    assert seen == {("one", "tea"): {}, ("one", "cats"): {}, ("two", "tea"): {}}


def test_a_second_sample_of_which_the_metric_is_undefined_is_left_out_of_the_ceiling():
    half = Metric(
        "half",
        lambda *_: 1.0,
        lambda predicted, real: np.where(np.arange(len(predicted)) % 2, np.nan, 0.5),
        "higher",
    )
    assert figures(make_cases(ITEMS[:1], [], seed=1), [], half)[CEILING] == [0.5, 0.5]


def test_communities_that_voted_alike_on_an_item_do_not_share_their_luck():
    alike = item_of("one", {"tea": ((0.75, 0.25), 40), "cats": ((0.75, 0.25), 40)})
    one, other = make_cases([alike], [], seed=1)
    assert not np.array_equal(one.second_samples, other.second_samples)


def test_an_option_of_several_as_good_is_no_most_preferred_one_however_many_there_are():
    assert not is_clear(RealVotes(shares=(1 / 3,) * 3, voters=None))
    assert not is_clear(RealVotes(shares=(0.4, 0.2, 0.4), voters=None))
