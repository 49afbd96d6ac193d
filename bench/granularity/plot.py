"""A granularity study as a picture: one self-contained SVG that reads in dark and light, with labels on the lines."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from bench.granularity.findings import ALL, COMMUNITY, COMMUNITY_KNOWN, PERSON, SAME, WITHIN
from bench.granularity.scoring import BETTER
from bench.report.rows import written

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.granularity.findings import Gap, LevelScore, Study

__all__ = ["as_svg", "ticks"]

CLASSES = {
    ALL: "all",
    COMMUNITY: "community",
    PERSON: "person",
    WITHIN: "within",
    COMMUNITY_KNOWN: "reference",
}
SETTINGS = {
    "statements": "Statements that nobody has voted on",
    "votes": "Statements that others have voted on",
}
WIDTH, HEIGHT, TOP, GUTTER = 1120, 358, 100, 552
LEFT, PLOT_WIDTH, PLOT_HEIGHT = 64, 290, 232
APART = 15.0
"""Pixels between two labels."""
CAPTION = (
    "Left: means over people. Right: the same people's lead, with 95 % intervals over places and people. "
    "Dashed: no level, a reference."
)
SHAPES = """
 text { font: 13px system-ui, sans-serif } .faint { font-size: 12px }
 .title { font-size: 17px; font-weight: 600 } .head { font-weight: 600 }
 .rule { stroke-width: 1 } .band { opacity: 0.14; stroke: none } .line { stroke-width: 2.2 }
 .line.reference { stroke-dasharray: 5 4; stroke-width: 1.4 }
"""
LIGHT = {
    **{"ground": "#ffffff", "ink": "#1f2328", "faint": "#59636e", "rule": "#d1d9e0", "all": "#59636e"},
    **{"community": "#bc4c00", "person": "#0969da", "within": "#8250df", "reference": "#bc4c00"},
}
DARK = {
    **{"ground": "#0d1117", "ink": "#e6edf3", "faint": "#9198a1", "rule": "#3d444d", "all": "#b1bac4"},
    **{"community": "#f0883e", "person": "#58a6ff", "within": "#bc8cff", "reference": "#f0883e"},
}


def _colours(palette: Mapping[str, str]) -> str:
    """Return the rules of one palette; no custom properties, which several programs that show SVG do not know."""
    rules = [f" text {{ fill: {palette['ink']} }} .rule {{ stroke: {palette['rule']} }}"]
    rules += [f" .{mark} {{ fill: {palette[mark]} }}" for mark in ("ground", "faint", *CLASSES.values())]
    rules += [f" .line.{mark} {{ fill: none; stroke: {palette[mark]} }}" for mark in CLASSES.values()]
    return "\n".join(rules)


@dataclass(frozen=True, kw_only=True)
class _Curve:
    """A line over the numbers of known choices, with its band and the label at its end."""

    label: str
    mark: str
    middle: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Panel:
    """Where a panel stands, and how values become pixels; numbers of known choices are on a logarithmic scale."""

    x: float
    y: float
    known: tuple[int, ...]
    low: float
    high: float

    def across(self, known: int) -> float:
        first, last = np.log(self.known[0]), np.log(self.known[-1])
        share = (np.log(known) - first) / (last - first) if last > first else 0.5
        return float(self.x + LEFT + 8 + share * (PLOT_WIDTH - 16))

    def up(self, value: float) -> float:
        return float(self.y + PLOT_HEIGHT * (self.high - value) / (self.high - self.low))


def as_svg(studies: Sequence[Study], *, title: str, metric: str = "Brier score", scope: str = SAME) -> str:
    """Return the curves of one or more studies, a row each: the levels' scores, and their lead over one for all.

    Args:
        title: what to call the picture; of any origin.
        metric: one of ``bench.granularity.scoring.METRICS``.
        scope: whose figures; by default of the same people at every number of known choices.
    """
    height = TOP + HEIGHT * len(studies)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" '
        f'height="{height}" role="img" aria-label="{escape(title)}">',
        f"<style>{SHAPES}{_colours(LIGHT)}\n @media (prefers-color-scheme: dark) {{\n{_colours(DARK)} }}\n</style>",
        f'<rect class="ground" width="{WIDTH}" height="{height}"/>',
        _text(24, 34, title, "title"),
        _text(24, 56, CAPTION, "faint"),
    ]
    for row, study in enumerate(studies):
        parts += _row(study, TOP + HEIGHT * row, metric, scope)
    return "\n".join([*parts, "</svg>", ""])


def _row(study: Study, y: float, metric: str, scope: str) -> list[str]:
    known = study.numbers(scope)
    first = study.score(ALL, known[0], metric=metric, scope=scope)
    people = f"{first.n:,} people in {first.places} place{'s' if first.places > 1 else ''}"
    better = f"{metric}, {BETTER[metric]} is better"
    levels = [
        _of_scores(level, [study.score(level, number, metric=metric, scope=scope) for number in known])
        for level in CLASSES
    ]
    leads = [
        _of_gaps(level, [study.gap(level, ALL, number, metric=metric, scope=scope) for number in known])
        for level in (COMMUNITY, PERSON, WITHIN)
    ]
    zero = _Curve(label=ALL, mark="all", middle=(0.0,) * len(known))
    return [
        _text(24, y, f"{SETTINGS[study.held_out]} · {people}", "head"),
        *_panel(24, y + 44, known, levels, better),
        *_panel(
            24 + GUTTER,
            y + 44,
            known,
            [zero, *leads],
            f"lead over one for all in the {_lower(metric)}",
            signs=True,
        ),
    ]


def _of_scores(level: str, rows: Sequence[LevelScore]) -> _Curve:
    """Return a level's means; what places differ by says nothing of a level, so they have no band."""
    return _Curve(label=level, mark=CLASSES[level], middle=tuple(row.mean for row in rows))


