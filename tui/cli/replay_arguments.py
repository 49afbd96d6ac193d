"""The arguments of ``commonbond replay``."""

from __future__ import annotations

import argparse
import math
from typing import Any

from tui.cli.model_arguments import figure
from tui.cli.shared_arguments import command

__all__ = ["ABOUT", "add_replay"]

ABOUT = "play a finished run again, at any speed"


def add_replay(commands: Any) -> None:
    """Add which run is played, where to, and how fast."""
    parser = command(commands, "replay", ABOUT)
    parser.add_argument(
        "run", metavar="RUN", help="a run's folder; one that was stopped plays as far as it came"
    )
    parser.add_argument(
        "--out",
        metavar="FOLDER",
        help="play into this folder, to be watched like a run that goes on (commonbond --open FOLDER), and print "
        "nothing on the way",
    )
    pace = parser.add_mutually_exclusive_group()
    pace.add_argument(
        "--speed",
        type=_speed,
        metavar="X",
        help="seconds of the run in one second, as 0.5 or 20; or max, for as fast as possible (1)",
    )
    pace.add_argument(
        "--lasting", type=_seconds, metavar="SECONDS", help="as fast as it takes to be over in so long"
    )
    parser.add_argument(
        "--begin", type=_share, default=0.0, metavar="SHARE", help="from here in the run's time, as 0.5 (0)"
    )
    parser.add_argument(
        "--temporary",
        action="store_true",
        help="with --out: where the process that started this one ends first, end and remove the folder",
    )


def _speed(text: str) -> float:
    return math.inf if text == "max" else _seconds(text)


def _seconds(text: str) -> float:
    value = figure(text)
    if not 0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"{text} is not more than 0")
    return value


def _share(text: str) -> float:
    value = figure(text)
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is no share: it must be from 0 to 1")
    return value
