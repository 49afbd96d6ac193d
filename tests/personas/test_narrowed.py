"""What must not see a part of a corpus: of a hidden thread and of a later time, nothing is left."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_corpora import day, joined, make_corpus, pseudonym, said, voted

START = datetime(2020, 1, 1, tzinfo=UTC)
ROOMS = ("tea", "coffee", "mate")
MEMBERS = [f"member {number}" for number in range(12)]


def any_corpus(seed=3):
    """Yield threads of any depth, in three communities; a third of the rows has no date, some dates are odd."""
    draw = random.Random(seed)
    home: dict[str, tuple[str, str, datetime]] = {}
    for number in range(90):
        post = f"p{number:02}"
        if home and draw.random() < 0.7:
            parent = draw.choice(list(home))
            room, thread, since = home[parent]
        else:
            parent, room, thread, since = None, draw.choice(ROOMS), post, START
        moment = since + timedelta(hours=draw.randint(-6, 48))
        created = moment if draw.random() < 0.67 else None
        home[post] = room, thread, moment
        author = draw.choice([None, *MEMBERS])
        yield said(post, parent=parent, thread=thread, community=room, author=author, created=created)
    for _ in range(160):
        post = draw.choice(list(home))
        room, _, since = home[post]
        moment = since + timedelta(hours=draw.randint(0, 90))
        created = moment if draw.random() < 0.67 else None
        yield voted(post, draw.choice([1, -1, 0]), draw.choice(MEMBERS), community=room, created=created)
    yield joined("who only listens", "tea")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    with make_corpus(tmp_path_factory.mktemp("any") / "c", any_corpus()) as corpus:
        yield corpus


@pytest.fixture(scope="module")
def everything(corpus):
    return read(corpus)


class Tables(dict):
    def __repr__(self):
        return f"Tables({', '.join(f'{name}: {len(rows)} rows' for name, rows in self.items())})"


def read(view):
    tables = ("members", "posts", "votes")
    with view:
        return Tables({table: view.rows(f"SELECT * FROM {table}") for table in tables})


hidden_threads = st.sets(st.sampled_from([f"p{number:02}" for number in range(90)]), max_size=8)
moments = st.dictionaries(
    st.sampled_from(ROOMS), st.integers(0, 400).map(lambda hours: START + timedelta(hours=hours)), max_size=3
)


def dropped(everything, hidden, before):
    """Return the posts that must not be seen, by walking from each post up to the first of its thread."""
    above = {row["post"]: row for row in everything["posts"]}

    def late(row):
        return row["created"] is not None and row["created"] >= before.get(
            row["community"], row["created"] + day_long
        )

    def gone(row):
        return row["thread"] in hidden or late(row) or (row["parent"] in above and gone(above[row["parent"]]))

    day_long = timedelta(days=1)
    return {post for post, row in above.items() if gone(row)}


@settings(max_examples=40)
@given(hidden=hidden_threads, before=moments)
def test_a_view_holds_all_that_is_not_hidden_and_nothing_else(corpus, everything, hidden, before):
    view = read(corpus.narrowed(hide_threads=hidden, before=before))
    gone = dropped(everything, hidden, before)
    assert view["posts"] == [row for row in everything["posts"] if row["post"] not in gone]
    kept_votes = [
        row
        for row in everything["votes"]
        if row["post"] not in gone
        and (
            row["created"] is None
            or row["community"] not in before
            or row["created"] < before[row["community"]]
        )
    ]
    assert sorted(map(str, view["votes"])) == sorted(map(str, kept_votes))
    if not hidden and not before:
        assert view["members"] == everything["members"]
        return
    left = {(row["author"], row["community"]) for row in view["posts"]}
    left |= {(row["voter"], row["community"]) for row in kept_votes}
    assert sorted((row["member"], row["community"]) for row in view["members"]) == sorted(
        (row["member"], row["community"])
        for row in everything["members"]
        if (row["member"], row["community"]) in left
    )


@settings(max_examples=20)
@given(first=hidden_threads, second=hidden_threads, early=moments, late=moments)
def test_narrowing_twice_is_narrowing_by_both(corpus, first, second, early, late):
    twice = corpus.narrowed(hide_threads=first, before=early).narrowed(hide_threads=second, before=late)
    both = {
        room: min(moment for moment in (early.get(room), late.get(room)) if moment is not None)
        for room in early | late
    }
    once = corpus.narrowed(hide_threads=first | second, before=both)
    assert twice.content == once.content
    assert read(twice) == read(once)


@settings(max_examples=60)
@given(first=st.tuples(hidden_threads, moments), second=st.tuples(hidden_threads, moments))
def test_views_have_the_same_content_only_where_they_hide_the_same(corpus, first, second):
    one, other = (corpus.narrowed(hide_threads=hidden, before=before) for hidden, before in (first, second))
    assert (one.content == other.content) == (first == second)
    assert (one.content == corpus.content) == (first == (set(), {}))


def test_content_does_not_depend_on_the_order_or_the_time_zone(corpus):
    noon = datetime(2020, 1, 2, 12, tzinfo=UTC)
    abroad = noon.astimezone(timezone(timedelta(hours=2)))
    one = corpus.narrowed(hide_threads=["p01", "p02"], before={"tea": noon, "mate": noon})
    other = corpus.narrowed(hide_threads=["p02", "p01"], before={"mate": abroad, "tea": abroad})
    assert one.content == other.content
    assert one.narrowed(hide_threads=["a\nb"]).content != one.narrowed(hide_threads=["a", "b"]).content


def test_a_view_leaves_the_corpus_as_it_was(corpus, everything):
    read(corpus.narrowed(hide_threads=["p00"], before=dict.fromkeys(ROOMS, START)))
    assert read(corpus) == everything


def test_an_undated_reply_to_a_later_post_is_hidden_with_it(tmp_path):
    records = [
        said("q", created=day(1)),
        said("late", parent="q", created=day(9)),
        said("undated", parent="late", thread="q", author="eve"),
        said("below", parent="undated", thread="q", created=day(2)),
        said("early", parent="q", created=day(2)),
        voted("below", 1, "dan"),
    ]
    with make_corpus(tmp_path / "c", records).narrowed(before={"tea": day(5)}) as view:
        assert [row["post"] for row in view.rows("SELECT post FROM posts ORDER BY post")] == ["early", "q"]
        assert view.rows("SELECT * FROM votes") == view.rows("SELECT * FROM members") == []


def test_a_marker_in_hidden_rows_is_nowhere_in_the_view(tmp_path):
    marker = "xyzzy"
    records = [
        said("open", author="ada", created=day(1)),
        said("hidden", marker, author=marker, title=marker, tags=(marker,), created=day(1)),
        said("reply", marker, parent="hidden", author=marker),
        said("later", marker, parent="open", author=marker, created=day(6)),
        joined(marker, country=marker),
        voted("open", 1, marker, created=day(5)),
        voted("hidden", 1, marker),
    ]
    with make_corpus(tmp_path / "c", records).narrowed(
        hide_threads=["hidden"], before={"tea": day(5)}
    ) as view:
        text = str(read(view))
        assert marker not in text and pseudonym(marker) not in text
        assert view.given()["tea"].members == (pseudonym("ada"),)


def test_the_moment_itself_is_hidden_to_the_millisecond(tmp_path):
    moment = day(3).replace(microsecond=250_000)
    just = timedelta(milliseconds=1)
    records = [
        said("before", created=moment - just),
        said("at", created=moment),
        said("after", created=moment + just),
    ]
    with make_corpus(tmp_path / "c", records).narrowed(before={"tea": moment}) as view:
        assert view.rows("SELECT post FROM posts") == [{"post": "before"}]


def test_other_communities_keep_their_later_posts(tmp_path):
    records = [said("p", created=day(9)), said("q", community="mate", created=day(9))]
    with make_corpus(tmp_path / "c", records).narrowed(before={"tea": day(5)}) as view:
        assert view.rows("SELECT post FROM posts") == [{"post": "q"}]


def test_in_a_circle_of_replies_narrowing_comes_to_an_end(tmp_path):
    records = [said("a", parent="b", created=day(9)), said("b", parent="c"), said("c", parent="a"), said("d")]
    with make_corpus(tmp_path / "c", records).narrowed(before={"tea": day(5)}) as view:
        assert view.rows("SELECT post FROM posts") == [{"post": "d"}]


def test_the_manifest_stays_that_of_the_whole_corpus(corpus):
    assert corpus.narrowed(hide_threads=["p00"]).manifest == corpus.manifest
