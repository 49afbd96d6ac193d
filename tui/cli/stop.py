"""``commonbond stop``: end the engine of a run in good order, so that the run can go on later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.journal.control import stop
from simulator.journal.lock import is_running
from tui.cli.steering import answer, at_work, waited

if TYPE_CHECKING:
    import argparse

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Stop, and wait until the engine has ended; 1 where it has not in the time that was given.

    Raises:
        InputError: there is no run, no engine works on it, or it is another user's.
    """
    folder = at_work(options.folder)
    process = stop(folder)
    in_time = waited(lambda: not is_running(folder), options.wait)
    said = "stopped" if in_time else "it stops as soon as what is under way has landed"
    answer("stop", options.folder, folder, as_json=options.json, said=said, process=process)
    return 0 if in_time else 1
