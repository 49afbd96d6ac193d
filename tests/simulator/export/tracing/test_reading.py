"""Every row is found by its name and by its place, and a file that is not as it was written is told."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
import tracemalloc

import pytest
from made_preferences import HOSTILE_NAMES, CandidateSet, Verdict, hostile_sets, made_run, told_run

from personas.errors import InputError
from simulator.export.export import export_run
from simulator.export.manifest import Manifest
from simulator.export.selection import Selection, Shape
from simulator.export.tracing.reading import PreferenceData
from simulator.item import Item, Option
from simulator.run import Run

EVERYTHING = Selection(min_probability=None, ties="soft", test_share=0.25)


def exported(out, *, selection=EVERYTHING, **shape):
    """Write the data of the run in ``out``/run and open it."""
    with Run.open(out / "run").journal as journal:
        export_run(Run(journal), out, selection=selection, shape=Shape(**shape))
    return PreferenceData.open(out)


@pytest.fixture(scope="module", params=["parquet", "jsonl"])
def written(request, tmp_path_factory):
    """A small run's data in files of seven rows."""
    out = tmp_path_factory.mktemp(request.param)
    made_run(out / "run", prompts=8, candidates=3)
    return exported(out, files=request.param, shard_rows=7)


@pytest.fixture
def copied(written, tmp_path):
    """A copy that a test may change."""
    shutil.copytree(written.folder, tmp_path / "prefs")
    return PreferenceData.open(tmp_path / "prefs")


def lines_of(data, config, split):
    """Return the rows as the plainest reader gives them."""
    import pyarrow.parquet as pq

    rows = []
    for path in sorted((data.folder / "data" / config).glob(f"{split}-*")):
        if path.suffix == ".jsonl":
            rows += [json.loads(line) for line in path.read_text().splitlines()]
        else:
            rows += pq.read_table(path).to_pylist()
    return rows


def test_the_parts_their_sizes_and_their_rows_are_those_of_the_files(written):
    parts = written.parts()
    assert set(parts) == {(a, b) for a in ("preference", "unpaired", "full") for b in ("train", "test")}
    for part in parts:
        rows = lines_of(written, *part)
        assert list(written.rows(*part)) == rows
        assert written.size(*part) == len(rows)
    assert len(written.files("preference", "train")) > 2


def test_every_row_is_found_by_its_name_and_by_its_place(written):
    for config, split in written.parts():
        for number, row in enumerate(lines_of(written, config, split)):
            named = written.row(row["row"])
            assert (named.config, named.split, named.number, named.row) == (config, split, number, row)
            assert named.place == f"{config}/{split}/{number}"
            assert written.row(named.place) == named


def test_every_row_is_found_however_little_of_a_file_is_held_at_once(tmp_path, monkeypatch, written):
    for name, size in (("BATCH", 2), ("NAMES", 3), ("BLOCK", 100)):
        monkeypatch.setattr(f"simulator.export.tracing.stored_rows.{name}", size)
    made_run(tmp_path / "run", prompts=6, candidates=3)
    data = exported(tmp_path, files=written.manifest.shape.files)
    for config, split in data.parts():
        rows = lines_of(data, config, split)
        assert list(data.rows(config, split)) == rows
        for number, row in enumerate(rows):
            found = data.row(row["row"])
            assert (found.number, found.row) == (number, row)
            assert data.row(found.place) == found


