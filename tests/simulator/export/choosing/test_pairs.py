"""Pairs and labels of a candidate set: probabilities known in closed form, ties by lot, and who disagrees with whom."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from judged_sets import asked, forecast, judged, voted
from scipy import stats

from simulator.export.choosing.pairs import Pair, marks_of, order_probability, pairs_of
from simulator.export.selection import Selection

EVERY = Selection(min_probability=None)
SURE = Selection(min_probability=0.9)
TEXTS = ("one", "two, longer", "three", "four and so on", "five")

votes_of_some = st.integers(2, 5).flatmap(
    lambda size: st.lists(
        st.lists(st.integers(0, 6), min_size=size, max_size=size).map(tuple), min_size=1, max_size=4
    )
)
thresholds = st.builds(
    Selection,
    min_margin=st.sampled_from([0.0, 0.1, 0.25]),
    min_probability=st.sampled_from([None, 0.5, 0.7, 0.9]),
    pairs=st.sampled_from(["all", "best-rest", "best-worst"]),
)


def many(votes, name="p1"):
    texts = TEXTS[: len(votes[0])]
    return judged(name, texts, {f"c{place}": counts for place, counts in enumerate(votes)})


def only(records, selection=EVERY) -> Pair:
    ((pair,),) = pairs_of(records, selection)
    return pair


def test_one_more_share_of_a_whole_is_as_probable_as_the_closed_form_says() -> None:
    # P(x > y) for Beta(n, 1): x = θ1 / (θ1 + θ2), so 1 - 0.5 ** n.
    n = np.arange(1.0, 9.0)
    assert order_probability(n, np.ones(8)) == pytest.approx(1 - 0.5**n)


@pytest.mark.parametrize(("more", "less"), [(3.5, 1.5), (0.5, 0.5), (40.5, 20.5), (1000.0, 900.0)])
def test_the_order_probability_is_the_upper_tail_of_a_beta_distribution(more: float, less: float) -> None:
    found = order_probability(np.array([more]), np.array([less]))[0]
    assert found == pytest.approx(stats.beta(more, less).sf(0.5), abs=1e-12)


def test_the_probability_is_how_often_a_draw_of_the_whole_posterior_has_this_order() -> None:
    alpha = (3.5, 1.5, 2.5, 0.5)
    drawn = np.random.default_rng(7).dirichlet(alpha, size=200_000)
    (pairs,) = pairs_of((voted(asked("p", TEXTS[:4]), "tea", (3, 1, 2, 0)),), EVERY)
    assert len(pairs) == 6
    for pair in pairs:
        seen = (drawn[:, pair.chosen] > drawn[:, pair.rejected]).mean()
        assert pair.probability == pytest.approx(seen, abs=0.004)


def test_three_votes_to_one_by_hand() -> None:
    pair = only(judged("p1", ("yes!", "no"), {"tea": (3, 1)}))
    assert (pair.chosen, pair.rejected, pair.judged_by, pair.against, pair.length) == (0, 1, 1, 0, 2)
    assert pair.margin == pytest.approx(0.7 - 0.3)
    assert pair.vote_share == pytest.approx(3.5 / 5)
    assert pair.probability == pytest.approx(stats.beta(3.5, 1.5).sf(0.5))
    assert not pair.tie


def test_the_vote_share_leaves_out_the_candidates_that_are_not_of_the_pair() -> None:
    (pairs,) = pairs_of(judged("p1", TEXTS[:3], {"tea": (6, 3, 1)}), EVERY)
    assert [(pair.chosen, pair.rejected) for pair in pairs] == [(0, 1), (0, 2), (1, 2)]
    assert [pair.vote_share for pair in pairs] == pytest.approx([6.5 / 10, 6.5 / 8, 3.5 / 5])
    assert [pair.margin for pair in pairs] == pytest.approx([3 / 11.5, 5 / 11.5, 2 / 11.5])


def test_which_pairs_a_set_gives_can_be_chosen() -> None:
    records = judged("p1", TEXTS[:4], {"tea": (1, 4, 0, 2)})

    def found(pairing):
        (pairs,) = pairs_of(records, Selection(pairs=pairing))
        return [(pair.chosen, pair.rejected) for pair in pairs]

    assert found("all") == [(1, 3), (1, 0), (1, 2), (3, 0), (3, 2), (0, 2)]
    assert found("best-rest") == [(1, 3), (1, 0), (1, 2)]
    assert found("best-worst") == [(1, 2)]


def test_a_pair_exactly_at_a_threshold_is_no_tie_whatever_rounding_says() -> None:
    # 0.35 - 0.25 is 0.09999999999999998.
    records = (forecast(asked("p1", TEXTS[:3]), "tea", (0.35, 0.25, 0.4)),)

    def ties(margin):
        (pairs,) = pairs_of(records, Selection(min_margin=margin))
        return {(pair.chosen, pair.rejected): pair.tie for pair in pairs}

    assert ties(0.1) == {(2, 0): True, (2, 1): False, (0, 1): False}
    assert ties(0.11) == {(2, 0): True, (2, 1): False, (0, 1): True}
    at = only(judged("p1", TEXTS[:2], {"tea": (3, 1)})).probability
    assert not only(judged("p1", TEXTS[:2], {"tea": (3, 1)}), Selection(min_probability=at)).tie
    assert only(judged("p1", TEXTS[:2], {"tea": (3, 1)}), Selection(min_probability=at + 1e-6)).tie


def test_equal_shares_are_a_tie_at_any_threshold() -> None:
    pair = only(judged("p1", TEXTS[:2], {"tea": (2, 2)}), Selection(min_probability=0.5))
    assert (pair.margin, pair.probability, pair.vote_share, pair.tie) == (0.0, 0.5, 0.5, True)


def test_shares_that_differ_by_rounding_alone_are_equal() -> None:
    pair = only((forecast(asked("p1", TEXTS[:2]), "tea", (0.5 + 1e-13, 0.5 - 1e-13)),))
    assert (pair.margin, pair.vote_share, pair.tie) == (0.0, 0.5, True)


@pytest.mark.parametrize("size", [2, 3])
def test_equal_shares_are_ordered_by_lot_and_not_by_place(size: int) -> None:
    votes = (4, 4, 0)[:size]
    firsts = sum(
        pairs_of(judged(f"p{n}", TEXTS[:size], {"tea": votes}), EVERY)[0][0].chosen == 0 for n in range(400)
    )
    assert 160 <= firsts <= 240


def test_the_lot_of_equal_shares_follows_the_text_the_community_the_set_and_the_seed() -> None:
    def chosen(name, texts, community, seed):
        records = judged(name, texts, {community: (2, 2)})
        pair = only(records, Selection(seed=seed))
        return texts[pair.chosen]

    texts = ("tea", "coffee")
    for seed in range(20):
        assert chosen("p1", texts, "a", seed) == chosen("p1", texts[::-1], "a", seed)
    assert {chosen("p1", texts, "a", seed) for seed in range(20)} == set(texts)
    assert {chosen("p1", texts, f"c{n}", 7) for n in range(20)} == set(texts)
    assert {chosen(f"p{n}", texts, "a", 7) for n in range(20)} == set(texts)


@given(votes_of_some, thresholds, st.randoms(use_true_random=False))
def test_neither_the_order_of_candidates_nor_that_of_communities_changes_what_is_said(
    votes, selection, random
) -> None:
    texts = TEXTS[: len(votes[0])]
    turn = list(range(len(texts)))
    random.shuffle(turn)
    item, turned = asked("p1", texts), asked("p1", [texts[at] for at in turn])
    before = [voted(item, f"c{n}", counts) for n, counts in enumerate(votes)]
    after = [voted(turned, f"c{n}", [counts[at] for at in turn]) for n, counts in enumerate(votes)][::-1]

    def told(records, pairs):
        return {
            record.community: [
                (record.item.options[pair.chosen].text, record.item.options[pair.rejected].text)
                for pair in its_pairs
            ]
            + [
                (
                    pytest.approx(pair.margin),
                    pytest.approx(pair.probability),
                    pair.tie,
                    pair.against,
                    pair.length,
                )
                for pair in its_pairs
            ]
            for record, its_pairs in zip(records, pairs, strict=True)
        }

    assert told(before, pairs_of(before, selection)) == told(after, pairs_of(after, selection))


@given(votes_of_some, thresholds)
def test_what_is_chosen_is_ahead_and_every_figure_is_in_its_bounds(votes, selection) -> None:
    records = many(votes)
    for record, pairs in zip(records, pairs_of(records, selection), strict=True):
        shares, size = record.preference.shares, record.item.size
        count = {"all": size * (size - 1) // 2, "best-rest": size - 1, "best-worst": 1}[selection.pairs]
        assert len(pairs) == (count if record.ballots else 0)
        assert len({frozenset((pair.chosen, pair.rejected)) for pair in pairs}) == len(pairs)
        for pair in pairs:
            assert pair.chosen != pair.rejected
            assert pair.margin == pytest.approx(shares[pair.chosen] - shares[pair.rejected])
            assert pair.margin >= 0
            assert 0.5 <= pair.probability <= 1
            assert 0.5 <= pair.vote_share <= 1
            assert (pair.probability > 0.5) == (pair.margin > 0) == (pair.vote_share > 0.5)
            assert pair.tie == (
                pair.margin == 0
                or pair.margin < selection.min_margin - 1e-9
                or pair.probability < (selection.min_probability or 0) - 1e-9
            )
            assert pair.judged_by == sum(bool(other.ballots) for other in records)
            assert 0 <= pair.against < pair.judged_by


@given(votes_of_some, st.sampled_from([EVERY, SURE, Selection(min_margin=0.2)]))
def test_a_dispute_has_two_sides(votes, selection) -> None:
    records = many(votes)
    orders = [
        {(pair.chosen, pair.rejected): pair for pair in pairs if not pair.tie}
        for pairs in pairs_of(records, selection)
    ]
    for mine in orders:
        for (chosen, rejected), pair in mine.items():
            others = [order[rejected, chosen] for order in orders if (rejected, chosen) in order]
            assert pair.against == len(others)
            assert all(other.disputed for other in others) and pair.disputed == bool(others)


def test_only_an_order_that_passes_the_thresholds_is_opposed_or_opposes() -> None:
    votes = {"tea": (9, 0), "coffee": (0, 9), "cocoa": (0, 8), "water": (3, 4), "milk": (0, 0)}
    pairs = pairs_of(judged("p1", TEXTS[:2], votes), SURE)
    assert [[(pair.chosen, pair.tie, pair.against, pair.judged_by) for pair in its] for its in pairs] == [
        [(0, False, 2, 4)],
        [(1, False, 1, 4)],
        [(1, False, 1, 4)],
        [(1, True, 0, 4)],
        [],
    ]


def test_a_dispute_is_seen_also_where_the_other_community_gives_no_such_pair() -> None:
    records = judged("p1", TEXTS[:3], {"tea": (20, 9, 0), "coffee": (2, 9, 40)})
    tea, coffee = pairs_of(records, Selection(pairs="best-worst", min_probability=0.9))
    assert [(pair.chosen, pair.rejected, pair.against) for pair in tea] == [(0, 2, 1)]
    assert [(pair.chosen, pair.rejected, pair.against) for pair in coffee] == [(2, 0, 1)]
    tea, coffee = pairs_of(records, Selection(pairs="best-rest", min_probability=0.9))
    assert [(pair.chosen, pair.rejected, pair.against) for pair in tea] == [(0, 1, 1), (0, 2, 1)]
    assert [(pair.chosen, pair.rejected, pair.against) for pair in coffee] == [(2, 1, 1), (2, 0, 1)]


def test_a_set_on_which_nobody_cast_a_ballot_gives_nothing() -> None:
    records = judged("p1", TEXTS[:3], {"tea": (0, 0, 0), "coffee": (0, 0, 0)})
    assert pairs_of(records, EVERY) == [[], []]
    assert pairs_of((), EVERY) == []
    assert marks_of(records[0], EVERY) == []


def test_a_forecast_is_no_posterior_and_is_held_against_the_margin_alone() -> None:
    item = asked("p1", TEXTS[:3])
    (pairs,) = pairs_of(
        (forecast(item, "tea", (1.0, 0.0, 0.0)),), Selection(min_probability=0.9, min_margin=0.2)
    )
    assert {pair.probability for pair in pairs} == {None}
    assert [(pair.vote_share, pair.margin, pair.tie) for pair in pairs] == [
        (1.0, 1.0, False),
        (1.0, 1.0, False),
        (0.5, 0.0, True),
    ]
    marks = marks_of(forecast(item, "tea", (0.5, 0.4, 0.1)), Selection(min_probability=0.9, min_margin=0.2))
    assert [(mark.probability, mark.label) for mark in marks] == [(None, True), (None, None), (None, False)]


def test_lengths_are_counted_in_characters_of_any_script_and_broken_text_has_a_length_too() -> None:
    assert only(judged("p1", ("茶がいい🍵", "tea"), {"tea": (3, 1)})).length == 2
    assert abs(only(judged("p1", ("\ud800", "no"), {"tea": (2, 2)})).length) == 1


def test_of_two_candidates_a_mark_says_what_the_pair_says() -> None:
    records = judged("p1", TEXTS[:2], {"tea": (3, 1)})
    marks = marks_of(records[0], Selection(min_probability=0.8))
    assert [mark.candidate for mark in marks] == [0, 1]
    assert [mark.share for mark in marks] == pytest.approx([0.7, 0.3])
    assert marks[0].probability == pytest.approx(only(records).probability)
    assert marks[1].probability == pytest.approx(1 - only(records).probability)
    assert [mark.label for mark in marks] == [True, False]
    assert [mark.label for mark in marks_of(records[0], SURE)] == [None, None]


def test_a_mark_is_the_upper_tail_of_the_share_s_own_beta_distribution() -> None:
    record = judged("p1", TEXTS[:4], {"tea": (7, 2, 1, 0)})[0]
    found = [mark.probability for mark in marks_of(record, EVERY)]
    assert found == pytest.approx(
        [stats.beta(alpha, 12 - alpha).sf(0.25) for alpha in (7.5, 2.5, 1.5, 0.5)], abs=1e-12
    )


def test_a_mark_near_an_even_share_has_no_label() -> None:
    record = forecast(asked("p1", TEXTS[:4]), "tea", (0.4, 0.3, 0.25, 0.05))

    def labels(margin):
        return [mark.label for mark in marks_of(record, Selection(min_margin=margin))]

    assert labels(0.0) == [True, True, None, False]
    assert labels(0.1) == [True, True, None, False]
    assert labels(0.11) == [True, None, None, False]
    assert labels(0.5) == [None, None, None, None]


def test_a_share_above_even_that_is_probably_below_it_has_no_label() -> None:
    # A skewed posterior can have its mean above 1/8 and its median below: 1.1 of 7.8.
    record = voted(asked("p1", [f"text {n}" for n in range(8)]), "tea", (1, 6, 0, 0, 0, 0, 0, 0), prior=0.1)
    mark = marks_of(record, Selection(min_probability=0.5))[0]
    assert mark.share > 1 / 8 and mark.probability < 0.5 and mark.label is None
    assert marks_of(record, EVERY)[0].label is True


@given(votes_of_some, thresholds)
def test_a_label_is_on_the_side_of_its_share_and_is_as_sure_as_was_asked(votes, selection) -> None:
    for record in many(votes):
        even = 1 / record.item.size
        for mark in marks_of(record, selection):
            assert 0 <= mark.probability <= 1
            if mark.label is None:
                continue
            assert mark.label == (mark.share > even)
            sure = mark.probability if mark.label else 1 - mark.probability
            assert sure >= (selection.min_probability or 0) - 1e-9
            assert abs(mark.share - even) >= selection.min_margin / 2 - 1e-9
