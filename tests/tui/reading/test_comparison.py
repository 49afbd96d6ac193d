"""Judgements as they are shown: the journal's own shares, the metrics of bench, and what stands beside them."""

from __future__ import annotations

import pytest
from made_runs import asked, made_run

from bench.metrics import jensen_shannon, share_error
from simulator.journal import Journal
from tui.reading.comparison import read_comparison, read_rows
from tui.reading.ranking import KEYS, key_named

JSD = "Jensen–Shannon divergence (base 2)"


def test_rows_have_the_journals_own_shares(home):
    rows = read_rows(home / "run1", range(12))
    with Journal.read(home / "run1") as journal:
        for row, (item, community, result) in zip(rows, journal.results(), strict=True):
            votes = journal.item(item).votes[community]
            assert (row.item, row.community, row.voters) == (item, community, votes.voters)
            assert [option.real.mean for option in row.options] == list(votes.shares)
            assert [option.real.low for option in row.options] == list(votes.low)
            assert [option.real.high for option in row.options] == list(votes.high)
            assert [option.simulated.mean for option in row.options] == result["preference"]["shares"]
            assert [option.simulated.low for option in row.options] == result["preference"]["low"]
            assert [option.simulated.high for option in row.options] == result["preference"]["high"]
    assert (rows[0].real_top, rows[1].real_top) == (1, 0)


def test_a_run_says_how_far_it_is_and_what_its_predictors_stand_for(home):
    view = read_comparison(home / "run1")
    assert (view.done, view.total, view.state) == (12, 12, "done")
    assert view.roles["longest option"] == "baseline" and view.provenance.fictional


@pytest.fixture
def run(tmp_path):
    items = [
        asked("a", {"tea": (0.75, 0.25), "cats": (0.5, 0.5)}),
        asked("b", {"tea": (0.5, 0.5)}, voters=None),
    ]
    folder = made_run(tmp_path / "run", items, {("a", "tea"): (0.25, 0.75), ("b", "tea"): (0.5, 0.5)})
    with Journal.create(folder) as journal:
        journal.add_predictions(0, "even", [("a", "tea", (0.5, 0.5))])
        journal.add_predictions(1, "swapped", [("a", "tea", (1.0, 0.0))])
    return folder


def test_figures_are_those_of_bench_and_unknown_ones_are_none(run):
    first, pending, third = read_rows(run, [0, 1, 2])
    assert first.figure(key_named(JSD)) == jensen_shannon((0.25, 0.75), (0.75, 0.25))
    assert first.figure(key_named("mean absolute error of a share")) == share_error(
        (0.25, 0.75), (0.75, 0.25)
    )
    assert first.figure(key_named("top-1 accuracy")) == 0
    assert (first.figure(key_named("voters")), first.figure(key_named("ballots"))) == (100, 4)
    assert third.figure(key_named("voters")) is None
    assert not pending.judged
    assert [pending.figure(key) for key in KEYS if key.name != "voters"] == [None] * (len(KEYS) - 1)


def test_what_stands_beside_the_simulation_has_its_role_and_its_own_metrics(run):
    (row,) = read_rows(run, [0], roles={"swapped": "control"})
    assert [(other.name, other.role, other.shares) for other in row.others] == [
        ("even", "baseline", (0.5, 0.5)),
        ("swapped", "control", (1.0, 0.0)),
    ]
    assert row.others[0].metrics[2] == jensen_shannon((0.5, 0.5), (0.75, 0.25))


def test_a_query_that_failed_is_a_row_with_its_error(tmp_path):
    with Journal.create(tmp_path / "run") as journal:
        journal.set_facts({"predictor": "x"})
        journal.add_jobs([("lost", "tea"), ("waiting", "tea")])
        journal.add_failure("lost", "tea", {"errors": [{"step": "generate", "problem": "no text"}]})
    lost, waiting = read_rows(tmp_path / "run", [0, 1])
    assert (lost.options, lost.errors, lost.simulated_top) == ((), ("generate: no text",), None)
    assert lost.judged and not waiting.judged
    assert waiting.query == "(not judged yet)"


def test_thirds_that_were_rounded_apart_still_tie(tmp_path):
    folder = made_run(
        tmp_path / "run",
        [asked("a", {"tea": (0.2, 0.4, 0.4)})],
        {("a", "tea"): (0.333333333, 0.333333334, 0.333333333)},
    )
    assert read_rows(folder, [0])[0].simulated_top == 0


def test_shares_of_other_options_are_held_against_nothing_and_hide_no_other_row(run):
    with Journal.create(run) as journal:
        journal.add_predictions(2, "of three", [("a", "tea", (0.5, 0.25, 0.25))])
    (row,) = read_rows(run, [0])
    assert [bool(other.metrics) for other in row.others] == [True, True, False]
