"""Schemas take what a persona may answer and nothing else, in the form that strict servers ask for."""

from __future__ import annotations

import jsonschema
import pytest

from simulator.prompts.schemas import answer_schema, profile_schema, responses_schema

GOOD = {
    "choice": [{"choice": "A"}, {"choice": "abstain"}],
    "ranking": [{"ranking": ["B", "A"]}, {"ranking": []}],
    "rating": [{"ratings": {"A": 0, "B": 7.5}}, {"ratings": None}],
}
BAD = {
    "choice": [{"choice": "C"}, {"choice": None}, {}, {"choice": "A", "more": 1}],
    "ranking": [{"ranking": ["C"]}, {"ranking": "A"}],
    "rating": [{"ratings": {"A": 1}}, {"ratings": {"A": 1, "B": 2, "C": 3}}, {"ratings": {"A": "x", "B": 1}}],
}


def accepts(schema, value) -> bool:
    return jsonschema.Draft202012Validator(schema).is_valid(value)


@pytest.mark.parametrize("answer", GOOD)
@pytest.mark.parametrize("discussed", [False, True])
def test_a_ballot_s_schema_takes_what_may_be_answered(answer, discussed):
    schema = answer_schema(answer, "AB", discussed=discussed)
    more = {"reason": "so"} | ({"convinced_by": [1]} if discussed else {})
    assert all(accepts(schema, good | more) for good in GOOD[answer])
    assert not any(accepts(schema, bad | more) for bad in BAD[answer])
    assert not any(accepts(schema, good) for good in GOOD[answer])


def objects(schema):
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for inner in schema.values():
            yield from objects(inner)
    elif isinstance(schema, list):
        for inner in schema:
            yield from objects(inner)


@pytest.mark.parametrize(
    "schema",
    [
        *(answer_schema(answer, "ABC", discussed=True) for answer in GOOD),
        responses_schema(), profile_schema("posts"), profile_schema("from"),
    ],
)  # fmt: skip
def test_every_object_is_closed_and_requires_all_it_has(schema):
    found = list(objects(schema))
    assert found[0] is schema
    for each in found:
        assert each["additionalProperties"] is False
        assert each["required"] == list(each["properties"])


@pytest.mark.parametrize(
    ("answer", "first"), [("choice", "choice"), ("ranking", "ranking"), ("rating", "ratings")]
)
def test_the_judgement_comes_before_its_reason(answer, first):
    assert list(answer_schema(answer, "AB", discussed=True)["properties"]) == [
        first,
        "reason",
        "convinced_by",
    ]


def test_a_profile_s_sentence_has_one_of_six_facets_and_names_its_posts():
    schema, row = profile_schema("posts"), {"facet": "worldview", "text": "x", "posts": ["p1"]}
    assert accepts(schema, {"sentences": [row]})
    assert not accepts(schema, {"sentences": [row | {"facet": "mood"}]})
    assert not accepts(schema, {"sentences": [{"facet": "worldview", "text": "x"}]})
