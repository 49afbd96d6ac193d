"""The figures that a simulated preference is held against a real one by, one family a module.

Every function scores one item or one set and returns a plain number; None where the figure is undefined,
never NaN. The mean over items and its interval come from ``bench.resample``, what real people would have
scored from ``bench.ceiling``.
"""

from bench.metrics.calibration import calibration_error
from bench.metrics.choices import accuracy, kendall_tau_b, top_one
from bench.metrics.shares import (
    earth_movers,
    jensen_shannon,
    jensen_shannon_distance,
    log_loss,
    share_error,
)
from simulator.diversity import cosine_similarities, mean_pairwise_similarity, vendi_score

__all__ = [
    "accuracy",
    "calibration_error",
    "cosine_similarities",
    "earth_movers",
    "jensen_shannon",
    "jensen_shannon_distance",
    "kendall_tau_b",
    "log_loss",
    "mean_pairwise_similarity",
    "share_error",
    "top_one",
    "vendi_score",
]
