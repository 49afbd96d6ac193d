"""Preference data on the screen: figures that follow the thresholds, rows in full, and an export."""

from __future__ import annotations

import shutil

import pytest
from made_preferences import HOSTILE_NAMES, hostile_sets, made_run, told_run
from rich.cells import cell_len

from simulator.export.tracing.reading import PreferenceData
from simulator.journal import Journal
from tui.reading.pair_book import Thresholds
from tui.reading.preference_data import PairReader
from tui.screens.compare.ballots import BallotsScreen
from tui.screens.generate.data import GenerateScreen
from tui.screens.generate.export import ExportScreen
from tui.screens.generate.row import RowScreen
from tui.widgets.pair_measures import columns
from tui.widgets.rowlist import RowList


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of 20 sets that two communities judged."""
    return made_run(tmp_path_factory.mktemp("data") / "run1")


@pytest.fixture
def generate(look):
    """The Generate side of a run, once it has read all."""

    async def come(pilot, folder):
        await look.settled(pilot)
        pilot.app.visit("generate", folder)
        await look.until(pilot, lambda: isinstance(pilot.app.screen, GenerateScreen))
        await look.until(pilot, lambda: "kept of" in look.text(pilot.app), seconds=10)
        await look.settled(pilot)

    return come


def kept(run, **choices) -> int:
    return PairReader(run).look(Thresholds(**choices), "kept").measured.kept


@pytest.mark.parametrize("size", [(80, 24), (140, 45), (60, 16), (200, 60)])
async def test_it_says_whose_pairs_they_are_and_how_many_are_kept(run, look, generate, size, tmp_path):
    app, opened = look.opened(tmp_path, size=size)
    async with opened as pilot:
        await generate(pilot, run)
        text = look.text(app)
        assert f"{kept(run):,} kept of 240 pairs" in text
        assert "FICTIONAL" in text and "norm judge" in text
        assert {cell_len(line) for line in text.split("\n")} == {size[0]}
        assert "█ kept ░ dropped" in text


async def test_keys_move_the_thresholds_and_the_figures_follow(run, look, generate, tmp_path):
    app, opened = look.opened(tmp_path, size=(140, 45))
    async with opened as pilot:
        await generate(pilot, run)
        await pilot.press("M", "M", "M", "M", "p", "p")
        wanted = f"{kept(run, margin=0.2, probability=0.8):,} kept of 240 pairs"
        await look.until(pilot, lambda: wanted in look.text(app), seconds=10)
        assert "ahead by 0.2 or more · probable to 0.8 or more" in look.text(app)
        await pilot.press("w", "w")
        wanted = f"{kept(run, margin=0.2, probability=0.8, pairing='best-worst'):,} kept of 40 pairs"
        await look.until(pilot, lambda: wanted in look.text(app), seconds=10)
        await pilot.press(*["p"] * 9, *["m"] * 9)
        wanted = f"{kept(run, probability=None, pairing='best-worst'):,} kept of 40 pairs"
        await look.until(pilot, lambda: wanted in look.text(app), seconds=10)
        assert "ahead by 0 or more · whatever its probability" in look.text(app)


async def test_the_list_changes_between_kept_disputed_and_all_pairs(run, look, generate, tmp_path):
    app, opened = look.opened(tmp_path, size=(140, 45))
    async with opened as pilot:
        await generate(pilot, run)
        rows = app.screen.query_one("#rows", RowList)
        assert len(rows.rows) == kept(run)
        measured = PairReader(run).look(Thresholds(), "disputed").measured
        await pilot.press("d")
        await look.until(pilot, lambda: len(rows.rows) == measured.disputes, seconds=10)
        await pilot.press("d")
        await look.until(pilot, lambda: len(rows.rows) == 240, seconds=10)
        assert "list: all pairs" in look.text(app)


async def test_where_no_pair_is_kept_all_are_listed_and_it_says_so(run, look, generate, tmp_path):
    app, opened = look.opened(tmp_path, size=(80, 24))
    async with opened as pilot:
        await generate(pilot, run)
        rows = app.screen.query_one("#rows", RowList)
        await pilot.press(*["M"] * 20)
        await look.until(pilot, lambda: "list: all pairs, as none is kept" in look.text(app), seconds=10)
        await look.until(pilot, lambda: len(rows.rows) == 240 and rows.rows[0][0] == "·", seconds=10)
        assert "? Help" in look.text(app).split("\n")[-1]


async def test_a_pair_opens_in_full_and_leads_to_its_ballots(run, look, generate, tmp_path):
    app, opened = look.opened(tmp_path, size=(140, 45))
    async with opened as pilot:
        await generate(pilot, run)
        reader = PairReader(run)
        row = reader.rows(reader.look(Thresholds(), "kept").measured, 1, 1)[0]
        await pilot.press("down", "enter")
        await look.until(pilot, lambda: isinstance(app.screen, RowScreen))
        await look.until(pilot, lambda: f"Chosen by {row.community}" in look.text(app), seconds=10)
        assert row.chosen[:40] in look.text(app) and "keeps it" in look.text(app)
        await pilot.press("b")
        await look.until(pilot, lambda: isinstance(app.screen, BallotsScreen))
        await look.settled(pilot)
        await pilot.press("escape", "escape")
        assert isinstance(app.screen, GenerateScreen)


async def test_an_export_writes_what_was_looked_at_and_its_rows_are_traced(run, look, generate, tmp_path):
    folder = tmp_path / "tea" / "run1"
    shutil.copytree(run, folder)
    app, opened = look.opened(tmp_path, size=(140, 45))
    async with opened as pilot:
        await generate(pilot, folder)
        await pilot.press("t")
        await look.until(pilot, lambda: "x exports it" in look.text(app), seconds=5)
        await pilot.press("M", "M", "x")
        await look.until(pilot, lambda: isinstance(app.screen, ExportScreen))
        await look.until(pilot, lambda: "run1-data1" in look.text(app), seconds=5)
        await pilot.press("f1")
        await look.until(pilot, lambda: "written as training data" in look.text(app), seconds=5)
        await pilot.press("escape", "ctrl+s")
        await look.until(pilot, lambda: isinstance(app.screen, GenerateScreen), seconds=40)
        data = PreferenceData.open(folder.parent / "run1-data1")
        assert data.manifest.selection.min_margin == 0.1
        assert data.manifest.rows("preference") == kept(folder, margin=0.1)
        await look.settled(pilot)
        await pilot.press("t")
        await look.until(pilot, lambda: "list: preference/train as written" in look.text(app), seconds=10)
        rows = app.screen.query_one("#rows", RowList)
        await look.until(pilot, lambda: len(rows.rows) == data.size("preference", "train"), seconds=10)
        await look.settled(pilot)
        await pilot.press("enter")
        await look.until(pilot, lambda: "preference/train/0, in data" in look.text(app), seconds=10)
        assert "Does not fit" not in look.text(app)


async def test_what_an_export_refuses_is_said_in_its_place(run, look, generate, tmp_path):
    folder = tmp_path / "run1"
    shutil.copytree(run, folder)
    app, opened = look.opened(tmp_path, size=(140, 45))
    async with opened as pilot:
        await generate(pilot, folder)
        await pilot.press("x")
        await look.until(pilot, lambda: "run1-data1" in look.text(app), seconds=5)
        field = app.screen.query_one("#min_margin")
        field.value = "7"
        await pilot.press("f6")
        await look.until(pilot, lambda: "✗ Margin: it must be from 0 to 1" in look.text(app), seconds=5)
        field.value = "0.99"
        await pilot.press("f6")
        await look.until(pilot, lambda: "✗ no pair" in look.text(app), seconds=40)
        assert isinstance(app.screen, ExportScreen)


async def test_a_run_that_goes_on_is_followed(run, look, generate, tmp_path):
    folder = tmp_path / "run1"
    shutil.copytree(run, folder)
    with Journal.create(folder) as journal:
        rows = list(journal.results())
        journal._db.execute("DELETE FROM results WHERE rowid > 10")
        journal._db.commit()
        journal.set_facts({"state": "running"})
        app, opened = look.opened(tmp_path, size=(140, 45))
        async with opened as pilot:
            await generate(pilot, folder)
            await look.until(pilot, lambda: "10 of 40 judgements read" in look.text(app), seconds=10)
            for item, community, result in rows[10:]:
                journal.add_result(journal.item(item), community, [], [], result)
            await look.until(pilot, lambda: f"{kept(run):,} kept of 240 pairs" in look.text(app), seconds=10)


async def test_hostile_names_and_texts_stay_plain_and_the_columns_straight(look, generate, tmp_path):
    run = told_run(tmp_path / "run1", hostile_sets(), communities=HOSTILE_NAMES, panel=12)
    app, opened = look.opened(tmp_path, size=(100, 30))
    async with opened as pilot:
        await generate(pilot, run)
        await pilot.press("d", "d")
        await look.settled(pilot)
        text = look.text(app)
        assert "\x1b" not in text and "\u202e" not in text
        assert {cell_len(line) for line in text.split("\n")} == {100}
        await pilot.press("enter")
        await look.until(pilot, lambda: "Rejected" in look.text(app), seconds=10)
        assert {cell_len(line) for line in look.text(app).split("\n")} == {100}


async def test_every_widget_with_the_focus_is_explained(run, look, generate, tmp_path):
    app, opened = look.opened(tmp_path, size=(140, 45))
    async with opened as pilot:
        await generate(pilot, run)
        for widget in app.screen.focus_chain:
            known = {widget.id, *(above.id for above in widget.ancestors)}
            assert known & app.screen.GUIDES.keys(), widget
        assert all(binding.id for binding in app.screen._bindings.key_to_bindings["x"])


def test_columns_are_as_high_as_what_they_count():
    assert columns([(4, 0), (0, 4), (0, 0), (2, 2)]) == ["█░ ░", "█░ ░", "█░ █", "█░ █"]
    assert columns([]) == [""] * 4
    assert columns([(0, 0)]) == [" "] * 4
    assert columns([(1, 0), (1000, 0)])[-1] == "▁█"
