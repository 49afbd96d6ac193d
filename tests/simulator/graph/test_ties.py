"""Ties from plain arrays, on cases small enough to count by hand, and what must hold for any."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_matrix

from personas.errors import InputError
from simulator.graph.ties import bond_layer, identity_layer, mutual, topic_counts

REPLIES = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=40)
COUNTS = st.lists(st.lists(st.integers(0, 3), min_size=4, max_size=4), min_size=1, max_size=12)
VOTES = st.lists(st.lists(st.integers(-1, 1), min_size=4, max_size=4), min_size=1, max_size=12)


def test_three_replies_weigh_the_logarithm_of_four():
    layer = bond_layer([0, 0, 0, 1], [1, 1, 1, 2], 3)
    assert layer[0, 1] == pytest.approx(np.log(4))
    assert layer[1, 2] == pytest.approx(np.log(2))
    assert layer.nnz == 2


def test_replies_to_oneself_are_no_ties():
    assert bond_layer([1, 1], [1, 1], 2).nnz == 0


def test_nobody_and_no_replies_are_layers_too():
    assert bond_layer([], [], 0).shape == (0, 0)
    assert bond_layer([], [], 3).nnz == 0
    assert identity_layer(csr_matrix((3, 0)), seed=1, weighting="tfidf").nnz == 0
    assert identity_layer(csr_matrix((0, 4)), seed=1, weighting="signed").shape == (0, 0)


def test_only_ties_with_both_directions_are_mutual():
    bond = bond_layer([0, 0, 1, 1], [1, 1, 0, 2], 3)
    assert mutual(bond).toarray() == pytest.approx(np.array([[0, 1, 0], [1, 0, 0], [0, 0, 0]]) * np.log(2))


@given(REPLIES)
def test_every_reply_to_another_counts_once(replies):
    sources, targets = (np.array([pair[end] for pair in replies], dtype=int) for end in (0, 1))
    layer = bond_layer(sources, targets, 6)
    assert np.expm1(layer.data).sum() == pytest.approx(sum(source != target for source, target in replies))
    both = mutual(layer)
    assert (both != both.T).nnz == 0
    assert (both > layer).nnz == 0


def test_topic_counts_count_every_touch():
    assert topic_counts([0, 1, 1, 1], [2, 0, 0, 1], shape=(2, 3)).toarray().tolist() == [[0, 0, 1], [2, 1, 0]]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: bond_layer([0], [3], 3), "targets: indices from 3 to 3 for 3"),
        (lambda: bond_layer([-1], [1], 3), "sources: indices from -1"),
        (lambda: bond_layer([0, 1], [1], 3), "2 sources and 1 targets"),
        (lambda: bond_layer([0.5], [1], 3), "whole numbers"),
        (lambda: topic_counts([0], [0, 1], shape=(1, 2)), "1 members and 2 topics"),
        (lambda: identity_layer(csr_matrix([[2.0]]), seed=1, weighting="signed"), "votes other than"),
        (lambda: identity_layer(csr_matrix([[-1.0]]), seed=1, weighting="tfidf"), "counts below 0"),
        (lambda: identity_layer(csr_matrix([[np.nan]]), seed=1, weighting="tfidf"), "not finite"),
        (lambda: identity_layer(csr_matrix([[1.0]]), seed=1, weighting="x"), "'x' is no weighting"),
        (
            lambda: identity_layer(csr_matrix([[1.0]]), seed=1, weighting="tfidf", neighbours=0),
            "0 neighbours",
        ),
    ],
)
def test_bad_input_is_refused_and_named(call, said):
    with pytest.raises(InputError, match=said):
        call()


def test_members_who_vote_alike_are_tied_and_those_who_oppose_are_not():
    votes = csr_matrix([[1, 1, 0, -1], [1, 1, 0, -1], [1, 0, 0, 0], [-1, -1, 0, 1], [0, 0, 0, 0]])
    layer = identity_layer(votes, seed=1, weighting="signed").toarray()
    third = round(1 / np.sqrt(3), 6)
    expected = np.zeros((5, 5))
    expected[0, 1] = 1.0
    expected[0, 2] = expected[1, 2] = third
    assert layer == pytest.approx(expected + expected.T)


def test_a_rare_topic_in_common_ties_more_than_a_common_one():
    #          everybody's topic, a rare one, a fill-in for the others
    features = csr_matrix([[1, 1, 0], [1, 1, 0], [1, 0, 1], [1, 0, 1], [1, 0, 1], [1, 0, 1]])
    layer = identity_layer(features, seed=1, weighting="tfidf")
    common, rare = 1 + np.log(7 / 7), 1 + np.log(7 / 3)
    often = 1 + np.log(7 / 5)
    across = common**2 / np.sqrt((common**2 + rare**2) * (common**2 + often**2))
    assert layer[0, 1] == 1.0
    assert layer[0, 2] == pytest.approx(across, abs=1e-6)


def test_a_hundred_mentions_weigh_less_than_a_hundred_times_one():
    features = csr_matrix([[100, 1], [1, 1]])
    layer = identity_layer(features, seed=1, weighting="tfidf")
    much = 1 + np.log(100)
    assert layer[0, 1] == pytest.approx((much + 1) / np.sqrt((much**2 + 1) * 2), abs=1e-6)


def test_the_nearest_are_kept_and_a_hub_keeps_all_whose_nearest_it_is():
    # Member 0 has all four topics, the others one each: 0 is the nearest of everybody.
    features = csr_matrix([[1, 1, 1, 1], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    layer = identity_layer(features, neighbours=1, seed=1, weighting="tfidf")
    assert np.diff(layer.indptr).tolist() == [4, 1, 1, 1, 1]


@pytest.mark.parametrize("weighting", ["tfidf", "signed"])
def test_stored_zeros_are_no_features(weighting):
    features = csr_matrix(([0.0, 0.0], ([0, 1], [0, 0])), shape=(2, 1))
    assert identity_layer(features, seed=1, weighting=weighting).nnz == 0


def check_layer(layer, features, neighbours):
    n = features.shape[0]
    assert (layer != layer.T).nnz == 0
    assert not layer.diagonal().any()
    assert ((layer.data > 0) & (layer.data <= 1)).all()
    assert layer.nnz <= 2 * neighbours * n
    empty = np.flatnonzero(np.abs(features).sum(axis=1) == 0)
    assert layer[empty].nnz == 0
    full = np.flatnonzero(np.diff(layer.indptr) >= min(neighbours, n - 1))
    can = [(row, (features[row] @ features.T > 0).sum() - 1) for row in range(n) if features[row].any()]
    assert all(row in full for row, others in can if others >= neighbours)


@settings(max_examples=60, deadline=None)
@given(COUNTS, st.integers(1, 4), st.integers(0, 99))
def test_any_counts_make_a_symmetric_layer_in_bounds(rows, neighbours, seed):
    features = np.array(rows)
    layer = identity_layer(csr_matrix(features), neighbours=neighbours, seed=seed, weighting="tfidf")
    check_layer(layer, features, neighbours)


@settings(max_examples=60, deadline=None)
@given(VOTES, st.integers(1, 4), st.integers(0, 99))
def test_any_votes_make_a_symmetric_layer_in_bounds(rows, neighbours, seed):
    features = np.array(rows)
    layer = identity_layer(csr_matrix(features), neighbours=neighbours, seed=seed, weighting="signed")
    check_layer(layer, features, neighbours)


@given(VOTES)
def test_with_neighbours_for_all_the_layer_is_the_positive_cosine(rows):
    votes = np.array(rows, dtype=float)
    length = np.linalg.norm(votes, axis=1)
    unit = votes / np.where(length > 0, length, 1)[:, None]
    cosine = np.maximum(unit @ unit.T, 0) * ~np.eye(len(rows), dtype=bool)
    layer = identity_layer(csr_matrix(votes), neighbours=12, seed=1, weighting="signed")
    assert layer.toarray() == pytest.approx(cosine, abs=2e-6)


def test_the_features_given_are_left_as_they_are():
    features = csr_matrix(np.array([[3, 0], [1, 2]]))
    before = features.toarray()
    identity_layer(features, seed=1, weighting="tfidf")
    assert (features.toarray() == before).all()
