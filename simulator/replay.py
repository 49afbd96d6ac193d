"""Replay: a finished run plays again at any speed, as a journal that fills while others read it.

The player does to a folder what the engine did to the run's, at the pace that it had, and makes no call. Whoever
reads that folder sees a run that goes on; only the fact ``replay_of`` says that it is none. It is paused as an engine
is, and steered by a small file beside the journal.
"""

from __future__ import annotations

import json
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from personas.errors import InputError
from simulator.export.writing.staging import RUN
from simulator.journal import JOURNAL, Journal
from simulator.journal.control import PAUSE, is_paused
from simulator.journal.copying import JournalCopy
from simulator.journal.lock import is_running
from simulator.timeline import Step, Timeline, steps

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["REPLAY", "Replay", "replay", "steer"]

REPLAY = "replay_of"
"""The fact that names the run, and says how far its replay is."""
STEERING = "replay.json"
TICK = 0.04
"""Seconds between two looks at what is due."""
SAID = 0.25
"""Seconds between two notes of how far it is, where nothing else happens."""
MOST = 500
"""Steps of one transaction, but for a jump: that is one."""
DECIMALS = 6
"""Of seconds, as they are told."""
OWN = ("command", "format", REPLAY)
"""Facts that are not the run's: a replay cannot be gone on with by the run's command."""
AT_THE_END = ("state", "stopped", "scores", "engine")


@dataclass(frozen=True, kw_only=True)
class Replay:
    """How far a replay is: what the fact ``replay_of`` says.

    Args:
        run: the folder of the run. ``name``: what it is called.
        speed: how many seconds of the run pass in one; ``inf`` for as fast as possible.
        position: seconds of the run's own time that were played. ``seconds``: that it took.
        jumps: how many jumps were made.
    """

    run: Path
    name: str
    speed: float
    position: float
    seconds: float
    jumps: int = 0

    @property
    def share(self) -> float:
        """How much of the run's time was played, from 0 to 1."""
        return min(1.0, self.position / self.seconds) if self.seconds else 1.0

    @classmethod
    def of(cls, journal: Journal) -> Replay | None:
        """Return what a journal is the replay of; None where it is a run of its own."""
        found = journal.fact(REPLAY)
        if found is None:
            return None
        speed = float(found["speed"]) or math.inf
        return cls(**{**found, "run": Path(found["run"]), "speed": speed})

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data; there, a speed of 0 stands for as fast as possible."""
        return {**vars(self), "run": str(self.run), "speed": _written(self.speed)}


def replay(
    run: str | Path,
    out: str | Path,
    *,
    speed: float = 1.0,
    begin: float = 0.0,
    watch: Callable[[Journal, Step], None] | None = None,
    goes_on: Callable[[], bool] = lambda: True,
) -> Replay:
    """Play a run into a folder, and return when it is over.

    Args:
        run: the run's folder; one that was stopped plays as far as it came.
        out: the folder to play into; another replay of the same run in it is replaced.
        speed: how many seconds of the run pass in one; ``inf`` for as fast as possible.
        begin: from where in the run's time, from 0 to 1.
        watch: told of each step that was played, but for those that a jump passes over.
        goes_on: asked now and then whether to go on.

    Raises:
        InputError: no run is there, or it still goes on; the speed or the beginning is out of its range; the
            folder holds another run or cannot be written.
    """
    run, out = Path(run).resolve(), Path(out).resolve()
    _check(run, out, speed, begin)
    with Journal.read(run) as source, Journal.create(out) as target:
        player = _Player(source, target, run=run, out=out, speed=speed, watch=watch)
        player.play(begin, goes_on)
        return player.replay()


def steer(out: str | Path, *, speed: float | None = None, to: float | None = None) -> None:
    """Tell the player of a folder how fast to play from now on, or where in the run's time, from 0 to 1.

    Raises:
        InputError: the speed or the place is out of its range.
    """
    if speed is not None:
        _check_speed(speed)
    path = Path(out) / STEERING
    told = _steering(path) | ({} if speed is None else {"speed": _written(speed)})
    if to is not None:
        told |= {"to": min(1.0, max(0.0, to)), "jumps": int(told.get("jumps", 0)) + 1}
    part = path.with_name(f".{STEERING}.{os.getpid()}")
    part.write_text(json.dumps(told), encoding="utf-8")
    part.replace(path)


class _Player:
    """A replay under way."""

    def __init__(
        self,
        source: Journal,
        target: Journal,
        *,
        run: Path,
        out: Path,
        speed: float,
        watch: Callable[[Journal, Step], None] | None,
    ) -> None:
        self._source, self._target, self._run, self._out = source, target, run, out
        self._copy = JournalCopy(source, target)
        self._line = Timeline.of(source)
        self._speed, self._watch = speed, watch
        self._position = self._clock = 0.0
        self._begun = time.monotonic()
        self._last_at = 0.0
        self._jumps = 0
        self._is_paused = False
        self._said: tuple[float, Any] = (0.0, None)
        self._steps: Iterator[Step] = iter(())
        self._next: Step | None = None
        for name in (STEERING, PAUSE):
            (out / name).unlink(missing_ok=True)

    def play(self, begin: float, goes_on: Callable[[], bool]) -> None:
        """Play until all was played, or nobody wants to go on."""
        with self._copy.writing():
            self._copy.clear()
            self._copy.forget(AT_THE_END)
            self._copy.begin(without=(*OWN, *AT_THE_END))
            self._copy.put("state", "running")
            self._rewind()
            self._pass_over(begin * self._line.seconds)
            self._say()
        while self._next is not None and goes_on():
            self._obey()
            if not self._rests() and not self._step():
                time.sleep(TICK)
        if self._next is None:
            self._end()

    def replay(self) -> Replay:
        """Return how far it is."""
        return Replay(
            run=self._run,
            name=_named(self._run),
            speed=self._speed,
            position=round(self._position, DECIMALS),
            seconds=round(self._line.seconds, DECIMALS),
            jumps=self._jumps,
        )

    def _step(self) -> bool:
        """Play what is due; return whether there is more of it."""
        due = self._due()
        played: list[Step] = []
        with self._copy.writing():
            while self._next is not None and self._next.moment <= due and len(played) < MOST:
                played.append(self._next)
                self._play(self._next)
            self._position = played[-1].moment if len(played) == MOST else min(due, self._line.seconds)
            if played or time.monotonic() - self._said[0] > SAID:
                self._say()
        if self._watch is not None:
            for step in played:
                self._watch(self._target, step)
        return len(played) == MOST

    def _play(self, step: Step) -> None:
        named = step.body
        if step.kind == "ballot":
            self._copy.ballot(named["item"], named["community"], named["persona"], named["round"])
        elif step.kind in ("result", "failure"):
            self._copy.result(named["item"], named["community"])
        self._copy.event(self._at(step.moment), step.kind, step.body)
        self._next = next(self._steps, None)

    def _at(self, moment: float) -> float:
        """Return when a moment would have been at this speed; never before what was played before it."""
        ago = 0.0 if math.isinf(self._speed) else max(0.0, self._due() - moment) / self._speed
        self._last_at = max(self._last_at, time.time() - ago)
        return self._last_at

    def _due(self) -> float:
        """Return up to which moment of the run all should be played by now."""
        if math.isinf(self._speed):
            return math.inf
        return self._clock + (time.monotonic() - self._begun) * self._speed

    def _set_clock(self, moment: float) -> None:
        self._clock, self._begun = moment, time.monotonic()

    def _rewind(self) -> None:
        self._steps = steps(self._source, self._line, self._copy)
        self._next = next(self._steps, None)
        self._last_at = 0.0

    def _pass_over(self, moment: float) -> None:
        """Play all up to a moment at once."""
        self._set_clock(moment)
        while self._next is not None and self._next.moment < moment:
            self._play(self._next)
        self._position = moment

    def _obey(self) -> None:
        """Look whether another speed or place is asked for."""
        told = _steering(self._out / STEERING)
        speed = float(told.get("speed", _written(self._speed))) or math.inf
        if speed != self._speed:
            self._set_clock(self._position)
            self._speed = speed
        if told.get("jumps", self._jumps) != self._jumps:
            self._jump(float(told["to"]) * self._line.seconds)
            self._jumps = int(told["jumps"])
            self._say_now()

    def _jump(self, moment: float) -> None:
        with self._copy.writing():
            if moment < self._position:
                self._copy.clear()
                self._rewind()
            self._pass_over(moment)
            if self._is_paused:
                self._note("paused")  # what went before is written after the pause, or was cleared with it

    def _rests(self) -> bool:
        """Return whether it is paused, for which it waits a moment."""
        paused = is_paused(self._out)
        if paused != self._is_paused:
            self._is_paused = paused
            self._set_clock(self._position)
            with self._copy.writing():
                self._note("paused" if paused else "resumed")
        if paused:
            self._say_now()
            time.sleep(TICK)
        return paused

    def _note(self, kind: str) -> None:
        """Write an event of the replay's own; what is played later is not written as earlier."""
        self._last_at = max(self._last_at, time.time())
        self._copy.event(self._last_at, kind, {})

    def _say(self) -> None:
        told = self.replay().as_data()
        if told != self._said[1]:
            self._copy.put(REPLAY, told)
        self._said = (time.monotonic(), told)

    def _say_now(self) -> None:
        if self.replay().as_data() != self._said[1]:
            with self._copy.writing():
                self._say()

    def _end(self) -> None:
        self._position = self._line.seconds
        with self._copy.writing():
            self._copy.rest(without=OWN)
            self._say()


