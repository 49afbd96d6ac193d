"""The offline discussion: shares move as the published model has it, rounds are recorded, and movers are named."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_runs import room_of, store_of

from personas.persona import Panel, Persona
from simulator.deliberate import deliberate
from simulator.discuss import Discussed, OpinionDynamics
from simulator.influence import Move, moves
from simulator.item import Ballot, Item, Option
from simulator.retrieval import Retrieved

ITEM = Item(item="1", query="?", options=(Option(text="warm the pot"), Option(text="use soft water")))
STORE = store_of(["warm the pot"])
NORMS = Retrieved(
    store=STORE, cosines=np.zeros((2, 0), np.float32), indices=np.zeros((2, 0), np.int64), keep=1
)
RING = [[0, 1, 0], [0, 0, 1], [1, 0, 0]]
THREE = ((0.9, 0.1), (0.2, 0.8), (0.3, 0.7))


def name(place):
    return f"tea#{place}"


def ballot(place, shares, **fields):
    if shares is None:
        return Ballot(persona=name(place), choice=None, order=(0, 1), reason="no idea", **fields)
    return Ballot(
        persona=name(place), choice=int(np.argmax(shares)), shares=shares, order=(0, 1), reason="so", **fields
    )


def discussed(ballots, ties, susceptibility, *, rounds=3):
    personas = tuple(Persona(persona=each.persona, community="tea") for each in ballots)
    room = room_of(Panel(community="tea", personas=personas), STORE, ties=ties, susceptibility=susceptibility)
    return asyncio.run(OpinionDynamics().discuss(ITEM, room, NORMS, ballots, rounds=rounds))


def test_shares_are_those_of_friedkin_and_johnsen_after_every_round():
    found = discussed([ballot(place, shares) for place, shares in enumerate(THREE)], RING, 0.6)
    expected = deliberate(THREE, RING, [0.6] * 3, rounds=3)
    assert not found.settled
    assert len(found.rounds) == 3
    for number, cast in enumerate(found.rounds, start=1):
        assert np.allclose([each.shares for each in cast], expected.opinions[number])
        assert {each.round for each in cast} == {number}


def test_who_is_moved_names_the_neighbour_whose_choice_it_took_over_and_says_so():
    found = discussed([ballot(place, shares) for place, shares in enumerate(THREE)], RING, 0.6)
    first = found.rounds[0]
    assert [each.heard for each in first] == [("tea#1",), ("tea#2",), ("tea#0",)]
    assert (first[0].choice, first[0].moved_by) == (1, ("tea#1",))
    assert first[0].reason == "moved by its neighbours in discussion"
    assert (first[1].choice, first[1].moved_by, first[1].reason) == (1, (), "so")
    assert moves([ballot(0, THREE[0]), first[0]]) == [
        Move(round=1, persona="tea#0", before=0, after=1, moved_by=("tea#1",))
    ]
    assert found.rounds[1][0].moved_by == (), "it moved in the round before"


def test_neighbours_that_held_something_else_are_no_movers():
    ties = [[0, 3, 1], [0, 0, 0], [0, 0, 0]]
    ballots = [ballot(0, (0.6, 0.4)), ballot(1, (0.0, 1.0)), ballot(2, (1.0, 0.0))]
    cast = discussed(ballots, ties, 1.0).rounds[0][0]
    assert cast.shares == pytest.approx((0.25, 0.75))
    assert (cast.heard, cast.moved_by) == (("tea#1", "tea#2"), ("tea#1",))


def test_two_who_only_follow_each_other_swap_for_ever_and_each_swap_names_the_other():
    found = discussed([ballot(0, (1.0, 0.0)), ballot(1, (0.0, 1.0))], [[0, 1], [1, 0]], 1.0, rounds=2)
    assert [[each.choice for each in cast] for cast in found.rounds] == [[1, 0], [0, 1]]
    assert [cast[0].moved_by for cast in found.rounds] == [("tea#1",)] * 2
    assert [cast[0].reason for cast in found.rounds] == ["moved by its neighbours in discussion", "so"]


def test_opinions_that_agree_settle_in_one_round():
    found = discussed([ballot(place, (0.7, 0.3)) for place in range(3)], RING, 0.6)
    assert (len(found.rounds), found.settled, found.problems) == (1, True, ())


def test_abstentions_and_failures_stay_and_are_not_listened_to():
    ballots = [ballot(0, THREE[0]), ballot(1, None, failure="timeout"), ballot(2, THREE[2])]
    found = discussed(ballots, RING, 0.6)
    for number, cast in enumerate(found.rounds, start=1):
        assert (cast[1].choice, cast[1].failure, cast[1].round) == (None, "timeout", number)
        assert cast[0].shares == pytest.approx(THREE[0]), "its only neighbour failed"
        assert cast[0].heard == ()
    assert found.rounds[0][2].shares[0] == pytest.approx(0.6 * 0.9 + 0.4 * 0.3)


@pytest.mark.parametrize(
    ("ties", "susceptibility"),
    [(None, 0.6), (RING, 0.0), ([[0, 0, 0], [1, 0, 0], [0, 0, 0]], 0.6)],
    ids=["no ties", "no susceptibility", "ties to who abstains"],
)
def test_there_is_no_discussion_where_nobody_has_anybody_to_follow(ties, susceptibility):
    abstaining = ties not in (None, RING)
    ballots = [ballot(place, shares) for place, shares in enumerate(THREE)]
    ballots[0] = ballot(0, None) if abstaining else ballots[0]
    assert discussed(ballots, ties, susceptibility) == Discussed()


shares_of_two = st.floats(0, 1).map(lambda share: (share, 1 - share))


@given(
    st.lists(st.none() | shares_of_two, min_size=2, max_size=6),
    st.floats(0, 1),
    st.integers(1, 4),
    st.integers(0, 2**30),
)
def test_every_round_holds_a_ballot_a_persona_and_nobody_starts_or_stops_abstaining(
    shares, follows, rounds, seed
):
    ties = np.random.default_rng(seed).integers(0, 3, (len(shares), len(shares))) * (
        1 - np.eye(len(shares), dtype=int)
    )
    ballots = [ballot(place, each) for place, each in enumerate(shares)]
    found = discussed(ballots, ties, follows, rounds=rounds)
    assert len(found.rounds) <= rounds
    for cast in found.rounds:
        assert [each.persona for each in cast] == [each.persona for each in ballots]
        assert [each.choice is None for each in cast] == [each is None for each in shares]
        assert all(set(each.moved_by) <= set(each.heard) for each in cast)
        assert all(each.persona not in each.heard for each in cast)
