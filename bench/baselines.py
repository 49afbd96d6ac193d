"""Baselines: what anybody gets without knowing the community, and what stands beside every result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from personas.endorsement import rate
from personas.norms import Norm, NormStore
from simulator.item import Preference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from personas.community import Membership
    from simulator.item import Item, Option

__all__ = ["MeanShare", "OneOption", "Uniform", "first_posted", "longest", "pooled"]


class Uniform:
    """The uniform guess: every option alike."""

    name = "uniform guess"
    simulated = False

    def predict(self, item: Item, community: str) -> Preference | None:
        """Return equal shares."""
        return Preference(shares=(1 / item.size,) * item.size)


class MeanShare:
    """The majority option: the mean real share of each position over the items that may be learned from.

    On statements, that is the mean rate of agreement. On options that come in a random order no position
    means anything, and this comes to a guess.

    Args:
        items: the items to learn the rates from.
        over: whose rates: of the ``community`` alone, or of everyone in the ``place`` it lies in.
        membership: the communities, and the place that each lies within.
    """

    simulated = False

    def __init__(
        self, items: Iterable[Item], membership: Membership, *, over: Literal["community", "place"]
    ) -> None:
        self.name = {
            "community": "majority option (the community's own mean rate)",
            "place": "majority option (mean rate of the whole place)",
        }[over]
        self._place = {
            community.name: community.within if over == "place" else community.name
            for community in membership.communities
        }
        shares: dict[tuple[str, int], list[tuple[float, ...]]] = {}
        for item in items:
            for community, votes in item.votes.items():
                shares.setdefault((self._place[community], item.size), []).append(votes.shares)
        self._means = {key: np.mean(rows, axis=0) for key, rows in shares.items()}

    def predict(self, item: Item, community: str) -> Preference | None:
        """Return the mean shares of items with as many options; None where none were seen."""
        mean = self._means.get((self._place[community], item.size))
        return None if mean is None else Preference(shares=tuple((mean / mean.sum()).tolist()))


class OneOption:
    """Always the option of which something is largest, whatever the community."""

    simulated = False

    def __init__(self, name: str, measure: Callable[[Option], float | None]) -> None:
        self.name = name
        self._measure = measure

    def predict(self, item: Item, community: str) -> Preference | None:
        """Return all of the share on one option; None where an option cannot be measured."""
        measures = [self._measure(option) for option in item.options]
        known = [measure for measure in measures if measure is not None]
        if len(known) < item.size:
            return None
        best = known.index(max(known))
        return Preference(shares=tuple(float(index == best) for index in range(item.size)))


def longest() -> OneOption:
    """Return the baseline that chooses the longest option, in characters."""
    return OneOption("longest option", lambda option: float(len(option.text)))


def first_posted() -> OneOption:
    """Return the baseline that chooses the option that was posted first."""
    return OneOption(
        "first-posted option", lambda option: None if option.created is None else -option.created.timestamp()
    )


def pooled(stores: Mapping[str, NormStore], *, a0: float = 1.0, b0: float = 1.0) -> NormStore:
    """Return one store of all communities' norms, their votes added up: what the universal predictor knows."""
    merged: dict[str, tuple[Norm, int]] = {}
    up: dict[str, float] = {}
    support: dict[str, int] = {}
    rows: list[np.ndarray[tuple[int], np.dtype[np.float32]]] = []
    for store in stores.values():
        for norm, vector in zip(store.norms, store.vectors, strict=True):
            if norm.post not in merged:
                merged[norm.post] = (norm, len(rows))
                rows.append(vector)
            votes = norm.endorsement * (a0 + b0 + norm.support) - a0
            up[norm.post] = up.get(norm.post, 0.0) + votes
            support[norm.post] = support.get(norm.post, 0) + norm.support
    norms = []
    for post in sorted(merged):
        norm = merged[post][0]
        voted = rate(up[post], support[post] - up[post], a0=a0, b0=b0)
        endorsement = float(voted) if norm.basis == "votes" else norm.endorsement
        norms.append(
            Norm(
                post=post,
                title=norm.title,
                text=norm.text,
                author=norm.author,
                endorsement=endorsement,
                support=support[post],
                basis=norm.basis,
                thread=norm.thread,
            )
        )
    order = [merged[post][1] for post in sorted(merged)]
    vectors = np.stack(rows)[order] if rows else np.zeros((0, 1), np.float32)
    model = next((store.model for store in stores.values()), "")
    return NormStore(community="everyone", norms=tuple(norms), vectors=vectors, model=model)
