from __future__ import annotations

import math

import pytest

from bench.tasks.cases import CEILING, make_cases
from bench.tasks.preference_distribution import preference_distribution
from bench.tasks.preference_identification import calibration_curves, preference_identification
from simulator.item import Item, Option, Preference, RealVotes


class Says:
    """A predictor that says what it is told, by item."""

    def __init__(self, name, shares, *, simulated=False):
        self.name, self.simulated, self._shares = name, simulated, shares

    def predict(self, item, community):
        shares = self._shares.get(item.item)
        return None if shares is None else Preference(shares=shares)


def item_of(name, shares, *, margin=5, voters=20, community="tea", ordered=False):
    options = tuple(Option(text=f"option {place}") for place in range(len(shares)))
    votes = RealVotes(shares=shares, voters=voters, margin=margin)
    return Item(item=name, query="?", options=options, votes={community: votes}, ordered=ordered)


def scores(tasks):
    """{metric: {predictor: row}} of a task."""
    return {task.metric: {row.predictor: row for row in task.rows} for task in tasks}


FOUR = [
    item_of("a", (0.7, 0.3)),
    item_of("b", (0.2, 0.8)),
    item_of("c", (0.6, 0.4)),
    item_of("close", (0.55, 0.45), margin=1),
]


def test_accuracy_is_the_share_of_clear_cases_whose_top_was_found():
    judge = Says(
        "judge", {"a": (0.9, 0.1), "b": (0.6, 0.4), "c": (0.7, 0.3), "close": (0.1, 0.9)}, simulated=True
    )
    guess = Says("guess", dict.fromkeys("abc", (0.5, 0.5)))
    tasks = preference_identification(make_cases(FOUR, [judge, guess], seed=1), [judge, guess], seed=1)
    assert tasks[0].note == "1 of 4 judgements left out: the margin is under 2 votes"
    rows = scores(tasks)["accuracy"]
    assert rows["judge"].mean == pytest.approx(2 / 3)
    assert rows["guess"].mean == 0.5, "a tie is worth half"
    assert rows["guess"].ahead["mean"] == pytest.approx(2 / 3 - 0.5)
    assert rows[CEILING].role == "ceiling"
    assert rows[CEILING].mean > 0.7
    assert (rows["judge"].n, rows["judge"].by, rows["judge"].communities) == (3, "items", 1)


def test_the_calibration_error_is_the_gap_between_confidence_and_accuracy():
    judge = Says("judge", {"a": (0.9, 0.1), "b": (0.9, 0.1), "c": (0.9, 0.1)}, simulated=True)
    rows = scores(preference_identification(make_cases(FOUR[:3], [judge], seed=1), [judge], seed=1))
    assert rows["calibration error"]["judge"].mean == pytest.approx(0.9 - 2 / 3)


@pytest.mark.parametrize("size", [2, 4])
def test_who_cannot_tell_the_options_apart_and_says_so_is_well_calibrated(size):
    items = [item_of(str(number), (0.7, *[0.3 / (size - 1)] * (size - 1))) for number in range(6)]
    judge = Says("judge", {item.item: (1 / size,) * size for item in items}, simulated=True)
    rows = scores(preference_identification(make_cases(items, [judge], seed=1), [judge], seed=1))
    assert rows["accuracy"]["judge"].mean == pytest.approx(1 / size)
    assert rows["calibration error"]["judge"].mean == pytest.approx(0)


def test_baselines_and_gaps_have_no_calibration_error():
    judge = Says("judge", {"a": (0.9, 0.1)}, simulated=True)
    guess = Says("guess", dict.fromkeys("abc", (0.5, 0.5)))
    tasks = preference_identification(make_cases(FOUR, [judge, guess], seed=1), [judge, guess], seed=1)
    assert tasks[1].rows == ()
    assert scores(tasks)["accuracy"]["judge"].note == "undefined for 2"


def test_where_no_case_is_clear_there_is_nothing_to_score():
    (task,) = preference_identification(make_cases(FOUR[3:], [], seed=1), [], seed=1)
    assert task.rows == ()
    assert task.note.startswith("nothing to score: 1 of 1 judgements left out")


def test_distribution_metrics_are_those_by_hand():
    items = [item_of("a", (0.5, 0.25, 0.25)), item_of("b", (0.0, 0.0, 1.0))]
    judge = Says("judge", {"a": (0.5, 0.5, 0.0), "b": (0.25, 0.25, 0.5)}, simulated=True)
    rows = scores(preference_distribution(make_cases(items, [judge], seed=1), [judge], seed=1))
    figure = {metric: by["judge"].mean for metric, by in rows.items()}
    # a: pairs (0,1): tied and -, (0,2): alike, (1,2): - and tied; so 1 / sqrt(2 * 2); b: both untied pairs alike.
    assert figure["Kendall τ-b"] == pytest.approx((0.5 + 1) / 2)
    assert figure["top-1 accuracy"] == pytest.approx((0.5 + 1) / 2)
    assert figure["mean absolute error of a share"] == pytest.approx((0.5 / 3 + 1 / 3) / 2)
    a = 0.5 * (0.25 * math.log2(0.25 / 0.375) + 0.25 * math.log2(0.25 / 0.125) + 0.5 * math.log2(0.5 / 0.375))
    b = 0.5 * (1 * math.log2(1 / 0.75) + 0.5 * math.log2(0.5 / 0.75) + 2 * 0.25 * math.log2(0.25 / 0.125))
    assert figure["Jensen–Shannon divergence (base 2)"] == pytest.approx((a + b) / 2)
    floored = 0.5 * 1 + 0.25 * 1 + 0.25 * math.log2(1e6)
    assert figure["log loss (bits)"] == pytest.approx((floored + 1) / 2, abs=1e-5)
    assert "earth mover's distance (ordered options)" not in rows


