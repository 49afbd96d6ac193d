"""Bootstrap intervals: distributions known by hand, coverage by simulation, and the degenerate cases."""

from __future__ import annotations

import math
import time
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.resample import FEW, Resampling, bootstrap_interval, paired_difference
from personas.errors import InputError

rows = st.lists(st.tuples(st.floats(-1, 1), st.sampled_from("abc")), min_size=2, max_size=20)


def test_two_items_of_one_community_give_the_binomial_by_hand() -> None:
    # The mean of two draws from {0, 1} is 0, 1/2, 1 with probability 1/4, 1/2, 1/4.
    wide = bootstrap_interval([0.0, 1.0], ["tea", "tea"], seed=7)
    narrow = bootstrap_interval([0.0, 1.0], ["tea", "tea"], level=0.1, seed=7)
    assert (wide.low, wide.mean, wide.high) == (0.0, 0.5, 1.0)
    assert (narrow.low, narrow.high) == (0.5, 0.5)


def test_whole_communities_are_drawn_and_not_items_of_the_pool() -> None:
    # Ten zeros and a one: by communities all is 1 in one draw of four; by items that would be 1 in 11 ** 11.
    values, communities = [0.0] * 10 + [1.0], ["tea"] * 10 + ["coffee"]
    two = bootstrap_interval(values, communities, seed=7)
    pooled = bootstrap_interval(values, ["tea"] * 11, seed=7)
    assert (two.low, two.high, two.by) == (0.0, 1.0, "communities")
    assert pooled.high is not None and pooled.high < 0.5
    assert pooled.by == "items"


def test_where_communities_are_as_alike_as_can_be_the_interval_is_that_of_their_items() -> None:
    # Both communities are alike, so all spread is that of the items.
    values, communities = [0.0, 1.0] * 50, ["tea"] * 50 + ["coffee"] * 50
    interval = bootstrap_interval(values, communities, seed=7)
    assert interval.low == pytest.approx(0.5 - 1.96 * 0.05, abs=0.02)
    assert interval.high == pytest.approx(0.5 + 1.96 * 0.05, abs=0.02)


def test_one_item_a_community_is_the_plain_bootstrap() -> None:
    values = np.random.default_rng(7).normal(size=400)
    interval = bootstrap_interval(values, [str(index) for index in range(400)], seed=7, draws=2000)
    half = 1.96 * values.std() / 20
    assert interval.low == pytest.approx(values.mean() - half, abs=half / 8)
    assert interval.high == pytest.approx(values.mean() + half, abs=half / 8)


def test_another_statistic_is_computed_on_the_drawn_items() -> None:
    # The median of three draws is 9 with probability 7/27, so its 71st percentile, an end of .3 expanded, is 0.
    interval = bootstrap_interval([0.0, 0.0, 9.0], ["tea"] * 3, statistic=np.median, level=0.3, seed=7)
    assert (interval.mean, interval.low, interval.high) == (0.0, 0.0, 0.0)
    assert bootstrap_interval([0.0, 0.0, 9.0], ["tea"] * 3, level=0.3, seed=7).high == 3.0


def test_intervals_by_community_cover_the_truth_where_intervals_by_item_do_not() -> None:
    rng = np.random.default_rng(7)
    names = np.repeat([f"community {index}" for index in range(20)], 8).tolist()
    covered = {"communities": 0, "items": 0}
    for trial in range(150):
        values = np.repeat(rng.normal(size=20), 8) + rng.normal(size=160)
        for labels in (names, ["all"] * 160):
            interval = bootstrap_interval(values, labels, draws=200, seed=trial)
            covered[interval.by] += interval.low <= 0 <= interval.high
    assert 0.88 <= covered["communities"] / 150 <= 1
    assert covered["items"] / 150 < 0.75


def test_undefined_values_are_left_out_and_counted() -> None:
    interval = bootstrap_interval([1.0, None, 0.0, float("nan")], ["tea", "tea", "tea", "coffee"], seed=7)
    assert (interval.n, interval.undefined, interval.mean) == (2, 2, 0.5)
    assert (interval.communities, interval.by) == (1, "items")


