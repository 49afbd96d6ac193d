"""How the whole way from posts to judgements grows with the members: ingestion, graph, norms, panel, judgement.

Run as ``python tests/speed/pipeline_growth.py [--members 10000 100000]``; prints seconds and growth, and
asserts nothing. Texts are embedded by a random projection of their words' hashes, as the model's own time is
proportional to the texts anyway.
"""

from __future__ import annotations

import argparse
import tempfile
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from personas import Corpus, ingest
from personas.endorsement import endorsements
from personas.norms import build_norms
from personas.seeds import derived_rng
from personas.sources.records import PostRecord, VoteRecord, Where
from simulator.graph.build import build_graph
from simulator.graph.cohesion import cohesions
from simulator.setting import map_communities
from simulator.settings import Settings
from simulator.simulation import Simulation

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

WORDS = [f"word{number}" for number in range(2_000)]
SITES = 5


class HashedWords:
    """Embeds a text as the mean of its words' fixed random vectors."""

    name = "hashed words"
    english = True

    def __init__(self, dimensions: int = 64) -> None:
        self.table = derived_rng(7, "words").normal(size=(len(WORDS), dimensions)).astype(np.float32)

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Return unit rows."""
        rows = [
            self.table[[zlib.crc32(word.encode()) % len(WORDS) for word in text.split()]].mean(axis=0)
            for text in texts
        ]
        vectors = np.stack(rows) if rows else np.zeros((0, 1), np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


class Made:
    """A source of as many members as asked for: one question, three answers and six votes for every three."""

    name, version, licence, ballot = "made", "1", "CC0", "endorsement"

    def __init__(self, members: int) -> None:
        self.members = members

    def check(self, paths: Sequence[Path]) -> None:
        """There is nothing to check."""

    def read(
        self, paths: Sequence[Path], *, progress: Callable[..., None]
    ) -> Iterator[PostRecord | VoteRecord]:
        """Yield the threads."""
        rng = derived_rng(7, "made", self.members)
        for number in range(self.members // 3):
            yield from self._thread(number, rng)

    def _thread(self, number: int, rng: np.random.Generator) -> Iterator[PostRecord | VoteRecord]:
        where, site, post = Where("made", number + 1), f"site{number % SITES}", f"q{number}"
        people = rng.integers(0, self.members, 10)
        tag = f"tag{int(rng.zipf(1.5)) % 500}"
        common = {"community": site, "thread": post, "where": where}
        yield PostRecord(
            post=post,
            author=f"m{people[0]}",
            kind="question",
            title=_text(rng, 6),
            text=_text(rng, 20),
            tags=(tag,),
            **common,
        )
        for place in range(3):
            answer = f"{post}/{place}"
            text, author = _text(rng, 30), f"m{people[1 + place]}"
            yield PostRecord(post=answer, author=author, parent=post, kind="answer", text=text, **common)
            for voter in people[4 + 2 * place : 6 + 2 * place]:
                vote = 1 if rng.random() < 0.7 else -1
                yield VoteRecord(voter=f"m{voter}", community=site, post=answer, value=vote, where=where)


def _number(word: str) -> int:
    return zlib.crc32(word.encode()) % len(WORDS)


def _text(rng: np.random.Generator, length: int) -> str:
    return " ".join(WORDS[index] for index in rng.integers(0, len(WORDS), length))


def timed(found: dict[str, float], name: str, work: Callable[[], object]) -> object:
    """Do the work and keep how long it took."""
    begun = time.perf_counter()
    result = work()
    found[name] = time.perf_counter() - begun
    return result


def measure(members: int, folder: Path) -> dict[str, float]:
    """Return the seconds of each step at one size."""
    found: dict[str, float] = {}
    embedder, settings = HashedWords(), Settings(seed=7, panel=32)
    out = folder / f"{members}.corpus"
    timed(found, "ingestion", lambda: ingest(Made(members), [], out=out, key=b"0" * 32))
    corpus = Corpus.open(out)
    given = corpus.given()
    graph = timed(found, "graph from the corpus", lambda: build_graph(corpus, seed=7))
    place = {member: row for row, member in enumerate(graph.members)}  # type: ignore[attr-defined]
    groups = [np.array([place[member] for member in c.members]) for c in given.communities]
    timed(found, "cohesion of all communities", lambda: cohesions(graph, groups, seed=7))  # type: ignore[arg-type]
    timed(found, "endorsements", lambda: endorsements(corpus, given))
    timed(found, "norm stores", lambda: build_norms(corpus, given, embedder))
    timed(found, "the whole setting, profiles included", lambda: map_communities(corpus, settings, embedder))
    simulation = Simulation(corpus, seed=7, panel=32, embedder=embedder)
    simulation.setting  # noqa: B018  built outside the clock
    timed(found, "one question to five panels", lambda: simulation.ask(_text(derived_rng(1), 6), WORDS[:4]))
    return found


def main() -> None:
    """Measure at each size and print the growth from the first to the last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, nargs="+", default=[10_000, 100_000])
    sizes = parser.parse_args().members
    with tempfile.TemporaryDirectory() as folder:
        found = {size: measure(size, Path(folder)) for size in sizes}
    first, last = found[sizes[0]], found[sizes[-1]]
    print(f"growth of members: {sizes[-1] / sizes[0]:.1f}\n")
    print(f"{'step':40}" + "".join(f"{size:>12,}" for size in sizes) + f"{'growth':>10}")
    for step in first:
        row = "".join(f"{found[size][step]:11.2f}s" for size in sizes)
        print(f"{step:40}{row}{last[step] / first[step]:9.1f}x")


if __name__ == "__main__":
    main()
