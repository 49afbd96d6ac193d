"""The arguments of every command, and what the help says of them."""

from __future__ import annotations

import argparse
from typing import Any

from tui.cli.construct_arguments import ABOUT as ABOUT_CONSTRUCT
from tui.cli.construct_arguments import add_construct
from tui.cli.explain_arguments import ABOUT as ABOUT_EXPLAIN
from tui.cli.explain_arguments import add_explain
from tui.cli.generate_arguments import ABOUT as ABOUT_DATA
from tui.cli.generate_arguments import add_export, add_generate
from tui.cli.granularity_arguments import ABOUT as ABOUT_GRANULARITY
from tui.cli.granularity_arguments import add_granularity
from tui.cli.ingest_arguments import add_ingest
from tui.cli.load_arguments import ABOUT as ABOUT_LOAD
from tui.cli.load_arguments import add_load
from tui.cli.measuring_arguments import add_bench, add_score
from tui.cli.model_arguments import add_limits, add_model, add_personas, add_reach, whole
from tui.cli.pluralism_arguments import ABOUT as ABOUT_PLURALISM
from tui.cli.pluralism_arguments import add_pluralism
from tui.cli.replay_arguments import ABOUT as ABOUT_REPLAY
from tui.cli.replay_arguments import add_replay
from tui.cli.report_arguments import ABOUT as ABOUT_REPORTS
from tui.cli.report_arguments import add_compare, add_report
from tui.cli.shared_arguments import Parser, add_choices, add_corpus, add_split, command, least, sentence
from tui.cli.steering_arguments import ABOUT as ABOUT_STEERING
from tui.cli.steering_arguments import add_pause, add_stop
from tui.cli.why_arguments import ABOUT as ABOUT_WHY
from tui.cli.why_arguments import add_panel, add_why

__all__ = ["COMMANDS", "make_parser"]

COMMANDS = {
    "ingest": "read a dump of a real place into a corpus",
    "communities": "map who belongs together: ties, two cohesion scores, profiles, norms",
    "ask": "ask which option each community would prefer",
    "simulate": "let the personas judge the corpus's held-out items",
    "bench": "hold simulated preferences against real votes, beside baselines",
    "construct": ABOUT_CONSTRUCT,
    "load": ABOUT_LOAD,
    "score": "score your own predictors and every baseline on a benchmark",
    **ABOUT_REPORTS,
    "granularity": ABOUT_GRANULARITY,
    "pluralism": ABOUT_PLURALISM,
    **ABOUT_DATA,
    "explain": ABOUT_EXPLAIN,
    **ABOUT_WHY,
    "prompt": "print exactly what a language-model persona would be sent",
    "runs": "list the runs in some folders: state, progress, cost",
    **ABOUT_STEERING,
    "resume": "go on with a run that was paused, stopped or killed",
    "replay": ABOUT_REPLAY,
    "serve": "show the interface in a browser, on this machine alone",
    "demo": "do the whole job on the bundled example, and show it",
    "schema": "print the JSON Schema of what a command prints with --json",
}
ABOUT = """Simulate communities with personas, and hold the simulated preferences against
real people's votes."""
EPILOG = """exit codes: 0 done; 1 ran, and something fell short; 2 unusable input

Without a command, the terminal interface opens on the corpora and runs in this
folder. Every command has its own --help. Embeddings are kept in the user's
cache folder; the environment variable COMMONBOND_CACHE names another."""