def _check(run: Path, out: Path, speed: float, begin: float) -> None:
    _check_speed(speed)
    if not 0 <= begin <= 1:
        raise InputError(f"the beginning is {begin:g}", remedy="say a share of the run, from 0 to 1")
    if run == out:
        raise InputError("a run cannot be played over itself", where=str(out), remedy="name another folder")
    with Journal.read(run) as source:
        if is_running(run):
            raise InputError(
                "the run still goes on", where=str(run), remedy="watch it as it is, or wait until it is done"
            )
        if not source.last_event():
            raise InputError(
                "nothing happened in this run", where=str(run), remedy="let it begin: `commonbond resume`"
            )
    if (out / JOURNAL).exists():
        with Journal.read(out) as there:
            told = Replay.of(there)
        if told is None or told.run != run:
            raise InputError(
                "the folder holds another run", where=str(out), remedy="name one that is new, or empty"
            )


def _named(run: Path) -> str:
    """Return what a run is called; the one of preference data with the data's name."""
    return f"{run.parent.name}/{run.name}" if run.name == RUN else run.name


def _check_speed(speed: float) -> None:
    if not speed > 0:
        raise InputError(f"the speed is {speed:g}", remedy="it must be more than 0, as 0.5, 1 or 20")


def _written(speed: float) -> float:
    return 0.0 if math.isinf(speed) else speed


def _steering(path: Path) -> dict[str, Any]:
    """Return what the player of a folder was told; nothing where it was told nothing."""
    try:
        told: dict[str, Any] = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}
    return told
