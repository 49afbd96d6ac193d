"""An hour of a live run, simulated by replay: what the interface's memory does meanwhile.

A run of so many ballots as come in an hour is made and played once, at a speed, into a folder that the interface
watches from each of its sides in turn. The memory of its process is looked at many times a second; after a warm-up,
the mean of each round of the sides counts. Flat is: the slope through the rounds is not told from zero, or the most
that it may be is under a small bound.

    python tests/speed/replay_memory.py [--ballots 20000] [--seconds 150] [--bound 3]
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.item import Ballot, Item, Option, Preference
from simulator.journal import Journal
from tui.app import Interface
from tui.shell.smooth import run_smoothly

if TYPE_CHECKING:
    from textual.pilot import Pilot

SIDES = "123456"
PANEL = 12
ROUNDS = 20
"""How often all sides are gone round in the hour."""
WARM = 0.25
"""The share of the hour after which what is filled once, is filled."""


def resident() -> float:
    """Return the memory that this process has, in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def make_run(folder: Path, ballots: int) -> Path:
    """Write a finished run whose events are spread over an hour."""
    names = ("tea", "cats")
    with Journal.create(folder) as journal:
        journal.set_facts(
            {
                "state": "done", "predictor": "made for a measurement", "settings": {"seed": 7, "prior": 0.5},
                "source": {"title": "Made", "folder": "", "source": "made", "licence": "CC0", "fictional": True},
                "embedder": "words", "warnings": [],
            }
        )  # fmt: skip
        journal.add_communities((name, {"title": name}) for name in names)
        options = (Option(text="Warm the pot first."), Option(text="Never boil it twice, and weigh it."))
        items = [
            Item(item=f"item{number:06}", query=f"Advice {number}?", options=options)
            for number in range(ballots // PANEL // 2)
        ]
        journal.add_items(items)
        journal.add_jobs((item.item, name) for item in items for name in names)
        journal.event("start", {"jobs": len(items) * 2})
        for number, item in enumerate(items):
            for name in names:
                first = 3 + number % 7
                cast = [
                    Ballot(
                        persona=f"{name}#{at:02}",
                        choice=int(at >= first),
                        shares=(1.0, 0.0),
                        reason=f"as in {number}",
                    )
                    for at in range(PANEL)
                ]
                shares = (first / PANEL, 1 - first / PANEL)
                told = Preference(shares=shares, low=(0.1, 0.1), high=(0.9, 0.9), ballots=PANEL)
                journal.add_result(
                    item, name, cast, [], {"preference": asdict(told), "rounds": 0, "errors": []}
                )
        journal.event("done", {})
        last = journal.last_event()
        journal._db.execute("UPDATE events SET at = 1e9 + 3600.0 * number / ?", [last])
        journal._db.commit()
    return folder


async def watch(run: Path, seconds: float) -> list[float]:
    """Watch a replay that takes so many seconds; return the mean memory of each round of the sides, in MB."""
    rounds = []
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "hour"
        command = [sys.executable, "-m", "tui.cli.main", "replay", str(run), "--out", str(out), "--json"]
        app = Interface([Path(place)])
        app.animation_level = "none"
        async with app.run_test(size=(140, 45)) as pilot:
            run_smoothly(app)
            player = subprocess.Popen(
                [*command, "--speed", f"{3600 / seconds:g}"],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            while not (out / "journal.sqlite").exists():
                await pilot.pause(0.1)
            app.visit("run", out)
            begun = time.monotonic()
            while player.poll() is None:
                held = [
                    value
                    for side in SIDES
                    for value in await seen(pilot, side, seconds / ROUNDS / len(SIDES))
                ]
                rounds.append(statistics.mean(held))
                hour = (time.monotonic() - begun) / seconds
                print(f"after {60 * hour:5.1f} minutes of the run: {rounds[-1]:6.1f} MB", flush=True)
    return rounds


async def seen(pilot: Pilot[int], side: str, seconds: float) -> list[float]:
    """Show a side for a while, move on it, and return the memory as it was meanwhile."""
    await pilot.press(side)
    held, end = [], time.monotonic() + seconds
    while time.monotonic() < end:
        await pilot.press("down")
        await pilot.pause(0.05)
        held.append(resident())
    return held


def slope(rounds: list[float]) -> tuple[float, float]:
    """Return the least-squares slope of equally spaced figures, and half its 95 % interval, both over all of them."""
    from scipy.stats import linregress, t

    fit = linregress(range(len(rounds)), rounds)
    return fit.slope * len(rounds), float(t.ppf(0.975, len(rounds) - 2)) * fit.stderr * len(rounds)


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ballots", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=150.0, help="that the hour takes")
    parser.add_argument("--bound", type=float, default=3.0, help="MB that may be gained in the hour")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        begun = time.monotonic()
        run = make_run(Path(place) / "made", given.ballots)
        print(f"a run of {given.ballots:,} ballots made in {time.monotonic() - begun:.1f} s")
        rounds = asyncio.run(watch(run, given.seconds))
    warm = rounds[round(WARM * len(rounds)) :]
    over, half = slope(warm)
    per_hour, most = over / (1 - WARM), (over + half) / (1 - WARM)
    flat = over - half <= 0 or most < given.bound
    print(
        f"{warm[0]:.1f} MB after the warm-up, {warm[-1]:.1f} MB at the end: {per_hour:+.2f} MB an hour, at most "
        f"{most:+.2f} (95 %); wanted: not told from zero, or under {given.bound:g}: {'flat' if flat else 'GROWS'}"
    )
    return 0 if flat else 1


if __name__ == "__main__":
    sys.exit(main())
