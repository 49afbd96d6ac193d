"""Names, links, mentions and signatures are cut without a trace; the rest stays as it is."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.construction.cues import SURFACE, Mask, masked_item, mentions, name_forms, skeleton, surface
from simulator.item import Item, Option

MASK = Mask(["tea", "r/cats", "cstheory_meta", "Board & Card Games"])


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("We of r/tea drink it.", "We of drink it."),
        ("Ask /r/SomethingElse, or not.", "Ask, or not."),
        ("Tea is what TEA's about.", "is what about."),
        ("Teapots and steam stay.", "Teapots and steam stay."),
        ("Thanks u/ann and /u/bob_2 and @member!", "Thanks and and!"),
        ("See https://tea.example.org/a?b=c#d or www.x.org.", "See or"),
        ("A [good page](https://x.org/y) tells.", "A good page tells."),
        ("Meta: cstheory meta, CSTheory_Meta, cstheory-meta.", "Meta:,,."),
        ("I play board & card games.", "I play."),
        ("Nothing here.\n-- \nAnn, tea lover", "Nothing here."),
        ("Nothing here.\n\nCheers,\nAnn", "Nothing here."),
        ("Nothing here.\nSent from my phone", "Nothing here."),
        ("r/tea", "…"),
        ("mail ann@example.org", "mail"),
        ("[@click=app.quit]x[/]", "[=app.quit]x[/]"),
    ],
)
def test_cues_are_cut(text, left):
    assert MASK(text) == left


def test_a_name_is_found_without_its_place_and_its_number():
    assert name_forms("r/tea") == ("tea",)
    assert name_forms("brexit-consensus/2") == ("brexit-consensus", "brexit consensus")
    assert name_forms("The $15 question, group 3") == ("The $15 question",)
    assert name_forms("") == ()
    assert name_forms("x") == (), "a single letter is a word like any other"


@given(st.text(max_size=200))
def test_masking_leaves_something_and_masking_again_changes_nothing_of_note(text):
    once = MASK(text)
    assert once
    assert "r/tea" not in once.lower().split()


@given(st.lists(st.text(max_size=8), max_size=4), st.text(max_size=60))
def test_hostile_names_make_no_pattern(names, text):
    assert set(Mask(names)(text)) <= {*text, " ", "…"}, (
        "a mask takes away, and leaves a mark where nothing is left"
    )


def test_a_masked_item_keeps_its_options_apart_or_is_none():
    def item(*texts):
        return Item(
            item="1", query="On r/tea?", options=tuple(Option(text=text) for text in texts), community="tea"
        )

    assert masked_item(item("r/tea green", "black"), MASK) == {"query": "On?", "options": ["green", "black"]}
    assert masked_item(item("r/tea green", "r/cats green"), MASK) is None


def test_the_surface_of_a_text_is_counted():
    figures = dict(zip(SURFACE, surface("Is it A? YES, it is! https://x.org"), strict=True))
    size = len("Is it A? YES, it is! https://x.org")
    assert figures["links"] == pytest.approx(100 / size)
    assert figures["questions"] == figures["exclamations"] == figures["commas"] == pytest.approx(100 / size)
    assert figures["shouted"] == pytest.approx(500 / size), "YES"
    assert len(surface("")) == len(SURFACE)


def test_mentions_count_each_communitys_names():
    forms = {"tea": ("tea",), "cats": ("cats", "felines")}
    assert mentions("Tea, tea and felines; steam", forms).tolist() == [2, 1]
    assert mentions("tea " * 9, forms).tolist() == [3, 0], "more than three say no more"


@given(st.text(alphabet="abcXYZ 0123.,é", max_size=60))
def test_the_shape_of_a_text_holds_none_of_its_words(text):
    assert set(skeleton(text)) <= set("aA0 .,")
