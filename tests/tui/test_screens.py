"""Every screen, on a real corpus and a real run: what it shows, where its keys lead, and how it fits."""

from __future__ import annotations

import os
import sqlite3
import time
from dataclasses import replace

import pytest
from rich.cells import cell_len

from simulator.journal import Journal
from tui.app import Interface, summary
from tui.screens.communities.overview import CommunitiesScreen
from tui.screens.compare.ballots import BallotsScreen
from tui.screens.compare.items import CompareScreen
from tui.screens.compare.scores import ScoresScreen
from tui.screens.guide import GuideScreen
from tui.screens.home import HomeScreen
from tui.screens.reader import ReaderScreen
from tui.screens.run.configure import ConfigureScreen
from tui.screens.run.live import RunScreen
from tui.screens.side import SideScreen
from tui.widgets.rowlist import RowList

FICTIONAL = "FICTIONAL PEOPLE AND TEXTS"
PREDICTOR = "norm judge (offline, no language model) on Tea and cats"


def compares(look, app) -> bool:
    """Return whether the screen that a run opens on is drawn, and so takes keys."""
    return isinstance(app.screen, CompareScreen) and "sim  ▒" in look.text(app)


def lists_communities(app) -> bool:
    return (
        isinstance(app.screen, CommunitiesScreen)
        and len(app.screen.query_one("#communities", RowList).rows) == 2
    )


async def test_home_lists_corpora_and_runs_and_says_that_they_are_fictional(made, look):
    app, opened = look.opened(made)
    async with opened as pilot:
        await look.settled(pilot)
        text = look.text(app)
        assert isinstance(app.screen, HomeScreen)
        assert "1 corpus · 1 run" in text and FICTIONAL in text
        assert "▸ Tea and cats" in text and "▸ run1" in text and "12 of 12" in text


async def test_home_of_an_empty_folder_says_how_to_begin(tmp_path, look):
    app, opened = look.opened(tmp_path)
    async with opened as pilot:
        await look.settled(pilot)
        assert "commonbond ingest" in look.text(app)
        await pilot.press("enter", "c", "s", "b")
        assert isinstance(app.screen, HomeScreen)


async def test_home_says_what_is_damaged_and_does_not_open_it(home, look):
    (home / "run1" / "journal.sqlite").write_bytes(b"not a database " * 100)
    app, opened = look.opened(home)
    async with opened as pilot:
        await look.settled(pilot)
        assert "damaged" in look.text(app)
        await pilot.press("tab", "enter")
        assert isinstance(app.screen, HomeScreen)


async def test_home_sees_a_run_that_appears_while_it_is_open(home, look):
    app, opened = look.opened(home)
    async with opened as pilot:
        await look.settled(pilot)
        (home / "run1").rename(home / "renamed")
        await look.until(pilot, lambda: "renamed" in look.text(app), seconds=5)


async def test_a_single_run_is_opened_at_once_and_escape_leads_home(made, look):
    app, opened = look.opened(made / "run1")
    async with opened as pilot:
        await look.settled(pilot)
        await look.until(pilot, lambda: compares(look, app))
        await pilot.press("escape")
        assert isinstance(app.screen, HomeScreen)
        await pilot.press("escape")
        assert isinstance(app.screen, HomeScreen)


@pytest.mark.parametrize("size", [(80, 24), (140, 45), (60, 16)])
async def test_preferences_stand_side_by_side_with_their_intervals(made, look, size):
    app, opened = look.opened(made / "run1", size=size)
    async with opened as pilot:
        await look.until(pilot, lambda: "sim  ▒" in look.text(app))
        text = look.text(app)
        assert FICTIONAL in text and "norm judge" in text
        assert {cell_len(line) for line in text.split("\n")} == {size[0]}
        assert "real ██" in text and "┤" in text
        await pilot.press("down")
        await look.until(pilot, lambda: "▸ Advice 1?" in look.text(app))


