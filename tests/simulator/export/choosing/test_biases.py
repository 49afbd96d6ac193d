"""What chosen candidates have in common: counted by hand, with intervals held against scipy's and against chance."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from judged_sets import fill, judged
from scipy import stats

from personas.errors import InputError
from simulator.export.choosing.biases import measured_biases, wilson
from simulator.export.choosing.ledger import Ledger
from simulator.export.selection import Selection

LENIENT = Selection(min_probability=0.5)


def measured(folder, sets, selection=LENIENT, places=None):
    with Ledger(folder) as ledger:
        fill(ledger, sets, selection, places=places)
        ledger.decide(selection, np.zeros(len(sets), np.int8))
        return measured_biases(ledger)


@given(st.integers(1, 500).flatmap(lambda count: st.tuples(st.integers(0, count), st.just(count))))
def test_the_interval_is_wilson_s(case) -> None:
    true, count = case
    known = stats.binomtest(true, count).proportion_ci(method="wilson")
    assert wilson(true, count) == pytest.approx((known.low, known.high), abs=1e-12)


@given(st.floats(0.5, 1e6), st.floats(0, 1))
@example(988634.625, 0.9999999999999999)
@example(988634.625, 1e-16)
def test_the_interval_holds_its_share_within_its_bounds(count, share) -> None:
    low, high = wilson(share * count, count)
    assert 0 <= low <= share + 1e-12 and share - 1e-12 <= high <= 1


@pytest.mark.parametrize(("true", "count"), [(0, 0), (3, 2), (-1, 2)])
def test_what_is_no_share_has_no_interval(true, count) -> None:
    with pytest.raises(InputError, match="is no share"):
        wilson(true, count)


def test_a_few_pairs_by_hand(tmp_path) -> None:
    sets = [
        judged(
            "a", ("xxxx", "yy"), {"tea": (9, 0), "coffee": (0, 9)}
        ),  # tea: longer and first, both disputed
        judged("b", ("xx", "yyyy"), {"tea": (0, 9), "coffee": (4, 4)}),  # tea: longer; coffee has no order
        judged("c", ("xx", "yy"), {"tea": (9, 0), "coffee": (5, 4)}),  # equal lengths; coffee is unsure
    ]
    found = measured(tmp_path, sets, Selection(min_probability=0.9))
    tea, coffee, all_before = (*found.before_by_community.values(), found.before)
    assert list(found.before_by_community) == ["tea", "coffee"]
    assert (tea.pairs, tea.longer.true, tea.longer.count, tea.equal_length) == (3, 2, 2, 1)
    assert tea.log_length_ratio == pytest.approx(2 * math.log(2) / 3)
    assert (tea.first.true, tea.first.count, tea.disputed.true, tea.disputed.count) == (2, 3, 1, 3)
    assert (coffee.pairs, coffee.longer.true, coffee.longer.count, coffee.first.true) == (2, 0, 1, 1)
    assert coffee.log_length_ratio == pytest.approx(-math.log(2) / 2)
    assert (all_before.pairs, all_before.longer.true, all_before.longer.count) == (5, 2, 3)
    assert (all_before.first.true, all_before.disputed.true, all_before.equal_length) == (3, 2, 2)
    assert all_before.longer.share == pytest.approx(2 / 3)
    assert (found.after.pairs, found.after_by_community["coffee"].pairs) == (4, 1)
    assert json.loads(json.dumps(found.as_data()))["after"]["pairs"] == 4


def test_the_first_candidate_counts_only_where_it_is_in_the_pair(tmp_path) -> None:
    found = measured(tmp_path, [judged("a", ("one", "two", "three"), {"tea": (5, 9, 1)})])
    assert (found.before.pairs, found.before.first.true, found.before.first.count) == (3, 1, 2)


def test_without_pairs_nothing_is_measured(tmp_path) -> None:
    found = measured(tmp_path, [judged("a", ("one", "two"), {"tea": (2, 2)})])
    assert (found.before.pairs, found.before.log_length_ratio, found.before.longer.share) == (0, None, None)
    assert found.after_by_community == {}


def test_matching_takes_the_length_out_of_what_is_kept(tmp_path) -> None:
    sets = [judged(f"p{n}", ("x" * 9, "y" * 5), {"tea": (9, 0) if n % 3 else (0, 9)}) for n in range(90)]
    found = measured(tmp_path, sets, Selection(match_length=True))
    assert (found.before.longer.true, found.before.longer.count) == (60, 90)
    assert (found.after.longer.true, found.after.longer.count) == (30, 60)
    assert found.before.log_length_ratio == pytest.approx(math.log(9 / 5) / 3)
    assert found.after.log_length_ratio == pytest.approx(0, abs=1e-12)


def test_independent_pairs_are_worth_their_number(tmp_path) -> None:
    rng = np.random.default_rng(7)
    sets = [
        judged(f"p{n}", ("xxxx", "yy"), {"tea": (9, 0) if rng.random() < 0.7 else (0, 9)}) for n in range(300)
    ]
    rate = measured(tmp_path, sets).before.longer
    assert rate.effective == pytest.approx(300, rel=0.01)
    assert (rate.low, rate.high) == pytest.approx(wilson(rate.true, 300), abs=1e-3)


def test_ten_communities_that_say_the_same_of_a_prompt_are_worth_one(tmp_path) -> None:
    rng = np.random.default_rng(7)
    names = [f"c{n}" for n in range(10)]
    sets = [
        judged(f"p{n}", ("xxxx", "yy"), dict.fromkeys(names, (9, 0) if rng.random() < 0.7 else (0, 9)))
        for n in range(60)
    ]
    found = measured(tmp_path, sets)
    assert found.before.longer.count == 600
    assert found.before.longer.effective == pytest.approx(60, rel=0.02)
    assert found.before_by_community["c3"].longer.effective == pytest.approx(60, rel=0.02)


def test_sets_of_one_prompt_are_worth_one_where_they_say_the_same(tmp_path) -> None:
    sets = [judged(f"p{n}@{n % 5}", ("xxxx", "yy"), {"tea": (9, 0) if n % 2 else (0, 9)}) for n in range(60)]
    alike = measured(tmp_path, sets, places=[n % 2 for n in range(60)]).before.longer
    assert alike.effective == pytest.approx(1)  # two prompts, opposed
    always = [judged(f"p{n}", ("xxxx", "yy"), {"tea": (9, 0)}) for n in range(60)]
    rate = measured(tmp_path, always, places=[n // 10 for n in range(60)]).before.longer
    assert (rate.share, rate.effective, rate.high) == (1.0, 6.0, 1.0)
    assert rate.low == pytest.approx(wilson(6, 6)[0])
