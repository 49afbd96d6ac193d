"""The user's own settings: read forgivingly, told of where wrong, written without losing anything."""

from __future__ import annotations

import errno
import json

import pytest
from textual.widgets._toast import Toast

from personas.errors import InputError
from tui.app import Interface
from tui.screens.guide import GuideScreen
from tui.shell.own_settings import OwnSettings, keep_settings, read_settings, settings_file


@pytest.fixture
def path(tmp_path, monkeypatch):
    path = tmp_path / "interface.json"
    monkeypatch.setenv("COMMONBOND_SETTINGS", str(path))
    return path


def told(app):
    return "\n".join(note.message for note in app._notifications)


def test_no_file_is_no_problem(path):
    assert read_settings(path) == OwnSettings()


def test_the_file_is_where_the_variable_says_or_in_the_users_configuration(path, monkeypatch, tmp_path):
    assert settings_file() == path
    monkeypatch.delenv("COMMONBOND_SETTINGS")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "own"))
    assert settings_file() == tmp_path / "own" / "commonbond" / "interface.json"


def test_what_can_be_used_is_used_and_the_rest_is_named(path):
    path.write_text(
        json.dumps({"theme": 3, "keys": {"app.help": "f1", "app.quit": 7, "app.copy": " "}, "font": "x"})
    )
    own = read_settings(path)
    assert own.theme == "" and own.keys == {"app.help": "f1"}
    assert len(own.problems) == 4
    for word in ("theme is 3", "app.quit is 7", "app.copy is ' '", "'font' is no setting"):
        assert any(word in problem for problem in own.problems), word


@pytest.mark.parametrize("text", ["{", "[1]", "\x00", "[" * 100_000, '{"keys": [1]}'])
def test_a_damaged_file_is_told_of(path, text):
    path.write_text(text)
    assert len(read_settings(path).problems) == 1


def test_writing_keeps_what_else_the_file_says_and_refuses_to_lose_a_damaged_one(path):
    path.write_text(json.dumps({"later": 1, "theme": "gruvbox"}))
    keep_settings(path, keys={"b": "f2", "a": "f1"})
    assert json.loads(path.read_text()) == {"later": 1, "theme": "gruvbox", "keys": {"a": "f1", "b": "f2"}}
    assert list(path.parent.iterdir()) == [path]
    path.write_text("{")
    with pytest.raises(InputError, match="mend the file"):
        keep_settings(path, theme="gruvbox")
    assert path.read_text() == "{"


def test_a_choice_that_cannot_be_written_says_why(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be kept"):
        keep_settings(tmp_path / "file" / "interface.json", theme="gruvbox")


def test_a_choice_for_which_there_is_no_room_on_the_disk_leaves_the_old_file_and_nothing_else(
    path, monkeypatch
):
    keep_settings(path, theme="gruvbox")

    def full(self, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(type(path), "replace", full)
    with pytest.raises(InputError, match="No space left"):
        keep_settings(path, theme="nord")
    assert read_settings(path).theme == "gruvbox" and list(path.parent.iterdir()) == [path]


async def test_what_is_wrong_with_the_settings_is_told_at_the_start(path, made, look):
    path.write_text(
        json.dumps({"theme": "no-such", "keys": {"no.action": "f9", "app.copy": "hop", "app.help": "f1"}})
    )
    app, opened = look.opened(made, size=(140, 45))
    async with opened as pilot:
        seen: set[str] = set()

        def is_told() -> bool:
            seen.add(told(app))  # what was told early may have gone again
            return all(
                any(each in text for text in seen)
                for each in ("'no-such'", "no.action is no action", "'hop'")
            )

        await look.until(pilot, is_told)
        assert app.screen.query(Toast)
        await pilot.press("f1")
        assert isinstance(app.screen, GuideScreen)
        assert app.theme == "commonbond"


async def test_a_key_of_ones_own_that_hides_another_is_told_at_the_start(path, made, look):
    path.write_text(json.dumps({"keys": {"home.simulate": "b"}}))
    app, opened = look.opened(made, size=(140, 45))
    async with opened as pilot:
        await look.until(pilot, lambda: "b is both home.simulate and home.benchmark" in told(app))


def test_opening_the_interface_writes_no_settings(path, made):
    Interface([made])
    assert not path.exists()
