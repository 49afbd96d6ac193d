"""What strangers wrote is plain text on every screen: it is no markup, runs no action and steers no terminal."""

from __future__ import annotations

import base64
import csv
import io
import json
import os
import unicodedata
from pathlib import Path
from types import SimpleNamespace
from xml.etree import ElementTree

import pytest
from everywhere import WALKS, Folders, walked
from hostile_world import ACTS, corpus_in, hostile_home, model_run_in
from rich.cells import cell_len
from textual.command import CommandList, CommandPalette

from simulator.item import Ballot, Item, Option, RealVotes
from simulator.journal import Journal
from tui.app import summary
from tui.cli.arguments import make_parser
from tui.ordering.choices import named
from tui.ordering.engine import Order, free_folder
from tui.places import PLACES
from tui.screens.compare.items import CompareScreen
from tui.screens.reader import ReaderScreen
from tui.screens.saving import SavingScreen
from tui.shell.copying import file_name, what_to_copy
from tui.shell.pictures import taken
from tui.shell.saved import csv_of
from tui.widgets.rowlist import RowList

LINK = "[@click=app.quit]x[/]"
ESCAPE = "\x1b]0;owned\x07\x1b[31m\x9b2J\u202e\ud800"
BAD = f"{LINK}{ESCAPE}"
SHOWN = LINK + "␛]0;owned␇␛[31m\ufffd2J\ufffd"


@pytest.fixture
def hostile(tmp_path):
    """A run in which every text that can be a stranger's is hostile."""
    folder = tmp_path / "run"
    bad = BAD.replace("\ud800", "")  # SQLite takes no lone surrogate
    item = Item(
        item=bad,
        query=bad,
        options=(Option(text=bad), Option(text="y" * 1_000_000)),
        votes={bad: RealVotes(shares=(0.5, 0.5), voters=None)},
    )
    norm = {
        "post": bad,
        "title": bad,
        "text": bad,
        "author": bad,
        "endorsement": 0.5,
        "support": 3,
        "basis": bad,
    }
    cohesion = dict.fromkeys(
        ("bond", "identity", "entropy", "entropy_null", "entropy_null_sd", "reciprocity", "reciprocity_null",
         "reciprocity_null_sd", "inside_share", "inside_share_null", "inside_share_null_sd"), 0.5
    )  # fmt: skip
    sentence = {"facet": bad, "text": bad, "posts": [bad]}
    about = {
        "title": bad, "members": 2, "norms": 1, "cohesion": {**cohesion, "notes": [bad]},
        "profile": {"identity": [sentence], "bond": [sentence]}, "mirror": {bad: [0.5, 0.5]}, "notices": [bad],
        "strongest": [norm], "contested": [norm],
    }  # fmt: skip
    row = {
        "predictor": bad,
        "role": bad,
        "mean": 0.5,
        "low": 0.4,
        "high": 0.6,
        "n": 1,
        "by": bad,
        "note": bad,
    }
    with Journal.create(folder) as journal:
        journal.set_facts(
            {
                "state": "done", "predictor": bad, "embedder": bad, "warnings": [bad], "settings": {"panel": bad},
                "source": {"title": bad, "source": bad, "licence": bad, "folder": str(tmp_path), "fictional": True},
                "scores": {"notes": [bad], "tasks": [
                    {"task": bad, "metric": bad, "better": "higher", "note": bad, "rows": [row]}]},
            }
        )  # fmt: skip
        journal.add_communities([(bad, about)])
        journal.add_personas([(bad, bad, {"activity": bad, "group": bad, "attributes": {bad: bad}})])
        journal.add_jobs([(bad, bad)])
        journal.event("start", {"jobs": 1})
        ballot = Ballot(persona=bad, choice=0, shares=(0.5, 0.5), order=(0, 1), reason=bad, norms=(bad,))
        preference = {"shares": [0.5, 0.5], "low": [], "high": [], "ballots": 1, "abstentions": 0}
        result = {
            "preference": preference,
            "rounds": 0,
            "settled": True,
            "errors": [{"step": bad, "problem": bad}],
        }
        journal.add_result(item, bad, [ballot], [(bad, norm)], result)
    return folder


