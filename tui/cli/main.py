"""The command ``commonbond``: which module carries each command out, and how it ends.

Nothing heavy is imported before a command needs it, so that ``--help`` answers at once.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from typing import TYPE_CHECKING

from personas.errors import InputError, StoppedError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

__all__ = ["carry_out", "main"]

DONE, FELL_SHORT, UNUSABLE = 0, 1, 2


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command line and return its exit code: 0 done, 1 fell short, 2 unusable input."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _print_whatever_comes()
    try:
        code = _told(given, as_json="--json" in given)
        sys.stdout.flush()
    except OSError as error:  # nobody reads on, or the answer finds no room
        _forget_output()
        return FELL_SHORT if isinstance(error, BrokenPipeError) else UNUSABLE
    return code


def _told(given: list[str], *, as_json: bool) -> int:
    """Carry a command line out; what a user can mend is told in one way, wherever it comes up."""
    try:
        code = carry_out(given)
        sys.stdout.flush()
    except StoppedError as error:
        return _refuse(error, as_json=as_json, code=FELL_SHORT)
    except InputError as error:
        return _refuse(error, as_json=as_json)
    except KeyboardInterrupt:
        stopped = InputError(
            "stopped", remedy="repeat the command: a run with --out goes on where it stopped"
        )
        return _refuse(stopped, as_json=as_json, code=FELL_SHORT)
    except BrokenPipeError:
        raise
    except OSError as error:
        failed = InputError(
            error.strerror or str(error),
            where=str(error.filename or ""),
            remedy="check the path, its permissions and the room on the disk",
        )
        return _refuse(failed, as_json=as_json)
    return code


def carry_out(given: list[str]) -> int:
    """Carry out one command line and return its exit code.

    Raises:
        InputError: what a user can mend.
    """
    if not given:  # the arguments of all commands would hold the first screen up by 25 ms
        return _open([])
    from tui.cli.arguments import make_parser

    try:
        options = make_parser().parse_args(given)
        options.given = given
        if options.version:
            return _version()
        if options.command is None:
            return _interface(options)
        code: int = importlib.import_module(f"tui.cli.{options.command}").run(options)
    except SystemExit as left:  # argparse after --help, rich when nobody reads on
        code = left.code if isinstance(left.code, int) else DONE
    return code


def _version() -> int:
    from importlib.metadata import version

    print(f"commonbond {version('commonbond')}")
    return DONE


def _interface(options: argparse.Namespace) -> int:
    if options.json:
        from tui.cli.arguments import COMMANDS

        raise InputError("--json needs a command", remedy=f"name one of: {', '.join(COMMANDS)}")
    return _open(options.open)


def _open(folders: Sequence[str]) -> int:
    """Open the interface."""
    from tui.terminal import in_terminal

    if not in_terminal():
        raise InputError(
            "the terminal interface needs a terminal", remedy="name a command; see commonbond --help"
        )
    from pathlib import Path

    from tui.app import run

    return run([Path(folder) for folder in folders])


def _refuse(error: InputError, *, as_json: bool, code: int = UNUSABLE) -> int:
    if as_json:
        told = {"what": error.what, "where": error.where, "remedy": error.remedy}
        print(json.dumps({"command": "error", "error": told}))
    print(f"commonbond: {_printable(str(error))}", file=sys.stderr)
    return code


def _printable(text: str) -> str:
    """Return an error's text with whatever could steer a terminal made visible: it may quote what was read."""
    return "".join(sign if sign.isprintable() or sign == "\n" else repr(sign)[1:-1] for sign in text)


def _print_whatever_comes() -> None:
    """Let a stream that knows fewer characters escape the others, instead of failing on the first of them."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def _forget_output() -> None:
    """Drop what nobody reads any more, so that the interpreter does not fail on it when it leaves."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


if __name__ == "__main__":
    sys.exit(main())
