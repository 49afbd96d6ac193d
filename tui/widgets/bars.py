"""Shares as bars with intervals, drawn in characters: real, simulated and others side by side, option by option."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget

from tui.plaintext import clipped, count, fitted, one_line, wrapped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.geometry import Size

    from tui.reading.comparison import ItemRow, Other, Share

__all__ = ["FILLS", "PreferenceBars", "interval_bar", "letter", "preference_bars", "score_bar", "share_bar"]

REAL, SIMULATED = "█", "▒"
FILLS = {"baseline": "░", "control": "▚", "simulation": "▞", "run": "▞"}
"""The pattern of what stands beside a simulation, by what it stands for."""
LETTERS = {"baseline": "b", "control": "c", "simulation": "s"}
WIDEST = 60
FIGURES = (2, 3, 1, 4)
"""Of ``bench``'s metrics, those that stand below the bars."""
HEADS = ("JSD", "error", "top-1", "loss")


def letter(option: int | None) -> str:
    """Return the letter that stands for an option; a dash for an abstention.

    >>> letter(0), letter(27), letter(None)
    ('A', 'B1', '–')
    """
    if option is None:
        return "–"
    return chr(65 + option % 26) + (str(option // 26) if option >= 26 else "")


def share_bar(share: Share, width: int, fill: str) -> str:
    """Return a bar of ``width`` cells, 100 % wide, with the ends of its interval marked.

    >>> from tui.reading.comparison import Share
    >>> share_bar(Share(mean=0.5, low=0.25, high=0.75), 20, "█")
    '█████├████─────┤    '
    """
    cells = [fill] * _cell(share.mean, width) + [" "] * (width - _cell(share.mean, width))
    if share.low is not None and share.high is not None:
        low, high = _mark(share.low, width), _mark(share.high, width)
        for place in range(low, high + 1):
            cells[place] = "─" if cells[place] == " " else cells[place]
        cells[low], cells[high] = ("├", "┤") if low < high else ("│", "│")
    return "".join(cells)


def interval_bar(mean: float | None, low: float | None, high: float | None, width: int, *, fill: str) -> str:
    """Return a mark for a figure from 0 to 1 on a line of ``width`` cells, with its interval around it.

    >>> interval_bar(0.5, 0.25, 0.75, 20, fill="●")
    '·····├────●────┤····'
    """
    cells = ["·"] * width
    if low is not None and high is not None:
        start, end = _mark(low, width), _mark(high, width)
        cells[start : end + 1] = ["─"] * (end + 1 - start)
        cells[start], cells[end] = ("├", "┤") if start < end else ("│", "│")
    if mean is not None:
        cells[_mark(mean, width)] = fill
    return "".join(cells)


def score_bar(score: float | None, width: int) -> str:
    """Return a cohesion score as a bar from 0, chance, to 1; a score below chance points to the left.

    >>> score_bar(0.5, 8), score_bar(-0.2, 8), score_bar(None, 8)
    ('████····', '◂·······', '        ')
    """
    if score is None:
        return " " * width
    if score < 0:
        return fitted("◂" + "·" * (width - 1), width)
    full = min(width, round(score * width))
    return "█" * full + "·" * (width - full)


def preference_bars(
    row: ItemRow, width: int, *, lines: int = 2, beside: Sequence[Other] = (), name: str = "sim"
) -> Content:
    """Return an item's options, each with its real and its simulated share, and those of what stands beside.

    Args:
        row: what is known of the item.
        width: of the whole, in cells.
        lines: how many lines an option's text may take at the most.
        beside: what else is drawn.
        name: what stands before the simulated shares, in four cells.
    """
    space = max(10, min(WIDEST, width - 27))
    others = _named(beside)
    parts: list[Content] = []
    for number, option in enumerate(row.options):
        head = f"{letter(number):2} "
        text = wrapped(one_line(option.text, limit=width * lines), width - len(head), lines)
        parts += [Content.styled(head + text[0], "bold"), *(Content(f"   {line}") for line in text[1:])]
        if row.asked:
            parts.append(_line("real", option.real, space, REAL, top=number == row.real_top))
        parts.append(_line(name, option.simulated, space, SIMULATED, top=number == row.simulated_top))
        parts += [_other_line(short, other, number, space) for short, other in others]
    held, legend = _held(row, others, width, name), _legend(row, space, width, name)
    if len(others) > 1:  # their names first: else nobody knows whose bars he sees
        return Content("\n").join([*held[1:], Content(), *parts, *legend])
    return Content("\n").join([*parts, *legend, *held])


def real_note(row: ItemRow) -> str:
    """Return what the real shares rest on."""
    if not row.asked:
        return "nobody was really asked"
    return (
        "votes not published one by one, so no interval" if row.voters is None else count(row.voters, "voter")
    )


def simulated_note(row: ItemRow) -> str:
    """Return what the simulated shares rest on."""
    if not row.judged:
        return "not judged yet"
    note = count(row.ballots, "ballot")
    if row.abstentions:
        note += f", {count(row.abstentions, 'abstention')}"
    if row.rounds:
        note += f", {count(row.rounds, 'round')} of discussion" + ("" if row.settled else ", not settled")
    return note


class PreferenceBars(Widget):
    """The bars of one item, as wide as there is room."""

    DEFAULT_CSS = "PreferenceBars { height: auto; }"

    def __init__(self, *, lines: int = 2, id: str | None = None) -> None:
        super().__init__(id=id)
        self._row: ItemRow | None = None
        self._beside: Sequence[Other] = ()
        self._lines, self._called = lines, "sim"

    def show(self, row: ItemRow | None, *, beside: Sequence[Other] = (), name: str = "sim") -> None:
        """Draw another item, with what stands beside it; ``name`` is what the simulated shares are called."""
        self._row, self._beside, self._called = row, beside, name
        self.refresh(layout=True)

    def render(self) -> Content:
        """Draw the bars."""
        return self._drawn(self.content_size.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines."""
        del container, viewport
        return self._drawn(width).plain.count("\n") + 1

    def _drawn(self, width: int) -> Content:
        if self._row is None:
            return Content()
        return preference_bars(self._row, width, lines=self._lines, beside=self._beside, name=self._called)


def _line(name: str, share: Share | None, space: int, fill: str, *, top: bool) -> Content:
    if share is None:
        return Content(f"   {name:4} (none)")
    bounds = "" if share.low is None or share.high is None else f" [{share.low:3.0%} {share.high:4.0%}]"
    mark = "◂" if top else " "
    style = "$real" if fill == REAL else "$simulated"
    return Content.assemble(
        f"   {name:4} ", (share_bar(share, space, fill), style), f" {share.mean:4.0%}{mark}{bounds}"
    )


def _named(beside: Sequence[Other]) -> list[tuple[str, Other]]:
    """Return what stands beside with the letter and the number that its bars are known by."""
    if len(beside) == 1 and beside[0].role == "run":
        return [("2nd", beside[0])]
    counts: dict[str, int] = {}
    named = []
    for other in beside:
        mark = LETTERS.get(other.role, "b")
        counts[mark] = counts.get(mark, 0) + 1
        named.append((f"{mark}{counts[mark]}", other))
    return named


def _fill(other: Other) -> str:
    return FILLS.get(other.role, FILLS["baseline"])


def _other_line(short: str, other: Other, number: int, space: int) -> Content:
    if number >= len(other.shares):
        return Content(f"   {short:4} (none)")
    mean = other.shares[number]
    mark = "◂" if mean == max(other.shares) and other.shares.index(mean) == number else " "
    bar = fitted(_fill(other) * _cell(mean, space), space)
    return Content(f"   {short:4} {bar} {mean:4.0%}{mark}")


def _held(row: ItemRow, others: Sequence[tuple[str, Other]], width: int, name: str) -> list[Content]:
    """Return how far from the real shares each is, a line each, by the metrics of ``bench``."""
    lines = [(name, SIMULATED, row.metrics, "the simulation" if name == "sim" else "the first run")]
    lines += [(short, _fill(other), other.metrics, other.name) for short, other in others]
    if not any(metrics for _, _, metrics, _ in lines) and not others:
        return []
    head = "".join(f"{each:>7}" for each in HEADS)
    parts = [Content(), Content.styled(clipped(f"       {head}  against the real shares", width), "dim")]
    for short, fill, metrics, told in lines:
        figures = "".join(f"{_figure(metrics, place):>7}" for place in FIGURES)
        parts.append(Content(clipped(f"{short:4} {fill} {figures}  {one_line(told)}", width)))
    return parts


def _figure(metrics: Sequence[float | None], place: int) -> str:
    value = metrics[place] if metrics else None
    return "–" if value is None else f"{value:.3f}"


def _legend(row: ItemRow, space: int, width: int, name: str) -> list[Content]:
    scale = f"{'0':<{space // 2}}{'50':<{space - space // 2 - 3}}100 %"
    notes = [f"{name} {SIMULATED} {simulated_note(row)}", "◂ most preferred   ├─┤ 95 % interval"]
    if row.asked:
        notes.insert(0, f"real {REAL} {real_note(row)}")
    else:
        notes.insert(0, real_note(row))
    return [Content.styled(f"        {scale}", "dim"), *(Content(clipped(note, width)) for note in notes)]


def _cell(value: float, width: int) -> int:
    return max(0, min(width, round(value * width)))


def _mark(value: float, width: int) -> int:
    """Return the cell in which a bound is marked; a bound at 100 % stands in the last one."""
    return max(0, min(width - 1, round(value * width) - (value * width >= width)))