def test_one_value_has_a_mean_and_no_interval() -> None:
    interval = bootstrap_interval([0.25], ["tea"], seed=7)
    assert (interval.mean, interval.low, interval.high, interval.n) == (0.25, None, None, 1)


@pytest.mark.parametrize("values", [[], [None, None]])
def test_no_defined_value_gives_no_figure(values: list[None]) -> None:
    interval = bootstrap_interval(values, ["tea"] * len(values), seed=7)
    assert (interval.mean, interval.low, interval.high) == (None, None, None)
    assert (interval.n, interval.communities, interval.undefined) == (0, 0, len(values))
    difference = paired_difference(values, values, ["tea"] * len(values), seed=7)
    assert (difference.mean, difference.probability) == (None, None)


def test_equal_values_give_an_interval_without_width() -> None:
    interval = bootstrap_interval([0.5] * 6, ["tea", "coffee"] * 3, seed=7)
    assert (interval.low, interval.mean, interval.high) == (0.5, 0.5, 0.5)


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    values = np.random.default_rng(7).random(50)
    one, same, other = (bootstrap_interval(values, list("abcde") * 10, seed=seed) for seed in (1, 1, 2))
    assert one == same
    assert one != other


@settings(max_examples=50)
@given(rows, st.sampled_from([0.5, 0.8, 0.95]))
def test_an_interval_stays_within_the_values_and_grows_with_the_level(
    pairs: list[tuple[float, str]], level: float
) -> None:
    values, communities = zip(*pairs, strict=True)
    interval = bootstrap_interval(values, communities, draws=40, level=level, seed=7)
    wider = bootstrap_interval(values, communities, draws=40, level=0.99, seed=7)
    assert (
        min(values) - 1e-9 <= wider.low <= interval.low <= interval.high <= wider.high <= max(values) + 1e-9
    )


@settings(max_examples=50)
@given(rows)
def test_names_of_communities_that_keep_their_order_change_nothing(pairs: list[tuple[float, str]]) -> None:
    values, communities = zip(*pairs, strict=True)
    renamed = [f"community {name}" for name in communities]
    assert bootstrap_interval(values, communities, draws=20, seed=7) == bootstrap_interval(
        values, renamed, draws=20, seed=7
    )


def test_a_paired_difference_is_sure_of_what_is_true_of_every_item() -> None:
    b = np.random.default_rng(7).random(30)
    difference = paired_difference(b + 0.1, b, ["tea", "coffee", "cake"] * 10, seed=7)
    assert difference.mean == pytest.approx(0.1)
    assert difference.low == pytest.approx(0.1)
    assert difference.probability == 1.0
    # Unpaired, the two intervals overlap by far.
    assert (
        bootstrap_interval(b + 0.1, ["tea"] * 30, seed=7).low
        < bootstrap_interval(b, ["tea"] * 30, seed=7).high
    )


def test_a_lower_figure_is_better_where_it_is_an_error() -> None:
    errors, communities = np.array([0.2, 0.3, 0.4]), ["tea", "tea", "coffee"]
    assert paired_difference(errors - 0.1, errors, communities, seed=7).probability == 0.0
    lower = paired_difference(errors - 0.1, errors, communities, higher_is_better=False, seed=7)
    assert lower.probability == 1.0
    assert lower.mean == pytest.approx(-0.1)


def test_a_predictor_against_itself_is_even() -> None:
    difference = paired_difference([0.1, 0.7], [0.1, 0.7], ["tea", "coffee"], seed=7)
    assert (difference.mean, difference.low, difference.high, difference.probability) == (0.0, 0.0, 0.0, 0.5)


def test_the_probability_of_a_difference_is_the_share_of_resamples() -> None:
    # Differences 1 and -1: resampled sums are 2, 0, -2 with 1/4, 1/2, 1/4; half of the even ones count.
    difference = paired_difference([1.0, 0.0], [0.0, 1.0], ["tea", "tea"], draws=4000, seed=7)
    assert difference.probability == pytest.approx(0.5, abs=0.03)
    # Differences 1 and -1/2: the even draw has the sum 1/2, so only the pair of -1/2 is lost.
    uneven = paired_difference([1.0, 0.0], [0.0, 0.5], ["tea", "tea"], draws=4000, seed=7)
    assert uneven.probability == pytest.approx(0.75, abs=0.03)


