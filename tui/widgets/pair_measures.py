"""What a run's pairs come to, drawn in characters: margins as columns, what is kept of them, and the biases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.cells import cell_len
from textual.content import Content

from tui.plaintext import clipped, count, fitted, one_line
from tui.reading.comparison import Share
from tui.widgets.bars import share_bar

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.export.choosing.biases import Rate
    from tui.reading.pair_book import CommunityPairs, Measured, Thresholds

__all__ = ["columns", "pair_measures", "thresholds_line"]

HEIGHT = 4
KEPT, DROPPED = "█", "░"
EIGHTHS = " ▁▂▃▄▅▆▇█"
KEPT_SIGN = "▲"
WIDE = 62
"""Cells from which two pictures stand beside each other."""


def columns(bins: Sequence[tuple[int, int]], *, height: int = HEIGHT) -> list[str]:
    """Return columns of (kept, dropped) counts, line by line from the top: full cells are kept, light ones dropped.

    What there is at all is drawn with at least an eighth of a cell.

    >>> columns([(1, 1), (0, 2), (0, 0)], height=2)
    ['░░ ', '█░ ']
    """
    most = max((kept + dropped for kept, dropped in bins), default=0)
    lines = [[" "] * len(bins) for _ in range(height)]
    for place, (kept, dropped) in enumerate(bins):
        whole = (kept + dropped) / most * height if most else 0.0
        sure = kept / most * height if most else 0.0
        for level in range(height):
            lines[height - 1 - level][place] = _cell(whole - level, sure - level)
    return ["".join(line) for line in lines]


def _cell(whole: float, sure: float) -> str:
    if whole <= 0:
        return " "
    if whole < 1 and sure > 0 and whole - sure < 0.5:
        return EIGHTHS[max(1, round(whole * 8))]
    if sure >= 0.5:
        return KEPT
    return DROPPED if whole >= 0.25 or sure <= 0 else EIGHTHS[1]


def thresholds_line(thresholds: Thresholds) -> str:
    """Return which pairs are kept, in words."""
    sure = (
        "whatever its probability"
        if thresholds.probability is None
        else f"probable to {thresholds.probability:g} or more"
    )
    which = {
        "all": "every two candidates",
        "best-rest": "best and each other",
        "best-worst": "best and worst",
    }
    return f"{which[thresholds.pairing]} · ahead by {thresholds.margin:g} or more · {sure}"


def pair_measures(found: Measured, width: int) -> Content:
    """Return the pictures, the biases and the communities, in ``width`` cells."""
    if not found.pairs:
        return Content("No pair yet: they come with the first judgements of two options or more.")
    lines = [
        *_pictures(found, width),
        Content.styled("Biases: what chosen texts share, besides being chosen", "bold"),
        *_biases(found, width),
        Content.styled("Communities: pairs kept and disputed, labels", "bold"),
        *(Content(line) for line in _communities(found.communities, width)),
    ]
    return Content("\n").join(lines)


def _pictures(found: Measured, width: int) -> list[Content]:
    left = _picture("margin", found.margins, found.thresholds.margin, 0.0, " 0    share ahead   1")
    if not found.probabilities:
        return [*map(Content, left), Content("no probability is known: forecasts have no posterior")]
    at = 0.0 if found.thresholds.probability is None else (found.thresholds.probability - 0.5) * 2
    right = _picture("probability", found.probabilities, at, 0.0, " 0.5  of the order  1")
    if width < WIDE:
        return [Content(line) for line in (*left, *right)]
    return [Content(f"{fitted(one, width // 2)}{two}") for one, two in zip(left, right, strict=True)]


def _picture(
    name: str, bins: Sequence[tuple[int, int]], threshold: float, begin: float, scale: str
) -> list[str]:
    most = max((kept + dropped for kept, dropped in bins), default=0)
    mark = min(len(bins) - 1, int((threshold - begin) * len(bins) + 1e-9))
    title = f"{name}: {KEPT} kept {DROPPED} dropped"
    under = " " * max(0, mark) + KEPT_SIGN
    drawn = [f" {line}" for line in columns(bins)]
    drawn[0] = f"{drawn[0]} {most:,}"
    return [title, *drawn, f" {fitted(under, len(bins))} least", scale]


def _biases(found: Measured, width: int) -> list[Content]:
    before, after = found.biases.before, found.biases.after
    rows = [
        ("chosen longer, kept", after.longer, "no bias: 50 %"),
        ("chosen longer, all", before.longer, ""),
        ("first chosen, kept", after.first, "no bias: 50 %"),
        ("disputed, kept", after.disputed, ""),
        ("disputed, all", before.disputed, ""),
    ]
    space = max(8, min(20, width - 42))
    return [Content(_rate(name, rate, note, space, width)) for name, rate, note in rows]


def _rate(name: str, rate: Rate, note: str, space: int, width: int) -> str:
    if rate.share is None or rate.low is None or rate.high is None:
        return f" {name:20} {' ' * space}    –  no such pair"
    bar = share_bar(Share(mean=rate.share, low=rate.low, high=rate.high), space, "▒")
    told = f" {name:20} {bar} {rate.share:4.0%} [{rate.low:.0%}, {rate.high:.0%}]"
    return _with(told, note, width)


def _with(line: str, note: str, width: int) -> str:
    """Return a line with a note behind it where there is room for it."""
    whole = f"{line} {note}".rstrip()
    return whole if cell_len(whole) <= width else clipped(line, width)


def _communities(rows: Sequence[CommunityPairs], width: int) -> list[str]:
    total = max(1, sum(row.kept for row in rows))
    wide = max(12, min(24, width - 48))
    head = f" {fitted('', wide)} {'kept':>7} {'of':>8} {'share':>6} {'disp.':>6} {'labels + / −':>13}"
    lines = [clipped(head, width)]
    for row in rows:
        if not row.judged:
            continue
        labels = f"{row.above:,} / {row.below:,}"
        line = (
            f" {fitted(one_line(row.name), wide)} {row.kept:>7,} {row.judged:>8,} {row.kept / total:>6.0%} "
            f"{row.disputed:>6,} {labels:>13}"
        )
        longer = "" if row.longer is None else f" longer {row.longer[0]:.0%}"
        lines.append(_with(line, longer, width))
    silent = sum(not row.judged for row in rows)
    return [*lines, f" {count(silent, 'community', 'communities')} without a pair"] if silent else lines
