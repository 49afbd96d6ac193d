"""The arguments of ``commonbond report`` and ``commonbond compare``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.cli.model_arguments import whole

if TYPE_CHECKING:
    import argparse

__all__ = ["ABOUT", "add_compare", "add_report"]

ABOUT = {
    "report": "write the report of a finished benchmark run: a page, Markdown, JSON",
    "compare": "hold two runs against each other, on what both judged",
}
"""What the help says of the two commands."""


def add_report(parser: argparse.ArgumentParser) -> None:
    """Add what ``report`` takes."""
    parser.add_argument("run", metavar="RUN", help="the folder of a run that `commonbond bench --out` made")
    parser.add_argument(
        "--out",
        metavar="PATH",
        help="a file that ends in .html, .md or .json, or a folder for all three (the run's folder)",
    )


def add_compare(parser: argparse.ArgumentParser) -> None:
    """Add what ``compare`` takes."""
    parser.add_argument("first", metavar="RUN", help="a run's folder")
    parser.add_argument("second", metavar="RUN", help="the folder of the run to hold it against")
    parser.add_argument(
        "--report", metavar="FILE", help="write it to a file too, which ends in .html, .md or .json"
    )
    parser.add_argument(
        "--seed", type=whole, default=7, metavar="N", help="what the resamples are derived from (7)"
    )
