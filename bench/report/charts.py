"""Pictures as inline SVG: intervals, reliability, real against simulated shares, and shares as bars.

Every picture has a title and a description that a screen reader says, and its figures stand in a table beside it.
What stands for what is told by shape and label, never by colour alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.report.axes import Axis, axis_for
from bench.report.markup import Markup, element, joined
from bench.report.rows import written

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bench.scores import Curve, Role

__all__ = [
    "AXIS_WIDTH", "axis_picture", "density", "histogram", "interval_axis", "interval_picture", "key_mark",
    "reliability", "share_bar",
]  # fmt: skip

AXIS_WIDTH = 260
MARGIN = 9
ROW = 26
SQUARE = 300
LEFT, TOP, RIGHT, BOTTOM = 46, 12, 12, 40


def interval_axis(figures: Iterable[float | None]) -> Axis:
    """Return the axis of a column of intervals that holds all these figures."""
    return axis_for(figures, start=MARGIN, end=AXIS_WIDTH - MARGIN)


def number(figure: float) -> str:
    """Return a place in a picture, to a hundredth of a pixel.

    >>> number(35.0), number(1 / 3)
    ('35', '0.33')
    """
    return f"{figure:.2f}".rstrip("0").rstrip(".")


def shape(role: Role, x: float, y: float, size: float = 5) -> Markup:
    """Return the mark of a role: a full circle, an open square, an open diamond or a triangle."""
    if role == "simulation":
        return element("circle", cx=number(x), cy=number(y), r=number(size), class_="mark simulation")
    corners = {
        "baseline": ((-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)),
        "control": ((0, -1.15), (1.15, 0), (0, 1.15), (-1.15, 0)),
        "ceiling": ((0, -1.1), (1.1, 0.9), (-1.1, 0.9)),
    }[role]
    points = " ".join(f"{number(x + size * right)},{number(y + size * down)}" for right, down in corners)
    return element("polygon", points=points, class_=f"mark {role}")


def key_mark(role: Role) -> Markup:
    """Return the mark of a role alone, to stand beside its name."""
    mark = shape(role, 8, 8)
    return element("svg", mark, viewBox="0 0 16 16", width=16, height=16, aria_hidden="true", class_="key")


def interval_picture(
    role: Role,
    mean: float | None,
    low: float | None,
    high: float | None,
    axis: Axis,
    *,
    beside: float | None = None,
    told: str = "",
) -> Markup:
    """Return a figure as a mark with its interval as whiskers.

    Args:
        mean, low, high: the figure and its interval; None where there is none.
        axis: the same for all rows that are to be compared.
        beside: where a dashed line stands, so that rows can be compared with the simulation.
        told: what it shows, in words.
    """
    middle = ROW / 2
    parts: list[Markup] = [_line(axis.start, middle, axis.end, middle, "track")]
    if beside is not None:
        parts.append(_line(axis.place(beside), 0, axis.place(beside), ROW, "beside"))
    if low is not None and high is not None:
        left, right = axis.place(low), axis.place(high)
        parts += [_line(left, middle, right, middle, f"whisker {role}")]
        parts += [_line(end, middle - 4, end, middle + 4, f"whisker {role}") for end in (left, right)]
    if mean is not None:
        parts.append(shape(role, axis.place(mean), middle))
    return _picture(AXIS_WIDTH, ROW, told, "", *parts, class_="interval")


def axis_picture(axis: Axis) -> Markup:
    """Return the scale that stands above a column of intervals; its numbers are read from the rows, not from it."""
    ends = {axis.ticks[0]: "start", axis.ticks[-1]: "end"}
    labels = [
        element(
            "text",
            _tick(tick),
            x=number(_label_place(tick, axis)),
            y=12,
            text_anchor=ends.get(tick, "middle"),
        )
        for tick in axis.ticks
    ]
    lines = [_line(axis.place(tick), 16, axis.place(tick), 22, "axis") for tick in axis.ticks]
    whole = joined(*labels, *lines, _line(axis.start, 22, axis.end, 22, "axis"))
    return element(
        "svg",
        whole,
        viewBox=f"0 0 {AXIS_WIDTH} 24",
        width=AXIS_WIDTH,
        height=24,
        aria_hidden="true",
        class_="scale",
    )


def reliability(curve: Curve) -> Markup:
    """Return how often a predictor was right at each confidence; a larger dot stands for more judgements."""
    across, up = _unit_axes()
    dots = []
    most = max((each.n for each in curve.bins), default=1)
    places = [(across.place(each.confidence), up.place(each.accuracy)) for each in curve.bins]
    for each, (x, y) in zip(curve.bins, places, strict=True):
        radius = 3 + 6 * (each.n / most) ** 0.5
        told = f"said {written(each.confidence)}, right {written(each.accuracy)}, {each.n:,} judgements"
        named = element("title", told)
        dots.append(
            element("circle", named, cx=number(x), cy=number(y), r=number(radius), class_="mark simulation")
        )
    path = " ".join(f"{number(x)},{number(y)}" for x, y in places)
    return _picture(
        SQUARE + LEFT + RIGHT,
        SQUARE + TOP + BOTTOM,
        f"Reliability of the {curve.predictor}",
        _told_curve(curve),
        *_frame(across, up, "confidence: the largest simulated share", "how often it was right"),
        _line(across.start, up.start, across.end, up.end, "diagonal"),
        element("polyline", points=path, class_="curve"),
        *dots,
    )


def density(pairs: Sequence[tuple[float, float]], *, cells: int = 20) -> Markup:
    """Return (real, simulated) shares as squares: the larger a square, the more options lie in its cell.

    A share of 1 is in the last cell. The area of a square goes with the number of options.
    """
    across, up = _unit_axes()
    counts: dict[tuple[int, int], int] = {}
    for real, simulated in pairs:
        cell = (min(int(real * cells), cells - 1), min(int(simulated * cells), cells - 1))
        counts[cell] = counts.get(cell, 0) + 1
    most, width = max(counts.values(), default=1), SQUARE / cells
    squares = []
    for (right, above), count in sorted(counts.items()):
        side = max(2.0, width * (count / most) ** 0.5)
        x, y = across.place((right + 0.5) / cells), up.place((above + 0.5) / cells)
        middles = [written((each + 0.5) / cells) for each in (right, above)]
        told = f"{count:,} options: real near {middles[0]}, simulated near {middles[1]}"
        squares.append(
            element(
                "rect", element("title", told), x=number(x - side / 2), y=number(y - side / 2), width=number(side),
                height=number(side), class_="cell",
            )
        )  # fmt: skip
    return _picture(
        SQUARE + LEFT + RIGHT,
        SQUARE + TOP + BOTTOM,
        "Simulated shares against real ones",
        f"{len(pairs):,} shares of options. On the diagonal the simulation says what the real community said.",
        *_frame(across, up, "real share of an option", "simulated share"),
        _line(across.start, up.start, across.end, up.end, "diagonal"),
        *squares,
    )


def share_bar(share: float, kind: str, width: int = 160) -> Markup:
    """Return a share as a bar; ``kind`` is ``real`` (full) or ``simulated`` (hatched)."""
    filled = min(max(share, 0.0), 1.0) * width
    bar = element("rect", x=0, y=1, width=number(filled), height=10, class_=f"bar {kind}")
    track = element("rect", x=0, y=1, width=width, height=10, class_="bar-track")
    return element(
        "svg",
        joined(track, bar),
        viewBox=f"0 0 {width} 12",
        width=width,
        height=12,
        aria_hidden="true",
        class_="share",
    )


def histogram(real: Sequence[float], simulated: Sequence[float], *, bins: int = 10) -> Markup:
    """Return how often shares of each size occur, real ones beside simulated ones.

    A simulation that varies too little has its bars in the middle, where reality has them at both ends.
    """
    counted = [[0] * bins, [0] * bins]
    for counts, shares in zip(counted, (real, simulated), strict=True):
        for share in shares:
            counts[min(int(share * bins), bins - 1)] += 1
    across = Axis(low=0, high=1, start=LEFT, end=LEFT + SQUARE, ticks=(0.0, 0.25, 0.5, 0.75, 1.0))
    up = axis_for([max((*counted[0], *counted[1]))], start=TOP + SQUARE, end=TOP)
    width = SQUARE / bins
    bars = [
        _column(
            across.place(number_ / bins) + width * (0.08 + 0.42 * which),
            width * 0.42,
            count,
            up,
            kind,
            number_ / bins,
        )
        for which, kind in enumerate(("real", "simulated"))
        for number_, count in enumerate(counted[which])
        if count
    ]
    return _picture(
        SQUARE + LEFT + RIGHT,
        SQUARE + TOP + BOTTOM,
        "How often shares of each size occur, real and simulated",
        f"{len(real):,} real shares (full bars) and {len(simulated):,} simulated ones (open bars).",
        *_frame(across, up, "share of an option", "options"),
        *bars,
    )


def _column(x: float, width: float, count: int, up: Axis, kind: str, first: float) -> Markup:
    top = up.place(count)
    told = element("title", f"{kind}: {count:,} options have a share from {written(first, 1)} on")
    place = {"x": number(x), "y": number(top), "width": number(width), "height": number(up.start - top)}
    return element("rect", told, class_=f"bar {kind}", **place)


def _unit_axes() -> tuple[Axis, Axis]:
    ticks = (0.0, 0.25, 0.5, 0.75, 1.0)
    across = Axis(low=0, high=1, start=LEFT, end=LEFT + SQUARE, ticks=ticks)
    return across, Axis(low=0, high=1, start=TOP + SQUARE, end=TOP, ticks=ticks)


def _frame(across: Axis, up: Axis, below: str, beside: str) -> list[Markup]:
    """Return both axes with their ticks and names."""
    parts = [
        _line(across.start, up.start, across.end, up.start, "axis"),
        _line(across.start, up.start, across.start, up.end, "axis"),
    ]
    for tick in across.ticks:
        x = number(across.place(tick))
        parts.append(element("text", _tick(tick), x=x, y=number(up.start + 15), text_anchor="middle"))
    for tick in up.ticks:
        y = up.place(tick)
        parts += [_line(across.start, y, across.end, y, "grid")] if tick != up.ticks[0] else []
        parts.append(element("text", _tick(tick), x=LEFT - 6, y=number(y + 4), text_anchor="end"))
    middle = (across.start + across.end) / 2
    height = (up.start + up.end) / 2
    parts.append(
        element("text", below, x=number(middle), y=number(up.start + 33), text_anchor="middle", class_="name")
    )
    turned = f"rotate(-90 11 {number(height)})"
    parts.append(
        element("text", beside, x=11, y=number(height), text_anchor="middle", transform=turned, class_="name")
    )
    return parts


def _picture(
    width: float, height: float, title: str, told: str, *parts: Markup, class_: str = "plot"
) -> Markup:
    """Return a picture that says what it shows; one without a title says nothing, for a table beside it does."""
    size = {
        "viewBox": f"0 0 {number(width)} {number(height)}",
        "width": number(width),
        "height": number(height),
    }
    if not title:
        return element("svg", *parts, aria_hidden="true", class_=class_, **size)
    named = [element("title", title), *([element("desc", told)] if told else [])]
    label = f"{title}. {told}" if told else title
    return element("svg", *named, *parts, role="img", aria_label=label, class_=class_, **size)


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    return element("line", x1=number(x1), y1=number(y1), x2=number(x2), y2=number(y2), class_=kind)


def _label_place(tick: float, axis: Axis) -> float:
    """Return where the number of a tick stands: those at the ends within the picture."""
    place = axis.place(tick)
    return {axis.ticks[0]: place - MARGIN + 1, axis.ticks[-1]: place + MARGIN - 1}.get(tick, place)


def _tick(figure: float) -> str:
    text = f"{figure:,.6g}"
    return text.replace("0.", ".", 1) if text.lstrip("-").startswith("0.") else text


def _told_curve(curve: Curve) -> str:
    bins = (f"said {written(each.confidence, 2)}, right {written(each.accuracy, 2)}" for each in curve.bins)
    return "; ".join(bins)
