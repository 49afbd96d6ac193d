"""Where the marks stand is computed by hand from the figures."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from bench.report import charts
from bench.report.axes import Axis
from bench.scores import Curve, CurveBin

AXIS = Axis(low=0, high=1, start=10, end=210, ticks=(0.0, 0.5, 1.0))


def parts(picture, kind):
    """Return the parts of a picture of one class, with their attributes."""
    found = ElementTree.fromstring(picture)
    return [part for part in found.iter() if kind in (part.get("class") or "").split()]


def xs(parts_):
    return [tuple(float(part.get(name)) for name in ("x1", "x2")) for part in parts_]


def test_a_figure_and_its_interval_stand_where_the_axis_has_them():
    picture = charts.interval_picture("simulation", 0.25, 0.1, 0.6, AXIS, beside=0.5)
    (mark,) = parts(picture, "mark")
    assert (mark.tag, float(mark.get("cx"))) == ("circle", 60)
    assert xs(parts(picture, "whisker")) == [(30, 130), (30, 30), (130, 130)]
    assert xs(parts(picture, "beside")) == [(110, 110)]


@pytest.mark.parametrize(("role", "corners"), [("baseline", 4), ("control", 4), ("ceiling", 3)])
def test_each_role_has_a_shape_of_its_own_around_its_figure(role, corners):
    (mark,) = parts(charts.interval_picture(role, 0.5, None, None, AXIS), "mark")
    places = [tuple(map(float, point.split(","))) for point in mark.get("points").split()]
    assert len(places) == corners
    assert sum(x for x, _ in places) / corners == pytest.approx(110)
    others = {charts.shape(other, 0, 0) for other in ("simulation", "baseline", "control", "ceiling")}
    assert len(others) == 4


def test_without_an_interval_there_are_no_whiskers_and_without_a_figure_no_mark():
    bare = charts.interval_picture("baseline", 0.5, None, None, AXIS)
    assert not parts(bare, "whisker")
    nothing = charts.interval_picture("baseline", None, None, None, AXIS)
    assert not parts(nothing, "mark")
    assert not parts(nothing, "beside")


def test_a_scale_names_its_ticks_where_they_are():
    found = ElementTree.fromstring(charts.axis_picture(AXIS))
    assert [text.text for text in found.iter("text")] == ["0", ".5", "1"]
    assert xs(parts(charts.axis_picture(AXIS), "axis"))[:3] == [(10, 10), (110, 110), (210, 210)]


def test_reliability_has_a_dot_for_each_bin_and_the_area_goes_with_their_number():
    bins = (CurveBin(confidence=0.25, accuracy=0.5, n=1), CurveBin(confidence=1.0, accuracy=0.0, n=4))
    picture = charts.reliability(Curve(predictor="x", bins=bins))
    dots = [tuple(float(dot.get(name)) for name in ("cx", "cy", "r")) for dot in parts(picture, "mark")]
    left, top, side = charts.LEFT, charts.TOP, charts.SQUARE
    assert dots == [(left + side / 4, top + side / 2, 6), (left + side, top + side, 9)]
    (line,) = parts(picture, "curve")
    assert line.get("points") == f"{left + side // 4},{top + side // 2} {left + side},{top + side}"


def test_density_counts_the_options_of_each_cell_and_the_area_goes_with_their_number():
    picture = charts.density([(0.0, 1.0), (0.01, 0.99), (0.02, 0.96), (0.04, 0.95), (0.52, 0.52)])
    cells = [
        tuple(float(cell.get(name)) for name in ("x", "y", "width", "height"))
        for cell in parts(picture, "cell")
    ]
    width = charts.SQUARE / 20
    assert cells[0] == (charts.LEFT, charts.TOP, width, width)
    middle = width * 10.5 - width / 4
    assert cells[1] == (
        charts.LEFT + middle,
        charts.TOP + charts.SQUARE - width * 10.5 - width / 4,
        width / 2,
        width / 2,
    )
    assert [cell.find("title").text for cell in parts(picture, "cell")] == [
        "4 options: real near .025, simulated near .975",
        "1 options: real near .525, simulated near .525",
    ]


def test_the_bars_of_a_histogram_are_as_high_as_their_counts():
    picture = charts.histogram([0.0, 0.05, 0.1, 1.0], [0.5, 0.5, 0.5, 0.5])
    real, simulated = parts(picture, "real"), parts(picture, "simulated")
    height = charts.SQUARE
    assert [float(bar.get("height")) for bar in real] == [height / 2, height / 4, height / 4]
    assert [float(bar.get("height")) for bar in simulated] == [height]
    assert float(simulated[0].get("y")) == charts.TOP


@pytest.mark.parametrize(("share", "width"), [(0.25, 40), (0, 0), (1, 160), (1.5, 160)])
def test_a_share_is_a_bar_of_its_part_of_the_width(share, width):
    (bar,) = parts(charts.share_bar(share, "real"), "bar")
    assert float(bar.get("width")) == width


def test_every_plot_says_what_it_shows():
    curve = Curve(predictor="<x>", bins=(CurveBin(confidence=0.25, accuracy=0.5, n=1),))
    for picture in (charts.reliability(curve), charts.density([]), charts.histogram([], [])):
        found = ElementTree.fromstring(picture)
        assert found.get("role") == "img"
        assert found.find("title").text
        assert found.find("desc").text
        assert found.get("aria-label").startswith(found.find("title").text)
    assert "said .25, right .50" in charts.reliability(curve)
