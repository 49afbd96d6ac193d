"""Two runs made by hand, whose differences are known."""

from __future__ import annotations

import json
from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_runs import asked, made_run

from bench.report.compare import compare
from bench.report.comparison import comparison_html, comparison_markdown, verdict_on
from personas.errors import InputError

REAL = {"tea": (0.75, 0.25), "cats": (0.25, 0.75)}
ITEMS = [asked(str(number), REAL) for number in range(4)]
PLACES = [(item.item, community) for item in ITEMS for community in REAL]
RIGHT = {place: REAL[place[1]] for place in PLACES}
WRONG = {place: tuple(reversed(REAL[place[1]])) for place in PLACES}


def metrics(found):
    return {row.metric: row for row in found.metrics}


def test_a_run_and_itself_differ_by_exactly_nothing(tmp_path):
    run = made_run(tmp_path / "run", ITEMS, RIGHT)
    found = compare(run, run, seed=1)
    for row in found.metrics:
        assert (row.ahead.mean, row.ahead.low, row.ahead.high, row.probability) == (0, 0, 0, 0.5), row
        assert row.first == row.second
    assert (found.same_choice.mean, found.apart.mean) == (1, 0)
    assert (found.differing, found.most_apart, found.left_out, found.notes) == ((), (), {}, ())


def test_the_differences_of_two_runs_are_those_worked_by_hand(tmp_path):
    half = {**RIGHT, **{place: WRONG[place] for place in PLACES if place[1] == "tea"}}
    found = compare(made_run(tmp_path / "a", ITEMS, RIGHT), made_run(tmp_path / "b", ITEMS, half), seed=1)
    assert (found.items, found.judgements) == (4, 8)
    assert found.same_choice.mean == 0.5
    told = metrics(found)
    assert list(told) == [
        "accuracy",
        "Kendall τ-b",
        "Jensen–Shannon divergence (base 2)",
        "mean absolute error of a share",
        "log loss (bits)",
    ]
    accuracy = told["accuracy"]
    assert (accuracy.first.mean, accuracy.second.mean, accuracy.ahead.mean) == (1, 0.5, 0.5)
    assert (accuracy.ahead.low, accuracy.ahead.high) == (0, 1)
    assert told["Kendall τ-b"].ahead.mean == 1
    assert told["mean absolute error of a share"].ahead.mean == 0.25  # wrong by .5 in half: lower is better
    divergence = told["Jensen–Shannon divergence (base 2)"]
    assert divergence.second.mean == pytest.approx(0.188721875540867 / 2)
    assert divergence.ahead.mean == pytest.approx(0.188721875540867 / 2)
    assert told["log loss (bits)"].ahead.mean == pytest.approx(0.5 * 0.5 * 1.584962500721156)
    assert [each.community for each in found.most_apart] == ["tea"] * 4
    assert [each.item for each in found.most_apart] == ["0", "1", "2", "3"]
    assert found.most_apart[0].apart == pytest.approx(0.188721875540867)


shares = st.integers(0, 20).map(lambda part: (part / 20, 1 - part / 20))
runs = st.fixed_dictionaries(dict.fromkeys(PLACES, shares))


@settings(max_examples=25, deadline=None)
@given(first=runs, second=runs)
def test_swapping_the_runs_flips_every_sign_and_nothing_else(tmp_path_factory, first, second):
    folder = tmp_path_factory.mktemp("runs")
    made = [made_run(folder / name, ITEMS, said) for name, said in (("a", first), ("b", second))]
    there, back = compare(*made, seed=3), compare(*reversed(made), seed=3)
    assert there.same_choice == back.same_choice
    assert there.apart == back.apart
    for one, other in zip(there.metrics, back.metrics, strict=True):
        assert (one.first, one.second) == (other.second, other.first)
        assert one.n == other.n
        if one.ahead.mean is None:
            assert other.ahead.mean is None
            continue
        assert one.ahead.mean == pytest.approx(-other.ahead.mean, abs=1e-12)
        if one.ahead.low is not None:
            assert one.ahead.low == pytest.approx(-other.ahead.high, abs=1e-12)
            assert one.ahead.high == pytest.approx(-other.ahead.low, abs=1e-12)
            assert one.probability == pytest.approx(1 - other.probability)
        assert one.ahead.mean * (1 if one.better == "higher" else -1) == pytest.approx(
            one.first.mean - one.second.mean, abs=1e-12
        )


def test_only_what_both_judged_alike_is_compared_and_the_rest_is_counted(tmp_path):
    other = [
        ITEMS[0],
        asked("1", REAL, options=("other", "texts")),
        asked("2", {"tea": (0.6, 0.4), "cats": REAL["cats"]}),
    ]
    said = {place: RIGHT[place] for place in PLACES if place[0] in {"0", "1", "2"}}
    found = compare(made_run(tmp_path / "a", ITEMS, RIGHT), made_run(tmp_path / "b", other, said), seed=1)
    assert (found.items, found.judgements) == (2, 3)
    assert found.left_out == {
        "one of the runs did not judge it": 2,
        "its options are not the same in both runs": 2,
        "its real votes are not the same in both runs: other members make up the community": 1,
    }


