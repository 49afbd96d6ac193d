"""How often rewards order two statements as a community does, with intervals."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from personas.seeds import derived_rng

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Votes = Mapping[str, Mapping[str, tuple[int, int]]]

__all__ = ["CREDIBLE", "Figure", "Kind", "Resampled", "Trial", "figure", "pair_weights", "trial"]

Kind = Literal["simulated", "disputed", "real"]
CREDIBLE = 0.95
"""How probable it must be that the real shares of agreement are in this order; other pairs have no real order."""
DRAWS = 4_000
REPLICATES = 2_000
PRIOR = 0.5


@dataclass(frozen=True, kw_only=True, eq=False)
class Trial:
    """Held-out pairs of one conversation, and what each community says of them.

    Args:
        chats: the C different chats: a prompt and one statement as its answer.
        pairs: (P, 2) the chats of each pair.
        statements: (P, 2) the number of each one's statement.
        simulated: by community, (P,) 1 where the first is preferred, -1 where the second is.
        real: by community, (P,) the same by the real votes; 0 where they do not tell.
        steady: by community, (P,) whether one half of the panel prefers what the other half does.
    """

    chats: tuple[list[dict[str, str]], ...]
    pairs: NDArray[np.int64]
    statements: NDArray[np.int64]
    simulated: Mapping[str, NDArray[np.int64]]
    real: Mapping[str, NDArray[np.int64]]
    steady: Mapping[str, NDArray[np.float64]]

    def wanted(self, community: str, kind: Kind) -> NDArray[np.int64]:
        """Return (P,) the order that counts: 1, -1, or 0 for a pair that does not count."""
        if kind == "real":
            return self.real[community]
        own = self.simulated[community]
        if kind == "simulated":
            return own
        others = [order for name, order in self.simulated.items() if name != community]
        return np.where(np.any([order == -own for order in others], axis=0), own, 0)

    def right(self, rewards: Sequence[float], community: str, kind: Kind) -> NDArray[np.float64]:
        """Return (P,) 1 where rewards order a pair as wanted, 0 where not, NaN where no order is wanted."""
        told = np.asarray(rewards)[self.pairs]
        return agreeing(np.sign(told[:, 0] - told[:, 1]), self.wanted(community, kind))


def agreeing(told: NDArray[Any], wanted: NDArray[Any]) -> NDArray[np.float64]:
    """Return 1 where two orders are one, 0 where not, a half where none is told, NaN where none is wanted."""
    return np.where(wanted == 0, np.nan, (1 + told * wanted) / 2)


def trial(full: Any, votes: Votes, *, seed: int) -> Trial:
    """Return the pairs of an export's full records, with the simulated and the real orders.

    Args:
        full: the full records; every community judged every set.
        votes: by community and statement, how many real members agreed and disagreed.
        seed: what the draws that tell a credible order are derived from.
    """
    by_set: dict[str, dict[str, Any]] = {}
    for row in full:
        by_set.setdefault(row["item"], {})[row["community"]] = row
    names = sorted({name for records in by_set.values() for name in records})
    chats: list[list[dict[str, str]]] = []
    pairs: list[tuple[int, int]] = []
    texts: list[str] = []
    shares: dict[str, list[list[float]]] = {name: [] for name in names}
    halves: dict[str, list[NDArray[np.float64]]] = {name: [] for name in names}
    for records in by_set.values():
        first = records[names[0]]
        start = len(chats)
        texts += [each["text"] for each in first["candidates"]]
        chats += [[*first["prompt"], {"role": "assistant", "content": text}] for text in texts[start:]]
        pairs += combinations(range(start, len(chats)), 2)
        for name in names:
            shares[name].append([each["share"] for each in records[name]["candidates"]])
            ballots = np.array([each["shares"] for each in records[name]["ballots"] if each["shares"]])
            halves[name].append(np.stack([ballots[::2].mean(axis=0), ballots[1::2].mean(axis=0)], axis=1))
    at = np.array(pairs)
    known = list(dict.fromkeys(texts))
    order = {name: np.sign(_ahead(np.concatenate(shares[name]), at)).astype(np.int64) for name in names}
    split = {name: np.sign(_ahead(np.concatenate(halves[name]), at)) for name in names}
    return Trial(
        chats=tuple(chats),
        pairs=at,
        statements=np.array([known.index(text) for text in texts])[at],
        simulated=order,
        real={name: _real(texts, votes.get(name, {}), at, seed) for name in names},
        steady={name: agreeing(split[name][:, 0], split[name][:, 1]) for name in names},
    )


def _ahead(values: NDArray[np.float64], pairs: NDArray[np.int64]) -> NDArray[np.float64]:
    return values[pairs[:, 0]] - values[pairs[:, 1]]


def _real(
    texts: Sequence[str], votes: Mapping[str, tuple[int, int]], pairs: NDArray[np.int64], seed: int
) -> NDArray[np.int64]:
    """Return the credible order of each pair: by draws from the Beta posteriors of both shares of agreement."""
    drawn = {
        text: derived_rng(seed, "real", text).beta(PRIOR + up, PRIOR + down, DRAWS)
        for text, (up, down) in votes.items()
    }
    found = np.zeros(len(pairs), np.int64)
    for number, (one, other) in enumerate(pairs.tolist()):
        if texts[one] in drawn and texts[other] in drawn:
            probability = float((drawn[texts[one]] > drawn[texts[other]]).mean())
            found[number] = int(probability >= CREDIBLE) - int(probability <= 1 - CREDIBLE)
    return found


@dataclass(frozen=True, kw_only=True)
class Figure:
    """A figure with its 95 % interval."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Resampled:
    """A figure and its bootstrap replicates, which differences and means of figures keep in their order."""

    mean: float
    drawn: NDArray[np.float64]

    def __sub__(self, other: Resampled) -> Resampled:
        return Resampled(mean=self.mean - other.mean, drawn=self.drawn - other.drawn)

    @staticmethod
    def mean_of(each: Sequence[Resampled]) -> Resampled:
        """Return the mean of several."""
        return Resampled(
            mean=float(np.nanmean([one.mean for one in each])),
            drawn=_mean(np.stack([one.drawn for one in each])),
        )

    @staticmethod
    def over_rounds(each: Sequence[Resampled], *, seed: int, name: str) -> Resampled:
        """Return the mean over rounds, of which every replicate draws as many with replacement."""
        rng = derived_rng(seed, "rounds", name)
        drawn = np.stack([one.drawn for one in each])
        picked = rng.integers(len(each), size=drawn.shape)
        return Resampled(
            mean=float(np.nanmean([one.mean for one in each])),
            drawn=_mean(np.take_along_axis(drawn, picked, axis=0)),
        )

    @property
    def figure(self) -> Figure:
        """The figure with the central 95 % of its replicates."""
        low, high = np.nanpercentile(self.drawn, [2.5, 97.5])
        return Figure(mean=self.mean, low=float(low), high=float(high))