def test_files_are_read_in_the_order_of_their_numbers_however_many_digits_these_have(tmp_path):
    made_run(tmp_path / "run", prompts=3)
    data = exported(tmp_path, files="jsonl")
    facts = data.manifest.files["data/full/train-00000.jsonl"]
    named = ("data/full/train-100000.jsonl", "data/full/train-99999.jsonl")
    more = PreferenceData(tmp_path, Manifest(**{**vars(data.manifest), "files": dict.fromkeys(named, facts)}))
    assert more.files("full", "train") == [*reversed(named)]


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (
            "nowhere",
            "no row is named 'nowhere'; a row is named by its column `row`, or by where it stands: full/",
        ),
        ("preference/dev/0", "no row is named"),
        ("preference/train/-1", "no row is named"),
        ("preference/train/99999", "preference/train has no row 99999; its rows are 0 to "),
        ("p1/tea/\udcff", "no row is named"),
        ("", "no row is named"),
    ],
)
def test_a_row_that_is_not_there_is_refused_with_what_there_is(written, name, told):
    with pytest.raises(InputError, match="named by|rows are") as refused:
        written.row(name)
    assert told in str(refused.value)


def test_a_part_that_is_not_there_is_refused_with_those_that_are(written):
    with pytest.raises(InputError, match="no part preference/dev; its parts are: full/"):
        list(written.rows("preference", "dev"))


def judged(name, *communities, counts=(9, 2, 1)):
    options = tuple(Option(text=f"{name} says {number}") for number in range(len(counts)))
    said = {community: Verdict(counts=counts) for community in communities}
    return CandidateSet(item=Item(item=name, query=f"What of {name}?", options=options), said=said)


def test_a_name_that_two_rows_have_is_refused_with_their_places_and_each_is_found_by_its_own(tmp_path):
    names = ("tea", "tea/0")
    told_run(tmp_path / "run", [judged("a", *names), judged("b", *names)], communities=names)
    data = exported(tmp_path, selection=Selection(min_probability=None, test_share=0))
    with pytest.raises(
        InputError, match="2 rows are named 'a/tea/0'; say which: full/train/1, unpaired/train/0"
    ):
        data.row("a/tea/0")
    assert data.row("full/train/1").row["community"] == "tea/0"
    assert data.row("unpaired/train/0").row["community"] == "tea"


def test_a_name_that_looks_like_a_place_is_taken_for_the_name(tmp_path):
    told_run(tmp_path / "run", [judged("b", "train"), judged("full", "train")], communities=("train",))
    data = exported(tmp_path, selection=Selection(min_probability=None, test_share=0))
    assert data.row("full/train/0").config == "unpaired"
    assert data.row("full/train/1").row["item"] == "full"


@pytest.mark.parametrize("files", ["parquet", "jsonl"])
def test_a_text_that_is_a_rows_name_is_not_taken_for_it(tmp_path, files):
    first = judged("a", "tea")
    asked = Item(item="a", query="b/tea", options=first.item.options)
    told_run(
        tmp_path / "run",
        [CandidateSet(item=asked, said=first.said), judged("b", "tea")],
        communities=("tea",),
    )
    data = exported(tmp_path, files=files, selection=Selection(min_probability=None, test_share=0))
    assert data.row("b/tea").row["item"] == "b"


@pytest.mark.parametrize("files", ["parquet", "jsonl"])
def test_rows_with_hostile_names_are_found(tmp_path, files):
    told_run(tmp_path / "run", hostile_sets(), communities=HOSTILE_NAMES)
    data = exported(tmp_path, files=files)
    for part in data.parts():
        for number, row in list(enumerate(data.rows(*part)))[::5]:
            assert data.row(row["row"]).number == number


def test_files_that_are_as_they_were_written_verify(written):
    assert written.verify() == []
    assert written.verify([written.files("full", "test")[0]]) == []


