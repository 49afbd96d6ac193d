"""Cases: an item, a community that really voted on it, and what each predictor says of the two."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Literal, cast

import numpy as np

from bench.ceiling import JEFFREYS, fitted_prior, replicates
from bench.metrics import earth_movers, jensen_shannon, kendall_tau_b, log_loss, share_error, top_one
from bench.metrics.rows import (
    earth_movers_rows,
    jensen_shannon_rows,
    kendall_tau_b_rows,
    log_loss_rows,
    share_error_rows,
    top_one_rows,
)
from bench.metrics.vectors import TIE
from bench.predictors import blind
from personas.seeds import derived_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from bench.predictors import Predictor
    from bench.scores import Role
    from simulator.item import Item, Preference, RealVotes

    Vector = NDArray[np.float64]
    Sort = tuple[str, bool, int]

__all__ = [
    "ACCURACY", "CEILING", "CLEAR_MARGIN", "DIVERGENCE", "LEAST_VOTERS", "METRICS", "ORDERED", "Case", "Metric",
    "figures", "is_clear", "is_spread", "make_cases", "prior_of", "roles", "sort_of",
]  # fmt: skip

SECOND_SAMPLES = 100
CEILING = "noise ceiling (a second sample of the same voters)"
CLEAR_MARGIN = 2
"""Where an option is ahead by fewer votes than this, there is no most preferred one to find."""
LEAST_VOTERS = 10
"""Shares of fewer choices than this are mostly noise: no predicted distribution is held against them."""


@dataclass(frozen=True)
class Metric:
    """How a predicted distribution is held against a real one.

    Args:
        name: as it is printed. ``one``: of two (k,) distributions; None where it is undefined.
        rows: of (n, k) distributions and a real one, NaN where undefined. ``better``: which figure is the better.
    """

    name: str
    one: Callable[[Vector, Vector], float | None]
    rows: Callable[[Vector, Vector], Vector]
    better: Literal["higher", "lower"]


ACCURACY = Metric("accuracy", top_one, top_one_rows, "higher")
DIVERGENCE = Metric("Jensen–Shannon divergence (base 2)", jensen_shannon, jensen_shannon_rows, "lower")
METRICS = (
    Metric("Kendall τ-b", kendall_tau_b, kendall_tau_b_rows, "higher"),
    Metric("top-1 accuracy", top_one, top_one_rows, "higher"),
    DIVERGENCE,
    Metric("mean absolute error of a share", share_error, share_error_rows, "lower"),
    Metric("log loss (bits)", log_loss, log_loss_rows, "lower"),
)
ORDERED = Metric("earth mover's distance (ordered options)", earth_movers, earth_movers_rows, "lower")


@dataclass(frozen=True)
class Case:
    """One community's real votes on one item, and the predictions of them by predictor."""

    item: Item
    community: str
    predicted: Mapping[str, Preference | None]
    seed: int
    prior: float | Vector = JEFFREYS

    @property
    def votes(self) -> RealVotes:
        """What the community's real members said."""
        return self.item.votes[self.community]

    @cached_property
    def real(self) -> Vector:
        """(k,) the real shares."""
        return np.array(self.votes.shares)

    @cached_property
    def second_samples(self) -> Vector | None:
        """(draws, k) what second samples of the same voters would have said; None without their number."""
        seed = derived_seed(self.seed, self.item.item, self.community)
        return replicates(self.votes, kind=self.item.kind, draws=SECOND_SAMPLES, seed=seed, prior=self.prior)


def is_clear(votes: RealVotes) -> bool:
    """Return whether one option is preferred most: ahead by two votes, or, of shares alone, ahead at all.

    >>> from simulator.item import RealVotes
    >>> is_clear(RealVotes(shares=(0.6, 0.4), voters=5, margin=1))
    False
    >>> is_clear(RealVotes(shares=(0.6, 0.4), voters=None))
    True
    """
    if votes.margin or votes.voters is not None:
        return votes.margin >= CLEAR_MARGIN
    return sum(share >= max(votes.shares) - TIE for share in votes.shares) == 1


def is_spread(item: Item, votes: RealVotes) -> bool:
    """Return whether the real shares rest on enough choices to hold a distribution against them."""
    return item.kind == "endorsement" or votes.voters is None or votes.voters >= LEAST_VOTERS


def make_cases(
    items: Iterable[Item],
    predictors: Sequence[Predictor],
    *,
    seed: int,
    left_out: Counter[str] | None = None,
) -> list[Case]:
    """Return a case for every item and every community that voted on it, going through the items once.

    Votes that are neither clear nor enough for a distribution can be held against nothing; they make no case
    and are counted in ``left_out``.
    """
    cases = []
    sorts: dict[Sort, list[RealVotes]] = {}
    counted: Counter[str] = Counter() if left_out is None else left_out
    for item in items:
        for community, votes in item.votes.items():
            sorts.setdefault(sort_of(item), []).append(votes)
            if not (is_clear(votes) or is_spread(item, votes)):
                few = f"fewer than {LEAST_VOTERS} voters, and a margin under {CLEAR_MARGIN}"
                counted[few] += 1
                continue
            said = {each.name: each.predict(blind(item, community, each), community) for each in predictors}
            cases.append(Case(item, community, said, seed))
    priors = {key: prior_of(key, votes) for key, votes in sorts.items()}
    return [replace(case, prior=priors[sort_of(case.item)]) for case in cases]


def prior_of(sort: Sort, votes: Sequence[RealVotes]) -> float | Vector:
    """Return the prior of the noise ceilings of one sort of items, learned from all votes, the unclear as well.

    Endorsements are votes for and against each of their options, to which no prior is fitted.
    """
    kind, placed, _ = sort
    return JEFFREYS if kind == "endorsement" else fitted_prior(votes, placed=placed)


def sort_of(item: Item) -> Sort:
    """Return an item's kind, whether a place means the same in all such items, and the number of options."""
    return item.kind, item.ordered or item.kind == "agreement", item.size


def figures(
    cases: Sequence[Case], predictors: Sequence[Predictor], metric: Metric, *, ceiling: bool = True
) -> dict[str, list[float | None]]:
    """Return each predictor's figure in every case, and last, unless told otherwise, what second samples score."""
    found: dict[str, list[float | None]] = {
        predictor.name: [_figure(case.predicted[predictor.name], case, metric) for case in cases]
        for predictor in predictors
    }
    if ceiling:
        found[CEILING] = [_ceiling(case, metric) for case in cases]
    return found


def roles(predictors: Sequence[Predictor]) -> dict[str, Role]:
    """Return what each row stands for."""
    named: dict[str, Role] = {each.name: _role(each) for each in predictors}
    return {**named, CEILING: "ceiling"}


def _role(predictor: Predictor) -> Role:
    return cast("Role", getattr(predictor, "role", "simulation" if predictor.simulated else "baseline"))


def _figure(preference: Preference | None, case: Case, metric: Metric) -> float | None:
    return None if preference is None else metric.one(np.array(preference.shares), case.real)


def _ceiling(case: Case, metric: Metric) -> float | None:
    if case.second_samples is None:
        return None
    scores = metric.rows(case.second_samples, case.real)
    return None if np.isnan(scores).all() else float(np.nanmean(scores))
