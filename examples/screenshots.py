"""Draw the terminal interface's screens as pictures (SVG) for the README, without a terminal.

    python examples/screenshots.py FOLDER [--run NAME] [--out examples/pictures] [--size 120x34] [--only NAME ...]

FOLDER holds a corpus and a benchmarked run of it, as ``commonbond demo --out FOLDER`` leaves them, and perhaps a run
of ``commonbond ask``. The pictures name no font and no address of the network, so that they look alike wherever they
are opened. The tests go the same tour, and hold what they see against kept pictures.
"""

from __future__ import annotations

import argparse
import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from textual.widgets import Input, TextArea

from personas.errors import InputError
from simulator.journal import Journal
from tui.app import Interface
from tui.reading.shelf import find_folders, read_shelf
from tui.shell.pictures import taken

if TYPE_CHECKING:
    from textual.pilot import Pilot

    from tui.shell.pictures import Picture

STILL, LONGEST, STEP = 0.25, 20.0, 0.05
"""Seconds that nothing moves on a screen that has settled, that are waited at the most, and between two looks."""


@dataclass(frozen=True)
class Stop:
    """One stop of the tour: a picture's name, the place to open, of what, and the keys that lead on from there.

    ``engine`` says that what is shown comes of an engine's process, which takes its time.
    """

    name: str
    place: str = ""
    keys: tuple[str, ...] = ()
    of: str = "run"
    engine: bool = False


TOUR = (
    Stop("home"),
    Stop("simulate", keys=("s",)),
    Stop("progress", "run"),
    Stop("preferences", "compare"),
    Stop("ballots", "compare", ("enter",)),
    Stop("why", "compare", ("enter", "w"), engine=True),
    Stop("scores", "scores"),
    Stop("communities", "communities"),
    Stop("norms", "communities", ("n",)),
    Stop("evidence", "communities", ("p", "enter")),
    Stop("graph", "graph", of="corpus"),
    Stop("members", "graph", ("enter",), of="corpus"),
    Stop("personas", "personas"),
    Stop("generate", "generate", ("p",) * 6),
    Stop("question", "question", of="corpus"),
    Stop("answers", "answers", ("space",), of="asked"),
    Stop("help", "compare", ("question_mark",)),
    Stop("palette", "compare", ("ctrl+p",)),
)


@dataclass(frozen=True, kw_only=True)
class Folders:
    """What is looked at: a run, its corpus, and a run that asked one question; None where there is none."""

    run: Path
    corpus: Path | None = None
    asked: Path | None = None

    def of(self, kind: str) -> Path | None:
        """Return the folder of a kind."""
        return {"run": self.run, "corpus": self.corpus, "asked": self.asked}[kind]


def looked_at(folder: Path, name: str = "") -> Folders:
    """Return what a folder holds: the run of a name, or the newest that has scores where none is named.

    Raises:
        InputError: there is no such run.
    """
    shelf = read_shelf(find_folders([folder]))
    found = [run for run in shelf.runs if (run.folder.name == name if name else run.scored)]
    if not found:
        raise InputError(f"no such run: {name or 'one with scores'}", where=str(folder))
    run = found[0]
    corpora = [entry.folder for entry in shelf.corpora if entry.title == run.corpus]
    asked = [other.folder for other in shelf.runs if _command(other.folder) == "ask"]
    return Folders(run=run.folder, corpus=corpora[0] if corpora else None, asked=asked[0] if asked else None)


def _command(run: Path) -> str:
    with Journal.read(run) as journal:
        command = journal.fact("command")
        items = journal.items(count=2)
    if command:
        return str(command["arguments"][0])
    return "ask" if len(items) == 1 and not items[0].votes else ""


async def settled(pilot: Pilot[int]) -> None:
    """Wait until nothing is read any more and nothing moves."""
    still, seen = 0.0, ""
    for _ in range(int(LONGEST / STEP)):
        await pilot.pause(STEP)
        for field in (*pilot.app.screen.query(Input), *pilot.app.screen.query(TextArea)):
            field.cursor_blink = False
        now = taken(pilot.app).text
        busy = any(worker.is_running for worker in pilot.app.workers)
        still = 0.0 if now != seen or busy else still + STEP
        if still >= STILL:
            return
        seen = now


async def draw(home: Path, folders: Folders, stop: Stop, size: tuple[int, int]) -> Picture | None:
    """Open the interface at a stop of the tour, and return what it shows; None where its folder is missing."""
    folder = folders.of(stop.of)
    if folder is None:
        return None
    app = Interface([home])
    app.animation_level = "none"
    async with app.run_test(size=size, notifications=True) as pilot:
        await settled(pilot)
        if stop.place:
            app.visit(stop.place, folder)
            await settled(pilot)
        for key in stop.keys:
            await pilot.press(key)
            await settled(pilot)
        return taken(app)


def main() -> None:
    """Draw all pictures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument(
        "--run", default="", help="the run's name; the newest that has scores where not given"
    )
    parser.add_argument("--out", type=Path, default=Path(__file__).with_name("pictures"))
    parser.add_argument("--size", default="120x34", help="columns and rows, as 80x24")
    parser.add_argument("--only", nargs="*", default=[], metavar="NAME", help="these pictures alone")
    given = parser.parse_args()
    width, height = map(int, given.size.split("x"))
    given.out.mkdir(parents=True, exist_ok=True)
    try:
        folders = looked_at(given.folder, given.run)
    except InputError as error:
        raise SystemExit(str(error)) from error
    for stop in TOUR:
        if not given.only or stop.name in given.only:
            picture = asyncio.run(draw(given.folder, folders, stop, (width, height)))
            if picture is not None:
                path = given.out / f"{stop.name}.svg"
                path.write_text(picture.svg(), encoding="utf-8")
                print(path, flush=True)


if __name__ == "__main__":
    main()
