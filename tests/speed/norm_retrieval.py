"""What finding norms and judging by them costs beside a bare FAISS search of the same vectors, and how it grows.

Run as ``python tests/speed/norm_retrieval.py [--threads N]``; prints medians and ratios, and asserts nothing.
One thread is the default: where other processes want the cores too, FAISS's own number of threads makes a
search of 10,000 norms ten times slower, and such a figure says nothing about growth.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from typing import TYPE_CHECKING

import faiss
import numpy as np

from personas.norms import Norm, NormStore
from personas.persona import Panel, Persona
from personas.seeds import derived_rng
from simulator.item import Item, Option
from simulator.judge import NormJudge
from simulator.retrieval import SPARE, retrieve
from simulator.room import Room

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

SIZES = (10_000, 100_000)
KEEPS = (128, 512)
DIMENSIONS, OPTIONS, PANEL, RUNS = 384, 4, 32, 15


class Fixed:
    """Embeds texts as the vectors that it was given, so that no model's time is in the figures."""

    name, english = "fixed", True

    def __init__(self, vectors: np.ndarray) -> None:
        self.vectors = vectors

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Return the vectors."""
        return self.vectors[: len(texts)]


def unit_rows(count: int, seed: int) -> np.ndarray:
    """Return random unit vectors."""
    rows = derived_rng(seed, "rows", count).normal(size=(count, DIMENSIONS)).astype(np.float32)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def store_of(count: int) -> NormStore:
    """Return a store of made norms."""
    votes = derived_rng(7, "votes", count).random(count)
    norms = tuple(
        Norm(post=f"p{n}", title="", text="", author="", endorsement=float(vote), support=9, basis="votes")
        for n, vote in enumerate(votes)
    )
    return NormStore(community="made", norms=norms, vectors=unit_rows(count, 7), model="made")


def medians(work: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """Return the median seconds of each call, all in turn, so that a slow moment hits all of them."""
    found: dict[str, list[float]] = {name: [] for name in work}
    for run in range(RUNS + 1):
        for name, call in work.items():
            begun = time.perf_counter()
            call()
            if run:
                found[name].append(time.perf_counter() - begun)
    return {name: statistics.median(seconds) for name, seconds in found.items()}


def measure(count: int, keep: int) -> dict[str, float]:
    """Return the median seconds of each step at one size."""
    store, embedder = store_of(count), Fixed(unit_rows(OPTIONS, 8))
    bare = faiss.IndexFlatIP(DIMENSIONS)
    bare.add(store.vectors)
    people = tuple(Persona(persona=f"p{n}", community="made") for n in range(PANEL))
    panel = Panel(community="made", personas=people)
    item = Item(item="i", query="?", options=tuple(Option(text=f"option {n}") for n in range(OPTIONS)))
    room = Room(panel=panel, store=store, ties=np.zeros((PANEL, PANEL)), susceptibility=0.0)
    judge = NormJudge(seed=7)

    def judged() -> object:
        norms = retrieve(item, store, embedder, keep=keep)
        return asyncio.run(judge.judge(item, room, norms))

    return medians(
        {
            "bare FAISS search": lambda: bare.search(embedder.vectors, keep * SPARE),
            "NormStore.nearest": lambda: store.nearest(embedder.vectors, keep * SPARE),
            f"retrieval and judgement, panel of {PANEL}": judged,
        }
    )


def report(keep: int) -> None:
    """Print each step's time and ratio to the bare search at both sizes, and its growth."""
    found = [measure(size, keep) for size in SIZES]
    print(f"\n{OPTIONS} options, {keep * SPARE:,} nearest norms for each, {DIMENSIONS} dimensions")
    print(f"{'':38}" + "".join(f"{f'{size:,} norms':>22}" for size in SIZES) + f"{'growth':>9}")
    for step in found[0]:
        cells = [(column[step], column["bare FAISS search"]) for column in found]
        row = "".join(f"{ours * 1000:12.2f} ms {ours / bare:5.2f} x" for ours, bare in cells)
        print(f"{step:38}{row}{cells[1][0] / cells[0][0]:7.1f} x")


def main() -> None:
    """Measure for each number of norms that a persona judges by."""
    options = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    options.add_argument("--threads", type=int, default=1, help="threads that FAISS may use (1)")
    threads = options.parse_args().threads
    faiss.omp_set_num_threads(threads)
    print(f"FAISS with {threads} thread{'s' if threads > 1 else ''}; medians of {RUNS} runs in turn")
    for keep in KEEPS:
        report(keep)


if __name__ == "__main__":
    main()
