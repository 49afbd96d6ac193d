"""Ask an engine something before a run is started, and wait for it in a thread that can be called off."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from tui.ordering.engine import Engine, Order
from tui.reading.estimates import CountView, EstimateView, as_count, as_estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path
    from typing import Any

__all__ = ["counted", "estimated"]

PERIOD = 0.05
"""Seconds between two looks at whether it has ended, or is wanted no more."""
PATIENCE = 1.0


def estimated(
    order: Order, *, cancelled: Callable[[], bool], told: Callable[[str], None]
) -> EstimateView | None:
    """Return what an order on a model would take; None where it was called off.

    Args:
        order: with ``--dry-run`` among what is given.
        cancelled: asked again and again whether the answer is still wanted.
        told: called with what the engine said last, when that changes.

    Raises:
        InputError: what the command refuses.
    """
    answer = _answer(Engine(order), cancelled, told)
    return None if answer is None else as_estimate(answer)


def counted(place: Path, given: Sequence[str], *, cancelled: Callable[[], bool]) -> CountView | None:
    """Return how much there is to judge; None where it was called off.

    Args:
        place: a corpus or a benchmark. ``given``: what ``tui.ordering.counting`` is told besides.

    Raises:
        InputError: the place cannot be read, or there is nothing to judge.
    """
    order = Order(kind="count", place=place)
    command = [sys.executable, "-m", "tui.ordering.counting", *given, "--", str(place)]
    answer = _answer(Engine(order, command), cancelled, lambda said: None)
    return None if answer is None else as_count(answer)


def _answer(
    engine: Engine, cancelled: Callable[[], bool], told: Callable[[str], None]
) -> dict[str, Any] | None:
    said = ""
    while engine.ended() is None:
        if cancelled():
            engine.stop(patience=PATIENCE)
            return None
        last = engine.log().replace("\r", "\n").strip().rpartition("\n")[2]
        if last != said:
            said = last
            told(last)
        time.sleep(PERIOD)
    return engine.answer()