def test_a_pair_with_one_undefined_figure_is_left_out() -> None:
    difference = paired_difference([1.0, None, 0.5], [0.0, 0.0, None], ["tea"] * 3, seed=7)
    assert (difference.n, difference.undefined, difference.mean) == (1, 2, 1.0)
    assert difference.low is None and difference.probability is None


def test_swapping_the_predictors_turns_the_difference_round() -> None:
    rng = np.random.default_rng(7)
    a, b, communities = rng.random(40), rng.random(40), ["tea", "coffee"] * 20
    there = paired_difference(a, b, communities, seed=7)
    back = paired_difference(b, a, communities, seed=7)
    assert there.mean == pytest.approx(-back.mean)
    assert there.low == pytest.approx(-back.high)
    assert there.probability == pytest.approx(1 - back.probability)


def test_five_thousand_items_are_resampled_a_thousand_times_within_a_second() -> None:
    values = np.random.default_rng(7).random(5000)
    communities = [f"community {index % 40}" for index in range(5000)]
    began = time.process_time()
    bootstrap_interval(values, communities, seed=7)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("values", "options"),
    [
        ([0.1], {}),
        ([[0.1, 0.2]], {}),
        ([0.1, np.inf], {}),
        ([0.1, 0.2], {"draws": 0}),
        ([0.1, 0.2], {"level": 0}),
        ([0.1, 0.2], {"level": 95}),
    ],
)
def test_what_cannot_be_resampled_is_refused(values, options) -> None:
    with pytest.raises(InputError):
        bootstrap_interval(values, ["tea", "coffee"], seed=7, **options)
    with pytest.raises(InputError):
        paired_difference(values, np.zeros_like(values), ["tea", "coffee"], seed=7, **options)


def test_figures_of_different_items_make_no_pairs() -> None:
    with pytest.raises(InputError, match="same items"):
        paired_difference([0.1, 0.2], [0.1], ["tea", "tea"], seed=7)


def test_a_large_community_counts_for_as_many_items_as_it_has() -> None:
    # A one beside nine zeros: resamples of the two have the means 0, 1/10, 1 with 1/4, 1/2, 1/4.
    names = ["tea"] + ["coffee"] * 9
    interval = bootstrap_interval([1.0] + [0.0] * 9, names, statistic=np.mean, level=0.1, seed=7)
    assert (interval.low, interval.mean, interval.high) == (0.1, 0.1, 0.1)


def test_the_percentiles_are_those_of_students_t_expanded_for_few_units() -> None:
    # Of 10,001 resamples that come to 0, 1, 2 ...; t is 2.7764 at 4 degrees of freedom, times sqrt(5 / 4).
    figures = iter(range(-1, 10_001))
    interval = bootstrap_interval(
        [0.0] * 5, ["tea"] * 5, statistic=lambda _: float(next(figures)), draws=10_001, seed=7
    )
    tail = NormalDist().cdf(-2.776445 * math.sqrt(5 / 4))
    assert interval.low == pytest.approx(10_000 * tail, abs=0.01)
    assert interval.high == pytest.approx(10_000 * (1 - tail), abs=0.01)


def test_the_probability_is_taken_of_whichever_resamples_spread_more() -> None:
    # Alike communities: all spread is that of four draws from {1, -.8}, and two ones in four are enough.
    alike = paired_difference([1.0, -0.8] * 2, [0.0] * 4, ["tea"] * 2 + ["coffee"] * 2, draws=4000, seed=7)
    assert alike.probability == pytest.approx(11 / 16, abs=0.03)
    # Communities apart: that of two draws from {1, -.5}, of which only the pair of -.5 is lost.
    names = ["tea"] * 10 + ["coffee"] * 10
    apart = paired_difference([1.0] * 10 + [-0.5] * 10, [0.0] * 20, names, draws=4000, seed=7)
    assert apart.probability == pytest.approx(3 / 4, abs=0.03)


def test_so_many_items_that_none_is_drawn_have_the_interval_of_the_normal_distribution() -> None:
    values = np.random.default_rng(7).random(FEW + 1000) + 0.3
    interval = bootstrap_interval(values, ["tea"] * len(values), draws=4000, seed=7)
    half = 1.96 * values.std() / math.sqrt(len(values))
    assert interval.low == pytest.approx(values.mean() - half, abs=half / 8)
    assert interval.high == pytest.approx(values.mean() + half, abs=half / 8)


