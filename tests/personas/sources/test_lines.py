from __future__ import annotations

import csv
import io
import tracemalloc

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from personas.errors import InputError
from personas.sources.lines import csv_dicts, csv_header, csv_rows, first_line, json_objects, lines
from personas.sources.records import BrokenRecord, Where
from personas.sources.streams import Limits


@pytest.fixture
def path(tmp_path):
    return tmp_path / "rows"


def test_lines_are_numbered_and_lose_the_byte_order_mark(path):
    path.write_bytes(b"\xef\xbb\xbfa\n\nb\r\nc")
    assert list(lines(path)) == [(1, b"a"), (2, b""), (3, b"b\r"), (4, b"c")]


def test_a_line_past_the_limit_is_skipped_and_its_neighbours_are_kept(path):
    path.write_bytes(b"a\n" + b"x" * 11 + b"\n" + b"y" * 10 + b"\nz")
    assert list(lines(path, limits=Limits(line=10))) == [(1, b"a"), (2, None), (3, b"y" * 10), (4, b"z")]


def test_a_line_of_ten_megabytes_is_read_and_one_past_sixteen_is_reported(path):
    path.write_bytes(
        b'{"a":1}\n{"a":"' + b"x" * 10_000_000 + b'"}\n{"a":"' + b"x" * (17 << 20) + b'"}\n{"a":2}'
    )
    first, long, longer, last = json_objects(path)
    assert (first[1], last[1]) == ({"a": 1}, {"a": 2})
    assert len(long[1]["a"]) == 10_000_000
    assert longer == BrokenRecord(where=Where("rows", 3), problem="the line is longer than 16,777,216 bytes")


def test_a_line_past_the_limit_is_never_held_as_a_whole(path):
    path.write_bytes(b"x" * (30 << 20) + b"\ny")
    tracemalloc.start()
    try:
        assert list(lines(path, limits=Limits(line=1 << 20))) == [(1, None), (2, b"y")]
        assert tracemalloc.get_traced_memory()[1] < 4 << 20
    finally:
        tracemalloc.stop()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50, deadline=None)
@given(
    rows=st.lists(
        st.lists(
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r")), min_size=2, max_size=4
        ),
        min_size=1,
    )
)
def test_what_the_csv_module_wrote_is_read_as_the_csv_module_reads_it(path, rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    path.write_bytes(b"\xef\xbb\xbf" + text.getvalue().encode())
    assert [row for _, row in csv_rows(path)] == rows


def test_a_row_is_known_by_the_line_it_begins_at(path):
    path.write_text('a,b\n"one\ntwo\nthree",x\n\ny,z\n')
    assert [(where.line, row[0]) for where, row in csv_rows(path)] == [
        (1, "a"),
        (2, "one\ntwo\nthree"),
        (6, "y"),
    ]


def test_a_row_that_is_no_utf8_or_too_long_is_broken_and_the_others_are_kept(path, broken):
    path.write_bytes(b"a,b\n1,caf\xe9\n2,ok\n3," + b"x" * 200 + b"\n4,ok\n")
    found = list(csv_rows(path, limits=Limits(line=100)))
    assert [row[1][0] for row in found if not isinstance(row, BrokenRecord)] == ["a", "2", "4"]
    assert [line for _, line, _ in broken(found)] == [2, 4]


def test_a_row_of_another_width_is_broken(path, broken):
    path.write_text("a,b\n1,2,3\n1,2\n1\n")
    found = list(csv_dicts(path))
    assert [row[1] for row in found if not isinstance(row, BrokenRecord)] == [{"a": "1", "b": "2"}]
    assert broken(found) == [
        ("rows", 2, "the row has 3 cells and the header has 2"),
        ("rows", 4, "the row has 1 cells and the header has 2"),
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b'{"a": 1', "it is no JSON"),
        (b"[1]", "it is a JSON list, not an object"),
        (b'{"a": "caf\xe9"}', "it is no UTF-8"),
        (b"[" * 100_000, "it cannot be read as JSON"),
        (b'{"a": ' + b"9" * 5000 + b"}", "it cannot be read as JSON"),
    ],
)
def test_a_line_that_is_no_json_object_is_broken_and_the_others_are_kept(path, broken, line, problem):
    path.write_bytes(b'{"a": 0}\n' + line + b'\n\n{"a": 2}\n')
    found = list(json_objects(path))
    assert [row[1]["a"] for row in found if not isinstance(row, BrokenRecord)] == [0, 2]
    ((name, number, text),) = broken(found)
    assert (name, number) == ("rows", 2)
    assert text.startswith(problem)


@pytest.mark.parametrize(
    ("data", "problem"), [(b"\x89PNG\0\0", "no text"), (b" \n\n", "nothing but blanks"), (b"", "empty")]
)
def test_a_file_that_is_no_text_has_no_first_line(path, data, problem):
    path.write_bytes(data)
    with pytest.raises(InputError, match=problem):
        first_line(path)


def test_a_header_in_another_encoding_is_refused(path):
    path.write_bytes("größe,b\n1,2\n".encode("latin-1"))
    with pytest.raises(InputError, match="line 1: it is no UTF-8"):
        csv_header(path)


def test_a_header_without_rows_is_refused(path):
    path.write_text("a, b\n")
    with pytest.raises(InputError, match="a header and no rows"):
        csv_header(path)
    path.write_text("a, b\n1,2\n")
    assert csv_header(path) == ["a", "b"]
