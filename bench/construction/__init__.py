"""Build a benchmark from any corpus, and measure what it lets a predictor get away with."""

from __future__ import annotations

from bench.construction.choices import Choices
from bench.construction.construct import construct
from bench.construction.masked import MaskedBenchmark
from bench.construction.text_only import TextOnly

__all__ = ["Choices", "MaskedBenchmark", "TextOnly", "construct"]
