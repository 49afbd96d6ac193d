"""One place while it is studied: what each level says of its people, and how well that met their answers."""

from __future__ import annotations

from dataclasses import asdict
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.granularity.findings import ALL, BASE, COMMUNITY, COMMUNITY_KNOWN, PERSON, WEIGHED, WITHIN
from bench.granularity.groups import count_votes, placed, placement, weights
from bench.granularity.levels import Levels, shrunk
from bench.granularity.scoring import scored
from bench.granularity.summary import Outcome
from bench.granularity.tuning import choose_group

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from bench.granularity.groups import Groups
    from bench.granularity.trial import Trial
    from bench.granularity.tuning import Choice

    Array = NDArray[np.float64]

__all__ = ["Prepared"]


class Prepared:
    """A place with its votes counted and its communities settled, ready to be asked.

    Args:
        trial: what is held out. ``groups``: the communities.
        vectors: (C, d) the claims' embeddings.
        by_content: whether groups are asked by content, or by their votes on the very claim.
    """

    def __init__(
        self, trial: Trial, groups: Groups, vectors: NDArray[np.float32], *, by_content: bool
    ) -> None:
        self.trial, self.groups = trial, groups
        counts = count_votes(trial, groups)
        self.levels = Levels(trial, counts, vectors, by_content=by_content)
        self.fits = {number: placement(trial, counts, known=number) for number in trial.known}
        self.rows = {number: placed(fits) for number, fits in self.fits.items()}

    @cached_property
    def sharpness(self) -> Mapping[str, float]:
        """τ of one for all and of one per community; 0 where groups are not asked by content."""
        if not self.levels.by_content:
            return {ALL: 0.0, COMMUNITY: 0.0}
        communities = range(1, 1 + self.groups.count) or range(1)
        found = {ALL: choose_group(self.levels, (0,))}
        return {**found, COMMUNITY: choose_group(self.levels, communities)}

    @cached_property
    def told(self) -> Array:
        """(1 + G, T, C) what everybody's predictor says with the communities' τ, then what each community's says."""
        people = len(self.trial.tried)
        return np.stack(
            [
                self.levels.of_groups(np.full(people, row), self.sharpness[COMMUNITY])
                for row in range(1 + self.groups.count)
            ]
        )

    def of_rows(self, rows: NDArray[np.int64]) -> Array:
        """Return (T, C) what the predictor of each person's group says."""
        return np.asarray(self.told[rows, np.arange(len(rows))])

    def priors(self) -> dict[tuple[str, int], Array]:
        """Return what a person is shrunk towards: the base rate, or what the community says it is placed in."""
        found = {}
        for number, rows in self.rows.items():
            found[PERSON, number] = self.levels.base
            found[WITHIN, number] = self.of_rows(rows)
        return found

    def outcome(self, choices: Mapping[tuple[str, int], Choice]) -> Outcome:
        """Return the figures of every level, at every number of known choices."""
        figures: dict[tuple[str, int], Array] = {}
        still = {
            ALL: scored(self.trial, self.levels.of_all(self.sharpness[ALL])),
            BASE: scored(self.trial, self.levels.base),
            COMMUNITY_KNOWN: scored(self.trial, self.of_rows(self.levels.counts.home)),
        }
        for number in self.trial.known:
            figures |= {(level, number): known for level, known in still.items()}
            figures[WEIGHED, number] = scored(self.trial, self._weighed(number))
        for (level, number), prior in self.priors().items():
            choice = choices[level, number]
            own = self.levels.of_own(number, choice.sharpness)
            figures[level, number] = scored(self.trial, shrunk(own, prior, strength=choice.strength))
            if level == WITHIN:
                figures[COMMUNITY, number] = scored(self.trial, prior)
        return Outcome(place=self.trial.place.place, known=self.trial.known, figures=figures)

    def chosen(self, choices: Mapping[tuple[str, int], Choice]) -> list[dict[str, Any]]:
        """Return what was chosen on training votes, as plain rows."""
        place = self.trial.place.place
        groups = [
            {"place": place, "level": level, "known": None, "sharpness": sharpness, "strength": None}
            for level, sharpness in self.sharpness.items()
            if self.levels.by_content
        ]
        own = [
            {"place": place, "level": level, "known": number, **asdict(choice)}
            for (level, number), choice in choices.items()
        ]
        return groups + own

    def placed_right(self) -> tuple[float | None, ...]:
        """Return the share of people placed as by all their votes, by number; None without two communities."""
        home = self.levels.counts.home
        if self.groups.count < 2 or not home.any():
            return (None,) * len(self.rows)
        return tuple(float(np.mean(rows[home > 0] == home[home > 0])) for rows in self.rows.values())

    def _weighed(self, number: int) -> Array:
        """Return the communities' predictions, weighed by how probable each is by the known choices."""
        if not self.groups.count:
            return np.asarray(self.told[0])
        return np.asarray(np.einsum("tg,gtc->tc", weights(self.fits[number]), self.told[1:]))
