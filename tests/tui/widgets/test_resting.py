"""Details are drawn at once after some rest, and while keys repeat only for where they stop."""

from __future__ import annotations

from textual.app import App

from tui.widgets.resting import Resting


async def test_the_first_is_done_at_once_and_of_those_that_follow_only_the_last(look):
    app, done = App(), []
    async with app.run_test() as pilot:
        later = Resting(app, rest=0.3)
        for number in range(5):
            later(lambda number=number: done.append(number))
        assert done == [0]
        await look.until(pilot, lambda: len(done) > 1)
        await pilot.pause(0.4)
        assert done == [0, 4]
        later(lambda: done.append(9))
        assert done == [0, 4, 9]


async def test_what_was_called_off_is_not_done():
    app, done = App(), []
    async with app.run_test() as pilot:
        later = Resting(app, rest=0.05)
        later(lambda: done.append(1))
        later(lambda: done.append(2))
        later.cancel()
        await pilot.pause(0.2)
        assert done == [1]
