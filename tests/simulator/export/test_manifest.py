"""The manifest: what is saved is what is loaded, and what is damaged or reaches out of its folder is refused."""

from __future__ import annotations

import json

import pytest
from made_export import made_manifest

from personas.errors import InputError
from simulator.export.manifest import MANIFEST, FileFacts, Manifest, file_facts
from simulator.export.selection import Selection, Shape
from simulator.export.writing.shards import ShardFile

TRAIN, TEST = "data/preference/train-00000.parquet", "data/preference/test-00000.parquet"
FACTS = FileFacts(sha256="0" * 64, rows=3, bytes=100)


def whole():
    return made_manifest(
        {TRAIN: FACTS, TEST: FileFacts(sha256="f" * 64, rows=1, bytes=90)},
        selection=Selection(min_margin=0.1, min_probability=None),
        shape=Shape(files="parquet", shard_rows=3),
        left_out={"in the benchmark's test": 2},
        decided={"pairs": [{"split": "train", "dropped": {"even": 1}}], "ordered": 3},
        biases={"longer": {"share": 0.5, "low": None}},
        diversity={"independent": {"similarity": 0.4}},
        notes=("ünï\u202e", "b"),
        language=("en", "de"),
    )


def test_what_is_saved_is_what_is_loaded(tmp_path):
    whole().save(tmp_path)
    assert Manifest.load(tmp_path) == whole()
    assert [path.name for path in tmp_path.iterdir()] == [MANIFEST]


def test_rows_are_counted_over_splits():
    assert (whole().rows("preference"), whole().rows("full")) == (4, 0)


def test_files_are_told_by_their_paths_in_the_export(tmp_path):
    file = ShardFile(
        path=tmp_path / "data/full/train-00000.jsonl", split="train", rows=2, bytes=9, sha256="a" * 64
    )
    assert file_facts(tmp_path, [file]) == {
        "data/full/train-00000.jsonl": FileFacts(sha256="a" * 64, rows=2, bytes=9)
    }


def test_saving_over_an_old_one_leaves_that_where_it_fails(tmp_path):
    whole().save(tmp_path)
    with pytest.raises(ValueError, match="JSON compliant"):
        made_manifest(biases={"share": float("nan")}).save(tmp_path)
    assert Manifest.load(tmp_path) == whole()


@pytest.mark.parametrize("folder", [".", "absent", "file/below"])
def test_where_there_is_none_it_says_how_to_make_one(tmp_path, folder):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="no whole export is here.*commonbond export RUN --out FOLDER"):
        Manifest.load(tmp_path / folder)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "cannot be read"),
        (b"{", "cannot be read"),
        (b"\xff\xfe{}", "cannot be read"),
        (b'{"format": NaN}', "NaN is no number"),
        (b"[" * 100_000, "cannot be read"),
        (b"[]", "its format is None"),
        (b"3", "its format is None"),
        (b'{"format": "commonbond-preferences/2"}', "its format is 'commonbond-preferences/2'"),
        (b'{"format": "commonbond-preferences/1"}', "it is damaged: .*run"),
    ],
)
def test_what_is_no_manifest_is_refused(tmp_path, content, told):
    (tmp_path / MANIFEST).write_bytes(content)
    with pytest.raises(InputError, match=f"{MANIFEST}: .*{told}.*; export the run again"):
        Manifest.load(tmp_path)


PATHS = [
    "../secret.parquet",
    "/etc/passwd",
    "../data/preference/train-00000.parquet",
    "/data/preference/train-00000.parquet",
    "data/../../secret/train-00000.parquet",
    "data/preference/../train-00000.parquet",
    "data/preference/train-00000.csv",
    "data/preference/dev-00000.parquet",
    "data/other/train-00000.parquet",
    "data/preference/deep/train-00000.parquet",
    "data\\preference\\train-00000.parquet",
    "data/preference/train-00000.parquet\n",
    "data/preference/train-0000\u0660.parquet",
]


@pytest.mark.parametrize("path", PATHS)
def test_a_file_outside_of_the_data_is_refused(tmp_path, path):
    saved(tmp_path, files={path: {"sha256": "0" * 64, "rows": 4, "bytes": 9}})
    with pytest.raises(InputError, match="is no file of an export"):
        Manifest.load(tmp_path)


def saved(folder, **changes):
    whole().save(folder)
    data = json.loads((folder / MANIFEST).read_text(encoding="utf-8")) | changes
    (folder / MANIFEST).write_text(json.dumps(data), encoding="utf-8")


RUN = {"identity": "a", "folder": "run", "predictor": "p", "version": "1", "settings": {}, "embedder": "e"}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"run": {**RUN, "identity": 3}}, "run.identity is no str"),
        ({"run": {name: value for name, value in RUN.items() if name != "settings"}}, "settings"),
        ({"run": []}, "run is no dict"),
        ({"corpus": {}}, "title"),
        ({"selection": {"min_margin": 7}}, "min_margin is 7"),
        ({"selection": {"wish": 1}}, "wish"),
        ({"selection": {"min_margin": "a"}}, "not supported"),
        ({"shape": {"files": "csv"}}, "files is 'csv'"),
        (
            {"counts": {"preference": {"train": 5, "test": 1}}},
            "its counts of rows are not those of its files",
        ),
        ({"counts": {}}, "its counts of rows are not those of its files"),
        ({"counts": {"preference": 3}}, "counts.preference is no dict"),
        ({"counts": {"preference": {"train": 3, "test": True}}}, "no number of anything: True"),
        ({"counts": {"other": {}, "preference": {"train": 3, "test": 1}}}, "'other' is no configuration"),
        ({"judged": {"prompts": -1}}, "judged.prompts is no number of anything: -1"),
        ({"left_out": {"why": 1.5}}, "left_out.why is no number of anything: 1.5"),
        ({"notes": "abc"}, "notes is no list"),
        ({"notes": [1]}, "notes is no str"),
        ({"language": ["english"]}, "'english' is no language"),
        ({"decided": []}, "decided is no dict"),
        ({"files": {TRAIN: {"sha256": "zz", "rows": 4, "bytes": 9}}}, "has no hash"),
        ({"files": {TRAIN: {"sha256": 4, "rows": 4, "bytes": 9}}}, "has no hash"),
        ({"files": {TRAIN: {"sha256": "0" * 64, "rows": "4", "bytes": 9}}}, "4"),
        ({"files": {TRAIN: [1]}}, "is no dict"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_a_damaged_one_is_refused_with_what_is_wrong(tmp_path, changes, told):
    saved(tmp_path, **changes)
    with pytest.raises(InputError, match=f"it is damaged: .*{told}"):
        Manifest.load(tmp_path)
