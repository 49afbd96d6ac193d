from __future__ import annotations

import pytest
from small_corpora import day, pseudonym, said, voted

from bench.items import LEAST_VOTERS, build_items
from personas.community import Community, Membership


def groups(**members):
    """Return communities found within ``tea``: their names, without the place, and their members."""
    found = tuple(
        Community(name=f"tea/{name}", members=tuple(map(pseudonym, people)), origin="found", within="tea")
        for name, people in members.items()
    )
    return Membership(communities=found, origin="found", method="by hand")


def answers(*votes, thread="q", scores=None, texts=None, community="tea"):
    """A question and its answers, with (up, down) votes or with scores."""
    yield said(thread, f"Body of {thread}", title=f"Title of {thread}", kind="question", community=community)
    for number, (up, down) in enumerate(votes):
        post = f"{thread}/{number}"
        yield said(
            post, texts[number] if texts else f"Answer {number}", parent=thread, kind="answer", community=community,
            score=scores[number] if scores else None,
        )  # fmt: skip
        for value, count in ((1, up), (-1, down)):
            if count:
                yield voted(post, value, count=count, community=community)


def built(corpus, membership=None, *, seed=1, **known):
    return build_items(corpus, membership or corpus.given(), seed=seed, **known)


def by_post(item, values):
    return {option.post: value for option, value in zip(item.options, values, strict=True)}


def test_endorsements_are_normalised_over_the_replies(corpus_of):
    (item,) = built(corpus_of(answers((7, 1), (1, 1), (0, 0)))).items
    votes = item.votes["tea"]
    # (1 + 7) / (2 + 8) = .8, (1 + 1) / (2 + 2) = .5, 1 / 2 = .5
    assert by_post(item, votes.shares) == pytest.approx(
        {"q/0": 0.8 / 1.8, "q/1": 0.5 / 1.8, "q/2": 0.5 / 1.8}
    )
    assert by_post(item, zip(votes.up, votes.down, strict=True)) == {
        "q/0": (7, 1),
        "q/1": (1, 1),
        "q/2": (0, 0),
    }
    assert (votes.voters, votes.margin) == (10, 6)
    assert all(
        low < share < high for low, share, high in zip(votes.low, votes.shares, votes.high, strict=True)
    )
    assert (item.kind, item.community, item.query, item.ordered) == (
        "endorsement",
        "tea",
        "Title of q",
        False,
    )
    assert by_post(item, [option.claim for option in item.options])["q/0"] == "Title of q\nAnswer 0"


def test_the_prior_of_an_endorsement_can_be_chosen(corpus_of):
    (item,) = built(corpus_of(answers((7, 1), (0, 0))), a0=3, b0=1).items
    assert by_post(item, item.votes["tea"].shares) == pytest.approx(
        {"q/0": 10 / 12 / (10 / 12 + 0.75), "q/1": 0.75 / (10 / 12 + 0.75)}
    )


def test_net_scores_become_mid_ranks_and_nobody_knows_how_many_voted(corpus_of):
    (item,) = built(corpus_of(answers((0, 0), (0, 0), (0, 0), (0, 0), scores=[5, -2, 5, 9]))).items
    votes = item.votes["tea"]
    assert by_post(item, votes.shares) == pytest.approx({"q/0": 0.25, "q/1": 0.1, "q/2": 0.25, "q/3": 0.4})
    assert (votes.voters, votes.up, votes.low, votes.margin) == (None, (), (), 4)


def test_votes_count_and_scores_do_not_where_a_community_publishes_both(corpus_of):
    (item,) = built(corpus_of(answers((1, 0), (4, 0), scores=[9, -9]))).items
    assert by_post(item, item.votes["tea"].up) == {"q/0": 1, "q/1": 4}


