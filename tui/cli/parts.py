"""What several commands do alike: open the corpus, hold items out, make the simulation, say whose figures follow."""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.benchmark import Benchmark
from bench.benchmark.reading import is_benchmark
from bench.heldout import BenchmarkPart, nothing_to_judge
from bench.split import hold_out
from personas.corpus import Corpus
from personas.embedding import embedder_named
from personas.errors import InputError
from simulator.export.writing.staging import RUN
from simulator.journal import JOURNAL
from simulator.simulation import Simulation
from tui.cli.model_arguments import model_choices, persona_choices
from tui.plaintext import one_line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Iterator

    from rich.console import Console

    from bench.heldout import HeldOut
    from simulator.setting import Place

__all__ = [
    "as_norm",
    "command_of",
    "head",
    "held_out",
    "open_corpus",
    "open_place",
    "provenance",
    "run_folder",
    "run_in",
    "simulation_of",
    "whose",
]

CHOICES = (
    *("panel", "communities", "groups", "blend", "smallest", "neighbours"),
    *("keep", "sharpness", "rounds", "sampling"),
)


@contextmanager
def open_place(options: argparse.Namespace) -> Iterator[Corpus | Benchmark]:
    """Open the corpus or the benchmark that the command names.

    Raises:
        InputError: neither is there, or it is damaged.
    """
    if is_benchmark(options.corpus):
        yield Benchmark.open(options.corpus)
    else:
        with open_corpus(options) as corpus:
            yield corpus


@contextmanager
def open_corpus(options: argparse.Namespace) -> Iterator[Corpus]:
    """Open the corpus that the command names.

    Raises:
        InputError: there is none, or its tables are damaged.
    """
    import duckdb

    with Corpus.open(options.corpus) as corpus:
        try:
            yield corpus
        except (duckdb.IOException, duckdb.InvalidInputException) as error:
            reason = str(error).partition("\n")[0]
            raise InputError(
                f"its tables cannot be read: {reason}", where=options.corpus, remedy="ingest it again"
            ) from error


def run_folder(name: str | None) -> Path | None:
    """Return the folder that a run is to be written to, before any work is done for it.

    Raises:
        InputError: it is no folder, holds something else than a run, or cannot be written.
    """
    if name is None:
        return None
    folder = Path(name)
    if folder.exists() and not folder.is_dir():
        raise InputError(
            "it is a file, and a run needs a folder", where=name, remedy="name another with --out"
        )
    if folder.is_dir() and any(folder.iterdir()) and not (folder / JOURNAL).is_file():
        raise InputError(
            "the folder holds other files, and no run", where=name, remedy="name a new folder with --out"
        )
    there = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not there.is_dir() or not os.access(there, os.W_OK | os.X_OK):
        raise InputError(
            "no run can be written here", where=str(there), remedy="name another folder with --out"
        )
    return folder


def run_in(folder: Path) -> Path:
    """Return the run's folder, which preference data has within its own."""
    within = folder / RUN
    return within if not (folder / JOURNAL).is_file() and (within / JOURNAL).is_file() else folder


def held_out(place: Corpus | Benchmark, options: argparse.Namespace) -> HeldOut:
    """Split a corpus, and see that there is something to judge before anything is embedded; a benchmark is split.

    Raises:
        InputError: no held-out item has real votes.
    """
    if isinstance(place, Benchmark):
        if not place.size(options.part):
            raise InputError(
                f"its {options.part} part is empty", where=options.corpus, remedy="name another with --part"
            )
        return BenchmarkPart(place, options.part)
    split = hold_out(place, share=options.share, seed=options.seed, by=options.split)
    built = split.items(place.given())
    if not built.items:
        raise nothing_to_judge(built, options.corpus)
    return split


def simulation_of(
    corpus: Corpus | Place, options: argparse.Namespace, embedding: Callable[[int, int], None]
) -> Simulation:
    """Make the simulation that the options describe; what they leave open has the library's defaults."""
    embedder = embedder_named(options.embedder, advance=embedding)
    choices = {name: getattr(options, name) for name in CHOICES if hasattr(options, name)}
    model = model_choices(options) if hasattr(options, "model") else persona_choices(options)
    return Simulation(corpus, seed=options.seed, embedder=embedder, **choices, **model)


def command_of(options: argparse.Namespace) -> dict[str, Any]:
    """Return how the command can be given again: its arguments, and the folder it was given in."""
    return {"arguments": list(options.given), "folder": str(Path.cwd())}


def provenance(
    corpus: Corpus | Benchmark, simulation: Simulation | None = None, **more: Any
) -> dict[str, Any]:
    """Return what stands beside every number: of which corpus it is, whether invented, and by which settings."""
    manifest = corpus.manifest
    found: dict[str, Any] = {
        "corpus": {
            "folder": str(corpus.folder),
            "title": manifest.title,
            "source": manifest.source,
            "licence": manifest.licence,
            "fictional": manifest.fictional,
            "content": manifest.content,
        }
    }
    if simulation is not None:
        found |= {
            "settings": simulation.settings.deciding(),
            "sharpness": asdict(simulation.setting.sharpness),
            "embedder": simulation.embedder.name,
        }
    return {**found, **more}


def whose(corpus: Corpus | Benchmark, told: str) -> str:
    """Return in a line whose figures follow, to stand above every table."""
    manifest = corpus.manifest
    invented = "FICTIONAL · " if manifest.fictional else ""
    return f"{invented}{one_line(manifest.title or corpus.folder.name)} · {told}"


def head(screen: Console, corpus: Corpus | Benchmark, told: str) -> None:
    """Print whose numbers follow."""
    manifest = corpus.manifest
    invented = "FICTIONAL people and texts · " if manifest.fictional else ""
    title = one_line(manifest.title or corpus.folder.name)
    screen.print(f"{invented}{title} · {manifest.source} · licence {one_line(manifest.licence)} · {told}\n")


def as_norm(norm: dict[str, Any]) -> str:
    """Return a norm in a line: how strongly it was endorsed, by how many, and what it says."""
    from bench.report.rows import written

    rests = f"{norm['support']:,} votes" if norm["basis"] == "votes" else f"rank among {norm['support']:,}"
    title = one_line(norm["title"], limit=100)
    said = one_line(norm["text"], limit=140)
    return f"{written(norm['endorsement'], 2)} ({rests}): {title}{' → ' if title and said else ''}{said}"
