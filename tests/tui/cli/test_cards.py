"""A score card on the terminal: which tables, whose lead, and nothing that could steer it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from report_cards import HOSTILE, ahead, card_of, row

from bench.benchmark import BenchmarkWriter
from bench.report.rows import HEADLINES
from bench.scores import TaskScore
from personas.errors import InputError
from simulator.item import Item, Option, RealVotes
from tui.cli.cards import check_reports, print_card, print_markdown, write_card


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    out = tmp_path_factory.mktemp("cards") / "b"
    with BenchmarkWriter(out, name="made", source="tests", licence="none", title="Made") as writer:
        votes = {"tea": RealVotes(shares=(1.0, 0.0), voters=2, margin=2)}
        writer.add(
            "test", Item(item="1", query="?", options=(Option(text="a"), Option(text="b")), votes=votes)
        )
        return writer.finish()


@pytest.fixture
def printed(place, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "160")

    def make(card, **options):
        print_card(place, card, **{"every_metric": False, **options})
        return capsys.readouterr().out

    return make


def test_headlines_and_what_could_not_be_scored_are_printed_and_the_rest_on_request(printed):
    card = card_of()
    few, every = printed(card), printed(card, every_metric=True)
    assert "accuracy" in HEADLINES and "identification: accuracy" in few
    assert "generation: recognised" in few and "nothing tea" in few
    assert "variance of shares" not in few and "variance of shares" in every


def test_a_lead_is_signed_with_its_interval_and_empty_where_there_is_none(printed):
    rows = (
        row("judge", "simulation"),
        row("known", ahead=ahead(0.05, -0.02, 0.12)),
        row("alone", ahead=ahead(0.07)),
        row("never", ahead=ahead(None)),
    )
    task = TaskScore(task="t", metric="accuracy", better="higher", rows=rows)
    out = printed(replace(card_of(), tasks=(task,)))
    lines = {name: line for line in out.splitlines() for name in ("known", "alone", "never") if name in line}
    assert "+.050 [-.020, +.120]" in lines["known"]
    assert lines["alone"].rstrip(" │|").endswith("+.070")
    assert "—" not in lines["never"] and "+" not in lines["never"]


def test_notes_are_told_apart_by_what_they_are(printed):
    card = replace(card_of(), notes=("warning: hot", "left out: 3 items", "note well: as it is"))
    lines = [line.split(maxsplit=1) for line in printed(card).splitlines()[-3:]]
    assert lines[0][0] == "warning"
    assert lines[1] == ["left", "out  3 items"] or lines[1][1].split() == ["out", "3", "items"]
    assert lines[2] == ["note", "note well: as it is"] or lines[2][1].strip() == "note well: as it is"


def test_markdown_makes_what_could_steer_a_terminal_visible(capsys):
    print_markdown(card_of(HOSTILE), every_metric=True)
    out = capsys.readouterr().out
    assert not {"\x1b", "\x00", "\u202e", "\u2066", "\x85"} & set(out)


def test_reports_are_written_as_their_names_say(tmp_path, capsys):
    names = [str(tmp_path / f"card{end}") for end in (".html", ".md", ".json")]
    check_reports(names)
    write_card(card_of(), names)
    assert (tmp_path / "card.html").read_text().startswith("<!DOCTYPE html>")
    assert (tmp_path / "card.json").read_text().startswith("{")
    told = capsys.readouterr().err
    assert all(name in told.replace("\n", "") for name in names)
    with pytest.raises(InputError):
        check_reports(["card.pdf"])
