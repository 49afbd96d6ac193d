"""The pluralism analysis: how differently people choose and answers are given, and what the answers cover.

After L. H. Zhang, S. Milli et al. (2025), Cultivating pluralism in algorithmic monoculture: the Community
Alignment dataset, arXiv 2507.09650.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from bench.pluralism.answering import NO_VALUE, Told, apart_by, coverage_of, shuffled, values_of
from bench.pluralism.coverage import NEARNESS, definitions
from bench.pluralism.people import PEOPLE, labels_of, people_dispersion
from bench.pluralism.report import PluralismReport, figure
from bench.pluralism.sets import INDEPENDENT, NEGATIVE, OPTIONS
from bench.pluralism.stances import claimed, measures, take_stances
from bench.resample import Resampling
from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from bench.pluralism.answering import Scores
    from bench.pluralism.axes import Axis
    from bench.pluralism.judging import AxisJudge
    from bench.pluralism.report import Figure
    from bench.pluralism.sets import CandidateSet
    from bench.pluralism.stances import Stances
    from personas.embedding import Embedder
    from simulator.item import Item

__all__ = ["CONTROL", "analyse"]

CONTROL = "control: the same sets given to other items"
SETS = "two answers"
ONE_MODEL, TWO_MODELS = "two answers of one model", "two answers of different models"


async def analyse(
    items: Sequence[Item],
    sets: Sequence[CandidateSet],
    axes: Sequence[Axis],
    judge: AxisJudge,
    embedder: Embedder,
    *,
    seed: int,
    nearness: float = NEARNESS,
    left_out: Mapping[str, int] | None = None,
) -> PluralismReport:
    """Analyse items with real votes, and sets of answers to them.

    Args:
        items: what people were asked; those without votes are left out and counted.
        sets: answers to their queries, of any number of kinds; a kind is compared with people on its own items.
        axes: the value axes. ``judge``: what places texts on them, measured on their labelled sets first.
        embedder: what nearness is measured by.
        seed: what resamples and the control are derived from.
        nearness: the cosine from which on an answer covers an option by nearness.
        left_out: what was left out before, to be told in the report.

    Raises:
        InputError: no item has votes, two have one identity, or a set answers none of the items.
        StoppedError: the run must not go on.
    """
    known = {item.item: item for item in items if item.votes}
    if len(known) < sum(bool(item.votes) for item in items):
        double = next(name for name, times in Counter(item.item for item in items).items() if times > 1)
        raise InputError(f"two items are named {double!r}", remedy="give each its own identity")
    gone = Counter(left_out or {}) + Counter({"an item without real votes": len(items) - len(known)})
    _check(known, sets, gone)
    used = [each for each in sets if each.item in known]
    stances, rated = await take_stances(_texts(known, used), axes, judge, embedder)
    people, missing = people_dispersion(list(known.values()), stances, measures(axes), seed=seed)
    tables = _Tables(known, stances, seed=seed, nearness=nearness)
    by_kind = _by_kind(used)
    for kind, own in by_kind.items():
        tables.add(kind, own)
    tables.compare(NEGATIVE, INDEPENDENT)
    return PluralismReport(
        judge=judge.name,
        embedder=embedder.name,
        axes=tuple(axes),
        accuracy=rated,
        items=len(known),
        sets={kind: len(own) for kind, own in by_kind.items()},
        failures=stances.failures(),
        definitions=definitions(nearness),
        dispersion=(*people, *tables.dispersion),
        ratios=tuple(tables.ratios),
        coverage=tuple(tables.coverage),
        values=tuple(tables.values),
        differences=tuple(tables.differences),
        left_out=dict(sorted((+(gone + missing)).items())),
        notes=(*_taking_sides(list(known.values()), used, stances), *_notes(list(known.values()), by_kind)),
    )


class _Tables:
    """The tables of a report, filled kind by kind."""

    def __init__(self, items: Mapping[str, Item], stances: Stances, *, seed: int, nearness: float) -> None:
        self.items, self.stances, self.seed, self.nearness = items, stances, seed, nearness
        self.dispersion: list[Figure] = []
        self.ratios: list[Figure] = []
        self.coverage: list[Figure] = []
        self.values: list[Figure] = []
        self.differences: list[Figure] = []
        self._scores: dict[str, tuple[Scores, Scores]] = {}

    def add(self, kind: str, sets: Sequence[CandidateSet]) -> None:
        """Add the figures of one kind of sets."""
        self._add_dispersion(kind, sets)
        values = values_of(sets, self.items, self.stances)
        self.values += _means(values, kind, self.seed)
        covered: Scores = {}
        if kind != OPTIONS:
            covered = coverage_of(sets, self.items, self.stances, nearness=self.nearness)
            self.coverage += _means(covered, kind, self.seed)
            self._add_control(kind, sets, covered)
            self._add_each_model(kind, sets)
        self._scores[kind] = covered, values

    def compare(self, first: str, second: str) -> None:
        """Add by how much one kind is ahead of another on the same items and communities."""
        if first in self._scores and second in self._scores:
            for one, other in zip(self._scores[first], self._scores[second], strict=True):
                one.pop(Told(NO_VALUE), None)
                self.differences += _differences(one, other, first, second, self.seed)

    def _add_each_model(self, kind: str, sets: Sequence[CandidateSet]) -> None:
        """Add what each model's own answers cover, where several models answered."""
        models = sorted({answer.model for each in sets for answer in each.answers})
        for model in models if len(models) > 1 else ():
            own = [part for each in sets if (part := each.by(model)).answers]
            covered = coverage_of(own, self.items, self.stances, nearness=self.nearness)
            named = {
                told: scores for told, scores in covered.items() if not told.axis and told.measure != NO_VALUE
            }
            self.coverage += _means(named, f"{kind}: {model} alone", self.seed)

    def _add_control(self, kind: str, sets: Sequence[CandidateSet], covered: Scores) -> None:
        moved = shuffled(sets, seed=self.seed)
        if moved:
            chance = coverage_of(moved, self.items, self.stances, nearness=self.nearness)
            named = {told: scores for told, scores in covered.items() if told.measure != NO_VALUE}
            self.differences += _differences(named, chance, kind, CONTROL, self.seed)

    def _add_dispersion(self, kind: str, sets: Sequence[CandidateSet]) -> None:
        asked = labels_of([self.items[each.item] for each in sets])
        labels = [each.community or label for each, label in zip(sets, asked, strict=True)]
        resampling = Resampling(labels, seed=self.seed)
        several = len({answer.model for each in sets for answer in each.answers}) > 1
        for measure in measures(self.stances.axes)[1:]:
            found = apart_by(measure, sets, self.items, self.stances)
            told = {"measure": measure.name, "axis": measure.axis}
            kinds = {SETS: [each.any_two for each in found]}
            if several:
                kinds[ONE_MODEL] = [each.one_model for each in found]
                kinds[TWO_MODELS] = [each.two_models for each in found]
            for name, values in kinds.items():
                if any(value is not None for value in values):
                    self.dispersion.append(figure(resampling.interval(values), of=f"{name}: {kind}", **told))
            answers, people = kinds[SETS], [each.people for each in found]
            ratio = resampling.ratio([_number(v) for v in answers], [_number(v) for v in people])
            if ratio.n:
                self.ratios.append(figure(ratio, of=f"{SETS}: {kind}", against=PEOPLE, **told))


