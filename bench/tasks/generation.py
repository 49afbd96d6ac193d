"""Community-consistent generation: given a query, would one know from the answer which community it is?

Two questions that need no model as a judge: can a classifier tell the community from the text, and how near
is the text to the answer that the community really endorsed most? Generator and classifier learn from
disjoint halves of the posts, or the classifier would merely recognise what it has seen.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, get_args

import numpy as np

from bench.metrics import cosine_similarities, mean_pairwise_similarity, vendi_score
from bench.scores import TaskScore, score_rows
from personas.seeds import derived_rng, derived_seed
from simulator.generate import RetrievalGenerator, Sampling

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from bench.scores import Role
    from personas.community import Membership
    from personas.embedding import Embedder
    from personas.norms import NormStore
    from simulator.item import Item, Option

    Vectors = NDArray[np.float32]

__all__ = ["generation"]

TASK = "community-consistent generation"
OWN = "retrieval from the community's own posts"
EVERYONE = "retrieval from everyone's posts (universal)"
RANDOM = "a random post of the community"
REAL = "the real top answer"
ANOTHER = "another real answer to the same query"
CANDIDATES = 4
MOST_PER_COMMUNITY = 60


@dataclass(frozen=True, kw_only=True)
class _Prompt:
    """A query, the real answer that was endorsed most, and another real one."""

    item: str
    community: str
    query: str
    best: str
    other: str


def generation(
    items: Sequence[Item],
    stores: Mapping[str, NormStore],
    everyone: NormStore,
    membership: Membership,
    embedder: Embedder,
    *,
    seed: int,
) -> list[TaskScore]:
    """Return recognisability, nearness to the real top answer, and the diversity of candidate sets.

    Args:
        items: held-out items. Those of choices among given options have nothing to write.
        stores: the norms of each community, from what may be learned from. ``everyone``: all of them, pooled.
        membership: the communities; on statements, a place's title is what is answered.
    """
    prompts = _prompts(items, membership, seed)
    if not prompts:
        note = "nothing to score: the options are given, nobody writes an answer"
        return [TaskScore(task=TASK, metric="recognised", better="higher", rows=(), note=note)]
    pools = {name: _half(store, seed, 0) for name, store in stores.items()}
    own, shared = _candidates(prompts, pools, _half(everyone, seed, 0), embedder, seed)
    texts = {
        OWN: [_nth(options, number) for number, options in enumerate(own["independent"])],
        EVERYONE: [_nth(options, number) for number, options in enumerate(shared)],
        RANDOM: [_random(pools[prompt.community], prompt, seed) for prompt in prompts],
        REAL: [prompt.best for prompt in prompts],
        ANOTHER: [prompt.other for prompt in prompts],
    }
    vectors = {name: _embedded(rows, embedder) for name, rows in texts.items()}
    communities = [prompt.community for prompt in prompts]
    return [
        _recognised(vectors, communities, stores, seed),
        _nearness(vectors, communities, seed),
        *_diversity(own, communities, embedder, seed),
    ]


def _prompts(items: Sequence[Item], membership: Membership, seed: int) -> list[_Prompt]:
    by_community: dict[str, list[_Prompt]] = {}
    statements: dict[str, list[tuple[float, Item]]] = {}
    for item in items:
        for name, votes in item.votes.items():
            if item.kind == "endorsement":
                ranked = sorted(range(item.size), key=lambda index: -votes.shares[index])
                best, other = (item.options[index].text for index in ranked[:2])
                prompt = _Prompt(item=item.item, community=name, query=item.query, best=best, other=other)
                by_community.setdefault(name, []).append(prompt)
            elif item.kind == "agreement":
                statements.setdefault(name, []).append((votes.shares[0], item))
    for name, rows in statements.items():
        by_community[name] = _topical(name, rows, membership)
    chosen = []
    for name, prompts in sorted(by_community.items()):
        order = derived_rng(seed, "prompts", name).permutation(len(prompts))[:MOST_PER_COMMUNITY]
        chosen += [prompts[index] for index in sorted(order)]
    return chosen


def _topical(name: str, rows: Sequence[tuple[float, Item]], membership: Membership) -> list[_Prompt]:
    """Ask for statements on a place's topic; the real ones are those that the community agrees with most."""
    ranked = [item for _, item in sorted(rows, key=lambda row: (-row[0], row[1].item))][: 2 * CANDIDATES]
    topic = membership[name].title.partition(", group ")[0]
    return [
        _Prompt(item=best.item, community=name, query=topic, best=best.query, other=other.query)
        for best, other in zip(ranked[::2], ranked[1::2], strict=False)
    ]


def _half(store: NormStore, seed: int, which: int) -> NormStore:
    rows = [
        index for index, norm in enumerate(store.norms) if derived_seed(seed, "half", norm.post) % 2 == which
    ]
    return replace(
        store, norms=tuple(store.norms[index] for index in rows), vectors=store.vectors[rows], _index=[]
    )


