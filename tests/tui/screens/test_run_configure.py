"""Putting a run together: fields that are checked as they are typed, what it would take, and its start."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from rich.cells import cell_len
from textual.widgets import Button, Input

from bench.benchmark import BenchmarkWriter, KnownCommunity
from tui.ordering.engine import Order
from tui.reading.shelf import CorpusEntry, read_shelf
from tui.screens.guide import GuideScreen
from tui.screens.run.configure import ConfigureScreen
from tui.screens.run.live import RunScreen
from tui.screens.run.taking import Taking
from tui.widgets.community_pick import CommunityPick
from tui.widgets.fields import Fields, Pick
from tui.widgets.fold import Fold

COMMAND = """
import sys
sys.path[:0] = [{tests!r}]
import material
import tui.cli.parts as parts
from tui.cli.main import main
parts.embedder_named = lambda *names, **more: material.Words()
sys.exit(main(sys.argv[1:]))
"""
NOBODY = "http://127.0.0.1:9/v1"
"""An address at which no server is."""


@pytest.fixture
def engine(monkeypatch):
    """Have orders carried out by the real command, which compares texts by their words."""
    code = COMMAND.format(tests=str(Path(__file__).parents[1]))
    plain = Order.command
    monkeypatch.setattr(
        Order,
        "command",
        lambda order: [sys.executable, "-c", code, *plain(order)[3:]],
    )


@pytest.fixture
def prompts(home):
    path = home / "prompts.jsonl"
    lines = [{"prompt": f"Advice {number}?", "candidates": ["Boil it.", "Box it."]} for number in range(3)]
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return path


async def _open(look, pilot, home, kind="simulate", place="tea.corpus"):
    """Open the screen, and wait until it has counted."""
    app = pilot.app
    await look.settled(pilot)
    entry = next(iter(read_shelf([home / place]).corpora), None)
    app.push_screen(ConfigureScreen(entry or CorpusEntry(folder=home / place, title="made"), kind))
    wanted = "Name a file of prompts" if kind == "generate" else "held-out item"
    await look.until(pilot, lambda: wanted in app.screen.query_one(Taking).text, seconds=20)
    return app.screen


def _set(screen, **values):
    fields = {field.choice.name: field for fields in screen.query(Fields) for field in fields}
    for name, value in values.items():
        fields[name].value = value


async def test_offline_it_says_that_nothing_is_paid_and_how_much_is_judged(made, look):
    app, opened = look.opened(made)
    async with opened as pilot:
        screen = await _open(look, pilot, made)
        text = look.text(app)
        assert "No model is called and nothing is paid" in text and "New run" in text
        assert "8 held-out items: about 8 judgements, 256 ballots" in text
        _set(screen, items="3")
        await look.until(
            pilot, lambda: "3 held-out items: about 3 judgements, 96 ballots" in look.text(app), 20
        )


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (140, 45), (200, 60)])
async def test_it_fits_and_its_button_is_in_sight(made, look, size):
    app, opened = look.opened(made, size=size)
    async with opened as pilot:
        await _open(look, pilot, made, "generate")
        lines = look.text(app).split("\n")
        assert {cell_len(line) for line in lines} == {size[0]}
        assert any("Start" in line for line in lines[:-1]) and "FICTIONAL" in lines[1]


async def test_what_is_wrong_is_said_behind_the_field_as_it_is_typed(made, look):
    app, opened = look.opened(made, size=(100, 30))
    async with opened as pilot:
        screen = await _open(look, pilot, made)
        await pilot.press("x")
        line = next(line for line in look.text(app).split("\n") if line.startswith(" Panel "))
        assert "✗ it must be a whole number" in line
        _set(screen, panel="8")
        await pilot.pause()
        assert "personas in each community's panel" in look.text(app)


async def test_a_wrong_choice_that_is_folded_away_is_opened_and_nothing_starts(made, look):
    app, opened = look.opened(made, size=(100, 30))
    async with opened as pilot:
        screen = await _open(look, pilot, made)
        _set(screen, share="1")
        await pilot.press("ctrl+s")
        await look.until(pilot, lambda: app.focused is screen.query_one("#share"))
        assert not screen.query_one("#fold-held-out", Fold).collapsed
        assert "held out is 1; it must be more than 0 and less than 1" in look.text(app)
        assert not app.engines


async def test_a_folder_that_holds_other_things_is_said_behind_it(home, look):
    app, opened = look.opened(home, size=(140, 30))
    async with opened as pilot:
        screen = await _open(look, pilot, home)
        _set(screen, out=str(home))
        await look.until(pilot, lambda: "✗ it holds other files, and no run" in look.text(app))
        await pilot.press("enter")
        await look.settled(pilot)
        assert app.screen is screen and not app.engines
        _set(screen, out=str(home / "run1"))
        await look.until(pilot, lambda: "it holds other files" not in look.text(app))


async def test_a_model_is_estimated_before_its_run_can_be_started(home, look, engine):
    app, opened = look.opened(home, size=(150, 45))
    async with opened as pilot:
        screen = await _open(look, pilot, home)
        _set(screen, model="hosted_vllm/x")
        await pilot.press("ctrl+s")
        await look.until(pilot, lambda: "a server of your own needs its address" in look.text(app))
        _set(screen, api_base=NOBODY, price="1/2", max_cost="0.0001", panel="4")
        await pilot.press("ctrl+s")
        await look.until(pilot, lambda: "tokens in" in look.text(app), 40)
        text = look.text(app)
        assert "✗ goes over the limit of $0.0001" in text and not app.engines
        start = screen.query_one("#start", Button)
        await look.until(pilot, lambda: str(start.label).startswith("Start: up to $"))
        _set(screen, panel="5")
        await look.until(pilot, lambda: "The choices have changed since" in look.text(app))
        await look.until(pilot, lambda: "after the estimate" in str(start.label))
        _set(screen, panel="4")
        await look.until(pilot, lambda: "tokens in" in look.text(app))
        _set(screen, max_cost="")
        await look.until(pilot, lambda: "goes over the limit" not in look.text(app))
        await pilot.press("ctrl+s")
        await look.until(pilot, lambda: isinstance(app.screen, RunScreen))
        begun = app.engine_of(home / "tea-run1")
        begun.stop()
        assert "--model" in begun.order.given and "--dry-run" not in begun.order.given


async def test_what_the_command_refuses_is_told_where_the_estimate_would_stand(home, look, engine):
    app, opened = look.opened(home, size=(150, 45))
    async with opened as pilot:
        screen = await _open(look, pilot, home)
        (home / "tea.corpus" / "posts.parquet").unlink()
        _set(screen, model="openai/x")
        await pilot.press("f5")
        told = screen.query_one(Taking)
        await look.until(pilot, lambda: "✗ " in told.text and "a table is missing" in told.text, 40)
        assert "posts.parquet" in " ".join(told.text.split())
        assert not app.engines


async def test_fields_of_a_model_are_asked_for_only_where_there_is_one(made, look):
    app, opened = look.opened(made, size=(150, 45))
    async with opened as pilot:
        screen = await _open(look, pilot, made)
        assert "Cost at most" not in look.text(app)
        _set(screen, model="openai/x", max_cost="nonsense")
        await look.until(pilot, lambda: "Cost at most" in look.text(app))
        assert "OPENAI_API_KEY" in look.text(app)
        _set(screen, model="")
        await look.until(pilot, lambda: "Cost at most" not in look.text(app))
        assert screen._order() is not None
        assert not {"--model", "--max-cost"} & set(screen._order().given)


async def test_choices_are_remembered_for_the_corpus_and_the_kind(made, look):
    app, opened = look.opened(made, size=(150, 45))
    async with opened as pilot:
        screen = await _open(look, pilot, made)
        _set(screen, panel="9", rounds="1")
        await pilot.press("escape")
        again = await _open(look, pilot, made)
        assert again.query_one("#panel", Input).value == "9"
        assert "Discussion, texts and norms: rounds 1" in look.text(app)
        await pilot.press("escape")
        other = await _open(look, pilot, made, "bench")
        assert other.query_one("#panel", Input).value == "32"


async def test_a_benchmark_is_asked_for_its_part_and_not_for_a_split(home, look, material):

    with BenchmarkWriter(home / "made", name="made", source="made", licence="CC0") as writer:
        for item, part in zip(material.make_items(4), ("train", "validation", "test", "test"), strict=True):
            writer.add(part, item)
        for name in ("tea", "cats"):
            writer.add_community(KnownCommunity(community=name))
        writer.finish()
    app, opened = look.opened(home, size=(150, 45))
    async with opened as pilot:
        screen = await _open(look, pilot, home, "bench", place="made")
        held = screen.query_one("#section-held-out", Fields)
        assert [field.choice.name for field in held if field.display] == ["part"]
        assert not screen.query_one("#fold-who").display
        screen.query_one("#fold-held-out", Fold).collapsed = False
        await pilot.pause()
        screen.query_one("#part", Pick).value = "validation"
        await pilot.pause()
        assert screen._order().given[-2:] == ("--part", "validation")
        await look.until(pilot, lambda: "1 held-out item: about 1 judgement" in look.text(app), 20)


async def test_preference_data_is_made_of_prompts_for_chosen_communities(home, look, engine, prompts):
    app, opened = look.opened(home, size=(150, 45))
    async with opened as pilot:
        screen = await _open(look, pilot, home, "generate")
        await pilot.press("ctrl+s")
        await look.until(pilot, lambda: "prompts; it is needed" in look.text(app))
        _set(screen, prompt_file=str(home / "none"))
        await look.until(pilot, lambda: "✗ no such file" in look.text(app))
        _set(screen, prompt_file=str(prompts), panel="4", candidates="2")
        _set(screen, ties="soft")
        await look.until(pilot, lambda: "3 prompts: about 6 judgements" in look.text(app), 20)
        screen.query_one("#choosing").focus()
        await pilot.press("space")
        await look.until(pilot, lambda: "3 prompts: about 3 judgements, 12 ballots" in look.text(app))
        assert screen.query_one(CommunityPick).chosen == ("cats",)
        await pilot.press("ctrl+s")
        await look.until(pilot, lambda: isinstance(app.screen, RunScreen))
        engine = app.engine_of(home / "tea-data1")
        assert app.screen.folder == home / "tea-data1" / "run"
        assert app.engine_of(home / "tea-data1" / "run") is engine
        await look.until(pilot, lambda: engine.ended() is not None, 40)
        assert engine.ended() == 0, engine.log()
        assert engine.answer()["command"] == "generate"


async def test_every_part_that_takes_the_focus_is_explained(made, look):
    app, opened = look.opened(made, size=(150, 45))
    async with opened as pilot:
        screen = await _open(look, pilot, made, "generate")
        for fold in screen.query(Fold):
            fold.collapsed = False
        await pilot.pause()
        for widget in screen.focus_chain:
            assert any(node.id in screen.GUIDES for node in widget.ancestors_with_self), widget
        await pilot.press("f1")
        assert isinstance(app.screen, GuideScreen)


async def test_leaving_while_it_is_estimated_ends_the_process(home, look, engine, monkeypatch):
    app, opened = look.opened(home, size=(150, 45))
    async with opened as pilot:
        screen = await _open(look, pilot, home)
        monkeypatch.setattr(
            Order, "command", lambda order: [sys.executable, "-c", "import time; time.sleep(60)"]
        )
        _set(screen, model="openai/x")
        await pilot.press("f5")
        await look.until(pilot, lambda: "asking the engine" in look.text(app))
        workers = [worker for worker in app.workers if worker.group == "estimate"]
        assert len(workers) == 1 and isinstance(workers[0].node, Taking)
        await pilot.press("escape")
        await look.until(pilot, lambda: not any(worker.group == "estimate" for worker in app.workers), 5)