def test_what_nobody_voted_on_or_cannot_be_told_apart_is_left_out_and_counted(corpus_of):
    records = [
        *answers((1, 0), (0, 1), thread="fine"),
        *answers((0, 0), (0, 0), thread="silent"),
        *answers((1, 0), (0, 1), thread="twice", texts=["The same.", " The same."]),
        *answers((1, 0), thread="alone"),
        *answers((0, 0), (0, 0), thread="zero", scores=[0, 0], community="cats"),
        *answers((0, 0), (0, 0), thread="half", scores=[1, None], community="cats"),
    ]
    found = built(corpus_of(records))
    assert [item.item for item in found.items] == ["fine"]
    assert found.left_out == {"no votes on any reply": 3, "two options with the same text": 1}


def test_comments_on_answers_are_no_options_but_replies_where_there_are_no_answers(corpus_of):
    aside = said("q/c", "An aside", parent="q", kind="comment")
    deep = said("q/0/c", "Deeper", parent="q/0", thread="q", kind="comment")
    (item,) = built(corpus_of([*answers((1, 0), (2, 0)), aside, deep])).items
    assert {option.post for option in item.options} == {"q/0", "q/1"}
    reddit = [
        said("s", kind="submission", title="S"),
        *(said(f"s/{n}", f"C{n}", parent="s", kind="comment", score=n) for n in (1, 2)),
    ]
    (item,) = built(
        corpus_of([*reddit, said("s/1/1", "deep", parent="s/1", thread="s", kind="comment", score=9)])
    ).items
    assert by_post(item, item.votes["tea"].shares) == pytest.approx({"s/1": 1 / 3, "s/2": 2 / 3})


def test_replies_are_shuffled_by_the_seed_and_votes_go_with_them(corpus_of):
    corpus = corpus_of(answers(*((number, 0) for number in range(6))))
    orders = []
    for seed in range(12):
        (item,) = built(corpus, seed=seed).items
        assert by_post(item, item.votes["tea"].up) == {f"q/{number}": number for number in range(6)}
        orders.append(tuple(option.post for option in item.options))
    assert len(set(orders)) > 8
    assert built(corpus, seed=3).items == built(corpus, seed=3).items


def test_early_replies_stand_first_as_often_as_late_ones(corpus_of):
    corpus = corpus_of(record for n in range(200) for record in answers((1, 0), (0, 1), thread=f"q{n:03}"))
    first = sum(item.options[0].post.endswith("/0") for item in built(corpus).items)
    assert 70 < first < 130


def test_only_the_threads_that_are_named_become_items(corpus_of):
    corpus = corpus_of(record for n in range(4) for record in answers((1, 0), (0, 1), thread=f"q{n}"))
    assert [item.item for item in built(corpus, threads=["q3", "q1", "none"]).items] == ["q1", "q3"]
    assert built(corpus, threads=[]).items == ()


def test_replies_are_not_attributed_to_groups_whose_votes_nobody_knows(corpus_of):
    found = built(corpus_of(answers((1, 0), (0, 1))), groups(a=["ann"], b=["bob"]))
    assert found.items == ()
    (reason,) = found.left_out
    assert "found" in reason


PEOPLE = [f"p{number}" for number in range(24)]


def statement(post, agreeing, disagreeing, passing=(), **known):
    yield said(post, f"Statement {post}", kind="statement", **known)
    for value, people in ((1, agreeing), (-1, disagreeing), (0, passing)):
        for voter in people:
            yield voted(post, value, voter)


def test_agreement_is_counted_in_each_found_group_and_passing_is_no_vote(corpus_of):
    a, b = PEOPLE[:12], PEOPLE[12:]
    passing = [a[11], "outsider"]
    records = list(statement("s", [*a[:9], *b[:3]], [*a[9:11], *b[3:]], passing, created=day(2)))
    (item,) = built(corpus_of(records, "agreement"), groups(a=a, b=b)).items
    assert [(option.text, option.claim, option.polarity, option.post) for option in item.options] == [
        ("Agree", "Statement s", 1, "s"),
        ("Disagree", "Statement s", -1, "s"),
    ]
    assert (item.kind, item.query, item.created) == ("agreement", "Statement s", day(2))
    assert item.votes["tea/a"].shares == pytest.approx((9 / 11, 2 / 11))
    assert item.votes["tea/b"].shares == pytest.approx((3 / 12, 9 / 12))
    assert [item.votes[name].voters for name in ("tea/a", "tea/b")] == [11, 12]
    assert item.votes["tea/a"].margin == 7


