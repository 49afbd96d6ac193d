"""The order of judgements: what is worst comes first, what has no figure last, and nothing is lost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_runs import asked, made_run

from bench.tasks.cases import METRICS
from personas.errors import InputError
from simulator.journal import Journal
from tui.reading import ranking
from tui.reading.comparison import read_rows
from tui.reading.ranking import KEYS, Filter, Ranking, key_named

ERROR = key_named("mean absolute error of a share")
ITEMS = [
    asked("a", {"tea": (0.75, 0.25), "cats": (0.25, 0.75)}, query="Hot or cold?", voters=30),
    asked("b", {"tea": (0.6, 0.3, 0.1)}, query="Which CAT?", options=("猫", "Straße", "none"), voters=None),
    asked("c", {"tea": (0.5, 0.5)}, query="Later?"),
]
SAID = {("a", "tea"): (0.7, 0.3), ("a", "cats"): (0.9, 0.1), ("b", "tea"): (0.5, 0.3, 0.2)}
# The errors by place: 0.05, 0.65, 2/30, and none yet.


@pytest.fixture
def run(tmp_path):
    return made_run(tmp_path / "run", ITEMS, SAID)


@pytest.fixture(params=[1, 3, 250])
def ranked(run, monkeypatch, request):
    monkeypatch.setattr(ranking, "SLICE", request.param)
    found = Ranking(run)
    found.update()
    return found


def test_the_keys_are_the_metrics_of_bench_in_its_order():
    named = [(key.name, key.down) for key in KEYS if key.metric is not None]
    assert named == [(metric.name, metric.better == "lower") for metric in METRICS]
    assert [key.metric for key in KEYS][: len(METRICS)] == list(range(len(METRICS)))


def test_without_a_key_judgements_stand_in_the_order_of_the_run(ranked):
    assert ranked.order().tolist() == [0, 1, 2, 3]
    assert ranked.order(turned=True).tolist() == [3, 2, 1, 0]


def test_the_worst_comes_first_and_what_is_not_judged_last_either_way(ranked):
    assert ranked.order(ERROR).tolist() == [1, 2, 0, 3]
    assert ranked.order(ERROR, turned=True).tolist() == [0, 2, 1, 3]
    assert ranked.order(key_named("top-1 accuracy")).tolist() == [1, 0, 2, 3]
    assert ranked.order(key_named("voters")).tolist() == [3, 0, 1, 2]


@pytest.mark.parametrize(
    ("only", "places"),
    [
        (Filter(differing=True), [1]),
        (Filter(community="tea"), [0, 2, 3]),
        (Filter(community="nobody"), []),
        (Filter(text="cat"), [1, 2]),  # by the community's name and by the query
        (Filter(text="STRASSE"), [2]),
        (Filter(text="猫", community="cats"), []),
        (Filter(text="Hot", community="cats", differing=True), [1]),
    ],
)
def test_a_filter_keeps_what_is_looked_for_in_any_case(ranked, only, places):
    assert ranked.order(only=only).tolist() == places


def test_what_has_come_since_is_read_and_the_rest_not_again(run):
    found = Ranking(run)
    found.update()
    with Journal.create(run) as journal:
        journal.add_result(
            ITEMS[2], "tea", [], [], {"preference": {"shares": [1.0, 0.0], "ballots": 2}, "errors": []}
        )
    seen: list[int] = []
    found.update(lambda done, total: seen.append(done))
    assert seen == [4]
    assert found.order(ERROR).tolist() == [1, 3, 2, 0]
    found.update(lambda done, total: seen.append(done))
    assert seen == [4]


def test_what_a_replay_that_went_back_takes_away_is_forgotten(run):
    found = Ranking(run)
    found.update()
    assert found.order(ERROR).tolist() == [1, 2, 0, 3]
    made_run(run.with_name("back"), ITEMS, {("a", "tea"): SAID["a", "tea"]})
    for path in run.iterdir():
        path.unlink()
    for path in run.with_name("back").iterdir():
        path.rename(run / path.name)
    found.update()
    assert found.order(ERROR).tolist() == [0, 1, 2, 3]
    assert found.order(only=Filter(differing=True)).tolist() == []


def test_what_came_while_it_looks_for_a_text_is_left_for_the_next_time(run):
    found = Ranking(run)
    found.update()
    with Journal.create(run) as journal:
        journal.add_jobs([("a", "tea"), ("a", "cats"), ("b", "tea"), ("c", "tea"), ("a", "zoo")])
    assert found.order(only=Filter(text="cat")).tolist() == [1, 2]
    found.update()
    assert found.order(only=Filter(text="zoo")).tolist() == [4]


def test_every_figure_is_the_one_that_the_row_shows(run):
    found = Ranking(run)
    found.update()
    for key in KEYS:
        rows = read_rows(run, found.order(key).tolist())
        values = [row.figure(key) for row in rows if row.figure(key) is not None]
        assert values == sorted(values, reverse=key.down)


def test_whoever_advances_can_end_it(run):
    def stop(done, total):
        raise InterruptedError

    with pytest.raises(InterruptedError):
        Ranking(run).update(stop)


def test_a_folder_without_a_run_is_an_error_of_the_input(tmp_path):
    with pytest.raises(InputError):
        Ranking(tmp_path).update()


@given(st.lists(st.one_of(st.none(), st.floats(0, 1)), max_size=12), st.sampled_from(KEYS), st.booleans())
def test_any_order_holds_every_judgement_once(values, key, turned):
    found = Ranking.__new__(Ranking)
    size = len(values)
    found._done, found._differs = np.ones(size, bool), np.zeros(size, bool)
    found._place_of, found._community = {}, np.zeros(size, np.int32)
    found._figures = np.full((size, len(KEYS)), np.nan)
    found._figures[:, KEYS.index(key)] = [np.nan if value is None else value for value in values]
    assert sorted(found.order(key, turned=turned).tolist()) == list(range(size))
