"""The arguments of ``pause`` and ``stop``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui.cli.model_arguments import figure
from tui.cli.shared_arguments import command

if TYPE_CHECKING:
    import argparse

__all__ = ["ABOUT", "add_pause", "add_stop"]

ABOUT = {
    "pause": "have the engine of a run begin nothing more, without ending it",
    "stop": "end the engine of a run in good order, so that it can go on later",
}


def add_pause(commands: Any) -> None:
    """Add ``commonbond pause``."""
    _add(command(commands, "pause", ABOUT["pause"]), "what is under way to land", 60)


def add_stop(commands: Any) -> None:
    """Add ``commonbond stop``."""
    _add(command(commands, "stop", ABOUT["stop"]), "the engine to end", 120)


def _add(parser: argparse.ArgumentParser, until: str, seconds: float) -> None:
    parser.add_argument("folder", metavar="RUN", help="the run's folder")
    parser.add_argument(
        "--wait",
        type=figure,
        default=seconds,
        metavar="SECONDS",
        help=f"how long to wait for {until} ({seconds:g})",
    )