def _mean(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean of what is known in each column; NaN where nothing is."""
    known = ~np.isnan(rows)
    count = known.sum(axis=0)
    nothing = np.full(rows.shape[1], np.nan)
    return np.divide(np.where(known, rows, 0).sum(axis=0), count, out=nothing, where=count > 0)


def pair_weights(statements: NDArray[np.int64], *, seed: int, name: str) -> NDArray[np.float64]:
    """Return how often each of P pairs (P, 2) counts in each replicate: (replicates, P).

    A replicate draws statements with replacement; a pair counts as often as the product of how often its two
    statements were drawn, since two pairs with a statement in common are not independent (as in the pigeonhole
    bootstrap, Owen 2007).
    """
    rng = derived_rng(seed, "bootstrap", name)
    size = int(statements.max()) + 1
    counts = rng.multinomial(size, np.full(size, 1 / size), REPLICATES)
    return (counts[:, statements[:, 0]] * counts[:, statements[:, 1]]).astype(float)


def figure(right: NDArray[np.float64], weights: NDArray[np.float64]) -> Resampled:
    """Return the mean of ``right`` (P,) over the pairs that count, with replicates of those ``weights``."""
    counted = ~np.isnan(right)
    nothing = np.full(len(weights), np.nan)
    if not counted.any():
        return Resampled(mean=float("nan"), drawn=nothing)
    weights = weights[:, counted]
    total = weights.sum(axis=1)
    drawn = np.divide(weights @ right[counted], total, out=nothing, where=total > 0)
    return Resampled(mean=float(right[counted].mean()), drawn=drawn)
