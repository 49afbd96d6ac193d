"""What each community prefers of two candidates, and how sure that is: the rows that preference data is made of.

A pair's order is read off the posterior that the ballots give: how far one candidate is ahead, how probable it
is that it is ahead at all, and whether other communities that judged the same candidates say the opposite.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations, pairwise
from typing import TYPE_CHECKING

import numpy as np

from personas.seeds import derived_seed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from simulator.export.records import Record
    from simulator.export.selection import Pairing, Selection

__all__ = ["ROUNDING", "Mark", "Pair", "marks_of", "order_probability", "pairs_of"]

ROUNDING = 1e-9
"""Below this, two shares are one, and a share or probability is not short of a threshold: 0.35 - 0.25 is 0.1."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two candidates of one set in the order in which one community prefers them.

    Args:
        chosen: the index of the preferred candidate. ``rejected``: that of the other.
        margin: the chosen one's share less the rejected one's, 0 or more; 0 where neither is ahead, and then a
            draw decided which one is called chosen.
        probability: how probable it is, given the ballots, that the community's share of the chosen one is the
            larger, in [0.5, 1]; None where the shares are no posterior of ballots.
        vote_share: the share of members, in [0.5, 1], that are expected to take the chosen one where there are
            these two alone, by Luce's choice axiom.
        tie: whether neither is ahead, or the margin or the probability falls short of what the selection asks.
        judged_by: how many communities judged the set, this one included.
        against: how many of the others hold the opposite order, by the same thresholds; 0 for a tie, which has
            no order to be against.
        length: the characters of the chosen one less those of the rejected one.
    """

    chosen: int
    rejected: int
    margin: float
    probability: float | None
    vote_share: float
    tie: bool
    judged_by: int
    against: int
    length: int

    @property
    def disputed(self) -> bool:
        """Whether this community and another one hold opposite orders."""
        return self.against > 0


@dataclass(frozen=True, slots=True)
class Mark:
    """Whether a community rates one candidate above or below an even share, 1/k of k candidates.

    Args:
        candidate: its index.
        share: its share.
        probability: how probable it is, given the ballots, that its share is above 1/k; None where the shares
            are no posterior of ballots.
        label: whether it is above; None where that is too little or too unsure to say.
    """

    candidate: int
    share: float
    probability: float | None
    label: bool | None


def pairs_of(records: Sequence[Record], selection: Selection) -> list[list[Pair]]:
    """Return the pairs of one candidate set, a list for each community's record.

    With a Dirichlet posterior over the shares, the larger of two shares θ is told by their ratio alone:
    ``θ_c / (θ_c + θ_r) ~ Beta(α_c, α_r)``, so ``P(θ_c > θ_r) = I_0.5(α_r, α_c)``. Candidates with equal shares are
    put in an order drawn from the seed, the set, the community and their texts, never from their places.

    Args:
        records: of all communities that judged the set; one without ballots gives no pairs and opposes nobody.
        selection: which pairs, and from where on an order counts.

    Returns:
        One list a record. A list's pairs go from the best candidate to the worst, the chosen one's rank first.

    References:
        A. Gelman et al. (2013). Bayesian Data Analysis, 3rd ed., sec. 3.4. CRC Press.
        R. D. Luce (1959). Individual Choice Behavior. Wiley.
    """
    judged = [record for record in records if record.preference.ballots]
    orders = [_ranked(record, selection.seed) for record in judged]
    found = iter(_pairs(judged, orders, selection) if judged else ())
    return [next(found) if record.preference.ballots else [] for record in records]


def marks_of(record: Record, selection: Selection) -> list[Mark]:
    """Return one mark a candidate; none where nobody cast a ballot.

    A candidate's share is ``θ ~ Beta(α, Σα - α)``. It gets no label where its share is not half of ``min_margin``
    away from 1/k (half, as of two candidates of a pair both stray from the middle), or where it is not as
    probable as ``min_probability`` that θ is on the side of 1/k that the share is on.
    """
    preference, size = record.preference, record.item.size
    if not preference.ballots:
        return []
    alpha = record.pseudo_counts
    above = [None] * size if alpha is None else _above(np.array(alpha), 1 / size).tolist()
    return [
        Mark(index, share, probability, _label(share - 1 / size, probability, selection))
        for index, (share, probability) in enumerate(zip(preference.shares, above, strict=True))
    ]


def order_probability(more: NDArray[np.float64], less: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return P(θ_more > θ_less) for shares with the Dirichlet parameters ``more`` and ``less``, elementwise.

    >>> order_probability(np.array([1.0, 2.0]), np.array([1.0, 1.0])).tolist()
    [0.5, 0.75]
    """
    from scipy.special import betainc

    probability: NDArray[np.float64] = betainc(less, more, 0.5)
    return probability


@dataclass(frozen=True, slots=True)
class _Order:
    """One record's candidates from the best to the worst; ``level`` by candidate is the same for equal shares."""

    ranked: list[int]
    level: list[int]