def test_there_are_as_many_resamples_as_are_told() -> None:
    for seed in range(8):
        one = paired_difference([1.0, -2.0], [0.0, 0.0], ["tea"] * 2, draws=1, seed=seed)
        assert one.probability in {0.0, 1.0}


def test_a_ratio_is_that_of_the_means_and_a_resample_without_a_divisor_is_left_out() -> None:
    # Pairs of the two items: 2 / 6, 2 / 2, and 2 / -2, which is no ratio.
    ratio = Resampling(["tea"] * 2, seed=7).ratio([1.0, 1.0], [3.0, -1.0])
    assert (ratio.low, ratio.mean, ratio.high) == (pytest.approx(1 / 3), 1.0, 1.0)


def test_a_ratio_is_of_what_both_are_defined_for() -> None:
    ratio = Resampling(["tea"] * 3, seed=7).ratio([1.0, None, 3.0], [2.0, 5.0, None])
    assert (ratio.mean, ratio.low, ratio.n, ratio.undefined) == (0.5, None, 1, 2)


@pytest.mark.parametrize("below", [[-1.0, 0.5], [0.0, 0.0], [None, None]])
def test_without_anything_to_divide_by_there_is_no_ratio(below) -> None:
    ratio = Resampling(["tea", "coffee"], seed=7).ratio([1.0, 1.0], below)
    assert (ratio.mean, ratio.low, ratio.high) == (None, None, None)


def test_a_ratio_of_what_is_proportional_is_known_without_doubt_and_drawn_by_communities() -> None:
    below = np.random.default_rng(7).random(30)
    ratio = Resampling(["tea", "coffee", "cake"] * 10, seed=7).ratio(0.7 * below, below)
    assert (ratio.low, ratio.mean, ratio.high) == pytest.approx((0.7, 0.7, 0.7))
    assert (ratio.by, ratio.communities, ratio.n) == ("communities", 3, 30)


def test_the_same_community_is_the_same_however_long_its_name() -> None:
    names = ["x" * 100_000 + end for end in ("tea", "coffee", "tea\0")]
    interval = bootstrap_interval([0.0, 0.5, 1.0], names, seed=7)
    assert interval.communities == 3


def test_figures_on_the_same_judgements_are_resampled_alike_in_whatever_order_they_are_asked_for() -> None:
    values = np.random.default_rng(7).random(30)
    names = ["tea", "coffee", "cake"] * 10
    gaps = np.where(np.arange(30) % 3 == 2, np.nan, values)
    resampling = Resampling(names, seed=7)
    first, fewer, again = (resampling.interval(each) for each in (values, gaps, values))
    assert first == again == bootstrap_interval(values, names, seed=7)
    assert fewer == bootstrap_interval(gaps, names, seed=7)
    assert (first.communities, fewer.communities) == (3, 2)


@pytest.mark.parametrize("groups", [2, 3])
def test_with_two_or_three_communities_that_differ_an_interval_is_as_wide_as_it_must_be(groups: int) -> None:
    rng = np.random.default_rng(groups)
    names = np.repeat([f"community {index}" for index in range(groups)], 20).tolist()
    covered = 0
    for trial in range(200):
        values = np.repeat(rng.normal(size=groups), 20) + rng.normal(size=20 * groups)
        interval = bootstrap_interval(values, names, draws=200, seed=trial)
        covered += interval.low <= 0 <= interval.high
    # Between two communities a standard normal apart, t goes beyond the values themselves, where it is cut off.
    assert covered / 200 > 0.88


def test_with_two_communities_the_bounds_are_students_by_hand() -> None:
    # Means 1 and 3, n = 4: e = (-2, 2), se = sqrt(2 * 8) / 4 = 1, t(.6 each side, 1 df) = 0.3249.
    values = [0.0, 2.0, 2.0, 4.0]
    interval = bootstrap_interval(values, ["tea", "tea", "cats", "cats"], level=0.2, seed=7)
    assert interval.mean == 2
    assert interval.high >= 2 + 0.3249 and interval.low <= 2 - 0.3249
