"""What there is to open: controls under their run, benchmarks, preference data, and what is not read twice."""

from __future__ import annotations

import shutil
import sqlite3

import pytest

from simulator.journal import Journal
from tui.reading.advice import advice
from tui.reading.shelf import (
    BENCHMARK,
    DATA,
    BenchmarkEntry,
    CorpusEntry,
    DataEntry,
    RunEntry,
    Shelf,
    find_folders,
    read_shelf,
)
from tui.reading.shelf_reader import ShelfReader


@pytest.fixture
def controlled(home):
    """A run with a control."""
    shutil.copytree(home / "run1", home / "run1" / "controls" / "shuffled")
    return home


def test_controls_stand_after_their_run_where_they_are_asked_for(controlled):
    shelf = ShelfReader().read([controlled])
    assert [(run.folder.name, run.of) for run in shelf.runs] == [
        ("run1", None),
        ("shuffled", controlled / "run1"),
    ]
    assert len(read_shelf(find_folders([controlled])).runs) == 1
    assert (
        shelf.runs[0].made_of == controlled.parent / "home" / "tea.corpus"
        or shelf.runs[0].made_of is not None
    )


def test_what_is_done_is_not_read_again_until_it_is_written_to(controlled, monkeypatch):
    reader = ShelfReader()
    opened = []
    plain = Journal.read
    monkeypatch.setattr(Journal, "read", lambda folder: opened.append(folder.name) or plain(folder))
    first = reader.read([controlled])
    assert opened == ["run1", "shuffled"]
    assert reader.read([controlled]) == first and len(opened) == 2
    with sqlite3.connect(controlled / "run1" / "journal.sqlite") as db:
        db.execute("DELETE FROM facts WHERE name = 'scores'")
    db.close()
    assert not reader.read([controlled]).runs[0].scored
    assert opened[2:] == ["run1"]


def test_a_corpus_is_read_again_when_it_was_mapped_or_made_anew(home):
    reader = ShelfReader()
    assert not reader.read([home]).corpora[0].mapped
    (home / "tea.corpus" / "communities.json").write_text("{}")
    assert reader.read([home]).corpora[0].mapped
    manifest = home / "tea.corpus" / "corpus.json"
    manifest = manifest if manifest.exists() else next((home / "tea.corpus").glob("*manifest*.json"))
    manifest.write_text(manifest.read_text().replace("Tea and cats", "Cats and tea"))
    assert reader.read([home]).corpora[0].title == "Cats and tea"
    manifest.write_text("{")
    assert not reader.read([home]).corpora


def test_folders_are_not_looked_for_again_at_once_unless_asked(home):
    reader = ShelfReader()
    reader.read([home])
    shutil.copytree(home / "run1", home / "run2")
    assert len(reader.read([home], anew=False).runs) == 1
    assert len(reader.read([home]).runs) == 2
    shutil.rmtree(home / "run2")
    assert len(reader.read([home], anew=False).runs) == 1


def test_a_run_that_is_not_done_is_read_each_time(home, monkeypatch):
    with Journal.create(home / "run1") as journal:
        journal.set_facts({"state": "running"})
    reader, opened = ShelfReader(), []
    plain = Journal.read
    monkeypatch.setattr(Journal, "read", lambda folder: opened.append(folder) or plain(folder))
    assert [reader.read([home]).runs[0].state for _ in range(3)] == ["unfinished"] * 3
    assert len(opened) == 3


def test_a_damaged_benchmark_and_damaged_data_are_listed_with_their_problem(tmp_path):
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "benchmark.json").write_text('{"format": "commonbond-benchmark/1", "notes": 3}')
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "export.json").write_text("[")
    shelf = read_shelf(find_folders([tmp_path]))
    assert [entry.folder.name for entry in shelf.benchmarks] == ["b"] and "damaged" in shelf.benchmarks[
        0
    ].problem
    assert [entry.folder.name for entry in shelf.data] == ["d"] and shelf.data[0].problem
    assert not shelf.fictional


def test_a_benchmark_is_listed_with_its_items(tmp_path):
    from bench.benchmark.manifest import BenchmarkManifest

    folder = tmp_path / "b"
    folder.mkdir()
    BenchmarkManifest(
        name="construct", source="made", licence="CC0", title="Tea", fictional=True, parts={"test": 3, "train": 4},
        files={}, content="0" * 64,
    ).save(folder)  # fmt: skip
    shelf = read_shelf(find_folders([tmp_path]))
    assert shelf.benchmarks == (
        BenchmarkEntry(folder=folder, title="Tea", source="made", licence="CC0", fictional=True, items=7),
    )
    assert shelf.fictional


def test_a_run_opens_on_its_preferences_once_it_is_done(tmp_path):
    assert RunEntry(folder=tmp_path, state="done").side == "compare"
    assert RunEntry(folder=tmp_path, state="stopped").side == "run"


@pytest.mark.parametrize(
    ("entry", "wanted"),
    [
        ({"state": "running", "done": 3, "total": 12}, "3 of 12 judged. Enter watches it"),
        ({"state": "paused"}, "then space, goes on"),
        ({"state": "stopped"}, "shows the reason"),
        ({"state": "unfinished"}, "then x, goes on"),
        ({"state": "done", "scored": True}, "3 there shows its scores"),
        ({"state": "done"}, "It is done."),
        ({"problem": "no [red]journal[/red]"}, "cannot be used: no [red]journal[/red]"),
    ],
)
def test_for_every_state_of_a_run_there_is_something_to_do(tmp_path, entry, wanted):
    assert wanted in advice(RunEntry(folder=tmp_path, **entry))


def test_there_is_advice_for_all_that_can_be_marked_and_for_nothing(tmp_path):
    assert "finds out who" in advice(CorpusEntry(folder=tmp_path))
    assert "looks at its communities" in advice(CorpusEntry(folder=tmp_path, mapped=True))
    assert "control" in advice(RunEntry(folder=tmp_path, state="done", of=tmp_path))
    assert "7 items" in advice(BenchmarkEntry(folder=tmp_path, items=7))
    assert "1 row, made by a model" in advice(DataEntry(folder=tmp_path, rows=1, predictor="a model"))
    assert "d makes the bundled example" in advice(None)
    assert not Shelf().fictional


def test_the_manifests_are_named_as_those_who_write_them_name_them():
    from bench.benchmark import manifest as benchmark
    from simulator.export import manifest as data

    assert (benchmark.MANIFEST, data.MANIFEST) == (BENCHMARK, DATA)
