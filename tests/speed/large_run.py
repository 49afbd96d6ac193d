"""Open Compare on a run of 100,000 judgements, sort it, filter it and scroll it; print what each took.

``python tests/speed/large_run.py [--judgements N]``: exits with 1 where opening takes a second or scrolling stalls.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from simulator.item import Item, Option, RealVotes
from simulator.journal import Journal
from simulator.journal.codec import item_body, to_text
from tui.app import Interface
from tui.screens.compare.items import CompareScreen
from tui.shell.smooth import run_smoothly
from tui.widgets.rowlist import RowList

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

OPENS, STALLS = 1.0, 0.05
"""Seconds: until the first rows stand there, and the longest that the interface may not answer (95th percentile)."""


def make_run(folder: Path, count: int) -> None:
    """Write the journal of a finished run of ``count`` judgements, four to an item, with three baselines."""
    rng = np.random.default_rng(7)
    communities = ("tea", "cats", "moss", "rain")
    with Journal.create(folder) as journal:
        source = {"title": "made", "source": "made", "licence": "CC0", "fictional": True}
        journal.set_facts({"predictor": "made by hand", "state": "done", "source": source})
        jobs, items, results, sizes = [], [], [], []
        for place in range(count // len(communities)):
            size = 2 + place % 4
            real = rng.dirichlet(np.ones(size), size=len(communities))
            votes = {
                name: RealVotes(shares=tuple(row), voters=40)
                for name, row in zip(communities, real, strict=True)
            }
            options = tuple(Option(text=f"option {n} of {place}, said at some length") for n in range(size))
            item = Item(item=f"item-{place}", query=f"What about {place}?", options=options, votes=votes)
            items.append((item.item, place, 0, to_text(item_body(item))))
            for name in communities:
                jobs.append((item.item, name))
                sizes.append(size)
                said = {
                    "shares": rng.dirichlet(np.ones(size)).tolist(),
                    "low": [0.0] * size,
                    "high": [1.0] * size,
                }
                body = {
                    "preference": {**said, "ballots": 16, "abstentions": 0},
                    "errors": [],
                    "position_bias": [0.1, -0.1],
                }
                results.append((item.item, name, json.dumps(body)))
        journal.add_jobs(jobs)
        for number in range(3):
            journal.add_predictions(
                number,
                f"baseline {number}",
                ((*job, (1.0,) + (0.0,) * (size - 1)) for job, size in zip(jobs, sizes, strict=True)),
            )
        with journal._writing():  # one transaction: ``add_result`` makes one each
            journal._db.executemany("INSERT INTO items VALUES (?, ?, ?, ?)", items)
            journal._db.executemany("INSERT INTO results VALUES (?, ?, ?)", results)


async def _until(pilot: Pilot[int], wanted: Callable[[], object], most: float = 60.0) -> float:
    begun = time.perf_counter()
    while not wanted():
        await asyncio.sleep(0.002)
        if time.perf_counter() - begun > most:
            raise TimeoutError(str(pilot.app.screen))
    return time.perf_counter() - begun


class Lag:
    """How late the loop comes back from sleeping a moment, while it is entered."""

    def __init__(self) -> None:
        self.seen: list[float] = []

    async def __aenter__(self) -> Lag:
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()

    async def _watch(self) -> None:
        while True:
            begun = time.perf_counter()
            await asyncio.sleep(0.002)
            self.seen.append(time.perf_counter() - begun - 0.002)

    def told(self) -> str:
        """Return the lag in words."""
        p50, p95 = np.percentile(self.seen, [50, 95]) * 1000
        return f"lag p50 {p50:.1f} ms, p95 {p95:.1f} ms, max {max(self.seen) * 1000:.0f} ms"


async def measure(folder: Path) -> int:
    """Print the figures, and return 1 where one is too large."""
    app = Interface((folder,))
    app.animation_level = "none"
    async with app.run_test(size=(140, 45)) as pilot:
        run_smoothly(app)
        await _until(pilot, lambda: isinstance(app.screen, CompareScreen) and app.screen._listing)
        app.push_screen(CompareScreen(folder))
        await _until(pilot, lambda: len(app.screen_stack) == 3)
        screen = app.screen
        opened = await _until(pilot, lambda: screen._listing)
        listed = screen.query_one("#items", RowList)
        print(f"opens {len(listed.rows):,} judgements in {opened:.2f} s")
        worst = await _scrolled(pilot, listed, "in the run's order")
        await _listed(pilot, "sorted by divergence", "s", "down", "down", "down", "enter")
        worst = max(worst, await _scrolled(pilot, listed, "sorted"))
        await _listed(pilot, "found a text", "slash", *"option 3 of 99", "enter")
    return int(opened > OPENS or worst > STALLS)


async def _listed(pilot: Pilot[int], name: str, *keys: str) -> None:
    """Press keys and print how long it takes until the list is another one."""
    screen = pilot.app.screen
    before = screen._listing
    async with Lag() as lag:
        for key in keys[:-1]:
            await pilot.press(key)
        begun = time.perf_counter()
        await pilot.press(keys[-1])
        await _until(pilot, lambda: screen._listing is not before)
        took = time.perf_counter() - begun
    print(f"{name}: {len(screen._listing.rows):,} in {took:.2f} s; {lag.told()}")


async def _scrolled(pilot: Pilot[int], listed: RowList, name: str) -> float:
    """Page through a list to its end, print how late the loop was, and return its 95th percentile in seconds."""
    async with Lag() as lag:
        for _ in range(150):
            listed.action_page(1)
            await asyncio.sleep(0.03)
        await pilot.press("end")
        shown = await _until(pilot, lambda: listed.rows[len(listed.rows) - 1])
    print(f"scrolled {name}: 150 pages, and {shown:.2f} s until the end is there; {lag.told()}")
    return float(np.percentile(lag.seen, 95))


def main() -> int:
    """Make the run in a temporary folder and measure."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--judgements", type=int, default=100_000)
    count = parser.parse_args().judgements
    with tempfile.TemporaryDirectory() as folder:
        make_run(Path(folder) / "run", count)
        return asyncio.run(measure(Path(folder) / "run"))


if __name__ == "__main__":
    sys.exit(main())