def test_a_metric_that_is_undefined_for_one_run_is_left_out_of_both(tmp_path):
    tied = {**RIGHT, ("0", "tea"): (0.5, 0.5)}
    found = compare(made_run(tmp_path / "a", ITEMS, RIGHT), made_run(tmp_path / "b", ITEMS, tied), seed=1)
    tau = metrics(found)["Kendall τ-b"]
    assert (tau.n, tau.first.mean, tau.second.mean, tau.ahead.mean) == (7, 1, 1, 0)


def test_votes_that_are_neither_clear_nor_many_are_scored_by_no_metric(tmp_path):
    few = [asked("few", REAL, voters=4, margin=1)]
    said = {("few", community): REAL[community] for community in REAL}
    found = compare(made_run(tmp_path / "a", few, said), made_run(tmp_path / "b", few, said), seed=1)
    assert (found.judgements, found.metrics) == (2, ())


def test_runs_of_two_corpora_are_refused_and_so_are_runs_without_an_item_in_common(tmp_path):
    run = made_run(tmp_path / "a", ITEMS, RIGHT)
    elsewhere = made_run(tmp_path / "b", ITEMS, RIGHT, corpus="d" * 64, source={"title": "Coffee"})
    with pytest.raises(InputError, match=r"different corpora: Tea \(table\) and Coffee \(table\)"):
        compare(run, elsewhere, seed=1)
    apart = [asked("9", REAL)]
    strangers = made_run(tmp_path / "c", apart, {("9", "tea"): (0.5, 0.5)})
    with pytest.raises(InputError, match="no item with real votes in common.*did not judge it: 8"):
        compare(run, strangers, seed=1)
    with pytest.raises(InputError, match="nowhere"):
        compare(run, tmp_path / "nowhere", seed=1)


def test_a_corpus_that_was_ingested_or_split_anew_is_the_same_with_a_note(tmp_path):
    run = made_run(tmp_path / "a", ITEMS, RIGHT)
    found = compare(run, made_run(tmp_path / "b", ITEMS, RIGHT, corpus="d" * 64), seed=1)
    assert found.notes[0].startswith("the runs learned from different parts")
    assert [name for name, _, _ in found.differing] == ["content of what it learned from"]


def test_what_the_runs_were_made_with_is_told_setting_by_setting(tmp_path):
    first = made_run(tmp_path / "a", ITEMS, RIGHT)
    second = made_run(
        tmp_path / "b", ITEMS, {PLACES[0]: (0.5, 0.5)}, settings={"panel": 8}, predictor="another",
        source={"sharpness": {"value": 5.0, "errors": {}}}, warnings=["beware"],
    )  # fmt: skip
    found = compare(first, second, seed=1)
    assert found.differing == (
        ("predictor", "told by hand", "another"),
        ("setting: panel", 4, 8),
        ("corpus: sharpness", {"value": 3.0, "errors": {}}, {"value": 5.0, "errors": {}}),
    )
    assert found.notes == ("b is not finished: 1 of 8 judgements are done", "b: warning: beware")


def test_runs_in_folders_of_one_name_are_told_apart_by_the_folders_above(tmp_path):
    made = [made_run(tmp_path / name / "controls" / "shuffled", ITEMS, RIGHT) for name in ("a", "b")]
    found = compare(*made, seed=1)
    assert (found.first.run, found.second.run) == ("a/controls/shuffled", "b/controls/shuffled")


def test_a_comparison_is_plain_data_and_the_same_for_the_same_seed(tmp_path):
    made = [made_run(tmp_path / name, ITEMS, said) for name, said in (("a", RIGHT), ("b", WRONG))]
    found = compare(*made, seed=5)
    assert found == compare(*made, seed=5)
    assert json.loads(json.dumps(found.as_data()))["first"]["run"] == "a"
    assert "/somebody" not in json.dumps(asdict(found))


def test_the_page_and_the_markdown_say_what_is_known(tmp_path):
    hostile = "<script>x</script> | http://evil.example"
    items = [asked(str(number), REAL, query=hostile, options=(hostile, "b")) for number in range(4)]
    made = [made_run(tmp_path / name, items, said) for name, said in (("a", RIGHT), ("b", WRONG))]
    found = compare(*made, seed=5)
    page, text = comparison_html(found), comparison_markdown(found)
    for told in ("FICTIONAL", "a against b", "+1.000 [+1.000, +1.000]", "accuracy"):
        assert told in page, told
        assert told in text.replace("\\", ""), told
    assert "<script" not in page + text
    assert "://" not in page
    assert verdict_on(found.metrics[0]) == "the first is better"
    assert verdict_on(compare(*reversed(made), seed=5).metrics[0]) == "the second is better"
    assert {line.count(" | ") for line in text.splitlines() if line.startswith("| accuracy")} == {5}


def test_the_items_on_which_they_differ_most_come_first(tmp_path):
    nearer = {place: (0.7, 0.3) if place[0] == "0" else shares for place, shares in RIGHT.items()}
    nearer[("2", "cats")] = (1.0, 0.0)
    found = compare(made_run(tmp_path / "a", ITEMS, RIGHT), made_run(tmp_path / "b", ITEMS, nearer), seed=1)
    assert [(each.item, each.community) for each in found.most_apart] == [
        ("2", "cats"),
        ("0", "cats"),
        ("0", "tea"),
    ]
    assert (found.most_apart[0].first, found.most_apart[0].second) == ((0.25, 0.75), (1.0, 0.0))
