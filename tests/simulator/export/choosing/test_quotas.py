"""How many may stay: small cases by hand, the rest against what every answer must satisfy."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.export.choosing.quotas import RATIOS, balanced, length_kind, matched

lengths = st.integers(1, 10_000)
counts = st.dictionaries(st.integers(-4, 4), st.integers(0, 9), max_size=7)


def test_equal_lengths_have_no_side() -> None:
    assert length_kind(7, 7) == 0


@pytest.mark.parametrize(
    ("chosen", "rejected", "kind"),
    [(21, 20, 1), (22, 20, 2), (20, 22, -2), (40, 20, 6), (41, 20, 7), (1, 5, -8), (1, 500, -9)],
)
def test_the_class_is_that_of_the_ratio_and_the_side_that_of_the_longer_one(chosen, rejected, kind) -> None:
    assert length_kind(chosen, rejected) == kind


@given(lengths, lengths)
def test_swapping_the_texts_swaps_the_side(one, other) -> None:
    kind = length_kind(one, other)
    assert kind == -length_kind(other, one)
    assert (kind > 0) == (one > other) and (kind < 0) == (one < other)
    if kind:
        ends = (1.0, *RATIOS, float("inf"))
        assert ends[abs(kind) - 1] < max(one, other) / min(one, other) <= ends[abs(kind)]


@given(counts)
def test_once_matched_no_kind_outnumbers_its_other_side_and_one_of_them_is_whole(given_counts) -> None:
    found = matched(given_counts)
    assert found.keys() == given_counts.keys()
    for kind, count in found.items():
        assert count == (found.get(-kind, 0))
        assert count in {given_counts[kind], given_counts.get(-kind, 0)} and count <= given_counts[kind]


def test_communities_without_lengths_to_match_come_to_the_fewest() -> None:
    assert balanced({"tea": {0: 9}, "coffee": {0: 4}}) == {"tea": {0: 4}, "coffee": {0: 4}}


def test_one_community_without_any_leaves_none_to_the_others() -> None:
    assert balanced({"tea": {0: 9, 1: 2, -1: 2}, "coffee": {}}) == {"tea": {0: 0, 1: 0, -1: 0}, "coffee": {}}


def test_nothing_is_balanced_with_nothing() -> None:
    assert balanced({}) == {}


def test_kinds_keep_their_proportions() -> None:
    found = balanced({"tea": {0: 20, 1: 30, -1: 30, 2: 10, -2: 10}, "coffee": {0: 10}})["tea"]
    assert found == {0: 2, 1: 3, -1: 3, 2: 1, -2: 1}


def test_an_odd_number_needs_a_single_in_every_community() -> None:
    found = balanced({"tea": {0: 3}, "coffee": {1: 9, -1: 9}})
    assert found == {"tea": {0: 2}, "coffee": {1: 1, -1: 1}}


paired = st.lists(
    st.tuples(st.integers(0, 4), st.integers(0, 4), st.integers(0, 4)).map(
        lambda row: {0: row[0], 1: row[1], -1: row[1], 2: row[2], -2: row[2]}
    ),
    min_size=1,
    max_size=4,
)


@given(paired)
def test_every_group_comes_to_the_largest_number_that_all_can_reach(groups) -> None:
    named = dict(enumerate(groups))
    found = balanced(named)
    for place, quota in found.items():
        assert all(0 <= quota[kind] <= named[place][kind] == named[place][-kind] for kind in quota)
        assert all(quota[kind] == quota[-kind] for kind in quota)
    reachable = [
        {
            single + 2 * (one + two)
            for single, one, two in product(*(range(group[kind] + 1) for kind in (0, 1, 2)))
        }
        for group in groups
    ]
    assert {sum(quota.values()) for quota in found.values()} == {max(set.intersection(*reachable))}


def test_a_kind_whose_other_side_does_not_occur_keeps_none() -> None:
    groups = {"tea": matched({0: 2, -3: 4, 5: 1}), "coffee": matched({0: 1, 1: 1, -1: 1})}
    assert balanced(groups) == {"tea": {0: 2, -3: 0, 5: 0}, "coffee": {0: 0, 1: 1, -1: 1}}
