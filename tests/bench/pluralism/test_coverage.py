from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.pluralism.coverage import (
    by_nearness,
    by_sides,
    covered_by_nearness,
    covered_by_sides,
    definitions,
    on_both_sides,
    share_covered,
)
from personas.errors import InputError

SIDE = st.sampled_from(["a", "b", "neither", None])
SIDES = st.fixed_dictionaries({"x": SIDE, "y": SIDE})
LEFT, RIGHT, NONE = {"x": "a"}, {"x": "b"}, {"x": "neither"}


@pytest.mark.parametrize(
    ("option", "answers", "covered"),
    [
        (LEFT, [LEFT], True),
        (LEFT, [RIGHT], False),
        (LEFT, [NONE], False),  # an answer without a side gives nobody their side
        (LEFT, [{"x": None}], False),
        (LEFT, [], False),
        (LEFT, [RIGHT, NONE, LEFT], True),
        (NONE, [NONE], None),
        ({"x": None}, [LEFT], None),
        (
            {"x": "a", "y": "b"},
            [{"x": "a", "y": "a"}, {"x": "b", "y": "b"}],
            False,
        ),  # no single answer has both
        ({"x": "a", "y": "b"}, [{"x": "a", "y": "b"}], True),
        ({"x": "a", "y": "neither"}, [{"x": "a", "y": "b"}], True),  # only the sides that it takes count
    ],
)
def test_an_option_is_covered_by_one_answer_on_all_the_sides_that_it_takes(option, answers, covered):
    assert covered_by_sides(option, answers) is covered


def test_the_share_of_people_is_of_those_who_prefer_an_option_with_a_side():
    shares = (0.4, 0.3, 0.2, 0.1)
    options = [LEFT, RIGHT, NONE, LEFT]
    assert by_sides(shares, options, [LEFT]) == pytest.approx((0.5 / 0.8, 0.2), abs=1e-12)
    assert by_sides(shares, options, [LEFT, RIGHT]) == pytest.approx((1.0, 0.2), abs=1e-12)
    assert by_sides(shares, options, [NONE]) == pytest.approx((0.0, 0.2), abs=1e-12)
    assert by_sides((1.0,), [NONE], [LEFT]) == (None, 1.0)


def test_nearness_counts_from_the_threshold_on():
    rows = np.array([[1.0, 0], [0, 1]])
    near = np.array([[0.6, 0.8]])
    assert by_nearness((0.25, 0.75), rows, near, nearness=0.7) == 0.75
    assert by_nearness((0.25, 0.75), rows, near, nearness=0.6) == 1.0
    assert by_nearness((0.25, 0.75), rows, near, nearness=0.81) == 0.0
    assert not covered_by_nearness(rows[0], np.zeros((0, 2)))


def test_the_definitions_are_told_with_the_threshold():
    told = definitions(0.55)
    assert set(told) == {"sides", "nearness"} and "0.55" in told["nearness"]


def test_a_set_is_on_both_sides_where_it_has_one_of_each():
    assert on_both_sides(["a", "b"]) and on_both_sides(["b", None, "neither", "a"])
    assert not any(map(on_both_sides, (["a", "a"], ["a", "neither"], ["b", None], [])))


def test_shares_of_other_options_are_refused():
    with pytest.raises(InputError):
        share_covered((0.5, 0.5), (True,))


@given(st.lists(SIDES, min_size=1, max_size=4), st.lists(SIDES, max_size=4), SIDES)
def test_another_answer_never_covers_less(options, answers, more):
    shares = [1 / len(options)] * len(options)
    (before, out), (after, out_after) = (
        by_sides(shares, options, each) for each in (answers, [*answers, more])
    )
    assert out == out_after and 0 <= out <= 1
    if before is not None:
        assert 0 <= before <= after <= 1


@given(st.lists(SIDES, min_size=1, max_size=4), st.lists(SIDES, max_size=4))
def test_swapping_the_poles_changes_no_coverage(options, answers):
    other = {"a": "b", "b": "a"}
    shares = [1 / len(options)] * len(options)
    turned = [
        [{axis: other.get(s, s) for axis, s in each.items()} for each in part] for part in (options, answers)
    ]
    assert by_sides(shares, options, answers) == by_sides(shares, *turned)


@given(st.lists(SIDES, min_size=1, max_size=4))
def test_the_options_themselves_cover_everything(options):
    shares = [1 / len(options)] * len(options)
    covered, out = by_sides(shares, options, options)
    assert covered in (1.0, None) and (covered is None) == (out == pytest.approx(1))
