"""Whether a predictor is right as often as it says it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from personas.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["calibration_bins", "calibration_error"]


def calibration_error(confidences: ArrayLike, hits: ArrayLike, bins: int = 10) -> float | None:
    """Return the expected calibration error, in [0, 1]; None for no predictions.

    The bins are of equal width, ``((b - 1)/bins, b/bins]`` with 0 in the first, as Guo et al. have them: so
    the figure can be compared with published ones, and equal confidences never part. It is the mean over
    predictions of their bin's ``|mean confidence - mean hit|``; with few predictions a bin it is biased
    upwards.

    Args:
        confidences: (n,) the share that each prediction gave to what it chose, in [0, 1].
        hits: (n,) whether it was right: 0 or 1, or between the two for a tie (``top_one``).
        bins: how many bins.

    Raises:
        InputError: the lengths differ, a number is outside [0, 1], or there is no bin.

    References:
        M. P. Naeini, G. F. Cooper & M. Hauskrecht (2015). Obtaining well calibrated probabilities using Bayesian
        binning. AAAI 29.
        C. Guo, G. Pleiss, Y. Sun & K. Q. Weinberger (2017). On calibration of modern neural networks. ICML 34.

    >>> calibration_error([0.75, 0.75, 0.75, 0.75], [1, 1, 0, 0])
    0.25
    """
    said, found = np.asarray(confidences, dtype=float), np.asarray(hits, dtype=float)
    _check(said, found, bins)
    if not said.size:
        return None
    gaps = np.bincount(_numbered(said, bins), weights=said - found)
    return min(float(np.abs(gaps).sum() / said.size), 1.0)


def calibration_bins(
    confidences: ArrayLike, hits: ArrayLike, bins: int = 10
) -> list[tuple[float, float, int]]:
    """Return (mean confidence, mean hit, number) of each bin that is not empty, from the lowest on.

    The bins are those of ``calibration_error``, whose figure is the mean over predictions of their gaps.

    >>> calibration_bins([0.75, 0.75, 0.3], [1, 0, 1])
    [(0.3, 1.0, 1), (0.75, 0.5, 2)]
    """
    said, found = np.asarray(confidences, dtype=float), np.asarray(hits, dtype=float)
    _check(said, found, bins)
    numbers = _numbered(said, bins)
    return [
        (
            float(said[numbers == each].mean()),
            float(found[numbers == each].mean()),
            int((numbers == each).sum()),
        )
        for each in np.unique(numbers)
    ]


def _numbered(said: np.ndarray, bins: int) -> np.ndarray:
    # The edges are divided one by one: adding up steps puts 0.3 beside its own edge.
    return np.searchsorted(np.arange(1, bins) / bins, said, side="left")


def _check(said: np.ndarray, found: np.ndarray, bins: int) -> None:
    if bins < 1:
        raise InputError(f"{bins} bins hold nothing", where="bins", remedy="use 1 or more")
    if said.ndim != 1 or said.shape != found.shape:
        raise InputError(
            f"confidences of shape {said.shape} for hits of shape {found.shape}",
            remedy="give one hit a confidence",
        )
    for name, values in (("confidences", said), ("hits", found)):
        if not np.all((values >= 0) & (values <= 1)):
            raise InputError("a number is outside [0, 1]", where=name, remedy="give shares, not percentages")
