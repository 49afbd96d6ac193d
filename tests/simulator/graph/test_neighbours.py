"""Crowds of equal members make no hubs, and the approximate search finds what the exact one finds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import coo_matrix, csr_matrix, hstack, identity

from simulator.graph import neighbours as module
from simulator.graph.ties import identity_layer


def interests(members: int, topics: int) -> csr_matrix:
    """Return Zipf-like topic counts of members with twenty different tastes."""
    rng = np.random.default_rng(5)
    posts = np.minimum((rng.pareto(1.2, members) + 1).astype(int), 200)
    rows = np.repeat(np.arange(members), posts)
    chance = 1 / np.arange(1, topics + 1)
    columns = rng.choice(topics, p=chance / chance.sum(), size=rows.size)
    taste = np.array([rng.permutation(topics) for _ in range(20)])
    of_taste = taste[rng.integers(20, size=members)[rows], columns]
    columns = np.where(rng.random(rows.size) < 0.7, of_taste, columns)
    return coo_matrix((np.ones(rows.size), (rows, columns)), shape=(members, topics)).tocsr()


def test_ten_thousand_equal_members_have_no_hub_among_them():
    layer = identity_layer(csr_matrix(np.ones((10_000, 1))), neighbours=20, seed=1, weighting="tfidf")
    degree = np.diff(layer.indptr)
    assert degree.min() >= 20
    assert degree.max() <= 40
    assert (layer.data == 1).all()


def test_equal_members_are_tied_into_one_piece():
    from scipy.sparse.csgraph import connected_components

    layer = identity_layer(csr_matrix(np.ones((10_000, 1))), neighbours=20, seed=1, weighting="tfidf")
    assert connected_components(layer)[0] == 1


@pytest.mark.parametrize("members", [1_000, 5_000])
def test_equally_near_but_different_members_have_no_hub_among_them(members):
    # All share one topic and each has one of its own: every similarity is the same.
    features = csr_matrix(hstack([np.ones((members, 1)), identity(members)]))
    layer = identity_layer(features, neighbours=10, seed=1, weighting="tfidf")
    assert np.unique(layer.data).size == 1
    assert np.diff(layer.indptr).min() >= 10
    assert np.diff(layer.indptr).max() < 200


def test_a_crowd_next_to_a_few_spreads_its_ties_over_them():
    # 100 members have topic 0, 30 have topics 0 and 1: each of the 30 is near all of the 100.
    features = csr_matrix(np.vstack([np.tile([1, 0], (100, 1)), np.tile([1, 1], (30, 1))]))
    layer = identity_layer(features, neighbours=40, seed=1, weighting="tfidf")
    across = layer[:100][:, 100:]
    assert across.nnz == 30 * 11
    assert np.diff(across.indptr).max() <= 5


def test_the_approximate_search_comes_close_to_the_exact_one(monkeypatch):
    features = interests(9_000, 1_000)
    quick = identity_layer(features, seed=1, weighting="tfidf")
    monkeypatch.setattr(module, "EXACT_UP_TO", 10**9)
    exact = identity_layer(features, seed=1, weighting="tfidf")
    assert (quick != exact).nnz > 0
    assert quick.sum() / exact.sum() > 0.95
    assert np.diff(quick.indptr).max() < 300


def test_weights_of_the_approximate_search_are_exact_cosines():
    features = interests(9_000, 300)
    features.data = np.sign(features.data - 1.5)
    layer = identity_layer(features, seed=1, weighting="signed").tocoo()
    votes = features.toarray()
    some = np.random.default_rng(1).choice(layer.nnz, 200)
    one, other = votes[layer.row[some]], votes[layer.col[some]]
    cosine = (one * other).sum(axis=1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)
    assert layer.data[some] == pytest.approx(cosine, abs=2e-6)


@pytest.mark.parametrize("members", [500, 9_000])
def test_the_same_seed_gives_the_same_layer_and_another_seed_another(members):
    features = interests(members, 100)
    one, again, other = (identity_layer(features, seed=seed, weighting="tfidf") for seed in (1, 1, 2))
    for part in ("data", "indices", "indptr"):
        assert getattr(one, part).tobytes() == getattr(again, part).tobytes()
    assert (one != other).nnz > 0
