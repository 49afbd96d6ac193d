"""The command palette: what it offers where, and that it does what it says."""

from __future__ import annotations

import pytest
from textual.command import CommandList, CommandPalette

from tui.screens.communities.overview import CommunitiesScreen
from tui.screens.compare.items import CompareScreen
from tui.screens.home import HomeScreen
from tui.screens.keys import KeysScreen
from tui.shell.commands import CommandProvider


async def offered(app):
    provider = CommandProvider(app.screen)
    await provider.startup()
    return {hit.text: str(hit.help) async for hit in provider.discover()}


async def choose(pilot, look, app, words):
    await pilot.press("ctrl+p")
    await look.until(pilot, lambda: isinstance(app.screen, CommandPalette))
    await pilot.press(*("space" if sign == " " else sign for sign in words))

    def first():
        found = app.screen.query_one(CommandList)
        return str(found.get_option_at_index(0).hit.text).lower() if found.option_count else ""

    await look.until(pilot, lambda: first().startswith(words))
    await pilot.press("enter")
    await look.until(pilot, lambda: not isinstance(app.screen, CommandPalette))


async def test_the_palette_has_the_actions_of_the_screen_with_their_keys_and_all_there_is_to_open(made, look):
    app, opened = look.opened(made)
    async with opened as pilot:
        await look.settled(pilot)
        found = await offered(app)
    assert found["Simulate"] == "key s" and found["Ask the communities a question"] == "key a"
    assert found["Corpus Tea and cats"] == str(made / "tea.corpus")
    assert found["Run run1"].startswith("done · ")
    assert found["Theme: commonbond, dark"] == "this is the theme now"
    assert {"Keys", "Save what is shown", "Copy what is marked", "Theme: gruvbox"} <= set(found)
    assert not [name for name in found if name in {"Up", "Page up", "Page Left", "Go to Run"}]


async def test_the_palette_of_a_run_has_its_sides(made, look):
    app, opened = look.opened(made / "run1")
    async with opened as pilot:
        await look.until(pilot, lambda: isinstance(app.screen, CompareScreen))
        found = await offered(app)
    assert found["Go to Communities"] == "key 4 · run1"


@pytest.mark.parametrize(
    ("words", "screen"),
    [("run run1", CompareScreen), ("corpus tea", CommunitiesScreen), ("keys", KeysScreen)],
)
async def test_what_is_chosen_by_name_is_done(made, look, words, screen):
    app, opened = look.opened(made)
    async with opened as pilot:
        await look.settled(pilot)
        await choose(pilot, look, app, words)
        await look.until(pilot, lambda: isinstance(app.screen, screen))


async def test_an_action_is_done_on_the_screen_that_the_palette_was_opened_on(made, look):
    app, opened = look.opened(made / "run1")
    async with opened as pilot:
        await look.until(pilot, lambda: isinstance(app.screen, CompareScreen))
        await choose(pilot, look, app, "back")
        await look.until(pilot, lambda: isinstance(app.screen, HomeScreen))


async def test_the_palette_opens_where_a_folder_is_gone(made, look, tmp_path):
    (tmp_path / "gone").mkdir()
    app, opened = look.opened(tmp_path / "gone")
    async with opened as pilot:
        await look.settled(pilot)
        (tmp_path / "gone").rmdir()
        assert "Keys" in await offered(app)
