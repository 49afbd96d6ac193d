"""The personas of a run, and of one of them: its ballots over the run, where it moved, and what it was sent."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.influence import moves
from simulator.journal import Journal
from simulator.journal.panels import (
    judged_by,
    panel_members,
    panel_sizes,
    persona_ballots,
    place_of,
    queries_of,
)
from tui.reading.provenance import Provenance, provenance_of_run

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from simulator.item import Ballot

__all__ = [
    "PersonaBallots",
    "PersonaRow",
    "PersonaView",
    "PersonasView",
    "Sent",
    "find_persona",
    "read_ballots",
    "read_members",
    "read_persona",
    "read_personas",
    "read_sent",
    "sent_of",
]

COUNTED = 500
"""Items over which a persona's ballots are summed up, the first of its community."""
LISTED_MOVES = 40
PAGE = 50


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonaRow:
    """A persona.

    Args:
        member: the pseudonym of the member it is modelled on; empty where the source has only counts.
        activity: of that member: low, middle or high; empty where unknown. ``group``: found; empty where none is.
    """

    persona: str
    community: str
    member: str
    activity: str
    group: str
    attributes: tuple[tuple[str, str], ...]

    @property
    def short(self) -> str:
        """Its name within its community."""
        return self.persona.removeprefix(self.community) or self.persona


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonasView:
    """All panels of a run: each community with the number of its personas, in order."""

    provenance: Provenance
    panels: tuple[tuple[str, int], ...]
    offline: bool
    direct: bool

    @property
    def total(self) -> int:
        """The number of personas."""
        return sum(size for _, size in self.panels)


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonaBallots:
    """A persona's ballots on one item, the earliest round first; none where it has not judged it yet."""

    item: str
    query: str
    ballots: tuple[Ballot, ...]

    @property
    def moved(self) -> bool:
        """Whether it changed its choice in discussion."""
        return len({ballot.choice for ballot in self.ballots}) > 1


@dataclass(frozen=True, kw_only=True, slots=True)
class PersonaView:
    """One persona over a run.

    Args:
        judged: how many items its community judges; ``counted`` of them are summed up here.
        first: the first of them; empty where there is none.
        cast: ballots with a choice. ``abstained``: without. ``failed``: judgements that failed.
        moves: (item, query, round, before, after, by whom), of the items that are counted.
        heard: whom it heard, and in how many ballots. ``moved_by``: who changed its mind, and how often.
    """

    row: PersonaRow
    judged: int
    counted: int
    first: str = ""
    cast: int = 0
    abstained: int = 0
    failed: int = 0
    moves: tuple[tuple[str, str, int, int | None, int | None, tuple[str, ...]], ...] = ()
    heard: tuple[tuple[str, int], ...] = ()
    moved_by: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """What a persona was or would be sent for an item.

    Args:
        messages: each with its role. ``shared``: characters from the beginning that the rest of its panel has too.
        made: whether it was really sent, and is not worked out.
    """

    messages: tuple[tuple[str, str], ...]
    shared: int
    made: bool


def read_personas(folder: Path) -> PersonasView:
    """Read which panels a run has.

    Raises:
        InputError: no run is there, or it is damaged.
    """
    with Journal.read(folder) as journal:
        return PersonasView(
            provenance=provenance_of_run(journal, folder),
            panels=tuple(panel_sizes(journal)),
            offline=journal.fact("reach") is None,
            direct=(journal.fact("settings") or {}).get("mode") == "direct",
        )


def read_members(folder: Path, first: int, count: int) -> list[PersonaRow]:
    """Read some personas of a run, in the order of their communities.

    Raises:
        InputError: no run is there, or it is damaged.
    """
    with Journal.read(folder) as journal:
        return [_row(*each) for each in panel_members(journal, first=first, count=count)]


def find_persona(folder: Path, persona: str) -> int:
    """Return where a persona stands in the list of all.

    Raises:
        InputError: no run is there, or it is damaged.
    """
    with Journal.read(folder) as journal:
        return place_of(journal, persona)


def read_ballots(folder: Path, row: PersonaRow, first: int, count: int) -> list[PersonaBallots]:
    """Read a persona's ballots on some of the items that its community judges.

    Raises:
        InputError: no run is there, or it is damaged.
    """
    with Journal.read(folder) as journal:
        return _ballots(journal, row, first, count)


