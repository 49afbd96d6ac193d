"""What a run says of its own ballots is what its journal holds, weighted as it should be."""

from __future__ import annotations

import pytest

from simulator.item import Ballot, Item, Option
from simulator.journal import Journal
from simulator.run import Run

ITEM = Item(item="1", query="?", options=(Option(text="tea"), Option(text="milk")))


def result(ballots, bias, **more):
    preference = {
        "shares": [0.5, 0.5],
        "low": [],
        "high": [],
        "ballots": ballots,
        "abstentions": 1,
        "failures": 1,
    }
    counts = {"failed": {"refused": 1}, "flipped": 1, "asked_again": 2, "moved": 1, **more}
    return {
        "preference": preference,
        "position_bias": bias,
        "errors": [],
        "rounds": 1,
        "settled": True,
        **counts,
    }


def cast(persona, choice, round, **more):
    shares = (1.0, 0.0) if choice == 0 else (0.0, 1.0)
    return Ballot(persona=persona, choice=choice, shares=shares, round=round, **more)


@pytest.fixture
def run():
    journal = Journal.create(None)
    other = Item(item="2", query="?", options=ITEM.options)
    journal.add_items([ITEM, other])
    journal.add_jobs([("1", "tea"), ("2", "tea")])
    ballots = [
        cast("a", 0, 0),
        cast("b", 1, 0),
        cast("a", 1, 1, heard=("b",), moved_by=("b",)),
        cast("b", 1, 1),
    ]
    journal.add_result(ITEM, "tea", ballots, [], result(3, [0.2, -0.2]))
    journal.add_result(other, "tea", [], [], result(1, [-0.2, 0.2], failed={}, flipped=0))
    return Run(journal)


def test_reliability_adds_up_over_items_and_weighs_biases_by_ballots(run):
    known = run.reliability()
    assert (known.ballots, known.abstentions, known.failures) == (4, 2, {"refused": 1})
    assert (known.flipped, known.asked_again, known.flip_rate, known.moved) == (1, 4, 0.25, 2)
    assert known.position_bias[2] == pytest.approx((0.1, -0.1))
    assert known.as_data()["position_bias"]["2"] == pytest.approx([0.1, -0.1])


def test_a_run_says_who_moved_whom(run):
    (move,) = run.moves("1", "tea")
    assert (move.round, move.persona, move.before, move.after, move.moved_by) == (1, "a", 0, 1, ("b",))


def test_a_run_without_calls_has_used_nothing(run):
    assert run.usage() == []
    assert [row[:2] for row in run.failures()] == [("1", "tea")]
