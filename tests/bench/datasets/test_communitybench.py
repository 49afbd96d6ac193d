"""CommunityBench: fields are recognised under many names, broken records are counted, preferences come through."""

from __future__ import annotations

import gzip
import json

import pytest
from planted_files import BROKEN, PlantedCommunityBench

from bench.benchmark import PARTS
from bench.datasets.communitybench import load_communitybench
from personas.errors import InputError

OPTIONS = ["brew it slow", "brew it fast", "buy it cold"]
SOUND = {"community": "coffee", "query": "How?", "options": OPTIONS, "distribution": [0.5, 0.3, 0.2]}


def written(folder, records, name="test.jsonl"):
    folder.mkdir(exist_ok=True)
    lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def loaded(tmp_path, records, **options):
    source = written(tmp_path / "source", records)
    return load_communitybench(source, out=tmp_path / "made", fictional=True, **options)


def everything(benchmark):
    return [record for part in PARTS for record in benchmark.records(part)]


def shares_by_text(item, community="coffee"):
    return dict(zip((option.text for option in item.options), item.votes[community].shares, strict=True))


@pytest.mark.parametrize("variant", ["plain", "objects", "nested", "split"])
def test_the_planted_preferences_come_back_whatever_the_fields_are_called(tmp_path, variant):
    planted = PlantedCommunityBench(variant=variant, communities=4, train=3, test=2)
    benchmark = load_communitybench(planted.write(tmp_path / "source"), out=tmp_path / "made")
    assert benchmark.manifest.parts == {"train": 3, "validation": 0, "test": 2}
    assert benchmark.manifest.left_out == {}
    assert sorted(benchmark.communities) == sorted(planted.tastes.communities)
    for record in everything(benchmark):
        assert sorted(record.item.votes) == sorted(planted.tastes.communities)
        for community, votes in record.item.votes.items():
            assert votes.shares == pytest.approx(planted.tastes.truth(record.item, community), abs=1e-12)
            assert votes.voters is None
    for known in benchmark.communities.values():
        assert known.profile


def test_four_tasks_on_one_query_become_one_item(tmp_path):
    planted = PlantedCommunityBench(variant="split", communities=3, train=1, test=1)
    benchmark = load_communitybench(planted.write(tmp_path / "source"), out=tmp_path / "made")
    for record in everything(benchmark):
        for name in planted.tastes.communities:
            assert record.about["tasks"][name] == [
                "community identification",
                "preference distribution",
                "preference identification",
            ]
            assert record.about["candidates"][name] == sorted(planted.tastes.communities)
            shares = planted.tastes.truth(record.item, name)
            assert record.about["references"][name] == record.item.options[shares.index(max(shares))].text
        assert "preferred_only" not in record.about
    assert benchmark.manifest.more["records_by_task"]["generation"] == 6


def test_every_broken_record_is_counted_under_its_reason(tmp_path):
    broken = {name: number for number, name in enumerate(BROKEN, start=1)}
    planted = PlantedCommunityBench(broken=broken, communities=2)
    benchmark = load_communitybench(planted.write(tmp_path / "source"), out=tmp_path / "made")
    assert benchmark.manifest.left_out == {BROKEN[name]: number for name, number in broken.items()}
    assert benchmark.manifest.parts == {"train": 6, "validation": 0, "test": 4}
    assert benchmark.manifest.more["records_used"] == 20


@pytest.mark.parametrize(
    "change",
    [
        {"distribution": {"A": 0.5, "B": 0.3, "C": 0.2}},
        {"distribution": {"2": 0.3, "1": 0.5, "3": 0.2}},
        {"distribution": {OPTIONS[2]: 20, OPTIONS[0]: 50, OPTIONS[1]: 30}},
        {"distribution": [50, 30, 20]},
        {"distribution": None, "votes": [5, 3, 2]},
        {
            "distribution": None,
            "options": [{"body": t, "ups": u} for t, u in zip(OPTIONS, (5, 3, 2), strict=True)],
        },
        {"distribution": None, "ground_truth": {"option_1": 0.5, "option_2": 0.3, "option_3": 0.2}},
        {
            "options": {"x": OPTIONS[0], "y": OPTIONS[1], "z": OPTIONS[2]},
            "distribution": {"z": 2, "x": 5, "y": 3},
        },
    ],
)
def test_a_distribution_is_read_in_every_shape(tmp_path, change):
    (record,) = everything(loaded(tmp_path, [SOUND | change]))
    assert shares_by_text(record.item) == pytest.approx(dict(zip(OPTIONS, (0.5, 0.3, 0.2), strict=True)))


