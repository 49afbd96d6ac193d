"""Text of strangers becomes plain, visible and straight."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.plaintext import clipped, fitted, one_line, shown, wrapped

anything = st.text(st.characters(codec=None), max_size=60) | st.text(
    "\x1b[31m\x07\x9b猫é\u200d👍 \t\r\n\u202e"
)


@given(anything)
def test_what_is_shown_has_no_control_character_but_the_line_end(text):
    for character in shown(text):
        assert character == "\n" or unicodedata.category(character) not in {"Cc", "Cs"}


@given(anything)
def test_one_line_is_one_line(text):
    assert "\n" not in one_line(text)
    assert "  " not in one_line(text)


@given(anything, st.integers(0, 40))
def test_fitted_text_takes_exactly_its_width_whatever_its_characters(text, width):
    assert cell_len(fitted(one_line(text), width)) == width


@given(anything, st.integers(2, 30), st.integers(1, 4))
def test_wrapped_text_stays_within_its_width_and_lines(text, width, lines):
    found = wrapped(one_line(text), width, lines)
    assert len(found) <= lines
    assert all(cell_len(line) <= width for line in found)


def test_wrapping_loses_no_word_where_there_is_room():
    assert " ".join(wrapped("one two three four", 9, 4)) == "one two three four"


@pytest.mark.parametrize(
    ("raw", "plain"),
    [
        ("\x1b]0;owned\x07", "␛]0;owned␇"),
        ("\x9b31m", "\ufffd31m"),
        ("a\x7fb", "a␡b"),
        ("a\tb", "a    b"),
        ("a\r\nb\x85c\u2028d", "a\nb\nc\nd"),
        ("safe\u202egnp.exe", "safegnp.exe"),
        ("zero\u200bwidth", "zerowidth"),
        ("👩\u200d👧 ❤\ufe0f", "👩👧 ❤"),
        ("\ud800", "\ufffd"),
        ("[@click=app.quit]x[/]", "[@click=app.quit]x[/]"),
    ],
)
def test_what_could_steer_a_terminal_is_made_visible_or_dropped(raw, plain):
    assert shown(raw) == plain


def test_a_megabyte_is_cut_and_says_so():
    assert shown("x" * 1_000_000).endswith("… (980,000 more characters)")


def test_clipping_says_that_something_is_left_out():
    assert clipped("猫猫猫猫", 6) == "猫猫…"
