"""The figures of pairs are those that an export of the same run writes, at every threshold, and rows are the same."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing

import pytest
from made_preferences import made_run

from personas.errors import InputError
from simulator.export.export import export_run
from simulator.export.selection import Selection, Shape
from simulator.journal import Journal
from simulator.run import Run
from tui.reading.pair_book import PairBook, Thresholds
from tui.reading.preference_data import PairReader, data_of, read_rows
from tui.reading.replays import next_speed, read_replay, speed_for
from tui.reading.row_story import pair_story, row_story

CHOICES = [
    {},
    {"min_margin": 0.2},
    {"min_probability": None, "min_margin": 0.05},
    {"min_probability": 0.6, "pairs": "best-rest"},
    {"min_probability": None, "pairs": "best-worst"},
]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of 24 sets of four candidates that two communities judged, lying in its data's folder."""
    return made_run(tmp_path_factory.mktemp("data") / "tea" / "run", prompts=24)


def book_of(run) -> PairBook:
    book = PairBook()
    with Journal.read(run) as journal:
        while book.follow(journal):
            pass
    return book


def exported(run, out, **choices):
    opened = Run.open(run)
    with opened.journal:
        return export_run(opened, out, **choices)


def test_judgements_that_are_asked_for_later_are_read_too(run, tmp_path):
    shutil.copytree(run, tmp_path / "run")
    with closing(sqlite3.connect(tmp_path / "run" / "journal.sqlite")) as db:
        later = db.execute("SELECT * FROM jobs WHERE place >= 30").fetchall()
        db.execute("DELETE FROM jobs WHERE place >= 30")
        db.commit()
        book = book_of(tmp_path / "run")
        assert (book.judgements, len(later)) == (30, 18)
        db.executemany(f"INSERT INTO jobs VALUES ({', '.join('?' * len(later[0]))})", later)
        db.commit()
    with Journal.read(tmp_path / "run") as journal:
        while book.follow(journal):
            pass
    assert book.judgements == 48 and len(book) == len(book_of(run))


@pytest.mark.parametrize("choices", CHOICES)
@pytest.mark.parametrize("kind", ["panel", "direct"])
def test_what_the_pairs_come_to_is_what_an_export_measures(run, tmp_path, choices, kind):
    if kind == "direct":
        run = made_run(tmp_path / "direct", prompts=9, mode="direct")
    manifest = exported(run, tmp_path / "out", selection=Selection(**choices)).manifest
    asked = Selection(**choices)
    found = book_of(run).measure(
        Thresholds(margin=asked.min_margin, probability=asked.min_probability, pairing=asked.pairs)
    )
    told = json.loads(json.dumps(manifest.decided))
    assert found.biases.as_data() == manifest.biases
    assert found.pairs == sum(tally["judged"] for tally in told["pairs"])
    assert found.kept == manifest.rows("preference") > 0
    assert found.disputes == sum(tally["disputed_kept"] for tally in told["pairs"])
    for row in found.communities:
        marks = [tally for tally in told["marks"] if tally["community"] == row.name]
        assert row.above == sum(tally["above"] for tally in marks)
        assert row.above + row.below == sum(tally["kept"] for tally in marks)
        assert row.kept == sum(tally["kept"] for tally in told["pairs"] if tally["community"] == row.name)
    assert sum(map(sum, found.margins)) == found.pairs
    assert sum(kept for kept, _ in found.margins) == found.kept


def test_a_book_that_follows_a_run_comes_to_the_same_as_one_that_reads_it_at_once(run, tmp_path):
    whole = book_of(run).measure(Thresholds())
    grown, folder = PairBook(), tmp_path / "run"
    shutil.copytree(run, folder)
    with Journal.create(folder) as journal:
        rows = list(journal.results())
        journal._db.execute("DELETE FROM results")
        journal._db.commit()
        for start in range(7):  # neither in the order of the jobs nor set by set
            for item, community, result in rows[start::7]:
                journal.add_result(journal.item(item), community, [], [], result)
            grown.follow(journal)
            grown.measure(Thresholds(margin=0.3))
        found = grown.measure(Thresholds())
    assert (found.pairs, found.kept, found.disputes) == (whole.pairs, whole.kept, whole.disputes)
    assert found.biases.after.longer.true == whole.biases.after.longer.true


