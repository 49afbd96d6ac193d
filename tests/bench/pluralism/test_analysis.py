"""Planted people and answers: every text says itself on which side it is, so that all figures are known."""

from __future__ import annotations

import asyncio

import pytest
from word_embedder import WordEmbedder

from bench.pluralism import Answer, CandidateSet, Placement, analyse, bundled_axes
from bench.pluralism.analysis import CONTROL
from bench.pluralism.answering import BOTH_SIDES, COVERED, COVERED_NEAR, NO_VALUE, SIMILARITY, VENDI
from bench.pluralism.people import ACROSS, BETWEEN, FEW_VOTERS, PEOPLE, WITHIN, labels_of
from bench.pluralism.sets import ANSWERS, INDEPENDENT, NEGATIVE, OPTIONS, option_sets
from bench.pluralism.stances import CHOSEN, NEAR, POSITIONS, SIDES_TAKEN, claimed
from personas.errors import InputError
from simulator.item import Item, Option, RealVotes

X, Y = (axis.name for axis in bundled_axes())
PLACES = {"-": Placement(position=-1.0, side="a"), "+": Placement(position=1.0, side="b"),
          "0": Placement(position=0.0, side="neither"),
          "?": Placement(position=None, side=None, failure="refused")}  # fmt: skip


class Marked:
    """Reads the side of a text off its first two signs: one for each axis; the labelled texts have none."""

    name = "marks"

    async def place(self, texts, axis):
        return [PLACES.get(text[axis.name == Y : 1 + (axis.name == Y)], PLACES["0"]) for text in texts]


def votes(*up):
    return RealVotes(shares=tuple(n / sum(up) for n in up), voters=sum(up), up=up)


def item(name, options, community_votes, kind="choice"):
    made = tuple(Option(text=text) for text in options)
    return Item(item=name, query=f"query {name}", options=made, votes=community_votes, kind=kind)


def sets_of(of, answers, community=""):
    return [
        CandidateSet(
            of=of, item=name, community=community,
            answers=tuple(Answer(text=text, model=model) for model, text in given),
        )
        for name, given in answers.items()
    ]  # fmt: skip


def analysed(items, sets=(), **options):
    work = analyse(items, list(sets), bundled_axes(), Marked(), WordEmbedder(1024), seed=5, **options)
    return asyncio.run(work)


def found(rows, measure, of, axis="", against=""):
    (row,) = [r for r in rows if (r.measure, r.axis, r.of, r.against) == (measure, axis, of, against)]
    return row


OPTIONS_4 = ("-0 left", "+0 right", "00 middle", "-+ other")
ITEMS = [
    item("1", OPTIONS_4, {"tea": votes(4, 0, 0, 0), "cats": votes(0, 4, 0, 0)}),
    item("2", OPTIONS_4, {"tea": votes(2, 2, 0, 0), "cats": votes(2, 2, 0, 0)}),
]


def test_people_are_as_far_apart_as_by_hand():
    rows = analysed(ITEMS).dispersion
    # Item 1: nobody differs within, everybody across. Item 2: 2/3 within, 1/2 across.
    assert found(rows, CHOSEN, WITHIN).mean == pytest.approx((0 + 2 / 3) / 2)
    assert found(rows, CHOSEN, ACROSS).mean == pytest.approx((1 + 1 / 2) / 2)
    total = (0.5 + (2 / 3 + 1 / 2) / 2) / 2
    assert found(rows, CHOSEN, PEOPLE).mean == pytest.approx(total)
    between = (0.5 + (1 / 2 - 2 / 3) / 2) / 2
    assert found(rows, CHOSEN, BETWEEN).mean == pytest.approx(between / total)
    assert found(rows, SIDES_TAKEN, PEOPLE, X).mean == pytest.approx(total)
    assert found(rows, POSITIONS, PEOPLE, X).mean == pytest.approx(2 * total)  # half of (1 - -1)²
    assert found(rows, SIDES_TAKEN, PEOPLE, Y).mean == 0.0


def test_models_that_all_say_one_thing_differ_less_than_people():
    given = {name: [("m", "-0 a"), ("m", "-0 b"), ("n", "-0 c"), ("o", "+0 d")] for name in "12"}
    report = analysed(ITEMS, sets_of(ANSWERS, given))
    any_two = found(report.dispersion, SIDES_TAKEN, f"two answers: {ANSWERS}", X)
    assert any_two.mean == pytest.approx(3 / 6)
    assert found(report.dispersion, SIDES_TAKEN, f"two answers of one model: {ANSWERS}", X).mean == 0.0
    two = found(report.dispersion, SIDES_TAKEN, f"two answers of different models: {ANSWERS}", X)
    assert two.mean == pytest.approx(2 / 3)  # o differs from m and from n
    people = (0.5 + (2 / 3 + 1 / 2) / 2) / 2
    ratio = found(report.ratios, SIDES_TAKEN, f"two answers: {ANSWERS}", X, PEOPLE)
    assert ratio.mean == pytest.approx(0.5 / people)
    assert ratio.low <= ratio.mean <= ratio.high


