"""``commonbond report`` and ``commonbond compare`` on runs made by hand."""

from __future__ import annotations

import argparse
import json
import unicodedata

import jsonschema
import pytest
from made_runs import asked, made_run
from report_cards import HOSTILE, card_of

from personas.errors import InputError
from tui.cli import compare, report
from tui.cli.report_arguments import add_compare, add_report
from tui.cli.schema import load

REAL = {"tea": (0.75, 0.25), "cats": (0.25, 0.75)}
STEERING = {"Cc", "Cf", "Cs", "Zl", "Zp"}
JOINERS = {"\u200d", "\u200c"}


def carry_out(module, add, *arguments):
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true")
    add(parser)
    return module.run(parser.parse_args([str(argument) for argument in arguments]))


@pytest.fixture
def runs(tmp_path):
    """Two runs on hostile items: the first is right everywhere, the second nowhere."""
    items = [asked(str(number), REAL, query=HOSTILE, options=(HOSTILE, "b")) for number in range(4)]
    right = {(item.item, community): shares for item in items for community, shares in REAL.items()}
    wrong = {place: tuple(reversed(shares)) for place, shares in right.items()}
    told = {"scores": card_of(HOSTILE).as_data(), "source": {"title": HOSTILE}, "predictor": HOSTILE}
    return [made_run(tmp_path / name, items, said, **told) for name, said in (("a", right), ("b", wrong))]


def steering(text):
    return {sign for sign in text if unicodedata.category(sign) in STEERING and sign != "\n"} - JOINERS


def answer(capsys, name):
    found = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(load(name)).validate(found)
    return found


def test_a_report_is_written_into_the_runs_folder_in_all_formats(runs, capsys):
    assert carry_out(report, add_report, runs[0], "--json") == 0
    found = answer(capsys, "report")
    names = [str(runs[0] / f"report.{ending}") for ending in ("html", "md", "json")]
    assert (found["files"], found["run"]) == (names, str(runs[0]))
    page, text, data = ((runs[0] / f"report.{ending}").read_text() for ending in ("html", "md", "json"))
    assert page.startswith("<!DOCTYPE html>")
    assert text.startswith("# ")
    assert json.loads(data)["run"]["settings"] == {"panel": 4, "seed": 7, "sharpness": None}
    for written in (page, text, data):
        assert not steering(written)


def test_a_report_goes_where_it_is_told_to_and_says_so(runs, tmp_path, capsys):
    assert carry_out(report, add_report, runs[0], "--out", tmp_path / "tea.html") == 0
    told = capsys.readouterr().out
    assert "tea.html" in told
    assert "FICTIONAL" in told
    assert not steering(told)
    assert not (runs[0] / "report.html").exists()
    assert (tmp_path / "tea.html").is_file()


def test_writing_a_report_twice_gives_the_same_bytes(runs, tmp_path):
    for folder in ("one", "two"):
        carry_out(report, add_report, runs[0], "--out", tmp_path / folder)
    for name in ("report.html", "report.md", "report.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_run_without_scores_has_no_report(tmp_path):
    run = made_run(tmp_path / "bare", [asked("1", REAL)], {})
    with pytest.raises(InputError, match="holds no scores"):
        carry_out(report, add_report, run)


def test_a_comparison_keeps_to_its_schema_and_the_file_says_the_same(runs, tmp_path, capsys):
    file = tmp_path / "compared.json"
    assert carry_out(compare, add_compare, *runs, "--json", "--report", file) == 0
    found = answer(capsys, "compare")
    assert json.loads(file.read_text()) == found
    assert found["metrics"][0]["ahead"] == {"mean": 1, "low": 1, "high": 1}
    assert (found["first"]["run"], found["second"]["run"]) == ("a", "b")


@pytest.mark.parametrize("ending", ["html", "md"])
def test_a_comparison_is_printed_and_written_and_steers_nothing(runs, tmp_path, capsys, monkeypatch, ending):
    monkeypatch.setenv("COLUMNS", "100")
    file = tmp_path / f"compared.{ending}"
    assert carry_out(compare, add_compare, *runs, "--report", file) == 0
    told = capsys.readouterr().out
    assert [line.split("  ")[-1].strip() for line in told.splitlines() if line.startswith("accuracy ")] == [
        "8 in 2",
        "the first is better",
    ]
    assert "+1.000 [+1.000, +1.000]" in file.read_text()
    assert not steering(told)
    assert not steering(file.read_text())


def test_a_report_of_an_unknown_format_is_refused_before_anything_is_read(tmp_path):
    with pytest.raises(InputError, match=r"as \.pdf"):
        carry_out(compare, add_compare, tmp_path, tmp_path, "--report", "compared.pdf")


def test_the_same_seed_gives_the_same_answer(runs, capsys):
    said = []
    for _ in range(2):
        carry_out(compare, add_compare, *runs, "--json", "--seed", 3)
        said.append(capsys.readouterr().out)
    assert said[0] == said[1]
