from __future__ import annotations

import pytest
from small_corpora import day, said, voted
from small_runs import forum, moment

from bench.split import hold_out
from personas.errors import InputError


def threads(count, community="tea", *, author="ann", created=day):
    return [
        said(f"{community}:{number:02}", community=community, kind="question", author=f"{author} of {community}",
             created=created and created(number + 1))
        for number in range(count)
    ]  # fmt: skip


def posts(corpus):
    return {row["post"] for row in corpus.rows("SELECT post FROM posts")}


@pytest.mark.parametrize(
    ("count", "share", "held"),
    [(2, 0.5, 1), (10, 0.5, 5), (10, 0.3, 3), (10, 0.01, 1), (9, 0.5, 4), (3, 0.6, 2)],
)
def test_by_time_the_latest_share_of_the_threads_is_held_out(corpus_of, count, share, held):
    split = hold_out(corpus_of(threads(count)), share=share, seed=1)
    assert split.by == "time"
    assert split.held_out == {f"tea:{number:02}" for number in range(count - held, count)}
    assert posts(split.train) == {f"tea:{number:02}" for number in range(count - held)}
    assert split.notes == (f"the latest {share:.0%} of the threads held out",)


def test_threads_begun_at_one_moment_stay_together(corpus_of):
    records = threads(4, created=lambda number: day(min(number, 3)))
    assert hold_out(corpus_of(records), share=0.25, seed=1).held_out == {"tea:02", "tea:03"}


def test_each_community_is_cut_at_its_own_moment_where_nobody_is_in_two(corpus_of):
    records = [*threads(4), *threads(4, "cats", created=lambda number: day(number + 20))]
    split = hold_out(corpus_of(records), share=0.5, seed=1)
    assert split.held_out == {"tea:02", "tea:03", "cats:02", "cats:03"}


def test_all_communities_are_cut_at_one_moment_where_a_member_is_in_two(corpus_of):
    records = [*threads(4), *threads(4, "cats", created=lambda number: day(number + 20))]
    meeting = said("tea:00/1", parent="tea:00", author="ann of cats", kind="answer", created=day(1))
    split = hold_out(corpus_of([*records, meeting]), share=0.5, seed=1)
    assert split.held_out == {f"cats:{number:02}" for number in range(4)}


def test_all_are_cut_at_one_moment_where_votes_are_of_other_communities_than_the_threads(corpus_of):
    records = [
        record
        for number in range(4)
        for record in (
            said(f"q{number}", community="", kind="question", created=day(number + 1)),
            said(f"q{number}/0", community="", kind="option", parent=f"q{number}", created=day(number + 1)),
            voted(f"q{number}/0", 1, community="old", count=12, created=day(number + 1)),
            voted(f"q{number}/0", 1, community="old", count=5, created=day(9)),
        )
    ]
    split = hold_out(corpus_of(records, "choice"), share=0.5, seed=1)
    assert split.held_out == {"q2", "q3"}
    assert split.train.scalar("SELECT sum(count) FROM votes") == 24, "the votes of day 9 came later"


def test_by_time_later_replies_and_later_votes_are_hidden_with_all_that_hangs_on_them(corpus_of):
    records = [
        *threads(4),
        said("tea:00/1", parent="tea:00", kind="answer", author="bob", created=day(1)),
        voted("tea:00/1", 1, "cid", created=day(1)),
        voted("tea:00/1", 1, "dan", created=day(9)),
        said("tea:00/2", parent="tea:00", kind="answer", author="eve", created=day(9)),
        voted("tea:00/2", 1, "fay", created=day(9)),
    ]
    split = hold_out(corpus_of(records), share=0.5, seed=1)
    assert posts(split.train) == {"tea:00", "tea:01", "tea:00/1"}
    assert split.train.scalar("SELECT count(*) FROM votes") == 1
    assert split.train.scalar("SELECT count(*) FROM members") == 3, "ann, bob and cid"
    assert posts(split.whole) > posts(split.train)


