"""Posts that nobody replies to are items of their own kind."""

from __future__ import annotations

import pytest
from made_forum import moment
from small_corpora import said, voted

from bench.construction.lone_posts import are_lone, lone_items

SCORES = {"a": 5, "b": -1, "c": 40, "d": 5}


def posts(**fields):
    return [
        said(name, f"the post {name}", score=score, created=moment(n), **fields)
        for n, (name, score) in enumerate(SCORES.items())
    ]


def test_scores_are_ranked_and_equal_ones_share_their_rank(corpus_of):
    [item] = lone_items(corpus_of(posts()), seed=1).items
    shares = dict(zip([option.post for option in item.options], item.votes["tea"].shares, strict=True))
    assert shares == pytest.approx({"b": 0.1, "a": 0.25, "d": 0.25, "c": 0.4})
    assert item.votes["tea"].margin == 35
    assert (item.item, item.created, item.community) == ("from a", moment(0), "tea")


def test_votes_count_before_scores(corpus_of):
    [item] = lone_items(corpus_of([*posts(), voted("b", 1, count=8)]), seed=1).items
    assert item.options[item.votes["tea"].up.index(8)].post == "b"
    assert item.votes["tea"].voters == 8


def test_items_are_of_one_community_of_twelve_posts_and_of_the_wanted_threads(corpus_of):
    records = [
        said(f"{name}{n:02}", f"post {name} {n}", community=name, score=n, created=moment(n))
        for name in ("tea", "cats")
        for n in range(25)
    ]
    corpus = corpus_of(records)
    items = lone_items(corpus, seed=1)
    assert [item.size for item in items.items] == [12, 12, 12, 12]
    assert items.left_out == {"fewer than two options": 2}
    assert all({option.post[:3] for option in item.options} == {item.community[:3]} for item in items.items)
    [few] = lone_items(corpus, seed=1, threads=["tea03", "tea04", "cats07"]).items
    assert {option.post for option in few.options} == {"tea03", "tea04"}


def test_without_scores_there_is_no_item(corpus_of):
    found = lone_items(corpus_of([said("a", "one"), said("b", "two")]), seed=1)
    assert (found.items, found.left_out) == ((), {"no votes on any post": 1})


def test_posts_are_lone_where_nobody_replies(corpus_of):
    assert are_lone(corpus_of(posts()))
    assert not are_lone(corpus_of([*posts(), said("r", "a reply", parent="a")]))
    assert not are_lone(corpus_of(posts(), "agreement"))
