"""The arguments that several commands share, and how their values are read."""

from __future__ import annotations

import argparse
import textwrap
from typing import TYPE_CHECKING, Any, NoReturn

from personas.errors import InputError
from tui.cli.model_arguments import figure, whole
from tui.cli.sizes import as_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "Parser",
    "add_choices",
    "add_corpus",
    "add_part",
    "add_split",
    "command",
    "least",
    "names",
    "sentence",
    "size",
]


class Parser(argparse.ArgumentParser):
    """A parser whose errors are input errors, so that they are told in one way."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """Refuse a command line.

        Raises:
            InputError: always.
        """
        where, found, what = message.removeprefix("argument ").partition(": ")
        known = message.startswith("argument ") and bool(found)
        raise InputError(
            what if known else message, where=where if known else "", remedy=f"see {self.prog} --help"
        )


def command(commands: Any, name: str, about: str) -> argparse.ArgumentParser:
    """Add a command with what all have."""
    parser: argparse.ArgumentParser = commands.add_parser(name, help=about, description=sentence(about))
    parser.add_argument(
        "--json",
        action="store_true",
        help=f"print one JSON object and nothing else (commonbond schema {name})",
    )
    return parser


def sentence(about: str) -> str:
    """Return what a command does as a sentence, in lines of a help page."""
    return textwrap.fill(f"{about[0].upper()}{about[1:]}.", 78)


def add_corpus(parser: argparse.ArgumentParser, told: str = "a folder that `commonbond ingest` made") -> None:
    """Add the corpus that a command works on."""
    parser.add_argument("corpus", metavar="CORPUS", help=told)


def add_part(parser: Any) -> None:
    """Add which part of a benchmark is held out."""
    parser.add_argument(
        "--part",
        choices=("validation", "test"),
        default="test",
        metavar="PART",
        help="of a benchmark, which brings its own parts: validation or test (test)",
    )


def add_split(parser: argparse.ArgumentParser, *, limited: bool = True) -> None:
    """Add what is held out."""
    split = parser.add_argument_group("what is held out")
    add_part(split)
    split.add_argument(
        "--share", type=figure, default=0.5, metavar="S", help="share of the threads held out (0.5)"
    )
    split.add_argument(
        "--split",
        choices=("auto", "time", "random"),
        default="auto",
        metavar="HOW",
        help="time: the latest threads; random; auto: by time where all is dated (auto)",
    )
    if limited:
        split.add_argument(
            "--items", type=least(1), metavar="N", help="judge the first N held-out items only (all)"
        )


def add_choices(parser: argparse.ArgumentParser, *, judging: bool = True) -> None:
    """Add what a simulation may be told; ``judging`` as well as mapping communities."""
    choices = parser.add_argument_group("the simulation; its defaults in brackets")
    choices.add_argument(
        "--seed", type=whole, default=7, metavar="N", help="what every draw is derived from (7)"
    )
    choices.add_argument(
        "--embedder",
        default="all-MiniLM-L6-v2",
        metavar="MODEL",
        help="a sentence-transformers model, by name or folder (all-MiniLM-L6-v2, which reads English only)",
    )

    def add(name: str, metavar: str, told: str, **more: Any) -> None:
        choices.add_argument(f"--{name}", metavar=metavar, help=told, default=argparse.SUPPRESS, **more)

    add("panel", "N", "personas in each community's panel (32)", type=whole)
    add(
        "communities",
        "WHICH",
        "given by the source, found in the graph, or auto: found where members vote on statements (auto)",
        choices=("auto", "given", "found"),
    )
    add("groups", "N", "communities to find within each given one (as many as the graph shows)", type=whole)
    add("smallest", "N", "members of a found community, at the least (5)", type=whole)
    add("blend", "S", "share of identity ties, against bond ties, when finding them (0.5)", type=figure)
    add("neighbours", "N", "identity ties kept for each member (20)", type=whole)
    add("keep", "N", "norms that a persona judges an option by, at the most (512)", type=whole)
    add("sharpness", "T", "how fast a norm's weight falls with distance (chosen from the norms)", type=figure)
    if judging:
        add("rounds", "N", "rounds of discussion, at the most (3)", type=whole)


def names(text: str) -> list[str]:
    """Read names with commas between them."""
    return [name for name in text.split(",") if name]


def least(least: int) -> Callable[[str], int]:
    """Return what reads a whole number that may not be smaller."""

    def read(text: str) -> int:
        number = whole(text)
        if number < least:
            raise argparse.ArgumentTypeError(f"{number} is less than {least}")
        return number

    return read


def size(text: str) -> int:
    """Read a number of bytes."""
    try:
        return as_bytes(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
