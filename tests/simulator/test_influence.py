"""Moves are read from the ballots of all rounds: one for each change of choice, and none for anything else."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personas.errors import InputError
from simulator.influence import Move, moves
from simulator.item import Ballot


def cast(persona, choice, number=0, **fields):
    if choice is not None:
        fields.setdefault("shares", tuple(float(option == choice) for option in range(3)))
    return Ballot(persona=persona, choice=choice, round=number, **fields)


def test_a_change_of_choice_names_the_round_both_options_and_who_moved_it():
    ballots = [cast("a", 0), cast("b", 1), cast("a", 1, 1, heard=("b",), moved_by=("b",)), cast("b", 1, 1)]
    assert moves(ballots) == [Move(round=1, persona="a", before=0, after=1, moved_by=("b",))]


def test_moves_to_and_from_abstaining_are_told_and_one_that_nobody_is_named_for():
    ballots = [cast("a", None), cast("a", 2, 1), cast("a", None, 2)]
    assert moves(ballots) == [
        Move(round=1, persona="a", before=None, after=2),
        Move(round=2, persona="a", before=2, after=None),
    ]


def test_the_same_choice_with_other_shares_is_no_move_and_a_failed_judgement_makes_none():
    ballots = [
        cast("a", 0, shares=(0.9, 0.1, 0.0)),
        cast("a", 0, 1, shares=(0.6, 0.4, 0.0)),
        cast("b", None, failure="timeout"),
        cast("b", None, 1, failure="timeout"),
    ]
    assert moves(ballots) == []
    assert moves([]) == []


def test_two_ballots_of_one_persona_and_round_are_refused():
    with pytest.raises(InputError, match="a has two ballots of round 1; give the ballots of one item"):
        moves([cast("a", 0), cast("a", 1, 1), cast("a", 0, 1)])


@given(
    st.lists(st.lists(st.sampled_from([None, 0, 1, 2]), min_size=3, max_size=3), min_size=1, max_size=5),
    st.randoms(use_true_random=False),
)
def test_the_moves_applied_to_the_first_round_give_the_last_whatever_the_order_of_the_ballots(rounds, chance):
    ballots = [
        cast(str(place), choice, number)
        for number, row in enumerate(rounds)
        for place, choice in enumerate(row)
    ]
    shuffled = chance.sample(ballots, len(ballots))
    found = moves(shuffled)
    held = {str(place): choice for place, choice in enumerate(rounds[0])}
    for move in found:
        assert held[move.persona] == move.before != move.after
        held[move.persona] = move.after
    assert list(held.values()) == rounds[-1]
    assert [move.round for move in found] == sorted(move.round for move in found)
    assert {(move.round, move.persona) for move in found} == {(m.round, m.persona) for m in moves(ballots)}
