"""What is to be written for: queries with the real answers to them, and the half of the posts to write from."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from personas.seeds import derived_rng, derived_seed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personas.community import Membership
    from personas.norms import NormStore
    from simulator.generate import Sampling
    from simulator.item import Item, Option, Turn

__all__ = ["CANDIDATES", "MOST_PER_COMMUNITY", "Prompt", "Written", "half", "prompts_of", "which_half"]

CANDIDATES = 4
MOST_PER_COMMUNITY = 60


@dataclass(frozen=True, kw_only=True)
class Prompt:
    """A query, the real answer that was endorsed most, and another real one.

    Args:
        item: whose query it is. ``community``: who is to answer. ``turns``: what was said before.
    """

    item: str
    community: str
    query: str
    best: str
    other: str
    turns: tuple[Turn, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Written:
    """What a language model's personas answered.

    Args:
        by: who wrote, to stand beside every figure.
        prompts: what they were asked.
        sets: for each way of sampling, one set of answers a prompt; an empty one where none came.
    """

    by: str
    prompts: tuple[Prompt, ...]
    sets: Mapping[Sampling, Sequence[Sequence[Option]]]


def prompts_of(
    items: Sequence[Item], membership: Membership, *, seed: int, most: int = MOST_PER_COMMUNITY
) -> list[Prompt]:
    """Return what each community is to answer; nothing where all options are given.

    Fewer prompts are the first of more: ``most`` changes how many there are, and not which come first.

    Args:
        items: held-out items.
        membership: the communities; on statements, a place's title is what is answered.
        most: prompts of one community, drawn where there are more.
    """
    by_community: dict[str, list[Prompt]] = {}
    statements: dict[str, list[tuple[float, Item]]] = {}
    for item in items:
        for name, votes in item.votes.items():
            if item.kind == "endorsement":
                by_community.setdefault(name, []).append(_answered(item, name, votes.shares))
            elif item.kind == "agreement":
                statements.setdefault(name, []).append((votes.shares[0], item))
    for name, rows in statements.items():
        by_community[name] = _topical(name, rows, membership)
    chosen = []
    for name, prompts in sorted(by_community.items()):
        order = derived_rng(seed, "prompts", name).permutation(len(prompts))[:most]
        chosen += [prompts[index] for index in sorted(order)]
    return chosen


def half(store: NormStore, seed: int, which: int) -> NormStore:
    """Return the norms of one of two halves of the posts; a post is in the same half of every store.

    Half 0 is written from and half 1 is recognised by, or the classifier would merely find what it has seen.
    """
    rows = [index for index, norm in enumerate(store.norms) if which_half(norm.post, seed) == which]
    return replace(
        store, norms=tuple(store.norms[index] for index in rows), vectors=store.vectors[rows], _index=[]
    )


def which_half(post: str, seed: int) -> int:
    """Return 0 for a post that is written from, 1 for one that is recognised by."""
    return derived_seed(seed, "half", post) % 2


def _answered(item: Item, community: str, shares: Sequence[float]) -> Prompt:
    ranked = sorted(range(item.size), key=lambda index: -shares[index])
    best, other = (item.options[index].text for index in ranked[:2])
    return Prompt(
        item=item.item, community=community, query=item.query, best=best, other=other, turns=item.turns
    )


def _topical(name: str, rows: Sequence[tuple[float, Item]], membership: Membership) -> list[Prompt]:
    """Ask for statements on a place's topic; the real ones are those that the community agrees with most."""
    ranked = [item for _, item in sorted(rows, key=lambda row: (-row[0], row[1].item))][: 2 * CANDIDATES]
    topic = membership[name].title.partition(", group ")[0]
    return [
        Prompt(item=best.item, community=name, query=topic, best=best.query, other=other.query)
        for best, other in zip(ranked[::2], ranked[1::2], strict=False)
    ]
