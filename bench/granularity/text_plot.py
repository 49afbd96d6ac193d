"""A granularity study as a plot of plain characters, for terminals and logs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.granularity.findings import ALL, COMMUNITY, PERSON, SAME, WITHIN
from bench.granularity.scoring import BETTER
from bench.report.rows import written

if TYPE_CHECKING:
    from bench.granularity.findings import Study

__all__ = ["SIGNS", "as_text"]

SIGNS = {ALL: "a", COMMUNITY: "c", PERSON: "p", WITHIN: "w"}
ROWS = 13
CELL = 9


def as_text(study: Study, *, metric: str = "Brier score", scope: str = SAME) -> str:
    """Return the levels' scores over the numbers of known choices; the better ones stand higher up.

    Levels whose scores fall on the same line stand side by side.
    """
    known = study.numbers(scope)
    values = {
        (level, number): study.score(level, number, metric=metric, scope=scope).mean
        for level in SIGNS
        for number in known
    }
    low, high = min(values.values()), max(values.values())
    top, bottom = (low, high) if BETTER[metric] == "lower" else (high, low)
    step = (bottom - top) / (ROWS - 1)
    cells: dict[tuple[int, int], str] = {}
    for (level, number), value in values.items():
        row = round((value - top) / step) if step else 0
        cells[row, number] = cells.get((row, number), "") + SIGNS[level]
    lines = [f"{metric}: better is up"]
    for row in range(ROWS if step else 1):
        marks = "".join(cells.get((row, number), "").center(CELL) for number in known)
        lines.append(f"{written(top + row * step):>6} ┤{marks}".rstrip())
    lines.append(" " * 7 + "└" + "─" * (CELL * len(known)))
    lines.append(" " * 8 + "".join(str(number).center(CELL) for number in known).rstrip())
    lines.append(" " * 8 + "known choices of a person")
    lines.append(" " * 8 + "   ".join(f"{sign} {level}" for level, sign in SIGNS.items()))
    return "\n".join(lines)
