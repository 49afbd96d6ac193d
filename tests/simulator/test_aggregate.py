"""From ballots to preferences: posteriors known by hand, balanced orders, and the bias of positions."""

from __future__ import annotations

import random
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from personas.errors import InputError
from simulator.aggregate import aggregate, balanced_orders, position_bias
from simulator.item import Ballot


def vote(choice: int, size: int, order: tuple[int, ...] = (), persona: str = "p") -> Ballot:
    shares = tuple(float(index == choice) for index in range(size))
    return Ballot(persona=persona, choice=choice, shares=shares, order=order)


ABSTENTION = Ballot(persona="silent", choice=None)

ballots = st.integers(2, 5).flatmap(
    lambda k: st.lists(
        st.one_of(
            st.just(ABSTENTION),
            st.lists(st.integers(1, 20), min_size=k, max_size=k).map(
                lambda row: Ballot(
                    persona="p", choice=row.index(max(row)), shares=tuple(x / sum(row) for x in row)
                )
            ),
        ),
        max_size=12,
    ).map(lambda rows: (rows, k))
)


def test_three_votes_of_four_give_the_jeffreys_posterior() -> None:
    preference = aggregate([vote(0, 2)] * 3 + [vote(1, 2)], 2)
    posterior = stats.beta(3.5, 1.5)
    assert preference.shares == pytest.approx((0.7, 0.3))
    assert preference.low[0] == pytest.approx(posterior.ppf(0.025))
    assert preference.high[0] == pytest.approx(posterior.ppf(0.975))
    assert (preference.ballots, preference.abstentions) == (4, 0)


def test_the_interval_of_an_even_prior_and_one_vote_is_known_in_closed_form() -> None:
    # Beta(2, 1) has the distribution function x ** 2, Beta(1, 2) its mirror image.
    preference = aggregate([vote(0, 2)], 2, prior=1.0)
    assert preference.shares == pytest.approx((2 / 3, 1 / 3))
    assert preference.low == pytest.approx((0.025**0.5, 1 - 0.975**0.5))
    assert preference.high == pytest.approx((0.975**0.5, 1 - 0.025**0.5))


def test_a_ballot_spreads_its_one_vote_over_the_options() -> None:
    split = Ballot(persona="p", choice=0, shares=(0.6, 0.3, 0.1))
    assert aggregate([split] * 5, 3).shares == pytest.approx((3.5 / 6.5, 2 / 6.5, 1 / 6.5))


def test_abstentions_are_counted_and_change_no_share() -> None:
    cast = [vote(0, 3), vote(2, 3)]
    with_silence = aggregate([*cast, ABSTENTION, ABSTENTION], 3)
    assert with_silence.shares == aggregate(cast, 3).shares
    assert with_silence.low == aggregate(cast, 3).low
    assert (with_silence.ballots, with_silence.abstentions) == (2, 2)


@pytest.mark.parametrize("silent", [0, 4])
def test_without_a_ballot_nothing_is_known(silent: int) -> None:
    preference = aggregate([ABSTENTION] * silent, 4)
    assert preference.shares == (0.25,) * 4
    assert (preference.low, preference.high) == ((0.0,) * 4, (1.0,) * 4)
    assert (preference.ballots, preference.abstentions) == (0, silent)


@given(ballots, st.integers(0, 99))
def test_a_preference_is_a_distribution_within_its_intervals_in_any_order_of_ballots(
    case: tuple[list[Ballot], int], seed: int
) -> None:
    rows, size = case
    preference = aggregate(rows, size)
    assert sum(preference.shares) == pytest.approx(1)
    bounds = zip(preference.low, preference.shares, preference.high, strict=True)
    assert all(0 <= low < share < high <= 1 for low, share, high in bounds)
    shuffled = random.Random(seed).sample(rows, len(rows))
    assert aggregate(shuffled, size) == preference


@given(ballots)
def test_permuting_the_options_permutes_the_preference(case: tuple[list[Ballot], int]) -> None:
    rows, size = case
    turned = [
        row
        if row.choice is None
        else Ballot(persona="p", choice=size - 1 - row.choice, shares=row.shares[::-1])
        for row in rows
    ]
    before, after = aggregate(rows, size), aggregate(turned, size)
    assert after.shares == pytest.approx(before.shares[::-1])
    assert after.low == pytest.approx(before.low[::-1])


def test_more_ballots_narrow_the_interval() -> None:
    widths = []
    for n in (1, 4, 16, 64):
        preference = aggregate([vote(0, 2), vote(1, 2)] * n, 2)
        widths.append(preference.high[0] - preference.low[0])
    assert widths == sorted(widths, reverse=True)


def test_the_interval_covers_the_share_of_the_community_that_the_panel_is_drawn_from() -> None:
    rng = np.random.default_rng(7)
    covered = 0
    for _ in range(400):
        p = rng.dirichlet([0.5, 0.5, 0.5])
        preference = aggregate([vote(int(c), 3) for c in rng.choice(3, size=15, p=p)], 3)
        covered += preference.low[0] <= p[0] <= preference.high[0]
    assert 0.92 <= covered / 400 <= 0.98