@pytest.mark.parametrize(
    ("extra", "why"),
    [
        (said("tea:99", kind="question"), "some posts have no date"),
        (said("tea:00/1", parent="tea:00", kind="answer"), "some posts have no date"),
    ],
)
def test_an_undated_post_or_reply_makes_the_split_random_and_is_noted(corpus_of, extra, why):
    corpus = corpus_of([*threads(4), extra])
    split = hold_out(corpus, share=0.5, seed=1)
    assert split.by == "random"
    assert split.notes == (f"50% of the threads held out at random ({why})",)
    with pytest.raises(InputError, match=f"--split: {why}, so no split by time; use --split random"):
        hold_out(corpus, share=0.5, seed=1, by="time")


def test_undated_votes_of_named_members_on_statements_make_the_split_random(corpus_of):
    records = [*threads(4), voted("tea:00", 1, "bob")]
    assert hold_out(corpus_of(records, "agreement"), seed=1).notes[0].endswith("(the votes have no dates)")
    assert (
        hold_out(corpus_of([*threads(4), voted("tea:00", 1, "bob", created=day(1))], "agreement"), seed=1).by
        == "time"
    )


def test_scores_and_votes_without_dates_are_as_of_the_dump_and_it_is_noted(corpus_of):
    answer = said("tea:00/1", parent="tea:00", kind="answer", created=day(1), score=3)
    split = hold_out(corpus_of([*threads(4), answer, voted("tea:00/1", 1, count=3)]), seed=1)
    assert split.by == "time"
    assert [note.partition(" are ")[0] for note in split.notes[1:]] == ["net scores", "votes without a date"]


@pytest.mark.parametrize(("share", "held"), [(0.5, 5), (0.25, 2), (0.9, 9)])
def test_at_random_a_share_of_the_threads_is_held_out_by_the_seed(corpus_of, share, held):
    corpus = corpus_of(threads(10))
    splits = [hold_out(corpus, share=share, seed=seed, by="random") for seed in range(5)]
    assert {len(split.held_out) for split in splits} == {held}
    assert len({split.held_out for split in splits}) > 1
    assert hold_out(corpus, share=share, seed=0, by="random").held_out == splits[0].held_out
    assert splits[0].notes == (f"{share:.0%} of the threads held out at random",)
    assert posts(splits[0].train) == posts(corpus) - splits[0].held_out


@pytest.mark.parametrize("share", [0, 1, -0.5, 1.5, float("nan")])
def test_a_share_that_is_none_is_refused(corpus_of, share):
    with pytest.raises(InputError, match="--share: a share of"):
        hold_out(corpus_of(threads(4)), share=share, seed=1)


@pytest.mark.parametrize("by", ["time", "random"])
def test_nothing_is_split_that_has_one_thread(corpus_of, by):
    with pytest.raises(InputError, match="of 1 threads would be held out"):
        hold_out(corpus_of(threads(1)), share=0.6, seed=1, by=by)


def test_the_two_sides_are_different_corpora_by_their_content(corpus_of):
    corpus = corpus_of(forum())
    one, other = (hold_out(corpus, share=share, seed=1) for share in (0.5, 0.25))
    assert len({corpus.content, one.train.content, other.train.content}) == 3
    assert one.whole.content == corpus.content


def test_items_come_from_the_one_side_and_what_baselines_learn_from_the_other(corpus_of):
    split = hold_out(corpus_of(forum()), seed=1)
    membership = split.train.given()
    held = {item.item for item in split.items(membership).items}
    seen = {item.item for item in split.learned(membership)}
    assert held == split.held_out
    assert held | seen == {f"{name}:{number:02}" for name in ("tea", "cats") for number in range(12)}
    assert not held & seen
    first = min(item.created for item in split.items(membership).items)
    assert first == moment(12)
