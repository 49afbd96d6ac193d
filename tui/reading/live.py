"""A run while it runs: how far it is, what came in since the last look, and what went wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.journal import JOURNAL, Journal
from tui.reading.provenance import Provenance, RunState, provenance_of_run, state_of_run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from simulator.journal.calls import UsageRow

__all__ = ["Arrival", "LiveView", "read_live"]

LATEST = 12
PAGE = 1_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """A judgement that came in: when, in seconds since 1970, and the last of its ballots.

    ``failures`` counts the personas whose judgement failed, ``failed`` says that nothing came of the item.
    """

    item: str
    community: str
    at: float
    ballots: int = 0
    abstentions: int = 0
    failures: int = 0
    persona: str = ""
    choice: int | None = None
    reason: str = ""
    failed: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class LiveView:
    """What one look at a journal found; ``provenance`` is None as long as there is no journal.

    Args:
        seen: the number of the last event that was read.
        begun: when the run last began, in seconds since 1970; None where this look did not see it.
        times: when the judgements came in that are new since the last look, the earliest first.
        arrivals: the latest of them, the earliest first.
        errors: of the whole run, the first ones; None where nothing new went wrong since the last look.
        usage: what its model calls took so far, by phase and model; empty for the offline engine.
        limits: what the run may use up, by name; empty where it may use up any.
        stopped: why it stopped; empty where it did not.
    """

    provenance: Provenance | None = None
    state: RunState = "unfinished"
    done: int = 0
    total: int = 0
    seen: int = 0
    begun: float | None = None
    times: tuple[float, ...] = ()
    arrivals: tuple[Arrival, ...] = ()
    warnings: tuple[str, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    errors: tuple[str, ...] | None = None
    usage: tuple[UsageRow, ...] = ()
    limits: tuple[tuple[str, float], ...] = ()
    stopped: str = ""


def read_live(folder: Path, *, after: int = 0) -> LiveView:
    """Look at the run in ``folder``, and at its events after a number.

    Raises:
        InputError: the journal is damaged.
    """
    if not (folder / JOURNAL).is_file():
        return LiveView(seen=after)
    with Journal.read(folder) as journal:
        if journal.fact("state") is None:
            return LiveView(seen=after)
        # The state first: a run that ends while it is looked at has its last events read at the next look.
        state = state_of_run(journal, folder)
        events = _events(journal, after)
        came = [event for event in events if event[2] in ("result", "failure")]
        done, total = journal.progress()
        return LiveView(
            provenance=provenance_of_run(journal, folder),
            state=state,
            done=done,
            total=total,
            seen=events[-1][0] if events else after,
            begun=max((at for _, at, kind, _ in events if kind == "start"), default=None),
            times=tuple(at for _, at, _, _ in came),
            arrivals=tuple(_arrival(journal, at, kind, body) for _, at, kind, body in came[-LATEST:]),
            warnings=tuple(journal.fact("warnings") or ()),
            settings=tuple((name, str(value)) for name, value in (journal.fact("settings") or {}).items()),
            errors=_errors(journal) if _went_wrong(events, after, state) else None,
            usage=tuple(journal.ledger.usage()),
            limits=_limits(journal),
            stopped=str(journal.fact("stopped") or "") if state == "stopped" else "",
        )


def _events(journal: Journal, after: int) -> list[tuple[int, float, str, dict[str, Any]]]:
    events: list[tuple[int, float, str, dict[str, Any]]] = []
    while page := journal.events(after=events[-1][0] if events else after, limit=PAGE):
        events += page
        if len(page) < PAGE:
            break
    return events


def _arrival(journal: Journal, at: float, kind: str, body: Mapping[str, Any]) -> Arrival:
    item, community = str(body["item"]), str(body["community"])
    if kind == "failure":
        return Arrival(item=item, community=community, at=at, failed=True)
    ballots = journal.ballots(item, community)
    if not ballots:
        return Arrival(item=item, community=community, at=at)
    last = ballots[-1]
    final = [ballot for ballot in ballots if ballot.round == last.round]
    failures = sum(bool(ballot.failure) for ballot in final)
    silent = sum(ballot.choice is None for ballot in final)
    return Arrival(
        item=item,
        community=community,
        at=at,
        ballots=len(final) - silent,
        abstentions=silent - failures,
        failures=failures,
        persona=last.persona,
        choice=last.choice,
        reason=last.reason,
    )


def _limits(journal: Journal) -> tuple[tuple[str, float], ...]:
    known = (journal.fact("reach") or {}).get("limits") or {}
    return tuple((name, limit) for name, limit in known.items() if limit is not None)


def _went_wrong(events: list[tuple[int, float, str, dict[str, Any]]], after: int, state: RunState) -> bool:
    """Tell whether the errors are to be read: all results are gone through for them, so not at every look."""
    return not after or state == "done" or any(kind == "failure" for _, _, kind, _ in events)


def _errors(journal: Journal) -> tuple[str, ...]:
    found: list[str] = []
    for item, community, result in journal.results():
        found += [f"{item} in {community}: {error['step']}: {error['problem']}" for error in result["errors"]]
        if len(found) >= LATEST:
            break
    return tuple(found)