@pytest.mark.parametrize("label", [1, "1", "B", "(b)", "Option B", OPTIONS[1], {"text": OPTIONS[1]}])
def test_a_preferred_option_is_read_in_every_shape(tmp_path, label):
    records = [{**SOUND, "distribution": None, "answer": label}]
    records += [{**SOUND, "distribution": None, "query": "Why?", "answer": 0}]
    found = {record.item.query: record for record in everything(loaded(tmp_path, records))}
    assert shares_by_text(found["How?"].item)[OPTIONS[1]] == 1
    assert found["How?"].about["preferred_only"] == ["coffee"]


def test_numeric_labels_count_from_one_where_the_file_shows_it(tmp_path):
    records = [{**SOUND, "distribution": None, "query": f"{number}?", "label": number} for number in (1, 3)]
    benchmark = loaded(tmp_path, records)
    preferred = {record.item.query: shares_by_text(record.item) for record in everything(benchmark)}
    assert preferred["1?"][OPTIONS[0]] == preferred["3?"][OPTIONS[2]] == 1
    assert benchmark.manifest.more["numeric_labels_count_from"] == 1


def test_a_label_against_the_distribution_is_counted_and_the_distribution_counts(tmp_path):
    benchmark = loaded(tmp_path, [SOUND | {"label": "C"}])
    assert benchmark.manifest.more["records_whose_label_has_not_the_largest_share"] == 1
    assert shares_by_text(everything(benchmark)[0].item)[OPTIONS[0]] == 0.5


def test_the_same_query_to_two_communities_is_one_item_whatever_the_order_of_the_options(tmp_path):
    other = {"community": "r/tea", "query": "How?", "options": OPTIONS[::-1], "distribution": [0.7, 0.2, 0.1]}
    (record,) = everything(loaded(tmp_path, [SOUND, other]))
    assert shares_by_text(record.item, "tea") == dict(zip(OPTIONS[::-1], (0.7, 0.2, 0.1), strict=True))
    assert shares_by_text(record.item, "coffee")[OPTIONS[0]] == 0.5


def test_options_are_shuffled_and_the_file_s_order_is_kept_as_places(tmp_path):
    records = [{**SOUND, "query": f"{number}?"} for number in range(120)]
    first = []
    for record in everything(loaded(tmp_path, records)):
        assert [OPTIONS[option.place] for option in record.item.options] == [
            o.text for o in record.item.options
        ]
        first.append(record.item.options[0].place)
    assert all(20 < first.count(place) < 60 for place in range(3))


@pytest.mark.parametrize(
    ("candidates", "answer"),
    [
        (["r/tea", "r/coffee", "r/water"], "B"),
        (["r/tea", "r/coffee", "r/water"], "coffee"),
        ({"A": "r/tea", "B": "r/coffee", "C": "r/water"}, "B"),
        ({"r/tea": "They sip.", "r/coffee": "They gulp.", "r/water": "They pour."}, "r/coffee"),
        ([{"name": "r/tea"}, {"name": "r/coffee"}, {"name": "r/water"}], 1),
    ],
)
def test_identification_alone_names_its_community_among_the_candidates(tmp_path, candidates, answer):
    record = {
        "query": "How?",
        "responses": OPTIONS,
        "observed_distribution": [0.5, 0.3, 0.2],
        "candidates": candidates,
        "answer": answer,
    }
    (found,) = everything(loaded(tmp_path, [record]))
    assert list(found.item.votes) == ["coffee"]
    assert found.about["candidates"] == {"coffee": ["coffee", "tea", "water"]}


def test_fields_that_no_name_tells_can_be_mapped_by_path(tmp_path):
    record = {"who": {"n": "coffee"}, "x": {"asked": "How?", "list": OPTIONS}, "y": [0.5, 0.3, 0.2]}
    told = {"community": "who.n", "query": "x.asked", "options": "x.list", "shares": "y"}
    (found,) = everything(loaded(tmp_path, [record], fields=told))
    assert shares_by_text(found.item)[OPTIONS[0]] == 0.5


