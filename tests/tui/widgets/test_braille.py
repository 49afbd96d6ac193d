"""Dots, lines and discs in braille, against drawings made by hand."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tui.widgets.braille import Dots


def drawn(width, height, *lines, dotted=False):
    dots = Dots(width, height)
    dots.lines(np.array(lines, float), dotted=dotted)
    return dots


def test_a_line_along_the_top_sets_the_upper_dots():
    assert drawn(3, 1, [0, 0, 5, 0]).rows() == ["⠉⠉⠉"]


def test_an_upright_line_sets_one_column_of_dots():
    assert drawn(1, 2, [0, 0, 0, 7]).rows() == ["⡇", "⡇"]


def test_a_dotted_line_has_a_third_of_the_dots_of_a_solid_one():
    solid, dotted = (drawn(40, 2, [0, 3, 74, 3], dotted=kind).grid.sum() for kind in (False, True))
    assert (solid, dotted) == (75, 25)


def test_only_the_part_of_a_line_on_the_plane_is_drawn():
    assert drawn(2, 1, [-100, 0, 100, 0]).rows() == ["⠉⠉"]
    assert drawn(2, 1, [-9, -9, -1, -1], [50, 0, 60, 3]).grid.sum() == 0
    assert drawn(2, 1, [1, 2, 1, 2]).grid.sum() == 1


def test_a_disc_is_round_and_its_cells_can_be_taken_from_other_drawings():
    discs = Dots(5, 3)
    discs.discs(np.array([[5.0, 6.0]]), np.array([2]))
    assert discs.grid.sum() == 21
    line = drawn(5, 3, [0, 6, 9, 6])
    line.without(discs)
    assert not (line.cells() & discs.cells()).any() and line.grid.any()


corner = st.floats(-50, 50)


@given(st.lists(st.tuples(corner, corner, corner, corner), max_size=5))
def test_lines_drawn_together_are_the_lines_drawn_one_by_one(lines):
    together = drawn(8, 4, *lines) if lines else Dots(8, 4)
    apart = np.zeros((16, 16), bool)
    for line in lines:
        apart |= drawn(8, 4, line).grid
    assert (together.grid == apart).all()


@given(corner, corner, corner, corner)
def test_a_line_has_no_gap(x0, y0, x1, y1):
    rows, columns = np.nonzero(drawn(8, 4, [x0, y0, x1, y1]).grid)
    if len(rows) > 1:
        steep = np.ptp(rows) > np.ptp(columns)
        along = np.unique(rows if steep else columns)
        assert (np.diff(along) == 1).all()
