"""Texts that say the same are found, and no others."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from personas import InputError, near
from personas.near import NearTexts, Twin, bands, jaccard, normalised, shingles

LONG = "Rinse the paper filter with hot water before you brew, or the coffee tastes of paper; it takes ten seconds."


def test_case_spacing_and_signs_do_not_make_another_text():
    texts = NearTexts()
    assert texts.add("first", "Rinse the filter.") is None
    assert texts.add("second", "  rinse THE   filter!! ") == Twin("first", exact=True)


def test_a_text_with_one_word_changed_is_near_and_one_with_half_changed_is_not():
    texts = NearTexts(threshold=0.8)
    texts.add("first", LONG)
    assert texts.add("near", LONG.replace("seconds", "moments")) == Twin("first", exact=False)
    assert (
        texts.add("other", "Rinse the paper filter with hot water, then throw all of it away and buy tea.")
        is None
    )


def test_the_similarity_of_two_texts_is_that_of_their_sets_of_five_letters():
    one, other = shingles("abcdefg"), shingles("abcdefx")
    assert one.size == other.size == 3, "abcde, bcdef, cdefg"
    assert jaccard(one, other) == pytest.approx(2 / 4)


@pytest.mark.parametrize(("threshold", "near"), [(0.5, True), (0.51, False)])
def test_the_threshold_itself_counts(threshold, near):
    texts = NearTexts(threshold=threshold)
    texts.add("first", "abcdefg")
    assert bool(texts.find("abcdefx")) is near


def test_short_texts_with_other_numbers_are_other_texts():
    texts = NearTexts()
    text = "My household income is above ${} per year before any tax is paid on it by anybody"
    texts.add("first", text.format("100,000"))
    assert texts.add("second", text.format("150,000")) is None
    assert texts.add("third", text.format("100,000") + "!") == Twin("first", exact=True)


def test_among_texts_of_one_pattern_one_with_another_word_is_another_text():
    text = "How much do you like {} food? Asked of adults in 2014; those who did not know it are not counted."
    for patterned, told in ((True, None), (False, Twin("italian", exact=False))):
        texts = NearTexts(patterned=patterned)
        texts.add("italian", text.format("Italian"))
        assert texts.add("indian", text.format("Indian")) == told
    again = text.format("Indian").replace("Asked of adults in 2014", "In 2014, asked of adults")
    texts = NearTexts(patterned=True)
    texts.add("indian", text.format("Indian"))
    assert texts.find(again) == Twin("indian", exact=False), "the same words in another order"


def test_signs_without_a_word_are_compared_as_they_stand():
    texts = NearTexts()
    texts.add("up", "👍")
    assert texts.add("down", "👎") is None
    assert texts.add("again", " 👍 ") == Twin("up", exact=True)


def test_a_copy_of_a_near_copy_names_the_first_of_all():
    texts = NearTexts()
    texts.add("first", LONG)
    near = LONG.replace("ten", "two")
    assert texts.add("second", near) == Twin("first", exact=False)
    assert texts.add("third", near.upper()).name == "first"


def test_find_keeps_nothing():
    texts = NearTexts()
    assert texts.find(LONG) is None
    assert texts.find(LONG) is None


def test_what_is_near_a_near_copy_alone_is_found_where_the_copy_was_kept():
    middle = LONG.replace("paper filter", "metal filter").replace("ten seconds", "two seconds")
    last = middle.replace("hot water", "icy water").replace("tastes of", "stinks of")
    kept, added = NearTexts(threshold=0.7), NearTexts(threshold=0.7)
    kept.keep("first", LONG)
    kept.keep("middle", middle)
    assert added.add("first", LONG) is None
    assert added.add("middle", middle) == Twin("first", exact=False)
    assert added.find(last) is None
    assert kept.find(last) == Twin("middle", exact=False)
    kept.keep("again", LONG.upper())
    assert kept.find(LONG) == Twin("first", exact=True)


def test_a_text_is_hashed_in_parts_as_it_is_at_once(monkeypatch):
    runs = shingles(normalised(" ".join(str(number * 7919) for number in range(3_000))))
    whole = bands(runs, 6)
    monkeypatch.setattr(near, "_AT_ONCE", 1_000)
    assert bands(runs, 6) == whole
    assert len(set(whole)) == 21


@pytest.mark.parametrize("threshold", [0, -1, 1.01, float("nan")])
def test_a_threshold_that_is_none_is_refused(threshold):
    with pytest.raises(InputError, match="--alike"):
        NearTexts(threshold=threshold)


@given(st.lists(st.text(max_size=40), max_size=12))
@example(["\ud800", "\ud800 ", "", " "])
@example(["ab", "AB", "ａｂ"])
def test_of_equal_texts_all_but_the_first_are_found(texts):
    kept = NearTexts()
    found = [kept.add(str(number), text) for number, text in enumerate(texts)]
    plain = [normalised(text) for text in texts]
    for number, twin in enumerate(found):
        if plain[number] in plain[:number]:
            assert twin is not None
        elif twin is not None:
            assert not twin.exact
            one, other = shingles(plain[number]), shingles(plain[int(twin.name)])
            assert jaccard(one, other) >= 0.8


def test_near_copies_at_the_threshold_are_nearly_always_found():
    rng = np.random.default_rng(1)
    missed = 0
    for _ in range(200):
        letters = rng.choice(list("abcdefghijklmnop "), size=400)
        changed = letters.copy()
        changed[rng.integers(400, size=6)] = "z"
        one, other = "".join(letters), "".join(changed)
        likeness = jaccard(shingles(normalised(one)), shingles(normalised(other)))
        texts = NearTexts(threshold=0.8)
        texts.add("one", one)
        missed += likeness >= 0.8 and texts.find(other) is None
    assert missed <= 2
