"""The arguments of ``commonbond bench`` and ``commonbond score``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.cli.model_arguments import add_model, whole
from tui.cli.shared_arguments import add_choices, add_corpus, add_part, add_split, least, names

if TYPE_CHECKING:
    import argparse

__all__ = ["add_bench", "add_score"]


def add_bench(parser: argparse.ArgumentParser) -> None:
    """Add what ``bench`` takes."""
    add_corpus(parser, "a corpus or a benchmark")
    parser.add_argument(
        "--out",
        metavar="FOLDER",
        help="keep the run in this folder; needed with --model. An unfinished run goes on",
    )
    _add_shown(parser)
    parser.add_argument(
        "--controls",
        type=names,
        default=["all"],
        metavar="NAMES",
        help="what is simulated beside: shuffled (as another community), and on a model direct (asked for the "
        "whole distribution), no-persona; several by commas; all, none (all)",
    )
    parser.add_argument(
        "--tasks",
        choices=("all", "preference"),
        default="all",
        help="all four tasks, or the two of preference alone: nothing is then written, which saves calls (all)",
    )
    parser.add_argument(
        "--write-prompts",
        type=least(1),
        metavar="N",
        help="on a model, for how many queries each community's personas write answers, 5 calls a query (5)",
    )
    add_split(parser)
    add_choices(parser)
    add_model(parser)


def add_score(parser: argparse.ArgumentParser) -> None:
    """Add what ``score`` takes."""
    parser.add_argument(
        "corpus", metavar="BENCHMARK", help="a folder that `commonbond construct` or `commonbond load` made"
    )
    _add_shown(parser)
    add_part(parser)
    parser.add_argument("--items", type=least(1), metavar="N", help="score the first N items only (all)")
    parser.add_argument(
        "--seed", type=whole, default=7, metavar="N", help="what the resamples are derived from (7)"
    )


def _add_shown(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--markdown", action="store_true", help="print the tables as Markdown")
    parser.add_argument("--all", action="store_true", help="print every metric, not the headlines alone")
    parser.add_argument(
        "--predictor",
        action="append",
        default=[],
        metavar="FILE.py:NAME",
        help="score a function of yours, too: of an item and a community, to one number an option; repeatable",
    )
    parser.add_argument(
        "--report",
        metavar="FILE",
        help="write the report to a file too, which ends in .html, .md or .json; repeatable",
        action="append",
        default=[],
    )
