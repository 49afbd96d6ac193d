from __future__ import annotations

import re

import pytest
from report_cards import HOSTILE, card_of

from bench.report.html import as_html
from bench.report.markdown import as_markdown, as_markdown_report
from bench.report.markup import element
from bench.report.rows import CAUTIONS, HEADLINES, score_lines, written
from bench.scores import ScoreCard, ScoreRow, TaskScore, score_rows


def row(predictor, role="baseline", mean=0.5, low=0.4, high=0.6, **known):
    return ScoreRow(
        predictor=predictor,
        role=role,
        mean=mean,
        low=low,
        high=high,
        n=1234,
        communities=3,
        by="items",
        **known,
    )


CARD = ScoreCard(
    predictor="norm judge",
    corpus={"title": "Tea"},
    notes=("a | b", "<script>", "twice", "twice"),
    tasks=(
        TaskScore(
            task="identification",
            metric="accuracy",
            better="higher",
            rows=(
                row("norm judge", "simulation", mean=0.4123, low=-0.1, high=1.0),
                row("guess | of <b>bold</b>", ahead={"mean": -0.05, "low": -0.2, "high": 0.1, "probability": 0.3}),
                row("noise ceiling", "ceiling", mean=None, low=None, high=None, note="undefined for 3"),
            ),
            note="options shuffled",
        ),
        TaskScore(task="distribution", metric="log loss (bits)", better="lower", rows=(row("judge 2", "simulation"),)),
        TaskScore(task="generation", metric="recognised", better="higher", rows=(), note="nothing | to score"),
        TaskScore(task="odd", metric="an odd one", better="higher", rows=(), note="nothing odd"),
    ),
)  # fmt: skip


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.5, ".500"),
        (-0.1234, "-.123"),
        (1.0, "1.000"),
        (0.0, ".000"),
        (10.25, "10.250"),
        (None, "—"),
        (-10.5, "-10.500"),
    ],
)
def test_a_score_is_written_without_its_leading_zero(value, text):
    assert written(value) == text


def test_lines_have_the_figure_its_interval_the_lead_and_the_number():
    lines = score_lines(CARD.tasks[0])
    assert lines[0] == ("norm judge", "simulation", ".412", "[-.100, 1.000]", "", "1,234 in 3")
    assert lines[1][4] == "-.050 [-.200, +.100]"
    assert lines[2][:4] == ("noise ceiling (undefined for 3)", "ceiling", "—", "—")