@pytest.mark.parametrize(
    ("rows", "size", "prior"),
    [([], 1, 0.5), ([vote(0, 3)], 2, 0.5), ([], 2, 0.0), ([], 2, -1.0), ([], 2, float("nan"))],
)
def test_what_cannot_be_aggregated_is_refused(rows, size, prior) -> None:
    with pytest.raises(InputError):
        aggregate(rows, size, prior=prior)


def stood(orders: list[tuple[int, ...]]) -> Counter[tuple[int, int]]:
    return Counter((option, place) for order in orders for place, option in enumerate(order))


@given(st.integers(1, 7), st.integers(0, 40), st.integers(0, 9))
def test_every_option_stands_in_every_position_equally_often(size: int, panel: int, seed: int) -> None:
    orders = balanced_orders(size, panel, seed)
    assert len(orders) == panel
    assert all(sorted(order) == list(range(size)) for order in orders)
    counts = [stood(orders)[option, place] for option in range(size) for place in range(size)]
    assert set(counts) <= {panel // size, -(-panel // size)}


def test_orders_depend_on_the_seed_and_on_nothing_else() -> None:
    assert balanced_orders(4, 32, 7) == balanced_orders(4, 32, 7)
    assert balanced_orders(4, 32, 7) != balanced_orders(4, 32, 8)


def test_who_gets_an_unfinished_row_is_drawn() -> None:
    shown_first = {balanced_orders(5, 1, seed)[0][0] for seed in range(40)}
    assert shown_first == set(range(5))


def test_neighbouring_personas_do_not_always_share_a_square() -> None:
    shown_first = [{order[0] for order in balanced_orders(4, 32, seed)[:4]} for seed in range(10)]
    assert any(len(options) < 4 for options in shown_first)


def test_options_do_not_always_follow_the_same_neighbour() -> None:
    followers = {order[order.index(0) + 1] for order in balanced_orders(4, 64, 7) if order.index(0) < 3}
    assert followers == {1, 2, 3}


@pytest.mark.parametrize(("size", "panel"), [(0, 3), (3, -1)])
def test_orders_of_nothing_are_refused(size: int, panel: int) -> None:
    with pytest.raises(InputError):
        balanced_orders(size, panel, 7)


def test_a_panel_that_takes_what_stands_first_has_the_whole_bias_there() -> None:
    rows = [vote(order[0], 4, order) for order in balanced_orders(4, 32, 7)]
    assert position_bias(rows) == pytest.approx([0.75, -0.25, -0.25, -0.25])


def test_a_panel_that_takes_the_same_option_wherever_it_stands_has_no_bias() -> None:
    rows = [vote(2, 4, order) for order in balanced_orders(4, 32, 7)]
    assert position_bias(rows) == pytest.approx([0] * 4)


def test_an_unbalanced_order_explains_where_choices_fall() -> None:
    # Everyone takes option 1 and is shown it first: nothing says that the position did it.
    assert position_bias([vote(1, 3, (1, 2, 0))] * 6) == pytest.approx([0, 0, 0])


def test_a_leftover_bias_is_the_one_worked_out_by_hand() -> None:
    # Three of four chose the first position; s = (3/4, 1/4), f of the first position = (1/2, 1/2).
    rows = [vote(0, 2, (0, 1)), vote(0, 2, (0, 1)), vote(1, 2, (1, 0)), vote(0, 2, (1, 0))]
    assert position_bias(rows) == pytest.approx([0.25, -0.25])


def test_ballots_without_a_choice_or_an_order_are_no_evidence() -> None:
    silent = Ballot(persona="p", choice=None, order=(0, 1))
    assert position_bias([]) is None
    assert position_bias([silent, vote(0, 2)]) is None
    kept = [vote(0, 2, (0, 1)), vote(1, 2, (1, 0))]
    assert position_bias([*kept, silent, vote(0, 2)]).tolist() == position_bias(kept).tolist()


@given(st.lists(st.tuples(st.permutations(range(4)), st.integers(0, 3)), min_size=1, max_size=30))
def test_biases_add_up_to_0(rows: list[tuple[list[int], int]]) -> None:
    bias = position_bias([vote(choice, 4, tuple(order)) for order, choice in rows])
    assert bias.shape == (4,)
    assert bias.sum() == pytest.approx(0, abs=1e-12)
    assert np.all(np.abs(bias) <= 1)


@pytest.mark.parametrize("order", [(0, 0), (0,), (1, 2), (0, 1, 2)])
def test_an_order_that_does_not_show_each_option_once_is_refused(order: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match="ballot of p"):
        position_bias([vote(0, 2, order)])


@pytest.mark.parametrize("odd", [vote(0, 3, (0, 1, 2)), vote(2, 3, (0, 1))])
def test_ballots_on_different_numbers_of_options_are_not_pooled(odd: Ballot) -> None:
    with pytest.raises(InputError):
        position_bias([vote(0, 2, (0, 1)), odd])
