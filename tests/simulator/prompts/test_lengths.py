"""How long options may be together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from simulator.prompts.lengths import OPTION, OPTIONS, SHORTEST, fair_cut

LENGTHS = st.lists(st.integers(1, 10_000), min_size=2, max_size=26)


def test_short_options_leave_their_room_to_long_ones():
    assert fair_cut([300, 4_000, 4_000], total=2_300) == 1_000
    assert fair_cut([4_000, 4_000], total=3_000) == 1_500
    assert fair_cut([10, 20], total=3_000) == OPTION


@given(LENGTHS)
def test_options_together_keep_to_their_length_unless_there_are_very_many(lengths):
    cut = fair_cut(lengths)
    assert SHORTEST <= cut <= OPTION
    assert sum(min(length, cut) for length in lengths) <= max(OPTIONS, SHORTEST * len(lengths))


@given(LENGTHS, st.randoms())
def test_the_cut_does_not_depend_on_the_order(lengths, random):
    mixed = random.sample(lengths, len(lengths))
    assert fair_cut(mixed) == fair_cut(lengths)


@given(LENGTHS)
def test_no_more_is_cut_than_must_be(lengths):
    cut = fair_cut(lengths)
    longer = cut + 1
    if SHORTEST < cut < OPTION and any(length > cut for length in lengths):
        assert sum(min(length, longer) for length in lengths) > OPTIONS
