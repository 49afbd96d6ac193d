"""Consensus and disagreement at a glance: what most prefer, each option's range, and who agrees with whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content

from tui.plaintext import clipped, fitted, one_line, wrapped
from tui.widgets.bars import letter
from tui.widgets.prose import heading

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tui.reading.asking import Agreement, OptionRange

__all__ = ["agreement_content", "in_a_line", "verdict"]

CLOSE, SOME = 0.02, 0.1
"""Mean divergences below which communities are said to stand close together, or to differ somewhat."""
SHADES = ((0.005, "·"), (0.02, "░"), (0.05, "▒"), (0.1, "▓"), (9.0, "█"))
CELL = 5
TALLEST = 24


def verdict(mean: float) -> str:
    """Return in words how far communities stand apart.

    >>> verdict(0.001), verdict(0.05), verdict(0.3)
    ('close together', 'somewhat apart', 'far apart')
    """
    return "close together" if mean < CLOSE else ("somewhat apart" if mean < SOME else "far apart")


def in_a_line(found: Agreement) -> str:
    """Return what is preferred most in how many communities, in how many of them clearly, and how far they differ."""
    leaders = sorted(set(found.tops), key=lambda option: (-found.tops.count(option), option))
    total = len(found.names)
    if len(leaders) == 1:
        verb = "prefer" if found.clear else "lean to"
        told = f"all {total} {verb} {letter(leaders[0])}"
    else:
        told = ", ".join(f"{letter(option)} leads in {found.tops.count(option)}" for option in leaders[:3])
        told += ", …" if len(leaders) > 3 else ""
    sure = (
        "clearly" if found.clear == total else (f"{found.clear} clearly" if found.clear else "none clearly")
    )
    return f"{told}, {sure} · {verdict(found.mean)} ({_figure(found.mean)})"


def agreement_content(
    found: Agreement | None, options: Sequence[str], width: int, *, why_not: str
) -> Content:
    """Return the whole of it, as wide as there is room.

    Args:
        found: what was compared; None where nothing can be.
        options: their texts. ``why_not``: what to say where nothing can be compared.
    """
    if found is None:
        return Content("\n").join([heading("Agreement"), Content(why_not)])
    parts = [heading(line) for line in _folded(in_a_line(found), width)]
    parts += [Content(), heading("Where each option ranges")]
    for number, span in enumerate(found.ranges):
        parts += _range(number, span, options, width)
    parts += [Content(), heading("Who stands furthest from the others")]
    parts += [Content(line) for line in _standing(found, width)]
    if found.pairs:
        parts += [Content(), heading("Divergence of each two")]
        parts += [Content(line) for line in _matrix(found, width)]
    note = "0 is the same preference, 1 nothing in common (Jensen–Shannon divergence, base 2)"
    return Content("\n").join([*parts, *(Content.styled(line, "dim") for line in _folded(note, width))])


def _range(number: int, span: OptionRange, options: Sequence[str], width: int) -> list[Content]:
    text = one_line(options[number]) if number < len(options) else ""
    space = max(10, min(40, width - 16))
    low, high = (round(value * (space - 1)) for value in (span.low, span.high))
    cells = ["·"] * space
    cells[low : high + 1] = ["━"] * (high + 1 - low)
    cells[low], cells[high] = ("├", "┤") if low < high else ("│", "│")
    figures = f" {span.low * 100:2.0f}–{span.high * 100:.0f} %"
    names = f"   least in {one_line(span.low_in)}, most in {one_line(span.high_in)}"
    return [
        Content.styled(clipped(f"{letter(number):2} {text}", width), "bold"),
        Content.assemble("   ", ("".join(cells), "$simulated"), figures),
        Content(clipped(names, width)),
    ]


def _standing(found: Agreement, width: int) -> list[str]:
    order = sorted(range(len(found.names)), key=lambda number: (-found.apart[number], found.names[number]))
    name = max(8, min(24, (width - 18) // 2))
    lines = []
    for place in order[:TALLEST]:
        nearest = f" nearest {one_line(found.nearest[place])}" if found.nearest[place] else ""
        told = f"{letter(found.tops[place]):2} {_shaded(found.apart[place])}{nearest}"
        lines.append(
            f"{fitted(one_line(found.names[place]), name)} {clipped(told, max(0, width - name - 1))}"
        )
    if len(order) > TALLEST:
        lines.append(f"… and {len(order) - TALLEST:,} more")
    return lines


def _matrix(found: Agreement, width: int) -> list[str]:
    """Return the divergences, as many as fit, in the order in which the communities stand."""
    order = sorted(range(len(found.names)), key=lambda number: (found.apart[number], found.names[number]))
    name = max(8, min(20, width // 3))
    most = max(2, min(len(order), (width - name - 3) // CELL))
    there = order[:most]
    head = " " * (name + 3) + "".join(fitted(str(place + 1), CELL, right=True) for place in range(most))
    lines = [head]
    for place, one in enumerate(there):
        cells = "".join(
            fitted("–" if one == other else _shaded(found.pairs[one][other]), CELL, right=True)
            for other in there
        )
        lines.append(f"{place + 1:2} {fitted(one_line(found.names[one]), name)}{cells}")
    if most < len(order):
        lines.append(f"… the {most} that stand nearest to all; {len(order) - most:,} more")
    return lines


def _shaded(value: float) -> str:
    """Return a divergence with a sign that is the darker the larger it is.

    >>> _shaded(0.0), _shaded(0.034), _shaded(0.5)
    ('·.00', '▒.03', '█.50')
    """
    return next(sign for bound, sign in SHADES if value < bound) + _figure(value)


def _figure(value: float) -> str:
    return f"{value:.2f}".removeprefix("0")


def _folded(text: str, width: int) -> list[str]:
    return wrapped(text, max(20, width), 4)
