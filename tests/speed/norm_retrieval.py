"""What finding and judging by norms costs beside a bare FAISS search of the same vectors, and how it grows.

Run as ``python tests/speed/norm_retrieval.py``; prints medians and ratios, and asserts nothing.
"""

from __future__ import annotations

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
from simulator.retrieval import SPARE, Retrieved

if TYPE_CHECKING:
    from collections.abc import Callable

SIZES = (10_000, 100_000)
DIMENSIONS, OPTIONS, PANEL, KEEP, RUNS = 384, 4, 32, 512, 9


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


def median(work: Callable[[], object]) -> float:
    """Return the median seconds of a call, after one that is not counted."""
    work()
    found = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        work()
        found.append(time.perf_counter() - begun)
    return statistics.median(found)


def measure(count: int) -> dict[str, float]:
    """Return the seconds of each call at one size."""
    store, queries = store_of(count), unit_rows(OPTIONS, 8)
    bare = faiss.IndexFlatIP(DIMENSIONS)
    bare.add(store.vectors)
    fetched = min(count, KEEP * SPARE)
    cosines, indices = store.nearest(queries, fetched)
    norms = Retrieved(store=store, cosines=cosines, indices=indices, keep=KEEP)
    panel = Panel(
        community="made", personas=tuple(Persona(persona=f"p{n}", community="made") for n in range(PANEL))
    )
    item = Item(item="i", query="?", options=tuple(Option(text=f"option {n}") for n in range(OPTIONS)))
    judge = NormJudge(seed=7)
    return {
        "bare FAISS search": median(lambda: bare.search(queries, fetched)),
        "norm retrieval": median(lambda: store.nearest(queries, fetched)),
        f"judgement by a panel of {PANEL}": median(lambda: asyncio.run(judge.judge(item, panel, norms))),
    }


def main() -> None:
    """Measure at each size and print ratios to the bare search, and the growth."""
    found = {size: measure(size) for size in SIZES}
    print(f"{OPTIONS} options, {KEEP * SPARE:,} norms fetched for each, {DIMENSIONS} dimensions\n")
    print(f"{'step':32}" + "".join(f"{size:>14,} norms" for size in SIZES) + f"{'growth':>10}")
    for step in found[SIZES[0]]:
        cells = [(found[size][step], found[size]["bare FAISS search"]) for size in SIZES]
        row = "".join(f"{ours * 1000:9.1f} ms {ours / bare:6.2f}x" for ours, bare in cells)
        print(f"{step:32}{row}{cells[-1][0] / cells[0][0]:9.1f}x")


if __name__ == "__main__":
    main()
