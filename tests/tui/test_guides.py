"""Every screen explains itself: what it shows, what to do first, and each part of it that can have the focus."""

from __future__ import annotations

from typing import ClassVar

import pytest
from textual.widget import Widget

from tui.places import PLACES
from tui.reading.shelf import find_folders, read_shelf
from tui.screens.base import InstrumentScreen
from tui.screens.compare.ballots import BallotsScreen
from tui.screens.guide import _flowing, guide_of, guide_of_widget
from tui.screens.keys import KeysScreen
from tui.screens.run.configure import ConfigureScreen
from tui.shell.keys import owners

OF_A_CORPUS = {"question", "communities", "graph"}
GIVEN = {"why": {"item": "item-0", "community": "tea", "persona": ""}}


def test_every_screen_says_what_it_shows_and_what_to_do():
    screens = [owner for owner, _ in owners() if issubclass(owner, InstrumentScreen)]
    assert len(screens) >= 10
    rooms = [screen for screen in screens if screen.apply is not InstrumentScreen.apply]
    assert not [screen.__name__ for screen in rooms if len(screen.GUIDE) < 120]


def unexplained(screen):
    """Return the parts that can have the focus and that neither they nor what holds them is told of."""
    return [
        f"{type(widget).__name__}#{widget.id}"
        for widget in screen.query(Widget)
        if widget.can_focus and not guide_of_widget(screen, widget)
    ]


@pytest.mark.parametrize("place", PLACES)
async def test_every_part_of_a_place_that_takes_the_focus_is_explained(made, look, place):
    given = dict(GIVEN.get(place, {}))
    if place == "why":
        from simulator.journal import Journal

        with Journal.read(made / "run1") as journal:
            given["persona"] = journal.ballots("item-0", "tea")[0].persona
    app, opened = look.opened(made, size=(140, 45))
    async with opened as pilot:
        await look.settled(pilot)
        before = app.screen
        app.visit(place, made / ("tea.corpus" if place in OF_A_CORPUS else "run1"), **given)
        await look.until(pilot, lambda: app.screen is not before)
        await look.settled(pilot)
        assert isinstance(app.screen, InstrumentScreen) and app.screen.GUIDES
        assert not unexplained(app.screen)


@pytest.mark.parametrize("kind", ["simulate", "bench", "generate", "keys", "ballots", "home"])
async def test_every_part_of_the_other_screens_is_explained(made, look, kind):
    app, opened = look.opened(made, size=(140, 45))
    async with opened as pilot:
        await look.settled(pilot)
        corpus = read_shelf(find_folders([made])).corpora[0]
        if kind == "ballots":
            app.push_screen(BallotsScreen(made / "run1", "item-0", "tea"))
        elif kind != "home":
            app.push_screen(KeysScreen() if kind == "keys" else ConfigureScreen(corpus, kind))
        await pilot.pause(0.1)
        await look.settled(pilot)
        assert not unexplained(app.screen)


async def test_the_nearest_explanation_around_the_focus_is_given(made, look):
    class Nested(InstrumentScreen[None]):
        GUIDE = "a screen"
        GUIDES: ClassVar = {"outer": "of the outer", "inner": "of the inner"}

        def body(self):
            from textual.containers import Vertical
            from textual.widgets import Button, Input

            with Vertical(id="outer"):
                yield Input(id="field")
                with Vertical(id="inner"):
                    yield Button("go", id="deep")

        def read(self):
            return None

        def apply(self, view):
            pass

    app, opened = look.opened(made)
    async with opened as pilot:
        await app.push_screen(Nested())
        app.screen.query_one("#field").focus()
        await pilot.pause()
        assert guide_of(app.screen) == "of the outer"
        app.screen.query_one("#deep").focus()
        await pilot.pause()
        assert guide_of(app.screen) == "of the inner\n\nEnter presses it."
        app.screen.set_focus(None)
        assert guide_of(app.screen) == ""


def test_a_guide_flows_and_keeps_its_paragraphs_and_its_lists():
    assert _flowing("one\ntwo\n\nthree\n  a  b\n  c  d\nfour") == "one two\n\nthree\n  a  b\n  c  d\nfour"
