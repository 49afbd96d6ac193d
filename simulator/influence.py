"""Who moved whom: the changes of mind in a discussion, read from the ballots of all its rounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.item import Ballot

__all__ = ["Move", "moves"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Move:
    """One persona's change of mind.

    Args:
        round: of the discussion, from 1.
        persona: who changed its mind.
        before: the option that it held in its ballot before; None where it abstained.
        after: the option that it holds now; None where it abstains.
        moved_by: the neighbours that it names for it; empty where it names none.
    """

    round: int
    persona: str
    before: int | None
    after: int | None
    moved_by: tuple[str, ...] = ()


def moves(ballots: Iterable[Ballot]) -> list[Move]:
    """Return every change of choice between a persona's ballot of one round and its next, the earliest round first.

    A ballot that holds the same option with other shares is no move. Within a round, moves stand in the order of
    the ballots.

    Args:
        ballots: of one panel on one item, of all rounds, in any order.

    Raises:
        InputError: a persona has two ballots of one round.

    >>> from simulator.item import Ballot
    >>> before = Ballot(persona="tea#1", choice=0, shares=(1.0, 0.0))
    >>> after = Ballot(persona="tea#1", choice=1, shares=(0.0, 1.0), round=1, moved_by=("tea#2",))
    >>> moves([before, after])
    [Move(round=1, persona='tea#1', before=0, after=1, moved_by=('tea#2',))]
    """
    held: dict[str, Ballot] = {}
    found: list[Move] = []
    for ballot in sorted(ballots, key=lambda each: each.round):
        last = held.get(ballot.persona)
        held[ballot.persona] = ballot
        if last is None:
            continue
        if last.round == ballot.round:
            raise InputError(
                f"{ballot.persona} has two ballots of round {ballot.round}",
                remedy="give the ballots of one item and one community",
            )
        if last.choice != ballot.choice:
            found.append(
                Move(
                    round=ballot.round,
                    persona=ballot.persona,
                    before=last.choice,
                    after=ballot.choice,
                    moved_by=ballot.moved_by,
                )
            )
    return found
