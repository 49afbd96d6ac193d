"""Panels are read a page at a time, in the order of their communities, and a persona's ballots in that of the jobs."""

from __future__ import annotations

import pytest

from simulator.item import Ballot, Item, Option
from simulator.journal import Journal
from simulator.journal.panels import (
    communities_of,
    judged_by,
    panel_members,
    panel_sizes,
    persona_ballots,
    place_of,
    queries_of,
)


@pytest.fixture
def journal(tmp_path):
    """Items for tea, one of them also for cats; tea has judged the second alone."""
    items = [
        Item(item=name, query=f"{name}?", options=(Option(text="yes"), Option(text="no")))
        for name in ("one", "two")
    ]
    with Journal.create(tmp_path) as journal:
        journal.add_items(items)
        journal.add_jobs([("one", "tea"), ("one", "cats"), ("two", "tea"), ("again", "tea")])
        journal.add_personas(
            (f"{name}#{number}", name, {"activity": "low", "number": number})
            for name in ("tea", "cats")
            for number in range(2)
        )
        cast = [
            Ballot(persona=f"tea#{number}", choice=0, shares=(1.0, 0.0), round=round)
            for round in (1, 0)
            for number in range(2)
        ]
        journal.add_result(items[1], "tea", cast, [], {"errors": []})
        yield journal


def test_panels_and_their_members_come_in_order_and_in_pages(journal):
    assert panel_sizes(journal) == [("cats", 2), ("tea", 2)]
    names = [persona for persona, _, _ in panel_members(journal, first=0, count=9)]
    assert names == ["cats#0", "cats#1", "tea#0", "tea#1"]
    assert panel_members(journal, first=2, count=1) == [("tea#0", "tea", {"activity": "low", "number": 0})]
    assert panel_members(journal, first=4, count=1) == []
    assert [place_of(journal, name) for name in ("cats#0", "tea#1", "zoo#0")] == [0, 3, 4]


def test_a_personas_ballots_stand_by_item_and_round(journal):
    assert (judged_by(journal, "tea"), judged_by(journal, "cats"), judged_by(journal, "birds")) == (3, 1, 0)
    found = persona_ballots(journal, "tea#1", "tea", first=0, count=9)
    assert [(item, [(each.persona, each.round) for each in ballots]) for item, ballots in found] == [
        ("one", []),
        ("two", [("tea#1", 0), ("tea#1", 1)]),
        ("again", []),
    ]
    assert [item for item, _ in persona_ballots(journal, "tea#1", "tea", first=1, count=1)] == ["two"]


def test_who_judges_an_item_and_what_it_asks(journal):
    assert communities_of(journal, "one") == ["tea", "cats"]
    assert communities_of(journal, "three") == []
    assert queries_of(journal, ["two", "three"]) == {"two": "two?"}
