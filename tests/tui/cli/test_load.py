"""``commonbond load``: the benchmark is made, and what was left out is told, as tables and as JSON of its schema."""

from __future__ import annotations

import argparse
import json

import jsonschema
import pytest
from planted_files import PlantedCommunityAlignment, PlantedCommunityBench

from bench.benchmark import Benchmark
from personas.errors import InputError
from tui.cli.load import run
from tui.cli.load_arguments import add_load
from tui.cli.schema import load as schema


def carried_out(*arguments):
    parser = argparse.ArgumentParser()
    add_load(parser.add_subparsers())
    return run(parser.parse_args(["load", *map(str, arguments)]))


def test_community_alignment_is_loaded_and_told_as_json(tmp_path, capsys):
    path = PlantedCommunityAlignment(conversations=40, hazards={"no choice": 3}).write(tmp_path / "file.csv")
    out = tmp_path / "made"
    assert carried_out("community-alignment", path, "--out", out, "--by", "country,political", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(schema("load")).validate(told)
    assert told["manifest"]["left_out"] == {"the preferred response is none of the four": 3}
    assert told["manifest"]["more"]["choices"]["by"] == ["country", "political"]
    assert [each["community"] for each in told["communities"]] == list(Benchmark.open(out).communities)


def test_communitybench_is_loaded_with_mapped_fields_and_told_as_tables(tmp_path, capsys):
    source = PlantedCommunityBench(variant="nested").write(tmp_path / "files")
    mapped = ("--field", "options=input.options", "--field", "query=input.prompt")
    assert carried_out("communitybench", source, "--out", tmp_path / "made", *mapped, "--fictional") == 0
    told = capsys.readouterr().out
    assert "FICTIONAL" in told
    assert "items: 6 train, 0 validation, 4 test" in told
    assert "place0" in told


def test_a_loader_s_parameter_is_told_by_the_option_that_sets_it(tmp_path):
    path = PlantedCommunityAlignment(conversations=5).write(tmp_path / "file.csv")
    with pytest.raises(InputError) as refused:
        carried_out("community-alignment", path, "--out", tmp_path / "made", "--by", "height")
    assert refused.value.where == "--by"


@pytest.mark.parametrize("mapping", ["options", "=x", "options="])
def test_a_mapping_that_is_none_is_refused(tmp_path, mapping):
    source = PlantedCommunityBench().write(tmp_path / "files")
    with pytest.raises(InputError, match="write it as NAME=PATH"):
        carried_out("communitybench", source, "--out", tmp_path / "made", "--field", mapping)
