"""The arguments of ``commonbond granularity``."""

from __future__ import annotations

import argparse
from typing import Any

from tui.cli.model_arguments import figure, whole
from tui.cli.shared_arguments import add_corpus, command, least

__all__ = ["ABOUT", "add_granularity"]

ABOUT = "compare one predictor for all, one per community and one per person"
MORE = """Two settings answer two questions. Held-out statements: nobody's votes on them
are seen, and every level tells them by their content. Held-out votes: the
others' votes on the very statement are known, and a group is asked for those.

example: commonbond granularity polis.corpus --plot granularity.svg"""


def add_granularity(commands: Any) -> None:
    """Add the command and its arguments to the parser's commands."""
    parser = command(commands, "granularity", ABOUT)
    parser.epilog = MORE
    add_corpus(parser)
    parser.add_argument("--plot", metavar="FILE.svg", help="draw the curves into this file")
    parser.add_argument("--all", action="store_true", help="print every metric, not the headlines alone")
    _add_trial(parser.add_argument_group("what is known and what is held out; the defaults in brackets"))


def _add_trial(group: Any) -> None:
    group.add_argument(
        "--known",
        type=_numbers,
        default=(1, 2, 5, 10, 20, 50),
        metavar="N,N,…",
        help="known choices of a person (1,2,5,10,20,50)",
    )
    group.add_argument(
        "--held-out",
        choices=("statements", "votes", "both"),
        default="both",
        metavar="WHAT",
        help="statements, for everybody; votes, of each person; or both, one after the other (both)",
    )
    group.add_argument(
        "--share",
        type=figure,
        metavar="S",
        help="share held out (.5 of the threads; .2 of a person's answers)",
    )
    group.add_argument(
        "--communities",
        choices=("auto", "given", "found"),
        default="auto",
        metavar="WHICH",
        help="given by the source, found in the votes, or auto: given where a place has two or more (auto)",
    )
    group.add_argument(
        "--groups",
        type=least(1),
        metavar="N",
        help="communities to find in a place (as many as its votes show)",
    )
    group.add_argument(
        "--people",
        type=least(20),
        default=300,
        metavar="N",
        help="people tried in a place, at the most (300)",
    )
    group.add_argument(
        "--seed", type=whole, default=7, metavar="N", help="what every draw is derived from (7)"
    )
    group.add_argument(
        "--embedder",
        default="all-MiniLM-L6-v2",
        metavar="MODEL",
        help="a sentence-transformers model, by name or folder (all-MiniLM-L6-v2, which reads English only)",
    )


def _numbers(text: str) -> tuple[int, ...]:
    numbers = tuple(whole(part) for part in text.split(","))
    if min(numbers) < 1:
        raise argparse.ArgumentTypeError(f"{min(numbers)} is less than 1")
    return numbers