def test_what_is_not_recognised_is_refused_with_the_fields_that_were_seen_and_those_needed(tmp_path):
    with pytest.raises(InputError) as refused:
        loaded(tmp_path, [{"who": "coffee", "stuff": OPTIONS, "n": 3}])
    told = str(refused.value)
    assert "who (text), stuff (list of 3 texts), n (number)" in told
    assert "Needed: query (text), options" in told
    assert "--field options=" in told
    assert not (tmp_path / "made").exists()


def test_a_mapping_of_an_unknown_field_is_refused(tmp_path):
    with pytest.raises(InputError, match="under the name opinions"):
        loaded(tmp_path, [SOUND], fields={"opinions": "x"})


def test_a_file_of_tests_alone_and_a_single_gzipped_file_are_enough(tmp_path):
    assert loaded(tmp_path, [SOUND]).manifest.parts == {"train": 0, "validation": 0, "test": 1}
    packed = tmp_path / "train.jsonl.gz"
    packed.write_bytes(gzip.compress(json.dumps(SOUND).encode()))
    assert load_communitybench(packed, out=tmp_path / "b").manifest.parts["train"] == 1


def test_an_item_of_the_test_file_is_taken_out_of_the_training_file(tmp_path):
    source = written(tmp_path / "source", [SOUND])
    written(source, [SOUND, {**SOUND, "query": "Else?"}], name="train.jsonl")
    benchmark = load_communitybench(source, out=tmp_path / "made")
    assert [record.item.query for record in benchmark.records("train")] == ["Else?"]
    assert benchmark.manifest.left_out == {"an item of train that stands in test as well": 1}


def test_an_open_question_without_an_item_is_counted_as_left_out(tmp_path):
    records = [SOUND, {"community": "coffee", "query": "Tell!", "reference": "a story"}]
    benchmark = loaded(tmp_path, records)
    assert sum(benchmark.manifest.left_out.values()) == 1
    assert benchmark.manifest.more["records_used"] == 1


def test_a_profile_s_parts_find_their_facets(tmp_path):
    profile = {"Identity": {"Shared Values": ["patience", "care"]}, "Bond": {"Interaction Style": "calm"}}
    benchmark = loaded(tmp_path, [SOUND | {"profile": profile}])
    found = benchmark.communities["coffee"].profile
    assert [(said.facet, said.text) for said in found.identity] == [
        ("shared values", "patience"),
        ("shared values", "care"),
    ]
    assert [(said.facet, said.text) for said in found.bond] == [("interaction style", "calm")]
    assert found.bond[0].posts == ("profile:coffee",)


def test_hostile_records_are_counted_and_cost_no_other_record(tmp_path):
    deep = "[" * 900 + "]" * 900
    records = [
        SOUND,
        {**SOUND, "query": "a?", "distribution": [10**400, 1, 1]},
        {**SOUND, "query": "b?", "distribution": None, "label": "²"},
        {**SOUND, "query": "c?", "distribution": None, "label": "9" * 5_000},
        {**SOUND, "query": "d?", "distribution": [float("nan"), 1, 1]},
        {**SOUND, "query": "e?", "distribution": [0, 0, 0]},
        {**SOUND, "query": "f?", "options": [*OPTIONS[:2], " "]},
        {**SOUND, "query": "g?", "community": ["coffee"]},
        "[" * 100_000,
        json.dumps({**SOUND, "query": "h?"})[:-1] + f', "profile": {deep}}}',
        {**SOUND, "query": "i?", "community": "\ud800"},
        "[1, 2]",
        '"text"',
    ]
    benchmark = loaded(tmp_path, records)
    assert {record.item.query for record in everything(benchmark)} == {"How?", "h?", "i?"}
    assert sum(benchmark.manifest.left_out.values()) == 10
    benchmark.verify()


def test_a_profile_written_as_json_in_a_text_is_read_and_a_bracket_is_no_json(tmp_path):
    records = [
        SOUND | {"profile": json.dumps({"worldview": "slow is good"})},
        {**SOUND, "community": "tea", "profile": "[we sip]"},
    ]
    known = loaded(tmp_path, records).communities
    assert [(said.facet, said.text) for said in known["coffee"].profile.identity] == [
        ("worldview", "slow is good")
    ]
    assert [said.text for said in known["tea"].profile.identity] == ["[we sip]"]
