from __future__ import annotations

import json

import pytest

from bench.pluralism.sets import ANSWERS, OPTIONS, option_sets, read_answers
from personas.errors import InputError
from simulator.item import Item, Option


def item(name, query="Tea?", kind="choice"):
    return Item(item=name, query=query, options=(Option(text="yes"), Option(text="no")), kind=kind)


@pytest.fixture
def file(tmp_path):
    def write(*rows):
        path = tmp_path / "answers.jsonl"
        lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
        path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        return path

    return write


def test_answers_are_gathered_by_item_or_by_query(file):
    path = file(
        {"item": "1", "model": "m", "text": " warm "},
        {"query": "Pots? ", "model": "n", "text": "cold"},
        "",
        {"item": "1", "model": "m", "text": "warm", "more": 3},
    )
    read = read_answers(path, [item("1"), item("2", "Pots?"), item("3", "Pots?"), item("4")])
    assert [(each.item, each.texts, each.of) for each in read.sets] == [
        ("1", ["warm", "warm"], ANSWERS),
        ("2", ["cold"], ANSWERS),
        ("3", ["cold"], ANSWERS),
    ]
    assert read.models == ("m", "n") and read.left_out == {}
    assert read.sets[0].by("n").answers == () and read.sets[0].by("m") == read.sets[0]


def test_lines_that_cannot_be_used_are_counted_and_the_others_kept(file):
    path = file(
        "{", "3", {"item": "1", "model": "m"}, {"item": "1", "text": "x"}, {"model": "m", "text": "x"},
        {"item": 1, "model": "m", "text": "x"}, {"item": "9", "model": "m", "text": "x"},
        {"item": "1", "model": "m", "text": "kept"}, "[" * 100_000,
    )  # fmt: skip
    read = read_answers(path, [item("1")])
    assert [each.texts for each in read.sets] == [["kept"]]
    assert read.left_out == {
        "an item that is not analysed": 1, "its item is no text": 1, "no JSON": 2, "no JSON object": 1,
        "without item or query": 1, "without model": 1, "without text": 1,
    }  # fmt: skip


def test_a_file_that_answers_nothing_is_refused_with_the_first_reason(file, tmp_path):
    with pytest.raises(InputError, match="line 1: without text"):
        read_answers(file({"item": "1", "model": "m"}), [item("1")])
    with pytest.raises(InputError, match="none has the identity"):
        read_answers(file({"item": "7", "model": "m", "text": "x"}), [item("1")])
    with pytest.raises(InputError, match="cannot be read"):
        read_answers(tmp_path / "none", [item("1")])
    (tmp_path / "latin").write_bytes(b'{"item": "\xe9"}')
    with pytest.raises(InputError, match="UTF-8"):
        read_answers(tmp_path / "latin", [item("1")])


def test_an_items_own_options_are_a_set_but_not_where_one_agrees_or_not():
    found = option_sets([item("1"), item("2", kind="agreement"), item("3", kind="endorsement")])
    assert [(each.item, each.texts, each.of) for each in found] == [
        ("1", ["yes", "no"], OPTIONS),
        ("3", ["yes", "no"], OPTIONS),
    ]
