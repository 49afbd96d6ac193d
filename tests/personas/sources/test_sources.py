from __future__ import annotations

import doctest
import importlib
import pkgutil
import subprocess
import sys

import pytest

from personas import sources
from personas.errors import InputError
from personas.sources import source_named
from personas.sources.fields import moment, whole, word


@pytest.mark.parametrize(
    "name",
    ["personas.sources", *(f"personas.sources.{m.name}" for m in pkgutil.iter_modules(sources.__path__))],
)
def test_the_examples_in_the_docstrings_run(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0


@pytest.mark.parametrize("name", ["stackexchange", "polis", "reddit"])
def test_a_source_is_found_by_its_name(name):
    source = source_named(name)
    assert (source.name, source.version) == (name, "1")
    assert source.ballot in {"endorsement", "agreement"}
    assert source.licence


def test_an_unknown_format_names_the_known_ones():
    with pytest.raises(InputError, match="choose one of: polis, reddit, stackexchange, table"):
        source_named("usenet")
    with pytest.raises(InputError, match="TableSource"):
        source_named("table")


def test_importing_the_readers_loads_nothing_heavy():
    code = (
        "import sys, personas.sources.table, personas.sources.polis, personas.sources.reddit,"
        " personas.sources.stackexchange; print(*sys.modules)"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = {
        "duckdb",
        "faiss",
        "torch",
        "litellm",
        "langgraph",
        "textual",
        "pyarrow",
        "lxml",
        "zstandard",
        "numpy",
    }
    assert heavy.isdisjoint(loaded)


@pytest.mark.parametrize(
    "value", ["2020-01-02T03:04:05", "2020-01-02T05:04:05+02:00", 1577934245, "1577934245.0"]
)
def test_a_moment_is_the_same_however_it_is_written(value):
    assert moment(value, "created").isoformat() == "2020-01-02T03:04:05+00:00"


@pytest.mark.parametrize("value", ["soon", "", "inf", True, None, [], 1e30, "9999-12-31T23:59:59-10:00"])
def test_what_is_no_moment_is_refused(value):
    with pytest.raises(ValueError, match=r"created is .*, no moment"):
        moment(value, "created")


def test_whole_numbers_are_exact():
    assert [whole(value, "n") for value in (3, 3.0, "-3", " 4 ")] == [3, 3, -3, 4]
    for value in (3.5, "3.5", "x", None, True, 2**60):
        with pytest.raises(ValueError, match=r"^n is "):
            whole(value, "n")


def test_an_error_shows_a_long_value_cut_short_and_escaped():
    with pytest.raises(ValueError) as caught:
        whole("\x1b[31m" + "x" * 500, "n")
    assert "\x1b" not in str(caught.value)
    assert len(str(caught.value)) < 100


def test_a_word_is_one_clean_line():
    assert word(" a\x00\n b ", "name") == "a b"
    for value in ("", " \n", None, ["a"], True):
        with pytest.raises(ValueError, match=r"^name is "):
            word(value, "name")
