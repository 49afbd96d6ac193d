"""Discussion: rounds known by hand, the fixed point of Friedkin and Johnsen, and what always holds."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array, csr_matrix

from personas.errors import InputError
from simulator.deliberate import deliberate, susceptibility

PAIR = [[0.0, 1.0], [1.0, 0.0]]
OPPOSED = [[1.0, 0.0], [0.0, 1.0]]


def distributions(rng: np.random.Generator, personas: int, size: int) -> np.ndarray:
    return rng.dirichlet(np.ones(size), size=personas)


@st.composite
def panels(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    personas, size = draw(st.integers(1, 6)), draw(st.integers(2, 4))
    weights = st.lists(st.sampled_from([0, 0, 1, 3, 0.5]), min_size=personas, max_size=personas)
    ties = np.array(draw(st.lists(weights, min_size=personas, max_size=personas)), dtype=float)
    follows = draw(st.lists(st.floats(0, 1), min_size=personas, max_size=personas))
    rng = np.random.default_rng(draw(st.integers(0, 999)))
    return distributions(rng, personas, size), ties, np.array(follows)


def test_two_personas_move_as_worked_out_by_hand() -> None:
    # x1 = 1/2 (0, 1) + 1/2 (1, 0); x2 listens a quarter.
    held = deliberate(OPPOSED, PAIR, [0.5, 0.25], rounds=2, tolerance=0)
    assert held.opinions[0].tolist() == OPPOSED
    assert held.opinions[1].tolist() == [[0.5, 0.5], [0.25, 0.75]]
    assert held.opinions[2].tolist() == [[0.625, 0.375], [0.125, 0.875]]
    assert (held.rounds_used, held.settled) == (2, False)
    assert held.final.tolist() == held.opinions[2].tolist()


def test_a_persona_listens_to_its_own_row_in_proportion_to_the_weights() -> None:
    ties = [[0, 3, 1], [0, 0, 0], [0, 0, 0]]
    opinions = [[0.5, 0.5], [1.0, 0.0], [0.0, 1.0]]
    held = deliberate(opinions, ties, [1, 1, 1], rounds=1)
    assert held.final.tolist() == [[0.75, 0.25], [1.0, 0.0], [0.0, 1.0]]


def test_nobody_moves_without_susceptibility() -> None:
    held = deliberate(OPPOSED, PAIR, [0, 0], rounds=5)
    assert held.final.tolist() == OPPOSED
    assert (held.rounds_used, held.settled) == (1, True)


def test_a_persona_without_neighbours_keeps_its_opinion() -> None:
    held = deliberate(OPPOSED, np.zeros((2, 2)), [1, 1], rounds=5)
    assert held.final.tolist() == OPPOSED
    assert held.settled


def test_a_fully_connected_and_fully_susceptible_panel_agrees_on_the_mean() -> None:
    opinions = distributions(np.random.default_rng(7), 5, 3)
    held = deliberate(opinions, np.ones((5, 5)), np.ones(5), rounds=10)
    assert held.final == pytest.approx(np.tile(opinions.mean(axis=0), (5, 1)))
    assert (held.rounds_used, held.settled) == (2, True)


def test_two_who_only_echo_each_other_never_settle() -> None:
    held = deliberate(OPPOSED, PAIR, [1, 1], rounds=7)
    assert (held.rounds_used, held.settled) == (7, False)
    assert held.final.tolist() == OPPOSED[::-1]


def test_the_fixed_point_is_that_of_friedkin_and_johnsen() -> None:
    rng = np.random.default_rng(7)
    opinions, ties, follows = distributions(rng, 12, 4), rng.random((12, 12)), rng.uniform(0.2, 0.95, 12)
    weights, stubborn = ties / ties.sum(axis=1, keepdims=True), np.diag(1 - follows)
    fixed = np.linalg.solve(np.eye(12) - np.diag(follows) @ weights, stubborn @ opinions)
    held = deliberate(opinions, ties, follows, rounds=1000, tolerance=1e-12)
    assert held.settled
    assert held.rounds_used < 1000
    assert held.final == pytest.approx(fixed, abs=1e-9)


def test_discussion_stops_at_the_first_round_that_moves_no_share_by_more_than_the_tolerance() -> None:
    held = deliberate(OPPOSED, PAIR, [0.5, 0.5], rounds=50, tolerance=0.01)
    moves = np.abs(np.diff(held.opinions, axis=0)).max(axis=(1, 2))
    assert (moves[:-1] > 0.01).all()
    assert moves[-1] <= 0.01
    assert held.opinions.shape == (held.rounds_used + 1, 2, 2)


def test_no_round_leaves_the_first_opinions() -> None:
    held = deliberate(OPPOSED, PAIR, [1, 1], rounds=0)
    assert held.opinions.tolist() == [OPPOSED]
    assert (held.rounds_used, held.settled) == (0, False)


@pytest.mark.parametrize("form", [csr_array, csr_matrix, np.asarray])
def test_sparse_and_dense_ties_are_the_same_and_are_left_as_they_are(form) -> None:
    dense = np.array([[0, 2, 0], [1, 0, 3], [0, 0, 0]], dtype=float)
    ties, opinions = form(dense), distributions(np.random.default_rng(7), 3, 2)
    held = deliberate(opinions, ties, [0.5, 0.9, 1], rounds=4)
    assert np.array_equal(held.opinions, deliberate(opinions, dense, [0.5, 0.9, 1], rounds=4).opinions)
    assert np.array_equal(ties.toarray() if hasattr(ties, "toarray") else ties, dense)


def test_a_stored_tie_of_weight_0_is_no_neighbour() -> None:
    ties = csr_array((np.array([0.0, 1.0]), (np.array([0, 1]), np.array([1, 0]))), shape=(2, 2))
    held = deliberate(OPPOSED, ties, [1, 1], rounds=1)
    assert held.final.tolist() == [[1.0, 0.0], [1.0, 0.0]]


def test_the_opinions_passed_in_are_not_changed() -> None:
    opinions = np.array(OPPOSED)
    deliberate(opinions, PAIR, [1, 1], rounds=3).opinions[0] += 1
    assert opinions.tolist() == OPPOSED


@settings(max_examples=80)
@given(panels())
def test_opinions_remain_distributions_within_the_hull_of_the_first_ones(
    panel: tuple[np.ndarray, np.ndarray, np.ndarray],
) -> None:
    opinions, ties, follows = panel
    held = deliberate(opinions, ties, follows, rounds=15)
    assert np.allclose(held.opinions.sum(axis=2), 1)
    assert (held.opinions >= 0).all()
    # In any direction, nobody goes further than the furthest first opinion.
    directions = np.random.default_rng(7).normal(size=(opinions.shape[1], 8))
    ahead, first = held.opinions @ directions, opinions @ directions
    assert (ahead <= first.max(axis=0) + 1e-9).all()
    assert (ahead >= first.min(axis=0) - 1e-9).all()


@settings(max_examples=40)
@given(panels(), st.randoms(use_true_random=False))
def test_the_order_of_the_personas_changes_nothing(panel, random) -> None:
    opinions, ties, follows = panel
    order = list(range(len(opinions)))
    random.shuffle(order)
    straight = deliberate(opinions, ties, follows, rounds=6, tolerance=0)
    moved = deliberate(opinions[order], ties[np.ix_(order, order)], follows[order], rounds=6, tolerance=0)
    assert moved.final == pytest.approx(straight.final[order])


@pytest.mark.parametrize(
    ("opinions", "ties", "follows", "options"),
    [
        ([[0.5, 0.6], [1, 0]], PAIR, [1, 1], {}),
        ([[1.5, -0.5], [1, 0]], PAIR, [1, 1], {}),
        ([[np.nan, 1], [1, 0]], PAIR, [1, 1], {}),
        ([1.0, 0.0], PAIR, [1, 1], {}),
        (np.empty((0, 2)), np.empty((0, 0)), [], {}),
        (OPPOSED, [[0, 1, 1], [1, 0, 1]], [1, 1], {}),
        (OPPOSED, [[0, -1], [1, 0]], [1, 1], {}),
        (OPPOSED, [[0, np.inf], [1, 0]], [1, 1], {}),
        (OPPOSED, PAIR, [1], {}),
        (OPPOSED, PAIR, [1, 1.1], {}),
        (OPPOSED, PAIR, [1, np.nan], {}),
        (OPPOSED, PAIR, [1, 1], {"rounds": -1}),
        (OPPOSED, PAIR, [1, 1], {"tolerance": -1}),
    ],
)
def test_what_cannot_be_discussed_is_refused(opinions, ties, follows, options) -> None:
    with pytest.raises(InputError):
        deliberate(opinions, ties, follows, **{"rounds": 3, **options})


def test_the_row_that_is_no_distribution_is_named() -> None:
    with pytest.raises(InputError, match="opinions, row 1"):
        deliberate([[1, 0], [0.2, 0.2]], PAIR, [1, 1], rounds=1)


@pytest.mark.parametrize(
    ("identity", "bond", "expected"),
    [
        (3.0, 1.0, 0.25),
        (1.0, 1.0, 0.5),
        (0.0, 2.0, 1.0),
        (2.0, 0.0, 0.0),
        (0.0, 0.0, 0.0),
        (-5.0, 2.0, 1.0),
        (2.0, -5.0, 0.0),
        (-1.0, -1.0, 0.0),
        (None, 2.0, 1.0),
        (2.0, None, 0.0),
        (None, None, 0.0),
    ],
)
def test_susceptibility_is_the_bonds_part_of_what_holds_a_community_together(
    identity, bond, expected
) -> None:
    assert susceptibility(identity, bond) == expected


@given(st.floats(-10, 10), st.floats(-10, 10), st.floats(0, 5))
def test_susceptibility_is_a_share_that_grows_with_the_bond(
    identity: float, bond: float, more: float
) -> None:
    assert 0 <= susceptibility(identity, bond) <= susceptibility(identity, bond + more) <= 1