def _means(scores: Scores, kind: str, seed: int) -> Iterator[Figure]:
    for told, by_key in scores.items():
        found = Resampling([key.community for key in by_key], seed=seed).interval(list(by_key.values()))
        if found.n or not told.axis:
            yield figure(found, measure=told.measure, axis=told.axis, of=kind)


def _differences(one: Scores, other: Scores, first: str, second: str, seed: int) -> Iterator[Figure]:
    for told, scored in one.items():
        keys = [key for key in scored if key in other.get(told, {})]
        resampling = Resampling([key.community for key in keys], seed=seed)
        found = resampling.difference([scored[key] for key in keys], [other[told][key] for key in keys])
        if found.n:
            yield figure(found, measure=told.measure, axis=told.axis, of=first, against=second)


def _number(value: float | None) -> float:
    return float("nan") if value is None else value


def _by_kind(sets: Sequence[CandidateSet]) -> dict[str, list[CandidateSet]]:
    found: dict[str, list[CandidateSet]] = {}
    for each in sets:
        found.setdefault(each.of, []).append(each)
    return found


def _texts(items: Mapping[str, Item], sets: Sequence[CandidateSet]) -> list[str]:
    options = (claimed(option, item) for item in items.values() for option in item.options)
    return [*options, *(text for each in sets for text in each.texts)]


def _check(items: Mapping[str, Item], sets: Sequence[CandidateSet], gone: Mapping[str, int]) -> None:
    if not items:
        reasons = "; ".join(f"{reason}: {count:,}" for reason, count in gone.items()) or "there is none"
        raise InputError(f"no item has real votes ({reasons})", remedy="bring votes, or analyse more items")
    empty = next((each for each in sets if not each.answers), None)
    if empty is not None:
        raise InputError("a set holds no answer", where=f"item {empty.item}", remedy="leave it out")
    if sets and not any(each.item in items for each in sets):
        raise InputError("no set answers an item with votes", remedy="name the items by their identity")


def _taking_sides(items: Sequence[Item], sets: Sequence[CandidateSet], stances: Stances) -> Iterator[str]:
    """Tell how many of the texts take a side at all: of the others an axis says nothing."""
    for axis in stances.axes:
        options = [place.side for item in items for place in stances.of_options(item, axis.name)]
        answers = [place.side for each in sets for place in stances.of_texts(each.texts, axis.name)]
        told = [
            f"{sum(side in {'a', 'b'} for side in sides):,} of {len(sides):,} {name}"
            for name, sides in (("options", options), ("answers", answers))
            if sides
        ]
        yield f"take a side on {axis.title}: {', '.join(told)}"


def _notes(items: Sequence[Item], kinds: Mapping[str, Sequence[CandidateSet]]) -> Iterator[str]:
    kind = {item.kind for item in items}
    if "endorsement" in kind:
        yield "each vote for a reply counts as one person's choice of it, though a person may give several"
    yield "an item of which no option takes a side cannot show people on different ones, and is left out there"
    if "agreement" in kind:
        yield "whoever disagrees with a statement stands opposite to it on every axis, by as much"
    if not kinds.keys() - {OPTIONS}:
        yield "no answers were given or drawn: there are no figures of models"
    if OPTIONS in kinds:
        yield "an item's own options cover every preference, by definition: their coverage is not shown"
