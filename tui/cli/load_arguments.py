"""The arguments of ``commonbond load``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui.cli.model_arguments import whole

if TYPE_CHECKING:
    import argparse

__all__ = ["ABOUT", "add_load"]

ABOUT = "make a benchmark of a published data set, to hold simulations against"
DATASETS = {
    "communitybench": "CommunityBench (Lin & Wei 2026): train.jsonl and test.jsonl",
    "community-alignment": "Community Alignment (Zhang, Milli et al. 2025): community_alignment.csv",
}
FIELDS = """fields are recognised by name and shape; where that fails, say where they are:
  query, options, community   what is asked, two or more texts, who is asked
  shares or label             one number an option, or the preferred option
  profile, identity, bond     what is told of the community
  candidates                  the communities to tell it from
  task, reference, voters     the kind of record, an answer, how many people

example: commonbond load communitybench folder --out cb
           --field options=input.texts"""


def add_load(commands: Any) -> None:
    """Add the command to a parser's commands."""
    parser = commands.add_parser("load", help=ABOUT, description=f"{ABOUT[0].upper()}{ABOUT[1:]}.")
    datasets = parser.add_subparsers(
        dest="dataset", metavar="DATASET", required=True, parser_class=type(parser)
    )
    for name, told in DATASETS.items():
        epilog = FIELDS if name == "communitybench" else None
        dataset = datasets.add_parser(name, help=told, description=f"{told}.", epilog=epilog)
        dataset.add_argument(
            "source", metavar="SOURCE", help="the file, a folder that holds it, or its OWNER/NAME on the Hub"
        )
        (_add_communitybench if name == "communitybench" else _add_community_alignment)(dataset)
        _add_common(dataset)


def _add_communitybench(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--field",
        action="append",
        default=[],
        metavar="NAME=PATH",
        help="where a field is, as in options=input.texts; repeatable",
    )
    parser.add_argument(
        "--licence", default="unknown", metavar="NAME", help="the licence of the data (unknown)"
    )


def _add_community_alignment(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--by",
        default="country",
        metavar="LIST",
        help="attributes that make a community: age, gender, education_level, political, ethnicity, country, "
        "assigned_lang; several with commas (country)",
    )
    parser.add_argument(
        "--least-voters",
        type=whole,
        default=1,
        metavar="N",
        help="answers of a community to an item, at the least (1)",
    )


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", required=True, metavar="FOLDER", help="the benchmark to make; needed")
    parser.add_argument(
        "--seed", type=whole, default=7, metavar="N", help="what every draw is derived from (7)"
    )
    parser.add_argument("--fictional", action="store_true", help="its people and texts are invented")
    parser.add_argument("--replace", action="store_true", help="replace a benchmark that is there")
    parser.add_argument(
        "--json", action="store_true", help="print one JSON object and nothing else (commonbond schema load)"
    )
