"""Copying and saving what is shown: rows in full, text, pictures, and what is said of it."""

from __future__ import annotations

import csv
import re

import pytest
from textual.app import App
from textual.selection import SELECT_ALL
from textual.widgets import Input, Static

from tui.screens.compare.items import CompareScreen
from tui.screens.guide import GuideScreen
from tui.screens.home import HomeScreen
from tui.screens.reader import ReaderScreen
from tui.screens.saving import SavingScreen
from tui.shell.copying import what_to_copy
from tui.shell.pictures import taken
from tui.widgets.prose import plain

HOSTILE = "[@click=app.quit]x[/] \x1b]0;owned\x07 =1+1"


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """An empty folder to save into, as the current one."""
    folder = tmp_path / "desk"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


async def save(pilot, look, app, *keys, name=""):
    await pilot.press("e")
    await look.until(pilot, lambda: isinstance(app.screen, SavingScreen))
    await pilot.pause()
    await pilot.press(*keys)
    await pilot.pause()
    if name:
        app.screen.query_one(Input).value = name
    await pilot.press("enter")
    await look.until(
        pilot, lambda: not isinstance(app.screen, SavingScreen) or "there already" in look.text(app)
    )


async def test_all_rows_of_a_list_are_saved_as_a_table(made, look, desk):
    app, opened = look.opened(made, size=(80, 24))
    async with opened as pilot:
        await look.settled(pilot)
        await pilot.press("tab")
        await save(pilot, look, app)
        assert f"Saved to {desk}" in next(iter(app._notifications)).message
    with (desk / "commonbond-home-runs.csv").open(newline="") as file:
        header, row = csv.reader(file)
    assert header[:5] == ["run", "corpus", "state", "judged", "cost"]
    assert row[0] == "run1" and row[7] == "norm judge (offline, no language model)", (
        "also columns that are not seen"
    )


async def test_the_screen_is_saved_as_text_and_as_a_picture(made, look, desk):
    app, opened = look.opened(made, size=(100, 30))
    async with opened as pilot:
        await look.settled(pilot)
        shown = look.text(app)
        await save(pilot, look, app, "down", "down")
        await save(pilot, look, app, "down", "down", "down")
    text = (desk / "commonbond-home.txt").read_text()
    assert [line.rstrip() for line in shown.split("\n")] == text.removesuffix("\n").split("\n")
    svg = (desk / "commonbond-home.svg").read_text()
    assert "Tea and cats" in svg.replace("&#160;", " ") and "Save what" not in svg
    assert "font-face" not in svg and "url(" not in re.sub(r"url\(#[\w-]+\)", "", svg)
    assert not [found for found in re.findall(r"https?://[^\"' <]+", svg) if "w3.org" not in found]


async def test_a_file_that_is_there_is_replaced_only_at_the_second_press(made, look, desk):
    (desk / "mine.csv").write_text("kept")
    app, opened = look.opened(made)
    async with opened as pilot:
        await look.settled(pilot)
        await save(pilot, look, app, name="mine.csv")
        assert "there already; enter again replaces it" in look.text(app)
        assert (desk / "mine.csv").read_text() == "kept"
        await pilot.press("enter")
        await look.until(pilot, lambda: isinstance(app.screen, HomeScreen))
    assert (desk / "mine.csv").read_text().startswith("corpus,source")


async def test_a_file_that_cannot_be_written_is_said_and_another_can_be_named(made, look, desk):
    app, opened = look.opened(made)
    async with opened as pilot:
        await look.settled(pilot)
        await pilot.press("e")
        await pilot.pause()
        field = app.screen.query_one(Input)
        field.value = "none/a.csv"
        await pilot.press("enter")
        await look.until(pilot, lambda: "cannot be written" in look.text(app))
        field.value = ""
        await pilot.press("enter")
        assert "name the file" in look.text(app)
        await pilot.press("escape")
        assert isinstance(app.screen, HomeScreen)
    assert not list(desk.iterdir())


