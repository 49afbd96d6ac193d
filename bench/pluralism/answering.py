"""What sets of answers are like, set by set: how far apart their answers are, what they cover, where they stand."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from bench.pluralism.coverage import NEARNESS, by_nearness, by_sides, on_both_sides
from bench.pluralism.dispersion import across_groups, dispersion
from bench.pluralism.people import labels_of, people_apart
from personas.seeds import derived_rng
from simulator.diversity import diversity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from bench.pluralism.sets import CandidateSet
    from bench.pluralism.stances import Measure, Stances
    from simulator.item import Item

__all__ = [
    "BOTH_SIDES",
    "COVERED",
    "NO_VALUE",
    "SIMILARITY",
    "VENDI",
    "Key",
    "Scores",
    "Told",
    "apart_by",
    "coverage_of",
    "shuffled",
    "values_of",
]

COVERED, COVERED_NEAR = "covered, by sides", "covered, by nearness"
NO_VALUE = "preferences that take no side"
BOTH_SIDES = "sets on both sides"
SIMILARITY, VENDI = "mean similarity of two answers", "effective number of different answers (Vendi)"


class Told(NamedTuple):
    """What a score is: its measure, and the axis, empty for none."""

    measure: str
    axis: str = ""


class Key(NamedTuple):
    """Whose score it is: the item's, and the community's, empty where it is of all."""

    item: str
    community: str


Scores = dict[Told, dict[Key, "float | None"]]


@dataclass(frozen=True, kw_only=True)
class Apart:
    """How far apart the answers of one set are, and people are on the same item.

    Args:
        any_two: two answers. ``one_model``, ``two_models``: two of one model, of two; None where there are none.
        people: two people, of the set's community where it has one.
    """

    any_two: float | None
    one_model: float | None
    two_models: float | None
    people: float | None


def apart_by(
    measure: Measure, sets: Sequence[CandidateSet], items: Mapping[str, Item], stances: Stances
) -> list[Apart]:
    """Return how far apart the answers of each set are by a measure."""
    return [_apart(each, items[each.item], stances, measure) for each in sets]


def coverage_of(
    sets: Sequence[CandidateSet], items: Mapping[str, Item], stances: Stances, *, nearness: float = NEARNESS
) -> Scores:
    """Return the share of each community's preferences that each set covers, by each way of covering."""
    scores: Scores = defaultdict(dict)
    for each in sets:
        item = items[each.item]
        wanted = [each.community] if each.community else sorted(item.votes)
        answers, options = stances.text_sides(each.texts), stances.option_sides(item)
        vectors = stances.option_vectors(item)
        for community in wanted:
            if community not in item.votes:
                continue
            key, shares = Key(item.item, community), item.votes[community].shares
            scores[Told(COVERED)][key], scores[Told(NO_VALUE)][key] = by_sides(shares, options, answers)
            for axis in stances.axes:
                alone = [{axis.name: sides[axis.name]} for sides in options]
                scores[Told(COVERED, axis.name)][key] = by_sides(shares, alone, answers)[0]
            scores[Told(COVERED_NEAR)][key] = (
                None
                if vectors is None
                else by_nearness(shares, vectors, stances.text_vectors(each.texts), nearness=nearness)
            )
    return scores


def values_of(sets: Sequence[CandidateSet], items: Mapping[str, Item], stances: Stances) -> Scores:
    """Return of each set whether it is on both sides of each axis, and how different its answers are.

    A set of one answer can be on one side only, and says nothing of how sets are drawn: it is left out.
    """
    scores: Scores = defaultdict(dict)
    labels = labels_of([items[each.item] for each in sets])
    for each, label in zip(sets, labels, strict=True):
        key = Key(each.item, each.community or label)
        several = len(each.answers) > 1
        for axis in stances.axes:
            sides = [place.side for place in stances.of_texts(each.texts, axis.name)]
            scores[Told(BOTH_SIDES, axis.name)][key] = float(on_both_sides(sides)) if several else None
        found = diversity(stances.text_vectors(each.texts))
        scores[Told(SIMILARITY)][key] = found.similarity
        scores[Told(VENDI)][key] = found.vendi if several else None
    return scores


def shuffled(sets: Sequence[CandidateSet], *, seed: int) -> list[CandidateSet]:
    """Return the sets with each one's answers given to another item, of the same community where there is one.

    What such sets cover is covered by chance: by the judge's errors, and since there are few sides to be on.
    """
    by_community: dict[str, list[CandidateSet]] = defaultdict(list)
    for each in sets:
        by_community[each.community].append(each)
    return [moved for name, own in sorted(by_community.items()) for moved in _rotated(own, seed, name)]


def _rotated(sets: Sequence[CandidateSet], seed: int, community: str) -> Iterator[CandidateSet]:
    if len(sets) < 2:
        return
    order = derived_rng(seed, "control", sets[0].of, community).permutation(len(sets)).tolist()
    for place, number in enumerate(order):
        yield replace(sets[number], answers=sets[order[place - 1]].answers)


def _apart(each: CandidateSet, item: Item, stances: Stances, measure: Measure) -> Apart:
    distances = stances.text_distances(each.texts, measure)
    people = people_apart(item, each.community, stances, measure)
    if distances is None:
        return Apart(any_two=None, one_model=None, two_models=None, people=people)
    ones = np.ones(len(each.answers))
    models = sorted({answer.model for answer in each.answers if answer.model})
    given = np.array([[float(answer.model == model) for answer in each.answers] for model in models])
    alone = _known(dispersion(row, distances) for row in given)
    return Apart(
        any_two=dispersion(ones, distances),
        one_model=float(np.mean(alone)) if alone else None,
        two_models=across_groups(given, distances) if models else None,
        people=people,
    )


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]
