"""The replay in a folder: how far it is, whether it plays, and how fast it can be made to play."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.journal import JOURNAL, Journal
from simulator.journal.control import is_paused
from simulator.journal.lock import is_running
from simulator.replay import Replay
from simulator.timeline import Timeline
from tui.reading.provenance import written_speed

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["SPEEDS", "ReplayView", "next_speed", "pace", "read_replay", "speed_for"]

SPEEDS = (
    *(1 / 256, 1 / 128, 1 / 64, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0, 2.0, 5.0, 10.0, 20.0, 50.0),
    *(100.0, 500.0, 1000.0, math.inf),
)
LASTING = 30.0
"""Seconds that a replay takes about, as it begins: long enough to be watched, short enough not to be waited for."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ReplayView:
    """What one look at a replay found.

    Args:
        replay: how far it is. ``state``: ``playing``, ``paused``, ``over``, or ``ended`` where its player is gone.
    """

    replay: Replay
    state: str


def read_replay(folder: Path) -> ReplayView | None:
    """Look at the replay in ``folder``; None where none is there.

    Raises:
        InputError: the journal is damaged.
    """
    if not (folder / JOURNAL).is_file():
        return None
    with Journal.read(folder) as journal:
        replay = Replay.of(journal)
        said = journal.fact("state")
    if replay is None:
        return None
    if is_running(folder):
        return ReplayView(replay=replay, state="paused" if is_paused(folder) else "playing")
    return ReplayView(replay=replay, state="ended" if said == "running" else "over")


def speed_for(run: Path) -> float:
    """Return the speed at which a run is over in about ``LASTING`` seconds.

    Raises:
        InputError: no run is there.
    """
    with Journal.read(run) as journal:
        wanted = Timeline.of(journal).seconds / LASTING
    return min(SPEEDS, key=lambda speed: abs(math.log(max(wanted, 1e-9) / min(speed, 1e9))))


def next_speed(speed: float, step: int) -> float:
    """Return the next faster or slower speed.

    >>> next_speed(1.0, 1), next_speed(1.5, -1), next_speed(float("inf"), 1)
    (2.0, 1.0, inf)
    """
    if step > 0:
        return min((each for each in SPEEDS if each > speed), default=SPEEDS[-1])
    return max((each for each in SPEEDS if each < speed), default=SPEEDS[0])


def pace(speed: float) -> str:
    """Return a speed as it is written.

    >>> pace(0.5), pace(1 / 64), pace(20.0), pace(float("inf"))
    ('1/2×', '1/64×', '20×', 'as fast as possible')
    """
    if math.isinf(speed):
        return "as fast as possible"
    return written_speed(speed)