async def test_the_list_of_preferences_has_the_top_options_with_their_shares(made, look):
    app, opened = look.opened(made / "run1", size=(140, 45))
    async with opened as pilot:
        await look.until(pilot, lambda: "sim  ▒" in look.text(app))
        first = app.screen.query_one("#items", RowList).rows[0]
        with Journal.read(made / "run1") as journal:
            shares = next(journal.results())[2]["preference"]["shares"]
        top = max((0, 1), key=lambda number: shares[number])
        assert first[1:4] == ("tea", "8", "B 75%")
        assert first[4:6] == (f"{'AB'[top]} {shares[top]:.0%}", "=" if top == 1 else "≠")
        assert PREDICTOR in look.text(app)


async def test_from_a_preference_down_to_the_norms_behind_one_ballot(made, look):
    with Journal.read(made / "run1") as journal:
        ballots = journal.ballots("item-0", "tea")
        last = [ballot for ballot in ballots if ballot.round == ballots[-1].round]
        norms = journal.norms("tea", last[1].norms)
    app, opened = look.opened(made / "run1", size=(140, 45))
    async with opened as pilot:
        await look.until(pilot, lambda: "sim  ▒" in look.text(app))
        await pilot.press("enter")
        await look.until(pilot, lambda: f"{last[0].persona}: " in look.text(app))
        assert isinstance(app.screen, BallotsScreen)
        await pilot.press("down")
        await look.settled(pilot)
        text = look.text(app)
        assert "▸ #1 " in text and f"{last[1].persona}: " in text
        first = norms[last[1].norms[0]]
        assert f"Norm 1 of {len(last[1].norms)} · post {first['post']}" in text
        assert f"endorsed {first['endorsement']:.2f} · {first['support']} votes" in text
        assert first["text"].split("\n")[0][:40] in text
        await pilot.press("o")
        assert isinstance(app.screen, ReaderScreen)
        assert "Option B" in look.text(app)
        await pilot.press("escape", "escape")
        assert isinstance(app.screen, CompareScreen)


async def test_the_rounds_of_discussion_can_be_gone_through(home, look):
    with Journal.create(home / "run1") as journal:
        rows = list(journal.results())
        number = next(number for number, row in enumerate(rows) if row[2]["rounds"])
        name, community, result = rows[number]
        ballots = journal.ballots(name, community)
        first = [replace(ballot, choice=1, shares=(0.1, 0.9)) for ballot in ballots if ballot.round == 0]
        journal.add_result(journal.item(name), community, first, [], result)
        last = [ballot for ballot in ballots if ballot.round == result["rounds"]]
    app, opened = look.opened(home / "run1", size=(100, 30))
    async with opened as pilot:
        await look.until(pilot, lambda: "sim  ▒" in look.text(app))
        app.screen.query_one("#items", RowList).cursor = number
        await pilot.press("enter")
        await look.until(pilot, lambda: f"after round {result['rounds']} of" in look.text(app))
        listed = app.screen.query_one("#ballots", RowList)
        assert [row[3] for row in listed.rows] == [
            " ".join(f"{share * 100:.0f}" for share in ballot.shares) for ballot in last
        ]
        await pilot.press(*["left_square_bracket"] * 4)
        await look.until(pilot, lambda: "before any discussion · A 0, B 4" in look.text(app))
        assert [(row[1], row[3]) for row in listed.rows] == [("B", "10 90")] * 4
        await pilot.press("right_square_bracket")
        await look.until(pilot, lambda: "after round 1 of" in look.text(app))


