"""What a run would take, as it is told before the start."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simulator.estimate import Estimate, PhaseEstimate
from tui.reading.estimates import CountView, as_count, as_estimate


def _estimate(*, low=1.0, high=2.0, calls=(100, 300), known=True):
    phase = PhaseEstimate(
        phase="judge",
        calls=calls,
        prompt_tokens=(10_000, 30_000),
        completion_tokens=(1_000, 9_000),
        cost=(low, high) if known else None,
    )
    none = PhaseEstimate(
        phase="profile", calls=(0, 0), prompt_tokens=(0, 0), completion_tokens=(0, 0), cost=(0.0, 0.0)
    )
    found = Estimate(phases=(none, phase), sampled=4, already=0, notes=("counted so",))
    return found.as_data()


def _answer(**more):
    return {"predictor": "personas (a/b)", "estimate": _estimate(**more), "warnings": ["in French"]}


def test_only_phases_that_occur_are_told():
    assert [bill.phase for bill in as_estimate(_answer()).phases] == ["judge"]


def test_controls_and_what_is_written_beside_are_added_to_the_total():
    answer = {**_answer(), "controls": {"shuffled: as another": _estimate()}, "generation": _estimate()}
    view = as_estimate(answer)
    assert [bill.phase for bill in view.beside] == ["shuffled", "writing"]
    assert view.total.calls == (300, 900) and view.total.cost == (3.0, 6.0)
    assert view.price == "up to $6.00"
    assert [view.price_within(limit) for limit in ("", "7", "0.5")] == [
        "up to $6.00", "up to $6.00", "up to $0.50, its limit"
    ]  # fmt: skip


def test_a_total_with_one_unknown_part_is_unknown():
    view = as_estimate({**_answer(), "controls": {"direct": _estimate(known=False)}})
    assert view.total.cost is None and view.price == "cost unknown"
    assert view.price_within("2") == "up to $2.00, its limit"
    assert "unknown" in view.lines({})[-1]


@pytest.mark.parametrize(
    ("limits", "told"),
    [
        ({"max_cost": "0.5"}, "✗ goes over the limit of $0.50: it would stop there, unfinished"),
        ({"max_cost": "1.5"}, "! may reach the limit of $1.50, and would stop there"),
        ({"max_cost": "2"}, "✓ stays below the limit of $2.00"),
        ({"max_calls": "99"}, "✗ goes over the limit of 99 calls: it would stop there, unfinished"),
        ({"max_tokens": "20000"}, "! may reach the limit of 20.0k tokens, and would stop there"),
    ],
)
def test_each_limit_is_held_against_the_least_and_the_most(limits, told):
    assert as_estimate(_answer()).against(limits) == (told,)


def test_a_limit_of_cost_says_nothing_where_the_price_is_unknown():
    (line,) = as_estimate(_answer(known=False)).against({"max_cost": "1", "model": "a/b"})
    assert line == "! the cost is unknown, so nothing can be said of the limit of $1.00"


def test_the_rows_of_the_table_stand_in_straight_columns():
    lines = as_estimate(_answer()).lines({})
    assert lines[0].split() == ["phase", "calls", "tokens", "in", "tokens", "out", "cost"]
    assert lines[1].split() == ["judge", "100–300", "10.0k–30.0k", "1,000–9,000", "$1.00–2.00"]
    assert {len(line) for line in lines} == {60}


COUNT = as_count(
    {"items": 10, "judgements": 20, "found": False, "communities": [["tea", 8], ["cats", 8]],
     "left_out": {"no votes": 3}, "notes": ["by time"]}
)  # fmt: skip


def test_judgements_come_to_ballots_of_a_panel():
    first, *more = COUNT.lines(panel=4, prompts=False, chosen=0)
    assert first == "10 held-out items: about 20 judgements, 80 ballots before any discussion"
    assert more == ["left out: 3 × no votes", "by time"]


@pytest.mark.parametrize(
    ("chosen", "sets", "judged"), [(0, "shared", 20), (1, "own", 10), (2, "crossed", 40)]
)
def test_prompts_are_judged_by_the_chosen_communities_each_of_each_others_where_crossed(chosen, sets, judged):
    first = COUNT.lines(panel=None, prompts=True, chosen=chosen, sets=sets)[0]
    assert first == f"10 prompts: about {judged} judgements"


def test_communities_yet_to_be_found_leave_the_number_open():
    view = replace(COUNT, judgements=None, found=True)
    assert view.lines(panel=4, prompts=False, chosen=0)[0] == (
        "10 held-out items, by each community that is found and voted on it"
    )


def test_what_could_not_be_counted_is_said_alone():
    assert CountView(problem="gone").lines(panel=4, prompts=False, chosen=0) == ("✗ gone",)
