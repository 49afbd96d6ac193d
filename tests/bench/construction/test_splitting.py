"""Three parts, and nothing of a later one in an earlier one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_forum import moment
from small_corpora import make_corpus, said, voted

from bench.construction.choices import Choices
from bench.construction.splitting import Leaks, part_threads
from personas.near import normalised
from simulator.item import Item, Option

BASE = (
    "How long should a pot of green tea draw before it turns bitter on the tongue of a careful drinker of tea"
)


def threads(view):
    return {row["thread"] for row in view.rows("SELECT DISTINCT thread FROM posts")}


@pytest.mark.parametrize("by", ["time", "random"])
def test_the_parts_share_no_thread_and_have_their_shares(made_forum, by):
    parting = part_threads(made_forum(threads=20), Choices(seed=5, by=by))
    train, validation, test = threads(parting.train), parting.threads["validation"], parting.threads["test"]
    assert len(validation) == len(test) == 8, "a fifth of twenty threads of each of two communities"
    assert not validation & test and not train & (validation | test)
    assert len(train | validation | test) == 40
    assert parting.by == by
    parting.close()


def test_by_time_the_test_comes_last_and_each_view_ends_where_the_next_part_begins(made_forum):
    late = said(
        "tea:000/9",
        "A reply to the very first thread, long after.",
        parent="tea:000",
        kind="answer",
        created=moment(17),
    )
    latest = said(
        "tea:000/8",
        "Another reply to the first thread, later still.",
        parent="tea:000",
        kind="answer",
        created=moment(19),
    )
    parting = part_threads(made_forum(late, latest, threads=20), Choices(seed=5))
    begun = {part: {int(t[-3:]) for t in parting.threads[part]} for part in ("validation", "test")}
    assert begun == {"validation": {12, 13, 14, 15}, "test": {16, 17, 18, 19}}
    for part, end in (("train", 12), ("validation", 16)):
        made = {
            row["post"]: row["created"] for row in parting.views[part].rows("SELECT post, created FROM posts")
        }
        assert not made.keys() & {"tea:000/8", "tea:000/9"}
        assert max(made.values()) < moment(end)
    parting.close()


def test_without_a_validation_part_it_is_empty(made_forum):
    parting = part_threads(made_forum(threads=10), Choices(seed=5, parts=(0.5, 0, 0.5)))
    assert parting.threads["validation"] == frozenset()
    assert len(parting.threads["test"]) == 10
    parting.close()


def item(name, query, *texts):
    return Item(
        item=name,
        query=query,
        options=tuple(Option(text=text) for text in texts),
        kind="endorsement",
        community="tea",
    )


@pytest.fixture
def leaks(corpus_of):
    records = [
        said("tea:1", "And the body of the question, too.", title=BASE, kind="question"),
        said("tea:1/1", "Three minutes, or two for a small cup of it.", parent="tea:1", kind="answer"),
        voted("tea:1/1", 1),
    ]
    return Leaks(corpus_of(records), threshold=0.8)


def test_an_item_whose_words_stand_in_the_training_view_is_caught_wherever_they_stand(leaks):
    planted = [
        item("query", BASE.upper(), "one", "two"),
        item("near", BASE.replace("careful", "patient"), "one a", "two b"),
        item("option", "Something else?", "three", "three minutes or TWO for a small cup of it"),
        item("clean", "Do cats drink milk in the morning?", "They do.", "They never do."),
    ]
    assert [each.item for each in leaks.passed("test", planted)] == ["clean"]
    assert leaks.left_out == {"item: its words stand in an earlier part than test": 3}


def test_what_passed_into_validation_is_earlier_than_the_test(leaks):
    first = item("a", "Do cats drink milk in the morning?", "They do.", "They never do.")
    again = item("b", "do cats drink milk in the MORNING", "Of course.", "By no means.")
    assert leaks.passed("validation", [first]) == [first]
    assert leaks.passed("test", [again]) == []


def test_within_a_part_the_same_words_may_stand_twice(leaks):
    pair = [item("a", "Do cats drink?", "Yes a", "No b"), item("b", "Do cats drink?", "Yes c", "No d")]
    assert leaks.passed("test", pair) == pair


@pytest.fixture(scope="module")
def one_text(tmp_path_factory):
    with make_corpus(tmp_path_factory.mktemp("leak") / "c", [said("tea:1", "A is an Option!")]) as corpus:
        yield corpus


@settings(max_examples=50)
@given(
    st.lists(st.sampled_from("abcdef"), min_size=1, max_size=8),
    st.lists(st.sampled_from("abcdef"), min_size=1, max_size=8),
)
def test_no_normalised_text_stands_in_two_parts(one_text, validation, test):
    guard = Leaks(one_text, threshold=0.8)

    def items(part, letters):
        return [
            item(f"{part}{n}", f"{part} asks {n}", f"{x} is an option", f"{part} other {n} x")
            for n, x in enumerate(letters)
        ]

    kept = {
        part: guard.passed(part, items(part, letters))
        for part, letters in (("validation", validation), ("test", test))
    }
    texts = {
        part: {normalised(option.text) for each in found for option in each.options}
        for part, found in kept.items()
    }
    assert not texts["validation"] & texts["test"]
    assert "a is an option" not in texts["validation"] | texts["test"]
