"""The arguments of ``commonbond explain``."""

from __future__ import annotations

from typing import Any

from tui.cli.shared_arguments import command

__all__ = ["ABOUT", "add_explain"]

ABOUT = "show what a row of preference data rests on, back to every ballot and model call"
"""What the help says of the command."""


def add_explain(commands: Any) -> None:
    """Add the command."""
    parser = command(commands, "explain", ABOUT)
    parser.add_argument("data", metavar="DATA", help="a folder of preference data, with its export.json")
    parser.add_argument(
        "row",
        metavar="ROW",
        help="the value of its column `row`, or where it stands, counted from 0: preference/train/0",
    )
    parser.add_argument(
        "--full", action="store_true", help="print every text, ballot and norm whole (the beginnings of some)"
    )
    parser.add_argument(
        "--calls", action="store_true", help="print every model call behind it, with its prompt and its reply"
    )
    parser.add_argument(
        "--verify", action="store_true", help="see of every file whether it changed (of the row's file only)"
    )
    parser.add_argument(
        "--run", metavar="FOLDER", help="where the run lies (where it was when the data was written)"
    )
