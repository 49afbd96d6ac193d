"""Calibration: answers known by hand, and what holds for all predictions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.metrics import calibration_error
from personas.errors import InputError

predictions = st.lists(st.tuples(st.floats(0, 1), st.sampled_from([0.0, 0.5, 1.0])), min_size=1, max_size=40)


def test_a_predictor_that_is_right_as_often_as_it_says_has_no_error() -> None:
    assert calibration_error([0.75] * 4, [1, 1, 1, 0]) == 0.0
    assert calibration_error([1.0, 0.0], [1, 0]) == 0.0


def test_the_error_of_two_bins_is_weighted_by_their_predictions() -> None:
    # Bin of 0.9: |0.9 - 2/3| with three of four; bin of 0.2: |0.2 - 1| with one of four.
    expected = 3 / 4 * abs(0.9 - 2 / 3) + 1 / 4 * 0.8
    assert calibration_error([0.9, 0.9, 0.9, 0.2], [1, 1, 0, 1]) == pytest.approx(expected)


def test_a_predictor_that_is_always_sure_and_always_wrong_has_an_error_of_1() -> None:
    assert calibration_error([1.0] * 5, [0] * 5) == 1.0


@pytest.mark.parametrize("tenth", range(1, 10))
def test_an_edge_belongs_to_the_bin_below_it(tenth: int) -> None:
    edge = tenth / 10
    just_above, just_below = np.nextafter(edge, 1), np.nextafter(edge, 0)
    # In one bin a hit and a miss cancel to |edge - 1/2|; in two bins the gaps add up to 1/2.
    assert calibration_error([edge, just_below], [1, 0]) == pytest.approx(abs(edge - 0.5))
    assert calibration_error([edge, just_above], [1, 0]) == pytest.approx(0.5)


def test_no_prediction_has_no_error() -> None:
    assert calibration_error([], []) is None


@given(predictions, st.integers(1, 20))
def test_the_error_lies_in_0_and_1_and_no_less_than_that_of_one_bin(
    rows: list[tuple[float, float]], bins: int
) -> None:
    said, found = np.array(rows).T
    error = calibration_error(said, found, bins)
    assert 0 <= error <= 1
    assert error >= calibration_error(said, found, 1) - 1e-12
    assert calibration_error(said, found, 1) == pytest.approx(abs(said.mean() - found.mean()))


@given(predictions, st.randoms(use_true_random=False))
def test_the_order_of_the_predictions_changes_nothing(rows: list[tuple[float, float]], random) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    before, after = (calibration_error(*np.array(kept).T) for kept in (rows, shuffled))
    assert after == pytest.approx(before, abs=1e-12)


@pytest.mark.parametrize(
    ("confidences", "hits", "bins"),
    [
        ([0.5], [1, 0], 10),
        ([0.5], [1], 0),
        ([50], [1], 10),
        ([0.5], [2], 10),
        ([np.nan], [1], 10),
        ([[0.5]], [[1]], 10),
    ],
)
def test_what_is_no_confidence_is_refused(confidences, hits, bins) -> None:
    with pytest.raises(InputError):
        calibration_error(confidences, hits, bins)