def test_the_earth_movers_distance_is_taken_of_ordered_items_alone():
    items = [item_of("a", (1.0, 0.0, 0.0), ordered=True), item_of("b", (0.0, 0.0, 1.0))]
    judge = Says("judge", {"a": (0.0, 1.0, 0.0), "b": (0.0, 0.0, 1.0)}, simulated=True)
    rows = scores(preference_distribution(make_cases(items, [judge], seed=1), [judge], seed=1))
    row = rows["earth mover's distance (ordered options)"]["judge"]
    assert (row.mean, row.n) == (0.5, 1)


def test_a_figure_against_ranks_says_so_and_has_no_ceiling():
    items = [item_of("a", (1 / 3, 2 / 3), voters=None), item_of("b", (0.5, 0.5))]
    judge = Says("judge", {"a": (0.5, 0.5), "b": (0.5, 0.5)}, simulated=True)
    tasks = preference_distribution(make_cases(items, [judge], seed=1), [judge], seed=1)
    notes = {task.note for task in tasks}
    told = "1 of 2 judgements against ranks or shares, as no numbers of votes are published"
    assert notes == {told, ""}, "how much predictions vary is measured on their own"
    row = scores(tasks)["mean absolute error of a share"][CEILING]
    assert (row.n, row.note) == (1, "undefined for 1")


def test_a_lower_error_than_a_baselines_is_a_lead():
    items = [item_of(str(number), (0.8, 0.2)) for number in range(4)]
    judge = Says("judge", {item.item: (0.7, 0.3) for item in items}, simulated=True)
    guess = Says("guess", {item.item: (0.5, 0.5) for item in items})
    rows = scores(preference_distribution(make_cases(items, [judge, guess], seed=1), [judge, guess], seed=1))
    ahead = rows["mean absolute error of a share"]["guess"].ahead
    assert ahead["mean"] == pytest.approx(0.2)
    assert ahead["probability"] == 1


def test_confidence_is_that_of_the_likeliest_option_wherever_it_stands():
    judge = Says("judge", {"a": (0.1, 0.9), "b": (0.1, 0.9), "c": (0.1, 0.9)}, simulated=True)
    rows = scores(preference_identification(make_cases(FOUR[:3], [judge], seed=1), [judge], seed=1))
    assert rows["calibration error"]["judge"].mean == pytest.approx(0.9 - 1 / 3)


def test_the_curve_shows_how_often_who_is_so_sure_is_right_over_the_clear_cases_alone():
    said = {"a": (0.9, 0.1), "b": (0.9, 0.1), "c": (0.3, 0.7), "close": (0.5, 0.5)}
    judge, guess = Says("judge", said, simulated=True), Says("guess", said)
    gaps = Says("gaps", {"a": (0.9, 0.1)}, simulated=True)
    predictors = [judge, guess, gaps]
    (curve,) = calibration_curves(make_cases(FOUR, predictors, seed=1), predictors)
    assert curve.predictor == "judge"
    assert [(each.confidence, each.accuracy, each.n) for each in curve.bins] == [
        (pytest.approx(0.7), 0.0, 1),
        (pytest.approx(0.9), 0.5, 2),
    ]


def test_distributions_are_held_against_ten_voters_or_more_and_it_says_how_many_are_left_out():
    items = [
        item_of("a", (1.0, 0.0, 0.0), ordered=True),
        item_of("few", (0.0, 0.0, 1.0), voters=9, ordered=True),
    ]
    judge = Says("judge", dict.fromkeys(("a", "few"), (1.0, 0.0, 0.0)), simulated=True)
    tasks = preference_distribution(make_cases(items, [judge], seed=1), [judge], seed=1)
    rows = scores(tasks)
    assert {by["judge"].n for by in rows.values() if by["judge"].mean is not None} == {1}
    assert rows["earth mover's distance (ordered options)"]["judge"].mean == 0
    assert tasks[0].note == "1 of 2 judgements left out: fewer than 10 voters"
    (nothing,) = preference_distribution(make_cases(items[1:], [judge], seed=1), [judge], seed=1)
    assert (nothing.rows, nothing.note.startswith("nothing to score: 1 of 1")) == ((), True)
