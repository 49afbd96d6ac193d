"""The Run screen on real engines: watched, paused, stopped, killed and gone on with, whoever started them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from live_runs import START, begin, environment, judged, kinds, until
from rich.cells import cell_len
from small_corpora import make_corpus
from small_runs import forum
from stand_in import stand_in
from textual.widgets import Input

from simulator.item import Ballot
from simulator.journal import Journal
from tui.ordering.engine import Order
from tui.reading.shelf import read_shelf
from tui.screens.compare.ballots import BallotsScreen
from tui.screens.run.limits import LimitsScreen
from tui.screens.run.live import RunScreen
from tui.widgets.rowlist import RowList

HOSTILE = "[@click=app.quit]x[/] \x1b[31mred\x1b[0m \u202ertl\u202c \U0001f469\u200d\U0001f467 相談する"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    folder = tmp_path_factory.mktemp("live") / "tea.corpus"
    make_corpus(folder, forum(30), title="Tea and cats", fictional=True).close()
    return folder


@pytest.fixture
def server():
    with stand_in(latency=0.1, persona_noise=0.4) as running:
        yield running


@pytest.fixture
def engine(corpus, tmp_path, server):
    """A run that somebody else began, under way."""
    process = begin(corpus, tmp_path / "run", server.api_base, "--panel", 4, "--at-once", 6)
    until(lambda: judged(tmp_path / "run") >= 1)
    yield process
    process.kill()
    process.wait()


@pytest.fixture
def orders(corpus, monkeypatch):
    """Have orders carried out by the real command line, with texts compared by their words."""
    plain = Order.command
    monkeypatch.setattr(Order, "command", lambda order: [sys.executable, "-c", START, *plain(order)[3:]])
    for name, value in environment(corpus.parent / "cache").items():
        monkeypatch.setenv(name, value)


def ended(app):
    for engine in app.engines.values():
        engine.stop()


async def test_a_run_begun_elsewhere_is_watched_paused_let_go_on_and_stopped(engine, tmp_path, look, server):
    run = tmp_path / "run"
    app, opened = look.opened(run, size=(100, 30))
    async with opened as pilot:
        await look.until(pilot, lambda: isinstance(app.screen, RunScreen))
        await look.until(pilot, lambda: "▸ running" in look.text(app))
        text = look.text(app)
        assert "FICTIONAL PEOPLE AND TEXTS" in text and "language-model personas" in text
        assert "ballots/s" in text and "requests at once" in text and f"process {engine.pid}" in text
        assert "p Pause" in text and "x Stop" in text and "R Replay" not in text
        await pilot.press("p")
        await look.until(pilot, lambda: "‖ paused: nothing is in flight" in look.text(app))
        assert kinds(run) == ["start", "paused"]
        before = server.count()["requests"]
        time.sleep(0.3)
        assert server.count()["requests"] == before
        await pilot.press("space")
        await look.until(pilot, lambda: "▸ running" in look.text(app))
        await pilot.press("x")
        await look.until(pilot, lambda: "■ stopped · x goes on" in look.text(app))
        assert engine.wait(10) == 1
        assert kinds(run)[-1] == "stopped"


async def test_a_killed_engine_is_told_of_within_two_seconds_and_x_goes_on_with_it(
    engine, tmp_path, look, orders
):
    run = tmp_path / "run"
    app, opened = look.opened(run, size=(100, 30))
    async with opened as pilot:
        await look.until(pilot, lambda: "▸ running" in look.text(app))
        os.kill(engine.pid, signal.SIGKILL)
        await look.until(pilot, lambda: "its engine was killed · x goes on" in look.text(app), seconds=2)
        kept = judged(run)
        await pilot.press("x")
        await look.until(pilot, lambda: "▸ running" in look.text(app))
        resumed = app.engine_of(run)
        assert resumed.order.kind == "resume"
        os.kill(resumed.process, signal.SIGKILL)
        await look.until(
            pilot, lambda: "the engine was killed (SIGKILL) · x goes on" in look.text(app), seconds=2
        )
        assert read_shelf([run]).runs[0].state == "unfinished"
        await pilot.press("x")
        await look.until(pilot, lambda: judged(run) > kept)
        await pilot.press("x")
        await look.until(pilot, lambda: "■ stopped" in look.text(app))
    ended(app)


async def test_x_again_ends_an_engine_at_once_whose_calls_take_long(corpus, tmp_path, look):
    run = tmp_path / "run"
    with stand_in(latency=30) as slow:
        process = begin(corpus, run, slow.api_base, "--panel", 4)
        until(lambda: slow.count()["requests"] > 0)
        app, opened = look.opened(run, size=(80, 24))
        async with opened as pilot:
            await look.until(pilot, lambda: "▸ running" in look.text(app))
            await pilot.press("p")
            await look.until(pilot, lambda: "‖ pausing: what is under way lands first" in look.text(app))
            await pilot.press("x")
            await look.until(pilot, lambda: "■ stopping" in look.text(app))
            time.sleep(0.3)
            assert process.poll() is None
            await pilot.press("x")
            await look.until(pilot, lambda: "✗ unfinished" in look.text(app))
        assert process.wait(10) == -signal.SIGKILL


async def test_a_run_that_stopped_at_a_limit_is_asked_for_a_higher_one(
    corpus, tmp_path, look, server, orders
):
    run = tmp_path / "run"
    process = begin(corpus, run, server.api_base, "--panel", 3, "--items", 2, "--max-calls", 8)
    assert process.wait(60) == 1
    app, opened = look.opened(run, size=(80, 24))
    async with opened as pilot:
        await look.until(pilot, lambda: "■ stopped at a limit · x raises it" in look.text(app))
        await pilot.press("x")
        await look.until(pilot, lambda: isinstance(app.screen, LimitsScreen))
        field = app.screen.query_one("#calls", Input)
        assert field.value == "16"
        field.value = "8"
        await pilot.press("enter")
        await look.until(pilot, lambda: "requests: it must be more than 8" in look.text(app))
        await pilot.press("escape")
        assert isinstance(app.screen, RunScreen)
        await pilot.press("x")
        await look.until(pilot, lambda: isinstance(app.screen, LimitsScreen))
        app.screen.query_one("#calls", Input).value = "5000"
        await pilot.press("enter")
        await look.until(pilot, lambda: "✓ done" in look.text(app))
        assert app.engine_of(run).order.given == ("--max-calls", "5000")
    ended(app)


async def test_a_run_made_in_python_says_why_it_cannot_be_gone_on_with_here(home, look):
    with Journal.create(home / "run1") as journal:
        journal.set_facts({"state": "stopped", "stopped": "stopped"})
    app, opened = look.opened(home / "run1", size=(80, 24))
    async with opened as pilot:
        await look.until(pilot, lambda: "■ stopped · x goes on" in look.text(app))
        await pilot.press("p")
        await look.until(pilot, lambda: "No engine is at work on this run" in look.text(app))
        await pilot.press("x")
        await look.until(pilot, lambda: "begun from Python" in look.text(app))
        assert not app.engines


WATCHER = """
import sys, time
from pathlib import Path
from tui.ordering.engine import Engine, Order
command = sys.argv[2:]
engine = Engine(Order(kind="simulate", place=Path(sys.argv[1])), command)
print(engine.process, flush=True)
time.sleep(60)
"""


async def test_a_run_outlives_the_interface_that_started_it_and_is_found_again(
    corpus, tmp_path, look, server
):
    run = tmp_path / "run"
    server.change(latency=1.0)  # so that it still goes on once the interface has opened
    given = (
        "simulate",
        corpus,
        "--out",
        run,
        "--model",
        "hosted_vllm/stand-in",
        "--api-base",
        server.api_base,
    )
    command = [sys.executable, "-c", START, *map(str, (*given, "--panel", 4, "--items", 8))]
    interface = subprocess.Popen(
        [sys.executable, "-c", WATCHER, str(corpus), *command],
        env=environment(corpus.parent / "cache"),
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    number = int(interface.stdout.readline())
    until(lambda: judged(run) >= 1)
    os.killpg(interface.pid, signal.SIGHUP)
    os.killpg(interface.pid, signal.SIGKILL)
    interface.wait()
    interface.stdout.close()
    app, opened = look.opened(run, size=(80, 24))
    async with opened as pilot:
        await look.until(pilot, lambda: "▸ running" in look.text(app))
        assert f"process {number}" in str(app.screen.query_one("#log").text)
        await look.until(pilot, lambda: "✓ done" in look.text(app))
    assert kinds(run) == ["start", "done"]


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (140, 45), (200, 60)])
async def test_every_line_is_as_wide_as_the_terminal_also_with_hostile_text(home, look, size):
    with Journal.create(home / "run1") as journal:
        item = journal.item("item-0")
        cast = Ballot(persona="tea#9", choice=0, shares=(1.0, 0.0), order=(0, 1), reason=HOSTILE)
        journal.set_facts({"warnings": [HOSTILE]})
        journal.add_result(item, "tea", [cast], [], {"errors": [{"step": "judge", "problem": HOSTILE}]})
    app, opened = look.opened(home, size=size)
    async with opened as pilot:
        await look.settled(pilot)
        app.visit("run", home / "run1")
        await look.until(pilot, lambda: "✓ done" in look.text(app))
        await look.until(pilot, lambda: "A  " in look.text(app))
        assert {cell_len(line) for line in look.text(app).split("\n")} == {size[0]}
        assert (
            app.screen.query_one("#arrivals", RowList)
            .rows[0][-1]
            .startswith("[@click=app.quit]x[/] ␛[31mred")
        )
        assert len(app.screen.query_one("#arrivals", RowList).rows) >= 12
        assert app.is_running


async def test_enter_opens_the_ballots_and_who_looks_at_one_stays_there_when_others_come(home, look):
    app, opened = look.opened(home, size=(100, 30))
    async with opened as pilot:
        await look.settled(pilot)
        with Journal.create(home / "run1") as journal:
            journal.set_facts({"state": "running"})
            app.visit("run", home / "run1")
            await look.until(pilot, lambda: "▸ running" in look.text(app))
            rows = app.screen.query_one("#arrivals", RowList)
            await pilot.press("down", "down")
            marked = rows.rows[rows.cursor]
            item = journal.item("item-0")
            cast = Ballot(persona="tea#9", choice=1, shares=(0.0, 1.0), order=(0, 1), reason="late")
            journal.add_result(item, "tea", [cast], [], {"rounds": 0, "errors": []})
            await look.until(pilot, lambda: rows.rows[0][-1] == "late")
            assert rows.rows[rows.cursor] == marked
            await pilot.press("home", "enter")
            assert isinstance(app.screen, BallotsScreen)


async def test_a_finished_run_is_looked_at_until_all_is_counted_and_then_no_more(home, look):
    app, opened = look.opened(home, size=(80, 24))
    async with opened as pilot:
        await look.settled(pilot)
        app.visit("run", home / "run1")
        await look.until(pilot, lambda: "✓ done" in look.text(app))
        await pilot.pause(0.6)
        looked = app.screen._look
        keys = look.text(app).split("\n")[-1]
        assert "R Replay" in keys and "Pause" not in keys and "Stop" not in keys and "failed" not in keys
        await pilot.pause(0.6)
        assert app.screen._look is looked
        await pilot.press("p")
        await look.until(pilot, lambda: "No engine is at work" in look.text(app))
        await pilot.press("x")
        await look.until(pilot, lambda: "The run is done." in look.text(app))
