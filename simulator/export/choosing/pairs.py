"""What each community prefers of two candidates, and how sure that is: the rows that preference data is made of.

A pair's order is read off the posterior that the ballots give: how far one candidate is ahead, how probable it
is that it is ahead at all, and whether other communities that judged the same candidates say the opposite.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, NamedTuple

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


class Pair(NamedTuple):
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


class Mark(NamedTuple):
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
    views = [_view(record, selection) for record in judged]
    found = iter([_pairs(record, view, views, selection) for record, view in zip(judged, views, strict=True)])
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
    counts = record.pseudo_counts
    above = (None,) * size if counts is None else _above(counts)
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


class _View(NamedTuple):
    """What one record says of its candidates, from the best to the worst, and of each two, as ``_couples`` has them.

    An order is 1 where the one with the lower index is ahead, -1 where the other one is, and 0 for a tie.
    """

    ranked: list[int]
    margins: list[float]
    probabilities: list[float | None]
    orders: list[int]


def _view(record: Record, selection: Selection) -> _View:
    shares, counts = record.preference.shares, record.pseudo_counts
    couples = _couples(len(shares))
    ranked, level = _ranked(record, selection.seed)
    view = _View(ranked, [], [], [])
    chances = (None,) * len(couples) if counts is None else _chances(counts)
    for (one, other), chance in zip(couples, chances, strict=True):
        even = level[one] == level[other]
        margin = 0.0 if even else abs(shares[one] - shares[other])
        probability = 0.5 if even and chance is not None else chance
        tie = even or _falls_short(margin, probability, selection)
        view.margins.append(margin)
        view.probabilities.append(probability)
        view.orders.append(0 if tie else 1 if level[one] < level[other] else -1)
    return view


def _falls_short(margin: float, probability: float | None, selection: Selection) -> bool:
    if margin + ROUNDING < selection.min_margin:
        return True
    if probability is None or selection.min_probability is None:
        return False
    return probability + ROUNDING < selection.min_probability


def _ranked(record: Record, seed: int) -> tuple[list[int], list[int]]:
    """Return the candidates from the best to the worst, and each one's level: the same for equal shares."""
    shares = record.preference.shares
    order = sorted(range(len(shares)), key=shares.__getitem__, reverse=True)
    level = [0] * len(shares)
    for before, index in pairwise(order):
        level[index] = level[before] + (shares[before] - shares[index] > ROUNDING)
    if level[order[-1]] < len(shares) - 1:

        def turn(index: int) -> tuple[int, int]:
            return level[index], _draw(record, index, seed) if level.count(level[index]) > 1 else 0

        order.sort(key=turn)
    return order, level


def _draw(record: Record, index: int, seed: int) -> int:
    text = record.item.options[index].text.encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(text, digest_size=16).hexdigest()
    return derived_seed(seed, "equal shares", record.item.item, record.community, digest)


def _pairs(record: Record, view: _View, views: Sequence[_View], selection: Selection) -> list[Pair]:
    """Return the pairs of one record, given what all records say that have ballots."""
    shares, places = record.preference.shares, _places(record.item.size)
    lengths = [len(option.text) for option in record.item.options]
    pairs = []
    for chosen, rejected in _combined(view.ranked, selection.pairs):
        place = places[chosen, rejected]
        margin, order = view.margins[place], view.orders[place]
        pair = Pair(
            chosen=chosen,
            rejected=rejected,
            margin=margin,
            probability=view.probabilities[place],
            vote_share=shares[chosen] / (shares[chosen] + shares[rejected]) if margin else 0.5,
            tie=not order,
            judged_by=len(views),
            against=sum(other.orders[place] == -order for other in views) if order else 0,
            length=lengths[chosen] - lengths[rejected],
        )
        pairs.append(pair)
    return pairs


def _combined(ranked: list[int], pairing: Pairing) -> Iterable[tuple[int, int]]:
    if pairing == "all":
        return combinations(ranked, 2)
    best, *rest = ranked
    return ((best, other) for other in (rest if pairing == "best-rest" else rest[-1:]))


@lru_cache(maxsize=64)
def _couples(size: int) -> list[tuple[int, int]]:
    return list(combinations(range(size), 2))


@lru_cache(maxsize=64)
def _places(size: int) -> dict[tuple[int, int], int]:
    """Return at which place of ``_couples`` a pair stands, by its candidates in either order."""
    places = enumerate(_couples(size))
    return {pair: place for place, (one, other) in places for pair in ((one, other), (other, one))}


# A panel of a dozen personas that choose gives few different counts, so most of these are known.
@lru_cache(maxsize=4096)
def _chances(counts: tuple[float, ...]) -> list[float]:
    """Return for each two candidates how probable it is that the one with the larger share is ahead."""
    two = list(combinations(counts, 2))
    more, less = np.array([*map(max, two)]), np.array([*map(min, two)])
    chances: list[float] = order_probability(more, less).tolist()
    return chances


@lru_cache(maxsize=4096)
def _above(counts: tuple[float, ...]) -> list[float]:
    """Return the probability that each share of a Dirichlet distribution is above an even one."""
    from scipy.special import betainc

    alpha = np.array(counts)
    probability: list[float] = betainc(alpha.sum() - alpha, alpha, 1 - 1 / len(counts)).tolist()
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
