from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.report.axes import Axis, axis_for
from bench.report.markup import Markup, element, plain

ANYTHING = st.text(st.characters(codec=None, categories=None), max_size=60)


class Seen(HTMLParser):
    """What a browser would make of a piece of a page."""

    def __init__(self, piece):
        super().__init__(convert_charrefs=True)
        self.tags, self.text = [], ""
        self.feed(piece)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data


@given(text=ANYTHING, value=ANYTHING)
def test_whatever_a_text_holds_it_is_read_back_as_that_text_and_makes_no_element(text, value):
    seen = Seen(element("p", text, title=value))
    assert seen.tags == [("p", {"title": plain(value)})]
    assert seen.text == plain(text)


@given(text=ANYTHING)
def test_a_text_has_nothing_left_that_steers_and_can_be_encoded(text):
    made = plain(text)
    made.encode()
    assert not {"\x1b", "\x00", "\x9b", "\u202e", "\u2066", "\r"} & set(made)
    assert plain(made) == made


def test_an_address_in_a_text_is_read_as_it_is_and_found_by_no_search():
    made = element("p", "see https://example.org", title="http://x")
    assert "://" not in made
    assert Seen(made).text == "see https://example.org"


def test_the_joiners_of_emoji_and_persian_stay():
    assert plain("👩\u200d👧 می\u200cخواهم") == "👩\u200d👧 می\u200cخواهم"


def test_what_is_markup_already_is_not_escaped_again_and_none_is_nothing():
    inner = element("b", "<")
    assert element("p", inner, None, "<", id=None) == "<p><b>&lt;</b>&lt;</p>"
    assert isinstance(inner, Markup)
    assert element("br") == "<br>"


@pytest.mark.parametrize(
    ("figures", "ticks"),
    [
        ([0.21, 0.37], (0.0, 0.1, 0.2, 0.3, 0.4)),
        ([-0.3, 0.9], (-0.5, 0.0, 0.5, 1.0)),
        ([None, float("nan")], (0.0, 0.5, 1.0)),
        ([], (0.0, 0.5, 1.0)),
        ([0.0], (0.0, 0.5, 1.0)),
        ([-0.004], (-0.004, -0.003, -0.002, -0.001, 0.0)),
        ([150.0], (0.0, 50.0, 100.0, 150.0)),
    ],
)
def test_an_axis_has_round_ends_and_holds_zero(figures, ticks):
    axis = axis_for(figures, start=0, end=10)
    assert axis.ticks == pytest.approx(ticks)
    assert (axis.low, axis.high) == (axis.ticks[0], axis.ticks[-1])


@given(
    figures=st.lists(st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-9), min_size=1, max_size=8)
)
def test_every_figure_lies_on_its_axis_in_the_same_order(figures):
    axis = axis_for(figures, start=10, end=110)
    slack = 1e-8 * (axis.high - axis.low)
    assert all(axis.low - slack <= figure <= axis.high + slack for figure in figures)
    places = [axis.place(figure) for figure in sorted(figures)]
    assert places == sorted(places)
    assert all(10 <= place <= 110 for place in places)
    assert 2 <= len(axis.ticks) <= 8


def test_an_upward_axis_has_its_end_above():
    axis = Axis(low=0, high=1, start=300, end=0)
    assert [axis.place(figure) for figure in (0, 0.25, 1, 2)] == [300, 225, 0, 0]
