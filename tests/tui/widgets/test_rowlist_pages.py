"""Lists whose rows are read when they are looked at: what they read, what they draw meanwhile, and what they give away."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.app import App

from tui.widgets.paged import Paged
from tui.widgets.rowlist import Column, RowList


def numbers(total, asked=None, **more):
    def fetch(first, count):
        if asked is not None:
            asked.append((first, count, threading.current_thread() is threading.main_thread()))
        return range(first, min(total, first + count))

    return Paged(total, fetch, lambda number: (f"row {number}", f"{number:,}"), **more)


class ListApp(App[None]):
    def __init__(self):
        super().__init__()
        self.told = []

    def compose(self):
        yield RowList(
            [Column("name", 10, share=1), Column("figure", 8, right=True)], name="figures", id="list"
        )

    def on_row_list_highlighted(self, message):
        self.told.append(("marked", message.index))

    def on_row_list_header_clicked(self, message):
        self.told.append(("header", message.index))

    def on_row_list_broken(self, message):
        self.told.append(("broken", str(message.problem)))


async def test_a_million_rows_are_read_a_page_at_a_time_in_a_thread(look):
    app, asked = ListApp(), []
    async with app.run_test(size=(40, 10)) as pilot:
        app.query_one(RowList).show(numbers(1_000_000, asked))
        await look.until(pilot, lambda: "row 3 " in look.text(app))
        app.query_one(RowList).focus()
        await pilot.press("end")
        await look.until(pilot, lambda: "▸ row 999999" in look.text(app))
    assert [first for first, *_ in asked] == [0, 999_900]
    assert {count for _, count, _ in asked} == {100}
    assert not any(in_the_loop for *_, in_the_loop in asked)


async def test_a_row_is_told_of_again_once_it_is_there(look):
    app = ListApp()
    async with app.run_test(size=(40, 10)) as pilot:
        app.query_one(RowList).show(numbers(5))
        await look.until(pilot, lambda: "row 3 " in look.text(app))
        await pilot.pause()
    assert app.told == [("marked", 0), ("marked", 0)]


def test_what_was_looked_at_last_is_wanted_first_and_once():
    rows = numbers(1_000)
    for place in (5, 950, 310, 6):
        assert rows[place] == ()
    assert (rows.wanted(), rows.wanted()) == ((3, 9, 0), ())


def test_the_pages_that_were_looked_at_last_stay():
    rows = numbers(1_000, page=10, kept=2)
    for page in (0, 1):
        rows.load(page)
    assert rows[5]
    rows.load(2)
    assert (rows[5] != (), rows[15] != (), rows[25] != ()) == (True, False, True)


async def test_pages_of_rows_that_are_listed_no_more_are_neither_told_of_nor_found_broken(look):
    app, gate = ListApp(), threading.Event()

    def fetch(first, count):
        gate.wait(10)
        raise ValueError("the run is gone")

    async with app.run_test(size=(40, 10)) as pilot:
        app.query_one(RowList).show(Paged(50, fetch, lambda number: (f"row {number}", "")))
        await pilot.pause(0.1)
        app.query_one(RowList).show(numbers(50))
        gate.set()
        await look.until(pilot, lambda: "row 3 " in look.text(app))
        await pilot.press("down")
        await pilot.pause()
    assert not [told for told in app.told if told[0] == "broken"]


async def test_rows_that_are_not_there_yet_are_dots(look):
    app, gate = ListApp(), threading.Event()

    def fetch(first, count):
        gate.wait(10)
        return range(first, first + count)

    async with app.run_test(size=(40, 10)) as pilot:
        app.query_one(RowList).show(Paged(50, fetch, lambda number: (f"row {number}", "")))
        await pilot.pause(0.1)
        assert look.text(app).split("\n")[1].split() == ["▸", "…", "…"]
        gate.set()
        await look.until(pilot, lambda: "row 3 " in look.text(app))


async def test_rows_that_cannot_be_read_are_told_of_once(look):
    app, asked = ListApp(), []

    def fetch(first, count):
        asked.append(first)
        raise OSError("the disk is gone")

    async with app.run_test(size=(40, 10)) as pilot:
        app.query_one(RowList).show(Paged(50, fetch, lambda number: ("", "")))
        await look.until(pilot, lambda: ("broken", "the disk is gone") in app.told)
        for _ in range(5):
            app.query_one(RowList).refresh()
            await pilot.pause(0.02)
    assert asked == [0]


async def test_what_stands_above_a_column_can_be_clicked_and_says_how_rows_are_sorted(look):
    app = ListApp()
    async with app.run_test(size=(40, 10)) as pilot:
        rows = app.query_one(RowList)
        rows.show([("a", "1")])
        rows.mark_sorted(1, descending=True)
        await pilot.pause()
        assert look.text(app).split("\n")[0].rstrip().endswith("figure▼")
        await pilot.click(RowList, offset=(4, 0))
        await pilot.click(RowList, offset=(36, 0))
        rows.mark_sorted(0)
        await pilot.pause()
        assert "name▲" in look.text(app) and "▼" not in look.text(app)
    assert [told for told in app.told if told[0] == "header"] == [("header", 0), ("header", 1)]


async def test_a_list_gives_all_its_rows_in_full_and_the_marked_one_to_copy():
    app = ListApp()
    async with app.run_test(size=(40, 10)) as pilot:
        rows = app.query_one(RowList)
        assert rows.copied() == ("", "row")
        rows.show(numbers(250, page=100, kept=1))
        table = rows.table()
        assert (table.name, table.columns) == ("figures", ("name", "figure"))
        assert list(table.rows()) == [(f"row {number}", f"{number:,}") for number in range(250)]
        rows.show([("tea\nfor two", "x" * 1_000), ("b", "c")])
        await pilot.pause()
        assert rows.copied() == (f"tea for two\t{'x' * 1_000}", "row")
        assert next(iter(rows.table().rows())) == ("tea\nfor two", "x" * 1_000)


@given(
    total=st.integers(0, 60),
    page=st.integers(1, 9),
    kept=st.integers(1, 4),
    seen=st.lists(st.integers(0, 59)),
)
def test_whatever_was_looked_at_all_rows_come_in_order_and_few_are_kept(total, page, kept, seen):
    rows = numbers(total, page=page, kept=kept)
    for place in seen:
        if place < total:
            if rows.get(place) is None:
                assert rows.page_of(place) in rows.wanted()
                rows.load(rows.page_of(place))
            assert rows[place] == (f"row {place}", str(place))
            assert len(rows._pages) <= kept
    assert [row[0] for row in rows.every()] == [f"row {number}" for number in range(total)]


def test_there_is_no_row_after_the_last():
    with pytest.raises(IndexError):
        numbers(3).get(3)
