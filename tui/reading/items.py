"""One item in one community: its ballots, round by round, and the norms that they rest on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from personas.errors import InputError
from simulator.journal import Journal
from tui.reading.communities import NormView, norm_view
from tui.reading.comparison import ItemRow, item_row
from tui.reading.provenance import Provenance, RunState, provenance_of_run, state_of_run

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Any

    from simulator.item import Ballot

__all__ = ["BallotView", "ItemView", "read_item"]


@dataclass(frozen=True, kw_only=True, slots=True)
class BallotView:
    """A ballot: who cast it in which round, for which option (None: an abstention), why, and by which norms.

    ``before`` is what it chose in the round before, and ``had`` whether there was one.
    ``failure`` says what kept the persona from judging, ``weighed`` that the shares are the model's own
    probabilities, ``heard`` whom it had listened to, ``moved_by`` who changed its mind, and ``again`` what it
    chose when ``asked_again`` with the options in reverse.
    """

    persona: str
    about: str
    round: int
    choice: int | None
    shares: tuple[float, ...]
    reason: str
    norms: tuple[str, ...]
    failure: str = ""
    weighed: bool = False
    heard: tuple[str, ...] = ()
    moved_by: tuple[str, ...] = ()
    asked_again: bool = False
    again: int | None = None
    had: bool = False
    before: int | None = None

    @property
    def moved(self) -> bool:
        """Whether it chooses otherwise than in the round before."""
        return self.had and self.before != self.choice


@dataclass(frozen=True, kw_only=True, slots=True)
class ItemView:
    """An item in a community with all its ballots, by round and persona, and the norms by their posts.

    Before the item is judged, the ballots are those that were cast so far.
    """

    provenance: Provenance
    state: RunState
    row: ItemRow
    ballots: tuple[BallotView, ...]
    norms: Mapping[str, NormView]

    @property
    def rounds(self) -> tuple[int, ...]:
        """The rounds in which ballots were cast, in order."""
        return tuple(sorted({ballot.round for ballot in self.ballots}))

    def of_round(self, number: int) -> tuple[BallotView, ...]:
        """Return the ballots of a round."""
        return tuple(ballot for ballot in self.ballots if ballot.round == number)


def read_item(folder: Path, item: str, community: str) -> ItemView:
    """Read an item of the run in ``folder`` with its ballots in a community.

    Raises:
        InputError: the run has no such item, or nothing came of it in this community.
    """
    with Journal.read(folder) as journal:
        result = journal.result(item, community)
        ballots = journal.ballots(item, community)
        if result is None and not ballots:
            raise InputError(f"nothing has come of item {item!r} in {community!r} yet", where=str(folder))
        personas = journal.personas(community)
        posts = sorted({post for ballot in ballots for post in ballot.norms})
        norms = {post: norm_view(body) for post, body in journal.norms(community, posts).items()}
        chosen = {(ballot.persona, ballot.round): ballot.choice for ballot in ballots}
        return ItemView(
            provenance=provenance_of_run(journal, folder),
            state=state_of_run(journal, folder),
            row=item_row(journal.find_item(item), item, community, result),
            ballots=tuple(
                _ballot(ballot, _about(personas.get(ballot.persona, {})), chosen) for ballot in ballots
            ),
            norms=norms,
        )


def _ballot(ballot: Ballot, about: str, chosen: Mapping[tuple[str, int], int | None]) -> BallotView:
    earlier = (ballot.persona, ballot.round - 1)
    return BallotView(
        persona=ballot.persona,
        about=about,
        round=ballot.round,
        choice=ballot.choice,
        shares=ballot.shares,
        reason=ballot.reason,
        norms=ballot.norms,
        failure=ballot.failure,
        weighed=ballot.weighed,
        heard=ballot.heard,
        moved_by=ballot.moved_by,
        asked_again=ballot.asked_again,
        again=ballot.again,
        had=earlier in chosen,
        before=chosen.get(earlier),
    )


def _about(persona: Mapping[str, Any]) -> str:
    """Return who a persona is, in a line: its activity, group and attributes."""
    known = {
        "activity": persona.get("activity"),
        "group": persona.get("group"),
        **persona.get("attributes", {}),
    }
    return " · ".join(f"{name} {value}" for name, value in known.items() if value)