def test_a_changed_byte_a_missing_file_and_a_strange_one_are_told(copied):
    changed, gone, other = copied.files("preference", "train")[:3]
    content = bytearray((copied.folder / changed).read_bytes())
    content[len(content) // 2] ^= 1
    (copied.folder / changed).write_bytes(content)
    (copied.folder / gone).unlink()
    strange = copied.folder / "data" / "preference" / "train-09999.parquet"
    strange.write_bytes(b"")
    was, found = copied.manifest.files[changed].sha256, hashlib.sha256(content).hexdigest()
    assert copied.verify() == [
        f"{changed} was changed after it was written: its SHA-256 is {found}, and was {was}",
        f"{gone} is gone",
        "data/preference/train-09999.parquet is no file of this export, and is read with it",
    ]
    assert copied.verify([changed]) == copied.verify()[:1]
    assert copied.verify([other]) == []


def test_a_file_that_is_cut_off_or_gone_is_refused_by_its_name(copied):
    name = copied.files("preference", "train")[0]
    path = copied.folder / name
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(InputError, match="cannot be read") as refused:
        list(copied.rows("preference", "train"))
    assert name.rpartition("/")[2] in refused.value.where
    assert "commonbond export" in refused.value.remedy
    path.unlink()
    for act in (lambda: copied.row("preference/train/0"), lambda: copied.row("p1/tea/0-1")):
        with pytest.raises(InputError, match="it is gone"):
            act()


def test_a_file_of_fewer_rows_than_were_written_is_refused(copied):
    first, last = copied.files("preference", "train")[0], copied.files("preference", "train")[-1]
    number = copied.size("preference", "train") - copied.manifest.files[last].rows - 1
    if first.endswith("jsonl"):
        (copied.folder / first).write_text("")
    else:
        import pyarrow.parquet as pq

        pq.write_table(pq.read_table(copied.folder / first).slice(0, 0), copied.folder / first)
    with pytest.raises(InputError, match="it has no row 0"):
        copied.row("preference/train/0")
    assert copied.row(f"preference/train/{number}").number == number


@pytest.mark.parametrize("line", ["[1]", '{"row": NaN}', "{"])
def test_a_line_that_is_no_row_is_refused_by_its_number(tmp_path, line):
    made_run(tmp_path / "run", prompts=4)
    data = exported(tmp_path, files="jsonl")
    path = tmp_path / data.files("full", "train")[0]
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[0], line, *lines[2:]]))
    with pytest.raises(InputError) as refused:
        list(data.rows("full", "train"))
    assert refused.value.where == f"{path}:2"


def test_a_parquet_file_without_the_column_row_is_refused(tmp_path):
    import pyarrow.parquet as pq

    made_run(tmp_path / "run", prompts=4)
    data = exported(tmp_path)
    path = tmp_path / data.files("full", "train")[0]
    pq.write_table(pq.read_table(path).drop_columns(["row"]), path)
    with pytest.raises(InputError, match="cannot be read|no column"):
        data.row("p1/tea")


def test_a_folder_without_a_whole_export_is_refused(tmp_path):
    with pytest.raises(InputError, match="no whole export is here"):
        PreferenceData.open(tmp_path)


@pytest.mark.parametrize("files", ["parquet", "jsonl"])
def test_a_search_through_many_rows_is_quick_and_holds_few_of_them(tmp_path, files):
    from simulator.export.manifest import file_facts
    from simulator.export.writing.formats import COLUMNS
    from simulator.export.writing.shards import ShardWriter

    made_run(tmp_path / "run", prompts=4)
    small = exported(tmp_path)
    row = next(small.rows("preference", "train"))
    out = tmp_path / "many"
    with ShardWriter(
        out / "data" / "preference", COLUMNS["preference"], files=files, shard_rows=30_000
    ) as writer:
        for number in range(60_000):
            writer.write("train", {**row, "row": f"p{number}/tea/0-1"})
        counted = file_facts(out, writer.close())
    told = {**vars(small.manifest), "files": counted, "counts": {"preference": {"train": 60_000}}}
    data = PreferenceData(out, Manifest(**told))
    data.row("p1/tea/0-1")  # what is imported for it takes its own time
    tracemalloc.start()
    begun = time.process_time()
    assert data.row("p59999/tea/0-1").number == 59_999
    assert time.process_time() - begun < 5
    for number in (0, 12_345, 29_999, 30_000, 59_999):
        assert data.row(f"preference/train/{number}").row["row"] == f"p{number}/tea/0-1"
    assert tracemalloc.get_traced_memory()[1] < 20e6
    tracemalloc.stop()