async def test_a_name_that_was_typed_stays_when_the_format_changes(made, look, desk):
    app, opened = look.opened(made)
    async with opened as pilot:
        await look.settled(pilot)
        await pilot.press("e")
        await pilot.pause()
        field = app.screen.query_one(Input)
        assert field.value == "commonbond-home-corpora.csv"
        await pilot.press("down")
        await pilot.pause()
        assert field.value == "commonbond-home-runs.csv"
        await pilot.press("x", "up")
        await pilot.pause()
        assert field.value == "commonbond-home-runs.csvx"


async def test_the_marked_row_is_copied_in_full_and_what_was_copied_is_said(made, look):
    app, opened = look.opened(made, size=(60, 16))
    async with opened as pilot:
        await look.settled(pilot)
        await pilot.press("tab", "y")
        await pilot.pause()
        assert app.clipboard.split("\t")[:3] == ["run1", "Tea and cats", "done"]
        assert "norm judge (offline, no language model)" in app.clipboard
        assert any(note.message.startswith("Copied the row") for note in app._notifications)


async def test_a_text_is_copied_as_plain_characters_also_from_a_reader(made, look):
    app, opened = look.opened(made)
    async with opened as pilot:
        await look.settled(pilot)
        app.push_screen(ReaderScreen("post", plain(HOSTILE)))
        await pilot.pause()
        await pilot.press("y")
        assert app.clipboard == "[@click=app.quit]x[/] ␛]0;owned␇ =1+1"
        assert isinstance(app.screen, ReaderScreen)


async def test_what_is_too_long_for_a_terminals_clipboard_is_cut_and_said(made, look):
    app, opened = look.opened(made)
    async with opened as pilot:
        await look.settled(pilot)
        app.push_screen(ReaderScreen("post", plain("猫" * 19_000) + plain("x" * 19_000)))
        await pilot.pause()
        await pilot.press("y")
        assert len(app.clipboard.encode()) <= 70_000 and app.clipboard.startswith("猫猫")
        assert any("cut to 70,000 bytes" in note.message for note in app._notifications)


async def test_where_there_is_nothing_to_copy_it_is_said(tmp_path, look):
    app, opened = look.opened(tmp_path)
    async with opened as pilot:
        await look.settled(pilot)
        await pilot.press("y")
        assert not app.clipboard
        assert any("nothing to copy" in note.message for note in app._notifications)


async def test_letters_typed_into_a_field_are_text_and_no_command(made, look, desk):
    app, opened = look.opened(made)
    async with opened as pilot:
        await look.settled(pilot)
        await pilot.press("e")
        await pilot.pause()
        field = app.screen.query_one(Input)
        field.value = ""
        await pilot.press(*"yeq", "question_mark")
        assert field.value == "yeq?" and isinstance(app.screen, SavingScreen)


async def test_a_picture_is_what_is_shown_with_its_colours(made, look):
    app, opened = look.opened(made / "run1")
    async with opened as pilot:
        await look.until(
            pilot, lambda: isinstance(app.screen, CompareScreen) and "▸ Advice" in look.text(app)
        )
        await pilot.press("question_mark")
        await look.until(pilot, lambda: isinstance(app.screen, GuideScreen))
        picture = taken(app)
        assert picture.size == (80, 24) and "Help" in picture.text
        assert picture.svg() == picture.svg()


async def test_what_is_selected_is_copied_before_all_else_and_as_plain_characters():
    class Raw(App[None]):
        def compose(self):
            yield Static("tea\x1b]0;owned", markup=False)

    app = Raw()
    async with app.run_test() as pilot:
        assert what_to_copy(app.screen) == ("", "")
        app.screen.selections = {app.query_one(Static): SELECT_ALL}
        await pilot.pause()
        assert what_to_copy(app.screen) == ("tea␛]0;owned", "selection")


async def test_what_a_field_holds_is_copied_as_plain_characters(made, look, desk):
    app, opened = look.opened(made)
    async with opened as pilot:
        await look.settled(pilot)
        await pilot.press("e")
        await pilot.pause()
        app.screen.query_one(Input).value = "tea\x1b]0;owned\x07\tcat"
        assert what_to_copy(app.screen) == ("tea␛]0;owned␇\tcat", "field")
