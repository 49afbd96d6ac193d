"""Cases: an item, a community that really voted on it, and what each predictor says of the two."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from bench.ceiling import replicates
from personas.seeds import derived_seed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from bench.predictors import Predictor
    from bench.scores import Role
    from simulator.item import Item, Preference, RealVotes

    Metric = Callable[[NDArray[np.float64], NDArray[np.float64]], float | None]

__all__ = ["Case", "figures", "make_cases", "roles"]

SECOND_SAMPLES = 100
CEILING = "noise ceiling (a second sample of the same voters)"


@dataclass(frozen=True)
class Case:
    """One community's real votes on one item, and the predictions of them by predictor."""

    item: Item
    community: str
    predicted: Mapping[str, Preference | None]
    seed: int

    @property
    def votes(self) -> RealVotes:
        """What the community's real members said."""
        return self.item.votes[self.community]

    @cached_property
    def real(self) -> NDArray[np.float64]:
        """(k,) the real shares."""
        return np.array(self.votes.shares)

    @cached_property
    def second_samples(self) -> NDArray[np.float64] | None:
        """(draws, k) what second samples of the same voters would have said; None without their number."""
        seed = derived_seed(self.seed, self.item.item, self.community)
        return replicates(self.votes, kind=self.item.kind, draws=SECOND_SAMPLES, seed=seed)


def make_cases(items: Sequence[Item], predictors: Sequence[Predictor], *, seed: int) -> list[Case]:
    """Return a case for every item and every community that voted on it."""
    return [
        Case(item, community, {p.name: p.predict(item, community) for p in predictors}, seed)
        for item in items
        for community in item.votes
    ]


def figures(
    cases: Sequence[Case], predictors: Sequence[Predictor], metric: Metric
) -> dict[str, list[float | None]]:
    """Return each predictor's figure in every case, and last what second samples of the voters score."""
    found: dict[str, list[float | None]] = {
        predictor.name: [_figure(case.predicted[predictor.name], case, metric) for case in cases]
        for predictor in predictors
    }
    found[CEILING] = [_ceiling(case, metric) for case in cases]
    return found


def roles(predictors: Sequence[Predictor]) -> dict[str, Role]:
    """Return what each row stands for."""
    named: dict[str, Role] = {p.name: "simulation" if p.simulated else "baseline" for p in predictors}
    return {**named, CEILING: "ceiling"}


def _figure(preference: Preference | None, case: Case, metric: Metric) -> float | None:
    return None if preference is None else metric(np.array(preference.shares), case.real)


def _ceiling(case: Case, metric: Metric) -> float | None:
    if case.second_samples is None:
        return None
    scores = [metric(sample, case.real) for sample in case.second_samples]
    defined = [score for score in scores if score is not None]
    return float(np.mean(defined)) if defined else None
