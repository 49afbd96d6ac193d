"""What the communities of a conversation prefer: simulated, exported as anybody would, and read back from there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from personas.seeds import derived_rng
from simulator.export.export import export_run
from simulator.export.selection import Selection
from simulator.item import Query
from simulator.room import NOBODY

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from reward_model.conversation import Conversation

    from personas.embedding import Embedder

__all__ = [
    "CANDIDATES",
    "POOL",
    "WAYS",
    "Preferences",
    "pooled_rows",
    "preferences",
    "rows_of",
    "shuffled_rows",
]

CANDIDATES = 4
POOL = 24
"""Candidates for a training prompt are drawn from as many statements, the nearest to it."""
Way = Literal["independent", "negatively-correlated", "farthest"]
WAYS: tuple[Way, ...] = ("independent", "negatively-correlated", "farthest")
"""How candidates are drawn; the third is this experiment's own: the most different set that can be had."""


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """An export, as ``datasets`` reads it.

    Args:
        pairs: its preference rows, all columns. ``full``: its full records.
        similarity: the mean cosine of two candidates of a set, over its sets. ``vendi``: the effective number
            of different candidates.
    """

    pairs: Any
    full: Any
    similarity: float
    vendi: float


def preferences(
    talk: Conversation, prompts: Sequence[str], pool: Sequence[str], out: Path, *, way: Way, near: int | None
) -> Preferences:
    """Have every community judge the same candidates for each prompt, export the run, and read the export.

    No vote decides which candidates are drawn, and the judge knows no vote on any of them. A pair is kept
    however small its margin, so that every community has the same pairs, each in its own order.

    Args:
        pool: the statements that candidates are drawn from.
        out: the folder of the export, with its run in it.
        near: how many of the pool, those nearest to the prompt, are drawn from; all where None.
    """
    import datasets

    simulation = talk.sampled("negatively-correlated" if way == "negatively-correlated" else "independent")
    pools = _pools(prompts, pool, simulation.embedder, near)
    if way == "farthest":
        pools = [
            _farthest(texts, simulation.embedder, talk.split.seed, prompt)
            for prompt, texts in zip(prompts, pools, strict=True)
        ]
    queries = [
        Query(item=f"{way}-{number}", query=prompt, count=CANDIDATES, writer=NOBODY, pool=texts)
        for number, (prompt, texts) in enumerate(zip(prompts, pools, strict=True))
    ]
    run = simulation.run(queries, out=out / "run", communities=talk.communities)
    kept = Selection(min_margin=0.0, min_probability=None, test_share=0.0, seed=talk.split.seed)
    export_run(run, out, selection=kept)
    # A cache of its own: datasets tells folders apart by name and card, not by what is in them.
    cache = str(out.parent / f"{out.name}.cache")
    read = {
        name: datasets.load_dataset(str(out), name, split="train", cache_dir=cache)
        for name in ("preference", "full")
    }
    vectors = dict(zip(pool, simulation.embedder.embed(pool), strict=True))
    sets = {row["item"]: [vectors[each["text"]] for each in row["candidates"]] for row in read["full"]}
    found = [_diversity(np.array(each)) for each in sets.values()]
    return Preferences(
        pairs=read["preference"],
        full=read["full"],
        similarity=float(np.mean([each[0] for each in found])),
        vendi=float(np.mean([each[1] for each in found])),
    )


def rows_of(pairs: Any, community: str) -> list[int]:
    """Return which rows of an export hold a community's preferences."""
    return [number for number, name in enumerate(pairs["community"]) if name == community]


def pooled_rows(pairs: Any, count: int, seed: int) -> list[int]:
    """Return ``count`` rows of all communities, drawn at random."""
    order = derived_rng(seed, "pooled").permutation(len(pairs))
    return sorted(int(number) for number in order[:count])


def shuffled_rows(pairs: Any, seed: int) -> list[int]:
    """Return one row for each pair of candidates: that of a community drawn at random for this pair."""
    by_pair: dict[tuple[str, int, int], list[int]] = {}
    columns = ("item", "chosen_index", "rejected_index")
    for number, (item, one, other) in enumerate(zip(*(pairs[name] for name in columns), strict=True)):
        by_pair.setdefault((item, min(one, other), max(one, other)), []).append(number)
    rng = derived_rng(seed, "shuffled")
    return [rows[int(rng.integers(len(rows)))] for rows in by_pair.values()]


def _pools(
    prompts: Sequence[str], pool: Sequence[str], embedder: Embedder, near: int | None
) -> list[tuple[str, ...]]:
    cosines = embedder.embed(prompts) @ embedder.embed(pool).T
    order = np.argsort(-cosines, axis=1, kind="stable")[:, : near or len(pool)]
    return [tuple(pool[place] for place in row) for row in order.tolist()]


def _farthest(texts: Sequence[str], embedder: Embedder, seed: int, prompt: str) -> tuple[str, ...]:
    """Return a set that begins at random and goes on with what is least like all in it (Gonzalez 1985)."""
    vectors = embedder.embed(texts)
    chosen = [int(derived_rng(seed, "farthest", prompt).integers(len(texts)))]
    while len(chosen) < min(CANDIDATES, len(texts)):
        nearest = (vectors @ vectors[chosen].T).max(axis=1)
        nearest[chosen] = np.inf
        chosen.append(int(nearest.argmin()))
    return tuple(texts[place] for place in chosen)


def _diversity(vectors: NDArray[np.float32]) -> tuple[float, float]:
    from simulator.diversity import diversity

    found = diversity(vectors)
    assert found.similarity is not None
    assert found.vendi is not None
    return found.similarity, found.vendi
