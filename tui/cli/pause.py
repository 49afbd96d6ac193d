"""``commonbond pause``: have the engine of a run begin nothing more, without ending it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.journal.control import engine_process, pause
from tui.cli.steering import answer, at_work, rests, waited

if TYPE_CHECKING:
    import argparse

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Pause, and wait until what was under way has landed; 1 where it has not in the time that was given.

    Raises:
        InputError: there is no run, or no engine works on it.
    """
    folder = at_work(options.folder)
    process = engine_process(folder)
    pause(folder)
    in_time = waited(lambda: rests(folder), options.wait)
    said = "paused" if in_time else "it pauses as soon as what is under way has landed"
    answer("pause", options.folder, folder, as_json=options.json, said=said, process=process)
    return 0 if in_time else 1
