"""Binding keys anew: what is listed, what a new key does, what it hides, and how it comes back."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.binding import Binding
from textual.widget import Widget

from personas.errors import InputError
from tui.screens.guide import GuideScreen
from tui.screens.home import HomeScreen
from tui.screens.keys import KeysScreen
from tui.shell.keys import clashes, every_key, key_problems, owners, usable_key
from tui.widgets.rowlist import RowList


@pytest.fixture
def path(tmp_path, monkeypatch):
    path = tmp_path / "interface.json"
    monkeypatch.setenv("COMMONBOND_SETTINGS", str(path))
    return path


def test_every_binding_of_every_screen_and_widget_can_be_bound_anew():
    without = [
        f"{owner.__module__}.{owner.__name__}: {binding}"
        for owner, _ in owners()
        for binding in owner.__dict__.get("BINDINGS", ())
        if not (isinstance(binding, Binding) and binding.id and "." in binding.id)
    ]
    assert not without, "\n".join(without)


def test_an_id_means_one_action():
    actions = {}
    for owner, _ in owners():
        for binding in owner.__dict__.get("BINDINGS", ()):
            actions.setdefault(getattr(binding, "id", None), set()).add(getattr(binding, "action", None))
    actions.pop(None, None)
    assert not {name: found for name, found in actions.items() if len(found) > 1}


def test_no_screen_hides_a_key_that_works_everywhere():
    entries = every_key({})
    everywhere = [entry for entry in entries if entry.room == "app"]
    assert {entry.id for entry in everywhere} >= {"app.help", "app.copy", "app.save", "app.keys", "app.quit"}
    allowed = {"reader.close", "reader.copy", "reader.save"}
    hidden = {
        f"{entry.id} by {other.id}"
        for entry in everywhere
        for other in clashes(entries, entry, entry.keys)
        if other.id not in allowed
    }
    assert not hidden


@pytest.mark.parametrize(
    ("key", "name"),
    [("?", "question_mark"), (" f5 ", "f5"), ("ctrl+o", "ctrl+o"), ("ä", "ä"), ("space", "space")],
)
def test_keys_may_be_written_by_their_character_or_name(key, name):
    assert usable_key(key) == name


@pytest.mark.parametrize("key", ["hop", "", "ctrl+", "f99", "hop+x", "ctrl+q", "ctrl+c", "ctrl+hop", "[red]"])
def test_what_is_no_key_is_refused(key):
    with pytest.raises(InputError):
        usable_key(key)


@given(st.text(max_size=12))
def test_no_text_breaks_the_check_of_a_key(text):
    with contextlib.suppress(InputError):
        assert usable_key(text)


def test_two_things_on_one_screen_clash_and_on_two_screens_do_not():
    entries = {entry.id: entry for entry in every_key({})}
    told = [other.id for other in clashes(tuple(entries.values()), entries["home.simulate"], ["b"])]
    assert told == ["home.benchmark"]
    assert not clashes(tuple(entries.values()), entries["keys.restore"], ["s"])
    assert key_problems({"home.simulate": "f9"}) == ()


async def to_line(pilot, app, name):
    await pilot.press("f2")
    while not (isinstance(app.screen, KeysScreen) and app.screen._lines):
        await pilot.pause(0.02)
    place = next(at for at, entry in enumerate(app.screen._lines) if entry is not None and entry.id == name)
    app.screen.query_one("#keys", RowList).cursor = place
    await pilot.pause()


async def test_a_key_is_bound_anew_holds_at_once_is_kept_and_is_put_back(made, look, path):
    app, opened = look.opened(made, size=(140, 45))
    async with opened as pilot:
        await look.settled(pilot)
        await to_line(pilot, app, "app.help")
        await pilot.press("enter", "f9")
        await look.until(pilot, lambda: "● Help" in look.text(app))
        await pilot.press("question_mark")
        assert isinstance(app.screen, KeysScreen)
        await pilot.press("f9")
        assert isinstance(app.screen, GuideScreen)
        await pilot.press("escape")
        assert json.loads(path.read_text()) == {"keys": {"app.help": "f9"}}
        await pilot.press("backspace")
        await look.until(pilot, lambda: "● Help" not in look.text(app))
        assert json.loads(path.read_text()) == {"keys": {}}
        await pilot.press("question_mark")
        assert isinstance(app.screen, GuideScreen)


async def test_a_key_that_is_taken_must_be_pressed_twice(made, look, path):
    app, opened = look.opened(made, size=(140, 45))
    async with opened as pilot:
        await look.settled(pilot)
        await to_line(pilot, app, "home.simulate")
        await pilot.press("enter", "b")
        await look.until(pilot, lambda: "is also: Benchmark (home)" in look.text(app))
        assert not app.own_keys
        await pilot.press("ctrl+c")
        await look.until(pilot, lambda: "cannot be bound anew" in look.text(app))
        await pilot.press("escape")
        assert isinstance(app.screen, KeysScreen) and not app.own_keys
        await pilot.press("enter", "b", "b")
        await look.until(pilot, lambda: "● Simulate" in look.text(app))
        assert "! Benchmark" in look.text(app)
        assert app.own_keys == {"home.simulate": "b"}
        await pilot.press("escape")
        assert isinstance(app.screen, HomeScreen)


async def test_every_part_of_a_screen_of_ours_that_takes_the_focus_is_explained(made, look):
    app, opened = look.opened(made)
    async with opened as pilot:
        await look.settled(pilot)
        for key in ("", "f2"):
            await pilot.press(*[key] * bool(key))
            await look.settled(pilot)
            screen = app.screen
            parts = {widget.id for widget in screen.query(Widget) if widget.focusable}
            assert parts and parts <= set(screen.GUIDES), (screen, parts)
