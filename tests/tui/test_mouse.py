"""What can be reached with the keys can be reached with the mouse: rows, headings, sides, tabs, nodes, keys, the wheel."""

from __future__ import annotations

import shutil

import pytest
from rich.cells import cell_len
from textual.events import MouseScrollDown, MouseScrollUp

from tui.cli.communities import describe_all, keep_beside, write_beside
from tui.screens.communities.graph import GraphScreen
from tui.screens.communities.overview import CommunitiesScreen
from tui.screens.compare.ballots import BallotsScreen
from tui.screens.compare.items import CompareScreen
from tui.screens.guide import GuideScreen
from tui.screens.home import HomeScreen
from tui.screens.run.live import RunScreen
from tui.widgets.graph import GraphCanvas
from tui.widgets.keyline import KeyLine
from tui.widgets.rowlist import RowList


def place_of(app, look, words, *, last=False):
    """Return where some words begin on the screen, a cell to the right of their first."""
    lines = [(y, line) for y, line in enumerate(look.text(app).split("\n")) if words in line]
    assert lines, f"{words!r} is not there:\n{look.text(app)}"
    y, line = lines[-1 if last else 0]
    at = line.rindex(words) if last else line.index(words)
    return cell_len(line[:at]) + 1, y


async def click(app, pilot, look, words, **more):
    await pilot.click(offset=place_of(app, look, words, last=more.pop("last", False)), **more)
    await look.settled(pilot)


async def turn(app, pilot, look, widget, kind, times=1):
    for _ in range(times):
        widget.post_message(
            kind(widget, x=5, y=3, delta_x=0, delta_y=0, button=0, shift=False, meta=False, ctrl=False)
        )
    await pilot.pause()
    await look.settled(pilot)


async def test_a_run_is_gone_through_with_the_mouse_alone(made, look):
    app, opened = look.opened(made, size=(120, 34))
    async with opened as pilot:
        await look.settled(pilot)
        await click(app, pilot, look, "run1")
        assert app.screen.focused.id == "runs" and isinstance(app.screen, HomeScreen)
        await click(app, pilot, look, "run1", times=2)
        assert isinstance(app.screen, CompareScreen)
        await click(app, pilot, look, "Advice 3?")
        listed = app.screen.query_one("#items", RowList)
        assert listed.cursor == 3
        await click(app, pilot, look, "JSD")
        await look.until(pilot, lambda: "JSD▼" in look.text(app) or "JSD▲" in look.text(app))
        await click(app, pilot, look, "▸ Advice", times=2)
        assert isinstance(app.screen, BallotsScreen)
        await click(app, pilot, look, "esc Back", last=True)
        assert isinstance(app.screen, CompareScreen)
        for side, screen in (
            ("1 Run", RunScreen),
            ("4 Communities", CommunitiesScreen),
            ("2 Compare", CompareScreen),
        ):
            await click(app, pilot, look, side)
            assert isinstance(app.screen, screen)


@pytest.mark.parametrize("width", [60, 80, 140])
async def test_each_side_is_found_where_it_is_drawn_at_every_width(made, look, width):
    app, opened = look.opened(made / "run1", size=(width, 24))
    async with opened as pilot:
        await look.until(pilot, lambda: isinstance(app.screen, CompareScreen))
        await look.settled(pilot)
        for number, name in ((4, "Communities"), (1, "Run"), (6, "Generate"), (3, "Scores"), (5, "Personas")):
            first = look.text(app).split("\n")[0]
            at = first.rindex(f"{number} {name}" if f"{number} {name}" in first else f" {number}") + 1
            await pilot.click(offset=(at, 0))
            await look.settled(pilot)
            assert name == app.screen.PLACE


async def test_the_keys_at_the_foot_can_be_clicked_also_those_bound_anew(made, look):
    app, opened = look.opened(made, size=(80, 24))
    async with opened as pilot:
        await look.settled(pilot)
        app.bind_keys({"app.help": "f9"})
        await look.settled(pilot)
        await click(app, pilot, look, "Help", last=True)
        assert isinstance(app.screen, GuideScreen)
        await pilot.press("escape")
        before = app.screen
        line = app.screen.query_one(KeyLine)
        await pilot.click(KeyLine, offset=(line.size.width - 1, 0))
        await look.settled(pilot)
        assert app.screen is before and app.is_running
        await pilot.hover(KeyLine, offset=(13, 0))
        assert "Ask the communities a question" in str(line.tooltip)
        await click(app, pilot, look, "q Quit", last=True)
    assert app.return_code is not None


async def test_tabs_are_clicked_and_the_wheel_scrolls_without_moving_the_mark(made, look):
    app, opened = look.opened(made / "run1", size=(80, 16))
    async with opened as pilot:
        await look.until(pilot, lambda: "sim  ▒" in look.text(app))
        listed = app.screen.query_one("#items", RowList)
        await turn(app, pilot, look, listed, MouseScrollDown, 3)
        assert listed.scroll_offset.y > 0 and listed.cursor == 0
        await turn(app, pilot, look, listed, MouseScrollUp, 9)
        assert listed.scroll_offset.y == 0
        detail = app.screen.query_one("#detail")
        await turn(app, pilot, look, detail, MouseScrollDown, 3)
        assert detail.scroll_offset.y > 0
        app.visit("communities", made / "run1")
        await look.settled(pilot)
        await click(app, pilot, look, "Norms ", last=True)
        assert app.screen.query_one("#tabs").active == "norms"
        await click(app, pilot, look, "cats")
        assert "▸ cats" in look.text(app)


@pytest.fixture(scope="module")
def mapped(tmp_path_factory, material, made):
    """A copy of the corpus with its graph."""
    from personas.corpus import Corpus

    folder = tmp_path_factory.mktemp("mapped") / "tea.corpus"
    shutil.copytree(made / "tea.corpus", folder)
    with Corpus.open(folder) as corpus:
        simulation = material.simulation(corpus)
        found = describe_all(corpus, simulation)
        write_beside(folder, found)
        keep_beside(corpus, simulation, found)
    return folder


async def test_the_graph_is_gone_into_and_out_of_and_nearer_with_the_mouse(mapped, look):
    app, opened = look.opened(mapped, size=(140, 45))
    async with opened as pilot:
        await look.settled(pilot)
        app.visit("graph", mapped)
        await look.settled(pilot)
        assert isinstance(app.screen, GraphScreen)
        canvas = app.screen.query_one(GraphCanvas)
        for level in (2, 3):
            x, y = canvas._at()[0]
            await pilot.click(canvas, offset=(int(x // 2), int(y // 4)))
            await pilot.click(canvas, offset=(int(x // 2), int(y // 4)), times=2)
            await look.settled(pilot)
            assert len(app.screen._path) == level
        near = canvas._at().copy()
        await turn(app, pilot, look, canvas, MouseScrollUp)
        assert abs(canvas._at() - near).max() > 1
        await click(app, pilot, look, "esc Back", last=True)
        assert len(app.screen._path) == 2