async def test_communities_show_both_scores_apart_and_the_posts_behind_a_sentence(made, look):
    with Journal.read(made / "run1") as journal:
        known = journal.communities()
    app, opened = look.opened(made / "run1", size=(140, 45))
    async with opened as pilot:
        await look.until(pilot, lambda: compares(look, app))
        await pilot.press("4")
        await look.until(pilot, lambda: "IDENTITY · shared values" in look.text(app))
        assert isinstance(app.screen, CommunitiesScreen)
        rows = {row[0]: row for row in app.screen.query_one("#communities", RowList).rows}
        for name, body in known.items():
            for place, kind in ((3, "identity"), (4, "bond")):
                score = body["cohesion"][kind]
                assert rows[name][place].split()[0] == ("–" if score is None else f"{score:.2f}")
        await pilot.press("p", "enter")
        await look.until(pilot, lambda: isinstance(app.screen, ReaderScreen))
        first = known[next(iter(known))]["profile"]["identity"][0]
        assert f"post {first['posts'][0]}" in look.text(app)
        assert first["text"][:30] in look.text(app)


async def test_each_part_of_what_is_known_of_a_community_has_its_key(made, look):
    app, opened = look.opened(made / "run1", size=(80, 24))
    async with opened as pilot:
        await look.until(pilot, lambda: compares(look, app))
        await pilot.press("4")
        await look.until(pilot, lambda: lists_communities(app))
        for key, wanted in (("n", "STRONGEST"), ("h", "by chance"), ("m", "mirrors the community")):
            await pilot.press(key)
            await look.until(pilot, lambda wanted=wanted: wanted in look.text(app))
        await pilot.press("n", "enter")
        assert isinstance(app.screen, ReaderScreen)
        assert "endorsed" in look.text(app)


async def test_evidence_is_named_where_the_corpus_is_gone(home, look):
    (home / "tea.corpus").rename(home / "elsewhere")
    with Journal.create(home / "run1") as journal:
        journal.set_facts({"source": {**journal.fact("source"), "folder": str(home / "tea.corpus")}})
    app, opened = look.opened(home / "run1", size=(80, 24))
    async with opened as pilot:
        await look.until(pilot, lambda: compares(look, app))
        await pilot.press("4")
        await look.until(pilot, lambda: lists_communities(app))
        await pilot.press("p", "enter")
        await look.until(pilot, lambda: isinstance(app.screen, ReaderScreen))
        assert "no corpus is here" in look.text(app).replace("\n", " ")
        assert "It rests on: " in look.text(app)


async def test_an_undefined_score_is_a_dash_with_its_note(home, look):
    with Journal.create(home / "run1") as journal:
        body = journal.communities()["tea"]
        body["cohesion"].update(identity=None, notes=["identity: no topic is known"])
        journal.add_communities([("tea", body)])
    app, opened = look.opened(home / "run1", size=(140, 45))
    async with opened as pilot:
        await look.until(pilot, lambda: compares(look, app))
        await pilot.press("4")
        await look.until(pilot, lambda: lists_communities(app))
        rows = {row[0]: row for row in app.screen.query_one("#communities", RowList).rows}
        assert rows["tea"][3].strip() == "–"
        app.screen.query_one("#communities", RowList).cursor = list(rows).index("tea")
        await pilot.press("h")
        await look.until(pilot, lambda: "! identity: no topic is known" in look.text(app))


async def test_a_corpus_that_was_not_mapped_says_so_and_has_no_sides_of_a_run(made, look):
    app, opened = look.opened(made / "tea.corpus")
    async with opened as pilot:
        await look.until(pilot, lambda: "have not been looked at" in look.text(app))
        assert FICTIONAL in look.text(app) and "corpus Tea and cats" in look.text(app)
        assert "Press g" in look.text(app)
        await pilot.press("2")
        assert isinstance(app.screen, CommunitiesScreen)


async def test_the_score_card_has_baselines_beside_the_simulation_and_its_notes(made, look):
    app, opened = look.opened(made / "run1", size=(140, 45))
    async with opened as pilot:
        await look.until(pilot, lambda: compares(look, app))
        await pilot.press("3")
        await look.until(pilot, lambda: "PREFERENCE IDENTIFICATION · accuracy ↑" in look.text(app))
        assert isinstance(app.screen, ScoresScreen)
        text = " ".join(look.text(app).split())
        assert "● norm judge simulation 0.412 ················├─●─┤· [0.370, 0.450] 812" in text
        assert "○ longest option baseline 0.500 ···" in text and "812 -0.088 [-0.130, -0.050]" in text
        assert "two communities are few" in text and "length is no preference" in text