def make_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line; its errors are ``InputError``."""
    parser = Parser(prog="commonbond", description=ABOUT, epilog=EPILOG)
    parser.add_argument("--version", action="store_true", help="print the version and leave")
    parser.add_argument(
        "--open",
        action="append",
        default=[],
        metavar="FOLDER",
        help="open the interface on this corpus or run, or on those in this folder; repeatable",
    )
    parser.add_argument("--json", action="store_true", help=argparse.SUPPRESS)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    add_ingest(commands, COMMANDS["ingest"])
    for add in (_add_communities, _add_ask, _add_simulate):
        add(commands)
    add_bench(command(commands, "bench", COMMANDS["bench"]))
    add_construct(commands)
    add_load(commands)
    add_score(command(commands, "score", COMMANDS["score"]))
    add_report(command(commands, "report", COMMANDS["report"]))
    add_compare(command(commands, "compare", COMMANDS["compare"]))
    add_granularity(commands)
    add_pluralism(commands)
    add_generate(command(commands, "generate", COMMANDS["generate"]))
    add_export(command(commands, "export", COMMANDS["export"]))
    add_explain(commands)
    for add in (add_panel, add_why):
        add(commands)
    for add in (
        _add_prompt,
        _add_runs,
        add_pause,
        add_stop,
        _add_resume,
        add_replay,
        _add_serve,
        _add_demo,
        _add_schema,
    ):
        add(commands)
    return parser


def _add_communities(commands: Any) -> None:
    parser = command(commands, "communities", COMMANDS["communities"])
    add_corpus(parser)
    add_choices(parser, judging=False)


def _add_ask(commands: Any) -> None:
    parser = command(commands, "ask", COMMANDS["ask"])
    add_corpus(parser)
    parser.add_argument("query", metavar="QUESTION", help="what to ask")
    parser.add_argument(
        "--option", action="append", default=[], metavar="TEXT", help="an option; give two or more"
    )
    parser.add_argument(
        "--write", type=least(2), metavar="N", help="let each community write N options instead"
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
    add_choices(parser)
    add_model(parser)


def _add_simulate(commands: Any) -> None:
    parser = command(commands, "simulate", COMMANDS["simulate"])
    add_corpus(parser)
    parser.add_argument(
        "--out", required=True, metavar="FOLDER", help="the run's folder; needed. An unfinished run goes on"
    )
    add_split(parser)
    add_choices(parser)
    add_model(parser)


def _add_prompt(commands: Any) -> None:
    parser = command(commands, "prompt", COMMANDS["prompt"])
    add_corpus(parser)
    parser.add_argument("--community", required=True, metavar="NAME", help="whose persona; needed")
    parser.add_argument(
        "--persona",
        required=True,
        type=least(0),
        metavar="N",
        help="which of its panel, counted from 0; needed",
    )
    parser.add_argument("--question", default="", metavar="TEXT", help="ask this (a held-out item)")
    parser.add_argument(
        "--option", action="append", default=[], metavar="TEXT", help="an option of the question; two or more"
    )
    parser.add_argument("--item", metavar="ID", help="this held-out item (the community's first)")
    add_split(parser, limited=False)
    add_choices(parser)
    add_personas(parser.add_argument_group("what personas are sent"), written=False)


def _add_runs(commands: Any) -> None:
    parser = command(commands, "runs", COMMANDS["runs"])
    parser.add_argument(
        "folders", nargs="*", metavar="FOLDER", help="runs, or folders that hold some (this folder)"
    )


def _add_resume(commands: Any) -> None:
    parser = command(commands, "resume", COMMANDS["resume"])
    parser.add_argument("folder", metavar="RUN", help="the run's folder")
    parser.add_argument(
        "--retry-failed", action="store_true", help="ask again what the server failed to answer"
    )
    group = parser.add_argument_group("what may differ from the command that began the run")
    add_reach(group)
    add_limits(group)


def _add_serve(commands: Any) -> None:
    parser = command(commands, "serve", COMMANDS["serve"])
    parser.add_argument(
        "--open",
        action="append",
        default=argparse.SUPPRESS,
        metavar="FOLDER",
        help="a corpus or run, or a folder that holds some; repeatable (this folder)",
    )
    parser.add_argument(
        "--host", default="127.0.0.1", metavar="ADDRESS", help="a loopback address or name (127.0.0.1)"
    )
    parser.add_argument(
        "--port",
        type=_port,
        default=8000,
        metavar="N",
        help="listen on this; 0 takes one that is free (8000)",
    )


def _port(text: str) -> int:
    number = whole(text)
    if not 0 <= number <= 65_535:
        raise argparse.ArgumentTypeError(f"{number} is no port: it must be from 0 to 65535")
    return number


def _add_demo(commands: Any) -> None:
    parser = command(commands, "demo", COMMANDS["demo"])
    parser.add_argument(
        "--out", default="demo-output", metavar="FOLDER", help="where corpora and runs are kept (demo-output)"
    )
    parser.add_argument(
        "--no-interface", action="store_true", help="print tables, and open no interface in a terminal"
    )


def _add_schema(commands: Any) -> None:
    about = COMMANDS["schema"]
    parser = commands.add_parser("schema", help=about, description=sentence(about))
    answering = (name for name in COMMANDS if name not in {"schema", "resume"})
    named = (*answering, "estimate", "error")
    parser.add_argument("of", choices=named, metavar="COMMAND", help=f"one of: {', '.join(named)}")
    parser.add_argument("--json", action="store_true", help="changes nothing: a schema is JSON")
