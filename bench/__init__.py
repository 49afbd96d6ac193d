"""How true: items with real votes, tasks, metrics, baselines, noise ceilings and the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personas.lazy import lazily

if TYPE_CHECKING:
    from bench.benchmark import Benchmark
    from bench.datasets.bundled import bundled_corpus
    from bench.evaluate import run_benchmark
    from bench.predictors import predictor
    from bench.scores import ScoreCard
    from bench.split import Split, hold_out

__all__ = [
    "Benchmark",
    "ScoreCard",
    "Split",
    "bundled_corpus",
    "hold_out",
    "predictor",
    "run_benchmark",
]

__getattr__ = lazily(
    __name__,
    {
        "Benchmark": "bench.benchmark",
        "predictor": "bench.predictors",
        "ScoreCard": "bench.scores",
        "Split": "bench.split",
        "bundled_corpus": "bench.datasets.bundled",
        "hold_out": "bench.split",
        "run_benchmark": "bench.evaluate",
    },
)
