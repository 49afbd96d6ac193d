"""The themes: every text of high contrast is 7 to 1, on every screen, and the choice is kept."""

from __future__ import annotations

import json

import pytest
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from tui.app import Interface
from tui.screens.compare.items import CompareScreen
from tui.screens.home import HomeScreen
from tui.shell.themes import AAA, CONTRAST, THEMES, HighContrast, contrast

TEXTS = ("primary", "secondary", "accent", "warning", "error", "success", "foreground")
GROUNDS = ("background", "surface", "panel")


def test_the_contrast_of_two_colours_is_that_of_the_guidelines():
    assert contrast(Color.parse("#777777"), Color.parse("#ffffff")) == pytest.approx(4.48, abs=0.005)
    assert contrast(Color.parse("#ffffff"), Color.parse("#777777")) == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_every_colour_of_a_theme_can_be_read_on_every_ground(theme):
    least = AAA if theme.name in CONTRAST else 3.0
    inks = [getattr(theme, name) for name in TEXTS] + list(theme.variables.values())
    for ink in inks:
        for ground in GROUNDS:
            assert contrast(Color.parse(ink), Color.parse(getattr(theme, ground))) >= least, (ink, ground)
    text, ground = Color.parse(theme.foreground), Color.parse(theme.background)
    assert contrast(text, ground) >= AAA


def unreadable(app, within=None):
    found = []
    region = within or app.screen.region
    strips = app.screen._compositor.render_strips()[region.y : region.bottom]
    for strip in strips:
        for segment in strip.crop(region.x, region.right):
            style = segment.style
            if (
                not any(map(str.isalnum, segment.text))
                or style is None
                or style.color is None
                or style.bgcolor is None
            ):
                continue
            assert not style.dim
            ink, ground = Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor)
            if contrast(ink, ground) < AAA - 0.05:
                found.append((segment.text, str(style)))
    return found


@pytest.mark.parametrize("name", sorted(CONTRAST))
async def test_every_text_on_the_screen_is_seven_to_one_in_a_theme_of_high_contrast(made, look, name):
    app, opened = look.opened(made, size=(140, 45))
    async with opened as pilot:
        await look.settled(pilot)
        app.theme = name
        await pilot.pause(0.1)
        assert isinstance(app.screen, HomeScreen) and not unreadable(app)
        app.visit("compare", made / "run1")
        await look.until(
            pilot, lambda: isinstance(app.screen, CompareScreen) and "▸ Advice 0?" in look.text(app)
        )
        assert not unreadable(app)
        await pilot.press("question_mark")
        await look.settled(pilot)
        assert not unreadable(app, app.screen.query_one("#frame").region)


def test_of_reversed_text_what_is_seen_behind_it_stays_and_the_text_moves_away_from_it():
    style = Style(color="#777777", bgcolor="#808080", reverse=True)
    (drawn,) = HighContrast().apply([Segment("tea", style)], Color.parse("#000000"))
    seen, behind = Color.from_rich_color(drawn.style.bgcolor), Color.from_rich_color(drawn.style.color)
    assert behind == Color.parse("#777777")
    assert drawn.style.reverse and contrast(seen, behind) > contrast(Color.parse("#808080"), behind)


async def test_the_check_of_contrast_can_fail(made, look):
    app, opened = look.opened(made)
    async with opened as pilot:
        await look.settled(pilot)
        assert unreadable(app)


async def test_the_next_theme_is_kept_for_the_next_time(made, look, monkeypatch, tmp_path):
    path = tmp_path / "deep" / "interface.json"
    monkeypatch.setenv("COMMONBOND_SETTINGS", str(path))
    app, opened = look.opened(made)
    async with opened as pilot:
        await look.settled(pilot)
        await pilot.press("f3")
        await look.until(pilot, path.exists)
        assert app.theme == "commonbond-light" and "theme: commonbond, light" in look.text(app)
    assert json.loads(path.read_text()) == {"theme": "commonbond-light"}
    assert Interface([made]).theme == "commonbond-light"


@pytest.mark.parametrize("theme", ["gruvbox", "textual-light", "ansi-dark"])
async def test_a_theme_that_is_not_ours_has_our_two_colours_too(made, look, theme):
    app, opened = look.opened(made)
    async with opened as pilot:
        await look.settled(pilot)
        app.theme = theme if theme in app.available_themes else "textual-ansi"
        await pilot.pause()
        assert "Tea and cats" in look.text(app)
        assert app.theme_variables["real"]


async def test_without_colour_all_is_grey_and_the_mark_is_still_there(made, look, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    app, opened = look.opened(made)
    async with opened as pilot:
        await look.settled(pilot)
        colours = {
            colour.get_truecolor()
            for strip in app.screen._compositor.render_strips()
            for segment in strip
            for colour in (segment.style and segment.style.color, segment.style and segment.style.bgcolor)
            if colour is not None and not colour.is_default
        }
        assert colours and all(max(colour) - min(colour) <= 2 for colour in colours)
        assert "▸ Tea and cats" in look.text(app)
