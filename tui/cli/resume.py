"""``commonbond resume``: go on with a run that was paused, stopped or killed, by the command that began it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from personas.errors import InputError
from simulator.journal import Journal
from simulator.journal.control import engine_process, go_on
from simulator.journal.lock import is_running
from tui.cli.model_arguments import REACH
from tui.cli.output import tell
from tui.cli.parts import run_in
from tui.cli.steering import answer
from tui.plaintext import count

if TYPE_CHECKING:
    import argparse

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Give the command again that began the run, in the folder where it was given; its exit code.

    An engine that is paused is let go on instead.

    Raises:
        InputError: there is no run, it was begun from Python, or the folder it was begun in is gone.
    """
    from tui.cli.main import carry_out

    folder = run_in(Path(options.folder).resolve())
    if is_running(folder) and go_on(folder):
        process = engine_process(folder)
        answer("pause", options.folder, folder, as_json=options.json, said="it goes on", process=process)
        return 0
    with Journal.read(folder) as journal:
        command: dict[str, Any] | None = journal.fact("command")
        state = journal.fact("state")
    if command is None:
        raise InputError(
            "the run was begun from Python, not by a command",
            where=options.folder,
            remedy="run the same program again with out= this folder: it goes on",
        )
    if state == "done" and not options.retry_failed:
        tell("the run is done: its journal is read, and no call is made")
    if options.retry_failed:
        with Journal.create(folder) as journal:
            tell(f"{count(journal.retry_failed(), 'judgement')} will be asked again")
    begun = Path(command["folder"])
    if not begun.is_dir():
        raise InputError(
            f"the folder {begun} is gone, in which the run was begun",
            where=options.folder,
            remedy="give the command that began it from where the corpus is now",
        )
    os.chdir(begun)
    given, places = _parted(command["arguments"])
    out = folder.parent if given[0] == "generate" else folder
    as_json = ["--json"] if options.json else []
    return carry_out([*given, *_changed(options), f"--out={out}", *as_json, *places])


def _parted(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Return what more options can be put after, and from ``--`` on what would take them for places."""
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return [part for part in arguments[:end] if part != "--json"], arguments[end:]


def _changed(options: argparse.Namespace) -> list[str]:
    """Return the options that stand in place of those of the first command: the last one counts."""
    changed: list[str] = []
    for name in REACH:
        if hasattr(options, name):
            value = getattr(options, name)
            written = "/".join(f"{part:g}" for part in value) if name == "price" else str(value)
            changed += [f"--{name.replace('_', '-')}", written]
    return changed
