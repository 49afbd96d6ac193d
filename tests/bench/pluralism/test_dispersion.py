from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from bench.pluralism.dispersion import (
    across_groups,
    apart,
    cosine_distances,
    decomposed,
    dispersion,
    squared_differences,
)
from personas.errors import InputError

COUNTS = st.tuples(st.integers(1, 4), st.integers(2, 5)).flatmap(
    lambda shape: arrays(np.int64, shape, elements=st.integers(0, 9))
)


def people(counts):
    return [option for option, number in enumerate(counts) for _ in range(number)]


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ([1, 1], 1.0),  # the only two people differ
        ([2, 0], 0.0),
        ([2, 2], 4 / 6),  # 4 of 6 pairs differ
        ([3, 1], 3 / 6),
        ([1, 1, 1, 1], 1.0),
        ([5, 3, 2], 31 / 45),  # 15 + 10 + 6 of 45 pairs
    ],
)
def test_the_chance_that_two_people_choose_differently_is_the_share_of_pairs_that_do(counts, expected):
    assert dispersion(counts, apart(len(counts))) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("counts", [[0, 0], [1, 0], [0, 1]])
def test_of_fewer_than_two_people_nothing_is_known(counts):
    assert dispersion(counts, apart(2)) is None
    assert decomposed([counts], apart(2)) is None


def test_by_half_the_squared_difference_it_is_the_sample_variance():
    positions, counts = [-1.0, 0.5, 2.0], [3, 1, 2]
    expected = np.var(np.repeat(positions, counts), ddof=1)
    assert dispersion(counts, squared_differences(positions)) == pytest.approx(expected, abs=1e-12)


def test_by_cosine_it_is_one_less_the_mean_similarity():
    rows = [[1.0, 0], [0, 1], [0, 1]]
    assert dispersion([1, 1, 1], cosine_distances(rows)) == pytest.approx(2 / 3, abs=1e-12)


def test_the_estimate_is_unbiased_over_all_samples_of_a_known_population():
    population = [0] * 6 + [1] * 3 + [2]
    truth = dispersion([6, 3, 1], apart(3))
    samples = [np.bincount(sample, minlength=3) for sample in combinations(population, 4)]
    assert np.mean([dispersion(sample, apart(3)) for sample in samples]) == pytest.approx(truth, abs=1e-12)


def test_three_communities_are_split_as_by_hand():
    found = decomposed([[2, 0], [1, 1], [1, 3]], apart(2))
    within = (0 + 1 + 0.5) / 3
    across = (0.5 + 0.75 + 0.5) / 3  # (1, 0) with (.5, .5), with (.25, .75), and these two
    assert (found.within, found.across) == pytest.approx((within, across), abs=1e-12)
    assert found.between == pytest.approx(2 / 3 * (across - within), abs=1e-12)
    assert found.total == pytest.approx((3 * within + 6 * across) / 9, abs=1e-12)
    assert found.groups == 3


def test_communities_count_alike_whatever_their_size():
    small, large = decomposed([[2, 0], [0, 2]], apart(2)), decomposed([[2000, 0], [0, 2]], apart(2))
    assert small == large


def test_communities_that_choose_alike_have_nothing_between_them_on_average():
    rng = np.random.default_rng(5)
    drawn = [rng.multinomial(8, [0.5, 0.3, 0.2], size=3) for _ in range(4000)]
    between = [decomposed(counts, apart(3)).between for counts in drawn]
    assert abs(np.mean(between)) < 4 * np.std(between) / np.sqrt(len(between)) < 0.01
    assert min(between) < 0  # the price of having no bias


def test_single_answers_of_different_models_are_compared_across():
    assert across_groups([[1, 0, 0], [0, 1, 0], [0, 0, 1]], apart(3)) == 1.0
    assert across_groups([[1, 1]], apart(2)) is None
    assert across_groups([[2, 0], [0, 0]], apart(2)) is None


@given(COUNTS)
def test_it_lies_between_0_and_1_and_within_and_between_add_up(counts):
    assume((counts.sum(axis=1) > 1).any())
    distances = apart(counts.shape[1])
    found = decomposed(counts, distances)
    assert 0 <= found.within <= 1 and 0 <= found.total <= 1
    assert found.total == pytest.approx(found.within + found.between, abs=1e-12)
    kept = counts[counts.sum(axis=1) > 1]
    each = [dispersion(row, distances) for row in kept]
    assert all(0 <= value <= 1 for value in each)
    assert found.within == pytest.approx(np.mean(each), abs=1e-12)


@given(COUNTS)
def test_it_is_the_share_of_differing_pairs_whoever_they_are(counts):
    row = counts[0]
    chosen = people(row)
    assume(len(chosen) > 1)
    differing = [one != other for one, other in combinations(chosen, 2)]
    assert dispersion(row, apart(len(row))) == pytest.approx(np.mean(differing), abs=1e-12)


@pytest.mark.parametrize(
    ("counts", "distances"), [([1, -1], apart(2)), ([1, np.nan], apart(2)), ([1, 1], apart(3))]
)
def test_what_is_no_count_or_no_distance_is_refused(counts, distances):
    with pytest.raises(InputError):
        dispersion(counts, distances)
