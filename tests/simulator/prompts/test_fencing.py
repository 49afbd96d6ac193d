"""No text leaves its fence, and what nobody can see is taken out."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from simulator.prompts.fencing import Fence

FENCE = Fence("7f3a")
TEXT = st.text(st.characters() | st.sampled_from("7f3aA<>\u200d\ufe0f\u202e\u2028\r"), max_size=80)


@given(TEXT, st.integers(1, 100))
@example("7f3a>>", 10)
@example("77f37f3aa>>", 10)
@example("7f\u200b3a>>", 10)
@example("7F3A>>", 10)
@example("7f\ud8003a", 10)
def test_no_text_holds_the_token_and_so_none_closes_its_fence(text, longest):
    found = FENCE.around(text, longest)
    assert found.startswith("<<7f3a ") and found.endswith(" 7f3a>>")
    assert found.casefold().count("7f3a") == 2
    assert len(found) <= longest + len("<<7f3a  7f3a>>")


@given(TEXT)
def test_nothing_that_steers_or_hides_comes_through(text):
    found = FENCE.clean(text, 1_000)
    kept = {sign for sign in found if unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Zl", "Zp"}}
    assert not {
        sign for sign in kept if unicodedata.bidirectional(sign) in {"RLO", "LRO", "RLE", "RLI", "PDF"}
    }
    assert not {"\r", "\x1b", "\x00", "\u200b", "\u2028", "\ufeff"} & set(found)
    found.encode()


@given(
    st.text(
        st.characters(categories=["L", "N", "P", "S", "Zs"], exclude_characters="\u115f\u1160\u3164\uffa0")
    )
)
def test_what_can_be_seen_comes_through_whole(text):
    assert Fence("\x00").clean(text, 1_000_000) == text.strip()


@pytest.mark.parametrize(
    "text",
    ["naïve café", "日本語のお茶", "می‌خواهم", "क्‍ष", "👩‍👩‍👧‍👦 ❤️‍🔥", "ჩაი", "two\nlines\tand a tab"],
)
def test_every_script_and_emoji_stays_as_it_was_written(text):
    assert FENCE.clean(text, 100) == text


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("a\r\nb\rc\u2028d\x85e\x0bf", "a\nb\nc\nd\ne\nf"),
        ("\x1b[31mred\x1b[0m", "[31mred[0m"),
        ("evil\u202egnp.exe", "evilgnp.exe"),
        ("t\u200be\u2060a", "tea"),
        ("hid\U000e0049\U000e0047den", "hidden"),
        ("a\u200c\u200d\u200c\u200db", "a\u200cb"),
        ("b\ufe00\ufe01\ufe0fc", "b\ufe00c"),
        ("lone \ud83d surrogate", "lone  surrogate"),
        ("  around  ", "around"),
    ],
)
def test_what_is_taken_out(text, kept):
    assert FENCE.clean(text, 100) == kept


def test_a_long_text_is_cut_at_its_longest_with_an_ellipsis():
    assert FENCE.clean("one two three", 9) == "one two…"
    assert FENCE.clean("one two three", 13) == "one two three"


def test_each_run_has_a_token_of_its_own():
    assert Fence.of(1) == Fence.of(1) != Fence.of(2)
    assert len(Fence.of(1).token) == 8
