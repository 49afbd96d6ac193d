"""Communities by training votes, and which of them a person is placed in by a few known choices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from personas.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bench.granularity.trial import Trial

__all__ = [
    "Communities",
    "Counts",
    "Groups",
    "count_votes",
    "everybody",
    "find_groups",
    "placed",
    "placement",
    "smoothed",
    "weights",
]

Communities = Literal["auto", "given", "found"]
SHRINKAGE = 2.0
"""How many votes everybody's rate counts for when a community's rate is taken (``smoothed``)."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Groups:
    """Which of G communities each of P people is in, by all training votes.

    Args:
        labels: (P,) the community, from 0; -1 for people in none.
        count: G.
        how: how they were settled, in words.
    """

    labels: NDArray[np.int64]
    count: int
    how: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Counts:
    """Training votes by group, and which of them are a tried person's own.

    Args:
        up: (1 + G, C) votes for each claim; the first row is everybody's, then one a community.
        total: (1 + G, C) answers.
        size: (1 + G,) people.
        own: (T, C) the tried people's own training votes.
        home: (T,) the row of each tried person's community by all training votes; 0 for those in none.
    """

    up: NDArray[np.float64]
    total: NDArray[np.float64]
    size: NDArray[np.float64]
    own: NDArray[np.int8]
    home: NDArray[np.int64]

    def of_others(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return (T, C) votes for, and answers, in each tried person's row, the person's own taken out."""
        inside = ((rows == 0) | (rows == self.home))[:, None]
        up = self.up[rows] - (inside & (self.own > 0))
        return up, self.total[rows] - (inside & (self.own != 0))


def find_groups(
    trial: Trial,
    *,
    communities: Communities = "auto",
    groups: int | None = None,
    smallest: int = 5,
    seed: int,
) -> Groups:
    """Return the communities of a place: given by the source, or found in its training votes.

    Found ones are those of ``simulator.graph``: identity ties by agreement in votes, partitioned by Leiden.
    ``auto`` takes the given ones where the source names two or more among the place's people.

    Args:
        trial: its training votes, those of the tried people beyond their known choices included.
        communities: ``given``, ``found`` or ``auto``.
        groups: how many to find; as many as the graph shows where None.
        smallest: people of a found community, at the least.
        seed: what the search is derived from.

    Raises:
        InputError: communities are to be given, and the source names one only.
    """
    place = trial.place
    given = len(place.given_names)
    if communities == "given" and given < 2:
        raise InputError(
            "the source names no two communities among its people",
            where=place.place,
            remedy="use --communities found",
        )
    if communities == "given" or (communities == "auto" and given > 1):
        return Groups(labels=place.given, count=given, how="given by the source")
    return _found(trial, groups, smallest, seed)


def _found(trial: Trial, groups: int | None, smallest: int, seed: int) -> Groups:
    from scipy.sparse import csr_matrix

    from simulator.graph.layers import CommunityGraph
    from simulator.graph.partition import partition
    from simulator.graph.ties import identity_layer

    n = len(trial.place.people)
    signed = csr_matrix(trial.train.astype(np.float64))
    graph = CommunityGraph(
        members=trial.place.people,
        identity=identity_layer(signed, seed=seed, weighting="signed"),
        bond=csr_matrix((n, n)),
        topics=csr_matrix((n, 0)),
        topic_names=(),
    )
    found = partition(graph, blend=1.0, count=groups, seed=seed, smallest=smallest)
    return Groups(labels=found.labels, count=found.count, how=found.describe())


def count_votes(trial: Trial, groups: Groups) -> Counts:
    """Return the training votes by group: everybody's in row 0, community g's in row 1 + g."""
    member = np.vstack([np.ones(len(groups.labels)), groups.labels == np.arange(groups.count)[:, None]])
    yes, answered = (trial.train > 0).astype(np.float64), (trial.train != 0).astype(np.float64)
    return Counts(
        up=member @ yes,
        total=member @ answered,
        size=member.sum(axis=1),
        own=trial.own,
        home=groups.labels[trial.tried] + 1,
    )


def smoothed(
    up: NDArray[np.float64], total: NDArray[np.float64], towards: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return rates ``(up + 2 r) / (total + 2)``: where few have answered, near everybody's rate r.

    >>> smoothed(np.array([3.0, 0.0]), np.array([3.0, 0.0]), np.array([0.5, 0.25])).tolist()
    [0.8, 0.25]
    """
    return (up + SHRINKAGE * towards) / (total + SHRINKAGE)


def everybody(
    up: NDArray[np.float64], total: NDArray[np.float64], options: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Return rates ``(up + 1) / (total + m)`` for claims with m possible answers: the uniform prior."""
    return (up + 1) / (total + options)


def placement(trial: Trial, counts: Counts, *, known: int) -> NDArray[np.float64]:
    """Return (T, G) how well each community fits each person's first ``known`` choices, as log likelihoods.

    ``log share of the people + Σ log rate of the answer`` over the known choices: a naive Bayes classifier. A
    community's rates are ``smoothed``, and the person's own votes are taken out of them; of a question with
    several options only the chosen one counts.

    References:
        P. Domingos & M. Pazzani (1997). On the optimality of the simple Bayesian classifier. Machine Learning 29.
    """
    shown, own = trial.shown(known), counts.own
    yes, no = shown & (own > 0), shown & (own < 0) & trial.place.alone
    people = np.arange(len(trial.tried))
    everyone = everybody(*counts.of_others(np.zeros_like(people)), trial.place.options)
    fits = [_fit(counts, row, everyone, yes, no) for row in range(1, len(counts.size))]
    return np.stack(fits, axis=1) if fits else np.zeros((people.size, 0))


def placed(fits: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return (T,) the row of the community that fits best, the first of equal ones; 0 where there is none.

    >>> placed(np.array([[-3.0, -1.0], [-2.0, -2.0]])).tolist()
    [2, 1]
    """
    if not fits.shape[1]:
        return np.zeros(len(fits), np.int64)
    return np.asarray(1 + np.argmax(np.round(fits, 9), axis=1), np.int64)


def weights(fits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (T, G) the probability of each community, from the log likelihoods.

    >>> weights(np.log([[3.0, 1.0]])).round(9).tolist()
    [[0.75, 0.25]]
    """
    if not fits.shape[1]:
        return fits
    likely = np.exp(fits - fits.max(axis=1, keepdims=True))
    return np.asarray(likely / likely.sum(axis=1, keepdims=True))


def _fit(
    counts: Counts,
    row: int,
    everyone: NDArray[np.float64],
    yes: NDArray[np.bool_],
    no: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Return (T,) the log of a community's share of the people, plus that of its rates of the answers."""
    rates = smoothed(*counts.of_others(np.full(len(yes), row)), everyone)
    fit = np.where(yes, np.log(rates), 0).sum(axis=1) + np.where(no, np.log1p(-rates), 0).sum(axis=1)
    return np.asarray(np.log(counts.size[row] - (counts.home == row) + 1) + fit)
