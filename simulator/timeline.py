"""The time that a run took, event by event, without that in which no engine worked on it or it was paused."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Any

    from simulator.journal import Journal
    from simulator.journal.copying import JournalCopy

__all__ = ["Step", "Timeline", "steps"]

AGAIN = ("start", "retry", "resumed")
"""The events before which nothing was done."""
PAGE = 500


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """Something that happened.

    Args:
        moment: when, in seconds of the run's own time. ``kind``: what, as the journal's events say.
        body: of the event.
    """

    moment: float
    kind: str
    body: dict[str, Any]


class Timeline:
    """When each event was, in seconds of the run's own time.

    Args:
        begin: of the first event, in seconds since 1970. ``end``: of the last one.
        idle: from when to when nothing was done, in order.

    >>> line = Timeline(100.0, 160.0, [(110.0, 150.0)])
    >>> line.moment(105.0), line.moment(130.0), line.moment(155.0), line.seconds
    (5.0, 10.0, 15.0, 20.0)
    """

    def __init__(self, begin: float, end: float, idle: Sequence[tuple[float, float]] = ()) -> None:
        self._begin = begin
        self._idle = list(idle)
        self._starts = [start for start, _ in self._idle]
        lost = 0.0
        self._before = [0.0, *(lost := lost + max(0.0, stop - start) for start, stop in self._idle)]
        self.seconds = self.moment(end)

    @classmethod
    def of(cls, journal: Journal) -> Timeline:
        """Return a run's; of a run without events an empty one."""
        first = journal.events(limit=1)
        last = journal.events(after=journal.last_event() - 1, limit=1)
        if not first or not last:
            return cls(0.0, 0.0)
        idle = []
        for number, at, kind, _ in journal.milestones():
            if kind in AGAIN and number > first[0][0]:
                before = journal.events(after=number - 2, limit=1)
                idle.append((before[0][1], at))
        return cls(first[0][1], last[0][1], idle)

    def moment(self, at: float) -> float:
        """Return the run's own time at ``at`` seconds since 1970."""
        place = bisect_right(self._starts, at)
        lost = self._before[place]
        if place and at < self._idle[place - 1][1]:
            lost = self._before[place - 1] + at - self._starts[place - 1]
        return max(0.0, at - self._begin - lost)


def steps(journal: Journal, timeline: Timeline, copy: JournalCopy) -> Iterator[Step]:
    """Yield what happened in a run, in order, each when all before it was copied.

    Ballots that were written with their result, as the engine without a model writes them, come one by one in their
    order, spread over the time since the result before. Pauses are left out, as their time is.
    """
    number, moment = 0, 0.0
    while page := journal.events(after=number, limit=PAGE):
        for event in page:
            number, at, kind, body = event
            if kind in ("paused", "resumed"):
                continue
            before, moment = moment, max(moment, timeline.moment(at))
            if kind == "result" and not copy.has_ballots(body["item"], body["community"]):
                yield from _spread(copy, body, before, moment)
            yield Step(moment=moment, kind=kind, body=body)


def _spread(copy: JournalCopy, body: dict[str, Any], begin: float, end: float) -> Iterator[Step]:
    found = copy.ballots_of(body["item"], body["community"])
    for place, (persona, cast) in enumerate(found, 1):
        moment = begin + (end - begin) * place / (len(found) + 1)
        yield Step(moment=moment, kind="ballot", body={**body, "persona": persona, "round": cast})
