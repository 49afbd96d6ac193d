"""Shares as bars with intervals, drawn in characters: real and simulated side by side, option by option."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.content import Content
from textual.widget import Widget

from tui.plaintext import clipped, count, fitted, one_line, wrapped

if TYPE_CHECKING:
    from textual.geometry import Size

    from tui.reading.comparison import ItemRow, Share

__all__ = ["PreferenceBars", "letter", "preference_bars", "score_bar", "share_bar"]

REAL, SIMULATED = "█", "▒"
WIDEST = 60


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


def preference_bars(row: ItemRow, width: int, *, lines: int = 2) -> Content:
    """Return an item's options, each with its real and its simulated share.

    Args:
        row: what is known of the item.
        width: of the whole, in cells.
        lines: how many lines an option's text may take at the most.
    """
    space = max(10, min(WIDEST, width - 27))
    parts: list[Content] = []
    for number, option in enumerate(row.options):
        head = f"{letter(number):2} "
        text = wrapped(one_line(option.text, limit=width * lines), width - len(head), lines)
        parts += [Content.styled(head + text[0], "bold"), *(Content(f"   {line}") for line in text[1:])]
        if row.asked:
            parts.append(_line("real", option.real, space, REAL, top=number == row.real_top))
        parts.append(_line("sim", option.simulated, space, SIMULATED, top=number == row.simulated_top))
    return Content("\n").join([*parts, *_legend(row, space, width)])


def real_note(row: ItemRow) -> str:
    """Return what the real shares rest on."""
    if not row.asked:
        return "nobody was really asked"
    return (
        "votes not published one by one, so no interval" if row.voters is None else count(row.voters, "voter")
    )


def simulated_note(row: ItemRow) -> str:
    """Return what the simulated shares rest on."""
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
        self._lines = lines

    def show(self, row: ItemRow | None) -> None:
        """Draw another item."""
        self._row = row
        self.refresh(layout=True)

    def render(self) -> Content:
        """Draw the bars."""
        return self._drawn(self.content_size.width)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return the number of lines."""
        del container, viewport
        return self._drawn(width).plain.count("\n") + 1

    def _drawn(self, width: int) -> Content:
        return Content() if self._row is None else preference_bars(self._row, width, lines=self._lines)


def _line(name: str, share: Share | None, space: int, fill: str, *, top: bool) -> Content:
    if share is None:
        return Content(f"   {name:4} (none)")
    bounds = "" if share.low is None or share.high is None else f" [{share.low:3.0%} {share.high:4.0%}]"
    mark = "◂" if top else " "
    style = "$real" if fill == REAL else "$simulated"
    return Content.assemble(
        f"   {name:4} ", (share_bar(share, space, fill), style), f" {share.mean:4.0%}{mark}{bounds}"
    )


def _legend(row: ItemRow, space: int, width: int) -> list[Content]:
    scale = f"{'0':<{space // 2}}{'50':<{space - space // 2 - 3}}100 %"
    notes = [f"sim {SIMULATED} {simulated_note(row)}", "◂ most preferred   ├─┤ 95 % interval"]
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
