"""The command ``commonbond``: its arguments, and which module carries each command out.

Nothing heavy is imported before a command needs it, so that ``--help`` answers at once.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn

from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["main"]

DONE, FELL_SHORT, UNUSABLE = 0, 1, 2
COMMANDS = ("ingest", "communities", "ask", "simulate", "bench", "demo", "schema")
EPILOG = """exit codes: 0 done, 1 ran and something fell short, 2 unusable input.
Without a command, the terminal interface opens on the corpora and runs in this folder."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command line and return its exit code: 0 done, 1 fell short, 2 unusable input."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    as_json = "--json" in given
    try:
        options = _parser().parse_args(given)
        if options.command is None:
            return _interface(options)
        module = importlib.import_module(f"tui.cli.{options.command}")
        code: int = module.run(options)
    except InputError as error:
        return _refuse(error, as_json=as_json)
    except KeyboardInterrupt:
        print("commonbond: stopped; what was written so far stays", file=sys.stderr)
        return FELL_SHORT
    except BrokenPipeError:
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: PTH123, SIM115  so that the exit stays quiet
        return FELL_SHORT
    return code


def _interface(options: argparse.Namespace) -> int:
    from pathlib import Path

    from tui.app import run

    if options.json:
        raise InputError("--json needs a command", remedy=f"name one of: {', '.join(COMMANDS)}")
    if not sys.stdout.isatty():
        raise InputError(
            "the terminal interface needs a terminal", remedy="name a command; see commonbond --help"
        )
    return run([Path(folder) for folder in options.open])


def _refuse(error: InputError, *, as_json: bool) -> int:
    if as_json:
        print(json.dumps({"error": {"what": error.what, "where": error.where, "remedy": error.remedy}}))
    print(f"commonbond: {_printable(str(error))}", file=sys.stderr)
    return UNUSABLE


