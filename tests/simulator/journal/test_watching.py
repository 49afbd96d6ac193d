"""What those who watch a run read of its journal: ballots as they are cast, jobs by their place, milestones."""

from __future__ import annotations

import asyncio

import pytest

from simulator.item import Ballot, Item, Option
from simulator.journal import Journal


@pytest.fixture
def journal(tmp_path):
    with Journal.create(tmp_path / "run") as opened:
        yield opened


def _item(name: str) -> Item:
    return Item(item=name, query=f"{name}?", options=(Option(text="yes"), Option(text="no")))


def _ballot(persona: str, **more) -> Ballot:
    return Ballot(persona=persona, choice=0, shares=(1.0, 0.0), order=(0, 1), **more)


def _result(**more) -> dict:
    return {"errors": [], **more}


async def test_ballots_can_be_read_as_they_are_cast_and_share_a_transaction(journal):
    journal.add_jobs([("a", "tea")])
    for persona in ("tea#0", "tea#1"):
        journal.arrive(_item("a"), "tea", _ballot(persona))
    assert journal.events() == []
    await asyncio.sleep(0.2)
    told = [(kind, body["persona"], body["round"]) for _, _, kind, body in journal.events()]
    assert told == [("ballot", "tea#0", 0), ("ballot", "tea#1", 0)]
    assert [ballot.persona for ballot in journal.ballots("a", "tea")] == ["tea#0", "tea#1"]
    assert journal.item("a") == _item("a")
    assert journal.progress() == (0, 1)


async def test_a_result_comes_after_the_ballots_that_were_cast_for_it(journal):
    journal.add_jobs([("a", "tea")])
    journal.arrive(_item("a"), "tea", _ballot("tea#0"))
    journal.add_result(_item("a"), "tea", [_ballot("tea#0", reason="as it stands")], [], _result())
    assert [kind for _, _, kind, _ in journal.events()] == ["ballot", "result"]
    assert [ballot.reason for ballot in journal.ballots("a", "tea")] == ["as it stands"]
    await asyncio.sleep(0.1)
    assert len(journal.events()) == 2


async def test_what_waits_is_written_when_the_journal_is_closed(tmp_path):
    journal = Journal.create(tmp_path / "run")
    journal.arrive(_item("a"), "tea", _ballot("tea#0"))
    journal.close()
    with Journal.read(tmp_path / "run") as read:
        assert len(read.events()) == 1


def test_jobs_are_read_from_any_place_on_with_what_came_of_them(journal):
    journal.add_items([_item("a"), _item("b")])
    journal.add_jobs([("a", "tea"), ("a", "cats"), ("b", "tea"), ("unwritten", "tea")])
    journal.add_result(_item("a"), "cats", [], [], _result(rounds=2))
    rows = journal.jobs(first=1, count=2)
    assert [(item, community) for item, community, _, _ in rows] == [("a", "cats"), ("b", "tea")]
    assert rows[0][2:] == (_item("a"), {"errors": [], "rounds": 2})
    assert rows[1][2:] == (_item("b"), None)
    assert journal.jobs(first=3, count=5) == [("unwritten", "tea", None, None)]


def test_jobs_and_milestones_are_found_through_an_index(journal):
    journal.add_jobs([("a", "tea")])
    db = journal._db
    plan = " ".join(
        str(row) for row in db.execute("EXPLAIN QUERY PLAN SELECT * FROM jobs WHERE place >= 1 AND place < 2")
    )
    assert "jobs_by_place" in plan
    asked = "SELECT number FROM events WHERE kind NOT IN ('ballot', 'result', 'failure') ORDER BY number"
    assert "milestones" in " ".join(str(row) for row in db.execute(f"EXPLAIN QUERY PLAN {asked}"))


def test_milestones_leave_out_ballots_and_results(journal):
    journal.event("start", {"jobs": 1})
    journal.add_failure("a", "tea", _result())
    journal.event("done", {})
    assert [(number, kind) for number, _, kind, _ in journal.milestones()] == [(1, "start"), (3, "done")]


def test_predictions_stand_in_their_order_and_are_none_where_they_were_not_kept(journal):
    journal.add_predictions(1, "uniform", [("a", "tea", (0.5, 0.5))])
    journal.add_predictions(0, "majority", [("a", "tea", (1, 0)), ("a", "cats", (0, 1))])
    assert journal.predictions("a", "tea") == {"majority": (1, 0), "uniform": (0.5, 0.5)}
    assert journal.predictions("b", "tea") == {}
    journal._db.execute("DROP TABLE predictions")
    assert journal.predictions("a", "tea") == {}
