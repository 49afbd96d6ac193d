"""The plane of the two scores: who stands where, and whose name is written."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tui.reading.communities import CommunityView
from tui.widgets.plane import laid, plane, points


def community(name, identity, bond, members=5):
    return CommunityView(name=name, title="", members=members, norms=3, identity=identity, bond=bond)


def test_every_community_that_has_room_is_named_and_the_marked_one_always():
    lines = plane([community("tea", 0.1, 0.9), community("cats", 0.7, 0.2)], 1, 60, 16)
    assert any("• tea" in line for line in lines) and any("◆ cats" in line for line in lines)


def test_several_in_one_place_are_one_sign_without_a_name():
    text = "\n".join(
        plane([community("a1", 0.5, 0.5), community("b2", 0.5, 0.5), community("c", 0, 0)], 2, 60, 16)
    )
    assert "⁙" in text and "a1" not in text and "b2" not in text


def test_a_name_is_never_written_over_another_community():
    close = [community("first-name", 0.50, 0.5), community("second-name", 0.56, 0.5)]
    text = "\n".join(plane(close, 5, 60, 16))
    assert text.count("•") == 2


def test_communities_without_both_scores_are_not_on_it():
    assert [point.number for point in points([community("a", None, 1.0), community("b", 0.5, 0.5)])] == [1]
    assert laid(points([community("b", 0.5, 0.5)]), 12, 5) == {}


score = st.floats(-1, 1)


@given(st.lists(st.tuples(st.text(min_size=1), score, score), min_size=1, max_size=8), st.integers(0, 8))
def test_every_line_is_as_wide_as_the_plane_whatever_the_names(known, marked):
    communities = [community(name, identity, bond) for name, identity, bond in known]
    for line in plane(communities, marked, 50, 14)[1:-2]:
        assert cell_len(line) == 49, line
