"""A run while it runs: how far it is, what came in since the last look, and what went wrong.

A look reads what is new and no more, so that it takes as long whether a run has a thousand ballots or millions.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from simulator.journal import JOURNAL, Journal
from simulator.journal.control import engine_process
from simulator.journal.usage import Spent
from simulator.journal.watching import described, shortfalls
from tui.reading.arrivals import LATEST, Arrival, arrivals_of
from tui.reading.provenance import (
    Provenance,
    RunState,
    at_rest,
    control_at_work,
    provenance_of_run,
    state_of_run,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from simulator.journal.calls import UsageRow

__all__ = ["LATEST", "Arrival", "LiveView", "Phase", "read_live"]

TAIL = 400
"""Events from before the first look that are read."""
FIRST = 60
"""Ballots that the first look brings, to fill a screen."""
PAGE = 1_000
MOST = 5 * PAGE
"""Events of one look; of more, the earliest are passed over."""

Event = tuple[int, float, str, dict[str, Any]]
Job = tuple[str, str]


@dataclass(frozen=True, kw_only=True, slots=True)
class Phase:
    """A part of a run's work: what is done of how much; ``total`` is None where that is not known beforehand."""

    name: str
    done: int
    total: int | None = None
    over: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveView:
    """What one look at a journal found; ``provenance`` is None as long as there is no journal.

    Args:
        looked: when, in seconds since 1970.
        resting: whether nothing is under way. ``process``: the engine's number; None where it cannot be told.
        seen: the number of the last event that was read. ``latest``: when it was, in seconds since 1970.
        begun: when the run last began, in seconds since 1970. ``begins``: how often it did.
        worked: seconds since it last began, without its pauses.
        times: when the judgements came in that are new since the last look, the earliest first.
        cast: when ballots were cast that are new, and how many, the earliest first.
        arrivals: the latest of those, the earliest first.
        under_way: the round that each judgement is in which is not done.
        phases: what the run consists of. ``beside``: what a finished one is still used for, in words.
        failed: ballots that failed, by what kept them.
        errors: steps that went wrong: the step, how often it did, and the first time in words.
        counted: how many results the two rest on so far, as a number that grows to ``last``; ``retries``: how
            often failures were asked again.
        usage: what its model calls took so far, by phase and model; empty for the offline engine.
        spent: what counts towards its limits, with what is set aside for requests in flight.
        engine: how the server takes what it is asked.
        limits: what the run may use up, by name; empty where it may use up any.
        stopped: why it stopped; empty where it did not. ``resumable``: whether a command can go on with it.
        scored: whether what was to come after the judgements has come.
    """

    looked: float = 0.0
    provenance: Provenance | None = None
    state: RunState = "unfinished"
    resting: bool = True
    process: int | None = None
    done: int = 0
    total: int = 0
    seen: int = 0
    latest: float = 0.0
    begun: float | None = None
    begins: int = 0
    worked: float = 0.0
    times: tuple[float, ...] = ()
    cast: tuple[tuple[float, int], ...] = ()
    arrivals: tuple[Arrival, ...] = ()
    under_way: Mapping[Job, int] = field(default_factory=dict)
    phases: tuple[Phase, ...] = ()
    beside: str = ""
    warnings: tuple[str, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    failed: tuple[tuple[str, int], ...] = ()
    errors: tuple[tuple[str, int, str], ...] = ()
    counted: int = 0
    last: int = 0
    retries: int = 0
    usage: tuple[UsageRow, ...] = ()
    spent: Spent = field(default_factory=Spent)
    engine: Mapping[str, Any] = field(default_factory=dict)
    limits: tuple[tuple[str, float], ...] = ()
    stopped: str = ""
    resumable: bool = False
    scored: bool = True


def read_live(folder: Path, before: LiveView | None = None) -> LiveView:
    """Look at the run in ``folder``, at what is new since the look before.

    Raises:
        InputError: the journal is damaged.
    """
    known = before or LiveView()
    if not (folder / JOURNAL).is_file():
        return LiveView(looked=time.time())
    with Journal.read(folder) as journal:
        if journal.fact("state") is None:
            return LiveView(looked=time.time())
        # The state first: a run that ends while it is looked at has its last events read at the next look.
        state = state_of_run(journal, folder)
        milestones = journal.milestones()
        events = _events(journal, known.seen)
        latest = events[-1][1] if events else known.latest
        done, total = journal.progress()
        usage = tuple(journal.ledger.usage())
        under_way = _under_way(events, known.under_way) if state in {"running", "paused"} else {}
        most = LATEST if known.seen else FIRST
        arrivals, cast = arrivals_of(journal, events, told=known.under_way, most=most)
        settings = journal.fact("settings") or {}
        command = journal.fact("command")
        return LiveView(
            looked=time.time(),
            provenance=provenance_of_run(journal, folder),
            state=state,
            resting=state != "running" and at_rest(journal, folder),
            process=engine_process(folder) if state in {"running", "paused"} else None,
            done=done,
            total=total,
            seen=events[-1][0] if events else known.seen,
            begun=max((at for _, at, kind, _ in milestones if kind == "start"), default=None),
            begins=sum(kind == "start" for _, _, kind, _ in milestones),
            worked=_worked(milestones, latest, state),
            latest=latest,
            times=tuple(at for _, at, kind, _ in events if kind in {"result", "failure"}),
            cast=cast,
            arrivals=arrivals,
            under_way=under_way,
            phases=_phases(journal, milestones, usage, settings, done, total),
            beside=_beside(journal, folder, state),
            warnings=tuple(journal.fact("warnings") or ()),
            settings=tuple((name, str(value)) for name, value in settings.items()),
            usage=usage,
            spent=journal.ledger.spent(),
            engine=journal.fact("engine") or {},
            limits=_limits(journal),
            stopped=str(journal.fact("stopped") or "") if state == "stopped" else "",
            resumable=command is not None,
            scored=command is None
            or command["arguments"][:1] != ["bench"]
            or journal.fact("scores") is not None,
            **_fallen_short(journal, milestones, known),
        )


def _events(journal: Journal, after: int) -> list[Event]:
    """Return the events after a number; of very many, and at the first look, the latest alone."""
    last = journal.last_event()
    after = max(after, last - (MOST if after else TAIL))
    events: list[Event] = []
    while page := journal.events(after=events[-1][0] if events else after, limit=PAGE):
        events += page
        if len(page) < PAGE or len(events) >= MOST:
            break
    return events


def _under_way(events: Sequence[Event], before: Mapping[Job, int]) -> dict[Job, int]:
    """Return the round that each judgement is in of which ballots came and no result yet."""
    found = dict(before)
    for _, _, kind, body in events:
        job = (str(body.get("item", "")), str(body.get("community", "")))
        if kind == "ballot":
            found[job] = int(body["round"])
        elif kind in {"result", "failure"}:
            found.pop(job, None)
        elif kind == "start":
            found.clear()
    return found


def _worked(milestones: Sequence[Event], latest: float, state: RunState) -> float:
    """Return the seconds since the run last began, up to now or its end, without its pauses."""
    worked, since = 0.0, None
    for _, at, kind, _ in milestones:
        if kind == "start":
            worked, since = 0.0, at
        elif kind == "resumed":
            since = at
        elif since is not None and kind in {"paused", "stopped", "done"}:
            worked, since = worked + at - since, None
    if since is None:
        return worked
    return worked + max(0.0, (time.time() if state == "running" else latest) - since)


def _phases(
    journal: Journal,
    milestones: Sequence[Event],
    usage: Sequence[UsageRow],
    settings: Mapping[str, Any],
    done: int,
    total: int,
) -> tuple[Phase, ...]:
    """Return what a run consists of, in the order of its beginning."""
    begun: dict[str, Any] = next((body for _, _, kind, body in reversed(milestones) if kind == "start"), {})
    calls = Counter({row.phase: 0 for row in usage})
    for row in usage:
        calls[row.phase] += row.calls
    communities, items = described(journal)
    phases = []
    if usage and settings.get("profiles") not in {None, "extracted"}:
        phases.append(Phase(name="profiles", done=communities or calls["profile"], over=bool(communities)))
    if queries := int(begun.get("queries", 0)):
        written = min(queries, max(0, items - int(begun["given"])))
        phases.append(
            Phase(name="options", done=written, total=queries, over=written == queries or done == total)
        )
    phases.append(Phase(name="judged", done=done, total=total, over=done == total))
    return tuple(phases)


def _beside(journal: Journal, folder: Path, state: RunState) -> str:
    """Return what the engine of a run does that has all its judgements."""
    if state not in {"running", "paused"} or journal.fact("state") != "done":
        return ""
    inner = control_at_work(journal, folder)
    if inner is None:
        return "scoring or writing what it judged"
    with Journal.read(inner) as other:
        done, total = other.progress()
    return f"its control {inner.name}: {done:,} of {total:,}"


def _fallen_short(journal: Journal, milestones: Sequence[Event], known: LiveView) -> dict[str, Any]:
    """Return what fell short, with one more slice of the results counted."""
    retries = sum(kind == "retry" for _, _, kind, _ in milestones)
    anew = retries != known.retries
    found = shortfalls(journal, after=0 if anew else known.counted)
    failed = Counter({} if anew else dict(known.failed))
    first = {} if anew else {step: told for step, _, told in known.errors}
    wrong = Counter({} if anew else {step: number for step, number, _ in known.errors})
    for item, community, kinds, steps in found.rows:
        failed.update(kinds)
        for step in steps:
            wrong[step["step"]] += 1
            first.setdefault(step["step"], f"{item} in {community}: {step['problem']}")
    return {
        "failed": tuple(failed.most_common()),
        "errors": tuple((step, number, first[step]) for step, number in wrong.most_common()),
        "counted": found.seen,
        "last": found.last,
        "retries": retries,
    }


def _limits(journal: Journal) -> tuple[tuple[str, float], ...]:
    known = (journal.fact("reach") or {}).get("limits") or {}
    return tuple((name, limit) for name, limit in known.items() if limit is not None)
