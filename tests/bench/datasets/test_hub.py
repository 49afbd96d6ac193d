"""Sources by path and by id on the Hub: the ``datasets`` library itself finds and fetches the files."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from planted_files import PlantedCommunityAlignment, PlantedCommunityBench
from stand_in_hub import stand_in_hub

from bench.datasets.community_alignment import load_community_alignment
from bench.datasets.communitybench import load_communitybench
from bench.datasets.hub import fetched, is_hub_id, local_files
from personas.errors import InputError

datasets = pytest.importorskip("datasets", reason="the extra `hub` is not installed")


def test_a_path_that_is_there_is_no_id(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert is_hub_id("owner/name")
    (tmp_path / "owner" / "name").mkdir(parents=True)
    assert not is_hub_id("owner/name")
    assert not is_hub_id("../name")
    assert not is_hub_id("/owner/name")


def test_the_library_finds_the_files_of_a_repository(tmp_path):
    PlantedCommunityAlignment(conversations=20).write(tmp_path / "community_alignment.csv")
    found = fetched(str(tmp_path), ["community_alignment.csv"])
    assert (
        found["community_alignment.csv"].read_bytes() == (tmp_path / "community_alignment.csv").read_bytes()
    )


def test_the_library_finds_both_files_of_a_repository_of_json_lines(tmp_path):
    PlantedCommunityBench().write(tmp_path)
    found = fetched(str(tmp_path), ["train.jsonl", "test.jsonl"])
    assert {name: path.name for name, path in found.items()} == {
        "train.jsonl": "train.jsonl",
        "test.jsonl": "test.jsonl",
    }


def test_a_repository_without_the_files_is_refused(tmp_path):
    (tmp_path / "other.csv").write_text("a\n1\n", encoding="utf-8")
    with pytest.raises(InputError, match="community_alignment.csv cannot be fetched"):
        fetched(str(tmp_path), ["community_alignment.csv"])


@pytest.mark.parametrize("name", ["nowhere.csv", "owner/name/deeper"])
def test_a_path_that_is_not_there_is_refused(name):
    with pytest.raises(InputError, match="nothing is there"):
        local_files(name, ["a.csv"])


def test_a_folder_without_the_files_is_refused(tmp_path):
    with pytest.raises(InputError, match="the folder has no train.jsonl and no test.jsonl"):
        local_files(tmp_path, ["train.jsonl", "test.jsonl"])


def run(program, **environment):
    """Run a program in a process of its own, as ``datasets`` reads its environment when it is imported."""
    return subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "HF_HUB_DISABLE_TELEMETRY": "1", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


OFFLINE = """
from bench.datasets.community_alignment import load_community_alignment
from personas.errors import InputError
try:
    load_community_alignment(out="never-made")
except InputError as error:
    print(error)
"""


def test_a_hub_out_of_reach_is_told_with_what_to_do(tmp_path):
    done = run(OFFLINE, HF_HUB_OFFLINE="1", HF_HOME=str(tmp_path))
    assert (
        "facebook/community-alignment-dataset: the files community_alignment.csv cannot be fetched"
        in done.stdout
    )
    assert "download them by hand and give their path" in done.stdout


def test_without_the_library_the_extra_is_named():
    done = run("import sys\nsys.modules['datasets'] = None\n" + OFFLINE)
    assert "install commonbond[hub]" in done.stdout


def fetched_by_id(tmp_path, loader, repository):
    """Load by id in a process of its own from a stand-in for the Hub that serves ``tmp_path / "served"``."""
    module = f"bench.datasets.{loader.removeprefix('load_')}"
    program = f"from {module} import {loader}\nprint({loader}({repository!r}, out={str(tmp_path / 'made')!r}).content)"
    with stand_in_hub(tmp_path / "served", repository) as address:
        done = run(program, HF_ENDPOINT=address, HF_HOME=str(tmp_path / "cache"), HF_HUB_OFFLINE="0")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_community_alignment_comes_by_its_id_over_the_wire_as_from_its_file(tmp_path):
    (tmp_path / "served").mkdir()
    path = PlantedCommunityAlignment(conversations=50).write(tmp_path / "served" / "community_alignment.csv")
    content = fetched_by_id(tmp_path, "load_community_alignment", "facebook/community-alignment-dataset")
    assert content == load_community_alignment(path, out=tmp_path / "local").content


def test_communitybench_comes_by_its_id_over_the_wire_as_from_its_folder(tmp_path):
    folder = PlantedCommunityBench().write(tmp_path / "served")
    content = fetched_by_id(tmp_path, "load_communitybench", "jylin001206/CommunityBench")
    assert content == load_communitybench(folder, out=tmp_path / "local").content


def test_a_repository_that_the_hub_does_not_have_is_refused(tmp_path):
    (tmp_path / "served").mkdir()
    with stand_in_hub(tmp_path / "served", "someone/else") as address:
        done = run(OFFLINE, HF_ENDPOINT=address, HF_HOME=str(tmp_path / "cache"), HF_HUB_OFFLINE="0")
    assert "download them by hand and give their path" in done.stdout
