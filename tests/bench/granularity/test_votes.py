"""Individual votes out of corpora of every ballot."""

from __future__ import annotations

import pytest
from small_corpora import make_corpus, pseudonym, said, voted
from word_embedder import WordEmbedder

from bench.granularity import read_votes, run_study
from bench.granularity.findings import ALL, COMMUNITY
from personas.errors import InputError


def corpus_of(tmp_path, posts, votes, **options):
    return make_corpus(tmp_path / "made.corpus", [*posts, *votes], **options)


def test_statements_are_claims_of_their_own_and_passes_are_no_votes(tmp_path):
    posts = [said("s1"), said("s2"), said("x1", community="cats")]
    votes = [voted("s1", 1, "ann"), voted("s2", -1, "ann"), voted("s1", 0, "bob"), voted("s2", 1, "bob")]
    votes += [voted("x1", 1, "eve", community="cats")]
    with corpus_of(tmp_path, posts, votes, ballot="agreement") as corpus:
        cats, tea = read_votes(corpus, least_voters=1).places
    assert (cats.place, cats.votes.tolist()) == ("cats", [[1]])
    rows = dict(zip(tea.people, tea.votes.tolist(), strict=True))
    assert rows == {pseudonym("ann"): [1, -1], pseudonym("bob"): [0, 1]}
    assert tea.claims == ("s1", "s2") and tea.question.tolist() == [0, 1] and tea.alone.all()
    assert tea.options.tolist() == [2, 2] and tea.given_names == ("tea",)


def test_who_votes_twice_alike_has_voted_once(tmp_path):
    votes = [voted("s1", 1, "bob"), voted("s1", 1, "bob"), voted("s1", -1, "ann")]
    with corpus_of(tmp_path, [said("s1")], votes, ballot="agreement") as corpus:
        (place,) = read_votes(corpus, least_voters=1).places
    assert sorted(place.votes[:, 0].tolist()) == [-1, 1]


def test_replies_of_a_thread_are_questions_of_one_thread(tmp_path):
    posts = [
        said("q", title="Tea?"),
        *(said(f"a{n}", f"reply {n}", parent="q", kind="answer") for n in (1, 2)),
    ]
    votes = [voted("a1", 1, "ann"), voted("a2", -1, "ann")]
    with corpus_of(tmp_path, posts, votes) as corpus:
        (place,) = read_votes(corpus, least_voters=1).places
    assert place.question.tolist() == [0, 1] and place.thread.tolist() == [0, 0]
    assert all(text.startswith("Tea?") for text in place.texts)


def test_a_choice_says_yes_to_one_option_and_no_to_the_others(tmp_path):
    posts = [said(f"q{n}", title=f"Which {n}?", kind="question") for n in (1, 2)]
    posts += [
        said(f"q{n}/{o}", f"option {o}", parent=f"q{n}", kind="option") for n in (1, 2) for o in range(3)
    ]
    votes = [voted("q1/0", 1, "ann"), voted("q1/1", 1, "bob"), voted("q2/2", 1, "bob")]
    votes += [voted("q2/0", 1, "eve"), voted("q2/1", 1, "eve"), voted("q1/2", 1, "eve")]
    with corpus_of(tmp_path, posts, votes, ballot="choice") as corpus:
        read = read_votes(corpus, least_voters=1)
    (place,) = read.places
    rows = dict(zip(place.people, place.votes.tolist(), strict=True))
    assert rows == {
        pseudonym("ann"): [1, -1, -1, 0, 0, 0],
        pseudonym("bob"): [-1, 1, -1, -1, -1, 1],
        pseudonym("eve"): [-1, -1, 1, 0, 0, 0],
    }
    assert place.question.tolist() == [0, 0, 0, 1, 1, 1] and not place.alone.any()
    assert place.options.tolist() == [3] * 6
    assert read.left_out == {"answers that choose several options": 1}


def test_questions_with_few_voters_are_left_out_and_counted(tmp_path):
    votes = [voted("s1", 1, f"p{n}") for n in range(10)] + [voted("s2", 1, f"p{n}") for n in range(9)]
    with corpus_of(tmp_path, [said("s1"), said("s2")], votes, ballot="agreement") as corpus:
        read = read_votes(corpus)
    assert read.places[0].claims == ("s1",)
    assert read.left_out == {"questions that fewer than 10 people answered": 1}


def test_without_named_voters_it_says_what_to_do(tmp_path):
    with (
        corpus_of(tmp_path, [said("s1")], [voted("s1", 1, count=12)], ballot="agreement") as corpus,
        pytest.raises(InputError, match="no vote names its voter.*voter column"),
    ):
        read_votes(corpus)


def test_a_corpus_of_choices_by_given_communities_is_studied_whole(tmp_path):
    """Two countries that choose oppositely on every theme: the country tells what one for all cannot."""
    posts, votes = [], []
    for number in range(24):
        theme = ("earl", "mint")[number % 2]
        posts.append(said(f"q{number}", title=f"{theme}?", kind="question", community="survey"))
        posts += [
            said(f"q{number}/{o}", word, parent=f"q{number}", kind="option", community="survey")
            for o, word in enumerate(("hot", "cold"))
        ]
        for person in range(44):
            side = (person + number) % 2
            home = ("here", "there")[person % 2]
            votes.append(voted(f"q{number}/{side}", 1, f"p{person}", community=home))
    with corpus_of(tmp_path, posts, votes, ballot="choice") as corpus:
        for held_out in ("statements", "votes"):
            study = run_study(
                corpus, WordEmbedder(), held_out=held_out, known=(1, 5), share=0.5, draws=50, seed=7
            )
            (fact,) = study.places
            assert (fact.place, fact.communities, fact.how) == ("survey", (22, 22), "given by the source")
            assert fact.placed == (1.0, 1.0)
            assert study.score(ALL, 5).mean == pytest.approx(0.25, abs=0.01)
            assert study.score(COMMUNITY, 5).mean < 0.06
            assert study.score(COMMUNITY, 5, metric="accuracy").mean == 1
            assert study.embedder == "hashed words"
