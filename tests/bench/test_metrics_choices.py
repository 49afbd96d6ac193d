"""Right choices and rankings: answers known by hand, and what holds for all options."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import kendalltau

from bench.metrics import accuracy, kendall_tau_b, top_one
from personas.errors import InputError

# Whole numbers, so that ties are frequent and exact.
pairs_of_scores = st.integers(2, 7).flatmap(
    lambda k: st.tuples(*[st.lists(st.integers(0, 4), min_size=k, max_size=k) for _ in range(2)])
)


def test_a_choice_is_right_when_it_is_the_truth_or_one_of_the_truths() -> None:
    assert accuracy(1, 1) == 1.0
    assert accuracy(0, 1) == 0.0
    assert accuracy(2, (0, 2)) == 1.0
    assert accuracy(np.int64(1), np.int64(1)) == 1.0


def test_an_abstention_is_never_right() -> None:
    assert accuracy(None, 0) == 0.0
    assert accuracy(None, ()) == 0.0


def test_top_one_is_right_on_any_of_the_tied_real_options() -> None:
    real = [0.4, 0.4, 0.2]
    assert top_one([0.7, 0.2, 0.1], real) == 1.0
    assert top_one([0.2, 0.7, 0.1], real) == 1.0
    assert top_one([0.1, 0.2, 0.7], real) == 0.0


def test_a_tied_prediction_scores_what_a_choice_at_random_among_the_tied_would() -> None:
    assert top_one([0.25, 0.25, 0.25, 0.25], [0.1, 0.2, 0.3, 0.4]) == 0.25
    assert top_one([0.25, 0.25, 0.25, 0.25], [0.1, 0.1, 0.4, 0.4]) == 0.5
    assert top_one([0.4, 0.4, 0.2], [0.1, 0.1, 0.8]) == 0.0


def test_shares_that_differ_by_rounding_alone_are_tied() -> None:
    assert 0.1 + 0.2 != 0.3
    assert top_one([0.1 + 0.2, 0.3, 0.4 - 1e-3], [0.1, 0.1, 0.8]) == 1.0
    assert top_one([0.1 + 0.2, 0.3, 0.1], [0.1, 0.8, 0.1]) == 0.5
    assert kendall_tau_b([0.1 + 0.2, 0.3], [0.4, 0.6]) is None


@pytest.mark.parametrize(
    ("predicted", "real", "expected"),
    [
        ([1, 2, 3, 4], [1, 2, 3, 4], 1.0),
        ([1, 2, 3, 4], [4, 3, 2, 1], -1.0),
        ([1, 2, 3], [1, 3, 2], 1 / 3),
        # Pairs: (1,2) tied left, (1,3) and (2,3) concordant: 2 / sqrt(2 * 3).
        ([1, 1, 2], [1, 2, 3], 2 / 6**0.5),
    ],
)
def test_tau_b_of_small_rankings_is_the_one_worked_out_by_hand(
    predicted: list[int], real: list[int], expected: float
) -> None:
    assert kendall_tau_b(predicted, real) == pytest.approx(expected, abs=1e-12)


def test_tau_b_is_undefined_where_a_side_is_constant() -> None:
    assert kendall_tau_b([1, 1, 1], [1, 2, 3]) is None
    assert kendall_tau_b([1, 2, 3], [1, 1, 1]) is None


@given(pairs_of_scores)
def test_tau_b_equals_scipys(pair: tuple[list[int], list[int]]) -> None:
    ours = kendall_tau_b(*pair)
    theirs = kendalltau(*pair, variant="b").statistic
    assert (ours is None) == bool(np.isnan(theirs))
    assert ours is None or ours == pytest.approx(theirs, abs=1e-12)


@given(pairs_of_scores)
def test_tau_b_is_symmetric_turns_with_a_side_and_stays_in_its_bounds(
    pair: tuple[list[int], list[int]],
) -> None:
    left, right = pair
    tau = kendall_tau_b(left, right)
    assert kendall_tau_b(right, left) == tau
    if tau is not None:
        assert -1 - 1e-12 <= tau <= 1 + 1e-12
        assert kendall_tau_b([-score for score in left], right) == -tau
        assert kendall_tau_b(left, left) == pytest.approx(1.0)


@given(pairs_of_scores, st.randoms(use_true_random=False))
def test_the_order_of_the_options_changes_no_choice_metric(
    pair: tuple[list[int], list[int]], random: object
) -> None:
    left, right = pair
    order = list(range(len(left)))
    random.shuffle(order)  # type: ignore[attr-defined]
    moved = [left[index] for index in order], [right[index] for index in order]
    assert top_one(*moved) == top_one(left, right)
    assert kendall_tau_b(*moved) == kendall_tau_b(left, right)


@given(pairs_of_scores)
def test_top_one_is_a_probability_and_1_for_the_real_scores_themselves(
    pair: tuple[list[int], list[int]],
) -> None:
    assert 0 <= top_one(*pair) <= 1
    assert top_one(pair[1], pair[1]) == 1.0


@pytest.mark.parametrize("metric", [top_one, kendall_tau_b])
@pytest.mark.parametrize(
    ("predicted", "real"),
    [
        ([1, 2], [1, 2, 3]),
        ([1], [1]),
        ([], []),
        ([[1, 2]], [[1, 2]]),
        ([1, np.nan], [1, 2]),
        ([1, 2], [1, np.inf]),
    ],
)
def test_vectors_that_cannot_be_compared_are_refused(metric, predicted, real) -> None:
    with pytest.raises(InputError):
        metric(predicted, real)
