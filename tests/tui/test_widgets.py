"""Bars, the plane and lists: right to the character, and as wide as they say."""

from __future__ import annotations

import pytest
from rich.cells import cell_len
from textual.app import App

from tui.reading.communities import CommunityView
from tui.reading.comparison import ItemRow, OptionRow, Other, Share
from tui.reading.live import LiveView
from tui.screens.compare.scores import MARKS
from tui.screens.run.saying import Look, said
from tui.widgets.bars import FILLS, REAL, SIMULATED, preference_bars, score_bar, share_bar
from tui.widgets.plane import plane
from tui.widgets.rowlist import Column, RowList


def row(**more) -> ItemRow:
    options = (
        OptionRow(text="猫が好き " * 20, real=Share(mean=0.75, low=0.6, high=0.9), simulated=Share(mean=0.4)),
        OptionRow(text="[red]no[/red]", real=Share(mean=0.25, low=0.1, high=0.4), simulated=Share(mean=0.6)),
    )
    known = {
        "item": "1",
        "community": "cats",
        "query": "?",
        "kind": "choice",
        "options": options,
        "asked": True,
    }
    return ItemRow(**{**known, "voters": 8, "ballots": 4, "abstentions": 1, **more})


@pytest.mark.parametrize(
    ("share", "bar"),
    [
        (Share(mean=0.5), "█████     "),
        (Share(mean=0.5, low=0.0, high=1.0), "├████────┤"),
        (Share(mean=1.0, low=0.9, high=1.0), "█████████│"),
        (Share(mean=0.0, low=0.0, high=0.0), "│         "),
    ],
)
def test_a_bar_is_as_long_as_its_share_and_marks_its_interval(share, bar):
    assert share_bar(share, 10, "█") == bar


@pytest.mark.parametrize("width", [40, 53, 80, 120])
def test_no_line_of_the_bars_is_wider_than_its_room(width):
    for line in preference_bars(row(), width).plain.split("\n"):
        assert cell_len(line) <= width


def test_bars_tell_real_from_simulated_without_colour_and_show_markup_as_it_stands():
    text = preference_bars(row(), 80).plain
    assert "[red]no[/red]" in text
    assert "real █" in text and "sim  ▒" in text
    assert "8 voters" in text and "4 ballots, 1 abstention" in text
    real, simulated = (line for line in text.split("\n") if "75%" in line or " 40% " in line)
    assert "75%◂ [60%  90%]" in real
    assert "◂" not in simulated and "[" not in simulated


def test_of_others_that_prefer_two_options_alike_the_first_is_marked_and_each_has_its_letter():
    beside = [
        Other(name="uniform guess", role="baseline", shares=(0.5, 0.5)),
        Other(name="shuffled", role="control", shares=(0.2, 0.8)),
        Other(name="short", role="baseline", shares=(1.0,)),
    ]
    lines = preference_bars(row(), 80, beside=beside).plain.split("\n")
    found = {name: [line for line in lines if line.startswith(f"   {name} ")] for name in ("b1", "c1", "b2")}
    assert [("◂" in line) for line in found["b1"]] == [True, False]
    assert [("◂" in line) for line in found["c1"]] == [False, True]
    assert found["b2"][1].split() == ["b2", "(none)"]


def test_a_discussion_that_did_not_settle_is_said():
    assert "2 rounds of discussion, not settled" in preference_bars(row(rounds=2, settled=False), 80).plain
    assert "not settled" not in preference_bars(row(rounds=2), 80).plain


def test_unknown_voters_and_missing_votes_are_said():
    assert "no interval" in preference_bars(row(voters=None), 80).plain
    unasked = tuple(OptionRow(text=name, simulated=Share(mean=0.5)) for name in "ab")
    text = preference_bars(row(options=unasked, asked=False), 80).plain
    assert "nobody was really asked" in text
    assert "real" not in text.replace("really", "")


