"""The arguments of every command, and what the help says of them."""

from __future__ import annotations

import argparse
import textwrap
from typing import TYPE_CHECKING, Any, NoReturn

from personas.errors import InputError
from tui.cli.model_arguments import add_limits, add_model, add_personas, add_reach, figure, whole
from tui.cli.sizes import as_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["COMMANDS", "make_parser"]

COMMANDS = {
    "ingest": "read a dump of a real place into a corpus",
    "communities": "map who belongs together: ties, two cohesion scores, profiles, norms",
    "ask": "ask which option each community would prefer",
    "simulate": "let the personas judge the corpus's held-out items",
    "bench": "hold simulated preferences against real votes, beside baselines",
    "prompt": "print exactly what a language-model persona would be sent",
    "runs": "list the runs in some folders: state, progress, cost",
    "resume": "go on with a run that was stopped or killed",
    "demo": "do the whole job on the bundled example, and show it",
    "schema": "print the JSON Schema of what a command prints with --json",
}
ABOUT = """Simulate communities with personas, and hold the simulated preferences against
real people's votes."""
EPILOG = """exit codes: 0 done; 1 ran, and something fell short; 2 unusable input

Without a command, the terminal interface opens on the corpora and runs in this
folder. Every command has its own --help. Embeddings are kept in the user's
cache folder; the environment variable COMMONBOND_CACHE names another."""
SOURCES = {
    "stackexchange": "Stack Exchange dumps: Posts.xml, Comments.xml and Votes.xml of one or more sites",
    "polis": "pol.is exports: comments.csv and participants-votes.csv of one or more conversations",
    "reddit": "Reddit submissions and comments as JSON Lines (plain, .gz, .zst), or top posts as CSV",
}
TABLE = "any CSV, TSV, JSON Lines or Parquet of posts, replies, votes or members"
TABLE_FIELDS = """fields, each read from the column of its name unless --column says otherwise:
  posts, replies  text; a reply also parent; may have post, community, author,
                  thread, kind, title, tags (a;b), created, score
  votes           post, value (1, -1, 0, agree, disagree, pass); may have voter,
                  community, count, created
  members         member; may have community; any other column is an attribute
  communities     title; may have community

example: commonbond ingest table --posts posts.csv --replies answers.csv
           --column text=body --community coffee --out coffee.corpus"""


