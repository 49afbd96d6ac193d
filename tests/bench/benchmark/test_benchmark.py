"""A benchmark on disk: what is written is what is read, whole or not at all, and damage is told where it is."""

from __future__ import annotations

import json
import stat

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_corpora import day

from bench.benchmark import Benchmark, BenchmarkWriter, KnownCommunity
from bench.benchmark.lines import as_item, item_line, to_line
from bench.benchmark.reading import is_benchmark
from personas.community import Profile, ProfileSentence
from personas.errors import InputError
from personas.norms import Norm
from simulator.item import Item, Option, RealVotes, Turn

TOLD = {"name": "made", "source": "tests", "licence": "none"}


def item_of(identity="1", **more):
    options = (
        Option(text="tea", claim="Tea?\ntea", created=day(1), post="p1", place=1),
        Option(text="milk", claim="I like milk", polarity=-1, place=0),
    )
    votes = {
        "x": RealVotes(shares=(0.75, 0.25), voters=4, up=(3, 1), margin=2, low=(0.3, 0.1), high=(0.9, 0.6)),
        "y": RealVotes(shares=(0.5, 0.5), voters=None),
    }
    more = {
        "query": "Tea?",
        "turns": (Turn(role="user", text="Hi"), Turn(role="assistant", text="Ho")),
        **more,
    }
    return Item(item=identity, options=options, votes=votes, created=day(2), ordered=True, **more)


KNOWN = KnownCommunity(
    community="x",
    title="The Xs",
    members=3,
    within="letters",
    attributes={"country": "X"},
    profile=Profile(identity=(ProfileSentence(facet="worldview", text="We drink tea.", posts=("p1",)),)),
    norms=(Norm(post="p1", title="Tea?", text="tea", author="", endorsement=0.7, support=4, basis="votes"),),
    people=({"age": "30"}, {"age": "40"}),
)


def written(out, **more):
    with BenchmarkWriter(out, **TOLD, **more) as writer:
        writer.add("train", item_of("1"))
        writer.add("test", item_of("2", kind="agreement"), {"candidates": {"x": ["y"]}})
        writer.add_community(KNOWN)
        writer.leave_out("no votes", 3)
        writer.leave_out("nothing", 0)
        writer.note("made by hand")
        writer.datasheet("# What it is\n")
        return writer.finish(weaknesses={"longest": 0.5})


def test_what_is_written_is_what_is_read(tmp_path):
    written(tmp_path / "b")
    found = Benchmark.open(tmp_path / "b")
    assert list(found.items("train")) == [item_of("1")]
    (record,) = found.records("test")
    assert (record.item, record.about) == (item_of("2", kind="agreement"), {"candidates": {"x": ["y"]}})
    assert found.communities == {"x": KNOWN}
    assert [found.size(part) for part in ("train", "validation", "test")] == [1, 0, 1]
    assert len(found.items("train")) == 1 and list(found.items("validation")) == []
    manifest = found.manifest
    assert (manifest.left_out, manifest.notes) == ({"no votes": 3}, ("made by hand",))
    assert manifest.more == {"weaknesses": {"longest": 0.5}}
    assert (tmp_path / "b" / "DATASHEET.md").read_text() == "# What it is\n"
    found.verify()


def test_the_same_content_has_the_same_hash_and_other_content_another(tmp_path):
    one, two = written(tmp_path / "one"), written(tmp_path / "two", title="another title")
    assert one.content == two.content
    with BenchmarkWriter(tmp_path / "three", **TOLD) as writer:
        writer.add("train", item_of("1", query="Coffee?"))
        assert writer.finish().content != one.content


def test_an_option_is_judged_under_its_query_unless_it_claims_something_itself():
    plain = Item(item="1", query="Tea?", options=(Option(text="yes"), Option(text="no", claim="I refuse")))
    line = item_line(plain)
    assert line["options"] == [{"text": "yes"}, {"text": "no", "claim": "I refuse"}]
    assert [option.claim for option in as_item(line).options] == ["Tea?\nyes", "I refuse"]


