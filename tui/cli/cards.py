"""A score card on the terminal: as tables, as Markdown, and as report files beside."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bench.report.data import as_json
from bench.report.files import format_of, write_report
from bench.report.html import as_html
from bench.report.markdown import as_markdown, as_markdown_report
from bench.report.rows import BETTER, HEADLINES, written
from tui.cli.output import console, listing, print_table, signed, tell
from tui.cli.parts import head, whose
from tui.plaintext import count, one_line, shown

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.benchmark import Benchmark
    from bench.report.reading import RunFacts
    from bench.scores import ScoreCard, ScoreRow, TaskScore
    from personas.corpus import Corpus

__all__ = ["check_reports", "print_card", "print_markdown", "write_card"]

COLUMNS = ("predictor", "mean", "95 % interval", "simulation ahead by")


def print_card(corpus: Corpus | Benchmark, card: ScoreCard, *, every_metric: bool) -> None:
    """Print a score card as tables, one a task and metric; metrics beside the headlines on request."""
    screen = console()
    head(screen, corpus, f"simulated by the {card.predictor}")
    for task in card.tasks:
        if every_metric or task.metric in HEADLINES or not task.rows:
            _print_task(corpus, card, task)
    screen.print(listing([_labelled(note) for note in card.notes]))


def print_markdown(card: ScoreCard, *, every_metric: bool) -> None:
    """Print a score card as one table of Markdown, whatever is in it made visible."""
    for line in as_markdown(card, every_metric=every_metric).splitlines():
        print(shown(line))


def check_reports(names: Sequence[str]) -> None:
    """See that each report can be written as its name says, before any work is done for it.

    Raises:
        InputError: a name ends in no format.
    """
    for name in names:
        format_of(Path(name))


def write_card(card: ScoreCard, names: Sequence[str], *, facts: RunFacts | None = None) -> None:
    """Write a score card's report into files, each in the format that its name ends in.

    Raises:
        InputError: one cannot be written.
    """
    makers = {".html": as_html, ".md": as_markdown_report, ".json": as_json}
    for name in names:
        path = Path(name)
        tell(f"wrote {write_report(path, makers[format_of(path)](card, facts=facts))}")


def _print_task(corpus: Corpus | Benchmark, card: ScoreCard, task: TaskScore) -> None:
    screen = console()
    title = f"{task.task}: {task.metric} ({BETTER[task.better]})"
    if task.rows:
        n, communities = (max(getattr(row, name) for row in task.rows) for name in ("n", "communities"))
        counted = f"{count(n, 'judgement')} in {count(communities, 'community', 'communities')}"
        told = whose(corpus, f"{card.predictor} · {counted}")
        rows = [_cells(row) for row in task.rows]
        print_table(screen, title, COLUMNS, rows, told=told, right=3)
    else:
        screen.print(one_line(title), style="bold")
    screen.print(listing([("note", task.note)] if task.note else []))
    screen.print()


def _cells(row: ScoreRow) -> tuple[str, str, str, str]:
    note = f" ({row.note})" if row.note else ""
    between = "" if row.low is None else f"[{written(row.low)}, {written(row.high)}]"
    return f"{row.role}: {row.predictor}{note}", written(row.mean), between, _ahead(row)


def _ahead(row: ScoreRow) -> str:
    if not row.ahead or row.ahead["mean"] is None:
        return ""
    low, high = (signed(written(row.ahead[bound])) for bound in ("low", "high"))
    bounds = "" if row.ahead["low"] is None else f" [{low}, {high}]"
    return signed(written(row.ahead["mean"])) + bounds


def _labelled(note: str) -> tuple[str, str]:
    label, colon, text = note.partition(": ")
    return (label, text) if colon and label in {"warning", "left out"} else ("note", note)
