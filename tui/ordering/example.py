"""The bundled example, made by the engine beside the interface: for a machine that has nothing to open yet."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tui.ordering.engine import Engine, Order

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["FOLDER", "example_order", "last_words", "start_example"]

FOLDER = "demo-output"
_STEERING = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


def example_order(home: Sequence[Path]) -> Order:
    """Return the order for the example, in a folder of its own in the first folder that the interface is open on."""
    return Order(kind="demo", place=(home[0] if home else Path()) / FOLDER)


def start_example(order: Order) -> Engine:
    """Start making it; in a thread."""
    command = [sys.executable, "-m", "tui.cli.main", order.kind]
    return Engine(order, [*command, "--no-interface", "--json", "--out", str(order.place)])


def last_words(log: str) -> str:
    """Return the last line that an engine said, as a progress bar would leave it.

    >>> last_words("reading\\nembedding  50%\\rembedding 100%\\n")
    'embedding 100%'
    """
    lines = [line.rstrip("\r").rsplit("\r", 1)[-1] for line in _STEERING.sub("", log).split("\n")]
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
