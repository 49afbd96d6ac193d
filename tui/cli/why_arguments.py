"""The arguments of ``commonbond why`` and ``commonbond panel``, which look into the personas of a run."""

from __future__ import annotations

from typing import Any

from tui.cli.model_arguments import add_limits, add_reach
from tui.cli.shared_arguments import command, least

__all__ = ["ABOUT", "add_panel", "add_why"]

ABOUT = {
    "panel": "show the personas of a run: attributes, memory, ties, and what each would be sent",
    "why": "ask a persona of a run why it chose as it did",
}
"""What the help says of the commands."""


def add_why(commands: Any) -> None:
    """Add the command that asks a persona."""
    parser = command(commands, "why", ABOUT["why"])
    _add_run(parser)
    parser.add_argument("--item", required=True, metavar="ID", help="what it judged; needed")
    parser.add_argument("--community", required=True, metavar="NAME", help="whose item it judged; needed")
    parser.add_argument("--persona", required=True, metavar="NAME", help="whom to ask, as tea#03; needed")
    parser.add_argument(
        "--question",
        metavar="TEXT",
        help="what to ask a persona on a language model (why it chose so); the offline engine gives an account of "
        "its figures, and takes no question",
    )
    parser.add_argument(
        "--norms", type=least(1), default=3, metavar="N", help="norms told of each option, the weightiest (3)"
    )
    group = parser.add_argument_group("of a run on a language model, what may differ from the run")
    add_reach(group)
    add_limits(group)


def add_panel(commands: Any) -> None:
    """Add the command that shows a panel."""
    parser = command(commands, "panel", ABOUT["panel"])
    _add_run(parser)
    parser.add_argument("--community", required=True, metavar="NAME", help="whose panel; needed")
    parser.add_argument("--persona", metavar="NAME", help="show this one alone, as tea#03 (all)")
    parser.add_argument("--item", metavar="ID", help="show what each would be sent for it too")
    parser.add_argument(
        "--norms", type=least(1), default=12, metavar="N", help="norms told of each memory (12)"
    )


def _add_run(parser: Any) -> None:
    parser.add_argument("run", metavar="RUN", help="the run's folder")
    parser.add_argument(
        "--corpus", metavar="FOLDER", help="where its corpus lies now (where it was when the run was made)"
    )
