"""Comparing: any order, any part, what stands beside, two runs, and down to the ballots from everywhere."""

from __future__ import annotations

import shutil

import pytest
from made_runs import asked, made_run
from rich.cells import cell_len

from simulator.item import Ballot
from simulator.journal import Journal
from tui.reading.two_runs import other_runs, read_common, read_pairs
from tui.screens.compare.ballots import BallotsScreen
from tui.screens.compare.choice import ChoiceScreen
from tui.screens.compare.items import CompareScreen
from tui.screens.compare.scores import ScoresScreen
from tui.screens.compare.two_runs import TwoRunsScreen
from tui.widgets.rowlist import RowList

ITEMS = [
    asked("a", {"tea": (0.75, 0.25), "cats": (0.25, 0.75)}, query="Hot or cold?"),
    asked("b", {"tea": (0.6, 0.4)}, query="Which 猫 [red]cat[/red]?", voters=30),
    asked("c", {"tea": (0.1, 0.9)}, query="Later?"),
]
SAID = {("a", "tea"): (0.7, 0.3), ("a", "cats"): (0.9, 0.1), ("b", "tea"): (0.5, 0.5)}
OTHER = {**SAID, ("a", "cats"): (0.3, 0.7), ("b", "tea"): (0.4, 0.6)}


@pytest.fixture
def runs(tmp_path):
    first = made_run(tmp_path / "home" / "first", ITEMS, SAID)
    second = made_run(tmp_path / "home" / "second", ITEMS, OTHER)
    with Journal.create(first) as journal:
        journal.set_facts({"state": "done"})
        journal.add_predictions(0, "uniform guess", [("a", "tea", (0.5, 0.5)), ("a", "cats", (0.5, 0.5))])
        journal.add_predictions(1, "swapped", [("a", "tea", (0.0, 1.0))])
    with Journal.create(second) as journal:
        journal.set_facts({"state": "done"})
    return first, second


def queries(app, name="items"):
    rows = app.screen.query_one(f"#{name}", RowList).rows
    return [(row[0], row[1]) for row in rows]


async def settled_on(look, pilot, wanted):
    await look.until(pilot, lambda: wanted in look.text(pilot.app), seconds=20)


async def test_all_judgements_are_listed_and_one_that_is_still_to_come_says_so(runs, look):
    app, opened = look.opened(runs[0], size=(140, 45))
    async with opened as pilot:
        await settled_on(look, pilot, "3 of 4 judged · 4 judgements · in the order of the run")
        rows = app.screen.query_one("#items", RowList).rows
        assert rows[3][:6] == ("Later?", "tea", "100", "B 90%", "·", "")
        assert rows[1][3:] == ("B 75%", "A 90%", "≠", "0.344")
        await pilot.press("end")
        await settled_on(look, pilot, "sim ▒ not judged yet")


async def test_s_sorts_by_any_metric_with_the_worst_first_and_capital_s_turns_it(runs, look):
    app, opened = look.opened(runs[0], size=(140, 45))
    async with opened as pilot:
        await settled_on(look, pilot, "in the order of the run")
        await pilot.press("s")
        assert isinstance(app.screen, ChoiceScreen)
        await pilot.press(*["down"] * 4, "enter")
        await settled_on(look, pilot, "by mean absolute error of a share, worst first")
        assert [row[1] for row in queries(app)] == ["cats", "tea", "tea", "tea"]
        assert app.screen.query_one("#items", RowList).rows[0][6] == "0.650"
        assert "error▼" in look.text(app) and "▸ Hot or cold?" in look.text(app)
        await pilot.press("S")
        await settled_on(look, pilot, "best first")
        assert [row[0] for row in queries(app)] == [
            "Hot or cold?",
            "Which 猫 [red]cat[/red]?",
            "Hot or cold?",
            "Later?",
        ]
        assert "error▲" in look.text(app)


