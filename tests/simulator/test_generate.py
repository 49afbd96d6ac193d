from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_runs import store_of

from personas.errors import InputError
from personas.norms import Norm, NormStore
from simulator.generate import RetrievalGenerator, diverse_subset

QUALITY = np.array([1.0, 0.6, 0.3, 0.8, 0.5])
POINTS = np.array([[1.0, 0, 0], [0.9, 0.436, 0], [0, 1, 0], [0.5, 0.5, 0.707], [0.1, 0.2, 0.975]])
POINTS /= np.linalg.norm(POINTS, axis=1, keepdims=True)
DRAWS = 4000


def written(store, words, *, count=4, sampling="independent", seed=1, query="warm the pot", pool=48):
    generator = RetrievalGenerator(words, seed=seed, sampling=sampling, pool=pool)
    return generator.draw(query, store, count=count)


def distances(observed, expected):
    """Pearson's chi-square over its degrees of freedom: about 1 where the two agree."""
    return sum((o - e) ** 2 / e for o, e in zip(observed, expected, strict=True)) / (len(expected) - 1)


@pytest.mark.parametrize("sampling", ["independent", "negatively-correlated"])
def test_as_many_different_texts_come_as_are_asked_for(sampling, words):
    store = store_of([f"warm the pot in way {number}" for number in range(20)])
    options = written(store, words, sampling=sampling, count=5)
    assert len({option.text for option in options}) == 5
    assert all(option.text == f"warm the pot in way {int(option.post[1:])}" for option in options)


@pytest.mark.parametrize("sampling", ["independent", "negatively-correlated"])
def test_fewer_come_where_there_are_no_more_different_texts(sampling, words):
    store = store_of(["warm it", "warm it", " warm it\n", "cool it"])
    options = written(store, words, sampling=sampling, count=9)
    assert {option.text.strip() for option in options} == {"warm it", "cool it"}
    assert len(options) == 2
    assert written(store_of([]), words, sampling=sampling) == []


@pytest.mark.parametrize("sampling", ["independent", "negatively-correlated"])
def test_the_same_seed_draws_the_same_and_another_query_or_seed_draws_anew(sampling, words):
    store = store_of([f"warm the pot in way {number}" for number in range(30)])
    first = written(store, words, sampling=sampling)
    assert first == written(store, words, sampling=sampling)
    assert first != written(store, words, sampling=sampling, seed=2)
    assert first != written(store, words, sampling=sampling, query="warm the pot now")


def test_a_post_that_is_a_headline_alone_is_an_answer_by_its_headline(words):
    norms = tuple(
        Norm(post=post, title=title, text="", author="", endorsement=0.5, support=3, basis="rank")
        for post, title in (("a", "Kettles"), ("b", "Pots"))
    )
    vectors = words.embed([norm.said for norm in norms])
    store = NormStore(community="tea", norms=norms, vectors=vectors, model="hashed words")
    assert {option.text for option in written(store, words)} == {"Kettles", "Pots"}


def test_no_other_sampling_is_known(words):
    with pytest.raises(
        InputError, match="no sampling is named 'greedy'; choose one of: independent, negatively-correlated"
    ):
        RetrievalGenerator(words, seed=1, sampling="greedy")


def test_independent_draws_follow_endorsement_and_nearness(words):
    store = store_of(["tea one", "tea two", "tea three"], endorsement=[0.6, 0.3, 0.1])
    drawn = [written(store, words, count=1, query="tea", seed=seed)[0].post for seed in range(DRAWS // 4)]
    near = words.embed(["tea"]) @ store.vectors.T
    chances = store.endorsement * np.exp(10 * near[0].astype(float))
    expected = DRAWS // 4 * chances / chances.sum()
    assert distances([drawn.count(f"p00{place}") for place in range(3)], expected) < 4


@pytest.mark.parametrize("count", [1, 2, 3])
def test_diverse_sets_are_as_likely_as_their_determinants(count):
    kernel = np.sqrt(QUALITY)[:, None] * (POINTS @ POINTS.T) * np.sqrt(QUALITY)[None, :]
    sets = list(combinations(range(5), count))
    likely = np.array([np.linalg.det(kernel[np.ix_(members, members)]) for members in sets])
    rng = np.random.default_rng(7)
    drawn = [tuple(sorted(diverse_subset(POINTS, QUALITY, count, rng).tolist())) for _ in range(DRAWS)]
    common = likely / likely.sum() > 0.002
    expected = DRAWS * likely[common] / likely.sum()
    observed = [drawn.count(members) for members, kept in zip(sets, common, strict=True) if kept]
    assert distances(observed, expected) < 2.5
    assert sum(observed) > 0.99 * DRAWS


def test_the_same_vector_is_never_chosen_twice_and_what_it_says_counts_once():
    twins = np.repeat(np.eye(3), 4, axis=0)
    for seed in range(50):
        chosen = diverse_subset(twins, np.full(12, 0.5), 5, np.random.default_rng(seed))
        assert sorted(place // 4 for place in chosen.tolist()) == [0, 1, 2]


@settings(max_examples=50)
@given(st.integers(1, 12), st.integers(0, 14), st.integers(1, 6), st.integers(0, 10_000))
def test_a_diverse_set_holds_each_candidate_once_and_the_best_first(n, count, dimensions, seed):
    rng = np.random.default_rng(seed)
    vectors = rng.normal(size=(n, dimensions))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    quality = rng.random(n) * 0.98 + 0.01
    chosen = diverse_subset(vectors, quality, count, rng).tolist()
    assert len(set(chosen)) == len(chosen) == min(count, n, dimensions)
    assert chosen == sorted(chosen, key=lambda place: -quality[place])


def test_diverse_sets_are_less_alike_than_independent_ones(words):
    groups = ("warm the pot well", "weigh the leaves twice", "use soft water only", "steep it very short")
    store = store_of([f"{text} {number}" for text in groups for number in range(8)])

    def alikeness(sampling):
        means = []
        for seed in range(40):
            options = written(store, words, sampling=sampling, seed=seed, query="something else")
            vectors = words.embed([option.text for option in options])
            means.append((vectors @ vectors.T)[np.triu_indices(4, 1)].mean())
        return float(np.mean(means))

    assert alikeness("negatively-correlated") < alikeness("independent") - 0.05
