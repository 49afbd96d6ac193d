"""What those who watch a run count of its journal, a slice at a time, however many results there are."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulator.journal.reading import JournalReading

__all__ = ["Shortfalls", "described", "shortfalls"]

SLICE = 4_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Shortfalls:
    """What fell short in a slice of a run's results.

    Args:
        seen: the number of the last result that was looked at. ``last``: of the last that there is.
        rows: (item, community, failed ballots by what kept them, errors) of those in which something did.
    """

    seen: int
    last: int
    rows: tuple[tuple[str, str, dict[str, int], list[dict[str, Any]]], ...]


def shortfalls(journal: JournalReading, *, after: int = 0, count: int = SLICE) -> Shortfalls:
    """Look at ``count`` results in the order in which they came, after a number, for what fell short in them.

    Where failed judgements are asked again their results are taken away: who counts then begins anew.

    Raises:
        InputError: the journal is damaged.
    """
    last = int(journal.row("SELECT coalesce(max(rowid), 0) FROM results")[0])
    seen = min(after + count, last)
    rows = journal.rows(
        """SELECT item, community, json_extract(body, '$.failed'), json_extract(body, '$.errors') FROM results
           WHERE rowid > ? AND rowid <= ? AND (json_array_length(body, '$.errors') > 0
                                               OR coalesce(json_extract(body, '$.failed'), '{}') <> '{}')""",
        [after, seen],
        made=lambda row: (*row[:2], json.loads(row[2] or "{}"), json.loads(row[3] or "[]")),
    )
    return Shortfalls(seen=seen, last=last, rows=tuple(rows))


def described(journal: JournalReading) -> tuple[int, int]:
    """Return how many communities are described, and how many items have their options."""
    query = "SELECT (SELECT count(*) FROM communities), (SELECT count(*) FROM items)"
    communities, items = journal.row(query)
    return int(communities), int(items)