def _candidates(
    prompts: Sequence[_Prompt],
    pools: Mapping[str, NormStore],
    everyone: NormStore,
    embedder: Embedder,
    seed: int,
) -> tuple[dict[str, list[list[Option]]], list[list[Option]]]:
    embedder.embed([prompt.query for prompt in prompts])

    generators = {
        sampling: RetrievalGenerator(embedder, seed=seed, sampling=sampling)
        for sampling in get_args(Sampling)
    }
    own = {
        sampling: [
            generator.draw(prompt.query, pools[prompt.community], count=CANDIDATES) for prompt in prompts
        ]
        for sampling, generator in generators.items()
    }
    independent = generators["independent"]
    return own, [independent.draw(prompt.query, everyone, count=CANDIDATES) for prompt in prompts]


def _nth(options: Sequence[Option], number: int) -> str:
    """Return one of a set's texts; the first would be the same for every prompt with the same query."""
    return options[number % len(options)].text if options else ""


def _random(store: NormStore, prompt: _Prompt, seed: int) -> str:
    if not store.norms:
        return ""
    rng = derived_rng(seed, "random post", prompt.community, prompt.item)
    return store.norms[int(rng.integers(len(store.norms)))].text


def _embedded(texts: Sequence[str], embedder: Embedder) -> list[NDArray[np.float32] | None]:
    vectors = embedder.embed([text or "-" for text in texts])
    return [vector if text else None for text, vector in zip(texts, vectors, strict=True)]


def _recognised(
    vectors: Mapping[str, list[Vectors | None]],
    communities: Sequence[str],
    stores: Mapping[str, NormStore],
    seed: int,
) -> TaskScore:
    halves = {name: _half(store, seed, 1) for name, store in stores.items()}
    names = [name for name, half in halves.items() if half.norms]
    if len(names) < 2:
        note = "nothing to score: one community only, so there is no other to take it for"
        return TaskScore(task=TASK, metric="recognised", better="higher", rows=(), note=note)
    middles = np.stack([halves[name].vectors.astype(float).mean(axis=0) for name in names])
    middles /= np.linalg.norm(middles, axis=1, keepdims=True)
    found: dict[str, list[float | None]] = {
        label: [
            None if vector is None else float(names[int(np.argmax(middles @ vector))] == community)
            for vector, community in zip(rows, communities, strict=True)
        ]
        for label, rows in vectors.items()
        if label != ANOTHER
    }
    found["uniform guess"] = [1 / len(names)] * len(communities)
    rows = score_rows(found, {**ROLES, "uniform guess": "baseline"}, communities, better="higher", seed=seed)
    note = f"nearest of {len(names)} communities' mean embeddings, learned from posts that are not generated from"
    return TaskScore(task=TASK, metric="recognised", better="higher", rows=rows, note=note)


ROLES: Mapping[str, Role] = {
    OWN: "simulation",
    EVERYONE: "baseline",
    RANDOM: "baseline",
    REAL: "ceiling",
    ANOTHER: "ceiling",
}


def _nearness(
    vectors: Mapping[str, list[Vectors | None]], communities: Sequence[str], seed: int
) -> TaskScore:
    found: dict[str, list[float | None]] = {
        label: [
            None if vector is None or best is None else float(vector @ best)
            for vector, best in zip(rows, vectors[REAL], strict=True)
        ]
        for label, rows in vectors.items()
        if label != REAL
    }
    rows = score_rows(found, ROLES, communities, better="higher", seed=seed)
    return TaskScore(task=TASK, metric="cosine to the real top answer", better="higher", rows=rows)


def _diversity(
    sets: Mapping[str, list[list[Option]]], communities: Sequence[str], embedder: Embedder, seed: int
) -> list[TaskScore]:
    similarity: dict[str, list[float | None]] = {}
    vendi: dict[str, list[float | None]] = {}
    for sampling, options in sets.items():
        vectors = [embedder.embed([option.text for option in group]) for group in options]
        label = f"{OWN}, {sampling} sets of {CANDIDATES}"
        similarity[label] = [mean_pairwise_similarity(rows) if len(rows) > 1 else None for rows in vectors]
        vendi[label] = [vendi_score(cosine_similarities(rows)) if len(rows) > 1 else None for rows in vectors]
    named: dict[str, Role] = dict.fromkeys(similarity, "simulation")
    return [
        TaskScore(
            task=TASK,
            metric="mean pairwise similarity of a set",
            better="lower",
            rows=score_rows(similarity, named, communities, better="lower", seed=seed),
        ),
        TaskScore(
            task=TASK,
            metric=f"Vendi score of a set (1 to {CANDIDATES})",
            better="higher",
            rows=score_rows(vendi, named, communities, better="higher", seed=seed),
        ),
    ]
