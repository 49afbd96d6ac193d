"""The granularity command on a small planted corpus, without a model."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import fields

import jsonschema
import pytest
from small_corpora import make_corpus, said, voted
from word_embedder import WordEmbedder

from bench.granularity import Gap, LevelScore, PlaceFacts, Study, Verdict
from personas.errors import InputError
from tui.cli import granularity
from tui.cli.granularity_arguments import add_granularity
from tui.cli.schema import load
from tui.cli.shared_arguments import Parser

THEMES = ("trains buses rails", "taxes levies duties")


@pytest.fixture(scope="module")
def town(tmp_path_factory):
    """A corpus of two opposed camps of 15 people and 24 statements on two themes, one title hostile."""
    posts = [said(f"s{number:02}", f"{THEMES[number % 2]} number {number}") for number in range(24)]
    votes = [
        voted(f"s{number:02}", 1 if (person + number) % 2 else -1, f"p{person}")
        for number in range(24)
        for person in range(30)
    ]
    folder = tmp_path_factory.mktemp("town") / "town.corpus"
    make_corpus(folder, [*posts, *votes], ballot="agreement", title="Town \x1b[31m[bold]").close()
    return folder


@pytest.fixture
def run(monkeypatch, capsys):
    """Return a function that carries the command out and returns its code, output and errors."""
    monkeypatch.setattr(granularity, "embedder_named", lambda name, **_: WordEmbedder())

    def carry_out(*arguments):
        parser = Parser(prog="commonbond")
        add_granularity(parser.add_subparsers(dest="command", parser_class=Parser))
        code = granularity.run(parser.parse_args(["granularity", *map(str, arguments)]))
        return code, *capsys.readouterr()

    return carry_out


def test_the_answer_keeps_to_its_schema_and_holds_both_settings(run, town):
    code, out, _ = run(town, "--json", "--known", "1,5", "--groups", 2)
    found = json.loads(out)
    jsonschema.Draft202012Validator(load("granularity")).validate(found)
    assert code == 0
    assert [study["held_out"] for study in found["studies"]] == ["statements", "votes"]
    assert {row["community"] for row in found["studies"][1]["verdicts"] if row["known"] == 5} >= {"wins"}
    assert found["plot"] is None


def test_the_tables_say_whose_figures_they_are_and_where_communities_win(run, town, tmp_path):
    picture = tmp_path / "curves.svg"
    code, out, _ = run(
        town, "--held-out", "votes", "--known", "1,5", "--groups", 2, "--people", 25, "--plot", picture
    )
    assert code == 0 and "\x1b" not in out
    assert (
        "25 people in 1 place" in out and "one per community" in out and "Held out: a person's votes" in out
    )
    told = " ".join(out.split())
    assert "One per community wins, ahead of one for all and of one per person, with 1 and 5 known" in told
    assert "statements held out for everybody" not in out and "log loss" not in out
    assert max(map(len, out.splitlines())) <= 100
    title = next(ET.fromstring(picture.read_text("utf-8")).iter("{http://www.w3.org/2000/svg}text")).text
    assert "Town" in title and "\x1b" not in title


def test_every_metric_is_printed_on_request(run, town):
    _, out, _ = run(town, "--held-out", "statements", "--known", "1", "--all")
    assert "log loss" in out and "mean absolute error" in out and "person over all" in out


def test_a_picture_that_cannot_be_written_is_refused_before_any_work(run, town, tmp_path):
    with pytest.raises(InputError, match="no picture can be written here"):
        run(town, "--plot", tmp_path / "nowhere" / "x.svg")
    with pytest.raises(InputError, match="no picture can be written here"):
        run(town, "--plot", tmp_path)


def test_numbers_that_are_none_are_refused(run, town):
    with pytest.raises(InputError, match="--known"):
        run(town, "--known", "1,many")
    with pytest.raises(InputError, match="0 is less than 1"):
        run(town, "--known", "0,5")


@pytest.mark.parametrize(
    ("path", "described"),
    [("study", Study), ("place", PlaceFacts), ("score", LevelScore), ("gap", Gap), ("verdict", Verdict)],
)
def test_a_definition_names_the_fields_of_its_record(path, described):
    assert set(load("granularity")["$defs"][path]["properties"]) == {
        field.name for field in fields(described)
    }
