"""The arguments of ``commonbond generate`` and ``commonbond export``, and what they come to."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any

from tui.cli.model_arguments import add_model, figure, whole
from tui.cli.shared_arguments import add_choices, least

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.export.selection import Selection, Shape

__all__ = ["ABOUT", "add_export", "add_generate", "selection_of", "shape_of"]

ABOUT = {
    "generate": "make preference data: candidates for prompts, communities' ballots, training pairs",
    "export": "write the training pairs of a run that is there",
}
SELECTION = (
    *("min_margin", "min_probability", "ties", "pairs", "balance", "match_length", "test_share", "alike"),
    "seed",
)
SHAPE = ("steering", "files", "shard_rows")


def add_generate(parser: argparse.ArgumentParser) -> None:
    """Add what is generated, by whom, and what of it is kept."""
    parser.add_argument(
        "prompt_file",
        metavar="PROMPTS",
        help='JSON Lines, .gz or .zst too: {"prompt": "…"} or {"prompt": [{"role": "user", "content": "…"}, …]}; '
        'besides "id", and "candidates" to draw from',
    )
    parser.add_argument(
        "--corpus",
        required=True,
        metavar="FOLDER",
        help="a corpus, or a benchmark, whose communities judge; needed",
    )
    _add_out(parser, "the folder of the data, with its run; needed. An unfinished one goes on")
    sets = parser.add_argument_group("the candidate sets; defaults in brackets")
    sets.add_argument("--candidates", type=least(2), default=4, metavar="N", help="responses in each set (4)")
    sets.add_argument(
        "--sampling",
        choices=("independent", "negatively-correlated"),
        default=argparse.SUPPRESS,
        metavar="HOW",
        help="independent, or negatively-correlated, where alike ones shut each other out (independent)",
    )
    sets.add_argument(
        "--sets",
        choices=("shared", "own", "crossed"),
        default="shared",
        metavar="WHOSE",
        help="shared: one set a prompt, written by nobody in particular, which all communities judge, so that it is "
        "known where they disagree; own: each community writes the one that it judges; crossed: each writes one and "
        "judges all (shared)",
    )
    sets.add_argument(
        "--community", action="append", default=[], metavar="NAME", help="ask this one; repeatable (all)"
    )
    _add_selection(parser)
    _add_shape(parser)
    add_choices(parser)
    add_model(parser)


def add_export(parser: argparse.ArgumentParser) -> None:
    """Add which run is written, and what of it is kept."""
    parser.add_argument("run", metavar="RUN", help="a run's folder, of generate, simulate, bench or ask")
    _add_out(parser, "the folder of the data; needed")
    parser.add_argument(
        "--partial", action="store_true", help="write a run that did not end as far as it came"
    )
    _add_selection(parser)
    _add_shape(parser)
    parser.add_argument(
        "--seed",
        type=whole,
        default=argparse.SUPPRESS,
        metavar="N",
        help="what the split and every draw are derived from (the run's own)",
    )


def selection_of(options: argparse.Namespace, **known: Any) -> Selection:
    """Return what the options say of what is kept; what they leave open is as ``known``, or has its default.

    Raises:
        InputError: a value is out of its range.
    """
    from simulator.export.selection import Selection

    chosen = {**known, **{name: getattr(options, name) for name in SELECTION if hasattr(options, name)}}
    if chosen.get("min_probability") == 0:
        chosen["min_probability"] = None
    return Selection(**chosen)


def shape_of(options: argparse.Namespace) -> Shape:
    """Return what the options say of how it is written."""
    from simulator.export.selection import Shape

    return Shape(**{name: getattr(options, name) for name in SHAPE if hasattr(options, name)})


def _add_out(parser: argparse.ArgumentParser, told: str) -> None:
    parser.add_argument("--out", required=True, metavar="FOLDER", help=told)
    parser.add_argument(
        "--replace", action="store_true", help="replace data of the same run that was chosen otherwise"
    )


def _add_selection(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is kept; defaults in brackets")
    add = _adder(group)
    add("min-margin", "S", "share that the chosen one must be ahead by (0)", type=figure)
    add(
        "min-probability",
        "P",
        "how probable the order must be, given the ballots; 0 to ask for the margin alone (0.9)",
        type=figure,
    )
    add(
        "ties",
        "WHAT",
        "drop pairs that fall short of either, or keep them with their soft label: drop or soft (drop)",
        choices=("drop", "soft"),
    )
    add(
        "pairs",
        "WHICH",
        "of a set: all, best-rest or best-worst (all)",
        choices=("all", "best-rest", "best-worst"),
    )
    group.add_argument(
        "--balance", action="store_true", default=argparse.SUPPRESS, help="as many pairs of every community"
    )
    group.add_argument(
        "--match-length",
        action="store_true",
        default=argparse.SUPPRESS,
        help="drop pairs until the chosen one is as often the longer as the shorter one; labelled "
        "completions stay as they are",
    )
    add("test-share", "S", "share of the prompts held out as the test split (0.1)", type=figure)
    add("alike", "S", "similarity from which on two prompts say the same (0.8)", type=figure)
    group.add_argument(
        "--exclude",
        action="append",
        default=[],
        metavar="BENCHMARK",
        help="leave out prompts that this benchmark asks in its test part; repeatable",
    )


def _add_shape(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("how it is written; defaults in brackets")
    add = _adder(group)
    add(
        "steering",
        "HOW",
        "name the community in a column alone, or in a system message with its profile as well: column or system "
        "(column)",
        choices=("column", "system"),
    )
    add("files", "FORMAT", "parquet or jsonl (parquet)", choices=("parquet", "jsonl"))
    add("shard-rows", "N", "rows of one file, at the most (100000)", type=whole)
    group.add_argument(
        "--language",
        action="append",
        type=_language,
        default=[],
        metavar="CODE",
        help="of the texts, for the dataset card, as en; repeatable (none)",
    )
    group.add_argument(
        "--push-to",
        metavar="OWNER/NAME",
        help="put it on the Hugging Face Hub too, without the run's journal",
    )
    group.add_argument(
        "--public", action="store_true", help="with --push-to: let everybody read it (private)"
    )


def _language(text: str) -> str:
    if re.fullmatch("[a-z]{2,3}", text) is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no ISO 639 code, as en or deu")
    return text


def _adder(group: Any) -> Callable[..., None]:
    def add(name: str, metavar: str, told: str, **more: Any) -> None:
        group.add_argument(f"--{name}", metavar=metavar, help=told, default=argparse.SUPPRESS, **more)

    return add
