"""``commonbond report``: the report of a finished benchmark run as a page, as Markdown and as JSON."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bench.report.data import as_json
from bench.report.files import write_reports
from bench.report.html import as_html
from bench.report.markdown import as_markdown_report
from bench.report.reading import read_report
from bench.report.rows import heading, warnings_of
from tui.cli.output import console, listing, print_json

if TYPE_CHECKING:
    import argparse

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Write the report, into the run's folder where no other is named, and say which files it is in."""
    card, facts = read_report(options.run)
    makers = {
        ".html": lambda: as_html(card, facts=facts),
        ".md": lambda: as_markdown_report(card, facts=facts),
        ".json": lambda: as_json(card, facts=facts),
    }
    files = [str(path) for path in write_reports(makers, Path(options.out or options.run))]
    if options.json:
        print_json(
            {
                "command": "report",
                "run": options.run,
                "predictor": card.predictor,
                "corpus": dict(card.corpus),
                "warnings": warnings_of(card, facts),
                "files": files,
            }
        )
    else:
        console().print(heading(card))
        console().print(listing([("wrote", name) for name in files]))
    return 0
