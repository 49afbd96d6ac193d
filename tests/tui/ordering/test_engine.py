"""The engine as a child process: started, watched, stopped, gone on with, and left running."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path

from textual.widgets import Input

from simulator.journal import Journal
from tui.app import summary
from tui.cli.main import main
from tui.ordering.engine import Engine, Order, free_folder
from tui.ordering.orders import chosen_order, dry
from tui.screens.communities.overview import CommunitiesScreen
from tui.screens.run.live import RunScreen
from tui.widgets.rowlist import RowList

STUBBORN = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", file=sys.stderr, flush=True)
time.sleep(60)
"""
MAPPER = """
import json, pathlib, sys
from simulator.journal import Journal
corpus = pathlib.Path(sys.argv[1])
found = {"communities": Journal.read(corpus.parent / "run1").communities()}
(corpus / "communities.json").write_text(json.dumps(found))
"""


def proposed(app):
    """Return the name of the folder that a new run would get; a long path is cut off in its field."""
    fields = app.screen.query("#out")
    return Path(fields.first(Input).value).name if fields else ""


def test_an_order_is_a_command_line():
    given = ("--panel", "8", "--seed", "7")
    order = chosen_order("simulate", Path("tea.corpus"), out=Path("run1"), given=given)
    assert order.command()[1:] == [
        *("-m", "tui.cli.main", "simulate"),
        *("--panel", "8", "--seed", "7", "--out", "run1", "--json", "--", "tea.corpus"),
    ]


def test_an_order_for_preference_data_is_about_its_prompts_and_names_the_corpus():
    prompts = Path("p.jsonl")
    order = chosen_order(
        "generate", Path("tea.corpus"), out=Path("d"), given=("--seed", "7"), prompts=prompts
    )
    assert order.command()[3:] == [
        *("generate", "--corpus", "tea.corpus", "--seed", "7"),
        *("--out", "d", "--json", "--", "p.jsonl"),
    ]


def test_an_order_to_estimate_says_so_and_changes_nothing_else():
    order = chosen_order("bench", Path("tea.corpus"), out=Path("run1"), given=("--model", "a/b"))
    assert dry(order).given == ("--model", "a/b", "--dry-run")
    assert (dry(order).place, dry(order).out) == (order.place, order.out)


def test_an_order_about_a_place_that_is_not_there_is_refused_by_the_command(tmp_path, capsys):
    order = chosen_order("simulate", tmp_path / "nowhere", out=tmp_path / "run1", given=("--items", "3"))
    assert main(order.command()[3:]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["what"] == "no corpus is here"


def test_a_new_run_gets_a_folder_that_is_free(tmp_path):
    corpus = tmp_path / "tea.corpus"
    assert free_folder(corpus).name == "tea-run1"
    (tmp_path / "tea-run1").mkdir()
    assert free_folder(corpus).name == "tea-run2"


def test_a_process_that_does_not_end_when_asked_is_ended_by_force(tmp_path):
    engine = Engine(Order(kind="communities", place=tmp_path), [sys.executable, "-c", STUBBORN])
    while "up" not in engine.log():
        time.sleep(0.02)
    assert engine.ended() is None
    assert engine.stop(patience=0.2) == -9


def test_what_the_engine_says_can_be_read_while_it_runs_and_after(tmp_path):
    engine = Engine(
        Order(kind="communities", place=tmp_path), [sys.executable, "-c", "import sys; sys.exit('no luck')"]
    )
    while engine.ended() is None:
        time.sleep(0.02)
    assert (engine.ended(), engine.log()) == (1, "no luck\n")


async def test_a_run_is_configured_started_watched_stopped_and_gone_on_with(home, look, slow_engine):
    app, opened = look.opened(home, size=(100, 30))
    async with opened as pilot:
        await look.settled(pilot)
        await pilot.press("s")
        await look.until(pilot, lambda: proposed(app) == "tea-run1")
        await pilot.press("tab", "tab", *"30", "enter")
        await look.until(pilot, lambda: isinstance(app.screen, RunScreen))
        await look.until(pilot, lambda: "getting ready" in look.text(app) or "running" in look.text(app))
        arrivals = app.screen.query_one("#arrivals", RowList)
        await look.until(pilot, lambda: len(arrivals.rows) >= 2)
        assert "of 30" in look.text(app) and "norm judge" in look.text(app)
        assert "FICTIONAL PEOPLE AND TEXTS" in look.text(app)
        await look.until(
            pilot, lambda: "judgements/s" in look.text(app) and "reading the corpus" in look.text(app)
        )
        await pilot.press("x")
        await look.until(pilot, lambda: "■ stopped" in look.text(app))
        with Journal.read(home / "tea-run1") as journal:
            before = journal.progress()
        assert 2 <= before[0] < before[1] == 30
        await pilot.press("x")
        await look.until(pilot, lambda: "✓ done" in look.text(app) and "30 of 30" in look.text(app), 30)
        first = app.engine_of(home / "tea-run1")
        await look.until(pilot, lambda: first.ended() == 0)


async def test_leaving_the_interface_leaves_the_run_running(home, look, slow_engine):
    app, opened = look.opened(home, size=(100, 30))
    async with opened as pilot:
        await look.settled(pilot)
        await pilot.press("s")
        await look.until(pilot, lambda: proposed(app) == "tea-run1")
        await pilot.press("tab", "tab", *"30", "enter")
        await look.until(pilot, lambda: isinstance(app.screen, RunScreen))
        await look.until(pilot, lambda: len(app.screen.query_one("#arrivals", RowList).rows) >= 1)
        await pilot.press("q")
    engine = app.engine_of(home / "tea-run1")
    assert engine.ended() is None
    assert "running, and goes on" in summary(app)
    os.kill(engine.process, 0)
    deadline = time.time() + 20
    while engine.ended() is None and time.time() < deadline:
        time.sleep(0.05)
    with Journal.read(home / "tea-run1") as journal:
        assert (journal.fact("state"), journal.progress()) == ("done", (30, 30))


async def test_an_engine_that_fails_says_why(home, look, slow_engine):
    app, opened = look.opened(home, size=(100, 30))
    async with opened as pilot:
        await look.settled(pilot)
        (home / "tea.corpus" / "posts.parquet").unlink()
        await pilot.press("s")
        await look.until(pilot, lambda: proposed(app) == "tea-run1")
        await pilot.press("enter")
        await look.until(pilot, lambda: "the engine ended with code 1" in look.text(app), 40)
        # Where its line is broken depends on the length of the path, so the whole text is looked at.
        await look.until(pilot, lambda: "a table is missing" in app.screen.query_one("#log").text)


async def test_a_corpus_can_be_mapped_from_here(home, look, monkeypatch):
    monkeypatch.setattr(Order, "command", lambda order: [sys.executable, "-c", MAPPER, str(order.place)])
    app, opened = look.opened(home / "tea.corpus", size=(100, 30))
    async with opened as pilot:
        await look.until(pilot, lambda: "Press g" in look.text(app))
        await pilot.press("g")
        await look.until(pilot, lambda: "IDENTITY · shared values" in look.text(app))
        assert isinstance(app.screen, CommunitiesScreen)
        assert "Press g" not in look.text(app)