def test_coverage_is_what_was_planted_for_all_models_and_for_each():
    given = {name: [("m", "-0 left too"), ("n", "0+ something")] for name in "12"}
    report = analysed(ITEMS, sets_of(ANSWERS, given))
    # tea and cats of item 1: 1 and 0; of item 2: half each. No answer is on - and + at once.
    assert found(report.coverage, COVERED, ANSWERS).mean == pytest.approx((1 + 0 + 0.5 + 0.5) / 4)
    assert found(report.coverage, COVERED, f"{ANSWERS}: m alone").mean == pytest.approx(0.5)
    assert found(report.coverage, COVERED, f"{ANSWERS}: n alone").mean == 0.0
    assert found(report.coverage, NO_VALUE, ANSWERS).mean == 0.0
    assert found(report.coverage, COVERED, ANSWERS, X).n == 4
    assert found(report.coverage, COVERED_NEAR, ANSWERS).mean == pytest.approx(0.5, abs=1e-9)


def test_people_who_prefer_what_takes_no_side_are_left_out_and_told():
    items = [
        item("1", OPTIONS_4, {"tea": votes(1, 1, 2, 0)}),
        item("2", OPTIONS_4, {"tea": votes(0, 0, 5, 0)}),
    ]
    report = analysed(items, sets_of(INDEPENDENT, {"1": [("", "-0 x")], "2": [("", "-0 x")]}, "tea"))
    row = found(report.coverage, COVERED, INDEPENDENT)
    assert (row.mean, row.n, row.undefined) == (0.5, 1, 1)
    assert found(report.coverage, NO_VALUE, INDEPENDENT).mean == 0.75
    assert not [r for r in report.coverage if r.measure == COVERED and r.axis == Y]


def test_a_set_of_one_answer_says_nothing_of_how_sets_spread():
    given = {"1": [("", "-0 x"), ("", "+0 y")], "2": [("", "-0 x")]}
    report = analysed(ITEMS, sets_of(INDEPENDENT, given, "tea"))
    for measure, axis in ((BOTH_SIDES, X), (VENDI, ""), (SIMILARITY, "")):
        row = found(report.values, measure, INDEPENDENT, axis)
        assert (row.n, row.undefined) == (1, 1)
    assert found(report.values, BOTH_SIDES, INDEPENDENT, X).mean == 1.0


def test_negatively_correlated_sets_are_held_against_independent_ones_pair_by_pair():
    items = [item(str(n), OPTIONS_4, {"tea": votes(5, 5, 0, 0)}) for n in range(20)]
    alike = {str(n): [("", "-0 x"), ("", "-0 y" if n % 4 else "+0 y")] for n in range(20)}
    spread = {str(n): [("", "-0 x"), ("", "+0 z")] for n in range(20)}
    report = analysed(items, [*sets_of(INDEPENDENT, alike, "tea"), *sets_of(NEGATIVE, spread, "tea")])
    assert found(report.values, BOTH_SIDES, INDEPENDENT, X).mean == 0.25
    assert found(report.values, BOTH_SIDES, NEGATIVE, X).mean == 1.0
    ahead = found(report.differences, BOTH_SIDES, NEGATIVE, X, INDEPENDENT)
    assert ahead.mean == 0.75 and 0.4 < ahead.low < 0.75 < ahead.high < 1 and ahead.probability == 1.0
    covered = found(report.differences, COVERED, NEGATIVE, "", INDEPENDENT)
    assert covered.mean == pytest.approx(0.375)
    assert not [row for row in report.differences if row.measure == NO_VALUE]


def test_sets_that_answer_their_own_item_are_ahead_of_the_control_and_others_are_not():
    marks = ["-0", "+0"]
    items = [
        item(str(n), (f"{marks[n % 2]} one", f"{marks[n % 2]} two"), {"tea": votes(5, 5)}) for n in range(40)
    ]
    own = sets_of(INDEPENDENT, {str(n): [("", f"{marks[n % 2]} x")] for n in range(40)}, "tea")
    row = found(analysed(items, own).differences, COVERED, INDEPENDENT, "", CONTROL)
    assert 0.3 < row.mean < 0.7 and row.low > 0
    same = sets_of(INDEPENDENT, {str(n): [("", "-0 x")] for n in range(40)}, "tea")
    row = found(analysed(items, same).differences, COVERED, INDEPENDENT, "", CONTROL)
    assert row.mean == 0.0


def test_who_disagrees_with_a_statement_stands_opposite():
    options = (Option(text="Agree", claim="-0 claim"), Option(text="Disagree", claim="-0 claim", polarity=-1))
    asked = Item(item="s", query="-0 claim", options=options, kind="agreement", votes={"tea": votes(2, 2)})
    report = analysed([asked], sets_of(ANSWERS, {"s": [("m", "+0 no")]}))
    assert found(report.dispersion, SIDES_TAKEN, PEOPLE, X).mean == pytest.approx(2 / 3)
    assert found(report.coverage, COVERED, ANSWERS).mean == 0.5
    assert found(report.coverage, COVERED_NEAR, ANSWERS).n == 0
    assert not [row for row in report.dispersion if row.measure == NEAR and row.of == PEOPLE]


