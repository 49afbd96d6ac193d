"""Every screen of the interface and everything that opens over one, as walks that tests go in any size of terminal.

``async for step in walked(walk, app, pilot, look, folders)`` stops after every key.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.journal import Journal
from tui.reading.shelf import find_folders, read_shelf
from tui.screens.compare.ballots import BallotsScreen
from tui.screens.run.configure import ConfigureScreen

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path
    from types import SimpleNamespace

    from textual.pilot import Pilot

    from tui.app import Interface

__all__ = ["WALKS", "Folders", "Walk", "walked"]


@dataclass(frozen=True, kw_only=True)
class Folders:
    """What is looked at: a corpus that was mapped, a scored run of it, and one on a model."""

    home: Path
    corpus: Path
    run: Path
    model: Path


@dataclass(frozen=True)
class Walk:
    """A place and the keys that lead through it.

    Args:
        name: what it is called, in the words of a test. ``place``: of ``tui.places``, or a screen that is none
            of those; the first screen where empty. ``keys``: pressed one after the other. ``of``: whose it is.
    """

    name: str
    place: str = ""
    keys: str = ""
    of: str = "run"


WALKS = (
    Walk("home", keys="tab down question_mark escape f2 enter escape escape ctrl+p c o r p"),
    Walk("communities", "communities", "p enter escape n enter escape h m l"),
    Walk("graph", "graph", "enter o escape down enter slash x enter", of="corpus"),
    Walk("question", "question", of="corpus"),
    Walk("answers", "answers", "space m"),
    Walk("why", "why", of="model"),
    Walk("personas", "personas", "t T T", of="model"),
    Walk("run", "run", of="model"),
    Walk("simulate", "simulate", of="corpus"),
    Walk("generating", "generate preference data", of="corpus"),
    Walk("compare", "compare", "b s escape c escape slash x escape e"),
    Walk("two runs", "compare", "v enter"),
    Walk("ballots", "compare", "enter o"),
    Walk("prompt", "ballots", "p", of="model"),
    Walk("scores", "scores", "down"),
    Walk("generate", "generate", "P d d enter"),
    Walk("export", "generate", "x"),
)
OTHERS = {"simulate": "simulate", "generate preference data": "generate"}


async def walked(
    walk: Walk, app: Interface, pilot: Pilot[int], look: SimpleNamespace, folders: Folders
) -> AsyncIterator[str]:
    """Yield where one is, once it is drawn: at the place, and after each key."""
    await look.settled(pilot)
    _open(walk, app, getattr(folders, walk.of))
    await look.settled(pilot)
    yield walk.name
    pressed: list[str] = []
    for key in walk.keys.split():
        await pilot.press(key)
        await look.settled(pilot)
        pressed.append(key)
        yield f"{walk.name}, {' '.join(pressed)}"


def _open(walk: Walk, app: Interface, folder: Path) -> None:
    given: dict[str, Any] = {}
    if walk.place in OTHERS:
        entry = read_shelf(find_folders([folder])).corpora[0]
        app.push_screen(ConfigureScreen(entry, OTHERS[walk.place]))
    elif walk.place in {"ballots", "why"}:
        with Journal.read(folder) as journal:
            given["item"], given["community"], _ = next(journal.results())
            given["persona"] = journal.ballots(given["item"], given["community"])[0].persona
        if walk.place == "why":
            app.visit("why", folder, **given)
        else:
            app.push_screen(BallotsScreen(folder, given["item"], given["community"]))
    elif walk.place:
        app.visit(walk.place, folder)
