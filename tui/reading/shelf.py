"""The corpora, runs, benchmarks and preference data in some folders: what there is to open."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from personas.errors import InputError
from personas.manifest import MANIFEST, Manifest
from tui.reading.provenance import RunState, last_write, provenance_of_run, state_of_run

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

__all__ = [
    "BenchmarkEntry",
    "CorpusEntry",
    "DataEntry",
    "RunEntry",
    "Shelf",
    "find_folders",
    "read_shelf",
]

MAP = "communities.json"
"""What ``commonbond communities`` leaves in a corpus."""
Entry = TypeVar("Entry", "CorpusEntry", "BenchmarkEntry", "DataEntry")
BENCHMARK, DATA = "benchmark.json", "export.json"
"""The manifests of a benchmark and of preference data, which are read by more than the first screen needs."""
Keep = Callable[[Path, Callable[[Path], Any]], Any]
CONTROLS = "controls"
"""Where a benchmarked run keeps the runs of its controls."""
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

    ``problem`` says why it cannot be opened, and is empty where it can. ``made_of`` is the corpus's folder; ``of``
    the run that this is a control of, None where it is none; ``asked`` tells that it answers one question.
    """

    folder: Path
    corpus: str = ""
    made_of: Path | None = None
    of: Path | None = None
    predictor: str = ""
    fictional: bool = False
    state: RunState = "unfinished"
    done: int = 0
    total: int = 0
    written: float = 0.0
    scored: bool = False
    asked: bool = False
    calls: int = 0
    tokens: int = 0
    cost: float | None = None
    problem: str = ""

    @property
    def side(self) -> str:
        """The place that it is opened on (``tui.places``): its preferences once it is done, a question's answers."""
        if self.asked:
            return "answers"
        return "compare" if self.state == "done" else "run"


@dataclass(frozen=True, kw_only=True, slots=True)
class BenchmarkEntry:
    """A benchmark as it is listed; ``problem`` says why it cannot be used, and is empty where it can."""

    folder: Path
    title: str = ""
    source: str = ""
    licence: str = ""
    fictional: bool = False
    items: int = 0
    problem: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class DataEntry:
    """Preference data as it is listed; ``run`` is the folder of the run that it was exported from.

    ``problem`` says why it cannot be opened, and is empty where it can.
    """

    folder: Path
    run: Path | None = None
    corpus: str = ""
    predictor: str = ""
    fictional: bool = False
    rows: int = 0
    problem: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Shelf:
    """All that can be opened, by name but for the runs: the newest first, each before its controls."""

    corpora: tuple[CorpusEntry, ...] = ()
    runs: tuple[RunEntry, ...] = ()
    benchmarks: tuple[BenchmarkEntry, ...] = ()
    data: tuple[DataEntry, ...] = ()

    @property
    def fictional(self) -> bool:
        """Whether everything here is fictional, and there is something."""
        parts = (self.corpora, self.runs, self.benchmarks, self.data)
        known = [entry.fictional for part in parts for entry in part]
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


def read_shelf(folders: Sequence[Path], *, controls: bool = False, keep: Keep | None = None) -> Shelf:
    """Read what is listed of each folder; one that is damaged is listed with its problem.

    Args:
        controls: whether the runs of a run's controls are listed after it.
        keep: is given a folder and what reads it, and returns what that gives, or gave before.
    """
    from simulator.journal import JOURNAL

    kept = keep or _read
    found = [kept(folder, _run) for folder in _with(folders, JOURNAL)]
    runs: list[RunEntry] = []
    for entry in sorted(found, key=lambda entry: (-entry.written, entry.folder.name)):
        beside = _with(_subfolders(entry.folder / CONTROLS), JOURNAL) if controls else []
        runs += [entry, *(replace(kept(folder, _run), of=entry.folder) for folder in beside)]
    corpora = [kept(folder, _corpus_if) for folder in _with(folders, MANIFEST)]
    benchmarks = [kept(folder, _benchmark) for folder in _with(folders, BENCHMARK)]
    data = [kept(folder, _data) for folder in _with(folders, DATA)]
    return Shelf(
        corpora=_by_name(entry for entry in corpora if entry is not None),
        runs=tuple(runs),
        benchmarks=_by_name(benchmarks),
        data=_by_name(data),
    )


def _read(folder: Path, read: Callable[[Path], Any]) -> Any:
    return read(folder)


def _with(folders: Iterable[Path], name: str) -> list[Path]:
    return [folder for folder in folders if (folder / name).is_file()]


def _corpus_if(folder: Path) -> CorpusEntry | None:
    return _corpus(folder) if _is_corpus(folder) else None


def _by_name(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: entry.folder.name))


def _walk(root: Path) -> Iterator[Path]:
    """Yield the folders that can be opened, going through the levels from the top."""
    from simulator.journal import JOURNAL

    level, looked = [root], 0
    for _ in range(DEPTH + 1):
        below: list[Path] = []
        for folder in level:
            looked += 1
            if looked > MOST_FOLDERS:
                return
            if (folder / JOURNAL).is_file() or _is_corpus(folder) or (folder / BENCHMARK).is_file():
                yield folder
                continue
            if (folder / DATA).is_file():
                yield folder
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


def _benchmark(folder: Path) -> BenchmarkEntry:
    from bench.benchmark.manifest import BenchmarkManifest

    try:
        manifest = BenchmarkManifest.load(folder)
        return BenchmarkEntry(
            folder=folder,
            title=manifest.title or folder.name,
            source=manifest.source,
            licence=manifest.licence,
            fictional=manifest.fictional,
            items=sum(int(number) for number in manifest.parts.values()),
        )
    except (InputError, ValueError, TypeError, AttributeError) as error:
        return BenchmarkEntry(folder=folder, title=folder.name, problem=str(error))


def _data(folder: Path) -> DataEntry:
    from simulator.export.manifest import Manifest as DataManifest
    from simulator.journal import JOURNAL

    try:
        manifest = DataManifest.load(folder)
        run = (folder / str(manifest.run["folder"])).resolve()
        return DataEntry(
            folder=folder,
            run=run if (run / JOURNAL).is_file() else None,
            corpus=str(manifest.corpus["title"]),
            predictor=str(manifest.run["predictor"]),
            fictional=bool(manifest.corpus["fictional"]),
            rows=sum(facts.rows for facts in manifest.files.values()),
        )
    except (InputError, OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        return DataEntry(folder=folder, problem=str(error))


def _run(folder: Path) -> RunEntry:
    from simulator.journal import Journal

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
                made_of=known.folder if str(known.folder) != "." else None,
                predictor=known.predictor,
                fictional=known.fictional,
                state=state_of_run(journal, folder),
                done=done,
                total=total,
                written=written,
                scored=journal.fact("scores") is not None,
                asked=(journal.fact("command") or {}).get("arguments", [""])[:1] == ["ask"],
                calls=sum(row.calls for row in usage),
                tokens=sum(row.tokens for row in usage),
                cost=sum(cost for cost in costs if cost is not None) if None not in costs else None,
            )
    except (InputError, sqlite3.Error, OSError, ValueError, AttributeError) as error:
        return RunEntry(folder=folder, problem=str(error))
