"""What must be known of the disk before a run begins: a free folder, and what stands in those that are named."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from personas.errors import InputError
from simulator.export.writing.staging import RUN
from simulator.journal import JOURNAL
from tui.ordering.engine import Engine, free_folder

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tui.ordering.engine import Order
    from tui.ordering.run_choices import RunKind

__all__ = ["PlaceEntry", "Ready", "begin", "find_ready", "place_problems"]

BENCHMARK = "benchmark.json"
WORDS: Mapping[str, str] = {"simulate": "run", "bench": "bench", "generate": "data"}


class PlaceEntry(Protocol):
    """A corpus or a benchmark, as the first screen lists it."""

    @property
    def folder(self) -> Path:
        """Where it is."""

    @property
    def title(self) -> str:
        """What it is called."""

    @property
    def source(self) -> str:
        """What it was read with."""

    @property
    def licence(self) -> str:
        """Of its texts."""

    @property
    def fictional(self) -> bool:
        """Whether its people and texts are invented."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ready:
    """A folder that is free, and whether the place is a benchmark and no corpus."""

    folder: Path
    benchmark: bool


def find_ready(place: Path, kind: RunKind) -> Ready:
    """Look for a folder that is free beside a place, and at what the place is."""
    return Ready(folder=free_folder(place, WORDS[kind]), benchmark=(place / BENCHMARK).is_file())


def place_problems(values: Mapping[str, str], kind: RunKind) -> dict[str, str]:
    """Return what is wrong with the folders and files that are named, by the fields' names.

    Args:
        values: ``out``, ``prompt_file`` and ``exclude``, as they were typed, where they were.
    """
    found = {}
    if problem := _out_problem(values.get("out", ""), kind):
        found["out"] = problem
    prompts, exclude = values.get("prompt_file", ""), values.get("exclude", "")
    if prompts and not Path(prompts).expanduser().is_file():
        found["prompt_file"] = "no such file"
    if exclude and not (Path(exclude).expanduser() / BENCHMARK).is_file():
        found["exclude"] = "no benchmark is there"
    return found


def begin(order: Order, kind: RunKind) -> Engine:
    """Start the engine.

    Raises:
        InputError: the folder cannot be written to, or the engine cannot be started.
    """
    if order.out is not None and (problem := _out_problem(str(order.out), kind)):
        raise InputError(problem, where=str(order.out), remedy="name another folder")
    return Engine(order)


def _out_problem(typed: str, kind: RunKind) -> str:
    if not typed:
        return ""
    folder = Path(typed).expanduser()
    if folder.exists() and not folder.is_dir():
        return "it is a file"
    run = folder / RUN if kind == "generate" else folder
    if folder.is_dir() and any(folder.iterdir()) and not (run / JOURNAL).is_file():
        return "it holds other files, and no run"
    above = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not above.is_dir() or not os.access(above, os.W_OK | os.X_OK):
        return f"nothing can be written in {above}"
    return ""