def test_a_score_below_chance_points_to_the_left():
    assert score_bar(-0.3, 5) == "◂····"
    assert score_bar(1.0, 5) == "█████"


def community(name: str, identity: float | None, bond: float | None) -> CommunityView:
    return CommunityView(name=name, title="", members=5, norms=3, identity=identity, bond=bond)


def test_the_plane_has_identity_across_and_bond_up():
    lines = plane([community("tea", 0.0, 1.0), community("cats", 1.0, 0.0)], 0, 46, 13)
    assert len(lines) == 13
    assert lines[1] == "  1 │◆ tea" + " " * 35
    assert lines[10].endswith("•")
    assert lines[10].startswith("  0 │")


def test_an_undefined_score_stands_nowhere_on_the_plane():
    assert plane([community("tea", None, 1.0)], 0, 46, 13) == []


def test_a_wide_name_at_the_edge_of_the_plane_does_not_break_its_frame():
    for line in plane([community("猫" * 30, 1.0, 0.5)], 0, 46, 13):
        assert cell_len(line) <= 46


class Rows:
    """A million rows that are made when they are looked at."""

    def __init__(self):
        self.made = 0

    def __len__(self):
        return 1_000_000

    def __getitem__(self, index):
        self.made += 1
        return (f"row {index} 猫", "[bold]x[/bold]")


class ListApp(App[None]):
    def compose(self):
        yield RowList([Column("name", 10, share=1), Column("note", 20, above=60)])


async def test_a_list_of_a_million_rows_makes_only_the_rows_that_are_seen(look):
    app, rows = ListApp(), Rows()
    async with app.run_test(size=(80, 24)) as pilot:
        listed = app.query_one(RowList)
        listed.show(rows)
        await pilot.press("end")
        await look.settled(pilot)
        assert listed.cursor == 999_999
        assert "▸ row 999999 猫" in look.text(app)
        assert "[bold]x[/bold]" in look.text(app)
        assert rows.made < 500


async def test_a_list_leaves_columns_out_where_it_is_narrow_and_stays_straight(look):
    app = ListApp()
    async with app.run_test(size=(40, 10)) as pilot:
        app.query_one(RowList).show([("猫" * 50, "note"), ("plain", "note")])
        await pilot.pause()
        text = look.text(app)
        assert "note" not in text
        assert {cell_len(line) for line in text.split("\n")} == {40}


async def test_a_list_that_lacks_room_shrinks_the_columns_that_can_and_keeps_the_others_whole(look):
    class Narrow(App[None]):
        def compose(self):
            yield RowList([Column("name", 30, share=1), Column("figure", 8, right=True)])

    app = Narrow()
    async with app.run_test(size=(24, 6)) as pilot:
        app.query_one(RowList).show([("a long name that is clipped", "1,234")])
        await pilot.pause()
        lines = look.text(app).split("\n")
        assert lines[1] == "▸ a long name…     1,234"


async def test_the_marked_row_is_in_sight_at_every_step_down_and_up(look):
    app = ListApp()
    async with app.run_test(size=(40, 6)) as pilot:
        listed = app.query_one(RowList)
        listed.show([(f"row {number}.", "") for number in range(12)])
        listed.focus()
        for key, places in (("down", range(1, 12)), ("up", range(10, -1, -1))):
            for place in places:
                await pilot.press(key)
                await pilot.pause()
                assert f"▸ row {place}." in look.text(app)


async def test_a_click_above_a_column_is_one_on_it_also_where_another_is_left_out():
    told = []

    class Narrow(App[None]):
        def compose(self):
            yield RowList([Column("a", 6), Column("b", 5, above=60), Column("c", 6), Column("d", 6)])

        def on_row_list_header_clicked(self, message):
            told.append(message.index)

    app = Narrow()
    async with app.run_test(size=(40, 6)) as pilot:
        app.query_one(RowList).show([("1", "2", "3", "4")])
        await pilot.pause()
        for x in (
            2,
            9,
            10,
            17,
            18,
            23,
        ):  # a mark of two cells, then six and a gap of two for each that is drawn
            await pilot.click(RowList, offset=(x, 0))
            await pilot.pause()
    assert told == [0, 0, 2, 2, 3, 3]


