"""The metrics of many predicted distributions against one real one, or each against its own, as arrays.

Noise ceilings need hundreds, and a list of judgements that is sorted by one needs them all. Each is what its
namesake in this package gives row by row; nothing is checked here, so that it stays fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from bench.metrics.vectors import TIE

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vector = NDArray[np.float64]

__all__ = [
    "earth_movers_rows", "jensen_shannon_rows", "kendall_tau_b_rows", "log_loss_rows", "share_error_rows",
    "top_one_rows",
]  # fmt: skip


def top_one_rows(predicted: Vector, real: Vector) -> Vector:
    """Return (n,) expected top-1 accuracies of (n, k) shares against (k,) or (n, k) shares (``top_one``)."""
    guessed = predicted >= predicted.max(axis=1, keepdims=True) - TIE
    right: Vector = (guessed & (real >= real.max(axis=-1, keepdims=True) - TIE)).sum(axis=1) / guessed.sum(
        axis=1
    )
    return right


def kendall_tau_b_rows(predicted: Vector, real: Vector) -> Vector:
    """Return (n,) rank correlations, NaN where undefined (``kendall_tau_b``)."""
    first, second = np.triu_indices(predicted.shape[1], 1)
    left = _directions(predicted[:, second] - predicted[:, first])
    right = _directions(real[..., second] - real[..., first])
    untied = np.abs(left).sum(axis=1) * np.abs(right).sum(axis=-1)
    agreed = (left * right).sum(axis=1)
    found: Vector = np.divide(agreed, np.sqrt(untied), out=np.full(len(agreed), np.nan), where=untied > 0)
    return found


def jensen_shannon_rows(predicted: Vector, real: Vector) -> Vector:
    """Return (n,) base-2 Jensen-Shannon divergences (``jensen_shannon``)."""
    middle = (predicted + real) / 2
    total = _information(predicted, middle) + _information(np.broadcast_to(real, predicted.shape), middle)
    return np.clip(total / 2, 0, 1)


def share_error_rows(predicted: Vector, real: Vector) -> Vector:
    """Return (n,) mean absolute errors of a share (``share_error``)."""
    errors: Vector = np.abs(predicted - real).mean(axis=1)
    return errors


def log_loss_rows(predicted: Vector, real: Vector, floor: float = 1e-6) -> Vector:
    """Return (n,) cross-entropies in bits (``log_loss``)."""
    raised = np.maximum(predicted, floor)
    raised /= raised.sum(axis=1, keepdims=True)
    losses: Vector = -(real * np.log2(raised)).sum(axis=1)
    return losses


def earth_movers_rows(predicted: Vector, real: Vector) -> Vector:
    """Return (n,) earth mover's distances of ordered options (``earth_movers``)."""
    carried = np.cumsum(predicted - real, axis=1)[:, :-1]
    distances: Vector = np.minimum(np.abs(carried).mean(axis=1), 1.0)
    return distances


def _directions(difference: Vector) -> Vector:
    return np.where(np.abs(difference) <= TIE, 0.0, np.sign(difference))


def _information(shares: Vector, middle: Vector) -> Vector:
    ratio = np.divide(shares, middle, out=np.ones_like(middle), where=shares > 0)
    total: Vector = (shares * np.log2(ratio)).sum(axis=1)
    return total