@given(st.text(min_size=1).filter(str.strip), st.text())
def test_any_text_survives_on_one_line_of_utf_8(text, query):
    item = Item(item="1", query=query, options=(Option(text=f"a{text}"), Option(text=f"b{text}")))
    line = to_line(item_line(item))
    assert line.count("\n") == 1
    read = as_item(json.loads(line.encode().decode()))
    assert (read.query, [option.text for option in read.options]) == (query, [f"a{text}", f"b{text}"])


def test_nothing_is_left_where_writing_is_interrupted(tmp_path):
    with pytest.raises(KeyboardInterrupt), BenchmarkWriter(tmp_path / "b", **TOLD) as writer:
        writer.add("train", item_of())
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_benchmark_is_replaced_only_where_told_to_and_nothing_else_ever(tmp_path):
    written(tmp_path / "b")
    with pytest.raises(InputError, match="a benchmark is there; use --replace"):
        BenchmarkWriter(tmp_path / "b", **TOLD)
    assert written(tmp_path / "b", replace=True).size("train") == 1
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "thesis.txt").write_text("years of work")
    with pytest.raises(InputError, match="something else is there"):
        BenchmarkWriter(tmp_path / "c", **TOLD, replace=True)


def test_no_two_items_and_no_two_communities_share_a_name(tmp_path):
    with BenchmarkWriter(tmp_path / "b", **TOLD) as writer:
        writer.add("train", item_of("1"))
        writer.add_community(KNOWN)
        with pytest.raises(InputError, match="two items are named '1'"):
            writer.add("test", item_of("1"))
        with pytest.raises(InputError, match="two communities are named 'x'"):
            writer.add_community(KNOWN)


def test_without_any_item_the_reasons_are_told(tmp_path):
    with BenchmarkWriter(tmp_path / "b", **TOLD) as writer:
        writer.leave_out("no votes", 1200)
        with pytest.raises(InputError, match=r"no item is left \(no votes: 1,200\)"):
            writer.finish()
    assert not (tmp_path / "b").exists()


def test_a_damaged_line_is_named_with_its_file_and_number(tmp_path):
    written(tmp_path / "b")
    path = tmp_path / "b" / "train.jsonl"
    line = json.loads(path.read_text())
    for damaged, told in (
        ("{", "line 2"),
        (json.dumps({name: value for name, value in line.items() if name != "query"}), "lacks 'query'"),
        (json.dumps({**line, "options": line["options"][:1]}), "two or more"),
        (json.dumps([1]), "line 2"),
    ):
        path.write_text(json.dumps(line) + "\n" + damaged + "\n")
        with pytest.raises(InputError, match=told):
            list(Benchmark.open(tmp_path / "b").items("train"))
    with pytest.raises(InputError, match="changed after it was made"):
        Benchmark.open(tmp_path / "b").verify()


@pytest.mark.parametrize(
    "manifest", ["{", "[]", '{"format": "other"}', '{"format": "commonbond-benchmark/1"}']
)
def test_a_manifest_that_is_none_is_refused(tmp_path, manifest):
    written(tmp_path / "b")
    (tmp_path / "b" / "benchmark.json").write_text(manifest)
    with pytest.raises(InputError, match="make it again"):
        Benchmark.open(tmp_path / "b")


def test_where_there_is_none_it_says_how_to_make_one(tmp_path):
    with pytest.raises(InputError, match="commonbond construct"):
        Benchmark.open(tmp_path)
    assert not is_benchmark(tmp_path)
    assert is_benchmark(written(tmp_path / "b").folder)
    (tmp_path / "b" / "test.jsonl").unlink()
    with pytest.raises(InputError, match="a file is missing"):
        Benchmark.open(tmp_path / "b")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20)
