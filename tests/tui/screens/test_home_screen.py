"""The first screen: what it advises, where its keys lead, the example, and engines that are lost."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.widgets import Static

from simulator.journal import Journal
from tui.app import summary
from tui.ordering.engine import Engine
from tui.ordering.example import example_order, last_words
from tui.screens.communities.overview import CommunitiesScreen
from tui.screens.compare.items import CompareScreen
from tui.screens.guide import GuideScreen
from tui.screens.home import HomeScreen
from tui.screens.run.configure import ConfigureScreen
from tui.widgets.rowlist import RowList

MATERIAL = Path(__file__).parents[1] / "material.py"


def told(app):
    return "\n".join(note.message for note in app._notifications)


@pytest.fixture
def engine(home):
    """An engine that is at work on a run beside the corpus."""
    command = [sys.executable, str(MATERIAL), "simulate", str(home / "tea.corpus"), "--items", "400"]
    started = subprocess.Popen(
        [*command, "--delay", "0.1", "--out", str(home / "going")],
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    yield started
    if started.poll() is None:
        os.killpg(started.pid, signal.SIGKILL)
    started.wait()


async def test_what_to_do_next_is_said_for_what_is_marked(made, look):
    app, opened = look.opened(made)
    async with opened as pilot:
        await look.settled(pilot)
        assert "a asks them a question of yours" in look.text(app)
        await pilot.press("tab")
        await pilot.pause()
        assert "It is done. Enter compares" in look.text(app)


@pytest.mark.parametrize("size", [(80, 24), (140, 45), (60, 16), (200, 60)])
async def test_the_first_screen_fits_and_keeps_its_keys_in_sight(made, look, size):
    app, opened = look.opened(made, size=size)
    async with opened as pilot:
        await look.settled(pilot)
        lines = look.text(app).split("\n")
        assert {cell_len(line) for line in lines} == {size[0]}
        assert "▸ Tea and cats" in look.text(app) and "▸ run1" in look.text(app)
        if size[0] >= 80:
            for key in ("⏎ Open", "a Ask", "s Simulate", "b Benchmark", "g Generate", "? Help", "q Quit"):
                assert key in lines[-1]


async def test_controls_stand_under_their_run_and_can_be_opened(home, look):
    shutil.copytree(home / "run1", home / "run1" / "controls" / "shuffled")
    app, opened = look.opened(home)
    async with opened as pilot:
        await look.settled(pilot)
        assert "└ shuffled (control)" in look.text(app) and "1 corpus · 1 run" in look.text(app)
        await pilot.press("tab", "down", "enter")
        await look.until(pilot, lambda: isinstance(app.screen, CompareScreen))
        assert app.screen.folder == home / "run1" / "controls" / "shuffled"


async def test_a_benchmark_is_listed_and_opened_on_the_choices_for_a_run(home, look):
    from bench.benchmark.manifest import BenchmarkManifest

    (home / "b").mkdir()
    BenchmarkManifest(
        name="construct", source="made", licence="CC0", title="Tea bench", fictional=True, parts={"test": 3},
        files={}, content="0" * 64,
    ).save(home / "b")  # fmt: skip
    app, opened = look.opened(home)
    async with opened as pilot:
        await look.settled(pilot)
        assert "Tea bench" in look.text(app) and "3 items" in look.text(app)
        await pilot.press("tab", "tab")
        await look.until(pilot, lambda: "A benchmark of 3 items" in look.text(app))
        await pilot.press("enter")
        await look.until(pilot, lambda: isinstance(app.screen, ConfigureScreen))


@pytest.mark.parametrize("key", ["s", "b", "g"])
async def test_a_run_of_the_marked_corpus_is_configured(made, look, key):
    app, opened = look.opened(made)
    async with opened as pilot:
        await look.settled(pilot)
        await pilot.press(key)
        await look.until(pilot, lambda: isinstance(app.screen, ConfigureScreen))


async def test_with_a_run_marked_the_keys_take_the_corpus_that_it_was_made_of(home, look):
    shutil.copytree(home / "tea.corpus", home / "a.corpus")
    with Journal.create(home / "run1") as journal:
        source = journal.fact("source")
        journal.set_facts({"source": {**source, "folder": str(home / "tea.corpus")}})
    app, opened = look.opened(home)
    async with opened as pilot:
        await look.settled(pilot)
        await pilot.press("tab", "c")
        await look.until(pilot, lambda: isinstance(app.screen, CommunitiesScreen))
        assert app.screen.folder == home / "tea.corpus"
        await pilot.press("escape", "shift+tab", "c")
        await look.until(pilot, lambda: isinstance(app.screen, CommunitiesScreen))
        assert app.screen.folder == home / "a.corpus"


async def test_an_engine_that_is_killed_is_told_of_within_two_seconds(home, look, engine):
    app, opened = look.opened(home)
    async with opened as pilot:
        await look.until(pilot, lambda: "running" in look.text(app))
        await pilot.press("tab", "home")
        await look.until(pilot, lambda: "It is being made now" in look.text(app))
        os.killpg(engine.pid, signal.SIGKILL)
        killed = time.monotonic()
        await look.until(pilot, lambda: "going was killed or lost" in told(app), seconds=5)
        assert time.monotonic() - killed < 2
        assert "unfinished" in look.text(app) and "Enter, then x, goes on" in str(
            app.screen.query_one("#next", Static).content
        )


async def test_an_empty_machine_is_offered_the_example_and_shows_it_when_it_is_made(
    tmp_path, made, look, monkeypatch
):
    plain = Engine.__init__
    command = [sys.executable, "-c", f"""if True:
        import shutil, sys
        sys.stderr.write("reading\\nembedding 10%\\rembedding 90%")
        shutil.copytree({str(made)!r}, sys.argv[1])
    """]  # fmt: skip
    monkeypatch.setattr(
        Engine, "__init__", lambda engine, order, given: plain(engine, order, [*command, str(order.place)])
    )
    app, opened = look.opened(tmp_path)
    async with opened as pilot:
        await look.settled(pilot)
        text = " ".join(look.text(app).split())
        assert "d makes the bundled example" in text and "d Example" in text and "s Simulate" not in text
        await pilot.press("d")
        await look.until(pilot, lambda: "The example is ready" in told(app))
        await look.until(pilot, lambda: isinstance(app.screen, CompareScreen))
        await pilot.press("escape")
        await look.settled(pilot)
        assert "Tea and cats" in look.text(app) and "d Example" not in look.text(app)


async def test_an_example_that_fails_says_why_and_can_be_made_again(tmp_path, look, monkeypatch):
    plain = Engine.__init__
    command = [sys.executable, "-c", "import sys; sys.exit('no room on the disk')"]
    monkeypatch.setattr(Engine, "__init__", lambda engine, order, given: plain(engine, order, [*command]))
    app, opened = look.opened(tmp_path)
    async with opened as pilot:
        await look.settled(pilot)
        await pilot.press("d")
        await look.until(pilot, lambda: "could not be made" in told(app) or "is ready" in told(app))
        await pilot.press("d")


def test_the_example_is_made_by_the_command_demo_in_a_folder_of_its_own(tmp_path):
    from tui.cli.arguments import make_parser

    order = example_order([tmp_path])
    assert order.place == tmp_path / "demo-output" and order.key == (tmp_path / "demo-output").resolve()
    asked = make_parser().parse_args(["demo", "--no-interface", "--json", "--out", str(order.place)])
    assert asked.command == "demo" and asked.no_interface and Path(asked.out) == order.place


@pytest.mark.parametrize(
    ("log", "last"),
    [("", ""), ("a\nb\n\n", "b"), ("x 1%\rx 2%\r", "x 2%"), ("\x1b[2K\x1b[1mgo\x1b[0m", "go")],
)
def test_the_last_words_of_an_engine_are_its_last_line(log, last):
    assert last_words(log) == last


async def test_leaving_says_what_to_type_to_go_on_and_to_come_back(home, look):
    with Journal.create(home / "run1") as journal:
        journal.set_facts({"state": "stopped"})
    app, opened = look.opened(home)
    async with opened as pilot:
        await look.settled(pilot)
        app.visit("compare", home / "run1")
        await look.until(pilot, lambda: isinstance(app.screen, CompareScreen))
        await pilot.press("q")
    lines = summary(app).split("\n")
    assert lines[0].startswith(f"run {home / 'run1'}: stopped, 12 of 12")
    assert lines[1:] == [
        f"to go on: commonbond resume {home / 'run1'}", f"to come back: commonbond --open {home}", ""
    ]  # fmt: skip


async def test_help_begins_with_the_part_that_has_the_focus(made, look):
    app, opened = look.opened(made, size=(100, 45))
    async with opened as pilot:
        await look.settled(pilot)
        await pilot.press("question_mark")
        assert "Corpora: places whose posts" in look.text(app)
        assert "commonbond simulates communities" in look.text(app)
        await pilot.press("escape", "tab", "question_mark")
        assert isinstance(app.screen, GuideScreen)
        text = look.text(app)
        assert "Runs: simulations, the newest first" in text and "Corpora: places" not in text
        assert "Keys everywhere" in text and "Keys of this screen" in text


async def test_the_sides_of_a_run_can_be_clicked(made, look):
    app, opened = look.opened(made / "run1", size=(100, 30))
    async with opened as pilot:
        await look.until(
            pilot, lambda: isinstance(app.screen, CompareScreen) and "4 Communities" in look.text(app)
        )
        first = look.text(app).split("\n")[0]
        await pilot.click("TopBar", offset=(first.index("4 Communities") + 3, 0))
        await look.until(pilot, lambda: isinstance(app.screen, CommunitiesScreen))
        await pilot.click("TopBar", offset=(2, 0))
        assert isinstance(app.screen, CommunitiesScreen)


@pytest.mark.parametrize("width", [60, 80, 100, 200])
async def test_the_sides_fit_beside_the_name_of_the_run_at_any_width(made, look, width):
    app, opened = look.opened(made / "run1", size=(width, 24))
    async with opened as pilot:
        await look.until(pilot, lambda: isinstance(app.screen, CompareScreen) and "run1" in look.text(app))
        first = look.text(app).split("\n")[0]
        assert "run1" in first and "6" in first and cell_len(first) == width


async def test_the_list_with_the_focus_is_kept_while_the_shelf_is_read_again(made, look):
    app, opened = look.opened(made)
    async with opened as pilot:
        await look.settled(pilot)
        await pilot.press("tab")
        await look.settled(pilot)
        await pilot.pause(1.2)
        assert isinstance(app.screen, HomeScreen)
        assert app.screen.query_one("#runs", RowList).has_focus and "It is done." in look.text(app)


async def test_the_mark_stays_on_its_run_when_a_newer_one_comes_to_stand_above_it(home, look):
    app, opened = look.opened(home)
    async with opened as pilot:
        await look.settled(pilot)
        await pilot.press("tab", "end")
        await look.settled(pilot)
        before = app.screen._marked().folder
        shutil.copytree(home / "run1", home / "newer")
        os.utime(home / "newer" / "journal.sqlite")
        rows = len(app.screen._shelf.runs)
        await look.until(pilot, lambda: len(app.screen._shelf.runs) > rows, seconds=10)
        await look.settled(pilot)
        assert app.screen._marked().folder == before
        assert app.screen._shelf.runs[0].folder != before
