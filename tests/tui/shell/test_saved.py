"""Files of what is shown: whole, plain, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personas.errors import InputError
from tui.shell.saved import csv_of, harmless, put
from tui.widgets.table import Table


def table(*rows):
    return Table(name="rows", columns=("name", "=column"), rows=lambda: rows)


def test_a_table_has_its_columns_and_all_rows_as_csv():
    text = csv_of(table(("tea, green", "two\nlines"), ('a "cat"', "猫")))
    assert list(csv.reader(io.StringIO(text, newline=""))) == [
        ["name", "'=column"],
        ["tea, green", "two\nlines"],
        ['a "cat"', "猫"],
    ]


@pytest.mark.parametrize(
    "cell", ["=1+1", "+1-1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "  =1", "\t=1", "-", "\n=1"]
)
def test_what_a_spreadsheet_would_run_begins_with_an_apostrophe(cell):
    assert harmless(cell).startswith("'")


@pytest.mark.parametrize(
    "cell", ["-0.088", "+3", "1,234", "-1,234.5", "-12%", "", "tea = good", "a@b", "1e-5"]
)
def test_numbers_and_words_stay_as_they_are(cell):
    assert harmless(cell) == cell


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_no_cell_keeps_what_could_steer_a_terminal_or_run_as_a_formula(text):
    cell = harmless(text)
    assert not set(cell) & {chr(code) for code in (*range(9), *range(14, 32), 127)}
    assert not cell.lstrip(" ").startswith(("=", "@"))


def test_a_long_post_is_written_in_full():
    assert len(harmless("x" * 300_000)) == 300_000


def test_a_file_is_written_whole_and_not_over_another(tmp_path):
    path = tmp_path / "a.txt"
    put(path, "one\n")
    with pytest.raises(FileExistsError):
        put(path, "two\n")
    assert path.read_text() == "one\n"
    put(path, "two\n", replace=True)
    assert path.read_text() == "two\n"
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_written_says_why_and_leaves_nothing(tmp_path):
    with pytest.raises(InputError, match="in a folder that is there"):
        put(tmp_path / "none" / "a.txt", "x")
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(InputError):
        put(folder, "x", replace=True)
    assert list(tmp_path.iterdir()) == [folder]