def cells(line):
    """The cells of a Markdown table's row, with the escapes undone."""
    return [cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_the_table_has_a_row_for_every_figure_and_every_gap():
    head, table, notes = as_markdown(CARD, every_metric=True).split("\n\n")
    assert head == "Tea · licence unknown · simulated by the norm judge"
    lines = [cells(line) for line in table.splitlines()]
    assert {len(line) for line in lines} == {6}
    assert [line[1] for line in lines[2:]] == [
        "**norm judge**",
        "guess | of &lt;b>bold&lt;/b>",
        "noise ceiling (undefined for 3)",
        "**judge 2**",
        "nothing | to score",
        "nothing odd",
    ]
    assert lines[2][0] == "identification: accuracy (↑)"
    assert lines[5][0] == "distribution: log loss (bits) (↓)"
    assert notes.splitlines()[:4] == [
        "- a \\| b",
        "- &lt;script>",
        "- twice",
        "- identification: options shuffled",
    ]


def test_the_short_table_leaves_out_metrics_and_neither_predictors_nor_gaps():
    short, whole = (as_markdown(CARD, every_metric=every) for every in (False, True))
    left_out = set(whole.splitlines()) - set(short.splitlines())
    assert left_out == {line for line in whole.splitlines() if "log loss" in line}
    assert "nothing odd" in short


def test_what_a_source_calls_itself_is_no_markup():
    card = ScoreCard(predictor="x", corpus={}, notes=("![x](http://x) `rm` *a* \\| <b>",), tasks=())
    assert as_markdown(card).splitlines()[-1] == r"- !\[x](http://x) \`rm\` \*a\* \\\| &lt;b>"


@pytest.mark.parametrize("text", ["one\ntwo", "one\r\ntwo", "one\u2028two"])
def test_a_line_break_in_a_name_or_a_note_breaks_no_table_and_no_list(text):
    task = TaskScore(task="t", metric="accuracy", better="higher", rows=(row(text), row("b")), note="")
    card = ScoreCard(predictor="x", corpus={}, notes=(text,), tasks=(task,))
    lines = as_markdown(card).splitlines()
    assert [len(cells(line)) for line in lines if line.startswith("|")] == [6] * 4
    assert lines[-1] == "- one two"


def test_the_headlines_are_metrics_that_there_are():
    from bench.tasks import cases, preference_identification

    known = {metric.name for metric in cases.METRICS}
    assert {
        "Kendall τ-b",
        "Jensen–Shannon divergence (base 2)",
        "mean absolute error of a share",
    } <= known & HEADLINES
    assert preference_identification.TASK == "preference identification"


def test_rows_are_compared_with_the_first_simulation_on_the_same_judgements():
    figures = {
        "sim": [1.0, 1.0, 0.0, None],
        "base": [0.0, 1.0, 0.0, 1.0],
        "top": [1.0] * 4,
        "empty": [None] * 4,
    }
    roles = {"sim": "simulation", "base": "baseline", "top": "ceiling", "empty": "baseline"}
    for better, sign in (("higher", 1), ("lower", -1)):
        sim, base, top, empty = score_rows(figures, roles, ["a", "a", "b", "b"], better=better, seed=1)
        assert (sim.mean, sim.n, sim.ahead, sim.note) == (pytest.approx(2 / 3), 3, None, "undefined for 1")
        assert base.mean == 0.5
        assert base.ahead["mean"] == pytest.approx(sign / 3)
        assert top.ahead is empty.ahead is empty.mean is None


def test_a_score_card_is_plain_data():
    import json

    data = json.loads(json.dumps(CARD.as_data()))
    assert data["tasks"][0]["rows"][1]["ahead"]["mean"] == -0.05
    assert data["notes"] == list(CARD.notes)


def lines_of(card, facts=None):
    return as_markdown_report(card, facts=facts).splitlines()


@pytest.mark.parametrize("text", ["tea", HOSTILE])
def test_the_whole_report_has_every_section_and_no_line_of_it_is_broken(text):
    lines = lines_of(card_of(text))
    assert [line for line in lines if line.startswith("## ")] == [
        f"## {title}"
        for title in (
            "What was simulated with what",
            "How it was split, and what was left out",
            "Every task and metric",
            "Does it know when it is right?",
            "Community by community",
            "Predictor against predictor",
            "The worst judgements, to read",
            "What it cost",
            "What it is not for",
        )
    ]
    tables = [line for line in lines if line.startswith("|")]
    widths = [len(cells(line)) for line in tables if set(line) <= set("|-: ")]
    assert sorted(widths) == [3, 3, 4, 6, 7, 8]
    assert sorted({len(cells(line)) for line in tables}) == sorted(set(widths))


def test_hostile_texts_are_no_markup_in_the_whole_report():
    text = as_markdown_report(card_of(HOSTILE))
    for harmful in ("<script", "<!--", " [x](", "`a`", "\x1b", "\u202e", "\ud800"):
        assert harmful not in text, harmful
    assert "\\[x](y)" in text


def test_the_whole_report_says_what_the_page_says():
    card = card_of()
    text, page = as_markdown_report(card).replace("\\", ""), as_html(card)
    for told in (
        "FICTIONAL", "-.150 [-.200, -.100]", "+.050", "[-.020, +.120]", "75.0 %", "50.0 %", "1,200", "1,203",
        "more than $1.50", "divergence .049", "number of voters unknown", ".125", *CAUTIONS,
    ):  # fmt: skip
        assert told in text, told
        assert element("p", told)[3:-4] in page, told


def test_a_run_without_a_model_says_that_it_cost_nothing():
    bare = ScoreCard(predictor="x", corpus={}, notes=(), tasks=())
    assert "No model was called: it cost nothing." in lines_of(bare)
