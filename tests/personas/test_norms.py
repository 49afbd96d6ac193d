"""Norms: what becomes one, and that the nearest are the nearest."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_corpora import make_corpus, pseudonym, said, voted
from word_embedder import WordEmbedder

from personas.norms import Norm, NormStore, as_said, build_norms, most_contested, strongest


def norm(post, endorsement=0.5, support=1, **fields):
    return Norm(
        **{"post": post, "title": "", "text": post, "author": "", "basis": "votes"}
        | {"endorsement": endorsement, "support": support}
        | fields
    )


def store(vectors):
    norms = tuple(norm(f"p{number:03}") for number in range(len(vectors)))
    return NormStore(community="tea", norms=norms, vectors=vectors, model="made")


def units(rng, n, d):
    rows = rng.normal(size=(n, d)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@settings(max_examples=50)
@given(
    n=st.integers(0, 60),
    d=st.integers(1, 8),
    q=st.integers(0, 5),
    k=st.integers(0, 70),
    seed=st.integers(0, 999),
)
def test_the_nearest_norms_are_those_of_a_full_search(n, d, q, k, seed):
    rng = np.random.default_rng(seed)
    vectors, queries = units(rng, n, d), units(rng, q, d)
    cosines, indices = store(vectors).nearest(queries, k)
    assert cosines.shape == indices.shape == (q, min(k, n))
    every = queries @ vectors.T
    np.testing.assert_allclose(cosines, -np.sort(-every, axis=1)[:, : min(k, n)], atol=1e-5)
    np.testing.assert_allclose(np.take_along_axis(every, indices, axis=1), cosines, atol=1e-5)
    assert all(len(set(row)) == len(row) for row in indices.tolist())


def test_norms_carry_their_headline_author_endorsement_and_support(tmp_path, words):
    records = [
        said("q", "How hot?", kind="question", title="Heat", author="ada"),
        said("a", "Eighty degrees.", parent="q", kind="answer", author="ben"),
        said("s", "Rinse the pot.", title="Rinsing"),
        voted("a", 1, "ada"),
        voted("a", 1, "cleo"),
        voted("a", -1, "dan"),
        voted("s", -1),
    ]
    corpus = make_corpus(tmp_path / "c", records)
    stores = build_norms(corpus, corpus.given(), words)
    assert list(stores) == ["tea"]
    answer, submission = stores["tea"].norms
    assert answer == norm(
        "a",
        3 / 5,
        3,
        title="Heat",
        text="Eighty degrees.",
        author=pseudonym("ben"),
        basis="votes",
        thread="q",
    )
    assert submission == norm("s", 1 / 3, 1, title="Rinsing", text="Rinse the pot.")
    assert answer.said == "Heat\nEighty degrees."
    assert stores["tea"].endorsement.tolist() == [3 / 5, 1 / 3]
    assert stores["tea"].support.tolist() == [3.0, 1.0]
    assert stores["tea"].model == "hashed words"


def test_each_norm_stands_beside_its_own_vector_and_no_text_is_embedded_twice(tmp_path, words):
    records = [
        *(
            said(f"{room}{n}", text, community=room)
            for room in ("tea", "mate")
            for n, text in enumerate(TEXTS)
        ),
        *(voted(f"{room}{n}", 1, community=room) for room in ("tea", "mate") for n in range(len(TEXTS))),
    ]
    corpus = make_corpus(tmp_path / "c", records)
    stores = build_norms(corpus, corpus.given(), words)
    assert sorted(text for call in words.calls for text in call) == sorted(set(TEXTS))
    for made in stores.values():
        alone = WordEmbedder().embed([each.said for each in made.norms])
        np.testing.assert_array_equal(made.vectors, alone)


TEXTS = ["Rinse the pot.", "Never boil it.", "Weigh the leaves.", "Rinse the pot."]


def test_posts_that_say_nothing_are_no_norms(tmp_path, words):
    corpus = make_corpus(
        tmp_path / "c", [said("p", "  \n"), said("t", " ", title="Yes"), voted("p", 1), voted("t", 1)]
    )
    assert [each.post for each in build_norms(corpus, corpus.given(), words)["tea"].norms] == ["t"]


def test_a_community_that_endorsed_nothing_has_an_empty_store(tmp_path, words):
    records = [said("p"), said("m", community="mate"), voted("m", 1, community="mate")]
    corpus = make_corpus(tmp_path / "c", records)
    empty = build_norms(corpus, corpus.given(), words)["tea"]
    assert (empty.norms, len(empty.vectors)) == ((), 0)
    cosines, indices = empty.nearest(words.embed(["anything"]), 5)
    assert cosines.shape == indices.shape == (1, 0)


def test_where_nobody_endorsed_anything_no_model_is_asked(tmp_path, words):
    corpus = make_corpus(tmp_path / "c", [said("p")])
    assert build_norms(corpus, corpus.given(), words)["tea"].norms == ()
    assert words.calls == []


@pytest.mark.parametrize("priors", [(1, 1), (2, 6)])
def test_the_prior_reaches_the_norms(tmp_path, words, priors):
    corpus = make_corpus(tmp_path / "c", [said("p"), voted("p", 1)])
    a0, b0 = priors
    made = build_norms(corpus, corpus.given(), words, a0=a0, b0=b0)["tea"]
    assert made.endorsement.tolist() == [(a0 + 1) / (a0 + b0 + 1)]


def test_the_strongest_and_the_most_contested_norms_come_first():
    norms = (
        norm("loved", 0.9, 10),
        norm("loved by more", 0.9, 20),
        norm("divides", 0.5, 40),
        norm("divides few", 0.5, 2),
        norm("ranked", 0.5, 400, basis="rank"),
    )
    made = NormStore(community="tea", norms=norms, vectors=np.eye(5, dtype=np.float32), model="made")
    assert [each.post for each in strongest(made, 2)] == ["loved by more", "loved"]
    assert [each.post for each in most_contested(made, 9)] == [
        "divides",
        "loved by more",
        "divides few",
        "loved",
    ]


def test_a_text_without_a_headline_is_said_alone():
    assert as_said(" ", " Eighty. ") == "Eighty."
    assert as_said("Heat", "") == "Heat"
