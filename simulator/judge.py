"""Judgement: each persona of a panel says what it prefers. Here without a language model, from norms alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from personas.persona import remember
from personas.seeds import derived_seed
from simulator.aggregate import balanced_orders
from simulator.item import Ballot

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from personas.norms import NormStore
    from personas.persona import Panel
    from simulator.item import Item
    from simulator.retrieval import Retrieved
    from simulator.room import Room

__all__ = ["Judge", "NormJudge", "norm_scores"]

CITED = 3
"""How many norms a ballot names."""


class Judge(Protocol):
    """Whatever makes a panel's ballots on an item.

    A judge never raises for one persona's sake: a judgement that fails is a ballot that says so.
    ``name`` stands beside every figure that comes of its ballots.
    """

    name: str

    async def judge(self, item: Item, room: Room, norms: Retrieved) -> list[Ballot]:
        """Return one ballot a persona, in the order of the room's panel."""
        ...


class NormJudge:
    """The offline engine: no language model, but the endorsement of what the community said nearby.

    A persona's score of an option is ``Σ w r / Σ w`` over the norms that it remembers nearest to the option,
    with endorsement r, support n and ``w = sqrt(n) · exp(τ · cosine) · times remembered``. Its shares are its
    scores, normalised; an option that rejects its claim scores one minus that.

    Args:
        seed: what the memories and the option orders are derived from.
        sharpness: τ, how fast a norm's weight falls with distance.
    """

    name = "norm judge (offline, no language model)"

    def __init__(self, *, seed: int, sharpness: float = 10.0) -> None:
        self.seed = seed
        self.sharpness = sharpness
        self._memories: dict[str, tuple[Panel, NormStore, NDArray[np.int64]]] = {}

    async def judge(self, item: Item, room: Room, norms: Retrieved) -> list[Ballot]:
        """Return one ballot a persona, in the order of the room's panel."""
        panel = room.panel
        orders = balanced_orders(
            item.size, len(panel.personas), seed=derived_seed(self.seed, "order", item.item, panel.community)
        )
        if not norms.indices.shape[1]:
            reason = f"{panel.community} has no norm to judge by"
            return [
                Ballot(persona=persona.persona, choice=None, order=order, reason=reason)
                for persona, order in zip(panel.personas, orders, strict=True)
            ]
        memories = self._memory(panel, norms.store)
        scores, weights = norm_scores(norms, memories, sharpness=self.sharpness)
        turned = np.array([option.polarity < 0 for option in item.options])
        scores = np.where(turned, 1 - scores, scores)
        return [
            _ballot(persona.persona, scores[number], weights[number], order, norms)
            for number, (persona, order) in enumerate(zip(panel.personas, orders, strict=True))
        ]

    def _memory(self, panel: Panel, store: NormStore) -> NDArray[np.int64]:
        known = self._memories.get(panel.community)
        if known is None or known[0] is not panel or known[1] is not store:
            memories = remember(panel, store, seed=self.seed)
            known = self._memories[panel.community] = (panel, store, memories)
        return known[2]


def norm_scores(
    norms: Retrieved, memories: NDArray[np.int64], *, sharpness: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return every persona's score of every option, and the weights behind it.

    Args:
        norms: m norms for each of k options.
        memories: (p, n) how often each persona remembers each norm of the store.
        sharpness: τ.

    Returns:
        scores (p, k) in (0, 1), NaN where a persona remembers none of the norms; weights (p, k, m).
    """
    remembered = memories[:, norms.indices].astype(float)
    near_enough = np.cumsum(remembered > 0, axis=2) <= norms.keep
    closeness = np.exp(sharpness * (norms.cosines.astype(float) - 1))
    weights = remembered * near_enough * (np.sqrt(norms.store.support)[norms.indices] * closeness)
    total = weights.sum(axis=2)
    endorsed = (weights * norms.store.endorsement[norms.indices]).sum(axis=2)
    scores = np.divide(endorsed, total, out=np.full_like(total, np.nan), where=total > 0)
    return scores, weights


def _ballot(
    persona: str,
    scores: NDArray[np.float64],
    weights: NDArray[np.float64],
    order: tuple[int, ...],
    norms: Retrieved,
) -> Ballot:
    if not np.isfinite(scores).all() or scores.sum() <= 0:
        reason = "remembers no norm that bears on every option"
        return Ballot(persona=persona, choice=None, order=order, reason=reason)
    shares = scores / scores.sum()
    choice = max(order, key=lambda option: shares[option])
    heaviest = norms.indices[choice][np.argsort(-weights[choice], kind="stable")[:CITED]]
    cited = [norms.store.norms[index] for index in dict.fromkeys(heaviest.tolist())]
    first = cited[0]
    return Ballot(
        persona=persona,
        choice=int(choice),
        shares=tuple(float(share) for share in shares),
        order=order,
        reason=f"nearest remembered norm endorsed {first.endorsement:.2f} by {first.support} ({first.basis})",
        norms=tuple(norm.post for norm in cited),
    )
