"""Discussion: a panel's ballots after each round, here without a language model, by opinion dynamics."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

import numpy as np

from simulator.deliberate import deliberate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulator.item import Ballot, Item
    from simulator.retrieval import Retrieved
    from simulator.room import Room

__all__ = ["Discussed", "Discussion", "OpinionDynamics"]


@dataclass(frozen=True, kw_only=True)
class Discussed:
    """What came of a discussion.

    Args:
        rounds: for each round, all ballots of the panel after it; empty where nobody had anybody to listen to.
        settled: whether the last round changed nothing any more.
        problems: revisions that failed; their personas kept what they held.
    """

    rounds: tuple[tuple[Ballot, ...], ...] = ()
    settled: bool = True
    problems: tuple[str, ...] = ()


class Discussion(Protocol):
    """Whatever lets the personas of a panel move one another along their bond ties."""

    async def discuss(
        self, item: Item, room: Room, norms: Retrieved, ballots: Sequence[Ballot], *, rounds: int
    ) -> Discussed:
        """Return the ballots after each of ``rounds`` rounds at the most, from those cast before any."""
        ...


class OpinionDynamics:
    """The offline engine: shares move as Friedkin and Johnsen (1990) describe, and no text is exchanged."""

    async def discuss(
        self, item: Item, room: Room, norms: Retrieved, ballots: Sequence[Ballot], *, rounds: int
    ) -> Discussed:
        """Return the ballots after each round; abstentions stay, and are not listened to."""
        voting = [number for number, ballot in enumerate(ballots) if ballot.choice is not None]
        ties = room.ties[np.ix_(voting, voting)]
        if not room.susceptibility or not ties.any():
            return Discussed()
        opinions = np.array([ballots[number].shares for number in voting])
        moved = deliberate(opinions, ties, np.full(len(voting), room.susceptibility), rounds=rounds)
        heard = {
            place: tuple(ballots[voting[other]].persona for other in np.flatnonzero(ties[row]))
            for row, place in enumerate(voting)
        }
        later: list[tuple[Ballot, ...]] = []
        for number in range(1, moved.rounds_used + 1):
            shares = dict(zip(voting, moved.opinions[number], strict=True))
            before = later[-1] if later else tuple(ballots)
            later.append(
                tuple(
                    _with_shares(ballot, before, shares[place], number, heard[place])
                    if place in shares
                    else replace(ballot, round=number)
                    for place, ballot in enumerate(ballots)
                )
            )
        return Discussed(rounds=tuple(later), settled=moved.settled)


def _with_shares(
    first: Ballot,
    before: Sequence[Ballot],
    shares: NDArray[np.float64],
    number: int,
    heard: tuple[str, ...],
) -> Ballot:
    """Return a ballot after a round; those whom it heard and who had chosen what it now chooses moved it."""
    choice = int(max(first.order, key=lambda option: shares[option]))
    now = {ballot.persona: ballot.choice for ballot in before}
    movers = tuple(other for other in heard if now[other] == choice) if choice != now[first.persona] else ()
    return replace(
        first,
        choice=choice,
        shares=tuple(float(share) for share in shares),
        reason="moved by its neighbours in discussion" if choice != first.choice else first.reason,
        round=number,
        heard=heard,
        moved_by=movers,
    )
