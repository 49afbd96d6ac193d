"""The line of keys: it shows what can be pressed, presses what is clicked, and holds nothing that is gone."""

from __future__ import annotations

import gc
import weakref
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import Binding
from textual.screen import Screen

from tui.shell.smooth import forget_drawn
from tui.widgets.keyline import KeyLine


class KeyScreen(Screen[None]):
    BINDINGS: ClassVar = [
        Binding("a", "note('a')", "Add", tooltip="Add one", id="test.add"),
        Binding("b", "note('b')", "Brew", id="test.brew"),
        Binding("h", "note('h')", "Hidden", show=False, id="test.hidden"),
        Binding("l", "note('l')", "A longer name", id="test.longer"),
    ]
    brewing = None

    def compose(self) -> ComposeResult:
        yield KeyLine()

    def check_action(self, action, parameters):
        return self.brewing if parameters == ("b",) else True

    def action_note(self, name):
        self.app.noted.append(name)


class KeyApp(App[None]):
    BINDINGS: ClassVar = [Binding("q", "quit", "Quit", id="test.quit")]
    ENABLE_COMMAND_PALETTE = False

    def __init__(self):
        super().__init__()
        self.noted = []

    def get_default_screen(self):
        return KeyScreen()


def last_line(app):
    return "".join(part.text for part in app.screen._compositor.render_strips()[-1])


async def test_it_shows_the_keys_that_are_to_be_shown():
    app = KeyApp()
    async with app.run_test(size=(60, 5)) as pilot:
        await pilot.pause()
        assert last_line(app).rstrip() == " a Add  b Brew  l A longer name  q Quit"


async def test_the_keys_of_the_whole_interface_stay_where_there_is_little_space():
    app = KeyApp()
    async with app.run_test(size=(24, 5)) as pilot:
        await pilot.pause()
        assert last_line(app).rstrip() == " a Add  b Brew  q Quit"


async def test_a_click_presses_a_key_unless_it_does_nothing_now():
    app = KeyApp()
    async with app.run_test(size=(60, 5)) as pilot:
        await pilot.pause()
        await pilot.click(KeyLine, offset=(3, 0))
        await pilot.click(KeyLine, offset=(9, 0))
        await pilot.pause()
        assert app.noted == ["a"]
        app.screen.brewing = True
        app.screen.refresh_bindings()
        await pilot.pause()
        await pilot.click(KeyLine, offset=(9, 0))
        await pilot.pause()
        assert app.noted == ["a", "b"]


async def test_what_is_pointed_at_says_more_of_itself():
    app = KeyApp()
    async with app.run_test(size=(60, 5)) as pilot:
        await pilot.pause()
        await pilot.hover(KeyLine, offset=(2, 0))
        await pilot.pause()
        assert str(app.query_one(KeyLine).tooltip) == "Add one"
        await pilot.hover(KeyLine, offset=(50, 0))
        await pilot.pause()
        assert app.query_one(KeyLine).tooltip is None


async def test_it_is_drawn_again_only_where_other_keys_can_be_pressed():
    app, drawn = KeyApp(), []
    async with app.run_test(size=(60, 5)) as pilot:
        await pilot.pause()
        line = app.query_one(KeyLine)
        line.refresh = lambda *regions, **more: drawn.append(1) or line
        for _ in range(5):
            app.screen.refresh_bindings()
            await pilot.pause()
        assert not drawn
        app.screen.brewing = False
        app.screen.refresh_bindings()
        await pilot.pause()
        assert drawn and [key.key for key in line._keys] == ["a", "l", "q"]


async def test_a_screen_that_was_left_is_held_by_nothing():
    app = KeyApp()
    async with app.run_test(size=(60, 5)) as pilot:
        app.push_screen(KeyScreen())
        await pilot.pause()
        drawn = weakref.ref(app.screen.query_one(KeyLine)._styles_cache._cache.setdefault("mark", Mark()))
        gone = weakref.ref(app.screen.query_one(KeyLine))
        await app.pop_screen()
        await pilot.pause()
        forget_drawn()
        gc.collect()
        assert gone() is None and drawn() is None


class Mark:
    """Something that a weak reference can be had of."""