async def test_a_run_without_scores_says_how_to_get_them(home, look):
    with sqlite3.connect(home / "run1" / "journal.sqlite") as db:
        db.execute("DELETE FROM facts WHERE name = 'scores'")
    app, opened = look.opened(home / "run1")
    async with opened as pilot:
        await look.until(pilot, lambda: compares(look, app))
        await pilot.press("3")
        await look.until(pilot, lambda: "no scores: b on the first screen" in look.text(app))


async def test_a_field_that_cannot_be_used_is_said_and_nothing_is_started(made, look):
    app, opened = look.opened(made)
    async with opened as pilot:
        await look.settled(pilot)
        await pilot.press("s")
        await look.until(pilot, lambda: "tea-run1" in look.text(app))
        assert isinstance(app.screen, ConfigureScreen)
        await pilot.press("backspace", "backspace", "0", "enter")
        await look.until(pilot, lambda: "panel is 0; it must be 1 or more" in look.text(app))
        assert not app.engines


async def test_help_explains_the_screen_and_its_keys(made, look):
    app, opened = look.opened(made / "run1", size=(100, 40))
    async with opened as pilot:
        await look.until(pilot, lambda: compares(look, app))
        await pilot.press("question_mark")
        await look.until(pilot, lambda: isinstance(app.screen, GuideScreen) and "esc" in look.text(app))
        await pilot.press("end")
        await look.until(pilot, lambda: "Words" in look.text(app))
        assert "the most" in look.text(app) and "Keys" in look.text(app)
        await pilot.press("question_mark")
        await look.until(pilot, lambda: isinstance(app.screen, CompareScreen))


async def test_every_screen_has_a_guide():
    screens = [HomeScreen, ConfigureScreen, BallotsScreen, *SideScreen.__subclasses__()]
    assert len(screens) >= 7
    assert all(len(screen.GUIDE) > 100 for screen in screens)


async def test_screens_follow_the_terminal_when_it_is_resized(made, look):
    app, opened = look.opened(made / "run1", size=(140, 45))
    async with opened as pilot:
        await look.until(pilot, lambda: "sim  ▒" in look.text(app))
        await pilot.resize_terminal(64, 20)
        await look.until(pilot, lambda: len(look.text(app).split("\n")) == 20)
        assert {cell_len(line) for line in look.text(app).split("\n")} == {64}
        assert "real ██" in look.text(app)


async def test_a_run_that_is_not_done_opens_on_its_progress(home, look):
    with Journal.create(home / "run1") as journal:
        journal.set_facts({"state": "running"})
        journal.add_jobs([(f"item-{number}", "later") for number in range(12)])
    long_ago = time.time() - 3_600
    for path in (home / "run1").iterdir():
        os.utime(path, (long_ago, long_ago))
    app, opened = look.opened(home / "run1")
    async with opened as pilot:
        await look.until(pilot, lambda: isinstance(app.screen, RunScreen))
        await look.until(pilot, lambda: "12 of 24" in look.text(app))
        assert "unfinished" in look.text(app) and " 50%" in look.text(app)
        await pilot.press("x")
        await look.until(pilot, lambda: "begun from Python" in look.text(app))


async def test_what_was_opened_is_summed_up_after_leaving(made, look):
    app, opened = look.opened(made / "run1")
    async with opened as pilot:
        await look.until(pilot, lambda: compares(look, app))
        await pilot.press("q")
    assert summary(app) == (
        f"run {made / 'run1'}: done, 12 of 12 · norm judge (offline, no language model) "
        "(fictional people and texts)\n"
        f"to come back: commonbond --open {made / 'run1'}\n"
    )
    assert summary(Interface([made])) == ""
