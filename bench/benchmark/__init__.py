"""A benchmark on disk: items with real votes in three parts, and what may be known of each community."""

from __future__ import annotations

from bench.benchmark.known import KnownCommunity
from bench.benchmark.manifest import PARTS, BenchmarkManifest, Part
from bench.benchmark.reading import Benchmark, Items, Record
from bench.benchmark.writing import BenchmarkWriter

__all__ = [
    "PARTS",
    "Benchmark",
    "BenchmarkManifest",
    "BenchmarkWriter",
    "Items",
    "KnownCommunity",
    "Part",
    "Record",
]
