"""How strongly each community endorsed each post: small cases with answers worked out by hand."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_corpora import day, make_corpus, pseudonym, said, voted

from personas.community import Community, Membership
from personas.endorsement import endorsements
from personas.errors import InputError


def table(corpus, membership=None, **priors):
    """Return the endorsements as {(post, community): (up, down, support, endorsement, basis)}."""
    rows = endorsements(corpus, membership or corpus.given(), **priors).to_pylist()
    assert rows == sorted(rows, key=lambda row: (row["community"], row["post"]))
    found = {(row.pop("post"), row.pop("community")): tuple(row.values()) for row in rows}
    assert len(found) == len(rows)
    return found


def values(corpus, membership=None, **priors):
    return {place: row[3] for place, row in table(corpus, membership, **priors).items()}


def found_in(within, **groups):
    """Return a membership of found communities, each a list of raw names."""
    communities = tuple(
        Community(name=name, members=tuple(sorted(map(pseudonym, people))), origin="found", within=within)
        for name, people in sorted(groups.items())
    )
    return Membership(communities=communities, origin="found")


def test_votes_give_the_mean_of_a_beta_posterior(tmp_path):
    records = [
        said("liked"),
        said("mixed"),
        said("passed"),
        said("unseen"),
        *(voted("liked", 1, name) for name in "abc"),
        voted("liked", 0, "d"),
        voted("mixed", 1, "a"),
        voted("mixed", -1, count=4),
        voted("passed", 0, "a"),
    ]
    corpus = make_corpus(tmp_path / "c", records)
    assert table(corpus) == {
        ("liked", "tea"): (3, 0, 3, 4 / 5, "votes"),
        ("mixed", "tea"): (1, 4, 5, 2 / 7, "votes"),
    }
    assert values(corpus, a0=2, b0=6) == {("liked", "tea"): 5 / 11, ("mixed", "tea"): 3 / 13}


@pytest.mark.parametrize("priors", [{"a0": 0}, {"b0": -1}])
def test_a_prior_that_is_not_positive_is_refused(tmp_path, priors):
    corpus = make_corpus(tmp_path / "c", [said("p"), voted("p", 1)])
    with pytest.raises(InputError, match="is not positive"):
        endorsements(corpus, corpus.given(), **priors)


def test_scores_without_votes_give_mid_ranks_among_the_replies_to_one_post(tmp_path):
    scores = {"w": 9, "x": 2, "y": 2, "z": -5}
    replies = [said(post, parent="q", kind="answer", score=score) for post, score in scores.items()]
    other = [said("s", parent="r", kind="answer", score=0), said("t", parent="r", kind="answer", score=1000)]
    records = [said("q", kind="question", score=50), said("r", kind="question", score=1), *replies, *other]
    assert table(make_corpus(tmp_path / "c", records)) == {
        ("w", "tea"): (0, 0, 4, 3.5 / 4, "rank"),
        ("x", "tea"): (0, 0, 4, 2.0 / 4, "rank"),
        ("y", "tea"): (0, 0, 4, 2.0 / 4, "rank"),
        ("z", "tea"): (0, 0, 4, 0.5 / 4, "rank"),
        ("s", "tea"): (0, 0, 2, 0.25, "rank"),
        ("t", "tea"): (0, 0, 2, 0.75, "rank"),
    }


def test_a_single_answer_and_one_without_a_score_have_no_rank(tmp_path):
    records = [
        said("q", kind="question"),
        said("a", parent="q", kind="answer", score=7),
        said("b", parent="q", kind="answer"),
    ]
    assert table(make_corpus(tmp_path / "c", records)) == {}


def test_a_community_with_votes_is_not_ranked_and_one_without_is(tmp_path):
    records = []
    for room in ("tea", "mate"):
        records += [
            said(f"{room}-{n}", parent=f"{room}-q", community=room, kind="answer", score=n) for n in (1, 2)
        ]
        records.append(said(f"{room}-q", community=room, kind="question"))
    corpus = make_corpus(tmp_path / "c", [*records, voted("tea-1", -1, "ada")])
    assert values(corpus) == {("tea-1", "tea"): 1 / 3, ("mate-1", "mate"): 0.25, ("mate-2", "mate"): 0.75}


def test_questions_are_never_norms(tmp_path):
    records = [said("q", kind="question", score=3), said("r", kind="question", score=1), voted("q", 1, "ada")]
    assert table(make_corpus(tmp_path / "c", records)) == {}


def test_comments_are_left_out_where_there_are_answers(tmp_path):
    records = [
        said("q", kind="question"),
        said("a", parent="q", kind="answer"),
        said("c", parent="a", kind="comment"),
        said("s", community="mate", kind="submission"),
        said("d", parent="s", community="mate", kind="comment"),
        voted("a", 1),
        voted("c", 1),
        voted("d", 1, community="mate"),
    ]
    assert set(table(make_corpus(tmp_path / "c", records))) == {("a", "tea"), ("d", "mate")}


def choices():
    """One question to two groups: ten of the old choose green, five black; three of the young choose black."""
    return [
        said("which", community="survey", kind="question"),
        *(
            said(name, community="survey", parent="which", kind="option")
            for name in ("green", "black", "none")
        ),
        said("when", community="survey", kind="question"),
        *(said(name, community="survey", parent="when", kind="option") for name in ("noon", "night")),
        voted("green", 1, community="old", count=10),
        voted("black", 1, community="old", count=5),
        voted("black", 1, community="young", count=3),
        voted("noon", 1, community="young", count=2),
    ]


def test_in_a_choice_the_votes_for_other_options_count_against_one(tmp_path):
    assert table(make_corpus(tmp_path / "c", choices(), ballot="choice")) == {
        ("green", "old"): (10, 5, 15, 11 / 17, "votes"),
        ("black", "old"): (5, 10, 15, 6 / 17, "votes"),
        ("none", "old"): (0, 15, 15, 1 / 17, "votes"),
        ("green", "young"): (0, 3, 3, 1 / 5, "votes"),
        ("black", "young"): (3, 0, 3, 4 / 5, "votes"),
        ("none", "young"): (0, 3, 3, 1 / 5, "votes"),
        ("noon", "young"): (2, 0, 2, 3 / 4, "votes"),
        ("night", "young"): (0, 2, 2, 1 / 4, "votes"),
    }


@settings(max_examples=10)
@given(counts=st.lists(st.integers(0, 9), min_size=2, max_size=5).filter(any))
def test_in_a_choice_the_options_endorsements_add_up_as_the_prior_says(counts, tmp_path_factory):
    records = [said("which", kind="question")]
    for number, count in enumerate(counts):
        records.append(said(f"o{number}", parent="which", kind="option"))
        records += [voted(f"o{number}", 1, count=count)] * (count > 0)
    with make_corpus(tmp_path_factory.mktemp("choice") / "c", records, ballot="choice") as corpus:
        rows = table(corpus)
    assert len(rows) == len(counts)
    assert sum(row[3] for row in rows.values()) == pytest.approx(
        (len(counts) + sum(counts)) / (2 + sum(counts))
    )


def test_with_named_votes_a_found_group_endorses_by_its_own_votes(tmp_path):
    records = [
        said("p", author="ada"),
        said("r", author="dan"),
        voted("p", 1, "ada"),
        voted("p", 1, "ben"),
        voted("p", -1, "cleo"),
        voted("r", -1, "ben"),
        voted("r", 1, "stranger"),
    ]
    groups = found_in("tea", one=["ada", "ben"], two=["cleo", "dan"])
    assert table(make_corpus(tmp_path / "c", records), groups) == {
        ("p", "one"): (2, 0, 2, 3 / 4, "votes"),
        ("r", "one"): (0, 1, 1, 1 / 3, "votes"),
        ("p", "two"): (0, 1, 1, 1 / 3, "votes"),
    }


def test_a_found_group_does_not_vote_in_another_community(tmp_path):
    records = [
        said("p"),
        said("m", community="mate"),
        voted("m", 1, "ada", community="mate"),
        voted("p", 1, "ada"),
    ]
    groups = found_in("tea", one=["ada"])
    assert set(table(make_corpus(tmp_path / "c", records), groups)) == {("p", "one")}


def test_with_anonymous_votes_a_found_group_has_the_votes_on_its_members_posts(tmp_path):
    records = [
        said("p", author="ada"),
        said("r", author="cleo"),
        said("nobody's"),
        voted("p", 1, created=day(1)),
        voted("p", -1, created=day(1)),
        voted("p", -1, created=day(2)),
        voted("r", 1, created=day(1)),
        voted("nobody's", 1, created=day(1)),
    ]
    groups = found_in("tea", one=["ada", "ben"], two=["cleo"])
    assert table(make_corpus(tmp_path / "c", records), groups) == {
        ("p", "one"): (1, 2, 3, 2 / 5, "votes"),
        ("r", "two"): (1, 0, 1, 2 / 3, "votes"),
    }


def test_with_scores_a_found_group_has_its_members_ranks_among_all(tmp_path):
    authors = ["ada", "cleo", "ben", None]
    replies = [
        said(f"r{n}", parent="q", kind="answer", score=n, author=author) for n, author in enumerate(authors)
    ]
    groups = found_in("tea", one=["ada", "ben"], two=["cleo"])
    assert values(make_corpus(tmp_path / "c", [said("q", kind="question"), *replies]), groups) == {
        ("r0", "one"): 0.5 / 4,
        ("r2", "one"): 2.5 / 4,
        ("r1", "two"): 1.5 / 4,
    }


def test_in_a_choice_a_found_group_has_only_its_own_choices(tmp_path):
    options = [said(name, parent="which", kind="option") for name in ("green", "black")]
    votes = [
        voted("green", 1, "ada"),
        voted("green", 1, "ben"),
        voted("black", 1, "cleo"),
        voted("black", 1, "dan"),
    ]
    corpus = make_corpus(tmp_path / "c", [said("which", kind="question"), *options, *votes], ballot="choice")
    assert table(corpus, found_in("tea", one=["ada", "ben", "cleo"])) == {
        ("green", "one"): (2, 1, 3, 3 / 5, "votes"),
        ("black", "one"): (1, 2, 3, 2 / 5, "votes"),
    }


def test_only_the_communities_that_are_asked_for_endorse(tmp_path):
    records = [said("p"), said("m", community="mate"), voted("p", 1), voted("m", 1, community="mate")]
    corpus = make_corpus(tmp_path / "c", records)
    tea = Membership(communities=(corpus.given()["tea"],), origin="given")
    assert set(table(corpus, tea)) == {("p", "tea")}


def test_what_is_hidden_endorses_nothing(tmp_path):
    records = [
        said("p"),
        said("h"),
        said("a", parent="p"),
        voted("p", 1, created=day(1)),
        voted("p", 1, created=day(8)),
        voted("p", -1),
        voted("a", 1, created=day(8)),
        voted("h", 1, created=day(1)),
    ]
    view = make_corpus(tmp_path / "c", records).narrowed(hide_threads=["h"], before={"tea": day(5)})
    assert table(view) == {("p", "tea"): (1, 1, 2, 1 / 2, "votes")}


def test_ranks_in_a_narrowed_corpus_are_among_what_is_left(tmp_path):
    replies = [said(f"r{n}", parent="q", kind="answer", score=n, created=day(n)) for n in (1, 2, 9)]
    view = make_corpus(tmp_path / "c", [said("q", kind="question"), *replies]).narrowed(
        before={"tea": day(5)}
    )
    assert values(view) == {("r1", "tea"): 0.25, ("r2", "tea"): 0.75}


def test_no_community_endorses_nothing(tmp_path):
    corpus = make_corpus(tmp_path / "c", [said("p"), voted("p", 1)])
    for origin in ("given", "found"):
        rows = endorsements(corpus, Membership(communities=(), origin=origin))
        assert rows.column_names == ["post", "community", "up", "down", "support", "endorsement", "basis"]
        assert rows.num_rows == 0
