"""Crowds of equal members make no hubs, and the approximate search finds what the exact one finds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.sparse import coo_matrix, csr_matrix, hstack, identity, vstack
from scipy.sparse.csgraph import shortest_path

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


def test_equal_members_are_all_a_few_steps_from_one_another():
    layer = identity_layer(csr_matrix(np.ones((10_000, 1))), neighbours=20, seed=1, weighting="tfidf")
    assert shortest_path(layer, unweighted=True, indices=0).max() <= 6


def test_equally_near_but_different_members_have_no_hub_among_them():
    # All share one topic and each has one of its own: every similarity is the same.
    features = csr_matrix(hstack([np.ones((1_000, 1)), identity(1_000)]))
    layer = identity_layer(features, neighbours=10, seed=1, weighting="tfidf")
    assert np.unique(layer.data).size == 1
    assert np.diff(layer.indptr).min() >= 10
    assert np.diff(layer.indptr).max() < 60


def test_members_that_the_search_cannot_tell_apart_have_no_hub_among_them(monkeypatch):
    # 1,000 share one topic and each has one of its own; the others' 80 topics take up the reduced dimensions.
    monkeypatch.setattr(module, "EXACT_UP_TO", 0)
    alike = hstack([np.eye(80)[np.zeros(1_000, dtype=int)], identity(1_000)])
    others = np.random.default_rng(1).random((1_000, 80)) < 0.1
    features = csr_matrix(vstack([alike, hstack([others.astype(float), csr_matrix((1_000, 1_000))])]))
    layer = identity_layer(features, neighbours=10, seed=1, weighting="tfidf")
    assert np.diff(layer.indptr)[:1_000].min() >= 10
    assert np.diff(layer.indptr)[:1_000].max() < 50


def test_a_crowd_next_to_a_few_spreads_its_ties_over_them():
    # 100 members have topic 0, 30 have topics 0 and 1: each of the 30 is near all of the 100.
    features = csr_matrix(np.vstack([np.tile([1, 0], (100, 1)), np.tile([1, 1], (30, 1))]))
    layer = identity_layer(features, neighbours=40, seed=1, weighting="tfidf")
    across = layer[:100][:, 100:]
    assert across.nnz == 30 * 11
    assert np.diff(across.indptr).max() <= 5


def test_the_approximate_search_comes_close_to_the_exact_one(monkeypatch):
    features = interests(4_000, 1_000)
    exact = identity_layer(features, seed=1, weighting="tfidf")
    monkeypatch.setattr(module, "EXACT_UP_TO", 0)
    quick = identity_layer(features, seed=1, weighting="tfidf")
    assert (quick != exact).nnz > 0
    assert 0.96 < quick.sum() / exact.sum() < 1.05
    assert np.diff(quick.indptr).max() < 300


def test_weights_of_the_approximate_search_are_exact_cosines(monkeypatch):
    monkeypatch.setattr(module, "EXACT_UP_TO", 0)
    features = interests(2_000, 300)
    features.data = np.sign(features.data - 1.5)
    layer = identity_layer(features, seed=1, weighting="signed").tocoo()
    votes = features.toarray()
    some = np.random.default_rng(1).choice(layer.nnz, 200)
    one, other = votes[layer.row[some]], votes[layer.col[some]]
    cosine = (one * other).sum(axis=1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)
    assert layer.data[some] == pytest.approx(cosine, abs=2e-6)


def test_many_different_members_are_searched_approximately(monkeypatch):
    def never(*_):
        raise AssertionError("compared everybody with everybody")

    monkeypatch.setattr(module, "_exact", never)
    assert identity_layer(interests(9_000, 2_000), seed=1, weighting="tfidf").nnz > 0


@pytest.mark.parametrize("members", [500, 10_000])
def test_the_same_seed_gives_the_same_layer_and_another_seed_another(members):
    features = interests(members, 1_000)
    one, again, other = (identity_layer(features, seed=seed, weighting="tfidf") for seed in (1, 1, 2))
    for part in ("data", "indices", "indptr"):
        assert getattr(one, part).tobytes() == getattr(again, part).tobytes()
    assert (one != other).nnz > 0
