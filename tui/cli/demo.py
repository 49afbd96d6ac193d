"""``commonbond demo``: the whole job on the bundled example.

A fictional forum shows communities, norms and discussion; two real surveys, as counts by group, let
simulated preferences be held against real people's answers.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.datasets.bundled import BUNDLED, bundled_corpus
from bench.evaluate import run_benchmark
from bench.split import hold_out
from simulator.run import Run
from simulator.simulation import Simulation
from tui.cli.cards import print_card
from tui.cli.communities import describe_all, keep_beside, print_communities, write_beside
from tui.cli.output import console, print_json, progress, tell
from tui.cli.simulate import judgements, print_judgements
from tui.terminal import in_terminal

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from bench.scores import ScoreCard
    from personas.corpus import Corpus
    from personas.embedding import Embedder

__all__ = ["run"]

SEED = 7
PANEL = 32


def run(options: argparse.Namespace) -> int:
    """Ingest, map, simulate and measure each corpus of the example; then open it, where there is a terminal."""
    from personas.embedding import embedder_named

    out, shown = Path(options.out), []
    with progress() as bars:
        embedder = embedder_named(advance=bars.advance("embedding"))
        for example, about in BUNDLED.items():
            tell(f"{about.title} …")
            shown.append(_show(example, out, embedder, bars.advance))
    failed = any(run_failed for *_, run_failed in shown)
    if options.json:
        print_json({"command": "demo", "out": str(out), "runs": [_as_data(*part) for part in shown]})
    elif options.no_interface or not in_terminal():
        for part in shown:
            _print(*part)
        console().print(f"to look at all of it: commonbond --open {out}")
    else:
        from tui.app import run as open_interface

        open_interface([path for example in BUNDLED for path in (_corpus(out, example), _run(out, example))])
    return int(failed)


def _show(
    example: str, out: Path, embedder: Embedder, advance: Callable[[str], Callable[[int, int], None]]
) -> tuple[Corpus, dict[str, Any], ScoreCard, Path, bool]:
    corpus = bundled_corpus(example, out=_corpus(out, example), replace=True)
    whole = Simulation(corpus, seed=SEED, panel=PANEL, embedder=embedder)
    found = describe_all(corpus, whole)
    write_beside(corpus.folder, found)
    keep_beside(corpus, whole, found)
    split = hold_out(corpus, seed=SEED)
    simulation = Simulation(split.train, seed=SEED, panel=PANEL, embedder=embedder)
    folder = _run(out, example)
    result, card = run_benchmark(simulation, split, out=folder, advance=advance(f"judging {example}"))
    return corpus, found, card, folder, bool(result.failures())


def _print(corpus: Corpus, found: dict[str, Any], card: ScoreCard, folder: Path, _failed: bool) -> None:
    if found["graph"]["members"]:
        print_communities(corpus, found)
    results = judgements(Run.open(folder))
    print_judgements(corpus, results, predictor=card.predictor, folder=folder)
    print_card(corpus, card, every_metric=False)


def _as_data(
    corpus: Corpus, found: dict[str, Any], card: ScoreCard, folder: Path, _failed: bool
) -> dict[str, Any]:
    return {
        "corpus": found["corpus"],
        "communities": list(found["communities"]),
        "run": str(folder),
        "scores": card.as_data(),
        "counts": corpus.manifest.counts,
    }


def _corpus(out: Path, example: str) -> Path:
    return out / f"{example}.corpus"


def _run(out: Path, example: str) -> Path:
    return out / f"{example}-run"
