"""Judgements of a run by their places, and their bare figures in slices: what a list of 100,000 of them is made of.

SQLite takes the figures out of the records itself, without Python's lock, so that whoever shares the process with
the reading thread is not held up.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.journal.codec import as_item

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.item import Item
    from simulator.journal.reading import JournalReading

__all__ = ["Figures", "Judgement", "Words", "figures", "judgements_at", "shares_of", "words"]

Shares = tuple[float, ...]

FIGURES = """
SELECT j.place, j.item, j.community, r.body IS NOT NULL, json_extract(r.body, '$.preference.shares'),
       (SELECT json_extract(v.value, '$.shares') FROM json_each(i.body, '$.votes') v WHERE v.key = j.community),
       (SELECT json_extract(v.value, '$.voters') FROM json_each(i.body, '$.votes') v WHERE v.key = j.community),
       json_extract(r.body, '$.preference.ballots'), json_extract(r.body, '$.preference.abstentions'),
       (SELECT max(abs(b.value)) FROM json_each(r.body, '$.position_bias') b)
FROM jobs j LEFT JOIN items i USING (item)
LEFT JOIN results r ON r.item = j.item AND r.community = j.community
WHERE j.place >= ? AND j.place < ? ORDER BY j.place
"""
WORDS = """
SELECT j.place, j.item, j.community, i.body -> '$.query',
       (SELECT json_group_array(o.value -> '$.text') FROM json_each(i.body, '$.options') o)
FROM jobs j LEFT JOIN items i USING (item) WHERE j.place >= ? AND j.place < ? ORDER BY j.place
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judgement:
    """A job with all that came of it.

    Args:
        place: among the jobs. ``item``, ``community``: their names.
        asked: the item with its options; None where they are not written yet.
        result: what came of it; None where nothing did yet.
        predictions: (predictor, shares) of what stands beside the run, in its order.
    """

    place: int
    item: str
    community: str
    asked: Item | None
    result: dict[str, Any] | None
    predictions: tuple[tuple[str, Shares], ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class Figures:
    """The bare figures of a job; None and empty where something is not known.

    ``bias`` is the largest bias of a position, in either direction.
    """

    place: int
    item: str
    community: str
    done: bool
    simulated: Shares
    real: Shares
    voters: int | None
    ballots: int
    abstentions: int
    bias: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Words:
    """What a job can be found by: its names, the query and the options."""

    place: int
    item: str
    community: str
    texts: tuple[str, ...]


def judgements_at(journal: JournalReading, places: Sequence[int]) -> list[Judgement]:
    """Return the jobs at some places, in the order in which the places are named; unknown places are left out.

    Raises:
        InputError: the journal is damaged.
    """
    marks = ",".join("?" * len(places))
    beside = _beside(journal, places, marks)
    rows = journal.rows(
        f"""SELECT j.place, j.item, j.community, i.body, r.body FROM jobs j LEFT JOIN items i USING (item)
            LEFT JOIN results r ON r.item = j.item AND r.community = j.community WHERE j.place IN ({marks})""",
        places,
        made=lambda row: Judgement(
            place=row[0],
            item=row[1],
            community=row[2],
            asked=as_item(json.loads(row[3])) if row[3] else None,
            result=json.loads(row[4]) if row[4] else None,
            predictions=tuple(beside.get(row[0], ())),
        ),
    )
    found = {each.place: each for each in rows}
    return [found[place] for place in places if place in found]


def figures(journal: JournalReading, *, first: int, count: int) -> list[Figures]:
    """Return the figures of ``count`` jobs from one place on.

    Raises:
        InputError: the journal is damaged.
    """
    return journal.rows(FIGURES, [first, first + count], made=_figures)


def words(journal: JournalReading, *, first: int, count: int) -> list[Words]:
    """Return what ``count`` jobs from one place on can be found by.

    Raises:
        InputError: the journal is damaged.
    """
    return journal.rows(WORDS, [first, first + count], made=_words)


def shares_of(
    journal: JournalReading, pairs: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], tuple[Shares, tuple[str, ...]]]:
    """Return what a run says of some (item, community) pairs, as shares and the texts of the options.

    A pair of which it says nothing is left out.

    Raises:
        InputError: the journal is damaged.
    """
    if not pairs:
        return {}
    marks = ",".join(["(?, ?)"] * len(pairs))
    rows = journal.rows(
        f"""SELECT r.item, r.community, json_extract(r.body, '$.preference.shares'),
                   (SELECT json_group_array(o.value -> '$.text') FROM json_each(i.body, '$.options') o)
            FROM results r JOIN items i USING (item)
            WHERE json_extract(r.body, '$.preference.shares') IS NOT NULL
              AND (r.item, r.community) IN (VALUES {marks})""",
        [name for pair in pairs for name in pair],
    )
    return {(item, community): (_shares(shares), _texts(texts)) for item, community, shares, texts in rows}


def _beside(
    journal: JournalReading, places: Sequence[int], marks: str
) -> dict[int, list[tuple[str, Shares]]]:
    if not journal.row("SELECT 1 FROM sqlite_master WHERE name = 'predictions'"):
        return {}  # a journal that was written before they were kept
    found: dict[int, list[tuple[str, Shares]]] = {}
    for place, name, shares in journal.rows(
        f"""SELECT j.place, p.predictor, p.shares FROM jobs j JOIN predictions p USING (item, community)
            WHERE j.place IN ({marks}) ORDER BY j.place, p.place""",
        places,
    ):
        found.setdefault(place, []).append((name, _shares(shares)))
    return found


def _figures(row: Sequence[Any]) -> Figures:
    place, item, community, done, simulated, real, voters, ballots, abstentions, bias = row
    return Figures(
        place=place,
        item=item,
        community=community,
        done=bool(done),
        simulated=_shares(simulated),
        real=_shares(real),
        voters=voters,
        ballots=ballots or 0,
        abstentions=abstentions or 0,
        bias=bias,
    )


def _words(row: Sequence[Any]) -> Words:
    place, item, community, query, options = row
    texts = (json.loads(query), *_texts(options)) if query else ()
    return Words(place=place, item=item, community=community, texts=texts)


def _shares(text: str | None) -> Shares:
    return tuple(json.loads(text)) if text else ()


def _texts(listed: str | None) -> tuple[str, ...]:
    return tuple(json.loads(listed)) if listed else ()
