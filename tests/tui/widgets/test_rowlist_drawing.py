"""What a list keeps drawn is what it would draw anew, and only what changed is drawn again."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len, set_cell_size
from textual.app import App

from tui import plaintext
from tui.plaintext import fitted, one_line
from tui.widgets.rowlist import KEPT, Column, RowList

ODD = [
    "plain",
    "two  spaces ",
    "相談する相談する",
    "e\u0301\u200b",
    "👩\u200d👧 both",
    "\x1b[31mred",
    "",
    "x" * 90,
    "a\tb",
]
COLUMNS = (Column("name", 6, share=1), Column("figure", 8, right=True), Column("more", 6, above=50))
ascii_or_not = (
    st.text(st.characters(max_codepoint=127), max_size=30) | st.text(max_size=30) | st.sampled_from(ODD)
)


class ListApp(App[None]):
    CSS = ".framed { border: solid white; padding: 0 1; }"

    def compose(self):
        yield RowList(COLUMNS, empty="nothing", id="list")


def lines(app):
    return ["".join(part.text for part in strip) for strip in app.screen._compositor.render_strips()]


def plainly(cells, width, *, here):
    """Return a row as it is drawn without anything that makes it quicker."""
    if len(cells) == 1:
        text = ("▸ " if here else "  ") + slow_line(cells[0])
    else:
        spaces = RowList(COLUMNS)._widths(width)
        parts = [
            slow_fitted(slow_line(cell), space, right=column.right)
            for cell, column, space in zip(cells, COLUMNS, spaces, strict=False)
            if space
        ]
        text = ("▸ " if here else "  ") + "  ".join(parts)
    return slow_fitted(text, width)


def slow_line(text):
    line = plaintext._SPACES.sub(" ", plaintext.shown(text[:400])).strip()
    return line if len(text) <= 400 else f"{line}…"


def slow_fitted(text, width, *, right=False):
    if cell_len(text) > width:
        text = f"{set_cell_size(text, width - 1).rstrip()}…" if width > 0 else ""
    space = " " * (width - cell_len(text))
    return space + text if right else text + space


@example("two spaces", 5, False)
@example("a\tb\x1b", 3, True)
@given(ascii_or_not, st.integers(-1, 40), st.booleans())
def test_what_is_quick_for_plain_letters_draws_what_the_slow_way_draws(text, width, right):
    assert one_line(text) == slow_line(text)
    assert fitted(one_line(text), width, right=right) == slow_fitted(slow_line(text), width, right=right)


@pytest.mark.parametrize("framed", [False, True])
async def test_kept_lines_are_those_that_would_be_drawn_anew(framed):
    app = ListApp()
    rows = [(ODD[n % len(ODD)] + str(n), str(n), "x") if n % 7 else (f"heading {n}",) for n in range(60)]
    async with app.run_test(size=(60, 12)) as pilot:
        listed = app.query_one(RowList)
        listed.set_class(framed, "framed")
        listed.show(rows)
        listed.focus()
        for key in ("down", "pagedown", "up", "end", "pageup", "home", "pagedown", "down"):
            await pilot.press(key)
            await pilot.pause()
            width, top = listed.scrollable_content_region.width, listed.scroll_offset.y
            left = listed.content_region.x
            seen = lines(app)[listed.content_region.y + 1 : listed.content_region.bottom]
            for place, line in enumerate(seen, start=top):
                assert line[left : left + 2] == ("▸ " if place == listed.cursor else "  ")
                wanted = plainly(rows[place], width, here=place == listed.cursor)
                assert line[left:].startswith(wanted)
            assert top <= listed.cursor < top + len(seen)


async def test_rows_that_changed_are_drawn_anew_and_so_is_another_width():
    app = ListApp()
    async with app.run_test(size=(60, 8)) as pilot:
        listed = app.query_one(RowList)
        listed.show([("one", "1", "x")])
        await pilot.pause()
        listed.show([("two", "2", "x")])
        await pilot.pause()
        assert lines(app)[1].startswith("▸ two") and "one" not in lines(app)[1]
        listed.set_columns(COLUMNS[:2])
        listed.show([("two", "2")])
        await pilot.pause()
        assert "more" not in lines(app)[0]
        listed.set_columns([Column("name", 30), COLUMNS[1]])
        await pilot.pause()
        assert lines(app)[1].index("2") == 2 + 30 + 2 + 7
        listed.set_columns(COLUMNS[:2])
        await pilot.resize_terminal(30, 8)
        await pilot.pause()
        assert lines(app)[1] == plainly(("two", "2"), 30, here=True)


async def test_a_step_draws_two_lines_and_no_more_are_kept_than_some():
    app, asked = ListApp(), []

    class Watched(RowList):
        def refresh(self, *regions, **more):
            asked.append(regions)
            return super().refresh(*regions, **more)

    app.compose = lambda: iter([Watched(COLUMNS)])
    async with app.run_test(size=(60, 20)) as pilot:
        listed = app.query_one(Watched)
        listed.show([(f"row {n}", str(n), "") for n in range(1000)])
        listed.focus()
        await pilot.press("down")
        await pilot.pause()
        before = dict(listed._lines)
        asked.clear()
        await pilot.press("down")
        await pilot.pause()
        assert len(set(listed._lines) - set(before)) == 2
        assert {region.y for regions in asked for region in regions} == {2, 3} and all(asked)
        for _ in range(20):
            await pilot.press("pagedown")
            await pilot.pause()
        assert len(listed._lines) == KEPT
