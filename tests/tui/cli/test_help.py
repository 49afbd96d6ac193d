"""The help is true, complete, legible at 80 columns, and there at once."""

from __future__ import annotations

import argparse
import dataclasses
import inspect
import re
import subprocess
import sys

import pytest

from personas.embedding import MINILM
from personas.sources.streams import DEFAULT_LIMITS
from simulator.settings import Settings
from tui.cli.arguments import COMMANDS, make_parser
from tui.cli.parts import CHOICES
from tui.cli.sizes import as_bytes

OURS = {"tui.cli", "tui.cli.main", "tui.cli.sizes"}
ARGUMENTS = re.compile(r"tui\.cli\.(\w+_)?arguments")
"""Modules of nothing but arguments, which every help page needs."""


def subparsers(parser: argparse.ArgumentParser):
    """Yield a parser and all below it."""
    yield parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for each in action.choices.values():
                yield from subparsers(each)


PARSERS = {parser.prog: parser for parser in subparsers(make_parser())}


@pytest.mark.parametrize("prog", PARSERS)
def test_help_fits_80_columns_and_describes_every_argument(prog, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    parser = PARSERS[prog]
    assert max(map(len, parser.format_help().splitlines())) <= 80
    assert parser.description
    for action in parser._actions:
        if not isinstance(action, argparse._SubParsersAction):
            assert action.help, f"{prog} {action.dest}"


def test_every_command_has_its_module_and_its_line_of_help():
    top = PARSERS["commonbond"].format_help()
    for command in COMMANDS:
        assert re.search(rf"^    {command} ", top, re.MULTILINE)
        assert inspect.isfunction(__import__(f"tui.cli.{command}", fromlist=["run"]).run)


def test_the_defaults_that_the_help_names_are_the_librarys_own():
    helps = {action.dest: action.help for action in PARSERS["commonbond bench"]._actions}
    defaults = {field.name: field.default for field in dataclasses.fields(Settings)}
    for name in set(CHOICES) - {"sampling", "sharpness", "groups"}:
        assert f"({defaults[name]})" in helps[name], name
    assert (defaults["sharpness"], defaults["groups"]) == (None, None)
    assert (
        f"({defaults['sampling']})"
        in {a.dest: a.help for a in PARSERS["commonbond ask"]._actions}["sampling"]
    )
    assert MINILM in helps["embedder"]


def test_every_choice_of_the_command_line_is_a_setting():
    actions = {action.dest for parser in PARSERS.values() for action in parser._actions}
    assert set(CHOICES) <= actions & {field.name for field in dataclasses.fields(Settings)}


def test_the_limits_that_the_help_names_are_the_readers_own():
    helps = {action.dest: action.help for action in PARSERS["commonbond ingest polis"]._actions}
    for name in ("unpacked", "line"):
        told = re.search(r"\((\w+)\)$", helps[f"max_{name}"])[1]
        assert as_bytes(told) == getattr(DEFAULT_LIMITS, name)
    assert f"({DEFAULT_LIMITS.ratio})" in helps["max_ratio"]


def test_version_prints_the_version(commands):
    from importlib.metadata import version

    done = commands("--version")
    assert (done.code, done.out, done.err) == (0, f"commonbond {version('commonbond')}\n", "")


@pytest.mark.parametrize("line", [["--help"], ["bench", "--help"], ["ingest", "table", "--help"]])
def test_help_imports_the_parser_and_nothing_else_of_ours_or_of_others(line):
    code = (
        "import sys; before = set(sys.modules)\n"
        "from tui.cli.main import main\n"
        f"code = main({line})\n"
        "print(*sorted(set(sys.modules) - before), file=sys.stderr)\n"
        "sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    ours = {name for name in loaded if name.split(".")[0] in {"personas", "simulator", "bench", "tui"}}
    arguments = {name for name in ours if ARGUMENTS.fullmatch(name)}
    assert {name for name in ours if name.startswith("tui")} == {"tui", *OURS, *arguments}
    assert ours - {"tui", *OURS, *arguments} <= {"personas", "personas.errors", "personas.lazy"}
    assert {name.split(".")[0] for name in loaded - ours} <= set(sys.stdlib_module_names)
    assert done.stdout.startswith("usage: commonbond")
