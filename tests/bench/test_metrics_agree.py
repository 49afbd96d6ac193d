"""Every metric agrees to 1e-9 with scipy, scikit-learn or a value by hand, where there are ties, zeros and single voters."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy, kendalltau, wasserstein_distance
from sklearn.calibration import calibration_curve
from sklearn.metrics import accuracy_score, mean_absolute_error
from sklearn.metrics import log_loss as sklearn_log_loss

from bench.ceiling import replicates
from bench.metrics import earth_movers, jensen_shannon, kendall_tau_b, log_loss, share_error, top_one
from bench.metrics.calibration import calibration_bins, calibration_error
from bench.metrics.rows import jensen_shannon_rows
from bench.tasks.cases import ACCURACY, METRICS, ORDERED
from personas.endorsement import rate
from simulator.item import RealVotes

CLOSE = 1e-9


def close(value):
    return pytest.approx(value, abs=CLOSE, rel=CLOSE)


def distributions(k):
    """Shares of few voters: full of zeros and ties, single voters among them."""
    counts = st.lists(st.integers(0, 4), min_size=k, max_size=k).filter(any)
    return counts.map(lambda row: np.array(row) / sum(row))


pairs = st.integers(2, 7).flatmap(lambda k: st.tuples(distributions(k), distributions(k)))
groups = st.integers(2, 6).flatmap(
    lambda k: st.tuples(st.lists(distributions(k), min_size=1, max_size=6), distributions(k))
)


@given(pairs)
def test_the_rank_correlation_is_scipys(pair):
    ours, theirs = kendall_tau_b(*pair), kendalltau(*pair, variant="b").statistic
    assert (ours is None) == bool(np.isnan(theirs))
    assert ours is None or ours == close(theirs)


@given(pairs)
def test_the_divergence_is_scipys_distance_squared(pair):
    # scipy takes the root of rounding errors; its square is exact enough.
    theirs = jensenshannon(*pair, base=2)
    assert jensen_shannon(*pair) == close(0.0 if np.isnan(theirs) else theirs**2)


@given(pairs)
def test_the_mean_absolute_error_is_scikit_learns(pair):
    assert share_error(*pair) == close(mean_absolute_error(pair[1], pair[0]))


@given(pairs)
def test_the_log_loss_is_scipys_cross_entropy_with_the_same_floor(pair):
    predicted, real = pair
    raised = np.maximum(predicted, 1e-6)
    raised /= raised.sum()
    assert log_loss(predicted, real) == close(entropy(real, base=2) + entropy(real, raised, base=2))


@given(st.integers(2, 6).flatmap(lambda k: st.tuples(distributions(k), st.integers(0, k - 1))))
def test_of_a_single_voter_the_log_loss_is_scikit_learns_in_bits(case):
    predicted, chosen = case
    real = np.eye(len(predicted))[chosen]
    raised = np.maximum(predicted, 1e-6)
    raised /= raised.sum()
    theirs = sklearn_log_loss([chosen], [raised], labels=range(len(predicted))) / math.log(2)
    assert log_loss(predicted, real) == close(theirs)


@given(pairs)
def test_the_earth_movers_distance_is_scipys_on_a_scale_of_length_one(pair):
    places = np.linspace(0, 1, len(pair[0]))
    assert earth_movers(*pair) == close(wasserstein_distance(places, places, *pair))


@given(st.integers(2, 6).flatmap(lambda k: st.tuples(st.permutations(range(k)), st.integers(0, k - 1))))
def test_without_ties_top_one_is_scikit_learns_accuracy(case):
    ranking, chosen = case
    predicted = np.array(ranking, float) / sum(ranking)
    real = np.eye(len(ranking))[chosen]
    assert top_one(predicted, real) == accuracy_score([chosen], [int(np.argmax(predicted))])


def test_with_ties_top_one_is_what_drawing_among_the_tied_scores_on_average():
    # Predicted 0 and 1 tie, real 1 and 2 tie: one of two guesses is right.
    assert top_one([0.4, 0.4, 0.2], [0.2, 0.4, 0.4]) == close(0.5)
    # All predicted tie, one of four is right; all real tie, any guess is.
    assert top_one([0.25] * 4, [1, 0, 0, 0]) == close(0.25)
    assert top_one([0.7, 0.1, 0.1, 0.1], [0.25] * 4) == close(1.0)


@given(st.lists(st.tuples(st.integers(0, 100), st.booleans()), min_size=1, max_size=40))
def test_calibration_bins_are_scikit_learns(rows):
    # Their bins are closed to the left and ours, as in Guo et al., to the right: confidences between edges agree.
    sure = np.array([min(99.5, each + 0.5) / 100 for each, _ in rows])
    right = np.array([float(hit) for _, hit in rows])
    theirs = calibration_curve(right, sure, n_bins=10, strategy="uniform")
    ours = calibration_bins(sure, right)
    assert [each[1] for each in ours] == close(list(theirs[0]))
    assert [each[0] for each in ours] == close(list(theirs[1]))
    weights = [each[2] for each in ours]
    gaps = [abs(confidence - accuracy) for confidence, accuracy, _ in ours]
    assert calibration_error(sure, right) == close(np.average(gaps, weights=weights))


@given(groups)
@pytest.mark.parametrize("metric", [*METRICS, ACCURACY, ORDERED], ids=lambda metric: metric.name)
def test_of_many_rows_each_metric_is_what_it_is_of_each(metric, group):
    rows, real = group
    found = metric.rows(np.array(rows), real)
    for each, row in zip(found, rows, strict=True):
        one = metric.one(row, real)
        assert (one is None) == bool(np.isnan(each))
        assert one is None or each == close(one)


@given(groups)
@pytest.mark.parametrize("metric", [*METRICS, ACCURACY, ORDERED], ids=lambda metric: metric.name)
def test_each_row_can_be_held_against_a_real_one_of_its_own(metric, group):
    rows, real = group
    own = np.array([np.roll(real, step) for step in range(len(rows))])
    for each, row, votes in zip(metric.rows(np.array(rows), own), rows, own, strict=True):
        one = metric.one(row, votes)
        assert (one is None) == bool(np.isnan(each))
        assert one is None or each == close(one)


def test_endorsements_are_those_by_hand_for_nobody_one_voter_and_many():
    assert [rate(0, 0), rate(1, 0), rate(0, 1), rate(3, 1)] == close([1 / 2, 2 / 3, 1 / 3, 4 / 6])
    assert rate(2, 1, a0=0.5, b0=1.5) == close(2.5 / 5)


def test_a_second_sample_of_a_single_voter_is_one_choice_as_likely_as_the_posterior_says():
    votes = RealVotes(shares=(1.0, 0.0), voters=1)
    samples = replicates(votes, kind="choice", draws=20_000, seed=3)
    assert set(map(tuple, samples)) == {(1.0, 0.0), (0.0, 1.0)}
    # p ~ Beta(3/2, 1/2), so the first is chosen again with probability 3/4.
    assert samples[:, 0].mean() == pytest.approx(0.75, abs=4 * math.sqrt(0.75 * 0.25 / 20_000))


ROUNDED = [(0.1 + 0.2, 0.3, 0.4 - 4e-17), (0.4, 0.3 + 3e-10, 0.3 - 3e-10), (0.2, 0.4 - 3e-10, 0.4 + 3e-10)]


@pytest.mark.parametrize("metric", [*METRICS, ORDERED], ids=lambda metric: metric.name)
@pytest.mark.parametrize("real", [(0.4 + 3e-10, 0.4 - 3e-10, 0.2), (0.25, 0.5, 0.25), (1.0, 0.0, 0.0)])
def test_one_by_one_or_all_at_once_shares_within_rounding_are_tied(metric, real):
    rows, votes = np.array([*ROUNDED, real]), np.array(real)
    one_by_one = [metric.one(row, votes) for row in rows]
    assert metric.rows(rows.copy(), votes) == pytest.approx(
        [np.nan if one is None else one for one in one_by_one], abs=CLOSE, nan_ok=True
    )


def test_a_divergence_of_many_at_once_is_never_less_than_nothing():
    rows = np.random.default_rng(7).dirichlet((0.5, 0.5, 0.5), size=500)
    for row in rows:
        off = row + np.array([1e-9, 0, 0])
        assert 0 <= jensen_shannon_rows(row[None], off / off.sum())[0] <= 1
