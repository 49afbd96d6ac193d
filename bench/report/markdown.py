"""A score card as Markdown, for a README or a paper's notes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bench.report.rows import HEADLINES, score_lines

if TYPE_CHECKING:
    from bench.scores import ScoreCard

__all__ = ["as_markdown"]


def as_markdown(card: ScoreCard, *, every_metric: bool = False) -> str:
    """Return all rows of a score card as one table, with its notes below; nothing is left out that flatters less.

    Args:
        card: the score card.
        every_metric: whether to show all metrics or the headlines.
    """
    lines = [
        "| task, metric | predictor | mean | 95 % interval | simulation ahead by | n |",
        "| --- | --- | ---: | --- | --- | ---: |",
    ]
    for task in card.tasks:
        if task.rows and not every_metric and task.metric not in HEADLINES:
            continue
        name = f"{task.task}: {task.metric} ({'↑' if task.better == 'higher' else '↓'})"
        lines += [
            f"| {name} | {_bold(_safe(predictor), role)} | {mean} | {interval} | {ahead} | {n} |"
            for predictor, role, mean, interval, ahead, n in score_lines(task)
        ]
        if not task.rows:
            lines.append(f"| {name} | {_safe(task.note)} | — | — | — | 0 |")
    notes = dict.fromkeys([*card.notes, *(f"{task.task}: {task.note}" for task in card.tasks if task.note)])
    return "\n".join([*lines, "", *(f"- {_safe(note)}" for note in notes)])


def _bold(text: str, role: str) -> str:
    return f"**{text}**" if role == "simulation" else text


def _safe(text: str) -> str:
    """Return a text on one line in which nothing is markup: names and notes hold what a source called itself."""
    return re.sub(r"([\\`*\[|])", r"\\\1", " ".join(text.split())).replace("<", "&lt;")
