"""The ballots that came in since the last look: how many when, and the latest of them in full."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from simulator.item import Ballot
    from simulator.journal import Journal

__all__ = ["LATEST", "Arrival", "arrivals_of"]

LATEST = 12
"""Ballots of one look that are read in full."""
RESULTS = 4
"""Judgements of one look whose ballots are read, where these come with the judgement."""

Event = tuple[int, float, str, dict[str, Any]]


@dataclass(frozen=True, kw_only=True, slots=True)
class Arrival:
    """A ballot that came in, or a judgement of which nothing came: when, in seconds since 1970, and what it says.

    ``failed`` says that nothing came of the item; ``failure`` why a ballot is none.
    """

    item: str
    community: str
    at: float
    persona: str = ""
    round: int = 0
    choice: int | None = None
    reason: str = ""
    failure: str = ""
    failed: bool = False


def arrivals_of(
    journal: Journal, events: Sequence[Event], *, told: Collection[tuple[str, str]] = (), most: int = LATEST
) -> tuple[tuple[Arrival, ...], tuple[tuple[float, int], ...]]:
    """Return the latest ballots among events, the earliest first, and when how many were cast.

    Personas that think with a model have each ballot told of as it is cast; the ballots of the offline engine come
    with the judgement, all at once.

    Args:
        told: the judgements whose ballots were told of before these events.
        most: how many ballots.
    """
    known = {*told, *(_job(body) for _, _, kind, body in events if kind == "ballot")}
    thinking = journal.fact("reach") is not None
    cast: list[tuple[float, int]] = []
    shown: list[Event] = []
    for event in events:
        _, at, kind, body = event
        if kind == "ballot":
            cast.append((at, 1))
            shown.append(event)
        elif kind == "failure" or (kind == "result" and not thinking and _job(body) not in known):
            cast.append((at, 0 if kind == "failure" else _ballots_of(journal, *_job(body))))
            shown.append(event)
    return _latest(journal, shown, most), tuple(cast)


def _job(body: dict[str, Any]) -> tuple[str, str]:
    return str(body["item"]), str(body["community"])


def _ballots_of(journal: Journal, item: str, community: str) -> int:
    """Return how many ballots a judgement took, over all rounds."""
    result = journal.result(item, community) or {}
    preference = result.get("preference") or {}
    last = sum(int(preference.get(name, 0)) for name in ("ballots", "abstentions"))
    failed = sum(int(number) for number in result.get("failed", {}).values())
    return (last + failed) * (1 + int(result.get("rounds", 0)))


def _latest(journal: Journal, events: Sequence[Event], most: int) -> tuple[Arrival, ...]:
    results = [event for event in events if event[2] == "result"][-RESULTS:]
    each = max(1, most // max(1, len(results)))
    found: list[Arrival] = []
    known: dict[tuple[str, str, int], dict[str, Ballot]] = {}
    for event in events[-most:]:
        _, at, kind, body = event
        item, community = _job(body)
        if kind == "failure":
            found.append(Arrival(item=item, community=community, at=at, failed=True))
        elif kind == "ballot":
            key = (item, community, int(body["round"]))
            if key not in known:
                cast = journal.ballots(item, community, round=key[2])
                known[key] = {ballot.persona: ballot for ballot in cast}
            if ballot := known[key].get(str(body["persona"])):
                found.append(_arrival(item, community, at, ballot))
        elif event in results:
            last = int((journal.result(item, community) or {}).get("rounds", 0))
            cast = journal.ballots(item, community, round=last)
            found += [_arrival(item, community, at, ballot) for ballot in cast[-each:]]
    return tuple(found[-most:])


def _arrival(item: str, community: str, at: float, ballot: Ballot) -> Arrival:
    return Arrival(
        item=item,
        community=community,
        at=at,
        persona=ballot.persona,
        round=ballot.round,
        choice=ballot.choice,
        reason=ballot.reason,
        failure=ballot.failure,
    )