async def test_a_heading_that_is_clicked_sorts_and_a_second_click_turns(runs, look):
    app, opened = look.opened(runs[0], size=(140, 45))
    async with opened as pilot:
        await settled_on(look, pilot, "in the order of the run")
        listed = app.screen.query_one("#items", RowList)
        line = look.text(app).split("\n")[listed.region.y]
        await pilot.click(listed, offset=(line.index("JSD") - listed.region.x, 0))
        await settled_on(look, pilot, "Jensen–Shannon divergence (base 2), worst first")
        await pilot.click(listed, offset=(line.index("JSD") - listed.region.x, 0))
        await settled_on(look, pilot, "best first")
        await pilot.click(listed, offset=(line.index(" n ") + 1 - listed.region.x, 0))
        await settled_on(look, pilot, "by voters, most first")


async def test_d_slash_and_c_leave_only_what_is_looked_for(runs, look):
    app, opened = look.opened(runs[0], size=(100, 30))
    async with opened as pilot:
        await settled_on(look, pilot, "in the order of the run")
        await pilot.press("d")
        await settled_on(look, pilot, "1 judgement of 4 · only real and simulated disagree")
        assert queries(app) == [("Hot or cold?", "cats")]
        await pilot.press("d", "slash", *"[RED]", "enter")
        await settled_on(look, pilot, "only with “[RED]”")
        assert queries(app) == [("Which 猫 [red]cat[/red]?", "tea")]
        await pilot.press("slash", "escape")
        await settled_on(look, pilot, "4 judgements · in the order")
        assert isinstance(app.screen, CompareScreen)
        await pilot.press("c")
        await look.until(pilot, lambda: isinstance(app.screen, ChoiceScreen))
        await pilot.press("down", "enter")
        await settled_on(look, pilot, "only community cats")
        assert queries(app) == [("Hot or cold?", "cats")]
        await pilot.press("slash", *"nothing like it", "enter")
        await settled_on(look, pilot, "nothing is like that")
        assert "sim  ▒" not in look.text(app)


async def test_b_goes_through_what_stands_beside_and_each_is_told_by_its_pattern_and_name(runs, look):
    with Journal.create(runs[0]) as journal:
        journal.set_facts({"scores": {"tasks": [{"rows": [{"predictor": "swapped", "role": "control"}]}]}})
    app, opened = look.opened(runs[0], size=(140, 45))
    async with opened as pilot:
        await settled_on(look, pilot, "sim  ▒")
        assert "b1" not in look.text(app)
        await pilot.press("b")
        text = look.text(app)
        assert "b1   ░" in text and "c1   ▚" in text and "uniform guess" in text and "swapped" in text
        assert "0.500  1.000  uniform guess" in text  # top-1 of a guess, and its log loss
        await pilot.press("b")
        assert "b1   ░" in look.text(app) and "c1   ▚" not in look.text(app)
        await pilot.press("b")
        assert "c1   ▚" in look.text(app) and "b1   ░" not in look.text(app)
        await pilot.press("b")
        assert "c1   ▚" not in look.text(app)
        await pilot.press("end", "b")
        await settled_on(look, pilot, "nothing stands beside this judgement")


async def test_what_comes_in_while_it_is_watched_is_listed_and_the_mark_stays(runs, look):
    with Journal.create(runs[0]) as engine:
        engine.set_facts({"state": "running"})
        app, opened = look.opened(runs[0], size=(100, 30))
        async with opened as pilot:
            await settled_on(look, pilot, "▸ running")
            await pilot.press("2")
            await settled_on(look, pilot, "3 of 4 judged")
            await pilot.press("down", "down")
            engine.add_result(
                ITEMS[2],
                "tea",
                [],
                [],
                {"preference": {"shares": [1.0, 0.0], "ballots": 2, "low": [], "high": []}, "errors": []},
            )
            await settled_on(look, pilot, "A 100%")
            assert "of 4 judged" not in look.text(app)
            assert app.screen.query_one("#items", RowList).rows[3][4:6] == ("A 100%", "≠")
            assert app.screen.query_one("#items", RowList).cursor == 2