def _of_gaps(level: str, rows: Sequence[Gap]) -> _Curve:
    return _Curve(label=level, mark=CLASSES[level], middle=tuple(row.mean for row in rows), **_bounds(rows))


def _bounds(rows: Sequence[Gap]) -> dict[str, tuple[float, ...]]:
    low = tuple(row.low for row in rows if row.low is not None)
    high = tuple(row.high for row in rows if row.high is not None)
    return {"low": low, "high": high} if len(low) == len(rows) else {}


def _lower(metric: str) -> str:
    return metric if metric.startswith("Brier") else metric.lower()


def _panel(
    x: float, y: float, known: tuple[int, ...], curves: Sequence[_Curve], told: str, *, signs: bool = False
) -> list[str]:
    values = [value for curve in curves for part in (curve.middle, curve.low, curve.high) for value in part]
    marks = ticks(min(values), max(values))
    panel = _Panel(x=x, y=y, known=known, low=marks[0], high=marks[-1])
    parts = [_text(x, y - 16, told, "faint")]
    digits = max(2, -int(np.floor(np.log10(marks[1] - marks[0]))))
    for mark in marks:
        parts.append(_line(x + LEFT, panel.up(mark), x + LEFT + PLOT_WIDTH, panel.up(mark), "rule"))
        value = ("+" if signs and mark > 0 else "") + (written(mark, digits) if mark else "0")
        parts.append(_text(x + LEFT - 8, panel.up(mark) + 4, value, "faint", "end"))
    below = y + PLOT_HEIGHT + 18
    parts += [_text(panel.across(number), below, str(number), "faint", "middle") for number in known]
    middle = x + LEFT + PLOT_WIDTH / 2
    parts.append(_text(middle, y + PLOT_HEIGHT + 36, "known choices of a person", "faint", "middle"))
    parts += [part for curve in curves for part in _band(panel, curve)]
    parts += [part for curve in curves for part in _drawn(panel, curve)]
    return parts + _labels(panel, curves)


def _band(panel: _Panel, curve: _Curve) -> list[str]:
    if not curve.low:
        return []
    there = [f"{panel.across(k):.1f},{panel.up(v):.1f}" for k, v in zip(panel.known, curve.high, strict=True)]
    back = [f"{panel.across(k):.1f},{panel.up(v):.1f}" for k, v in zip(panel.known, curve.low, strict=True)]
    return [f'<polygon class="band {curve.mark}" points="{" ".join(there + back[::-1])}"/>']


def _drawn(panel: _Panel, curve: _Curve) -> list[str]:
    spots = [(panel.across(k), panel.up(v)) for k, v in zip(panel.known, curve.middle, strict=True)]
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in spots)
    line = f'<polyline class="line {curve.mark}" points="{points}"/>'
    if len(set(curve.middle)) == 1 and len(spots) > 1:
        return [line]
    return [line, *(f'<circle class="{curve.mark}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>' for x, y in spots)]


def _labels(panel: _Panel, curves: Sequence[_Curve]) -> list[str]:
    """Return the curves' names at their ends, moved apart where they would stand on each other."""
    order = sorted(curves, key=lambda curve: panel.up(curve.middle[-1]))
    ends = spread([panel.up(curve.middle[-1]) for curve in order], least=APART)
    x = panel.x + LEFT + PLOT_WIDTH + 10
    return [_text(x, end + 4, curve.label, curve.mark) for end, curve in zip(ends, order, strict=True)]


def spread(places: Sequence[float], *, least: float) -> list[float]:
    """Return ascending places, moved as little as keeps them ``least`` apart: runs that touch share their middle.

    >>> spread([0.0, 1.0, 30.0], least=10.0)
    [-4.5, 5.5, 30.0]
    """
    runs: list[list[float]] = []
    for place in places:
        runs.append([place])
        while len(runs) > 1 and _start(runs[-1], least) < _start(runs[-2], least) + least * len(runs[-2]):
            runs[-2:] = [runs[-2] + runs[-1]]
    return [_start(run, least) + least * number for run in runs for number in range(len(run))]


def _start(run: Sequence[float], least: float) -> float:
    return sum(run) / len(run) - least * (len(run) - 1) / 2


def ticks(low: float, high: float) -> list[float]:
    """Return round numbers that span an interval, which may have no width.

    >>> ticks(0.151, 0.194)
    [0.15, 0.16, 0.17, 0.18, 0.19, 0.2]
    """
    least = max(abs(low), abs(high), 1e-3) * 1e-6
    width = high - low if high - low > least else max(abs(high), 1e-3) / 10
    power = 10.0 ** np.floor(np.log10(width / 4))
    step = next(power * size for size in (1, 2, 5, 10) if width / (power * size) <= 5)
    first, last = np.floor(low / step + 1e-9), np.ceil((low + width) / step - 1e-9)
    return [round(float(step * number), 12) for number in np.arange(first, last + 1)]


def _text(x: float, y: float, text: str, mark: str, anchor: str = "start") -> str:
    return f'<text class="{mark}" x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _line(x1: float, y1: float, x2: float, y2: float, mark: str) -> str:
    return f'<line class="{mark}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'
