"""The tables of results: what stands in a row, and that nothing but what lies between the marks is touched."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from bench.scores import ScoreRow, TaskScore

ROOT = Path(__file__).parents[2]
spec = importlib.util.spec_from_file_location("results", ROOT / "examples" / "results.py")
results = importlib.util.module_from_spec(spec)
spec.loader.exec_module(results)


def row(name, role, mean, ahead=None):
    told = (
        None
        if ahead is None
        else {"mean": ahead, "low": ahead - 0.1, "high": ahead + 0.1, "probability": 1.0}
    )
    return ScoreRow(
        predictor=name, role=role, mean=mean, low=mean - 0.1, high=mean + 0.1, n=1200, communities=3,
        by="communities", ahead=told,
    )  # fmt: skip


ROWS = (
    row("norm judge", "simulation", 0.6),
    row("shuffled communities: norm judge", "control", 0.5, 0.1),
    row("universal predictor (all)", "control", 0.9, -0.3),
    row("uniform guess", "baseline", 0.25, 0.35),
    row("item majority (of others)", "control", 0.7, -0.1),
    row("noise ceiling", "ceiling", 0.8),
)


@pytest.mark.parametrize(
    ("better", "best", "lead"),
    [
        ("higher", ".700 item majority", "-.100 [-.200, .000]"),
        ("lower", ".250 uniform guess", ".350 [.250, .450]"),
    ],
)
def test_the_best_of_the_rest_is_named_with_the_lead_over_it_and_the_two_controls_stand_by_themselves(
    better, best, lead
):
    found = results.cells(TaskScore(task="t", metric="m", better=better, rows=ROWS))
    assert found == ("**.600** [.500, .700]", ".500", ".900", best, lead, ".800", "1,200 in 3")


def test_where_neither_more_nor_less_is_better_nobody_is_the_best():
    found = results.cells(TaskScore(task="t", metric="m", better="one", rows=ROWS))
    assert found[3:5] == ("—", "")


def test_the_readme_has_the_marks_that_the_tables_are_written_between():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text.index(results.BEGIN) < text.index("#### Five Stack Exchange sites") < text.index(results.END)
