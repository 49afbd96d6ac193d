"""An hour of a live run, simulated by replay: what the interface's memory does meanwhile.

A run of so many ballots as come in an hour is made, and played into a folder as fast as possible, over and over in
parts, while the interface watches it from each of its sides. What counts is what the interface holds at the end of
each part: after the first it must not grow.

    python tests/speed/replay_memory.py [--ballots 20000] [--laps 6]
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from simulator.item import Ballot, Item, Option, Preference
from simulator.journal import Journal
from tui.app import Interface

SIDES = "123456"
PANEL = 12
GROWTH = 15.0
"""MB that may be gained from the first lap's end to the last one's."""


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


async def watch(run: Path, laps: int, seconds: float) -> list[float]:
    """Watch a replay lap by lap, going round the sides; return the memory at each lap's end."""
    held = []
    with tempfile.TemporaryDirectory() as place:
        out = Path(place) / "hour"
        app = Interface([Path(place)])
        app.animation_level = "none"
        async with app.run_test(size=(140, 45)) as pilot:
            for lap in range(laps):
                speed = 3600.0 / seconds
                command = [sys.executable, "-m", "tui.cli.main", "replay", str(run), "--out", str(out)]
                player = subprocess.Popen(
                    [*command, "--speed", f"{speed:g}", "--json"], stdout=subprocess.DEVNULL
                )
                while not (out / "journal.sqlite").exists():
                    await pilot.pause(0.1)
                if not lap:
                    await pilot.pause(1.0)
                    app.visit("run", out)
                side = 0
                while player.poll() is None:
                    await pilot.pause(seconds / 12)
                    side = (side + 1) % len(SIDES)
                    await pilot.press(SIDES[side])
                gc.collect()
                held.append(resident())
                print(f"after {lap + 1} of {laps} hours: {held[-1]:.1f} MB", flush=True)
    return held


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--ballots", type=int, default=20_000)
    parser.add_argument("--laps", type=int, default=6)
    parser.add_argument("--seconds", type=float, default=15.0)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        begun = time.monotonic()
        run = make_run(Path(place) / "made", given.ballots)
        print(f"a run of {given.ballots:,} ballots made in {time.monotonic() - begun:.1f} s")
        held = asyncio.run(watch(run, given.laps, given.seconds))
    grown = held[-1] - held[0]
    print(f"{held[0]:.1f} MB after the first hour, {held[-1]:.1f} MB after the last: {grown:+.1f} MB")
    return 0 if grown < GROWTH else 1


if __name__ == "__main__":
    sys.exit(main())
