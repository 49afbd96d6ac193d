"""What is written loads with ``datasets``, by the card alone, and every value is what it was."""

from __future__ import annotations

import pytest
from made_export import HOSTILE, made_record, made_rows, write_export

from simulator.export.selection import Shape
from simulator.export.writing.formats import COLUMNS, arrow_schema

datasets = pytest.importorskip("datasets", reason="the extra `hub` is not installed")
FILES = ["parquet", "jsonl"]


@pytest.fixture
def load(tmp_path):
    """Load from a folder, with a cache of the test's own."""

    def loaded(folder, *arguments, **options):
        return datasets.load_dataset(str(folder), *arguments, cache_dir=str(tmp_path / "cache"), **options)

    return loaded


def made(train, test=()):
    train_rows, test_rows = made_rows(train), made_rows(test)
    return {config: {"train": train_rows[config], "test": test_rows[config]} for config in COLUMNS}


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("files", FILES)
def test_all_three_kinds_load_with_both_splits_and_every_value(tmp_path, load, files, streaming):
    train = [
        made_record(f"{text[:40]}{number}", query=text, texts=("a", text))
        for number, text in enumerate(HOSTILE)
    ]
    rows = made(train, [made_record("held out")])
    write_export(tmp_path / "prefs", rows, shape=Shape(files=files, shard_rows=3))
    for config, columns in COLUMNS.items():
        for split in ("train", "test"):
            found = load(tmp_path / "prefs", config, split=split, streaming=streaming)
            assert found.features.arrow_schema == arrow_schema(columns)
            assert list(found) == rows[config][split]


@pytest.mark.parametrize("files", FILES)
def test_the_kinds_and_splits_are_known_by_the_card_and_pairs_are_the_default(tmp_path, load, files):
    folder = tmp_path / "prefs"
    rows = made([made_record("p1")], [made_record("p2")])
    (folder / "run").mkdir(parents=True)
    (folder / "run" / "journal.sqlite").write_bytes(b"no data")
    (folder / "run" / "other.jsonl").write_text('{"no": "data"}')
    write_export(folder, rows, shape=Shape(files=files))
    assert datasets.get_dataset_config_names(str(folder)) == ["preference", "unpaired", "full"]
    assert {split: list(found) for split, found in load(folder).items()} == rows["preference"]


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("files", FILES)
def test_a_split_without_rows_is_no_split(tmp_path, load, files, streaming):
    folder = tmp_path / "prefs"
    write_export(folder, made([made_record()]), shape=Shape(files=files))
    assert list(load(folder, "preference", streaming=streaming)) == ["train"]
    with pytest.raises(ValueError, match="test"):
        load(folder, "preference", split="test")


def test_a_kind_without_rows_is_no_configuration(tmp_path, load):
    rows = made([made_record()])
    rows["unpaired"] = {"train": [], "test": []}
    write_export(tmp_path / "prefs", rows)
    assert datasets.get_dataset_config_names(str(tmp_path / "prefs")) == ["preference", "full"]


@pytest.mark.parametrize("files", FILES)
def test_columns_that_are_empty_in_one_file_and_not_in_the_next_load(tmp_path, load, files):
    bare = made_record("p1", ballots=(), diversity=None)
    rows = made([bare, bare, made_record("p2")])
    for row in rows["preference"]["train"][:2]:
        row["soft_label"] = None
    write_export(tmp_path / "prefs", rows, shape=Shape(files=files, shard_rows=2))
    for config in COLUMNS:
        assert list(load(tmp_path / "prefs", config, split="train")) == rows[config]["train"]


@pytest.mark.parametrize("name", ["with space", "日本語", "100%", "q?uestion", "st*r"])
def test_a_folder_of_any_name_loads(tmp_path, load, name):
    rows = made([made_record()])
    write_export(tmp_path / name, rows)
    assert list(load(tmp_path / name, "preference", split="train")) == rows["preference"]["train"]


def test_dates_in_json_are_the_one_thing_that_datasets_changes(tmp_path, load):
    rows = made([made_record("2024-05-01"), made_record("2024-05-02")])
    write_export(tmp_path / "prefs", rows, shape=Shape(files="jsonl"))
    found = list(load(tmp_path / "prefs", "preference", split="train"))
    assert [row["item"] for row in found] == ["2024-05-01 00:00:00", "2024-05-02 00:00:00"]
    kept = [{**row, "item": "", "prompt_id": ""} for row in found]
    assert kept == [{**row, "item": "", "prompt_id": ""} for row in rows["preference"]["train"]]
