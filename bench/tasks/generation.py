"""Community-consistent generation: given a query, would one know from the answer which community it is?

Two questions that need no model as a judge: can a classifier tell the community from the text, and how near
is the text to the answer that the community really endorsed most? Generator and classifier learn from
disjoint halves of the posts, or the classifier would merely recognise what it has seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, get_args

import numpy as np

from bench.metrics import cosine_similarities, mean_pairwise_similarity, vendi_score
from bench.scores import TaskScore, score_rows
from bench.tasks.prompted import CANDIDATES, half, prompts_of
from personas.seeds import derived_rng
from simulator.generate import RetrievalGenerator, Sampling

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from bench.scores import Role
    from bench.tasks.prompted import Prompt, Written
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
BESIDE: Mapping[str, Role] = {EVERYONE: "baseline", RANDOM: "baseline", REAL: "ceiling", ANOTHER: "ceiling"}


def generation(
    items: Sequence[Item],
    stores: Mapping[str, NormStore],
    everyone: NormStore,
    membership: Membership,
    embedder: Embedder,
    *,
    seed: int,
    written: Written | None = None,
) -> list[TaskScore]:
    """Return recognisability, nearness to the real top answer, and the diversity of candidate sets.

    Args:
        items: held-out items. Those of choices among given options have nothing to write.
        stores: the norms of each community, from what may be learned from. ``everyone``: all of them, pooled.
        membership: the communities; on statements, a place's title is what is answered.
        written: what a language model's personas answered. They are the simulation then, retrieval is a
            baseline, and all are scored on the prompts that the personas had.
    """
    prompts = written.prompts if written else prompts_of(items, membership, seed=seed)
    if not prompts:
        note = "nothing to score: the options are given, nobody writes an answer"
        return [TaskScore(task=TASK, metric="recognised", better="higher", rows=(), note=note)]
    pools = {name: half(store, seed, 0) for name, store in stores.items()}
    own, shared = _candidates(prompts, pools, half(everyone, seed, 0), embedder, seed)
    sets = {written.by: written.sets, OWN: own} if written else {OWN: own}
    texts = {
        **{name: _one_each(each["independent"]) for name, each in sets.items()},
        EVERYONE: _one_each(shared),
        RANDOM: [_random(pools[prompt.community], prompt, seed) for prompt in prompts],
        REAL: [prompt.best for prompt in prompts],
        ANOTHER: [prompt.other for prompt in prompts],
    }
    vectors = {name: _embedded(rows, embedder) for name, rows in texts.items()}
    roles: dict[str, Role] = {**BESIDE, **dict.fromkeys(sets, "baseline"), next(iter(sets)): "simulation"}
    communities = [prompt.community for prompt in prompts]
    return [
        _recognised(vectors, roles, communities, stores, seed),
        _nearness(vectors, roles, communities, seed),
        *_diversity(sets, roles, communities, embedder, seed),
    ]


def _candidates(
    prompts: Sequence[Prompt],
    pools: Mapping[str, NormStore],
    everyone: NormStore,
    embedder: Embedder,
    seed: int,
) -> tuple[dict[Sampling, list[list[Option]]], list[list[Option]]]:
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


def _one_each(sets: Sequence[Sequence[Option]]) -> list[str]:
    """Return one text of each set; the first would be the same for every prompt with the same query."""
    return [options[number % len(options)].text if options else "" for number, options in enumerate(sets)]


def _random(store: NormStore, prompt: Prompt, seed: int) -> str:
    if not store.norms:
        return ""
    rng = derived_rng(seed, "random post", prompt.community, prompt.item)
    return store.norms[int(rng.integers(len(store.norms)))].text


def _embedded(texts: Sequence[str], embedder: Embedder) -> list[NDArray[np.float32] | None]:
    vectors = embedder.embed([text or "-" for text in texts])
    return [vector if text else None for text, vector in zip(texts, vectors, strict=True)]


def _recognised(
    vectors: Mapping[str, list[Vectors | None]],
    roles: Mapping[str, Role],
    communities: Sequence[str],
    stores: Mapping[str, NormStore],
    seed: int,
) -> TaskScore:
    halves = {name: half(store, seed, 1) for name, store in stores.items()}
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
    rows = score_rows(found, {**roles, "uniform guess": "baseline"}, communities, better="higher", seed=seed)
    note = f"nearest of {len(names)} communities' mean embeddings, learned from posts that are not generated from"
    return TaskScore(task=TASK, metric="recognised", better="higher", rows=rows, note=note)


def _nearness(
    vectors: Mapping[str, list[Vectors | None]],
    roles: Mapping[str, Role],
    communities: Sequence[str],
    seed: int,
) -> TaskScore:
    found: dict[str, list[float | None]] = {
        label: [
            None if vector is None or best is None else float(vector @ best)
            for vector, best in zip(rows, vectors[REAL], strict=True)
        ]
        for label, rows in vectors.items()
        if label != REAL
    }
    rows = score_rows(found, roles, communities, better="higher", seed=seed)
    return TaskScore(task=TASK, metric="cosine to the real top answer", better="higher", rows=rows)


def _diversity(
    sets: Mapping[str, Mapping[Sampling, Sequence[Sequence[Option]]]],
    roles: Mapping[str, Role],
    communities: Sequence[str],
    embedder: Embedder,
    seed: int,
) -> list[TaskScore]:
    similarity: dict[str, list[float | None]] = {}
    vendi: dict[str, list[float | None]] = {}
    named: dict[str, Role] = {}
    for name, sampling, groups in (
        (name, sampling, groups) for name, each in sets.items() for sampling, groups in each.items()
    ):
        vectors = [embedder.embed([option.text for option in group]) for group in groups]
        label = f"{name}, {sampling} sets of {CANDIDATES}"
        similarity[label] = [mean_pairwise_similarity(rows) if len(rows) > 1 else None for rows in vectors]
        vendi[label] = [vendi_score(cosine_similarities(rows)) if len(rows) > 1 else None for rows in vectors]
        named[label] = roles[name]
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
