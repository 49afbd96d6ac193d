"""Draw the terminal interface's screens as pictures (SVG) for the README, without a terminal.

    python examples/screenshots.py FOLDER [--run NAME] [--out examples/pictures] [--size 120x34]

FOLDER holds a corpus and a benchmarked run of it, as ``commonbond demo --out FOLDER`` leaves them. The pictures name
no font and no address of the network, so that they look alike wherever they are opened.
"""

from __future__ import annotations

import argparse
import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING

from tui.app import Interface
from tui.reading.shelf import find_folders, read_shelf
from tui.widgets.rowlist import RowList

if TYPE_CHECKING:
    from textual.pilot import Pilot

# From the preferences of a run: a picture's name, and the keys that lead on to what it shows.
STEPS = (
    ("preferences", ()),
    ("ballots", ("enter",)),
    ("communities", ("escape", "4")),
    ("norms", ("n",)),
    ("evidence", ("p", "enter")),
    ("scores", ("escape", "3")),
    ("progress", ("1",)),
)


async def settled(pilot: Pilot[int]) -> None:
    """Wait until nothing is read any more and the screen is drawn."""
    for _ in range(200):
        await pilot.pause(0.03)
        if not any(worker.is_running for worker in pilot.app.workers):
            break
    await pilot.pause(0.1)


def save(app: Interface, path: Path) -> None:
    """Write what is shown, without the fonts that an SVG of Textual would fetch."""
    svg = app.export_screenshot(title="commonbond")
    svg = re.sub(r"<!--.*?-->|@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = svg.replace("Fira Code, monospace", "monospace").replace("Fira Code", "monospace")
    svg = svg.replace("&#160;", " ").replace("<text ", '<text xml:space="preserve" ')
    path.write_text(svg, encoding="utf-8")
    print(path)


def chosen(folder: Path, name: str) -> Path:
    """Return the folder of the run of a name, or of the newest that has scores where none is named."""
    runs = read_shelf(find_folders([folder])).runs
    found = [run.folder for run in runs if (run.folder.name == name if name else run.scored)]
    if not found:
        raise SystemExit(f"no such run in {folder}: {name or 'one with scores'}")
    return found[0]


async def draw(folder: Path, run: Path, out: Path, size: tuple[int, int]) -> None:
    """Open the folder, go through the screens of a run, and draw each."""
    app = Interface([folder])
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        save(app, out / "home.svg")
        app.visit("compare", run)
        await settled(pilot)
        app.screen.query_one("#items", RowList).focus()
        for name, keys in STEPS:
            await pilot.press(*keys)
            await settled(pilot)
            save(app, out / f"{name}.svg")


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
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    width, height = map(int, given.size.split("x"))
    asyncio.run(draw(given.folder, chosen(given.folder, given.run), given.out, (width, height)))


if __name__ == "__main__":
    main()
