"""What a user is told whose selection keeps nothing: which choice it was, and what others would have kept."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from judged_sets import fill, judged

from personas.errors import InputError
from simulator.export.choosing.decided import Decided, Rung, Tally
from simulator.export.choosing.ledger import Ledger, nothing_kept
from simulator.export.selection import Selection

PROBABILITIES = ((0.5, 402), (0.6, 300), (0.7, 240), (0.8, 201), (0.9, 84), (0.95, 31))


def tally(judged, community="tea", split="train", **dropped) -> Tally:
    gone = sum(dropped.values())
    return Tally(split=split, community=community, judged=judged, kept=judged - gone, dropped=dropped)


def made(*tallies, margins=(), probabilities=(), ordered=0) -> Decided:
    def rungs(rows):
        return tuple(Rung(threshold=threshold, pairs=pairs) for threshold, pairs in rows)

    by_margin, by_probability = rungs(margins), rungs(probabilities)
    return Decided(
        pairs=tallies, marks=(), by_margin=by_margin, by_probability=by_probability, ordered=ordered
    )


def test_a_probability_that_none_reaches_is_told_with_what_lower_ones_would_have_kept() -> None:
    decided = made(tally(1204, min_probability=1204), probabilities=PROBABILITIES, ordered=402)
    error = nothing_kept(decided, Selection(min_probability=0.99))
    assert str(error) == (
        "no pair of 1,204 passes min_probability 0.99; 0.95 would have kept 31, 0.9 84, 0.8 201, 0.7 240"
    )
    assert isinstance(error, InputError)
    assert error.remedy.startswith("0.95")


def test_only_thresholds_below_the_chosen_one_that_keep_something_are_named() -> None:
    rows = (*PROBABILITIES[:4], (0.9, 0), (0.95, 0))
    decided = made(tally(1204, min_probability=1204), probabilities=rows, ordered=402)
    assert nothing_kept(decided, Selection(min_probability=0.99)).remedy.startswith("0.8 would have kept 201")
    decided = made(tally(9, min_margin=9), margins=((0.0, 7), (0.05, 5), (0.1, 0)), ordered=9)
    error = nothing_kept(decided, Selection(min_margin=0.1))
    assert str(error) == "no pair of 9 passes min_margin 0.1; 0.05 would have kept 5, 0 7"


def test_where_both_thresholds_drop_pairs_each_is_told() -> None:
    decided = made(
        tally(30, min_margin=20, min_probability=8, even=2),
        margins=((0.0, 0), (0.05, 0)),
        probabilities=((0.5, 8), (0.9, 1)),
        ordered=28,
    )
    error = nothing_kept(decided, Selection(min_margin=0.3, min_probability=0.95))
    assert str(error) == (
        "no pair of 30 passes min_margin 0.3 and min_probability 0.95; "
        "min_probability 0.9 would have kept 1, 0.5 8"
    )


def test_where_no_single_threshold_would_do_both_together_are_told() -> None:
    decided = made(
        tally(30, min_margin=20, min_probability=10),
        margins=((0.0, 0),),
        probabilities=((0.5, 0),),
        ordered=30,
    )
    error = nothing_kept(decided, Selection(min_margin=0.3, min_probability=0.95))
    assert error.remedy == "min_margin 0 and min_probability 0.5 together would have kept 30"


def test_pairs_without_any_order_and_no_pairs_at_all_are_told_apart() -> None:
    error = nothing_kept(made(tally(7, even=7)), Selection())
    assert error.what == "no pair of 7 has an order: neither candidate is ahead in any"
    assert "soft label" in error.remedy
    assert "nobody cast a ballot" in nothing_kept(made(), Selection()).what


def test_lengths_that_cannot_be_matched_are_told() -> None:
    decided = made(tally(9, even=2, match_length=7), ordered=7)
    error = nothing_kept(decided, Selection(match_length=True))
    assert error.what.startswith("match_length leaves no pair of 7 that pass")


def test_the_community_for_which_balance_leaves_nothing_is_named() -> None:
    decided = made(tally(9, balance=9), tally(4, "coffee", min_probability=4), ordered=9)
    error = nothing_kept(decided, Selection(balance=True))
    assert str(error) == (
        "balance leaves no pair of 9 that pass: coffee has none that could stay; "
        "leave it out, or export without balance"
    )
    apart = made(
        tally(9, balance=9), tally(0, "coffee"), tally(0, split="test"), tally(4, "coffee", "test", balance=4)
    )
    assert "in no split" in nothing_kept(apart, Selection(balance=True)).what


def test_a_split_that_balance_emptied_is_noted_with_the_community_that_did_it() -> None:
    decided = made(
        tally(9),
        tally(9, "coffee", balance=0),
        tally(3, split="test", balance=3),
        tally(2, "coffee", "test", min_probability=2),
    )
    assert decided.notes() == ("no test pair is kept: balance, and none could stay of coffee",)


def test_a_split_that_thresholds_emptied_is_noted_and_nobody_is_blamed() -> None:
    decided = made(tally(9), tally(3, split="test", min_margin=3), tally(2, "coffee", "test", min_margin=2))
    assert decided.notes() == ("no test pair is kept",)


def test_it_is_plain_data_that_json_gives_back() -> None:
    data = made(tally(9, even=2), margins=((0.0, 7),), ordered=7).as_data()
    assert json.loads(json.dumps(data)) == data
    assert (data["judged"], data["kept"], data["dropped"]) == (9, 7, {"even": 2})
    assert data["pairs"][0]["dropped"] == {"even": 2}
    assert data["by_margin"] == [{"threshold": 0.0, "pairs": 7}]
    assert data["notes"] == []


@pytest.mark.parametrize(
    ("choices", "told"),
    [
        (
            {"min_probability": 0.999},
            r"no pair of 40 passes min_probability 0\.999; 0\.95 would have kept 10",
        ),
        ({"min_margin": 0.99}, r"no pair of 40 passes min_margin 0\.99; 0\.3 would have kept 10"),
        ({"match_length": True}, "match_length leaves no pair of 10 that pass"),
        ({"balance": True}, "coffee has none that could stay"),
    ],
)
def test_a_ledger_that_kept_nothing_says_so(tmp_path, choices, told) -> None:
    sets = [
        judged(f"p{n}", ("a longer one", "short"), {"tea": (5, 0) if n < 10 else (3, 2), "coffee": (3, 3)})
        for n in range(20)
    ]
    selection = replace(Selection(min_probability=0.95), **choices)
    with Ledger(tmp_path) as ledger:
        fill(ledger, sets, selection)
        decided = ledger.decide(selection, np.zeros(20, np.int8))
    assert decided.kept == 0
    with pytest.raises(InputError, match=told):
        raise nothing_kept(decided, selection)
