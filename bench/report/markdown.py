"""A score card as Markdown: the short table for a README, and the full report with all that the page says."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bench.report.markup import plain
from bench.report.rows import (
    ARROWS,
    CAUTIONS,
    HEADLINES,
    about_lines,
    community_lines,
    comparison_lines,
    heading,
    score_lines,
    usage_lines,
    warnings_of,
    written,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from bench.report.reading import RunFacts
    from bench.scores import ScoreCard, TaskScore, WorstItem

__all__ = ["as_markdown", "as_markdown_report", "markdown_table", "safe"]

SCORED = ("task, metric", "predictor", "mean", "95 % interval", "simulation ahead by", "n")
COMPARED = (
    "task, metric",
    "first",
    "second",
    "first ahead by",
    "95 % interval",
    "resamples with the first ahead",
    "n",
)
USED = ("phase", "model", "calls", "failed", "prompt tokens", "reply tokens", "cached tokens", "cost")


def as_markdown(card: ScoreCard, *, every_metric: bool = False) -> str:
    """Return all rows of a score card as one table, with whose they are above and its notes below.

    Nothing is left out that flatters less.

    Args:
        card: the score card.
        every_metric: whether to show all metrics or the headlines.
    """
    notes = dict.fromkeys([*card.notes, *(f"{task.task}: {task.note}" for task in card.tasks if task.note)])
    return "\n".join(
        [safe(heading(card)), "", *_scores(card, every_metric), "", *(f"- {safe(note)}" for note in notes)]
    )


def as_markdown_report(card: ScoreCard, *, facts: RunFacts | None = None) -> str:
    """Return the whole report as Markdown: the sections, tables and texts of the page, without its pictures.

    Args:
        card: the score card.
        facts: what is known of the run besides; see ``bench.report.reading.read_report``.
    """
    parts = [f"# {safe(str(card.corpus.get('title') or 'a corpus without a title'))}", safe(heading(card))]
    parts += [f"> **Warning:** {safe(text)}" for text in warnings_of(card, facts)]
    for title, lines in _sections(card, facts):
        if lines:
            parts += [f"## {title}", "\n".join(lines)]
    return "\n\n".join(parts) + "\n"


def _sections(card: ScoreCard, facts: RunFacts | None) -> Iterator[tuple[str, list[str]]]:
    yield (
        "What was simulated with what",
        [f"- {name}: {safe(value)}" for name, value in about_lines(card, facts)],
    )
    yield (
        "How it was split, and what was left out",
        [f"- {safe(note)}" for note in dict.fromkeys(card.notes) if not note.startswith("warning: ")],
    )
    told = [f"- {safe(_metric(task))}: {safe(task.note)}" for task in card.tasks if task.note and task.rows]
    yield "Every task and metric", [*_scores(card, True), *(["", *told] if told else [])]
    yield "Does it know when it is right?", list(_curves(card))
    heads = ("community", "judgements", "accuracy (↑)", "divergence (↓)")
    yield "Community by community", markdown_table(heads, community_lines(card), right=3)
    yield "Predictor against predictor", list(_comparisons(card))
    yield "The worst judgements, to read", [line for item in card.worst for line in _item(item)]
    yield (
        "What it cost",
        markdown_table(USED, usage_lines(card.usage), right=6) or ["No model was called: it cost nothing."],
    )
    yield "What it is not for", [f"- {text}" for text in CAUTIONS]


def _scores(card: ScoreCard, every_metric: bool) -> list[str]:
    rows: list[tuple[str, ...]] = []
    for task in card.tasks:
        if task.rows and not every_metric and task.metric not in HEADLINES:
            continue
        rows += [
            (_metric(task), predictor, mean, interval, ahead, n)
            for predictor, _, mean, interval, ahead, n in score_lines(task)
        ]
        if not task.rows:
            rows.append((_metric(task), task.note, "—", "—", "—", "0"))
    bold = {
        (_metric(task), line[0])
        for task in card.tasks
        for line in score_lines(task)
        if line[1] == "simulation"
    }
    return markdown_table(SCORED, rows, right=4, bold=bold)


def _metric(task: TaskScore) -> str:
    return f"{task.task}: {task.metric} ({ARROWS[task.better]})"


def _curves(card: ScoreCard) -> Iterator[str]:
    for curve in card.curves:
        if curve.bins:
            rows = [(written(each.confidence), written(each.accuracy), f"{each.n:,}") for each in curve.bins]
            yield from (f"The {safe(curve.predictor)}:", "")
            yield from markdown_table(("confidence", "right", "judgements"), rows, right=3)
            yield ""


def _comparisons(card: ScoreCard) -> list[str]:
    lines = [
        (f"{row.task}: {row.metric}", *cells)
        for row, cells in zip(card.comparisons, comparison_lines(card.comparisons), strict=True)
    ]
    return markdown_table(COMPARED, lines, right=4)


def _item(item: WorstItem) -> Iterator[str]:
    voters = "number of voters unknown" if item.voters is None else f"{item.voters:,} voters"
    yield f"**{safe(item.query)}**"
    yield ""
    yield f"{safe(item.community)} · item {safe(item.item)} · {voters} · divergence {written(item.error)}"
    yield ""
    rows = [
        (option, f"{100 * real:.1f} %", f"{100 * said:.1f} %")
        for option, real, said in zip(item.options, item.real, item.predicted, strict=True)
    ]
    yield from markdown_table(("option", "real", "simulated"), rows, right=2)
    yield ""


def markdown_table(
    columns: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    right: int = 0,
    bold: Iterable[tuple[str, str]] = (),
) -> list[str]:
    """Return a table's lines, in which no cell is markup; none where there are no rows.

    Args:
        columns: the heads. ``rows``: the cells.
        right: how many of the last columns are figures of ours, aligned to the right and not escaped.
        bold: the first two cells of rows whose second cell is set in bold.
    """
    made, strong = list(rows), set(bold)
    if not made:
        return []
    texts = len(columns) - right
    rules = ("---:" if place >= texts else "---" for place in range(len(columns)))
    lines = [_row(columns), _row(tuple(rules))]
    for row in made:
        cells = [safe(cell) if place < texts else cell for place, cell in enumerate(row)]
        if tuple(row[:2]) in strong:
            cells[1] = f"**{cells[1]}**"
        lines.append(_row(cells))
    return lines


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def safe(text: str) -> str:
    """Return a text on one line in which nothing is markup: names and notes hold what a source called itself.

    >>> safe("![x](y) <b> _a_ | b")
    '!\\\\[x](y) &lt;b> \\\\_a\\\\_ \\\\| b'
    """
    line = re.sub(r"([\\`*_~\[|])", r"\\\1", " ".join(plain(text).split()))
    return line.replace("&", "&amp;").replace("<", "&lt;")
