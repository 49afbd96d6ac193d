"""``commonbond compare``: two runs on the items and communities that both judged."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bench.report.compare import compare
from bench.report.comparison import (
    COLUMNS,
    comparison_html,
    comparison_lines,
    comparison_markdown,
    summary_lines,
    verdict_on,
)
from bench.report.data import to_json
from bench.report.files import format_of, write_report
from bench.report.rows import setting_text
from tui.cli.output import console, listing, print_json, print_table

if TYPE_CHECKING:
    import argparse
    from typing import Any

    from bench.report.compare import RunComparison

__all__ = ["run"]

SHARES = ("option", "real", "first", "second")
READ = 3
"""Of the items on which the runs differ most, so many are printed; the files and the JSON hold more."""


def run(options: argparse.Namespace) -> int:
    """Compare, print, and write the report where one is asked for."""
    report = Path(options.report) if options.report else None
    format_ = format_of(report) if report else ""
    found = compare(options.first, options.second, seed=options.seed)
    answer = _answer(found, options)
    if report is not None:
        text = {
            ".html": lambda: comparison_html(found),
            ".md": lambda: comparison_markdown(found),
            ".json": lambda: to_json(answer),
        }[format_]()
        write_report(report, text)
    if options.json:
        print_json(answer)
    else:
        _print(found, report)
    return 0


def _answer(found: RunComparison, options: argparse.Namespace) -> dict[str, Any]:
    return {
        "command": "compare",
        "runs": [options.first, options.second],
        "seed": options.seed,
        "report": options.report,
        **found.as_data(),
    }


def _print(found: RunComparison, report: Path | None) -> None:
    screen = console()
    screen.print(listing(summary_lines(found)))
    screen.print(listing([("note", note) for note in found.notes]))
    screen.print()
    told = "positive where the first is better; intervals from resamples of whole communities"
    rows = [(*line[:4], line[5]) for line in comparison_lines(found)]
    heads = (*COLUMNS[:4], COLUMNS[5])
    print_table(screen, "metric by metric", heads, rows, told=told, right=4)
    screen.print(listing([(row.metric, verdict_on(row)) for row in found.metrics]))
    differing = [(name, setting_text(first), setting_text(second)) for name, first, second in found.differing]
    if differing:
        screen.print()
        print_table(screen, "what they were made with", ("what", "first", "second"), differing)
    for each in found.most_apart[:READ]:
        screen.print()
        shares = zip(each.options, each.real, each.first, each.second, strict=True)
        lines = [(option, *(f"{100 * share:.1f} %" for share in said)) for option, *said in shares]
        print_table(screen, f"{each.community}: {each.query}", SHARES, lines, right=3)
    if report is not None:
        screen.print(listing([("wrote", str(report))]))
