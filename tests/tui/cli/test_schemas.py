"""The schemas are valid, closed where the data is ours, and describe every property."""

from __future__ import annotations

import json
from dataclasses import fields
from importlib.resources import files

import jsonschema
import pytest

from bench.scores import ScoreCard, ScoreRow, TaskScore
from personas.manifest import CommunityCounts, Manifest
from personas.norms import Norm
from simulator.graph.cohesion import Cohesion
from simulator.item import Preference, RealVotes
from simulator.settings import Settings
from simulator.sharpness import Sharpness
from tui.cli.arguments import COMMANDS
from tui.cli.schema import load

NAMES = (*(name for name in COMMANDS if name not in {"schema", "resume"}), "error", "estimate")


def parts(schema, path=""):
    """Yield every subschema with its path."""
    if isinstance(schema, dict):
        yield path, schema
        for name, inner in schema.items():
            yield from parts(inner, f"{path}/{name}")
    elif isinstance(schema, list):
        for number, inner in enumerate(schema):
            yield from parts(inner, f"{path}/{number}")


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_valid_whole_in_itself_closed_and_described(name):
    schema = load(name)
    jsonschema.Draft202012Validator.check_schema(schema)
    defined = schema.get("$defs", {})
    used = {part["$ref"] for _, part in parts(schema) if "$ref" in part}
    assert used == {f"#/$defs/{each}" for each in defined}
    for path, part in parts(schema):
        if isinstance(part.get("properties"), dict) and "type" in part:
            assert part["additionalProperties"] is False, path
            for each, inner in part["properties"].items():
                described = inner if "description" in inner else defined[inner["$ref"].rsplit("/", 1)[-1]]
                assert described["description"].endswith("."), f"{path}/{each}"


def test_every_schema_is_of_a_command_and_nothing_that_they_share_is_idle():
    folder = files("tui.cli") / "schemas"
    assert {path.name for path in folder.iterdir()} == {f"{name}.json" for name in (*NAMES, "common")}
    shared = json.loads((folder / "common.json").read_text(encoding="utf-8"))["$defs"]
    assert set(shared) <= {each for name in NAMES for each in load(name).get("$defs", {})}


@pytest.mark.parametrize(
    ("name", "path", "described", "apart"),
    [
        ("ask", "settings", Settings, {"concurrency"}),
        ("ask", "sharpness", Sharpness, set()),
        ("ask", "preference", Preference, set()),
        ("ask", "norm", Norm, set()),
        ("simulate", "real", RealVotes, set()),
        ("bench", "scores", ScoreCard, set()),
        ("bench", "task", TaskScore, set()),
        ("bench", "row", ScoreRow, set()),
    ],
)
def test_a_definition_names_the_fields_of_its_record(name, path, described, apart):
    assert set(load(name)["$defs"][path]["properties"]) == {field.name for field in fields(described)} - apart


def test_the_manifest_and_the_cohesion_are_described_field_by_field():
    manifest = load("ingest")["properties"]["manifest"]["properties"]
    assert set(manifest) == {field.name for field in fields(Manifest)}
    assert set(manifest["communities"]["items"]["properties"]) == {
        field.name for field in fields(CommunityCounts)
    }
    cohesion = load("communities")["$defs"]["community"]["properties"]["cohesion"]["properties"]
    assert set(cohesion) == {field.name for field in fields(Cohesion)}


def test_a_schema_refuses_what_it_does_not_know():
    told = {"command": "error", "error": {"what": "a", "where": "", "remedy": ""}}
    validator = jsonschema.Draft202012Validator(load("error"))
    assert validator.is_valid(told)
    assert not validator.is_valid(told | {"more": 1})
    assert not validator.is_valid({"command": "error", "error": {"what": "a"}})