async def test_a_list_says_which_row_is_marked_and_which_is_opened():
    told = []

    class Telling(ListApp):
        def on_row_list_highlighted(self, message):
            told.append(("marked", message.index))

        def on_row_list_chosen(self, message):
            told.append(("opened", message.index))

    app = Telling()
    async with app.run_test(size=(80, 10)) as pilot:
        app.query_one(RowList).show([("a", ""), ("b", ""), ("c", "")])
        app.query_one(RowList).focus()
        await pilot.press("down", "down", "down", "up", "enter")
        await pilot.pause()
        await pilot.click(RowList, offset=(5, 2))
        await pilot.pause()
        assert len(told) == 5, "one click on the marked row opens nothing"
        await pilot.click(RowList, offset=(5, 3))
        await pilot.pause()
        assert told[5:] == [("marked", 2)]
        await pilot.click(RowList, offset=(5, 3), times=2)
        await pilot.pause()
    assert told[:5] == [("marked", 0), ("marked", 1), ("marked", 2), ("marked", 1), ("opened", 1)]
    assert ("opened", 2) in told[6:]


def test_what_stands_for_other_things_differs_by_its_sign_and_not_by_its_colour():
    fills = [REAL, SIMULATED, FILLS["baseline"], FILLS["control"], FILLS["run"]]
    assert len(set(fills)) == len(fills)
    assert len(set(MARKS.values())) == len(MARKS)
    states = ("running", "paused", "stopped", "unfinished", "done")
    looks = [Look(live=LiveView(state=state, total=3), pausing=state == "paused") for state in states]
    signs, words = zip(*(said(each, stopping=False) for each in looks), strict=True)
    assert len(set(signs)) == len(set(words)) == len(states)


async def test_without_colours_the_row_that_the_keys_would_open_is_told_from_rows_marked_elsewhere(
    made, look
):
    app, opened = look.opened(made, size=(120, 30))
    async with opened as pilot:
        await look.settled(pilot)

        def bold(words):
            strips = app.screen._compositor.render_strips()
            return [
                bool(segment.style and segment.style.bold)
                for strip in strips
                if words in strip.text
                for segment in strip
                if words in segment.text
            ]

        assert (bold("▸ Tea and cats"), bold("▸ run1")) == ([True], [False])
        await pilot.press("tab")
        await look.settled(pilot)
        assert (bold("▸ Tea and cats"), bold("▸ run1")) == ([False], [True])


async def test_without_any_colour_everything_that_is_said_still_stands_there(made, look, monkeypatch):
    def text(no_colour):
        if no_colour:
            monkeypatch.setenv("NO_COLOR", "1")
        return look.opened(made / "run1", size=(140, 45))

    seen = []
    for no_colour in (False, True):
        app, opened = text(no_colour)
        assert app.no_color is no_colour
        async with opened as pilot:
            await look.until(pilot, lambda app=app: "sim  ▒" in look.text(app))
            await look.settled(pilot)
            seen.append(look.text(app))
            colours = {
                (segment.style.color.triplet, segment.style.bgcolor.triplet)
                for strip in app.screen._compositor.render_strips()
                for segment in strip
                if segment.style and segment.style.color and segment.style.bgcolor
            }
            grey = all(
                ink.red == ink.green == ink.blue for pair in colours for ink in pair if ink is not None
            )
            assert grey is no_colour
    assert seen[0] == seen[1]
    assert all(
        sign in seen[1] for sign in ("▸2 Compare", "▸ Advice 0?", "real █", "sim  ▒", "◂", "├", "≠", "=")
    )
