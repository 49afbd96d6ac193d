"""What a granularity study found: figures by level and number of known choices, and where each level wins."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.granularity.trial import HeldOut

__all__ = [
    "ALL",
    "BASE",
    "COMMUNITY",
    "COMMUNITY_KNOWN",
    "LEVELS",
    "PERSON",
    "REFERENCES",
    "WEIGHED",
    "WITHIN",
    "Gap",
    "LevelScore",
    "PlaceFacts",
    "Study",
    "Verdict",
]  # fmt: skip

ALL, COMMUNITY, PERSON = "one for all", "one per community", "one per person"
WITHIN = "person within community"
BASE, WEIGHED, COMMUNITY_KNOWN = "base rate", "communities weighed", "community known in full"
_T = TypeVar("_T")

LEVELS = (ALL, COMMUNITY, PERSON, WITHIN)
REFERENCES = (BASE, WEIGHED, COMMUNITY_KNOWN)
SAME, REACHING = "the same people at every number", "all people with as many known choices"
"""The two ways to pool places: those alone that reach the largest number, or at each number those that reach it."""


@dataclass(frozen=True, kw_only=True)
class LevelScore:
    """How well one level did at one number of known choices.

    Args:
        scope: which people: a place's name, or one of the two ways to pool places.
        level: one of ``LEVELS`` or ``REFERENCES``.
        known: the known choices of a person.
        metric: one of ``bench.granularity.scoring.METRICS``.
        mean: the mean over people. ``low``, ``high``: its 95 % interval, resampled by place and person.
        n: people. ``places``: places.
    """

    scope: str
    level: str
    known: int
    metric: str
    mean: float
    low: float | None
    high: float | None
    n: int
    places: int


@dataclass(frozen=True, kw_only=True)
class Gap:
    """How far the first level is ahead of the second for the same people; positive where the first is better.

    Args:
        probability: the share of resamples in which the first is ahead; None where there is no interval.
    """

    scope: str
    known: int
    metric: str
    first: str
    second: str
    mean: float
    low: float | None
    high: float | None
    probability: float | None
    n: int
    places: int

    @property
    def sign(self) -> Literal[-1, 0, 1]:
        """1 where the interval lies above 0, -1 where it lies below, and 0 where the two are not told apart."""
        if self.low is None or self.high is None:
            return 0
        return 1 if self.low > 0 else -1 if self.high < 0 else 0


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """Where one level for each community stands, at one number of known choices.

    Args:
        best: the level with the best mean, of the three pure ones.
        community: ``wins`` where it is ahead of both others with intervals above 0; ``leads`` where it has the
            best mean, and is not told apart from one or both; ``loses`` where one of them is ahead of it with
            an interval beyond 0; ``undecided`` elsewhere.
        told: the same in words.
    """

    scope: str
    known: int
    metric: str
    best: str
    community: Literal["wins", "leads", "loses", "undecided"]
    told: str


@dataclass(frozen=True, kw_only=True)
class PlaceFacts:
    """What a place brought to the study.

    Args:
        people: people with votes. ``claims``: claims that they voted on. ``answers``: their answers.
        communities: the sizes of its communities, by training votes. ``how``: how those were settled.
        tried: people whose held-out answers were scored. ``scored``: those answers.
        known: the numbers of known choices that all the tried people have; empty where too few have any.
        placed: for each of those numbers, the share of tried people who were placed in the community that all
            their training votes put them in; None where there are no two communities.
    """

    place: str
    people: int
    claims: int
    answers: int
    communities: tuple[int, ...] = ()
    how: str = ""
    tried: int = 0
    scored: int = 0
    known: tuple[int, ...] = ()
    placed: tuple[float | None, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Study:
    """A finished study of one corpus in one setting.

    Args:
        held_out: what was held out. ``share``: how much of it.
        known: the numbers of known choices that were asked for.
        communities, groups, people, seed: as they were asked for.
        embedder: what texts were compared by.
        places: what each place brought.
        scores, gaps, verdicts: the figures, by scope, number of known choices and metric.
        choices: what was chosen on training votes alone, as rows of place, level, known (None where it holds for
            every number), sharpness τ and strength λ (None for a group).
        left_out: how much of the corpus was left out, by reason.
        notes: what a reader must know besides.
    """

    held_out: HeldOut
    share: float
    known: tuple[int, ...]
    communities: str
    groups: int | None
    people: int
    seed: int
    embedder: str
    places: tuple[PlaceFacts, ...]
    scores: tuple[LevelScore, ...]
    gaps: tuple[Gap, ...]
    verdicts: tuple[Verdict, ...]
    choices: tuple[Mapping[str, Any], ...] = ()
    left_out: Mapping[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def score(self, level: str, known: int, *, metric: str = "Brier score", scope: str = SAME) -> LevelScore:
        """Return one figure.

        Raises:
            KeyError: there is none of that name.
        """
        return _row(self.scores, scope=scope, level=level, known=known, metric=metric)

    def gap(
        self, first: str, second: str, known: int, *, metric: str = "Brier score", scope: str = SAME
    ) -> Gap:
        """Return how far one level is ahead of another.

        Raises:
            KeyError: these two were not compared there.
        """
        return _row(self.gaps, scope=scope, first=first, second=second, known=known, metric=metric)

    def numbers(self, scope: str = SAME) -> tuple[int, ...]:
        """Return the numbers of known choices that a scope has figures of."""
        return tuple(sorted({row.known for row in self.scores if row.scope == scope}))

    def as_data(self) -> dict[str, Any]:
        """Return all of it as plain data."""
        return asdict(self)


def _row(rows: tuple[_T, ...], **wanted: object) -> _T:
    """Return the row whose fields have the wanted values."""
    for row in rows:
        if all(getattr(row, name) == value for name, value in wanted.items()):
            return row
    raise KeyError(", ".join(f"{name}={value!r}" for name, value in wanted.items()))