def _printable(text: str) -> str:
    """Return an error's text with whatever could steer a terminal made visible: it may quote what was read."""
    return "".join(sign if sign.isprintable() or sign == "\n" else repr(sign)[1:-1] for sign in text)


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are input errors, so that they are told in one way."""

    def error(self, message: str) -> NoReturn:
        raise InputError(message, remedy=f"see {self.prog} --help")


def _parser() -> argparse.ArgumentParser:
    about = (
        "Simulate communities with personas, and hold the simulated preferences against real people's votes."
    )
    parser = _Parser(
        prog="commonbond",
        description=about,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="store_true", help="print the version and leave")
    parser.add_argument(
        "--open", action="append", default=[], metavar="FOLDER", help="open a corpus or a run"
    )
    parser.add_argument("--json", action="store_true", help=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    _add_ingest(commands)
    _add_communities(commands)
    _add_ask(commands)
    _add_simulate(commands)
    _add_bench(commands)
    _add_demo(commands)
    _add_schema(commands)
    return parser


def _command(commands: Any, name: str, about: str, **more: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=about, description=about, **more)
    parser.add_argument("--json", action="store_true", help="print one JSON object and nothing else")
    return parser


def _add_ingest(commands: Any) -> None:
    parser = commands.add_parser(
        "ingest", help="read a dump into a corpus", description="Read a dump into a corpus."
    )
    sources = parser.add_subparsers(dest="source", metavar="SOURCE", required=True, parser_class=_Parser)
    told = {
        "stackexchange": "Stack Exchange dumps: Posts.xml, Comments.xml, Votes.xml of one or more sites",
        "polis": "pol.is exports: comments.csv, participants-votes.csv, summary.csv of one or more conversations",
        "reddit": "Reddit submissions and comments as JSON Lines (plain, .gz, .zst), or top posts as CSV",
    }
    for name, about in told.items():
        source = _command(sources, name, about)
        source.add_argument("paths", nargs="+", metavar="PATH", help="files, or folders of them")
        _add_corpus_options(source)
    table = _command(
        sources, "table", "any CSV, TSV, JSON Lines or Parquet of posts, replies, votes or members"
    )
    for role in ("posts", "replies", "votes", "members"):
        table.add_argument(f"--{role}", action="append", default=[], metavar="FILE", help=f"a file of {role}")
    table.add_argument("--communities", action="append", default=[], metavar="FILE", help="a file of titles")
    table.add_argument(
        "--column", action="append", default=[], metavar="FIELD=COLUMN", help="where a field is, as text=body"
    )
    table.add_argument("--community", default="", help="the community of rows that name none")
    table.add_argument(
        "--attribute", action="append", metavar="COLUMN", help="keep this column of the members only; repeatable"
    )
    table.add_argument("--ballot", choices=("endorsement", "agreement", "choice"), default="endorsement")
    table.add_argument("--licence", default="unknown", help="the licence of the data")
    _add_corpus_options(table)


def _add_corpus_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", required=True, metavar="FOLDER", help="the corpus to make")
    parser.add_argument("--title", default="", help="what to call it")
    parser.add_argument("--fictional", action="store_true", help="its people and texts are invented")
    parser.add_argument("--key-file", metavar="FILE", help="hash members' names with this key, not your own")
    parser.add_argument("--replace", action="store_true", help="replace a corpus that is there")


def _add_communities(commands: Any) -> None:
    about = "The community graph: communities, their two cohesion scores, profiles and norms."
    parser = _command(commands, "communities", about)
    _add_corpus(parser)
    _add_choices(parser)


def _add_ask(commands: Any) -> None:
    about = "Ask the communities which option they would prefer."
    parser = _command(commands, "ask", about)
    _add_corpus(parser)
    parser.add_argument("query", help="the question")
    parser.add_argument(
        "--option", action="append", default=[], metavar="TEXT", help="an option; give two or more"
    )
    parser.add_argument(
        "--write", type=int, default=0, metavar="N", help="let each community write N options"
    )
    parser.add_argument(
        "--community", action="append", default=[], metavar="NAME", help="ask this one; repeatable"
    )
    parser.add_argument("--out", metavar="FOLDER", help="keep the run here")
    _add_choices(parser)


def _add_simulate(commands: Any) -> None:
    about = "Let the personas judge the corpus's held-out items."
    parser = _command(commands, "simulate", about)
    _add_corpus(parser)
    parser.add_argument(
        "--out", required=True, metavar="FOLDER", help="the run's folder; an unfinished run goes on"
    )
    _add_split(parser)
    _add_choices(parser)


def _add_bench(commands: Any) -> None:
    about = "Hold simulated preferences against the real votes on held-out items, with baselines."
    parser = _command(commands, "bench", about)
    _add_corpus(parser)
    parser.add_argument("--out", metavar="FOLDER", help="keep the run here")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    parser.add_argument("--all", action="store_true", help="print every metric")
    _add_split(parser)
    _add_choices(parser)


def _add_demo(commands: Any) -> None:
    about = "The whole job on the bundled example, then the interface where there is a terminal."
    parser = _command(commands, "demo", about)
    parser.add_argument(
        "--out", default="demo-output", metavar="FOLDER", help="where corpora and runs are kept"
    )
    parser.add_argument("--no-interface", action="store_true", help="print the results only")


def _add_schema(commands: Any) -> None:
    parser = _command(commands, "schema", "Print the JSON Schema of what a command prints with --json.")
    parser.add_argument("of", choices=(*COMMANDS[:-1], "error"), metavar="COMMAND")


def _add_corpus(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("corpus", metavar="CORPUS", help="a folder that `commonbond ingest` made")


def _add_split(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--share", type=float, default=0.5, help="how much of the threads is held out (0.5)")
    parser.add_argument(
        "--split", choices=("auto", "time", "random"), default="auto", help="how (by time if dated)"
    )
    parser.add_argument("--items", type=int, metavar="N", help="judge the first N items only")


def _add_choices(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=7, help="what every random draw is derived from (7)")
    parser.add_argument("--panel", type=int, default=32, help="personas a community (32)")
    parser.add_argument("--communities", choices=("auto", "given", "found"), default="auto")
    parser.add_argument("--groups", type=int, metavar="N", help="find N communities within each given one")
    parser.add_argument(
        "--blend", type=float, default=0.5, help="share of identity ties when finding them (0.5)"
    )
    parser.add_argument("--rounds", type=int, default=3, help="rounds of discussion at the most (3)")
    parser.add_argument(
        "--embedder", default="all-MiniLM-L6-v2", metavar="MODEL", help="a sentence-transformers model"
    )


if __name__ == "__main__":
    sys.exit(main())
