from __future__ import annotations

import json

import pytest
from made_runs import asked, made_run
from report_cards import HOSTILE, card_of

from bench.report.data import as_json, to_json
from bench.report.files import FORMATS, format_of, write_report, write_reports
from bench.report.reading import card_of_data, read_report
from bench.report.rows import about_lines
from bench.scores import ScoreCard
from personas.errors import InputError

ITEMS = [asked("1", {"tea": (0.75, 0.25)}), asked("2", {"tea": (0.5, 0.5), "cats": (1.0, 0.0)})]
SAID = {("1", "tea"): (0.5, 0.5), ("2", "cats"): (0.25, 0.75)}


@pytest.mark.parametrize("text", ["tea", HOSTILE])
def test_a_score_card_comes_back_from_its_data(text):
    card = card_of(text)
    assert card_of_data(json.loads(json.dumps(card.as_data()))) == card


def test_scores_of_an_earlier_version_have_no_curves_and_are_read_all_the_same():
    data = card_of().as_data()
    for name in ("curves", "worst", "comparisons", "communities", "usage"):
        del data[name]
    card = card_of_data(data)
    assert card.tasks == card_of().tasks
    assert (card.curves, card.usage) == ((), ())


@pytest.mark.parametrize("data", [{}, {"predictor": "x"}, {**card_of().as_data(), "tasks": [{"rows": [{}]}]}])
def test_what_is_no_score_card_is_refused(data):
    with pytest.raises(InputError, match="run: its scores cannot be read"):
        card_of_data(data, where="run")


def test_a_report_reads_the_scores_and_what_stands_beside_them(tmp_path):
    folder = made_run(tmp_path / "my run", ITEMS, SAID, scores=card_of().as_data(), warnings=["beware"])
    card, facts = read_report(folder)
    assert card == card_of()
    assert facts.shares == ((0.75, 0.5), (0.25, 0.5), (1.0, 0.25), (0.0, 0.75))
    assert (facts.run, facts.done, facts.total, facts.failures) == ("my run", 2, 3, 0)
    assert (facts.settings["seed"], facts.embedder, facts.warnings) == (7, "words", ("beware",))
    assert facts.reliability["ballots"] == 8


def test_no_path_of_a_machine_is_in_a_report(tmp_path):
    card, facts = read_report(made_run(tmp_path / "run", ITEMS, SAID, scores=card_of().as_data()))
    assert "/somebody" not in as_json(card, facts=facts)
    assert str(tmp_path) not in as_json(card, facts=facts)


def test_a_run_that_was_held_against_nothing_is_refused(tmp_path):
    made_run(tmp_path / "run", ITEMS, SAID)
    with pytest.raises(InputError, match=r"holds no scores \(2 of 3 judgements are done\)"):
        read_report(tmp_path / "run")
    with pytest.raises(InputError):
        read_report(tmp_path / "nowhere")


def test_the_json_holds_the_card_whole_and_steers_no_terminal():
    made = as_json(card_of(HOSTILE))
    assert card_of_data(json.loads(made)["scores"]) == card_of(HOSTILE)
    assert not {"\x1b", "\x85", "\u202e", "\ud800"} & set(made)
    assert to_json({"third": 1 / 3}) == '{\n "third": 0.333333333\n}\n'


def test_the_model_is_named_by_its_calls_and_none_is_named_where_none_was_asked(tmp_path):
    _, facts = read_report(made_run(tmp_path / "run", ITEMS, SAID, scores=card_of().as_data()))
    bare = ScoreCard(predictor="x", corpus={}, notes=(), tasks=())
    assert dict(about_lines(card_of(), facts))["model"] == "local, tea"
    assert dict(about_lines(bare, facts))["model"] == "none: no language model was called"
    assert "model" not in dict(about_lines(bare))


def test_reports_are_written_into_a_folder_or_as_the_file_that_is_named(tmp_path):
    makers = {format_: lambda told=format_: f"text {told}" for format_ in FORMATS}
    files = write_reports(makers, tmp_path / "new" / "folder")
    assert [path.name for path in files] == ["report.html", "report.md", "report.json"]
    assert [path.read_text() for path in files] == ["text .html", "text .md", "text .json"]
    (one,) = write_reports(makers, tmp_path / "tea.MD")
    assert one.read_text() == "text .md"
    assert sorted(path.name for path in tmp_path.rglob("*") if path.is_file()) == [
        "report.html",
        "report.json",
        "report.md",
        "tea.MD",
    ]


def test_a_file_of_another_format_is_neither_overwritten_nor_made(tmp_path):
    (tmp_path / "tea.xml").write_text("mine")
    with pytest.raises(InputError, match="no report's format"):
        write_reports({}, tmp_path / "tea.xml")
    assert (tmp_path / "tea.xml").read_text() == "mine"
    with pytest.raises(InputError, match=r"as \.pdf"):
        format_of(tmp_path / "tea.pdf")


def test_what_cannot_be_written_is_said_and_leaves_nothing(tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(InputError, match="cannot be written"):
        write_reports({".md": lambda: "x"}, tmp_path / "file" / "tea.md")
    (tmp_path / "tea.md").mkdir()
    with pytest.raises(InputError, match="cannot be written"):
        write_report(tmp_path / "tea.md", "x")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
