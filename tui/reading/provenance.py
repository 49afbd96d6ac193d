"""What stands on every screen: what was simulated, by which predictor, on what corpus, and if it is fictional."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from tui.plaintext import one_line

if TYPE_CHECKING:
    from personas.manifest import Manifest
    from simulator.journal import Journal

__all__ = [
    "Provenance",
    "RunState",
    "at_rest",
    "control_at_work",
    "last_write",
    "provenance_of_corpus",
    "provenance_of_run",
    "run_name",
    "state_of_run",
    "written_speed",
]

CONTROLS = "controls"
"""The folder in a benchmark's run that holds the runs of its controls."""
RunState = Literal["done", "running", "paused", "stopped", "unfinished"]
"""A paused run has an engine that begins nothing more. A stopped run ended its engine itself, an unfinished one lost
it; both go on with the same command."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Provenance:
    """Where a screen's figures come from.

    Args:
        name: the folder's name, of the run or of the corpus.
        corpus: the corpus's title. ``source``: the reader it was read with. ``licence``: of its texts.
        folder: where the corpus is.
        fictional: whether its people and texts are invented.
        predictor: what made the ballots; empty where nothing was simulated.
        embedder: the model that texts are compared by; empty where none was used.
        membership: how the communities were settled, in words.
        replay: for the replay of a run, of which one and at what speed, in words; else empty.
    """

    name: str
    corpus: str
    source: str
    licence: str
    folder: Path
    fictional: bool
    predictor: str = ""
    embedder: str = ""
    membership: str = ""
    replay: str = ""

    @property
    def line(self) -> str:
        """All of it in one line, the most important first."""
        what = f"{self.predictor} on {self.corpus}" if self.predictor else f"corpus {self.corpus}"
        return one_line(" · ".join(part for part in (self.replay, what, self.source, self.licence) if part))


def run_name(folder: Path) -> str:
    """Return what a run is called: its folder's name, and for the run of preference data the data's as well."""
    from simulator.export.writing.staging import RUN

    name = folder.resolve().name
    return f"{folder.resolve().parent.name}/{name}" if name == RUN else name


def provenance_of_run(journal: Journal, folder: Path) -> Provenance:
    """Read it from a run's journal."""
    source = journal.fact("source") or {}
    corpus_folder = Path(str(source.get("folder", "")))
    return Provenance(
        name=run_name(folder),
        corpus=str(source.get("title") or corpus_folder.name or "an unnamed corpus"),
        source=str(source.get("source", "")),
        licence=str(source.get("licence", "")),
        folder=corpus_folder,
        fictional=bool(source.get("fictional", False)),
        predictor=str(journal.fact("predictor") or "unknown predictor"),
        embedder=str(journal.fact("embedder") or ""),
        membership=_membership(str(source.get("membership", "")), str(source.get("method", ""))),
        replay=_replay(journal.fact("replay_of")),
    )


def provenance_of_corpus(
    manifest: Manifest, folder: Path, *, origin: str = "", method: str = ""
) -> Provenance:
    """Read it from a corpus's manifest."""
    return Provenance(
        name=folder.resolve().name,
        corpus=manifest.title or folder.resolve().name,
        source=manifest.source,
        licence=manifest.licence,
        folder=folder,
        fictional=manifest.fictional,
        membership=_membership(origin, method),
    )


def state_of_run(journal: Journal, folder: Path) -> RunState:
    """Return the state of the run in ``folder``: what its journal says, and whether an engine is at work on it."""
    from simulator.journal.control import is_paused
    from simulator.journal.lock import is_running

    said = journal.fact("state")
    # A command goes on to score or write what it judged; a program may hold a run that is done as long as it likes.
    if said == "done" and journal.fact("command") is None:
        return "done"
    if is_running(folder):
        return "paused" if is_paused(folder) else "running"
    if said == "done":
        return "done"
    return "stopped" if said == "stopped" else "unfinished"


def at_rest(journal: Journal, folder: Path) -> bool:
    """Return whether nothing is under way in a run: no engine works on it, or the one that does has paused."""
    from simulator.journal import Journal
    from simulator.journal.control import is_paused
    from simulator.journal.lock import is_running

    if not is_running(folder):
        return True
    inner = control_at_work(journal, folder)
    if inner is None:
        return is_paused(folder) and _said_paused(journal)
    with Journal.read(inner) as other:
        return is_paused(folder) and _said_paused(other)


def control_at_work(journal: Journal, folder: Path) -> Path | None:
    """Return the folder of the control that the engine of a run carries out now; None where it carries out none."""
    from simulator.journal import JOURNAL, Journal
    from simulator.journal.lock import is_running

    if journal.fact("state") != "done":
        return None
    for inner in sorted((folder / CONTROLS).glob(f"*/{JOURNAL}")):
        with Journal.read(inner.parent) as other:
            if other.fact("state") == "running" and is_running(inner.parent):
                return inner.parent
    return None


def _said_paused(journal: Journal) -> bool:
    told = [kind for _, _, kind, _ in journal.milestones() if kind in {"start", "paused", "resumed"}]
    return told[-1:] == ["paused"]


def last_write(folder: Path) -> float:
    """Return when the journal in ``folder`` was last written to, in seconds since 1970; 0 where there is none.

    A reader may leave an empty write-ahead log of its own, so an empty one says nothing.
    """
    from simulator.journal import JOURNAL

    found = [folder / name for name in (JOURNAL, f"{JOURNAL}-wal")]
    states = [path.stat() for path in found if path.exists()]
    return max((state.st_mtime for state in states if state.st_size), default=0.0)


def _replay(told: Any) -> str:
    """Return that a journal is written by a player, and not by an engine."""
    if not isinstance(told, dict):
        return f"replay of {told}" if told else ""
    speed = float(told.get("speed") or 0.0)
    pace = f"at {written_speed(speed)}" if speed else "as fast as can be"
    return f"replay of {run_name(Path(str(told.get('run', ''))))} {pace}"


def written_speed(speed: float) -> str:
    """Return a speed as it is written.

    >>> written_speed(0.5), written_speed(1 / 64), written_speed(20.0)
    ('1/2×', '1/64×', '20×')
    """
    whole = round(1 / speed)
    return f"1/{whole}×" if speed < 1 and math.isclose(1 / speed, whole) else f"{speed:g}×"


def _membership(origin: str, method: str) -> str:
    if origin == "found":
        return f"communities found in the graph: {method}" if method else "communities found in the graph"
    return "communities given by the source" if origin else ""
