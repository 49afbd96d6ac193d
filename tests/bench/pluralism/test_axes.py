from __future__ import annotations

import json
import re

import pytest

from bench.pluralism.axes import bundled_axes, chosen_axes, load_axis
from personas.errors import InputError

AXES = bundled_axes()


def grams(text, size):
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[start : start + size]) for start in range(len(words) - size + 1)}


def small(**changes):
    """Return an axis from cold to warm as data; ``changes`` go into its fields."""
    statements = [{"text": f"I like frost {n}", "side": "a"} for n in range(5)]
    statements += [{"text": f"I like heat {n}", "side": "b"} for n in range(5)]
    axis = {
        "format": "commonbond-axis/1", "name": "warmth", "title": "cold / warm", "definition": "how warm",
        "source": "this test", "licence": "none",
        "a": {"name": "cold", "definition": "ice", "anchors": ["ice", "snow", "hail"]},
        "b": {"name": "warm", "definition": "sun", "anchors": ["sun", "fire", "sand"]},
        "labelled": {"source": "this test", "licence": "none", "statements": statements},
    }  # fmt: skip
    for path, value in changes.items():
        *way, last = path.split("__")
        place = axis
        for step in way:
            place = place[int(step) if step.isdecimal() else step]
        if value is ...:
            del place[last]
        else:
            place[int(last) if last.isdecimal() else last] = value
    return axis


@pytest.fixture
def written(tmp_path):
    def write(data, name="own.json"):
        path = tmp_path / name
        path.write_text(data if isinstance(data, str) else json.dumps(data), encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("axis", AXES, ids=lambda axis: axis.name)
def test_a_bundled_axis_has_anchors_and_a_labelled_set_of_the_size_that_is_promised(axis):
    for pole in (axis.a, axis.b):
        assert 8 <= len(pole.anchors) <= 15
    assert len(axis.labelled) >= 40
    counts = [sum(each.side == side for each in axis.labelled) for side in ("a", "b", "neither")]
    assert counts[0] == counts[1] and min(counts) >= 10
    assert "Inglehart" in axis.source and axis.labelled_licence == "Apache-2.0"


@pytest.mark.parametrize("axis", AXES, ids=lambda axis: axis.name)
def test_no_four_words_in_a_row_of_a_labelled_statement_stand_in_an_anchor(axis):
    anchors = set().union(*(grams(text, 4) for pole in (axis.a, axis.b) for text in pole.anchors))
    assert anchors
    for each in axis.labelled:
        assert not grams(each.text, 4) & anchors, each.text


def test_an_axis_read_from_a_file_stands_beside_the_bundled_ones_or_in_place_of_one(written):
    own = written(small())
    assert [axis.name for axis in chosen_axes([own])] == [*(axis.name for axis in AXES), "warmth"]
    same = chosen_axes([written(small(name="traditional-secular"), "b.json")])
    assert [axis.title for axis in same] == ["survival / self-expression", "cold / warm"]
    assert load_axis(own).swapped().a.name == "warm"
    with pytest.raises(InputError, match="second axis is named 'warmth'"):
        chosen_axes([own, written(small(), "c.json")])


@pytest.mark.parametrize(
    ("changes", "where", "what"),
    [
        ({"name": ...}, "own.json", "lacks 'name'"),
        ({"colour": "red"}, "own.json", "unknown field 'colour'"),
        ({"format": "2"}, "format", "no format"),
        ({"title": ""}, "title", "no text"),
        ({"title": 3}, "title", "no text"),
        ({"a": "cold"}, "a", "no JSON object"),
        ({"a__anchors": ["ice"]}, "a.anchors", "too few"),
        ({"a__anchors": "ice, snow, hail"}, "a.anchors", "too few"),
        ({"a__anchors__1": None}, "a.anchors[1]", "no text"),
        ({"a__anchors__1": "ice"}, "a.anchors", "stands twice"),
        ({"a__anchors__1": "sun"}, "anchors", "both poles"),
        ({"b__name": "cold"}, "b.name", "both poles are named"),
        ({"labelled__statements": []}, "labelled.statements", "too few labelled"),
        ({"labelled__statements__3__side": "c"}, "labelled.statements[3].side", "'c' is no side"),
        ({"labelled__statements__3__side": ["a"]}, "labelled.statements[3].side", "is no side"),
        ({"labelled__statements__3__text": "sun"}, "labelled.statements[3].text", "an anchor too"),
        ({"labelled__statements__3__text": "I like heat 1"}, "labelled.statements", "stands twice"),
        ({"labelled__licence": ...}, "labelled", "lacks 'licence'"),
    ],
)
def test_an_error_in_an_axis_names_the_file_and_the_field(written, changes, where, what):
    with pytest.raises(InputError) as caught:
        load_axis(written(small(**changes)))
    assert caught.value.where.endswith(where) and "own.json" in caught.value.where
    assert what in caught.value.what and caught.value.remedy


def test_a_labelled_set_without_one_of_the_poles_is_refused(written):
    statements = [{"text": f"I like frost {n}", "side": "a"} for n in range(12)]
    with pytest.raises(InputError, match="no statement is on side b"):
        load_axis(written(small(labelled__statements=statements)))


@pytest.mark.parametrize("text", ["", "{", "[]", "[" * 100_000, "3"])
def test_what_is_no_json_object_is_refused(written, text):
    with pytest.raises(InputError, match="own.json"):
        load_axis(written(text))


def test_a_file_that_is_missing_is_refused(tmp_path):
    with pytest.raises(InputError, match="cannot be read"):
        load_axis(tmp_path / "none.json")