def read_persona(folder: Path, row: PersonaRow) -> PersonaView:
    """Sum up a persona's ballots over a run, over the first items of its community where there are many.

    Raises:
        InputError: no run is there, or it is damaged.
    """
    with Journal.read(folder) as journal:
        judged = judged_by(journal, row.community)
        found = [
            each
            for first in range(0, min(judged, COUNTED), PAGE)
            for each in _ballots(journal, row, first, PAGE)
        ]
    last = [each.ballots[-1] for each in found if each.ballots]
    moved = [(each, move) for each in found for move in moves(each.ballots)]
    heard = Counter(name for each in found for ballot in each.ballots for name in ballot.heard)
    movers = Counter(name for _, move in moved for name in move.moved_by)
    return PersonaView(
        row=row,
        judged=judged,
        counted=min(judged, COUNTED),
        first=found[0].item if found else "",
        cast=sum(ballot.choice is not None for ballot in last),
        abstained=sum(ballot.choice is None and not ballot.failure for ballot in last),
        failed=sum(bool(ballot.failure) for ballot in last),
        moves=tuple(
            (each.item, each.query, move.round, move.before, move.after, move.moved_by)
            for each, move in moved[:LISTED_MOVES]
        ),
        heard=tuple(sorted(heard.items(), key=lambda pair: (-pair[1], pair[0]))),
        moved_by=tuple(sorted(movers.items(), key=lambda pair: (-pair[1], pair[0]))),
    )


def read_sent(folder: Path, row: PersonaRow, item: str) -> Sent | None:
    """Read what a persona was sent to judge an item; None where it was not sent anything.

    Raises:
        InputError: no run is there, or it is damaged.
    """
    with Journal.read(folder) as journal:
        calls = journal.ledger.calls_of(item, row.community, row.persona)
        judged = next((call for call in calls if call.phase == "judge"), None)
        if judged is None:
            return None
        own = tuple((message.role, message.text) for message in judged.messages)
        others = [each for each in journal.personas(row.community) if each != row.persona]
        for other in others[:3]:
            for call in journal.ledger.calls_of(item, row.community, other):
                if call.phase == "judge":
                    theirs = tuple((message.role, message.text) for message in call.messages)
                    return Sent(messages=own, shared=_shared(own, theirs), made=True)
        return Sent(messages=own, shared=0, made=True)


def sent_of(told: Mapping[str, Any]) -> Sent | None:
    """Return what a persona would be sent, as ``commonbond panel`` prints it; None where it does not."""
    if told["messages"] is None:
        return None
    messages = tuple((str(each["role"]), str(each["content"])) for each in told["messages"])
    return Sent(messages=messages, shared=int(told["shared"]), made=False)


def _ballots(journal: Journal, row: PersonaRow, first: int, count: int) -> list[PersonaBallots]:
    found = persona_ballots(journal, row.persona, row.community, first=first, count=count)
    queries = queries_of(journal, [item for item, _ in found])
    return [
        PersonaBallots(item=item, query=queries.get(item, ""), ballots=tuple(ballots))
        for item, ballots in found
    ]


def _row(persona: str, community: str, body: Mapping[str, Any]) -> PersonaRow:
    return PersonaRow(
        persona=persona,
        community=community,
        member=str(body.get("member", "")),
        activity=str(body.get("activity", "")),
        group=str(body.get("group", "")),
        attributes=tuple((str(name), str(value)) for name, value in (body.get("attributes") or {}).items()),
    )


def _shared(one: Sequence[tuple[str, str]], other: Sequence[tuple[str, str]]) -> int:
    """Return how many characters two prompts share from their beginning.

    >>> _shared([("system", "abc"), ("user", "de")], [("system", "abc"), ("user", "dx")])
    4
    """
    total = 0
    for (role, text), (theirs, their_text) in zip(one, other, strict=False):
        if role != theirs:
            break
        common = _common(text, their_text)
        total += common
        if common < max(len(text), len(their_text)):
            break
    return total


def _common(one: str, other: str) -> int:
    """Return how many characters two texts begin with alike."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[:middle] == other[:middle] else (low, middle - 1)
    return low