async def _each_screen(app, pilot, look):
    """Yield the name of every screen of a run, while it is shown."""
    await look.until(pilot, lambda: isinstance(app.screen, CompareScreen))
    await look.settled(pilot)
    yield "preferences"
    app.screen.query(RowList).first().focus()  # a click may have taken the keys elsewhere
    await pilot.press("enter")
    await look.settled(pilot)
    yield "ballots"
    await pilot.press("o")
    await look.settled(pilot)
    yield "options"
    await pilot.press("escape", "escape", "1")
    await look.settled(pilot)
    yield "progress"
    await pilot.press("3")
    await look.settled(pilot)
    yield "scores"
    await pilot.press("4")
    await look.settled(pilot)
    for key in "pnhm":
        await pilot.press(key)
        await look.settled(pilot)
        yield f"communities {key}"
    await pilot.press("p", "enter")
    await look.until(pilot, lambda: isinstance(app.screen, ReaderScreen))
    yield "evidence"
    await pilot.press("escape", "n", "enter")
    await look.settled(pilot)
    yield "norm"


async def test_hostile_text_prints_as_it_stands_on_every_screen_and_does_nothing(hostile, look):
    app, opened = look.opened(hostile, size=(140, 45))
    seen = []
    async with opened as pilot:
        async for name in _each_screen(app, pilot, look):
            seen.append(name)
            text = look.text(app)
            assert LINK in text, f"{name} does not show it:\n{text}"
            assert "\x1b" not in text
            assert "␛]0;owned␇" in text, name
            odd = {sign for sign in text if unicodedata.category(sign) in {"Cc", "Cs"}} - {"\n"}
            assert not odd, f"{name} lets {odd} through"
            assert "\u202e" not in text
            there = [
                (line.index(LINK) + 17, y) for y, line in enumerate(text.split("\n")[:-1]) if LINK in line
            ]
            for place in there[-1:]:
                await pilot.click(offset=place)
            assert app.is_running, name
            assert app.return_code is None, name
            if name in {"evidence", "norm", "options"}:
                assert isinstance(app.screen, ReaderScreen), name
            else:  # a click on a sentence or a norm rightly opens it
                await look.settled(pilot)
                while isinstance(app.screen, ReaderScreen):
                    await pilot.press("escape")
    assert len(seen) == 11


async def test_hostile_names_of_folders_print_as_they_stand(home, look):
    (home / "run1").rename(home / "[@click=app.quit]x[\x1b[31m")
    (home / "tea.corpus").rename(home / "[bold]tea[\x07")
    manifest = home / "[bold]tea[\x07" / "manifest.json"
    data = json.loads(manifest.read_text())
    manifest.write_text(json.dumps({**data, "title": BAD}))
    app, opened = look.opened(home, size=(140, 45))
    async with opened as pilot:
        await look.settled(pilot)
        text = look.text(app)
        assert SHOWN[:40] in text
        assert "[@click=app.quit]" in text.split("Runs")[1]
        for y, line in enumerate(text.split("\n")[:-1]):
            if LINK in line:
                await pilot.click(offset=(line.index(LINK) + 17, y))
        assert app.return_code is None
        await pilot.press("s")
        await look.settled(pilot)
        assert LINK in look.text(app)


async def test_an_error_that_quotes_hostile_text_is_plain_too(home, look):
    app, opened = look.opened(home, size=(140, 45))
    async with opened as pilot:
        await look.settled(pilot)
        app.screen.tell(BAD, wrong=True)
        await look.until(pilot, lambda: LINK in look.text(app))
        assert "\x1b" not in look.text(app)


