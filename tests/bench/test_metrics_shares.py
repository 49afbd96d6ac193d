"""Distances of distributions: answers known by hand, bounds, symmetry, and what permuting the options does."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import wasserstein_distance

from bench.metrics import earth_movers, jensen_shannon, jensen_shannon_distance, log_loss, share_error
from personas.errors import InputError

METRICS = [jensen_shannon, jensen_shannon_distance, share_error, log_loss, earth_movers]
DISTANCES = [jensen_shannon, jensen_shannon_distance, share_error, earth_movers]


def distributions(k: int) -> st.SearchStrategy[np.ndarray]:
    weights = st.lists(st.integers(0, 20), min_size=k, max_size=k).filter(any)
    return weights.map(lambda row: np.array(row) / sum(row))


pairs = st.integers(2, 8).flatmap(lambda k: st.tuples(distributions(k), distributions(k)))


def test_the_divergence_is_0_for_equal_and_1_for_disjoint_shares() -> None:
    assert jensen_shannon([0.3, 0.7], [0.3, 0.7]) == 0.0
    assert jensen_shannon([0.5, 0.5, 0, 0], [0, 0, 0.1, 0.9]) == pytest.approx(1.0)


def test_the_divergence_of_a_sure_and_an_even_choice_is_the_one_worked_out_by_hand() -> None:
    # m = (3/4, 1/4); KL((1, 0), m) = log2(4/3); KL((1/2, 1/2), m) = 1/2 log2(2/3) + 1/2 log2(2).
    by_hand = (math.log2(4 / 3) + 0.5 * math.log2(2 / 3) + 0.5) / 2
    assert jensen_shannon([1, 0], [0.5, 0.5]) == pytest.approx(by_hand)
    assert jensen_shannon_distance([1, 0], [0.5, 0.5]) == pytest.approx(math.sqrt(by_hand))


@given(pairs)
def test_the_distance_equals_scipys(pair: tuple[np.ndarray, np.ndarray]) -> None:
    # scipy's divergence of near-equal vectors is rounding noise, whose root is large: compare the squares.
    assert jensen_shannon(*pair) == pytest.approx(np.nan_to_num(jensenshannon(*pair, base=2)) ** 2, abs=1e-12)
    assert jensen_shannon_distance(*pair) ** 2 == pytest.approx(jensen_shannon(*pair), abs=1e-12)


def test_the_share_error_is_the_mean_over_the_options() -> None:
    assert share_error([0.8, 0.2], [0.5, 0.5]) == pytest.approx(0.3)
    assert share_error([1, 0, 0, 0], [0, 1, 0, 0]) == pytest.approx(0.5)


def test_the_log_loss_is_in_bits() -> None:
    assert log_loss([0.25, 0.25, 0.25, 0.25], [0.1, 0.2, 0.3, 0.4]) == pytest.approx(2.0)
    assert log_loss([0.5, 0.25, 0.25], [0.5, 0.5, 0.0]) == pytest.approx(1.5)


def test_a_share_of_0_costs_the_floor_and_not_infinity() -> None:
    assert log_loss([1, 0], [0, 1], floor=1 / 1023) == pytest.approx(10.0)
    assert log_loss([1, 0], [0, 1]) == pytest.approx(math.log2(1e6), abs=1e-3)
    assert log_loss([1, 0], [1, 0]) == pytest.approx(0.0, abs=1e-5)


@pytest.mark.parametrize("floor", [0, -1, 0.51, math.nan])
def test_a_floor_that_no_distribution_can_keep_is_refused(floor: float) -> None:
    with pytest.raises(InputError, match="floor"):
        log_loss([0.5, 0.5], [0.5, 0.5], floor=floor)


@given(pairs)
def test_no_prediction_has_a_lower_log_loss_than_the_real_shares(pair: tuple[np.ndarray, np.ndarray]) -> None:
    predicted, real = pair
    entropy = -sum(share * math.log2(share) for share in real if share > 0)
    assert log_loss(predicted, real) >= entropy - 1e-9
    assert log_loss(real, real) == pytest.approx(entropy, abs=1e-4)


def test_the_earth_movers_distance_counts_how_far_along_the_scale_shares_move() -> None:
    assert earth_movers([1, 0, 0, 0, 0], [0, 0, 0, 0, 1]) == 1.0
    assert earth_movers([1, 0, 0, 0, 0], [0, 1, 0, 0, 0]) == 0.25
    assert earth_movers([0.5, 0, 0.5], [0, 1, 0]) == 0.5


@given(pairs)
def test_the_earth_movers_distance_equals_scipys_on_a_unit_scale(pair: tuple[np.ndarray, np.ndarray]) -> None:
    scale = np.linspace(0, 1, len(pair[0]))
    assert earth_movers(*pair) == pytest.approx(wasserstein_distance(scale, scale, *pair), abs=1e-9)


@pytest.mark.parametrize("distance", DISTANCES)
@given(pair=pairs)
def test_a_distance_is_symmetric_within_0_and_1_and_0_for_equal_shares_only(distance, pair) -> None:
    p, q = pair
    assert distance(p, q) == pytest.approx(distance(q, p), abs=1e-12)
    assert 0 <= distance(p, q) <= 1
    assert distance(p, p) == 0.0
    assert distance(p, q) > 0 or np.allclose(p, q)


@given(pair=pairs)
def test_the_share_error_is_at_most_2_over_k(pair: tuple[np.ndarray, np.ndarray]) -> None:
    assert share_error(*pair) <= 2 / len(pair[0]) + 1e-12


@pytest.mark.parametrize("metric", [jensen_shannon, jensen_shannon_distance, share_error, log_loss])
@given(pair=pairs, random=st.randoms(use_true_random=False))
def test_the_order_of_the_options_changes_nothing(metric, pair, random) -> None:
    order = list(range(len(pair[0])))
    random.shuffle(order)
    assert metric(pair[0][order], pair[1][order]) == pytest.approx(metric(*pair), abs=1e-9)


def test_the_order_of_the_options_matters_to_the_earth_movers_distance_but_not_its_direction() -> None:
    p, q = [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]
    assert earth_movers(p[::-1], q[::-1]) == earth_movers(p, q) == 1.0
    assert earth_movers([1, 0, 0], [0, 1, 0]) == 0.5


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize(
    "bad", [[0.5, 0.6], [1.5, -0.5], [0.5, math.nan], [1.0], [0.2, 0.3, 0.5], [[0.5, 0.5]], [50, 50]]
)
def test_what_is_no_distribution_over_the_same_options_is_refused_on_either_side(metric, bad) -> None:
    with pytest.raises(InputError):
        metric(bad, [0.5, 0.5])
    with pytest.raises(InputError):
        metric([0.5, 0.5], bad)