def test_the_pairs_that_are_listed_are_the_rows_that_an_export_writes(run, tmp_path):
    export = exported(run, tmp_path / "out", selection=Selection(test_share=0.0))
    reader = PairReader(run)
    view = reader.look(Thresholds(), "kept", [export.folder])
    part = view.parts[0]
    assert part.name == "preference/train" and part.rows == view.measured.kept
    written = read_rows(part, 0, part.rows)
    listed = reader.rows(view.measured, 0, part.rows)

    def text(row, name):
        return row[name][-1]["content"]

    assert sorted((row.community, row.chosen, row.rejected, row.against) for row in listed) == sorted(
        (row["community"], text(row, "chosen"), text(row, "rejected"), row["against"]) for row in written
    )
    assert all(row.kept for row in listed)
    disputed = reader.look(Thresholds(), "disputed").measured
    assert len(disputed.shown) == disputed.disputes
    assert all(row.against for row in reader.rows(disputed, 0, 999))
    everything = reader.look(Thresholds(), "all").measured
    assert len(everything.shown) == everything.pairs > everything.kept


@pytest.mark.parametrize("files", ["parquet", "jsonl"])
def test_rows_are_read_from_any_place_across_files(run, tmp_path, files):
    shape = Shape(files=files, shard_rows=10)
    export = exported(run, tmp_path / "out", selection=Selection(test_share=0.0), shape=shape)
    part = PairReader(run).look(Thresholds(), "kept", [export.folder]).parts[0]
    names = [row["row"] for row in read_rows(part, 0, part.rows)]
    assert len(set(names)) == part.rows > 30
    for first, size in ((0, 3), (8, 5), (19, 22), (part.rows - 2, 9), (part.rows, 4)):
        assert [row["row"] for row in read_rows(part, first, size)] == names[first : first + size]


def test_a_file_that_is_gone_is_said(run, tmp_path):
    export = exported(run, tmp_path / "out")
    part = PairReader(run).look(Thresholds(), "kept", [export.folder]).parts[0]
    shutil.rmtree(export.folder / "data" / "preference")
    with pytest.raises(InputError, match="cannot be read"):
        read_rows(part, 0, 1)


def test_data_is_found_around_its_run_and_where_it_is_named(run, tmp_path):
    assert data_of(run) == []
    export = exported(run, run.parent)
    assert data_of(run, [tmp_path]) == [export.folder]


def test_a_row_is_told_with_what_it_rests_on(run, tmp_path):
    export = exported(run, tmp_path / "out", selection=Selection(test_share=0.0))
    story, item, community = row_story(export.folder, "preference/train/0", run)
    told = dict(story)
    row = read_rows(PairReader(run).look(Thresholds(), "kept", [export.folder]).parts[0], 0, 1)[0]
    assert told["Chosen"] == row["chosen"][-1]["content"]
    assert (item, community) == (row["item"], row["community"])
    assert "this order" in told["Order"]
    assert not any("fit" in title for title, _ in story)
    with Journal.read(run) as journal:
        ballots = journal.ballots(item, community)
    assert sum(text.startswith(f"{community}#") for _, text in story) == len(ballots) > 0


def test_a_pair_is_told_before_it_is_written(run):
    reader = PairReader(run)
    row = reader.rows(reader.look(Thresholds(), "kept").measured, 0, 1)[0]
    told = dict(pair_story(row))
    assert told["Rejected"] == row.rejected and told["An export"] == "keeps it"
    assert f"{row.margin:.3f}" in told["Order"]


def test_a_run_that_went_back_as_a_replay_can_is_read_anew(run, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    reader = PairReader(folder)
    before = reader.look(Thresholds(), "all")
    with Journal.create(folder) as journal:
        journal._db.execute("DELETE FROM results WHERE rowid > 5")
        journal._db.commit()
    after = reader.look(Thresholds(), "all")
    assert (before.read, after.read) == (48, 5)
    assert after.measured.pairs < before.measured.pairs


def test_a_run_that_has_judged_nothing_has_no_pairs(run, tmp_path):
    folder = tmp_path / "run"
    shutil.copytree(run, folder)
    with Journal.create(folder) as journal:
        journal._db.execute("DELETE FROM results")
        journal._db.commit()
    view = PairReader(folder).look(Thresholds(), "kept")
    assert (view.read, view.measured.pairs, view.measured.biases.before.pairs) == (0, 0, 0)


def test_a_run_is_no_replay_and_is_played_in_about_half_a_minute(run):
    assert read_replay(run) is None
    assert speed_for(run) > 0
    assert next_speed(next_speed(1.0, 1), -1) == 1.0
