"""Bots are told by what they do, and people are left alone."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from bench.construction.bots import DECLARED, REPEATING, TOO_FAST, Habits, bots, says_it_is_a_bot

START = datetime(2020, 1, 1, tzinfo=UTC)


def habit(posts, *, declared=0, copies=(), minutes=()):
    moments = [START + timedelta(minutes=minute) for minute in minutes]
    return Habits(posts=posts, declared=declared, copies=Counter(dict(enumerate(copies))), moments=moments)


@pytest.mark.parametrize(
    "text",
    [
        "I am a bot, and this action was performed automatically.",
        "*I'm a bot. Contact my maker.*",
        "Your post was removed. This action was performed automatically. Please contact the moderators of this subreddit.",
        "beep boop",
        "Bleep, bloop, here is your summary",
        "This comment was posted by a bot",
    ],
)
def test_a_text_that_says_it_is_by_a_bot_is_believed(text):
    assert says_it_is_a_bot(text)


@pytest.mark.parametrize(
    "text",
    [
        "How do I write a bot that answers questions?",
        "He said I am a bot person, whatever that is.",
        "I am about to leave.",
        "The reply was written by my sister.",
        "",
    ],
)
def test_people_who_talk_of_bots_are_none(text):
    assert not says_it_is_a_bot(text)


def test_who_says_so_in_half_of_the_posts_is_one():
    found = bots({"a": habit(4, declared=2), "b": habit(4, declared=1), "c": habit(1)})
    assert found == {"a": DECLARED}


def test_who_repeats_half_of_ten_posts_is_one_and_of_nine_is_none():
    repeated = habit(10, copies=(5, 1, 1, 1, 1, 1))
    assert bots(
        {"a": repeated, "b": habit(9, copies=(9,)), "c": habit(10, copies=(4, 1, 1, 1, 1, 1, 1))}
    ) == {"a": REPEATING}
    assert bots({"b": habit(9, copies=(9,))}, least=9) == {"b": REPEATING}


def test_who_posts_more_than_sixty_times_in_an_hour_is_one():
    fast, person = (
        habit(61, minutes=[0.9 * n for n in range(61)]),
        habit(60, minutes=[0.9 * n for n in range(60)]),
    )
    assert bots({"fast": fast, "person": person}) == {"fast": TOO_FAST}
    spread = habit(61, minutes=range(61))
    assert bots({"spread": spread}) == {}, "the sixty-first is an hour after the first"
