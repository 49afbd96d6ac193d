"""A replay in the interface: begun with a key, watched as a run that goes on, steered, and gone when it is left."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len

from personas.errors import InputError
from simulator.journal import Journal
from simulator.journal.lock import is_running
from simulator.replay import Replay
from tui.reading.replays import ReplayView, pace, read_replay
from tui.screens.generate.data import GenerateScreen
from tui.screens.run.live import RunScreen
from tui.screens.run.replaying import remove_replay, start_replay
from tui.widgets.replay_bar import ReplayBar, replay_line


def view(state="playing", *, position=30.0, seconds=60.0, speed=2.0, name="run1") -> ReplayView:
    return ReplayView(
        replay=Replay(run=Path("/r"), name=name, speed=speed, position=position, seconds=seconds), state=state
    )


@pytest.fixture
async def playing(made, look):
    """An interface that shows the Generate side of a replay of the small run, slow enough to be steered."""
    app, opened = look.opened(made, size=(140, 45))
    async with opened as pilot:
        await look.settled(pilot)
        app.visit("generate", made / "run1")
        await look.until(pilot, lambda: "kept of" in look.text(app), seconds=10)
        await pilot.press("R")
        await look.until(pilot, lambda: isinstance(app.screen, RunScreen), seconds=30)
        out = app.screen.folder
        await pilot.press("6")
        await look.until(pilot, lambda: isinstance(app.screen, GenerateScreen))
        await look.until(pilot, lambda: app.screen.query_one(ReplayBar).is_there, seconds=10)
        yield app, pilot, out
    remove_replay(out)


async def test_r_plays_a_run_into_a_folder_of_its_own_and_every_side_says_so(playing, made, look):
    app, pilot, out = playing
    assert out != made / "run1" and out.name == "run1" and out.parent.name.startswith("commonbond-replay-")
    await look.until(pilot, lambda: "replay of run1 at" in look.text(app), seconds=10)
    assert "replay of run1  ▸ playing" in look.text(app)
    for key in "1245":
        await pilot.press(key)
        await look.until(
            pilot, lambda: app.screen.folder == out and "replay of run1" in look.text(app), seconds=10
        )


async def test_a_replay_is_paused_sped_up_and_sent_on_with_keys(playing, look):
    app, pilot, out = playing
    bar = app.screen.query_one(ReplayBar)
    await pilot.press("space")
    await look.until(pilot, lambda: bar.view.state == "paused", seconds=10)
    assert "‖ paused" in look.text(app)
    before = bar.view.replay
    await pilot.press("plus", "plus")
    await look.until(pilot, lambda: bar.view.replay.speed == 4 * before.speed, seconds=10)
    await pilot.press("minus")
    await look.until(pilot, lambda: bar.view.replay.speed == 2 * before.speed, seconds=10)
    await pilot.press("full_stop")
    await look.until(pilot, lambda: bar.view.replay.share > before.share + 0.03, seconds=10)
    here = bar.view.replay.share
    await pilot.press("comma")
    await look.until(pilot, lambda: bar.view.replay.share < here - 0.03, seconds=10)
    await pilot.press("space")
    await look.until(pilot, lambda: bar.view.state == "playing", seconds=10)


async def test_a_click_on_the_line_goes_there_and_at_the_end_it_can_be_played_again(playing, made, look):
    app, pilot, out = playing
    bar = app.screen.query_one(ReplayBar)
    await pilot.press("space")
    await look.until(pilot, lambda: bar.view.state == "paused", seconds=10)
    head, line, _ = replay_line(bar.view, bar.content_size.width)
    await pilot.click("#replay", offset=(cell_len(head) + len(line) // 2, 0))
    await look.until(pilot, lambda: abs(bar.view.replay.share - 0.5) < 0.03, seconds=10)
    await pilot.click("#replay", offset=(3, 0))
    await pilot.press(*["plus"] * 20)
    await look.until(pilot, lambda: bar.view.state == "over", seconds=20)
    with Journal.read(out) as journal:
        assert journal.progress() == (12, 12) and journal.fact("state") == "done"
    await pilot.press("comma")
    await look.until(pilot, lambda: bar.view.state == "over" and bar.view.replay.share == 1.0, seconds=20)


async def test_a_replay_that_is_played_once_more_is_looked_at_on_every_side(playing, look):
    app, pilot, out = playing
    bar = app.screen.query_one(ReplayBar)
    await pilot.press(*["plus"] * 20)
    await look.until(pilot, lambda: bar.view.state == "over", seconds=20)
    await look.until(pilot, lambda: "judgements read" not in look.text(app), seconds=10)
    await pilot.press("1")
    await look.until(pilot, lambda: "■ the replay has come to its end" in look.text(app), seconds=10)
    assert "R Replay" in look.text(app)
    bar = app.screen.query_one(ReplayBar)
    await look.until(pilot, lambda: bar.view is not None and bar.view.state == "over", seconds=10)
    bar.view = replace(bar.view, replay=replace(bar.view.replay, speed=1 / 256))  # to be seen before it ends
    await pilot.press("R")
    await look.until(pilot, lambda: "▸ playing a finished run again" in look.text(app), seconds=20)
    assert "p Pause" in look.text(app) and "+ Faster" in look.text(app) and "x Stop" not in look.text(app)
    await pilot.press("p")
    await look.until(pilot, lambda: "‖ paused" in look.text(app), seconds=10)


async def test_what_cannot_be_played_is_said(home, look):
    with Journal.create(home / "run1"):  # an engine that works on it
        app, opened = look.opened(home, size=(140, 45))
        async with opened as pilot:
            await look.settled(pilot)
            app.visit("generate", home / "run1")
            await look.until(pilot, lambda: "kept of" in look.text(app), seconds=10)
            await pilot.press("R")
            await look.until(pilot, lambda: "the run still goes on" in look.text(app), seconds=30)
            assert isinstance(app.screen, GenerateScreen)


async def test_a_run_that_is_no_replay_has_no_line_and_its_keys_do_nothing(made, look):
    app, opened = look.opened(made, size=(80, 24))
    async with opened as pilot:
        await look.settled(pilot)
        app.visit("generate", made / "run1")
        await look.until(pilot, lambda: "kept of" in look.text(app), seconds=10)
        bar = app.screen.query_one(ReplayBar)
        assert not bar.display and not bar.is_there
        await pilot.press("plus", "minus", "comma", "full_stop", "space")
        await look.settled(pilot)
        assert not (made / "run1" / "replay.json").exists() and not (made / "run1" / "engine.pause").exists()


def test_a_replay_that_is_removed_leaves_nothing_and_no_process(made):
    order, engine = start_replay(made / "run1")
    out = order.out
    assert is_running(out) and read_replay(out).state == "playing"
    remove_replay(out)
    assert not out.parent.exists()
    end = time.monotonic() + 5
    while engine.ended() is None and time.monotonic() < end:
        time.sleep(0.02)
    assert engine.ended() is not None


def test_only_folders_of_replays_are_ever_removed(home):
    remove_replay(home / "run1")
    assert (home / "run1" / "journal.sqlite").exists()


def test_a_folder_without_a_run_cannot_be_played_and_leaves_nothing(tmp_path):
    with pytest.raises(InputError, match="no run is here"):
        start_replay(tmp_path)


@pytest.mark.parametrize("width", [30, 60, 80, 140, 200])
@pytest.mark.parametrize("state", ["playing", "paused", "over", "ended"])
def test_the_line_fits_and_says_state_speed_and_time_in_words(width, state):
    head, bar, tail = replay_line(view(state, name="相談の実行 " * 9), width)
    line = f"{head}{bar}{tail}"
    assert cell_len(line) <= width
    if width >= 80:
        assert state in line and "2×" in line and "0:30 of 1:00" in line
        assert bar.count("█") == round(len(bar) / 2)


def test_speeds_are_written_as_one_says_them():
    assert [pace(speed) for speed in (0.5, 1.0, 500.0, math.inf)] == [
        "1/2×",
        "1×",
        "500×",
        "as fast as possible",
    ]