async def test_ballots_show_who_moved_and_m_leaves_only_those(runs, look):
    def ballot(persona, choice, number):
        return Ballot(persona=persona, choice=choice, shares=(1.0 - choice, float(choice)), round=number)

    cast = [ballot("tea#1", 0, 0), ballot("tea#2", 1, 0), ballot("tea#1", 1, 1), ballot("tea#2", 1, 1)]
    with Journal.create(runs[0]) as journal:
        result = {**journal.result("a", "tea"), "rounds": 1}
        journal.add_result(ITEMS[0], "tea", cast, [], result)
    app, opened = look.opened(runs[0], size=(140, 45))
    async with opened as pilot:
        await settled_on(look, pilot, "sim  ▒")
        await pilot.press("enter")
        await settled_on(look, pilot, "after round 1 of 1")
        listed = app.screen.query_one("#ballots", RowList)
        assert [tuple(row[:3]) for row in listed.rows] == [("#1", "B", "A→B"), ("#2", "B", "")]
        assert "moved from A to B in round 1" in look.text(app)
        await pilot.press("m")
        assert [row[0] for row in listed.rows] == ["#1"]
        await pilot.press("left_square_bracket")
        assert "no ballot moved" in look.text(app)


async def test_ballots_of_an_item_that_is_still_judged_are_shown_as_they_come(runs, look):
    first = runs[0]
    with Journal.create(first) as engine:
        engine.set_facts({"state": "running"})
        engine.arrive(ITEMS[2], "tea", Ballot(persona="tea#1", choice=1, shares=(0.0, 1.0)))
        app, opened = look.opened(first, size=(140, 45))
        async with opened as pilot:
            await settled_on(look, pilot, "▸ running")
            await pilot.press("2")
            await settled_on(look, pilot, "sim  ▒")
            await pilot.press("end")
            await settled_on(look, pilot, "not judged yet")
            await pilot.pause(0.1)  # within which the ballot is written
            await pilot.press("enter")
            await settled_on(look, pilot, "not judged to the end yet")
            assert "A 0, B 1" in look.text(app)
            engine.arrive(ITEMS[2], "tea", Ballot(persona="tea#2", choice=1, shares=(0.0, 1.0)))
            await settled_on(look, pilot, "A 0, B 2")


async def test_w_and_g_lead_from_a_ballot_to_the_reason_and_to_the_persona(made, look):
    app, opened = look.opened(made / "run1", size=(100, 30))
    asked_for = []
    async with opened as pilot:
        await settled_on(look, pilot, "sim  ▒")
        await pilot.press("enter")
        await settled_on(look, pilot, "▸ #0")
        app.visit = lambda place, folder, **given: asked_for.append((place, folder, given))
        await pilot.press("w", "g")
    persona = asked_for[0][2]["persona"]
    assert asked_for == [
        ("why", made / "run1", {"item": "item-0", "community": "tea", "persona": persona}),
        ("personas", made / "run1", {"item": "item-0", "persona": persona}),
    ]


async def test_a_metric_of_the_score_card_is_chosen_and_opens_the_judgements_behind_it(made, look):
    app, opened = look.opened(made / "run1", size=(140, 45))
    async with opened as pilot:
        await settled_on(look, pilot, "sim  ▒")
        await pilot.press("3")
        await settled_on(look, pilot, "accuracy ↑")
        await pilot.press("down", "down")
        await settled_on(look, pilot, "on the same judgements the simulation is ahead by -0.088")
        await pilot.press("m", "down", "enter")
        assert isinstance(app.screen, ScoresScreen)
        await pilot.press("enter")
        await settled_on(look, pilot, "by top-1 accuracy, worst first")
        assert isinstance(app.screen, CompareScreen)