SIZES = ((60, 16), (80, 24), (200, 60))
UNPRINTED = {"Cc", "Cf", "Cs", "Zl", "Zp"}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A corpus and runs of it that were read, mapped and simulated as any others are, and hostile throughout."""
    home = hostile_home(tmp_path_factory.mktemp("world"))
    return Folders(home=home, corpus=corpus_in(home), run=home / "run", model=model_run_in(home))


def unprinted(text):
    """Return the signs of a text that steer a terminal, or that nobody sees."""
    return {sign for sign in text if unicodedata.category(sign) in UNPRINTED} - {"\n"}


def test_the_walks_lead_to_every_place():
    assert {walk.place for walk in WALKS} >= set(PLACES)


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.name)
async def test_a_hostile_place_is_plain_and_straight_on_every_screen_at_every_size(world, look, walk):
    app, opened = look.opened(world.home, size=(140, 45))
    async with opened as pilot:
        async for where in walked(walk, app, pilot, look, world):
            text = look.text(app)
            assert not unprinted(text), where
            assert {cell_len(line) for line in text.split("\n")} == {140}, where
            assert ACTS[:12] in text or "f2" in where, f"{where} does not show it:\n{text}"
            ElementTree.fromstring(taken(app).svg())
        await _click_what_acts(app, pilot, look)
        for size in SIZES:
            await pilot.resize_terminal(*size)
            await look.settled(pilot)
            lines = look.text(app).split("\n")
            assert len(lines) == size[1]
            assert not [line for line in lines if cell_len(line) != size[0]], f"{walk.name} at {size}"
            assert not unprinted("".join(lines))
    assert not unprinted(summary(app))


async def _click_what_acts(app, pilot, look):
    """Click the last markup on the screen that would end the interface if it were any."""
    lines = look.text(app).split("\n")
    for y in [number for number, line in enumerate(lines) if ACTS in line][-1:]:
        await pilot.click(offset=(cell_len(lines[y][: lines[y].index(ACTS)]) + len(ACTS) - 4, y))
        await pilot.pause()
    assert app.is_running and app.return_code is None


async def test_the_palette_names_corpora_and_runs_as_they_stand_whatever_is_typed(world, look):
    app, opened = look.opened(world.home, size=(140, 45))
    async with opened as pilot:
        await look.settled(pilot)
        await pilot.press("ctrl+p", *"click")
        await look.until(pilot, lambda: f"Corpus {ACTS}[red]␛]52;c;" in look.text(app))
        assert isinstance(app.screen, CommandPalette)
        first = app.screen.query_one(CommandList).get_option_at_index(0)
        assert ACTS in first.prompt.plain and not any(span.style == "red" for span in first.prompt.spans)
        lit = {first.prompt.plain[span.start] for span in first.prompt.spans if span.end - span.start == 1}
        assert lit == set("click")
        text = look.text(app).replace("\n", "")
        assert "[@click=app.quit]bad␛[31m.corpus" in text and not unprinted(text)


async def test_what_is_copied_is_plain_whatever_the_widget_with_the_focus(world, look):
    app, opened = look.opened(world.home, size=(140, 45))
    async with opened as pilot:
        await look.settled(pilot)
        app.visit("compare", world.run)
        await look.settled(pilot)
        for key in ("", "tab", "enter"):
            await pilot.press(*([key] if key else []), "y")
            await look.settled(pilot)
            assert ACTS in app.clipboard and not unprinted(app.clipboard.replace("\t", ""))
            assert base64.b64encode(app.clipboard.encode())  # it is sent so: nothing in it ends the sequence
        text, what = what_to_copy(app.screen)
        assert what in {"row", "text"} and not unprinted(text.replace("\t", ""))


async def test_every_table_is_saved_with_plain_cells_that_no_spreadsheet_runs(world, look):
    app, opened = look.opened(world.home, size=(140, 45))
    formulas = 0
    async with opened as pilot:
        await look.settled(pilot)
        for place in ("compare", "scores", "communities", "personas", "generate"):
            app.visit(place, world.run)
            await look.settled(pilot)
            for table in app.screen.tables():
                for row in csv.reader(io.StringIO(csv_of(table), newline="")):
                    for cell in row:
                        assert not unprinted(cell), place
                        assert not cell.lstrip().startswith(("=", "@")), place
                        formulas += cell.startswith("'")
            await pilot.press("escape")
    assert formulas


@pytest.mark.parametrize(
    "name",
    [
        "..",
        "/",
        "",
        "\x1b[31m\n",
        "-rf",
        "..\\x",
        "猫" * 300,
        ".",
        "~root",
        "con\u202e",
        os.fsdecode(b"\xe9"),
    ],
)
def test_a_proposed_file_lies_in_the_current_folder_whatever_the_place_is_called(tmp_path, name):
    proposed = file_name(SimpleNamespace(folder=tmp_path / name, PLACE="Compare"))
    assert "/" not in proposed and "\\" not in proposed and proposed[0] not in ".-~"
    assert len(os.fsencode(proposed)) <= 200 and not unprinted(proposed)


async def test_what_is_proposed_for_a_hostile_place_is_written_beside_nothing_else(
    world, look, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    app, opened = look.opened(world.home, size=(140, 45))
    async with opened as pilot:
        await look.settled(pilot)
        app.visit("compare", world.model)
        await look.settled(pilot)
        for downs in range(3):
            await pilot.press("e", *["down"] * downs)
            await look.settled(pilot)
            assert isinstance(app.screen, SavingScreen)
            await pilot.press("enter")
            await look.until(pilot, lambda: isinstance(app.screen, CompareScreen))
    written = sorted(path.name for path in tmp_path.iterdir())
    assert [name.rpartition(".")[2] for name in written] == ["csv", "svg", "txt"]
    assert not unprinted("".join(written))
    for path in tmp_path.iterdir():
        assert not unprinted(path.read_text(encoding="utf-8").replace("\r\n", "\n"))


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("coffee.corpus", "coffee-run1"),
        ("a\x1b[31m\n\u202eb.corpus", "a-[31m--b-run1"),
        (os.fsdecode(b"caf\xe9.corpus"), "caf--run1"),
        ("猫" * 80 + ".corpus", "猫" * 48 + "-run1"),
        ("-x.corpus", "-x-run1"),
    ],
)
def test_what_an_engine_is_to_write_is_named_in_plain_signs_beside_its_corpus(tmp_path, name, wanted):
    assert free_folder(tmp_path / name) == tmp_path / wanted


def test_a_name_that_looks_like_an_option_is_taken_for_none():
    order = Order(
        kind="generate",
        place=Path("-p.jsonl"),
        out=Path("-data"),
        given=("--corpus", "tea.corpus", *named("--community", "--json")),
    )
    words = order.command()
    given = make_parser().parse_args(words[words.index("generate") :])
    assert (given.community, given.out) == (["--json"], "-data")


@pytest.mark.parametrize("text", ["a\x1b]52;c;b3du\x07b", "\u202eabc", "caf\udce9", "x\x9b2Jy\x00"])
async def test_what_is_typed_or_pasted_into_a_field_is_kept_and_drawn_plain(home, look, text):
    app, opened = look.opened(home, size=(100, 30))
    async with opened as pilot:
        await look.settled(pilot)
        app.visit("question", home / "tea.corpus")
        await look.settled(pilot)
        field = app.screen.query("Input").first()
        field.value = text
        app.screen.query_one("#options").text = text
        await pilot.pause()
        assert field.value == text
        drawn = look.text(app)
        assert not unprinted(drawn)
        drawn.encode()  # a lone surrogate would end the interface here
        assert {cell_len(line) for line in drawn.split("\n")} == {100}
