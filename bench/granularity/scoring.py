"""How well the predicted shares of a person's answers met the real ones: four figures a person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from bench.granularity.levels import normalised

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from bench.granularity.trial import Trial

    Array = NDArray[np.float64]

__all__ = ["BETTER", "METRICS", "scored"]

METRICS = ("Brier score", "accuracy", "mean absolute error", "log loss")
BETTER: dict[str, Literal["higher", "lower"]] = {
    "Brier score": "lower",
    "accuracy": "higher",
    "mean absolute error": "lower",
    "log loss": "lower",
}
FAINT = 1e-9
"""The least share that a log is taken of, and how near two shares are that count as equal."""


def scored(trial: Trial, told: Array) -> Array:
    """Return (T, 4) the mean of each of ``METRICS`` over a person's held-out answers.

    With the predicted share p of the answer that the person gave: absolute error ``1 - p``, log loss ``-ln p``
    in nats, and Brier score half the squared distance between predicted and real shares, which for yes or no is
    ``(1 - p)²`` (Brier 1950, halved). Right is the largest share; of r equally large ones each counts 1/r.

    Args:
        trial: which answers are held out, and what they were.
        told: (T, C) the predicted rate of each claim.
    """
    place = trial.place
    yes = place.votes[trial.tried] > 0
    shares = normalised(told, place.question, place.alone)
    starts, alone = place.first, place.alone[place.first]

    def over(values: NDArray[np.generic]) -> Array:
        return np.asarray(np.add.reduceat(values.astype(np.float64), starts, axis=1))

    brier = over((shares - yes) ** 2) * np.where(alone, 1.0, 0.5)
    given = over(np.where(place.alone, np.where(yes, shares, 1 - shares), np.where(yes, shares, 0.0)))
    others = np.where(alone, 1 - given, np.maximum.reduceat(np.where(yes, 0.0, shares), starts, axis=1))
    rivals = over(~yes & (np.abs(shares - np.repeat(given, np.bincount(place.question), axis=1)) <= FAINT))
    equal = np.where(alone, 1.0, rivals)
    accuracy = np.where(given > others + FAINT, 1.0, np.where(given < others - FAINT, 0.0, 1 / (1 + equal)))
    loss = -np.log(np.maximum(given, FAINT))
    tested = trial.test[:, starts].astype(np.float64)
    each = np.stack([brier, accuracy, 1 - given, loss])
    return np.asarray((each * tested).sum(axis=2) / tested.sum(axis=1)).T
