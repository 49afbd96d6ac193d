"""How sharp each level's memory is and how far a person is shrunk: chosen from training votes alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.granularity.levels import normalised, shrunk

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from bench.granularity.levels import Levels

    Array = NDArray[np.float64]

__all__ = [
    "SHARPNESS",
    "STRENGTHS",
    "Choice",
    "choose_group",
    "choose_own",
    "chosen",
    "group_errors",
    "own_errors",
    "rest_of",
]

SHARPNESS = (1.0, 3.0, 5.0, 10.0, 20.0, 30.0)
STRENGTHS = (0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 256.0, 1024.0)
LEAST_REST = 200


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What was chosen for one level at one number of known choices.

    Args:
        sharpness: τ, how fast a claim's weight falls with distance.
        strength: λ, how many choices the prior of a person is worth.
    """

    sharpness: float
    strength: float = 0.0


OTHERWISE = Choice(sharpness=10.0, strength=4.0)


def choose_group(levels: Levels, rows: Sequence[int]) -> float:
    """Return the τ with the least of ``group_errors``; 10 where nothing can be told."""
    best = chosen([group_errors(levels, rows)])
    return 10.0 if best is None else SHARPNESS[best[0]]


def group_errors(levels: Levels, rows: Sequence[int]) -> Array:
    """Return the mean squared error of each τ of ``SHARPNESS``, over the training votes of some groups.

    A claim's rate is told from the claims of other threads, as for a statement that nobody has voted on; this
    is the cross-validation of a kernel regression's bandwidth (Härdle 1990, ch. 5), each vote weighing alike.

    Args:
        rows: the groups, as rows of the counts: (0,) for all, the others for communities.
    """
    counts, place = levels.counts, levels.trial.place
    up, total = counts.up[list(rows)], counts.total[list(rows)]
    support, rates = np.sqrt(total), (up + 1) / (total + place.options)
    found = []
    for sharpness in SHARPNESS:
        near = levels.near(sharpness)
        weight = support @ near
        told = np.divide((support * rates) @ near, weight, out=np.full_like(weight, np.nan), where=weight > 0)
        counted = (weight > 0) & (total > 0)
        real = np.divide(up, total, out=np.zeros_like(up), where=total > 0)
        error = np.where(counted, total * (told - real) ** 2, 0).sum()
        found.append(error / total[counted].sum() if counted.any() else np.nan)
    return np.array(found)


def own_errors(levels: Levels, priors: Mapping[tuple[str, int], Array]) -> dict[tuple[str, int], Array]:
    """Return the Brier score of every τ and λ, as the known choices tell the other training votes of the people.

    Args:
        priors: (T, C) what a person is shrunk towards, by level and number of known choices.

    Returns:
        For each level and number (len(SHARPNESS), len(STRENGTHS)), NaN where nobody has other training votes.
    """
    found = {key: np.full((len(SHARPNESS), len(STRENGTHS)), np.nan) for key in priors}
    for row, sharpness in enumerate(SHARPNESS):
        for known in sorted({known for _, known in priors}):
            own = levels.of_own(known, sharpness)
            rest = ~levels.trial.shown(known) & (levels.counts.own != 0)
            if not rest.any():
                continue
            for level in sorted({level for level, number in priors if number == known}):
                prior = priors[level, known]
                for column, strength in enumerate(STRENGTHS):
                    told = shrunk(own, prior, strength=strength)
                    found[level, known][row, column] = _brier(levels, told, rest)
    return found


def _brier(levels: Levels, told: Array, cells: NDArray[np.bool_]) -> float:
    """Return the mean squared error of (T, C) rates in some cells, each vote weighing alike."""
    place = levels.trial.place
    shares = told if place.alone.all() else normalised(told, place.question, place.alone)
    return float(np.mean((shares[cells] - (levels.counts.own[cells] > 0)) ** 2))


def rest_of(levels: Levels, known: int) -> int:
    """Return how many training votes are left to choose by, beside each person's first ``known`` choices."""
    return int((~levels.trial.shown(known) & (levels.counts.own != 0)).sum())


def chosen(errors: Sequence[Array]) -> tuple[int, ...] | None:
    """Return the place of the least mean over some places' errors; None where no place has any.

    >>> chosen([np.array([0.3, 0.1]), np.array([0.1, 0.2]), np.array([np.nan, np.nan])])
    (1,)
    """
    told = [each for each in errors if np.isfinite(each).all()]
    if not told:
        return None
    mean = np.round(np.mean(told, axis=0), 9)
    return tuple(int(index) for index in np.unravel_index(int(np.argmin(mean)), mean.shape))


def choose_own(
    all_levels: Sequence[Levels], errors: Sequence[Mapping[tuple[str, int], Array]]
) -> list[dict[tuple[str, int], Choice]]:
    """Return, for each place, τ and λ by level of persons and number of known choices.

    A place with fewer than 200 votes to choose by takes what is best over all places; where none has any, as
    at the largest number, what the number before has.
    """
    keys = sorted({key for each in errors for key in each})
    found: list[dict[tuple[str, int], Choice]] = []
    for levels, own in zip(all_levels, errors, strict=True):
        last: dict[str, Choice] = {}
        choices = {}
        for level, known in keys:
            if (level, known) not in own:
                continue
            alone = [own[level, known]] if rest_of(levels, known) >= LEAST_REST else []
            best = chosen(alone) or chosen([each[level, known] for each in errors if (level, known) in each])
            if best is not None:
                last[level] = Choice(sharpness=SHARPNESS[best[0]], strength=STRENGTHS[best[1]])
            choices[level, known] = last.get(level, OTHERWISE)
        found.append(choices)
    return found
