"""What a pluralism analysis found, as plain data: every figure with its interval, and how good the judge was."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.pluralism.axes import Axis
    from bench.pluralism.judging import JudgeAccuracy
    from bench.resample import Interval

__all__ = ["Figure", "PluralismReport", "figure"]


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure with its bootstrap interval.

    Args:
        measure: what is measured. ``axis``: on which axis; empty where on none.
        of: of whom: people, or one kind of candidate sets.
        against: what it is a difference from or a ratio to; empty where it is neither.
        mean, low, high: None where undefined. ``n``: of how many items, or items and communities.
        communities, by: how many communities these are of, and what was resampled.
        undefined: those left out since it is undefined for them.
        probability: for a difference, the share of resamples in which the first is higher.
    """

    measure: str
    axis: str
    of: str
    against: str = ""
    mean: float | None
    low: float | None
    high: float | None
    n: int
    communities: int
    by: str
    undefined: int
    probability: float | None = None


def figure(found: Interval, *, measure: str, of: str, axis: str = "", against: str = "") -> Figure:
    """Return an interval, a difference or a ratio as a figure with a name."""
    return Figure(measure=measure, axis=axis, of=of, against=against, **asdict(found))


@dataclass(frozen=True, kw_only=True)
class PluralismReport:
    """How differently people choose and answers are given, and what of people's preferences the answers cover.

    Args:
        judge: what placed texts on the axes. ``embedder``: what texts were compared by.
        axes: the axes. ``accuracy``: how good the judge is on each, to stand beside every figure.
        items, sets: how many items with real votes, and sets of answers by where they come from.
        failures: texts that the judge could not place, by axis.
        definitions: what "covered" means, by the name of each way.
        dispersion: how far apart two people, or two answers, are expected to be.
        ratios: the dispersion of answers over that of people, on the same items.
        coverage: the share of people's preferences that sets cover; control: the sets of other items.
        values: the share of sets on both sides of an axis, and how different their answers are.
        differences: of coverage and values, negatively correlated less independent, and of coverage from its control.
        left_out: how much was left out, for which reason.
        notes: what a reader must know.
    """

    judge: str
    embedder: str
    axes: tuple[Axis, ...]
    accuracy: tuple[JudgeAccuracy, ...]
    items: int
    sets: Mapping[str, int]
    failures: Mapping[str, int]
    definitions: Mapping[str, str]
    dispersion: tuple[Figure, ...]
    ratios: tuple[Figure, ...] = ()
    coverage: tuple[Figure, ...] = ()
    values: tuple[Figure, ...] = ()
    differences: tuple[Figure, ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data."""
        tables = ("dispersion", "ratios", "coverage", "values", "differences")
        return {
            "judge": self.judge,
            "embedder": self.embedder,
            "axes": [axis.as_data() for axis in self.axes],
            "accuracy": [each.as_data() for each in self.accuracy],
            "items": self.items,
            "sets": dict(self.sets),
            "failures": dict(self.failures),
            "definitions": dict(self.definitions),
            **{name: [asdict(row) for row in getattr(self, name)] for name in tables},
            "left_out": dict(self.left_out),
            "notes": list(self.notes),
        }
