"""Rows on their way into files: nothing changes, nothing is lost, and memory stays bounded."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from random import Random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from made_export import HOSTILE, made_record, made_rows

from simulator.export.writing import row_files, shards
from simulator.export.writing.formats import COLUMNS, arrow_schema
from simulator.export.writing.shards import ShardWriter

TEXT = {"text": "string"}
KINDS = {
    "text": "string",
    "told": [{"role": "string", "votes": ["float64"], "at": "int32"}],
    "norms": ["string"],
}
"""Every kind of column that is weighed."""
VALUES = st.fixed_dictionaries(
    {
        "text": st.none() | st.text(max_size=5),
        "told": st.none()
        | st.lists(
            st.fixed_dictionaries(
                {
                    "role": st.text(max_size=5),
                    "votes": st.lists(st.floats(), max_size=3),
                    "at": st.none() | st.integers(),
                }
            ),
            max_size=3,
        ),
        "norms": st.lists(st.none() | st.text(max_size=5), max_size=3),
    }
)
FILES = ["parquet", "jsonl"]


def written(folder, rows, *, columns=TEXT, files="parquet", shard_rows=100, split="train"):
    writer = ShardWriter(folder, columns, files=files, shard_rows=shard_rows)
    for row in rows:
        writer.write(split, row)
    return writer, writer.close()


def leaves(value):
    """Yield what each part of a row weighs."""
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from leaves(part)
    else:
        yield len(value) if isinstance(value, str) else 8


def read(path):
    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


def read_by_arrow(path, columns):
    """As any reader by Arrow does, told the columns."""
    from pyarrow import json as paj

    if path.suffix == ".parquet":
        return pq.read_table(path).to_pylist()
    options = paj.ParseOptions(explicit_schema=arrow_schema(columns))
    return paj.read_json(
        path, read_options=paj.ReadOptions(block_size=1 << 24), parse_options=options
    ).to_pylist()


@pytest.mark.parametrize("files", FILES)
def test_shards_count_up_and_hold_at_most_so_many_rows(tmp_path, files):
    rows = [{"text": str(number)} for number in range(7)]
    _, done = written(tmp_path, rows, files=files, shard_rows=3)
    assert [(file.path.name, file.rows) for file in done] == [
        (f"train-0000{number}.{files}", rows) for number, rows in enumerate([3, 3, 1])
    ]
    assert [row for file in done for row in read(file.path)] == rows


@pytest.mark.parametrize("files", FILES)
def test_a_file_that_is_just_full_is_followed_by_none_that_is_empty(tmp_path, files):
    _, done = written(tmp_path, [{"text": "a"}] * 6, files=files, shard_rows=3)
    assert [file.rows for file in done] == [3, 3]
    assert sorted(tmp_path.iterdir()) == [file.path for file in done]


@pytest.mark.parametrize("files", FILES)
def test_a_split_without_a_row_has_no_file(tmp_path, files):
    _, done = written(tmp_path / "made", [], files=files)
    assert done == []
    assert list((tmp_path / "made").iterdir()) == []


@pytest.mark.parametrize("files", FILES)
def test_splits_go_into_files_of_their_own(tmp_path, files):
    writer = ShardWriter(tmp_path, TEXT, files=files, shard_rows=10)
    for number in range(6):
        writer.write("test" if number % 3 == 2 else "train", {"text": str(number)})
    done = writer.close()
    assert [(file.split, [row["text"] for row in read(file.path)]) for file in done] == [
        ("test", ["2", "5"]),
        ("train", ["0", "1", "3", "4"]),
    ]


@pytest.mark.parametrize("files", FILES)
def test_the_hash_and_size_are_those_of_the_file(tmp_path, files):
    _, (file,) = written(tmp_path, [{"text": "a"}], files=files)
    content = file.path.read_bytes()
    assert (file.bytes, file.sha256) == (len(content), hashlib.sha256(content).hexdigest())


@pytest.mark.parametrize("files", FILES)
def test_the_same_rows_give_the_same_bytes(tmp_path, files):
    rows = made_rows([made_record(f"p{number}") for number in range(50)])["full"]
    first, second = (
        written(tmp_path / name, rows, columns=COLUMNS["full"], files=files)[1] for name in ("a", "b")
    )
    assert [file.sha256 for file in first] == [file.sha256 for file in second]


@pytest.mark.parametrize("files", FILES)
@pytest.mark.parametrize("config", COLUMNS)
def test_every_value_of_every_kind_comes_back_as_it_was(tmp_path, config, files):
    records = [made_record(text, texts=("a", text), query=text) for text in HOSTILE]
    rows = made_rows(records, steering="sys")[config]
    writer, done = written(tmp_path, rows, columns=COLUMNS[config], files=files)
    assert [row for file in done for row in read(file.path)] == rows
    assert [row for file in done for row in read_by_arrow(file.path, COLUMNS[config])] == rows
    assert writer.mended == 0


@pytest.mark.parametrize("files", FILES)
@given(texts=st.lists(st.text(st.characters(exclude_categories=["Cs"])), min_size=1, max_size=20))
def test_every_text_without_a_lone_surrogate_comes_back(tmp_path_factory, texts, files):
    rows = [{"text": text} for text in texts]
    _, (file,) = written(tmp_path_factory.mktemp("made"), rows, files=files)
    assert read(file.path) == rows == read_by_arrow(file.path, TEXT)


@pytest.mark.parametrize("files", FILES)
def test_a_lone_surrogate_becomes_a_replacement_character_and_is_counted(tmp_path, files):
    rows = made_rows(
        [made_record("p1", query="a\ud800b", texts=("\udfff", "ok 😀")), made_record("p2"), made_record("p3")]
    )["full"]
    writer, (file,) = written(tmp_path, rows, columns=COLUMNS["full"], files=files)
    first, *others = read(file.path)
    assert first["prompt"][-1]["content"] == "a\ufffdb"
    assert [candidate["text"] for candidate in first["candidates"]] == ["\ufffd", "ok 😀"]
    assert others == rows[1:]
    assert writer.mended == 1


def test_a_number_that_is_none_is_refused_in_json(tmp_path):
    with pytest.raises(ValueError, match="JSON compliant"):
        written(tmp_path, [{"share": float("nan")}], columns={"share": "float64"}, files="jsonl")


@pytest.mark.parametrize("row", [{}, {"text": "a", "more": 1}, {"texts": "a"}])
@pytest.mark.parametrize("files", FILES)
def test_a_row_with_other_columns_is_refused(tmp_path, row, files):
    with pytest.raises(ValueError, match="columns differ"):
        written(tmp_path, [row], files=files)


def test_long_texts_are_written_in_groups_of_few_rows(tmp_path, monkeypatch):
    monkeypatch.setattr(row_files, "GROUP_WEIGHT", 1_000)
    _, (file,) = written(tmp_path, [{"text": "x" * 300}] * 9 + [{"text": "x" * 5_000}])
    groups = pq.ParquetFile(file.path)
    assert [groups.metadata.row_group(number).num_rows for number in range(groups.num_row_groups)] == [
        4,
        4,
        2,
    ]


def test_short_rows_are_written_in_groups_of_many(tmp_path, monkeypatch):
    monkeypatch.setattr(row_files, "GROUP_ROWS", 4)
    _, (file,) = written(tmp_path, [{"text": "x"}] * 9)
    groups = pq.ParquetFile(file.path)
    assert [groups.metadata.row_group(number).num_rows for number in range(groups.num_row_groups)] == [
        4,
        4,
        1,
    ]


@pytest.mark.parametrize("piece", [1, 60, 300, 301])
def test_how_many_rows_are_converted_at_once_shows_in_no_byte_and_in_no_count(tmp_path, monkeypatch, piece):
    rng = Random(7)  # texts that fill more than one page of Parquet, and half a character in every third
    rows = [{"text": f"{rng.getrandbits(32_000):x}" + "\ud83d" * (n % 3 == 0)} for n in range(620)]
    monkeypatch.setattr(row_files, "GROUP_ROWS", 300)
    monkeypatch.setattr(row_files, "PIECE_ROWS", 10_000)
    writer, (whole,) = written(tmp_path / "whole", rows, shard_rows=1_000)
    monkeypatch.setattr(row_files, "PIECE_ROWS", piece)
    other, (file,) = written(tmp_path / "pieces", rows, shard_rows=1_000)
    assert (file.sha256, other.mended) == (whole.sha256, 207)
    assert writer.mended == 207


@given(st.lists(VALUES, max_size=20))
def test_a_row_weighs_its_characters_and_eight_for_whatever_is_no_text(rows):
    weigh = row_files._record_weigher(KINDS)
    assert [weigh(row) for row in rows] == [sum(leaves(row)) for row in rows]


@pytest.mark.parametrize("files", FILES)
def test_a_file_of_long_texts_ends_before_its_rows_are_full(tmp_path, monkeypatch, files):
    monkeypatch.setattr(shards, "SHARD_WEIGHT", 1_000)
    monkeypatch.setattr(row_files, "GROUP_ROWS", 1)
    _, done = written(tmp_path, [{"text": "x" * 400}] * 7, files=files)
    assert [file.rows for file in done] == [3, 3, 1]


def test_a_column_of_json_that_datasets_would_take_for_moments_is_told(tmp_path):
    columns = {"item": "string", "prompt": [{"content": "string"}], "none": "string"}
    rows = [
        {"item": f"2024-05-{day:02}", "prompt": [{"content": f"on 2024-05-{day:02}"}], "none": None}
        for day in range(1, 9)
    ]
    assert written(tmp_path / "a", rows, columns=columns, files="jsonl")[0].dated == ("item",)
    assert written(tmp_path / "b", rows, columns=columns, files="parquet")[0].dated == ()
    rows[5]["item"] = "tea"
    assert written(tmp_path / "c", rows, columns=columns, files="jsonl")[0].dated == ()


def test_moments_are_told_of_each_piece_that_datasets_reads(tmp_path, monkeypatch):
    monkeypatch.setattr(row_files, "PIECE", 100)
    dates, texts = [{"text": "2024-05-01 10:00"}] * 20, [{"text": "tea and a long text to fill a piece"}] * 20
    assert written(tmp_path / "a", texts + dates, files="jsonl")[0].dated == ("text",)
    assert written(tmp_path / "b", texts * 2, files="jsonl")[0].dated == ()


@pytest.mark.parametrize(
    "text", ["2024-05-01", "2024-05-01T10", "2024-05-01 10:00", "2024-05-01T10:00:00Z", "0000-01-01"]
)
def test_what_arrow_takes_for_a_moment_is_known(tmp_path, text):
    from pyarrow import json as paj

    writer, (file,) = written(tmp_path, [{"text": text}], files="jsonl")
    assert pa.types.is_timestamp(paj.read_json(file.path).schema.field("text").type)
    assert writer.dated == ("text",)


@pytest.mark.parametrize("files", FILES)
def test_leaving_by_an_exception_gives_up_what_is_open(tmp_path, files):
    with (
        pytest.raises(KeyError, match="gone"),
        ShardWriter(tmp_path, TEXT, files=files, shard_rows=9) as writer,
    ):
        writer.write("train", {"text": "a"})
        raise KeyError("gone")
    open_file = writer._splits["train"]._file
    assert open_file._file.closed if files == "jsonl" else not open_file._writer.is_open


FLAT = """
import resource, sys
from pathlib import Path
from simulator.export.writing.shards import ShardWriter
from simulator.export.writing.formats import COLUMNS
sys.path.insert(0, "tests/helpers")
from made_export import made_record, made_rows
(row,) = made_rows([made_record(texts=("a", "b"))])["preference"]
writer = ShardWriter(Path(sys.argv[1]), COLUMNS["preference"], files=sys.argv[2], shard_rows=10**6)
def some(count):
    for number in range(count):
        text = str(number) + "x" * 1_000_000
        writer.write("train", {**row, "chosen": [{"role": "assistant", "content": text}]})
some(30)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
some(300)
writer.close()
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize("files", FILES)
def test_megabytes_of_text_a_row_do_not_gather_in_memory(tmp_path, files):
    command = [sys.executable, "-c", FLAT, str(tmp_path), files]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    assert int(done.stdout) < 60, "300 MB of texts went through"