def _ranked(record: Record, seed: int) -> _Order:
    shares = record.preference.shares
    order = sorted(range(len(shares)), key=shares.__getitem__, reverse=True)
    level = [0] * len(shares)
    for before, index in pairwise(order):
        level[index] = level[before] + (shares[before] - shares[index] > ROUNDING)
    if level[order[-1]] < len(shares) - 1:
        draws = [_draw(record, index, seed) for index in range(len(shares))]
        order.sort(key=lambda index: (level[index], draws[index]))
    return _Order(order, level)


def _draw(record: Record, index: int, seed: int) -> int:
    text = record.item.options[index].text.encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(text, digest_size=16).hexdigest()
    return derived_seed(seed, "equal shares", record.item.item, record.community, digest)


def _pairs(judged: list[Record], orders: list[_Order], selection: Selection) -> list[list[Pair]]:
    """Return the pairs of records that all have ballots."""
    table = _Table(judged, orders, selection)
    lengths = [len(option.text) for option in judged[0].item.options]
    return [
        [
            table.pair(row, chosen, rejected, lengths[chosen] - lengths[rejected])
            for chosen, rejected in _combined(order.ranked, selection.pairs)
        ]
        for row, order in enumerate(orders)
    ]


class _Table:
    """Each pair of candidates in each record, in arrays of (records, pairs) with a pair's lower index first."""

    def __init__(self, judged: list[Record], orders: list[_Order], selection: Selection) -> None:
        first, second = _indices(judged[0].item.size)
        shares = np.array([record.preference.shares for record in judged])
        level = np.array([order.level for order in orders])
        even = level[:, first] == level[:, second]
        ahead = level[:, first] < level[:, second]
        margin = np.where(even, 0.0, np.abs(shares[:, first] - shares[:, second]))
        probability = _probabilities(judged, first, second, even)
        tie = even | (margin + ROUNDING < selection.min_margin)
        if selection.min_probability is not None:
            tie |= probability + ROUNDING < selection.min_probability  # never so for NaN
        against = _opposed(ahead & ~tie, ~ahead & ~tie)
        self._judged = judged
        self._places = _places(judged[0].item.size)
        # Lists, as single numbers are read from them faster than from arrays.
        self._columns = margin.tolist(), probability.tolist(), tie.tolist(), against.tolist()

    def pair(self, row: int, chosen: int, rejected: int, length: int) -> Pair:
        """Return what one record says of two candidates."""
        record, place = self._judged[row], self._places[chosen, rejected]
        margin, probability, tie, against = (column[row][place] for column in self._columns)
        shares = record.preference.shares
        return Pair(
            chosen=chosen,
            rejected=rejected,
            margin=margin,
            probability=None if record.prior is None else probability,
            vote_share=shares[chosen] / (shares[chosen] + shares[rejected]) if margin else 0.5,
            tie=tie,
            judged_by=len(self._judged),
            against=against,
            length=length,
        )


def _probabilities(
    judged: list[Record], first: NDArray[np.intp], second: NDArray[np.intp], even: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Return how probable each pair's order is; NaN for records whose shares are no posterior."""
    nothing = (np.nan,) * judged[0].item.size
    counts = np.array([nothing if record.prior is None else record.pseudo_counts for record in judged])
    one, other = counts[:, first], counts[:, second]
    found = order_probability(np.maximum(one, other), np.minimum(one, other))
    return np.where(even & ~np.isnan(found), 0.5, found)


def _opposed(ahead: NDArray[np.bool_], behind: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Return how many records hold the opposite of each order."""
    opposed: NDArray[np.intp] = np.where(ahead, behind.sum(axis=0), np.where(behind, ahead.sum(axis=0), 0))
    return opposed


def _combined(ranked: list[int], pairing: Pairing) -> Iterable[tuple[int, int]]:
    if pairing == "all":
        return combinations(ranked, 2)
    best, *rest = ranked
    return ((best, other) for other in (rest if pairing == "best-rest" else rest[-1:]))


@lru_cache(maxsize=64)
def _indices(size: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    return np.triu_indices(size, 1)


@lru_cache(maxsize=64)
def _places(size: int) -> dict[tuple[int, int], int]:
    """Return at which place of ``_indices`` a pair stands, by its candidates in either order."""
    places = enumerate(combinations(range(size), 2))
    return {pair: place for place, (one, other) in places for pair in ((one, other), (other, one))}


def _above(alpha: NDArray[np.float64], even: float) -> NDArray[np.float64]:
    """Return the probability that each share of a Dirichlet distribution is above ``even``."""
    from scipy.special import betainc

    probability: NDArray[np.float64] = betainc(alpha.sum() - alpha, alpha, 1 - even)
    return probability


def _label(ahead: float, probability: float | None, selection: Selection) -> bool | None:
    stray = 2 * abs(ahead)
    if stray <= ROUNDING or stray + ROUNDING < selection.min_margin:
        return None
    above = ahead > 0
    if probability is None or selection.min_probability is None:
        return above
    sure = probability if above else 1 - probability
    return above if sure + ROUNDING >= selection.min_probability else None
