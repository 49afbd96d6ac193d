"""Diversity of candidate sets: answers known by hand, and what holds for all sets."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from personas.errors import InputError
from simulator.diversity import cosine_similarities, mean_pairwise_similarity, vendi_score

sets = st.tuples(st.integers(1, 8), st.integers(1, 5)).flatmap(
    lambda shape: arrays(float, shape, elements=st.integers(-5, 5).map(float))
)


def test_the_similarity_of_a_set_is_the_mean_over_its_pairs() -> None:
    # cos of 0°/90°, 0°/45° and 90°/45°; the length of an embedding counts for nothing.
    rows = [[2.0, 0.0], [0.0, 0.5], [3.0, 3.0]]
    assert mean_pairwise_similarity(rows) == pytest.approx((0 + 2 * 0.5**0.5) / 3)
    assert mean_pairwise_similarity([[1, 0], [-1, 0]]) == pytest.approx(-1.0)


def test_a_set_of_one_has_no_pair() -> None:
    assert mean_pairwise_similarity([[1.0, 0.0]]) is None
    assert mean_pairwise_similarity(np.empty((0, 3))) is None


def test_a_zero_vector_is_like_nothing_but_itself() -> None:
    assert cosine_similarities([[0, 0], [1, 0]]).tolist() == [[1, 0], [0, 1]]


def test_the_vendi_score_counts_what_is_different() -> None:
    assert vendi_score(np.eye(4)) == pytest.approx(4.0)
    assert vendi_score(np.ones((4, 4))) == pytest.approx(1.0)
    # Two pairs of copies are two responses.
    assert vendi_score(np.kron(np.eye(2), np.ones((2, 2)))) == pytest.approx(2.0)


def test_the_vendi_score_of_two_half_similar_responses_is_the_one_worked_out_by_hand() -> None:
    # The eigenvalues of K / 2 are 3/4 and 1/4.
    by_hand = np.exp(-(0.75 * np.log(0.75) + 0.25 * np.log(0.25)))
    assert vendi_score([[1, 0.5], [0.5, 1]]) == pytest.approx(by_hand)


def test_the_vendi_score_of_unequal_groups_is_the_exponential_of_their_entropy() -> None:
    similarity = np.zeros((4, 4))
    similarity[:3, :3] = 1
    similarity[3, 3] = 1
    assert vendi_score(similarity) == pytest.approx(np.exp(-(0.75 * np.log(0.75) + 0.25 * np.log(0.25))))


@given(sets)
def test_the_vendi_score_lies_between_1_and_the_size_of_the_set(embeddings: np.ndarray) -> None:
    score = vendi_score(cosine_similarities(embeddings))
    assert 1 <= score <= len(embeddings)


@given(sets, st.randoms(use_true_random=False))
def test_the_order_of_the_responses_changes_nothing(embeddings: np.ndarray, random) -> None:
    order = list(range(len(embeddings)))
    random.shuffle(order)
    moved = embeddings[order]
    assert vendi_score(cosine_similarities(moved)) == pytest.approx(
        vendi_score(cosine_similarities(embeddings))
    )
    if len(order) > 1:
        assert mean_pairwise_similarity(moved) == pytest.approx(
            mean_pairwise_similarity(embeddings), abs=1e-9
        )


@given(sets)
def test_a_similarity_stays_in_its_bounds(embeddings: np.ndarray) -> None:
    similarities = cosine_similarities(embeddings)
    assert np.all(np.abs(similarities) <= 1)
    assert np.array_equal(np.diagonal(similarities), np.ones(len(embeddings)))


def test_single_precision_embeddings_are_accepted() -> None:
    rows = np.random.default_rng(7).normal(size=(20, 384)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    assert vendi_score(rows @ rows.T) == pytest.approx(vendi_score(cosine_similarities(rows)), rel=1e-4)


@pytest.mark.parametrize(
    "bad",
    [
        np.empty((0, 0)),
        np.ones((2, 3)),
        [[1, 0.5], [0.2, 1]],
        [[2, 0], [0, 2]],
        [[1, 2], [2, 1]],
        [[1, np.nan], [np.nan, 1]],
    ],
)
def test_what_is_no_similarity_matrix_is_refused(bad) -> None:
    with pytest.raises(InputError):
        vendi_score(bad)


@pytest.mark.parametrize("bad", [[1.0, 0.0], [[np.nan, 1.0]], [[np.inf, 1.0]]])
def test_what_are_no_embeddings_are_refused(bad) -> None:
    with pytest.raises(InputError):
        mean_pairwise_similarity(bad)