class _Parser(argparse.ArgumentParser):
    """A parser whose errors are input errors, so that they are told in one way."""

    def __init__(self, **options: Any) -> None:
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        where, found, what = message.removeprefix("argument ").partition(": ")
        known = message.startswith("argument ") and bool(found)
        raise InputError(
            what if known else message, where=where if known else "", remedy=f"see {self.prog} --help"
        )


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line; its errors are ``InputError``."""
    parser = _Parser(prog="commonbond", description=ABOUT, epilog=EPILOG)
    parser.add_argument("--version", action="store_true", help="print the version and leave")
    parser.add_argument(
        "--open",
        action="append",
        default=[],
        metavar="FOLDER",
        help="open the interface on this corpus or run, or on those in this folder; repeatable",
    )
    parser.add_argument("--json", action="store_true", help=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    for add in (
        *(_add_ingest, _add_communities, _add_ask, _add_simulate, _add_bench),
        *(_add_prompt, _add_runs, _add_resume, _add_demo, _add_schema),
    ):
        add(commands)
    return parser


def _command(commands: Any, name: str) -> argparse.ArgumentParser:
    about = COMMANDS[name]
    parser: argparse.ArgumentParser = commands.add_parser(name, help=about, description=_sentence(about))
    parser.add_argument(
        "--json",
        action="store_true",
        help=f"print one JSON object and nothing else (commonbond schema {name})",
    )
    return parser


def _add_ingest(commands: Any) -> None:
    about = COMMANDS["ingest"]
    parser = commands.add_parser("ingest", help=about, description=_sentence(about))
    sources = parser.add_subparsers(dest="source", metavar="SOURCE", required=True, parser_class=_Parser)
    for name, told in SOURCES.items():
        source = sources.add_parser(name, help=told, description=_sentence(told))
        source.add_argument("paths", nargs="+", metavar="PATH", help="files, or folders of them")
        _add_corpus_options(source)
    _add_table(sources)


def _add_table(sources: Any) -> None:
    table = sources.add_parser("table", help=TABLE, description=_sentence(TABLE), epilog=TABLE_FIELDS)
    files = table.add_argument_group("tables, each option repeatable and at least one given")
    for role in ("posts", "replies", "votes", "members"):
        files.add_argument(
            f"--{role}", action="append", default=[], metavar="FILE", help=f"a table of {role}"
        )
    files.add_argument(
        "--communities", action="append", default=[], metavar="FILE", help="a table of communities' titles"
    )
    reading = table.add_argument_group("how they are read")
    reading.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="FIELD=COLUMN",
        help="the column that holds a field, as in text=body; repeatable",
    )
    reading.add_argument(
        "--community", default="", metavar="NAME", help="the community of rows that name none"
    )
    reading.add_argument(
        "--attribute",
        action="append",
        metavar="COLUMN",
        help="keep only this column of the members as an attribute; repeatable (all columns; leave out what "
        "names a person)",
    )
    reading.add_argument(
        "--delimiter", metavar="SIGN", help="what stands between two cells (told from the file)"
    )
    reading.add_argument(
        "--ballot",
        choices=("endorsement", "agreement", "choice"),
        default="endorsement",
        metavar="HOW",
        help="how members vote: endorsement of replies, agreement with statements, or choice between options "
        "(endorsement)",
    )
    reading.add_argument(
        "--licence", default="unknown", metavar="NAME", help="the licence of the data (unknown)"
    )
    _add_corpus_options(table)


def _add_corpus_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", required=True, metavar="FOLDER", help="the corpus to make; needed")
    parser.add_argument("--title", default="", metavar="TEXT", help="what to call it")
    parser.add_argument("--fictional", action="store_true", help="its people and texts are invented")
    parser.add_argument("--key-file", metavar="FILE", help="hash members' names with this key, not your own")
    parser.add_argument("--replace", action="store_true", help="replace a corpus that is there")
    parser.add_argument(
        "--max-unpacked", type=_size, metavar="SIZE", help="bytes that a file may unpack to (512GiB)"
    )
    parser.add_argument(
        "--max-ratio", type=_least(1), metavar="N", help="times its size that a file may unpack to (200)"
    )
    parser.add_argument(
        "--max-line", type=_size, metavar="SIZE", help="bytes of one line, CSV cell or XML element (16MiB)"
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print one JSON object and nothing else (commonbond schema ingest)",
    )


def _add_communities(commands: Any) -> None:
    parser = _command(commands, "communities")
    _add_corpus(parser)
    _add_choices(parser, judging=False)


def _add_ask(commands: Any) -> None:
    parser = _command(commands, "ask")
    _add_corpus(parser)
    parser.add_argument("query", metavar="QUESTION", help="what to ask")
    parser.add_argument(
        "--option", action="append", default=[], metavar="TEXT", help="an option; give two or more"
    )
    parser.add_argument(
        "--write", type=_least(2), metavar="N", help="let each community write N options instead"
    )
    parser.add_argument(
        "--sampling",
        choices=("independent", "negatively-correlated"),
        default=argparse.SUPPRESS,
        metavar="HOW",
        help="how written options are drawn: independent, or negatively-correlated, where alike ones shut each other "
        "out (independent)",
    )
    parser.add_argument(
        "--community", action="append", default=[], metavar="NAME", help="ask this one; repeatable (all)"
    )
    parser.add_argument("--out", metavar="FOLDER", help="keep the run in this folder; needed with --model")
    _add_choices(parser)
    add_model(parser)


def _add_simulate(commands: Any) -> None:
    parser = _command(commands, "simulate")
    _add_corpus(parser)
    parser.add_argument(
        "--out", required=True, metavar="FOLDER", help="the run's folder; needed. An unfinished run goes on"
    )
    _add_split(parser)
    _add_choices(parser)
    add_model(parser)


def _add_bench(commands: Any) -> None:
    parser = _command(commands, "bench")
    _add_corpus(parser)
    parser.add_argument(
        "--out",
        metavar="FOLDER",
        help="keep the run in this folder; needed with --model. An unfinished run goes on",
    )
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
        "--controls",
        type=_names,
        default=["all"],
        metavar="NAMES",
        help="what is simulated beside: shuffled (as another community), and on a model direct (asked for the "
        "whole distribution), no-persona; several by commas; all, none (all)",
    )
    _add_split(parser)
    _add_choices(parser)
    add_model(parser)


def _add_prompt(commands: Any) -> None:
    parser = _command(commands, "prompt")
    _add_corpus(parser)
    parser.add_argument("--community", required=True, metavar="NAME", help="whose persona; needed")
    parser.add_argument(
        "--persona",
        required=True,
        type=_least(0),
        metavar="N",
        help="which of its panel, counted from 0; needed",
    )
    parser.add_argument("--question", default="", metavar="TEXT", help="ask this (a held-out item)")
    parser.add_argument(
        "--option", action="append", default=[], metavar="TEXT", help="an option of the question; two or more"
    )
    parser.add_argument("--item", metavar="ID", help="this held-out item (the community's first)")
    _add_split(parser, limited=False)
    _add_choices(parser)
    add_personas(parser.add_argument_group("what personas are sent"), written=False)


def _add_runs(commands: Any) -> None:
    parser = _command(commands, "runs")
    parser.add_argument(
        "folders", nargs="*", metavar="FOLDER", help="runs, or folders that hold some (this folder)"
    )


def _add_resume(commands: Any) -> None:
    parser = _command(commands, "resume")
    parser.add_argument("folder", metavar="RUN", help="the run's folder")
    parser.add_argument(
        "--retry-failed", action="store_true", help="ask again what the server failed to answer"
    )
    group = parser.add_argument_group("what may differ from the command that began the run")
    add_reach(group)
    add_limits(group)


def _add_demo(commands: Any) -> None:
    parser = _command(commands, "demo")
    parser.add_argument(
        "--out", default="demo-output", metavar="FOLDER", help="where corpora and runs are kept (demo-output)"
    )
    parser.add_argument(
        "--no-interface", action="store_true", help="print tables, and open no interface in a terminal"
    )


def _add_schema(commands: Any) -> None:
    about = COMMANDS["schema"]
    parser = commands.add_parser("schema", help=about, description=_sentence(about))
    answering = (name for name in COMMANDS if name not in {"schema", "resume"})
    named = (*answering, "estimate", "error")
    parser.add_argument("of", choices=named, metavar="COMMAND", help=f"one of: {', '.join(named)}")
    parser.add_argument("--json", action="store_true", help="changes nothing: a schema is JSON")


def _sentence(about: str) -> str:
    return textwrap.fill(f"{about[0].upper()}{about[1:]}.", 78)


def _add_corpus(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("corpus", metavar="CORPUS", help="a folder that `commonbond ingest` made")


def _add_split(parser: argparse.ArgumentParser, *, limited: bool = True) -> None:
    split = parser.add_argument_group("what is held out")
    split.add_argument(
        "--part",
        choices=("validation", "test"),
        default="test",
        metavar="PART",
        help="of a benchmark, which brings its own parts: validation or test (test)",
    )
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
            "--items", type=_least(1), metavar="N", help="judge the first N held-out items only (all)"
        )


def _add_choices(parser: argparse.ArgumentParser, *, judging: bool = True) -> None:
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


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


def _least(least: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = whole(text)
        if number < least:
            raise argparse.ArgumentTypeError(f"{number} is less than {least}")
        return number

    return read


def _size(text: str) -> int:
    try:
        return as_bytes(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
