"""The arguments of ``commonbond construct``."""

from __future__ import annotations

import argparse
from typing import Any

from tui.cli.model_arguments import figure, whole
from tui.cli.shared_arguments import add_corpus, command

__all__ = ["ABOUT", "add_construct"]

ABOUT = "build a benchmark out of a corpus: four tasks in three parts, with a datasheet"


def add_construct(commands: Any) -> None:
    """Add the command to a parser's commands."""
    parser = command(commands, "construct", ABOUT)
    add_corpus(parser)
    parser.add_argument("--out", required=True, metavar="FOLDER", help="the benchmark to make; needed")
    parser.add_argument(
        "--title", default="", metavar="TEXT", help="what to call it (as the corpus is called)"
    )
    parser.add_argument("--replace", action="store_true", help="replace a benchmark that is there")
    _add_parts(parser.add_argument_group("the parts and their items; defaults in brackets"))
    _add_cleaning(parser.add_argument_group("what is cleaned away; defaults in brackets"))
    _add_known(parser.add_argument_group("communities, and what is told of them; defaults in brackets"))


def _add_parts(group: Any) -> None:
    group.add_argument(
        "--parts",
        type=_parts,
        default=argparse.SUPPRESS,
        metavar="A,B,C",
        help="shares of the threads in training, validation and test (.6,.2,.2)",
    )
    group.add_argument(
        "--split",
        choices=("auto", "time", "random"),
        default="auto",
        metavar="HOW",
        help="time: the latest threads last; random; auto: by time where all is dated (auto)",
    )
    _add(group, "options", "N", "replies that an item offers, at the most (4)", type=whole)
    _add(group, "percentile", "P", "leave out items below this percentile on a criterion (5)", type=figure)
    group.add_argument(
        "--least",
        action="append",
        type=_least,
        default=argparse.SUPPRESS,
        metavar="NAME=X",
        help="leave out items below X on a criterion instead: divergence, polarity or contrast; repeatable",
    )
    group.add_argument(
        "--keep-cues",
        action="store_true",
        help="leave names, links, mentions and signatures in the texts of community identification",
    )
    group.add_argument(
        "--no-tasks", dest="tasks", action="store_false", help="write no instances of the tasks"
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


def _add_cleaning(group: Any) -> None:
    _add(group, "alike", "S", "similarity from which on a text repeats another (0.8)", type=figure)
    _add(group, "bot-posts", "N", "posts it takes to tell a bot by repetition (10)", type=whole)
    _add(group, "bot-share", "S", "share of repeated posts from which on one is a bot (0.5)", type=figure)
    _add(group, "bot-hourly", "N", "more posts than this in an hour are a bot's (60)", type=whole)


def _add_known(group: Any) -> None:
    _add(group, "norms", "N", "norms told of each, those of the most votes (5000)", type=whole)
    _add(group, "people", "N", "members of each whose attributes are told (200)", type=whole)
    _add(
        group,
        "communities",
        "WHICH",
        "given by the source, found in the graph, or auto: found where members vote on statements (auto)",
        choices=("auto", "given", "found"),
    )
    _add(group, "groups", "N", "communities to find within each given one (as many as there are)", type=whole)
    _add(group, "smallest", "N", "members of a found community, at the least (5)", type=whole)
    _add(group, "blend", "S", "share of identity ties when finding them (0.5)", type=figure)
    _add(group, "neighbours", "N", "identity ties kept for each member (20)", type=whole)


def _add(group: Any, name: str, metavar: str, told: str, **more: Any) -> None:
    group.add_argument(f"--{name}", metavar=metavar, help=told, default=argparse.SUPPRESS, **more)


def _parts(text: str) -> tuple[float, ...]:
    shares = tuple(figure(part) for part in text.split(","))
    if len(shares) != 3:
        raise argparse.ArgumentTypeError(f"{text!r} is not three shares")
    return shares


def _least(text: str) -> tuple[str, float]:
    name, found, value = text.partition("=")
    if not found:
        raise argparse.ArgumentTypeError(f"{text!r} is no NAME=X")
    return name.strip(), figure(value)