@given(st.lists(st.integers(0, 30), min_size=2, max_size=5, unique=True))
def test_parts_keep_their_order_and_may_be_read_again(tmp_path_factory, numbers):
    with BenchmarkWriter(tmp_path_factory.mktemp("b") / "b", **TOLD) as writer:
        for number in numbers:
            writer.add("train", item_of(str(number)))
        items = writer.finish().items("train")
    assert [item.item for item in items] == [item.item for item in items] == [str(n) for n in numbers]


@pytest.mark.parametrize(
    "change",
    [
        {"votes": []},
        {"votes": None},
        {"votes": {"x": [1]}},
        {"votes": {"x": None}},
        {"query": 5},
        {"options": 5},
    ],
)
def test_a_line_of_another_shape_is_named_as_damaged(tmp_path, change):
    written(tmp_path / "b")
    path = tmp_path / "b" / "train.jsonl"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}) + "\n")
    with pytest.raises(InputError, match="train.jsonl, line 1: the line cannot be used"):
        list(Benchmark.open(tmp_path / "b").items("train"))


@pytest.mark.parametrize("damaged", [b"\xff\xfe{}", b"[" * 100_000])
@pytest.mark.parametrize("file", ["train.jsonl", "communities.jsonl"])
def test_bytes_that_are_no_text_and_brackets_without_end_are_damage_too(tmp_path, file, damaged):
    path = written(tmp_path / "b").folder / file
    path.write_bytes(path.read_bytes() + damaged + b"\n")
    found = Benchmark.open(tmp_path / "b")
    with pytest.raises(InputError, match=f"{file}, line 2: the line cannot be used"):
        list(found.items("train") if file == "train.jsonl" else found.communities)


def test_communities_come_in_the_order_of_their_names_and_their_norms_without_authors(tmp_path):
    norm = Norm(post="p", title="", text="t", author="ann", endorsement=0.5, support=2, basis="votes")
    with BenchmarkWriter(tmp_path / "b", **TOLD) as writer:
        writer.add("train", item_of())
        for name in ("z", "a", "m"):
            writer.add_community(KnownCommunity(community=name, norms=(norm,)))
        found = writer.finish()
    assert list(found.communities) == ["a", "m", "z"]
    assert {each.author for known in found.communities.values() for each in known.norms} == {""}
    assert "ann" not in (tmp_path / "b" / "communities.jsonl").read_text()


def test_others_may_read_a_benchmark_and_a_part_that_is_not_there_is_empty(tmp_path):
    found = written(tmp_path / "b")
    assert stat.S_IMODE(found.folder.stat().st_mode) == 0o755
    path = found.folder / "benchmark.json"
    told = json.loads(path.read_text())
    del told["files"]["validation.jsonl"], told["parts"]["validation"]
    path.write_text(json.dumps(told))
    (found.folder / "validation.jsonl").unlink()
    again = Benchmark.open(found.folder)
    assert (list(again.items("validation")), again.size("validation")) == ([], 0)


def test_half_a_character_is_escaped_so_that_every_line_is_utf_8():
    assert to_line({"query": "\ud83d"}) == '{"query": "\\ud83d"}\n'
    assert to_line({"query": "tea ☕"}) == '{"query": "tea ☕"}\n'


def test_a_benchmark_of_another_format_is_not_read(tmp_path):
    path = written(tmp_path / "b").folder / "benchmark.json"
    path.write_text(path.read_text().replace("commonbond-benchmark/1", "commonbond-benchmark/9"))
    with pytest.raises(InputError, match="not of the format commonbond-benchmark/1"):
        Benchmark.open(tmp_path / "b")


def test_what_an_option_claims_is_written_only_where_it_is_something_of_its_own():
    options = (Option(text="yes", claim="Tea?\nyes"), Option(text="no", claim="no"))
    line = item_line(Item(item="1", query="Tea?", options=options))
    assert line["options"] == [{"text": "yes"}, {"text": "no"}]
