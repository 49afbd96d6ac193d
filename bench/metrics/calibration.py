"""Whether a predictor is right as often as it says it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from personas.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["calibration_error"]


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
    # The edges are divided one by one: adding up steps puts 0.3 beside its own edge.
    edges = np.arange(1, bins) / bins
    gaps = np.bincount(np.searchsorted(edges, said, side="left"), weights=said - found)
    return min(float(np.abs(gaps).sum() / said.size), 1.0)


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
