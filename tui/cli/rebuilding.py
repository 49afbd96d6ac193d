"""The simulation behind a run, made again from what its journal says, so that its personas can be looked into."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.benchmark import Benchmark
from bench.benchmark.reading import is_benchmark
from bench.heldout import BenchmarkPart
from bench.split import hold_out
from personas.community import as_profile
from personas.corpus import Corpus
from personas.embedding import embedder_named
from personas.errors import InputError
from simulator.room import NOBODY
from simulator.simulation import Simulation

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from simulator.journal import Journal
    from simulator.room import Room
    from simulator.setting import Place

__all__ = ["behind", "rebuilt", "refuse_without_personas", "room_behind"]


@contextmanager
def rebuilt(
    journal: Journal, embedding: Callable[[int, int], None], *, corpus: Path | None = None
) -> Iterator[Simulation]:
    """Make the simulation of a run again, without its model: the same panels, memories, ties, norms and profiles.

    Args:
        journal: of the run.
        embedding: told how far the texts are that must be embedded anew.
        corpus: where its corpus lies now; where it lay then if None.

    Raises:
        InputError: the corpus is gone, or is not what it was.
    """
    begun, options = _begun(journal)
    folder = corpus or begun / str((journal.fact("source") or {}).get("folder", ""))
    known = {name: value for name, value in (journal.fact("settings") or {}).items() if name != "mode"}
    templates = getattr(options, "prompts", None)
    with _opened(folder, journal, options) as place:
        yield Simulation(
            place,
            embedder=embedder_named(_embedder(journal, options, begun), advance=embedding),
            prompts=None if templates is None else begun / templates,
            **known,
        )


def room_behind(simulation: Simulation, journal: Journal, community: str) -> Room:
    """Return the room that judged for a community in a run: of a control, the one that stood in for it.

    Raises:
        InputError: the run knows no such community.
    """
    judged = (journal.fact("as_if") or {}).get(community, community)
    room = simulation.setting.room(judged, simulation.settings)
    if simulation.settings.profiles != "written" or judged == NOBODY:
        return room
    told = journal.communities().get(judged, {})
    return replace(room, profile=as_profile(told["profile"])) if "profile" in told else room


def behind(journal: Journal) -> dict[str, Any]:
    """Return where a run's figures come from, as plain data: of which corpus, by which predictor."""
    source = journal.fact("source") or {}
    names = ("folder", "title", "source", "licence", "fictional")
    return {
        "corpus": {**{name: source.get(name) for name in names}, "content": journal.fact("corpus")},
        "settings": journal.fact("settings"),
        "embedder": journal.fact("embedder"),
        "predictor": journal.fact("predictor"),
        "run": str(journal.folder),
    }


def refuse_without_personas(journal: Journal) -> None:
    """Refuse a run in which a model was asked for the whole distribution.

    Raises:
        InputError: it is one.
    """
    if (journal.fact("settings") or {}).get("mode") == "direct":
        raise InputError(
            "the model was asked for the whole distribution, so no persona judged",
            where=str(journal.folder),
            remedy="name a run with --mode panel",
        )


def _begun(journal: Journal) -> tuple[Path, argparse.Namespace | None]:
    """Return the folder in which the run was begun and the options it was begun with; None of a run from Python."""
    from tui.cli.arguments import make_parser

    command = journal.fact("command")
    if command is None:
        return Path(), None
    return Path(command["folder"]), make_parser().parse_args(command["arguments"])


def _embedder(journal: Journal, options: argparse.Namespace | None, begun: Path) -> str:
    named = str(journal.fact("embedder"))
    chosen = str(getattr(options, "embedder", named))
    return str(begun / chosen) if (begun / chosen).is_dir() else chosen


@contextmanager
def _opened(folder: Path, journal: Journal, options: argparse.Namespace | None) -> Iterator[Corpus | Place]:
    """Open what the run took place in: the benchmark, the corpus, or the part of it that was not held out.

    Raises:
        InputError: it is not there, or is not what it was.
    """
    content = journal.fact("corpus")
    if is_benchmark(str(folder)):
        benchmark = BenchmarkPart(Benchmark.open(folder), getattr(options, "part", "test")).train
        _compare(benchmark.content, content, folder)
        yield benchmark
        return
    with Corpus.open(folder) as corpus:
        if corpus.content == content:
            yield corpus
            return
        seed = int((journal.fact("settings") or {}).get("seed", 0))
        share: float = getattr(options, "share", 0.5)
        by: Any = getattr(options, "split", "auto")
        train = hold_out(corpus, seed=seed, share=share, by=by).train
        _compare(train.content, content, folder)
        yield train


def _compare(found: str, wanted: str, folder: Path) -> None:
    if found != wanted:
        raise InputError(
            "what is there is not what the run took place in",
            where=str(folder),
            remedy="name the corpus as it was then with --corpus; a run that was begun in Python on a split of "
            "its own cannot be made again here",
        )
