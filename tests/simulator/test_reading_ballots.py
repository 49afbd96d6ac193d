from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.prompts.answers import LETTERS
from simulator.reading_ballots import reader
from simulator.replies import UnreadableError

TEXTS = ("warm the pot", "weigh the leaves", "use soft water")
ORDER = (2, 0, 1)
"""A is the third option, B the first, C the second."""


def read(answer, said, order=ORDER, texts=TEXTS):
    return reader(answer, order, texts)(said if isinstance(said, str) else json.dumps(said))


@pytest.mark.parametrize(
    "name", ["A", "a", "A.", "(A)", '"A"', "Ａ", "use soft water", " Use Soft Water "]
)  # fmt: skip
def test_a_choice_is_named_by_its_letter_or_its_whole_text(name):
    assert read("choice", {"choice": name, "reason": "so"}).shares == (0.0, 0.0, 1.0)


@pytest.mark.parametrize("said", ["B", "b.", "(B)", "Answer: B", "Option B.", "The answer is B", "**B**"])
def test_a_bare_letter_is_a_choice(said):
    assert read("choice", said).shares == (1.0, 0.0, 0.0)


@pytest.mark.parametrize("value", ["abstain", "ABSTAIN", None, "none", ""])
def test_an_abstention_is_an_answer(value):
    judged = read("choice", {"choice": value, "reason": "no opinion"})
    assert (judged.shares, judged.reason) == ((), "no opinion")


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("choice", {"choice": "D"}),
        ("choice", {"choice": ["A", "B"]}),
        ("choice", {"reason": "so"}),
        ("choice", {"choice": 1}),
        ("ranking", {"ranking": ["A", "B"]}),
        ("ranking", {"ranking": ["A", "B", "B"]}),
        ("ranking", {"ranking": "A > B > C"}),
        ("ranking", {"choice": "A"}),
        ("rating", {"ratings": {"A": 3, "B": 4}}),
        ("rating", {"ratings": {"A": 3, "B": 4, "C": 11}}),
        ("rating", {"ratings": {"A": 3, "B": 4, "C": -1}}),
        ("rating", {"ratings": {"A": 3, "B": 4, "C": "many"}}),
        ("rating", {"ratings": {"A": 3, "B": 4, "C": True}}),
        ("rating", {"ratings": [3, 4, 5]}),
        ("rating", {}),
    ],
)
def test_what_is_not_in_the_form_is_unreadable(answer, said):
    with pytest.raises(UnreadableError):
        read(answer, said)


def test_a_ranking_has_the_shares_of_its_borda_counts():
    judged = read("ranking", {"ranking": ["B", "A", "C"]})
    assert judged.ranking == (0, 2, 1)
    assert judged.shares == pytest.approx((2 / 3, 0.0, 1 / 3))


def test_ratings_have_shares_in_their_proportion():
    judged = read("rating", {"ratings": {"A": 5, "B": 10, "C": 0}})
    assert judged.ratings == (10.0, 0.0, 5.0)
    assert judged.shares == pytest.approx((2 / 3, 0.0, 1 / 3))


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ("ranking", {"ranking": []}),
        ("rating", {"ratings": None}),
        ("rating", {"ratings": {"A": 0, "B": 0, "C": 0}}),
    ],
)
def test_no_ranking_and_ratings_of_nought_are_abstentions(answer, said):
    assert read(answer, said).shares == ()


def test_a_reason_loses_what_could_steer_a_terminal_and_is_cut():
    judged = read("choice", {"choice": "A", "reason": "a\x1b[31m\u202eb\n" + "c" * 900})
    assert "\x1b" not in judged.reason
    assert "\u202e" not in judged.reason
    assert len(judged.reason) == 500


def test_who_convinced_is_read_as_numbers():
    assert read("choice", {"choice": "A", "convinced_by": [2, "x", 1]}).convinced_by == (2, 1)
    assert read("choice", {"choice": "A", "convinced_by": "nobody"}).convinced_by == ()


@given(st.permutations(range(4)), st.permutations(range(4)), st.permutations(range(4)))
def test_the_order_that_options_are_shown_in_changes_no_share(preferred, one, other):
    texts = tuple("abcd")

    def said_in(order):
        letters = {option: LETTERS[place] for place, option in enumerate(order)}
        return {
            "choice": letters[preferred[0]],
            "ranking": [letters[option] for option in preferred],
            "ratings": {letters[option]: 9 - 2 * place for place, option in enumerate(preferred)},
        }

    for answer in ("choice", "ranking", "rating"):
        first = read(answer, said_in(one), one, texts)
        assert first.shares == read(answer, said_in(other), other, texts).shares
        assert sum(first.shares) == pytest.approx(1)
        assert max(range(4), key=first.shares.__getitem__) == preferred[0]


@given(st.text(), st.sampled_from(["choice", "ranking", "rating"]))
def test_any_text_is_read_or_unreadable(text, answer):
    try:
        judged = read(answer, text)
    except UnreadableError:
        return
    assert not judged.shares or sum(judged.shares) == pytest.approx(1)


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=True) | st.text(max_size=3) | st.sampled_from("ABC"),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ABC"), inner, max_size=3)
        ),
        max_leaves=6,
    ),
    st.sampled_from([("choice", "choice"), ("ranking", "ranking"), ("rating", "ratings")]),
)
def test_any_value_is_read_or_unreadable(value, form):
    answer, name = form
    try:
        judged = read(answer, json.dumps({name: value, "reason": value}))
    except UnreadableError:
        return
    assert not judged.shares or sum(judged.shares) == pytest.approx(1)
