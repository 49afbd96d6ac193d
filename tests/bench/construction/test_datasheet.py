"""The datasheet says what the figures of this build say, and whatever strangers wrote stays plain text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.construction.choices import Choices
from bench.construction.datasheet import Sheet, as_datasheet, plain


def figure(mean, n=40):
    return {"mean": mean, "low": None, "high": None, "n": n, "communities": 2}


def row(name, accuracy, divergence, n=40):
    return {"predictor": name, "accuracy": figure(accuracy, n), "divergence": figure(divergence, n)}


def sheet_of(rows):
    return sheet(rows=rows)


def sheet(*, unseen=(), rows=(), identification=None, **fields):
    rows = rows or [row("uniform guess", 0.4, 0.02), *unseen, row("noise ceiling", 0.8, 0.01)]
    facts = {
        "choices": Choices(seed=7).as_data(),
        "communities": {"number": 2, "origin": "given", "found": {"method": "", "number": 0, "within": {}}},
        "corpus": {"content": "c" * 64, "counts": {"posts": 1200}, "kept": {}},
        "criteria": {
            "measures": {"contrast": "how far apart"},
            "floors": {"contrast": 0.125},
            "means": {"divergence": None, "polarity": None, "contrast": 0.25},
            "chosen_from_more": 3,
            "polarity_accuracy": 0.925,
            "polarity_sentences": 40,
            "lone_posts": False,
        },
        "embedder": "words",
        "near_texts": "a measure",
        "split": {"by": "random", "notes": []},
        "weaknesses": {
            "without_community": rows,
            "identification": identification or {"rows": [], "chance": None, "note": "one community only"},
            "cues_masked": True,
        },
    }
    told = {
        "title": "A room",
        "source": "table",
        "licence": "CC0",
        "fictional": False,
        "ballot": "endorsement",
    }
    return as_datasheet(Sheet(**{**told, "parts": {"test": 5}, "facts": facts, **fields}))


def test_how_far_one_gets_without_the_community_is_said_in_words():
    told = sheet(unseen=[row("longest option", 0.7, None), row("position prior", 0.5, 0.03)])
    assert "in accuracy, longest option goes farthest: 75% of the way." in told
    assert "| longest option | 0.700 (n = 40) | — |" in told
    assert "too few votes" not in told


def test_too_few_votes_to_tell_distributions_apart_are_said():
    rows = [row("uniform guess", 0.4, 0.005), row("noise ceiling", 0.8, 0.008)]
    assert "there are too few votes here to tell predicted distributions apart" in sheet_of(rows)


def test_a_ceiling_of_fewer_items_ends_no_scale():
    told = sheet_of(
        [row("uniform guess", 0.4, 0.02), row("longest", 0.7, None), row("noise ceiling", 0.8, 0.01, n=9)]
    )
    assert "% of the way" not in told
    assert "its row is of fewer items" in told


def test_what_was_left_out_and_what_must_be_known_stand_in_it():
    told = sheet(left_out={"a | b": 1234}, notes=["the *latest* threads"], fictional=True, licence="unknown")
    assert "| a \\| b | 1,234 |" in told
    assert "- Note: the \\*latest\\* threads." in told
    assert "**Fictional: its people and texts are invented.**" in told
    assert "do not pass this on" in told
    assert "- Contrast: how far apart; mean 0.250; at least 0.125." in told
    assert "Polarity puts" not in told, "it was not measured"
    assert "Not measured: one community only." in told


def test_identification_stands_beside_chance():
    found = {"rows": [{"cues": "names", "accuracy": figure(0.9)}], "chance": figure(0.25), "note": ""}
    told = sheet(identification=found)
    assert "| names | 0.900 (n = 40) |\n| chance | 0.250 (n = 40) |" in told
    assert "are cut from the texts" in told


@pytest.mark.parametrize("sign", list("\\`*_{}[]#|~$&"))
def test_signs_of_markdown_are_escaped(sign):
    assert plain(f"a{sign}b") == f"a\\{sign}b"


@given(st.text(max_size=80))
def test_a_strangers_text_is_one_line_without_markup(text):
    line = plain(text)
    assert "\n" not in line and "<" not in line and "://" not in line and "@" not in line
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*_\[\]|]", line)
    assert not re.match(r"(?:[#>=:-]|\d+[.)])", line)
    line.encode()
