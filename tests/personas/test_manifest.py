"""The manifest: the same again, or a clear refusal."""

from __future__ import annotations

import json

import pytest

from personas.errors import InputError
from personas.manifest import FORMAT, MANIFEST, CommunityCounts, Manifest


@pytest.fixture
def manifest():
    return Manifest(
        source="list",
        reader_version="1",
        licence="CC BY 4.0",
        title="Ein Café [b]",
        fictional=True,
        ballot="choice",
        voters="counted",
        counts={"members": 1, "posts": 2},
        communities=(CommunityCounts(name="tea", title="茶", members=1, posts=2, english=False),),
        broken={"no text": 2},
        skipped={"tag wiki": 1},
        notices=("two replies are lost",),
        key="0011aabb",
        files={"posts.parquet": "00"},
        content="ff",
    )


def test_what_was_saved_is_loaded_as_it_was(manifest, tmp_path):
    manifest.save(tmp_path)
    assert Manifest.load(tmp_path) == manifest
    assert json.loads((tmp_path / MANIFEST).read_text())["format"] == FORMAT


def test_no_manifest_is_no_corpus(tmp_path):
    with pytest.raises(InputError, match="no corpus is here"):
        Manifest.load(tmp_path)


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"\x00" * 40])
def test_a_manifest_that_is_no_json_cannot_be_read(tmp_path, data):
    (tmp_path / MANIFEST).write_bytes(data)
    with pytest.raises(InputError, match="it cannot be read.*ingest again"):
        Manifest.load(tmp_path)


def test_a_folder_in_the_manifests_place_cannot_be_read(tmp_path):
    (tmp_path / MANIFEST).mkdir()
    with pytest.raises(InputError, match="it cannot be read"):
        Manifest.load(tmp_path)


@pytest.mark.parametrize("data", ["[]", "3", "null", "{}", '{"format": "commonbond-corpus/0"}'])
def test_another_format_is_refused(tmp_path, data):
    (tmp_path / MANIFEST).write_text(data)
    with pytest.raises(InputError, match="it is not of the format commonbond-corpus/1"):
        Manifest.load(tmp_path)


@pytest.mark.parametrize(
    "damage",
    [
        {"communities": None},
        {"communities": [3]},
        {"communities": [{"title": "no name"}]},
        {"communities": [{"name": "tea", "colour": "green"}]},
        {"notices": None},
        {"surprise": 1},
        {"files": ["posts.parquet"]},
        {"files": None},
        {"counts": 3},
        {"content": None},
    ],
    ids=str,
)
def test_a_damaged_manifest_is_refused(manifest, tmp_path, damage):
    manifest.save(tmp_path)
    data = json.loads((tmp_path / MANIFEST).read_text())
    (tmp_path / MANIFEST).write_text(json.dumps(data | damage))
    with pytest.raises(InputError, match="it is damaged"):
        Manifest.load(tmp_path)


@pytest.mark.parametrize("field", ["source", "files", "content", "communities", "counts", "ballot"])
def test_a_manifest_without_a_field_is_refused(manifest, tmp_path, field):
    manifest.save(tmp_path)
    data = json.loads((tmp_path / MANIFEST).read_text())
    del data[field]
    (tmp_path / MANIFEST).write_text(json.dumps(data))
    with pytest.raises(InputError, match="it is damaged"):
        Manifest.load(tmp_path)
