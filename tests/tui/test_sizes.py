"""The edges of every screen are readable in every terminal: where one is above, and which keys lead on below.

That every line of every screen is as wide as the terminal is seen in test_hostile, with the worst texts there are.
"""

from __future__ import annotations

import pytest
from rich.cells import cell_len

from tui.places import PLACES, SIDES
from tui.reading.provenance import Provenance
from tui.widgets.keyline import KeyLine, _fitting, _Shown
from tui.widgets.topbar import FICTIONAL, TopBar


@pytest.mark.parametrize(
    ("width", "wanted"),
    [
        (140, "commonbond › run1  1 Run ▸2 Compare  3 Scores  4 Communities  5 Personas  6 Generate"),
        (80, "run1 1 Run ▸2 Compare 3 Scores 4 Communities 5 Personas 6 Generate"),
        (60, "commonbond › run1 1 ▸2 Compare 3 4 5 6"),
    ],
)
async def test_the_sides_stand_in_full_closer_together_or_as_numbers(made, look, width, wanted):
    app, opened = look.opened(made / "run1", size=(width, 24))
    async with opened as pilot:
        await look.until(pilot, lambda: "sim  ▒" in look.text(app))
        assert look.text(app).split("\n")[0].strip() == wanted


@pytest.mark.parametrize("place", SIDES)
@pytest.mark.parametrize("width", [40, 58, 78, 100, 138])
async def test_the_top_says_where_one_is_and_what_it_rests_on_at_every_width(made, place, width):
    bar = TopBar(SIDES[place], tuple(SIDES.values()))
    bar.show(
        Provenance(
            name="猫" * 40,
            corpus="c" * 90,
            source="s",
            licence="l",
            folder=made,
            fictional=True,
            predictor="p",
        )
    )
    first = bar._first(width).plain
    assert cell_len(first) <= width
    assert f"▸{list(SIDES).index(place) + 1} {SIDES[place]}" in first
    assert all(str(number) in first for number in range(1, len(SIDES) + 1))
    assert len(bar._spans) == len(SIDES) and bar._spans[-1][1] <= width + 1
    assert FICTIONAL.isupper() and set(SIDES) <= set(PLACES)


def keys(*does: str) -> list[_Shown]:
    actions = {"Help": "guide", "Quit": "quit", "Back": "leave"}
    return [
        _Shown(
            key=each[0].lower(),
            name=each[0].lower(),
            does=each,
            told="",
            action=actions.get(each, each),
            enabled=True,
        )
        for each in does
    ]


def test_keys_that_do_not_fit_are_left_out_from_the_end_but_never_the_way_back_to_help_and_out():
    every = keys("Open", "Back", "Sort", "Find", "Differing", "Help", "Quit")
    assert sum(key.width for key in every) == 61

    def shown(width):
        return [key.does for key in _fitting(every, width)]

    assert shown(61) == ["Open", "Back", "Sort", "Find", "Differing", "Help", "Quit"]
    assert shown(60) == ["Open", "Back", "Sort", "Find", "Help", "Quit"]
    assert shown(40) == ["Open", "Back", "Sort", "Help", "Quit"]
    assert shown(10) == ["Back", "Help", "Quit"]


async def test_the_keys_at_the_foot_follow_the_focus_the_width_and_the_keys_of_ones_own(made, look):
    app, opened = look.opened(made, size=(60, 24))
    async with opened as pilot:
        await look.settled(pilot)

        def foot():
            return look.text(app).split("\n")[-1]

        assert "Benchmark" in foot() and "Generate" not in foot() and "? Help  q Quit" in foot()
        await pilot.resize_terminal(120, 24)
        await look.settled(pilot)
        assert "g Generate" in foot()
        app.bind_keys({"home.ask": "f7"})
        await look.settled(pilot)
        assert "f7 Ask" in foot() and " a Ask" not in foot()
        assert app.screen.query_one(KeyLine).region.height == 1
