"""Every formula on cases worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.granularity.groups import everybody, placed, placement, smoothed, weights
from bench.granularity.levels import Levels, OwnChoices, nearness, normalised, shrunk
from bench.granularity.plot import spread, ticks
from bench.granularity.scoring import METRICS, scored
from bench.granularity.tuning import (
    SHARPNESS,
    STRENGTHS,
    choose_group,
    chosen,
    group_errors,
    own_errors,
    rest_of,
)

from .conftest import counts_of, place_of, trial_of

FLAT = np.ones((4, 1), np.float32)
HALF = np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)


def test_rates_have_the_uniform_prior_and_those_of_communities_lean_on_everybodys():
    assert everybody(np.array([3.0, 0.0]), np.array([4.0, 0.0]), np.array([2, 4])).tolist() == [4 / 6, 1 / 4]
    assert smoothed(np.array([3.0]), np.array([4.0]), np.array([0.5])).tolist() == [4 / 6]


def test_a_person_is_placed_by_log_share_and_log_rates_of_the_others():
    # three others of the first community agree with both claims, two of the second reject both
    place = place_of([[1, 1], [1, 1], [1, 1], [1, 1], [-1, -1], [-1, -1]])
    trial = trial_of(place, tried=(0,), known=(1, 2))
    counts = counts_of(trial, [0, 0, 0, 0, 1, 1])
    everyone = (3 + 1) / (5 + 2)
    first, second = (3 + 2 * everyone) / 5, (0 + 2 * everyone) / 4
    one = [math.log(3 + 1) + math.log(first), math.log(2 + 1) + math.log(second)]
    assert placement(trial, counts, known=1)[0].tolist() == pytest.approx(one, abs=1e-12)
    two = [one[0] + math.log(first), one[1] + math.log(second)]
    assert placement(trial, counts, known=2)[0].tolist() == pytest.approx(two, abs=1e-12)
    assert placed(placement(trial, counts, known=2)).tolist() == [1]
    odds = math.exp(two[0] - two[1])
    assert weights(placement(trial, counts, known=2))[0].tolist() == pytest.approx(
        [odds / (1 + odds), 1 / (1 + odds)]
    )


def test_rejecting_what_a_community_endorses_speaks_against_it():
    place = place_of([[-1], [1], [1], [1], [-1], [-1]])
    trial = trial_of(place)
    fits = placement(trial, counts_of(trial, [0, 0, 0, 0, 1, 1]), known=1)
    everyone = (3 + 1) / (5 + 2)
    first, second = (3 + 2 * everyone) / 5, (0 + 2 * everyone) / 4
    assert fits[0].tolist() == pytest.approx(
        [math.log(4) + math.log(1 - first), math.log(3) + math.log(1 - second)]
    )
    assert placed(fits).tolist() == [2]


def test_of_a_question_with_options_only_the_chosen_one_counts_for_the_placement():
    place = place_of([[1, -1, -1], [1, -1, -1], [-1, 1, -1]], question=[0, 0, 0])
    trial = trial_of(place, order=[0, 0, 0])
    fits = placement(trial, counts_of(trial, [0, 0, 1]), known=1)
    everyone = (1 + 1) / (2 + 3)
    expected = [
        math.log(1 + 1) + math.log((1 + 2 * everyone) / 3),
        math.log(1 + 1) + math.log((0 + 2 * everyone) / 3),
    ]
    assert fits[0].tolist() == pytest.approx(expected, abs=1e-12)


def test_a_persons_own_votes_are_taken_out_of_its_groups_and_of_no_other():
    place = place_of([[1, -1], [1, 1], [-1, 1]])
    trial = trial_of(place, tried=(0, 2))
    counts = counts_of(trial, [0, 0, 1])
    up, total = counts.of_others(np.array([0, 0]))
    assert up.tolist() == [[1, 2], [2, 1]] and total.tolist() == [[2, 2], [2, 2]]
    up, total = counts.of_others(np.array([1, 1]))
    assert up.tolist() == [[1, 1], [2, 1]] and total.tolist() == [[1, 1], [2, 2]]
    up, total = counts.of_others(np.array([2, 2]))
    assert up.tolist() == [[0, 1], [0, 0]] and total.tolist() == [[1, 1], [0, 0]]


def test_people_in_no_community_count_for_everybody_alone():
    trial = trial_of(place_of([[1], [1], [1]]), tried=(2,))
    counts = counts_of(trial, [0, 0, -1])
    assert (
        counts.total.tolist() == [[3], [2]] and counts.size.tolist() == [3, 2] and counts.home.tolist() == [0]
    )


def test_nearness_falls_with_the_cosine_and_is_none_within_a_thread():
    near = nearness(np.array([[1, 0], [0, 1], [1, 0]], np.float32), np.array([0, 1, 0]), sharpness=2.0)
    assert near[0].tolist() == pytest.approx([0, math.exp(-2), 0])


def test_groups_are_told_by_content_as_the_norm_judge_tells_them():
    # two known claims, one near the third and one far; one of them was answered by more people
    place = place_of([[0, 0, 0], [1, 1, 0], [1, 0, 0], [1, 0, 0], [1, 0, 0]])
    vectors = np.array([[0, 1], [1, 0], [1, 0]], np.float32)
    trial = trial_of(place, test=(2,))
    levels = Levels(trial, counts_of(trial, [0] * 5), vectors, by_content=True)
    far, near = 2 * math.exp(-3.0), 1.0
    expected = (far * 5 / 6 + near * 2 / 3) / (far + near)
    assert levels.of_all(3.0)[0, 2] == pytest.approx(expected, abs=1e-12)


def test_groups_are_told_by_their_votes_where_those_are_known():
    place = place_of([[1, -1], [1, 1], [1, 1], [-1, -1], [-1, -1]])
    trial = trial_of(place, tried=(0,), test=())
    levels = Levels(trial, counts_of(trial, [0, 0, 0, 1, 1]), HALF, by_content=False)
    everyone = np.array([(2 + 1) / (4 + 2), (2 + 1) / (4 + 2)])
    assert levels.of_all(0.0)[0].tolist() == pytest.approx(everyone)
    assert levels.of_groups(np.array([1]), 0.0)[0].tolist() == pytest.approx((2 + 2 * everyone) / 4)
    assert levels.of_groups(np.array([2]), 0.0)[0].tolist() == pytest.approx((0 + 2 * everyone) / 4)


def test_a_group_without_votes_says_what_everybody_says_and_without_any_the_base_rate_stands():
    place = place_of([[1, 0, 1], [0, 1, 1], [0, 1, 1], [0, 0, 0]])
    trial = trial_of(place, tried=(0,), test=(2,))
    levels = Levels(trial, counts_of(trial, [0, 0, 0, 1]), np.ones((3, 1), np.float32), by_content=True)
    assert levels.of_groups(np.array([2]), 1.0) == pytest.approx(levels.of_all(1.0))
    alone = trial_of(place_of([[1, 1]]), test=(1,))
    assert Levels(alone, counts_of(alone, [0]), HALF, by_content=True).of_all(1.0).tolist() == [[0.5, 0.5]]


def test_the_base_rate_is_the_share_of_yes_among_the_others_and_even_among_options():
    trial = trial_of(place_of([[1, 1], [1, -1], [1, 0]]), tried=(0,))
    assert Levels(trial, counts_of(trial, [0, 0, 0]), HALF, by_content=True).base.tolist() == [[3 / 5, 3 / 5]]
    trial = trial_of(place_of([[1, -1, -1, -1]] * 3, question=[0] * 4), order=[0] * 4)
    assert Levels(trial, counts_of(trial, [0] * 3), FLAT, by_content=True).base.tolist() == [[0.25] * 4]


def test_own_choices_weigh_by_nearness_and_their_support_is_kishs():
    place = place_of([[1, -1, 1, 1]])
    vectors = np.array([[1, 0], [0, 1], [1, 0], [1, 0]], np.float32)
    trial = trial_of(place, known=(1, 2), test=(3,))
    own = Levels(trial, counts_of(trial, [0]), vectors, by_content=True).of_own(2, 1.0)
    far = math.exp(-1)
    assert own.mean[0, 3] == pytest.approx(1 / (1 + far))
    assert own.support[0, 3] == pytest.approx((1 + far) ** 2 / (1 + far**2))
    told = shrunk(own, np.full((1, 4), 0.2), strength=4.0)[0, 3]
    n, m = own.support[0, 3], own.mean[0, 3]
    assert told == pytest.approx((n * m + 4 * 0.2) / (n + 4))
    only = Levels(trial, counts_of(trial, [0]), vectors, by_content=True).of_own(1, 1.0)
    assert only.mean[0, 3] == pytest.approx(1.0) and only.support[0, 3] == pytest.approx(1.0)
    assert only.support[0, 0] == 0 and only.mean[0, 0] == 0.5  # a claim tells nothing of itself


def test_shares_of_options_add_up_and_a_statement_keeps_its_rate():
    told = normalised(
        np.array([[0.2, 0.2, 0.4, 0.9]]), np.array([0, 0, 0, 1]), np.array([False] * 3 + [True])
    )
    assert told[0].tolist() == pytest.approx([0.25, 0.25, 0.5, 0.9])


def test_scores_of_statements_are_those_of_the_textbook():
    place = place_of([[1, -1, 1, 1]])
    trial = trial_of(place, test=(0, 1, 2))
    found = dict(zip(METRICS, scored(trial, np.array([[0.8, 0.3, 0.5, 0.1]]))[0].tolist(), strict=True))
    assert found["Brier score"] == pytest.approx((0.04 + 0.09 + 0.25) / 3)
    assert found["accuracy"] == pytest.approx((1 + 1 + 0.5) / 3)
    assert found["mean absolute error"] == pytest.approx((0.2 + 0.3 + 0.5) / 3)
    assert found["log loss"] == pytest.approx(-(math.log(0.8) + math.log(0.7) + math.log(0.5)) / 3)


def test_scores_of_choices_compare_whole_distributions_and_share_ties():
    place = place_of([[-1, 1, -1, 1, -1, -1]], question=[0, 0, 0, 1, 1, 1])
    trial = trial_of(place, test=range(6))
    told = np.array([[0.5, 0.25, 0.25, 0.4, 0.4, 0.2]])
    found = dict(zip(METRICS, scored(trial, told)[0].tolist(), strict=True))
    first = (0.5**2 + 0.75**2 + 0.25**2) / 2
    second = (0.6**2 + 0.4**2 + 0.2**2) / 2
    assert found["Brier score"] == pytest.approx((first + second) / 2)
    assert found["accuracy"] == pytest.approx((0 + 0.5) / 2)
    assert found["mean absolute error"] == pytest.approx((0.75 + 0.6) / 2)
    assert found["log loss"] == pytest.approx(-(math.log(0.25) + math.log(0.4)) / 2)


def test_the_sharpness_is_the_one_that_tells_training_claims_best():
    # claims 0 and 1 are alike and agreed with, 2 and 3 alike and rejected: the sharper, the better
    place = place_of([[1, 1, -1, -1]] * 8)
    vectors = np.array([[1, 0], [1, 0], [0, 1], [0, 1]], np.float32)
    trial = trial_of(place)
    levels = Levels(trial, counts_of(trial, [0] * 8), vectors, by_content=True)
    errors = group_errors(levels, (0,))
    rest = 2 * math.exp(-SHARPNESS[0])
    told = (0.9 + rest * 0.1) / (1 + rest)
    assert errors[0] == pytest.approx((1 - told) ** 2)
    assert errors.tolist() == sorted(errors.tolist(), reverse=True)
    assert choose_group(levels, (0,)) >= 20
    assert chosen([np.array([np.nan])]) is None


def test_a_persons_prior_is_weighed_by_training_votes_beside_the_known_ones():
    place = place_of([[1, 1, -1, 1]])
    trial = trial_of(place, known=(2,), test=(3,))
    levels = Levels(trial, counts_of(trial, [0]), FLAT, by_content=True)
    errors = own_errors(levels, {("one per person", 2): levels.base})["one per person", 2]
    for column, strength in enumerate(STRENGTHS):  # both known say yes, the third says no
        assert errors[:, column] == pytest.approx(((2 + strength * levels.base[0, 2]) / (2 + strength)) ** 2)
    assert rest_of(levels, 2) == 1
    none = trial_of(place, known=(3,), test=(3,))
    levels = Levels(none, counts_of(none, [0]), FLAT, by_content=True)
    assert np.isnan(own_errors(levels, {("one per person", 3): levels.base})["one per person", 3]).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([True, False]))
def test_every_prediction_lies_in_0_to_1_and_shares_add_up(seed, by_content):
    rng = np.random.default_rng(seed)
    question = np.array([0, 0, 0, 1, 2, 3, 3])
    votes = np.where(rng.random((12, 7)) < 0.5, 1, -1)
    for columns in ([0, 1, 2], [5, 6]):
        votes[:, columns] = -1
        votes[np.arange(12), rng.choice(columns, 12)] = 1
    votes[np.repeat(rng.random((12, 4)) < 0.4, [3, 1, 1, 2], axis=1)] = 0
    place = place_of(votes, question=question)
    trial = trial_of(place, tried=range(12), test=(3,), order=rng.permutation(4)[question])
    counts = counts_of(trial, np.append(rng.integers(-1, 3, 11), 0))
    vectors = rng.normal(size=(7, 3)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    levels = Levels(trial, counts, vectors, by_content=by_content)
    fits = placement(trial, counts, known=2)
    told = [levels.base, levels.of_all(5.0), levels.of_groups(placed(fits), 5.0)]
    told.append(shrunk(levels.of_own(2, 5.0), levels.base, strength=0.5))
    for rates in told:
        assert ((rates > 0) & (rates < 1)).all()
        shares = normalised(rates, question, place.alone)
        assert np.add.reduceat(shares, [0, 5], axis=1)[:, 1] == pytest.approx(1)
        with np.errstate(invalid="ignore"):  # whoever has no held-out answer has no score
            assert np.isfinite(scored(trial, rates)[trial.test.any(axis=1)]).all()
    assert weights(fits).sum(axis=1) == pytest.approx(1)


@given(st.floats(-5, 5), st.floats(0, 5))
def test_ticks_are_round_few_and_span_what_they_must(low, width):
    marks = ticks(low, low + width)
    assert marks[0] <= low + 1e-6 and marks[-1] >= low + width - 1e-6 and 2 <= len(marks) <= 9


@given(st.lists(st.floats(0, 300), min_size=1, max_size=6))
def test_labels_are_apart_and_keep_their_order_and_their_middle(places):
    found = spread(sorted(places), least=15.0)
    assert all(b - a >= 15 - 1e-6 for a, b in zip(found, found[1:], strict=False))
    assert sum(found) == pytest.approx(sum(places), abs=1e-6)


def test_own_choices_without_any_support_leave_the_prior():
    own = OwnChoices(mean=np.array([[0.5]]), support=np.array([[0.0]]))
    assert shrunk(own, np.array([[0.3]]), strength=0.5).tolist() == [[0.3]]
