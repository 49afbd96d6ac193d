"""Looking into panels: the personas of a run, and one persona's ballots, a page at a time however many there are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from simulator.journal.codec import as_ballot

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.item import Ballot
    from simulator.journal.reading import JournalReading

__all__ = [
    "communities_of",
    "judged_by",
    "panel_members",
    "panel_sizes",
    "persona_ballots",
    "place_of",
    "queries_of",
]


def panel_sizes(journal: JournalReading) -> list[tuple[str, int]]:
    """Return each community that has a panel, in order, with how many personas that has."""
    query = "SELECT community, count(*) FROM personas GROUP BY community ORDER BY community"
    return journal.rows(query)


def panel_members(
    journal: JournalReading, *, first: int, count: int
) -> list[tuple[str, str, dict[str, Any]]]:
    """Return (persona, community, what is known of it) in the order of the personas' names, from one place on.

    A name begins with the community's, so the members of a panel stand together; the names are indexed.
    """
    query = "SELECT persona, community, body FROM personas ORDER BY persona LIMIT ? OFFSET ?"
    return journal.rows(query, [count, first], made=lambda row: (row[0], row[1], json.loads(row[2])))


def place_of(journal: JournalReading, persona: str) -> int:
    """Return how many personas stand before one in the order of their names."""
    return int(journal.row("SELECT count(*) FROM personas WHERE persona < ?", [persona])[0])


def communities_of(journal: JournalReading, item: str) -> list[str]:
    """Return the communities that judge an item, in the order of the jobs."""
    query = "SELECT community FROM jobs WHERE item = ? ORDER BY place"
    return [row[0] for row in journal.rows(query, [item])]


def judged_by(journal: JournalReading, community: str) -> int:
    """Return how many items a community judges."""
    return int(journal.row("SELECT count(*) FROM jobs WHERE community = ?", [community])[0])


def persona_ballots(
    journal: JournalReading, persona: str, community: str, *, first: int, count: int
) -> list[tuple[str, list[Ballot]]]:
    """Return the items that a persona's community judges, from one place on, each with the persona's ballots.

    Args:
        community: whose items are meant.
        first: the first item's place among those of the community. ``count``: how many items, at the most.
    """
    jobs = journal.rows(
        "SELECT item FROM jobs WHERE community = ? ORDER BY place LIMIT ? OFFSET ?", [community, count, first]
    )
    query = "SELECT body FROM ballots WHERE item = ? AND community = ? AND persona = ? ORDER BY round"
    return [
        (
            item,
            journal.rows(query, [item, community, persona], made=lambda row: as_ballot(json.loads(row[0]))),
        )
        for (item,) in jobs
    ]


def queries_of(journal: JournalReading, items: Sequence[str]) -> dict[str, str]:
    """Return what was asked, by item; an item whose options are not written yet is left out."""
    marks = ",".join("?" * len(items))
    query = f"SELECT item, json_extract(body, '$.query') FROM items WHERE item IN ({marks})"
    return dict(journal.rows(query, list(items)))
