"""The corpora and runs in some folders: what there is to open."""

from __future__ import annotations

import json
import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from personas.errors import InputError
from personas.manifest import MANIFEST, Manifest
from simulator.journal import JOURNAL, Journal
from tui.reading.provenance import RunState, last_write, provenance_of_run, state_of_run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["CorpusEntry", "RunEntry", "Shelf", "find_folders", "read_shelf"]

MAP = "communities.json"
"""What ``commonbond communities`` leaves in a corpus."""
DEPTH = 2
MOST_FOLDERS = 2_000
"""Folders that are looked into; a home folder with a million of them must not hold up the first screen."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CorpusEntry:
    """A corpus as it is listed; ``problem`` says why it cannot be opened, and is empty where it can."""

    folder: Path
    title: str = ""
    source: str = ""
    licence: str = ""
    fictional: bool = False
    communities: int = 0
    members: int = 0
    posts: int = 0
    votes: int = 0
    mapped: bool = False
    problem: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class RunEntry:
    """A run as it is listed, with what its model calls took; ``cost`` is in US dollars, None where unknown.

    ``problem`` says why it cannot be opened, and is empty where it can.
    """

    folder: Path
    corpus: str = ""
    predictor: str = ""
    fictional: bool = False
    state: RunState = "unfinished"
    done: int = 0
    total: int = 0
    written: float = 0.0
    scored: bool = False
    calls: int = 0
    tokens: int = 0
    cost: float | None = None
    problem: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shelf:
    """All that can be opened, corpora by name and runs with the newest first."""

    corpora: tuple[CorpusEntry, ...] = ()
    runs: tuple[RunEntry, ...] = ()

    @property
    def fictional(self) -> bool:
        """Whether everything here is fictional, and there is something."""
        known = [*(entry.fictional for entry in self.corpora), *(entry.fictional for entry in self.runs)]
        return bool(known) and all(known)


def find_folders(home: Sequence[Path]) -> tuple[Path, ...]:
    """Return the folders of corpora and runs that ``home`` names or holds, two levels deep; home is ``.`` if empty.

    Raises:
        InputError: a folder that is named does not exist.
    """
    found: dict[Path, None] = {}
    for root in home or [Path()]:
        if not root.is_dir():
            raise InputError("no such folder", where=str(root), remedy="name a corpus or a run")
        found.update(dict.fromkeys(_walk(root)))
    return tuple(found)


def read_shelf(folders: Sequence[Path]) -> Shelf:
    """Read what is listed of each corpus and run; one that is damaged is listed with its problem."""
    corpora = [_corpus(folder) for folder in folders if _is_corpus(folder)]
    runs = [_run(folder) for folder in folders if (folder / JOURNAL).is_file()]
    return Shelf(
        corpora=tuple(sorted(corpora, key=lambda entry: entry.folder.name)),
        runs=tuple(sorted(runs, key=lambda entry: (-entry.written, entry.folder.name))),
    )


def _walk(root: Path) -> Iterator[Path]:
    """Yield the folders that can be opened, going through the levels from the top."""
    level, looked = [root], 0
    for _ in range(DEPTH + 1):
        below: list[Path] = []
        for folder in level:
            looked += 1
            if looked > MOST_FOLDERS:
                return
            if (folder / JOURNAL).is_file() or _is_corpus(folder):
                yield folder
            else:
                below += _subfolders(folder)
        level = below


def _subfolders(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            names = [
                entry.name
                for entry in entries
                if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False)
            ]
    except OSError:  # a folder that may not be read holds nothing that could be opened
        return []
    return [folder / name for name in sorted(names)]


def _is_corpus(folder: Path) -> bool:
    path = folder / MANIFEST
    try:
        data: Any = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    except (OSError, ValueError):
        return False
    return isinstance(data, dict) and str(data.get("format", "")).startswith("commonbond-corpus/")


def _corpus(folder: Path) -> CorpusEntry:
    try:
        manifest = Manifest.load(folder)
    except InputError as error:
        return CorpusEntry(folder=folder, title=folder.name, problem=str(error))
    return CorpusEntry(
        folder=folder,
        title=manifest.title or folder.name,
        source=manifest.source,
        licence=manifest.licence,
        fictional=manifest.fictional,
        communities=len(manifest.communities),
        members=manifest.counts.get("members", 0),
        posts=manifest.counts.get("posts", 0) + manifest.counts.get("replies", 0),
        votes=manifest.counts.get("votes", 0),
        mapped=(folder / MAP).is_file(),
    )


def _run(folder: Path) -> RunEntry:
    try:
        written = last_write(folder)
        with Journal.read(folder) as journal:
            known = provenance_of_run(journal, folder)
            done, total = journal.progress()
            usage = journal.ledger.usage()
            costs = [row.cost for row in usage]
            return RunEntry(
                folder=folder,
                corpus=known.corpus,
                predictor=known.predictor,
                fictional=known.fictional,
                state=state_of_run(journal, folder),
                done=done,
                total=total,
                written=written,
                scored=journal.fact("scores") is not None,
                calls=sum(row.calls for row in usage),
                tokens=sum(row.tokens for row in usage),
                cost=sum(cost for cost in costs if cost is not None) if None not in costs else None,
            )
    except (InputError, sqlite3.Error, OSError, ValueError, AttributeError) as error:
        return RunEntry(folder=folder, problem=str(error))
