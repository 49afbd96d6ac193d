from __future__ import annotations

import numpy as np
import pytest

from bench.tasks.cases import ACCURACY, CEILING, METRICS, Metric, figures, make_cases, roles
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
