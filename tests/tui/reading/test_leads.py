"""What most questions of a list begin with."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tui.reading.leads import LONGEST, shared_lead, without_lead


def test_a_beginning_that_half_of_the_questions_share_is_found_in_whole_words():
    texts = [f"How much do you like {food}?" for food in ("tea", "teacakes", "tendons")]
    assert shared_lead([*texts, "Who are you?", "Why?", "Since when?"]) == "How much do you like "
    assert shared_lead([*texts, *"abcd"]) == ""


def test_the_same_question_asked_of_many_communities_counts_once():
    assert shared_lead(["How much do you like tea?"] * 9) == ""


def test_short_words_that_many_share_stay():
    assert shared_lead(["What is this?", "What is that?", "What is it?"]) == ""


def test_a_text_of_a_megabyte_takes_no_longer_than_a_line():
    texts = [f"{'very ' * 200_000}{number}" for number in range(4)]
    assert len(shared_lead(texts)) <= LONGEST


@given(st.lists(st.text("ab ", max_size=60), max_size=12))
def test_whatever_the_texts_are_something_is_left_of_each(texts):
    lead = shared_lead(texts)
    for text in texts:
        assert without_lead(text, lead) == (
            f"…{text[len(lead) :]}" if lead and text.startswith(lead) else text
        )
        assert without_lead(text, lead) or not text
        assert without_lead(text, lead) != "…"
