"""Where all texts of an analysis stand: on each axis by the judge, and in the embedding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from bench.pluralism.dispersion import apart, cosine_distances, squared_differences
from bench.pluralism.judging import accuracy
from simulator.persona_judge import together

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from bench.pluralism.axes import Axis, Side
    from bench.pluralism.judging import AxisJudge, JudgeAccuracy, Placement
    from personas.embedding import Embedder
    from simulator.item import Item, Option

    Rows = NDArray[np.float64]

__all__ = [
    "CHOSEN",
    "NEAR",
    "POSITIONS",
    "SIDES_TAKEN",
    "Measure",
    "Stances",
    "claimed",
    "measures",
    "take_stances",
]

CHOSEN = "different options"
SIDES_TAKEN = "different sides"
POSITIONS = "variance of positions"
NEAR = "distance in the embedding (1 - cosine)"
BRIEF = 40
"""Characters below which an option is taken for the answer of a survey, which says nothing alone."""


@dataclass(frozen=True, kw_only=True)
class Measure:
    """By what two people, or two answers, are held apart; ``axis`` is empty where it needs none."""

    name: str
    axis: str = ""


def measures(axes: Sequence[Axis]) -> tuple[Measure, ...]:
    """Return all measures of how far apart two choices are."""
    on_axes = [Measure(name=name, axis=axis.name) for axis in axes for name in (SIDES_TAKEN, POSITIONS)]
    return (Measure(name=CHOSEN), *on_axes, Measure(name=NEAR))


def claimed(option: Option, item: Item) -> str:
    """Return the text by which an option is placed.

    Replies are told apart by what they say themselves: with their common question before them they would all lie
    in one place. But an answer such as "often" says nothing without its question, and "disagree" nothing without
    the statement: items with such options are placed by what choosing them claims.
    """
    brief = item.kind == "choice" and min(len(each.text) for each in item.options) < BRIEF
    return option.claim if brief or item.kind == "agreement" else option.text


@dataclass(frozen=True, kw_only=True)
class Stances:
    """The places of texts.

    Args:
        placements: by axis and text. ``vectors``: unit rows by text.
    """

    axes: tuple[Axis, ...]
    placements: Mapping[str, Mapping[str, Placement]]
    vectors: Mapping[str, Rows]

    def of_options(self, item: Item, axis: str) -> list[Placement]:
        """Return where the options of an item lie on an axis; who rejects a statement lies opposite to it."""
        placed = [(option, self.placements[axis][claimed(option, item)]) for option in item.options]
        return [place if option.polarity > 0 else place.reversed() for option, place in placed]

    def of_texts(self, texts: Sequence[str], axis: str) -> list[Placement]:
        """Return where texts lie on an axis."""
        return [self.placements[axis][text] for text in texts]

    def option_sides(self, item: Item) -> list[dict[str, Side | None]]:
        """Return the sides that each option takes, by axis."""
        found: list[dict[str, Side | None]] = [{} for _ in item.options]
        for axis in self.axes:
            for sides, place in zip(found, self.of_options(item, axis.name), strict=True):
                sides[axis.name] = place.side
        return found

    def text_sides(self, texts: Sequence[str]) -> list[dict[str, Side | None]]:
        """Return the sides that each text takes, by axis."""
        return [{axis.name: self.placements[axis.name][text].side for axis in self.axes} for text in texts]

    def option_vectors(self, item: Item) -> Rows | None:
        """Return unit rows of an item's options; None where an option is told by its polarity alone."""
        if any(option.polarity < 0 for option in item.options):
            return None
        return np.stack([self.vectors[claimed(option, item)] for option in item.options])

    def text_vectors(self, texts: Sequence[str]) -> Rows:
        """Return unit rows of texts."""
        return np.stack([self.vectors[text] for text in texts])

    def option_distances(self, item: Item, measure: Measure) -> Rows | None:
        """Return how far apart an item's options are.

        None where one has no place, and by sides where none takes any: nobody can differ there.
        """
        if measure.name == CHOSEN:
            return apart(item.size)
        if measure.name == NEAR:
            rows = self.option_vectors(item)
            return None if rows is None else cosine_distances(rows)
        places = self.of_options(item, measure.axis)
        if measure.name == SIDES_TAKEN and all(place.side == "neither" for place in places):
            return None
        return _distances(places, measure.name)

    def text_distances(self, texts: Sequence[str], measure: Measure) -> Rows | None:
        """Return how far apart texts are; None where one has no place."""
        if measure.name == CHOSEN:
            return None
        if measure.name == NEAR:
            return cosine_distances(self.text_vectors(texts))
        return _distances(self.of_texts(texts, measure.axis), measure.name)

    def failures(self) -> dict[str, int]:
        """Return how many texts could not be placed, by axis."""
        return {
            axis: sum(place.side is None for place in placed.values())
            for axis, placed in self.placements.items()
        }


async def take_stances(
    texts: Sequence[str], axes: Sequence[Axis], judge: AxisJudge, embedder: Embedder
) -> tuple[Stances, tuple[JudgeAccuracy, ...]]:
    """Have the judge place the labelled sets and then all texts, each once, and embed these.

    Raises:
        StoppedError: the run must not go on.
    """
    once = list(dict.fromkeys(texts))
    labelled = [[each.text for each in axis.labelled] for axis in axes]
    known = await together([judge.place(own, axis) for own, axis in zip(labelled, axes, strict=True)])
    rated = tuple(accuracy(judge.name, axis, placed) for axis, placed in zip(axes, known, strict=True))
    rows = np.asarray(embedder.embed(once), dtype=float)
    placed = {axis.name: dict(zip(once, await judge.place(once, axis), strict=True)) for axis in axes}
    vectors = dict(zip(once, rows, strict=True))
    return Stances(axes=tuple(axes), placements=placed, vectors=vectors), rated


def _distances(places: Sequence[Placement], by: str) -> Rows | None:
    if by == POSITIONS:
        positions = [place.position for place in places]
        return None if None in positions else squared_differences(np.array(positions, dtype=float))
    sides = [place.side for place in places]
    if None in sides:
        return None
    names = np.array(sides, dtype=str)
    found: Rows = (names[:, None] != names[None, :]).astype(float)
    return found