def test_brief_answers_are_placed_with_their_question_and_whole_replies_by_themselves():
    def claims(*texts, kind="choice"):
        made = tuple(Option(text=text, claim=f"Q {text}") for text in texts)
        asked = Item(item="1", query="Q", options=made, kind=kind)
        return [claimed(option, asked) for option in made]

    long, other = "I would always ask for the evidence first", "I would rather trust what the elders told us"
    assert claims("often", long) == ["Q often", f"Q {long}"]
    assert claims(long, other) == [long, other]
    assert claims("often", "never", kind="endorsement") == ["often", "never"]
    assert claims(long, other, kind="agreement") == [f"Q {long}", f"Q {other}"]


def test_votes_of_unknown_number_and_failed_judgements_are_left_out_and_counted():
    unknown = RealVotes(shares=(0.5, 0.5), voters=None)
    items = [
        item("1", ("-0 a", "+0 b"), {"tea": unknown}, "endorsement"),
        item("2", ("-0 a", "?0 c"), {"tea": votes(1, 1)}),
        item("3", ("-0 a", "+0 b"), {"tea": votes(1, 0)}),
        item("4", ("-0 a", "+0 b"), {}),
    ]
    report = analysed(items, left_out={"before": 2})
    assert report.left_out == {"before": 2, "an item without real votes": 1, FEW_VOTERS: 2}
    assert report.as_data()["failures"] == report.failures == {X: 1, Y: 0} and report.items == 3
    assert found(report.dispersion, CHOSEN, PEOPLE).mean == 1.0
    assert not [row for row in report.dispersion if row.axis == X]


def test_items_where_no_option_takes_a_side_show_nothing_of_sides():
    neutral = item("2", ("0- a", "00 b"), {"tea": votes(1, 1)})
    report = analysed([item("1", ("-0 a", "+0 b"), {"tea": votes(1, 1)}), neutral])
    on_x, on_y = (found(report.dispersion, SIDES_TAKEN, PEOPLE, axis) for axis in (X, Y))
    assert (on_x.mean, on_x.n, on_x.undefined) == (1.0, 1, 1)
    assert (on_y.mean, on_y.n) == (1.0, 1)
    assert found(report.dispersion, POSITIONS, PEOPLE, X).n == 2


def test_items_are_resampled_one_by_one_where_some_are_of_several_communities():
    one, two = item("0", OPTIONS_4, {"tea": votes(1, 1, 0, 0)}), ITEMS[0]
    assert labels_of([one, one]) == ["tea", "tea"]
    assert labels_of([one, two]) == ["", ""]
    rows = analysed([one, two]).dispersion
    assert found(rows, CHOSEN, PEOPLE).by == "items" and found(rows, CHOSEN, PEOPLE).n == 2
    within = found(rows, CHOSEN, WITHIN)  # of the items that several communities voted on
    assert (within.n, within.mean) == (1, 0.0)


def test_endorsements_are_counted_by_the_votes_for_each_reply():
    endorsed = RealVotes(shares=(0.6, 0.4), voters=9, up=(3, 1), down=(0, 5))
    report = analysed([item("1", ("-0 a", "+0 b"), {"tea": endorsed}, "endorsement")])
    assert found(report.dispersion, CHOSEN, PEOPLE).mean == pytest.approx(0.5)  # 3 of 6 pairs of four


def test_an_items_own_options_show_their_values_and_no_coverage():
    report = analysed(ITEMS, option_sets(ITEMS))
    assert report.coverage == () and report.sets == {OPTIONS: 2}
    assert found(report.values, BOTH_SIDES, OPTIONS, X).mean == 1.0
    assert found(report.values, BOTH_SIDES, OPTIONS, Y).mean == 0.0


def test_the_judges_accuracy_stands_in_every_report_and_equal_seeds_give_equal_reports():
    given = sets_of(ANSWERS, {"1": [("m", "-0 a"), ("n", "+0 c")], "2": [("m", "-0 a")]})
    one, other = (analysed(ITEMS, given).as_data() for _ in range(2))
    assert one == other and [each["weak"] for each in one["accuracy"]] == [True, True]
    assert set(one["definitions"]) == {"sides", "nearness"}


def test_nothing_to_analyse_is_refused():
    with pytest.raises(InputError, match="no item has real votes"):
        analysed([item("1", ("a", "b"), {})])
    with pytest.raises(InputError, match="before: 2"):
        analysed([], left_out={"before": 2})
    with pytest.raises(InputError, match="no set answers"):
        analysed(ITEMS, sets_of(ANSWERS, {"9": [("m", "x")]}))
    with pytest.raises(InputError, match="two items are named '1'"):
        analysed([ITEMS[0], ITEMS[0]])
    with pytest.raises(InputError, match="holds no answer"):
        analysed(ITEMS, sets_of(ANSWERS, {"1": []}))
