"""What several commands do alike: open the corpus, make the simulation, tell whose numbers these are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from personas.corpus import Corpus
from personas.embedding import embedder_named
from simulator.simulation import Simulation

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from rich.console import Console

__all__ = ["CHOICES", "head", "open_corpus", "provenance", "simulation_of"]

CHOICES = ("panel", "communities", "groups", "blend", "rounds")


def open_corpus(options: argparse.Namespace) -> Corpus:
    """Open the corpus that the command names."""
    return Corpus.open(options.corpus)


def simulation_of(
    corpus: Corpus, options: argparse.Namespace, embedding: Callable[[int, int], None]
) -> Simulation:
    """Make the simulation that the options describe."""
    embedder = embedder_named(options.embedder, advance=embedding)
    choices = {name: getattr(options, name) for name in CHOICES}
    return Simulation(corpus, seed=options.seed, embedder=embedder, **choices)


def provenance(corpus: Corpus, **more: Any) -> dict[str, Any]:
    """Return what stands beside every number: of which corpus it is, under which licence, whether invented."""
    manifest = corpus.manifest
    return {
        "corpus": {
            "folder": str(corpus.folder),
            "title": manifest.title,
            "source": manifest.source,
            "licence": manifest.licence,
            "fictional": manifest.fictional,
            "content": manifest.content,
        },
        **more,
    }


def head(screen: Console, corpus: Corpus, told: str) -> None:
    """Print whose numbers follow."""
    from tui.plaintext import one_line

    manifest = corpus.manifest
    invented = "FICTIONAL people and texts · " if manifest.fictional else ""
    title = one_line(manifest.title or corpus.folder.name)
    screen.print(f"{invented}{title} · {manifest.source} · licence {one_line(manifest.licence)} · {told}\n")