async def test_scores_come_by_themselves_once_the_run_is_scored(made, look, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(made, home)
    run = home / "run1"
    with Journal.create(run) as engine:
        scores = engine.fact("scores")
        engine.set_facts({"scores": None, "state": "running", "command": {"arguments": ["bench"]}})
        app, opened = look.opened(run, size=(80, 24))
        async with opened as pilot:
            await look.settled(pilot)
            await pilot.press("3")
            await settled_on(look, pilot, "no scores yet: they come here once all is judged")
            engine.set_facts({"scores": scores, "state": "done"})
            await settled_on(look, pilot, "accuracy ↑")


async def test_where_most_questions_begin_alike_the_list_shows_what_tells_them_apart(tmp_path, look):
    dishes = ("tea", "cake", "soup")
    items = [asked(dish, {"tea": (0.5, 0.5)}, query=f"How much do you like {dish}?") for dish in dishes]
    run = made_run(tmp_path / "home" / "run", items, {})
    app, opened = look.opened(run, size=(80, 24))
    async with opened as pilot:
        await settled_on(look, pilot, "…tea?")
        assert [query for query, _ in queries(app)] == ["…tea?", "…cake?", "…soup?"]
        await settled_on(look, pilot, "How much do you like tea?")


async def test_what_is_exported_has_every_figure_of_what_is_listed_in_its_order(runs, made, look):
    app, opened = look.opened(runs[0], size=(100, 30))
    async with opened as pilot:
        await settled_on(look, pilot, "in the order of the run")
        await pilot.press("d")
        await settled_on(look, pilot, "1 judgement of 4")
        (table,) = app.screen.tables()
        ((row,),) = [list(table.rows())]
        told = dict(zip(table.columns, row, strict=True))
        assert (told["item"], told["community"], told["real shares"]) == ("a", "cats", "0.250000 0.750000")
        assert (told["mean absolute error of a share"], told["voters"]) == ("0.65", "100")
        app.push_screen(ScoresScreen(made / "run1"))
        await settled_on(look, pilot, "accuracy ↑")
        (table,) = app.screen.tables()
        told = [dict(zip(table.columns, row, strict=True)) for row in table.rows()]
        assert [row["mean"] for row in told] == ["0.4123", "0.5"] and told[1]["ahead high"] == "-0.05"


async def test_v_chooses_another_run_and_shows_both_with_paired_differences(runs, look):
    app, opened = look.opened(runs[0], size=(140, 45))
    async with opened as pilot:
        await settled_on(look, pilot, "sim  ▒")
        await pilot.press("v")
        await look.until(pilot, lambda: isinstance(app.screen, ChoiceScreen))
        assert "▸ second" in look.text(app)
        await pilot.press("enter")
        await look.until(pilot, lambda: isinstance(app.screen, TwoRunsScreen))
        await settled_on(look, pilot, "3 judgements in both · the furthest apart first")
        assert [row[1:6] for row in app.screen.query_one("#pairs", RowList).rows] == [
            ("cats", "B 75%", "A 90%", "B 70%", "≠"),
            ("tea", "A 60%", "A 50%", "B 60%", "≠"),
            ("tea", "A 75%", "A 70%", "A 70%", "="),
        ]
        assert "2nd  ▞" in look.text(app) and "1st  ▒" in look.text(app)
        await settled_on(look, pilot, "accuracy (↑)")
        assert "no difference is shown" in look.text(app) or "too few" in look.text(app)
        await pilot.press("d")
        await settled_on(look, pilot, "2 judgements in both")
        await pilot.press("t")
        await settled_on(look, pilot, "in the order of the first run")
        await pilot.press("2")
        await look.until(pilot, lambda: isinstance(app.screen, BallotsScreen))


@pytest.mark.parametrize("size", [(80, 24), (60, 16), (200, 60)])
async def test_two_runs_fit_any_terminal(runs, look, size):
    app, opened = look.opened(runs[0], size=size)
    async with opened as pilot:
        await settled_on(look, pilot, "sim")
        app.push_screen(TwoRunsScreen(*runs))
        await settled_on(look, pilot, "3 judgements in both")
        assert {cell_len(line) for line in look.text(app).split("\n")} == {size[0]}
        await settled_on(look, pilot, "accuracy")
        bars = app.screen.query_one("#bars")
        assert bars.region.x >= 0 and bars.region.right <= size[0]


def test_other_runs_are_those_of_the_same_corpus_and_not_the_run_itself(runs, made):
    shutil.copytree(made / "run1", runs[0].parent / "of-tea")
    assert [run.folder.name for run in other_runs((), runs[0])] == ["second"]


def test_two_runs_have_in_common_what_both_said_of_the_same_options(runs, tmp_path):
    items = [asked("a", {"tea": (0.75, 0.25)}, options=("other", "words")), ITEMS[1]]
    third = made_run(tmp_path / "home" / "third", items, {("a", "tea"): (0.5, 0.5), ("b", "tea"): (0.9, 0.1)})
    found = read_common(runs[0], third)
    assert (found.places.tolist(), found.left_out, found.differs.tolist()) == ([2], 2, [False])
    (pair,) = read_pairs(runs[0], third, [2], name="third")
    assert (pair.row.item, pair.second.shares, pair.second_top) == ("b", (0.9, 0.1), 0)
    assert pair.apart == pytest.approx(found.apart[0])
