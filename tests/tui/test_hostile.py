"""What strangers wrote is plain text on every screen: it is no markup, runs no action and steers no terminal."""

from __future__ import annotations

import json
import unicodedata

import pytest

from simulator.item import Ballot, Item, Option, RealVotes
from simulator.journal import Journal
from tui.screens.compare.items import CompareScreen
from tui.screens.reader import ReaderScreen
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
