"""The arguments of ``commonbond pluralism``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui.cli.model_arguments import add_model, figure
from tui.cli.shared_arguments import add_choices, add_corpus, add_split, command, least

if TYPE_CHECKING:
    import argparse

__all__ = ["ABOUT", "add_pluralism"]

ABOUT = "measure how differently people choose, and what of it answers cover"
MORE = """What is drawn with --write comes from the offline engine, or from personas on
--model, which then also judges where texts lie on the axes. Beside every figure
stands how often the judge is right on the axis's labelled statements.

example: commonbond pluralism coffee.corpus --write 4
         commonbond pluralism alignment.bench --answers answers.jsonl"""


def add_pluralism(commands: Any) -> argparse.ArgumentParser:
    """Add the command to a parser's subcommands."""
    parser = command(commands, "pluralism", ABOUT)
    parser.epilog = MORE
    add_corpus(parser, "a corpus or a benchmark")
    answers = parser.add_argument_group(
        "answers to hold against people; without any, people alone are measured"
    )
    answers.add_argument(
        "--answers",
        metavar="FILE",
        help='models\' answers as JSON Lines: {"item" or "query", "model", "text"}, several a model where it was '
        "sampled several times",
    )
    answers.add_argument(
        "--write",
        type=least(2),
        metavar="N",
        help="let each community answer each query N times, independently and negatively correlated",
    )
    answers.add_argument(
        "--out", metavar="FOLDER", help="keep the model's calls in this folder; needed with --model"
    )
    values = parser.add_argument_group("values")
    values.add_argument(
        "--axis",
        action="append",
        default=[],
        metavar="FILE",
        help="an axis of your own, of the form of the bundled files, beside the two of Inglehart and Welzel; "
        "repeatable",
    )
    values.add_argument(
        "--judge",
        choices=("auto", "anchors", "model"),
        default="auto",
        metavar="WHICH",
        help="what places texts on the axes: anchors (by embedding), model, or auto: the model where there is one "
        "(auto)",
    )
    values.add_argument(
        "--nearness",
        type=figure,
        metavar="COS",
        help="the cosine from which on an answer is near to what somebody prefers (0.6)",
    )
    add_split(parser)
    add_choices(parser, judging=False)
    add_model(parser, dry_run=False)
    return parser