def test_agreement_of_a_whole_place_counts_everybody(corpus_of):
    corpus = corpus_of(statement("s", PEOPLE[:6], PEOPLE[6:18]), "agreement")
    (item,) = built(corpus).items
    assert item.votes["tea"].up == (6, 12)


def test_groups_with_too_few_voters_are_left_out_and_counted(corpus_of):
    a, b = PEOPLE[:12], PEOPLE[12:]
    records = [
        *statement("s", a[:LEAST_VOTERS], b[: LEAST_VOTERS - 1]),
        *statement("t", a[: LEAST_VOTERS - 1], []),
    ]
    found = built(corpus_of(records, "agreement"), groups(a=a, b=b))
    assert [(item.item, list(item.votes)) for item in found.items] == [("s", ["tea/a"])]
    assert found.left_out == {"fewer than 10 voters in a community": 2}


def choices(question, counts, *, tags=(), texts=None):
    """A question whose options each group chose so many times: {group: counts}."""
    yield said(question, "which", title="Say", community="", kind="question", tags=tags)
    for number in range(max(map(len, counts.values()))):
        post, text = f"{question}/{number}", texts[number] if texts else f"Option {number}"
        yield said(post, text, community="", kind="option", parent=question)
        for group, chosen in counts.items():
            if chosen[number]:
                yield voted(post, 1, community=group, count=chosen[number])


def test_choices_are_shares_of_counts_also_where_nobody_chose_an_option(corpus_of):
    corpus = corpus_of(choices("q", {"old": (15, 0, 5), "young": (0, 10, 0)}), "choice")
    (item,) = built(corpus).items
    assert [option.text for option in item.options] == ["Option 0", "Option 1", "Option 2"]
    assert item.votes["old"].shares == (0.75, 0, 0.25)
    assert item.votes["young"].shares == (0, 1, 0)
    assert (item.votes["old"].voters, item.votes["old"].margin, item.votes["young"].margin) == (20, 10, 10)
    assert (item.kind, item.query, item.options[0].claim) == ("choice", "Say\nwhich", "Say\nOption 0")
    low, high = item.votes["young"].low, item.votes["young"].high
    assert low[0] == pytest.approx(0, abs=1e-3)
    assert 0.1 < high[0] < 0.3


def test_options_of_choices_stand_in_their_order_also_beyond_nine(corpus_of):
    corpus = corpus_of(choices("q", {"old": tuple(range(1, 13))}, tags=("ordered",)), "choice")
    for seed in (1, 2):
        (item,) = built(corpus, seed=seed).items
        assert [option.post for option in item.options] == [f"q/{number}" for number in range(12)]
        assert item.ordered


@pytest.mark.parametrize(("tags", "ordered"), [((), False), (("ordered",), True), (("unordered",), False)])
def test_the_options_are_a_scale_where_the_source_says_so(corpus_of, tags, ordered):
    (item,) = built(corpus_of(choices("q", {"old": (9, 3)}, tags=tags), "choice")).items
    assert item.ordered is ordered


def test_questions_that_cannot_be_scored_are_left_out_and_counted(corpus_of):
    records = [
        *choices("few", {"old": (5, 4), "young": (5, 5)}),
        *choices("none", {"old": (5, 4)}),
        *choices("same", {"old": (20, 4)}, texts=["Yes", "yes "]),
        *choices("twice", {"old": (20, 4)}, texts=["Yes", "Yes "]),
        *choices("one", {"old": (20,)}),
    ]
    found = built(corpus_of(records, "choice"))
    assert {item.item: list(item.votes) for item in found.items} == {"few": ["young"], "same": ["old"]}
    assert found.left_out == {
        "fewer than 10 voters in a community": 2,
        "fewer than two options": 1,
        "two options with the same text": 1,
    }
