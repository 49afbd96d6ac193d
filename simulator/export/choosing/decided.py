"""What a selection kept and dropped, counted, and what to tell a user of whose pairs it kept none."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.export.selection import Selection

__all__ = [
    "MARGINS",
    "PROBABILITIES",
    "REASONS",
    "SPLITS",
    "Decided",
    "MarkTally",
    "Rung",
    "Tally",
    "nothing_kept",
]

Split = Literal["train", "test"]
SPLITS: tuple[Split, Split] = ("train", "test")
REASONS = ("even", "min_margin", "min_probability", "match_length", "balance")
"""Why a row is dropped, the first that applies; ``even``: neither of the two is ahead at all."""
MARGINS = (0.0, 0.05, 0.1, 0.2, 0.3)
PROBABILITIES = (0.5, 0.6, 0.7, 0.8, 0.9, 0.95)
TOLD = 4
"""Thresholds named in an error, at the most."""


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What became of the pairs of one community in one split.

    Args:
        judged: pairs that ballots were cast on. ``ties``: those of them that have no order by the thresholds.
        kept: those that are written; ties are among them only where they are kept with their soft label.
        dropped: the others, by the first reason of ``REASONS`` that applies.
        disputed: judged pairs of which another community holds the opposite order. ``disputed_kept``: those kept.
    """

    split: Split
    community: str
    judged: int = 0
    ties: int = 0
    kept: int = 0
    dropped: dict[str, int] = field(default_factory=dict)
    disputed: int = 0
    disputed_kept: int = 0


@dataclass(frozen=True, kw_only=True)
class MarkTally:
    """What became of the candidates of one community in one split, as completions with a label.

    Args:
        judged: candidates that ballots were cast on. ``kept``: those that get a label and are written.
        above: kept ones whose label is true. ``dropped``: the others, by the first reason that applies.
    """

    split: Split
    community: str
    judged: int = 0
    kept: int = 0
    above: int = 0
    dropped: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Rung:
    """How many pairs would pass another threshold, with the other one as it was chosen."""

    threshold: float
    pairs: int


@dataclass(frozen=True, kw_only=True)
class Decided:
    """What a selection kept and dropped.

    Args:
        pairs: of every community in every split. ``marks``: the same of completions with a label.
        by_margin: pairs that would pass the thresholds, were ``min_margin`` each of ``MARGINS``, before anything is
            matched or balanced. ``by_probability``: the same, were ``min_probability`` each of ``PROBABILITIES``.
        ordered: pairs in which one candidate is ahead, by however little.
    """

    pairs: tuple[Tally, ...]
    marks: tuple[MarkTally, ...]
    by_margin: tuple[Rung, ...]
    by_probability: tuple[Rung, ...]
    ordered: int

    @property
    def judged(self) -> int:
        """How many pairs ballots were cast on."""
        return sum(tally.judged for tally in self.pairs)

    @property
    def kept(self) -> int:
        """How many pairs are written."""
        return sum(tally.kept for tally in self.pairs)

    @property
    def dropped(self) -> dict[str, int]:
        """How many pairs are not written, by reason; only reasons that occurred."""
        return _summed(tally.dropped for tally in self.pairs)

    def notes(self) -> tuple[str, ...]:
        """Return what a user would not expect: communities or splits that have judged pairs and keep none."""
        found = []
        for split in SPLITS:
            tallies = [tally for tally in self.pairs if tally.split == split]
            if not any(tally.judged for tally in tallies):
                continue
            if not any(tally.kept for tally in tallies):
                found.append(f"no {split} pair is kept{_fewest(tallies)}")
            else:
                found += [
                    f"no {split} pair of {tally.community} is kept, of {tally.judged:,} judged"
                    for tally in tallies
                    if not tally.kept
                ]
        return (*found, *self._one_sided())

    def _one_sided(self) -> list[str]:
        """Say of which splits all completions have the same label, from which nothing is learned."""
        found = []
        for split in SPLITS:
            kept = sum(tally.kept for tally in self.marks if tally.split == split)
            above = sum(tally.above for tally in self.marks if tally.split == split)
            if kept and above in {0, kept}:
                found.append(
                    f"all {kept:,} labelled completions of {split} are labelled {str(bool(above)).lower()}: "
                    "KTOTrainer needs both; a larger panel or a lower min_probability brings the others"
                )
        return found

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data, with its totals and notes."""
        rows = {
            name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()
        }
        totals = {"judged": self.judged, "kept": self.kept, "dropped": self.dropped}
        return {**totals, **rows, "notes": list(self.notes())}


def nothing_kept(decided: Decided, selection: Selection) -> InputError:
    """Return the error of an export that keeps no pair: which choice left none, and what others would have kept.

    >>> from simulator.export.selection import Selection
    >>> tally = Tally(split="train", community="tea", judged=9, ties=9, dropped={"min_probability": 9})
    >>> rungs = tuple(Rung(threshold=at, pairs=count) for at, count in ((0.8, 4), (0.9, 2), (0.95, 0)))
    >>> decided = Decided(pairs=(tally,), marks=(), by_margin=(), by_probability=rungs, ordered=9)
    >>> str(nothing_kept(decided, Selection(min_probability=0.99)))
    'no pair of 9 passes min_probability 0.99; 0.9 would have kept 2, 0.8 4'
    """
    dropped = decided.dropped
    passed = dropped.get("match_length", 0) + dropped.get("balance", 0)
    if not decided.judged:
        what, remedy = "no pair was judged: nobody cast a ballot", "see the run's failures and abstentions"
    elif dropped.get("balance"):
        what, remedy = _unbalanced(decided, passed)
    elif passed:
        what = f"match_length leaves no pair of {passed:,} that pass: in no class of length ratios is the chosen one"
        what += " now the longer and now the shorter one"
        remedy = "export without match_length, or more prompts"
    elif not decided.ordered:
        what = f"no pair of {decided.judged:,} has an order: neither candidate is ahead in any"
        remedy = "give the panel more personas, or keep ties with their soft label"
    else:
        what, remedy = _too_strict(decided, selection)
    return InputError(what, remedy=remedy)


def _too_strict(decided: Decided, selection: Selection) -> tuple[str, str]:
    """Say which thresholds no pair passes, and what lower ones would have kept."""
    asked = {
        "min_margin": (selection.min_margin, decided.by_margin),
        "min_probability": (selection.min_probability, decided.by_probability),
    }
    short = {name: asked[name] for name in asked if decided.dropped.get(name)}
    named = " and ".join(f"{name} {chosen:g}" for name, (chosen, _) in short.items())
    lower = {name: _lower(rungs) for name, (_, rungs) in short.items()}
    several = len(short) > 1
    told = [f"{name if several else ''} {rungs}".strip() for name, rungs in lower.items() if rungs]
    if not told:
        told = [f"min_margin 0 and min_probability 0.5 together would have kept {decided.ordered:,}"]
    return f"no pair of {decided.judged:,} passes {named}", "; ".join(told)


def _lower(rungs: Iterable[Rung]) -> str:
    """Say what the thresholds that keep something would have kept, the nearest to the chosen one first."""
    below = sorted((rung.threshold, rung.pairs) for rung in rungs if rung.pairs)
    first, *others = [f"{threshold:g} {pairs:,}" for threshold, pairs in below[::-1][:TOLD]] or [""]
    return ", ".join([first.replace(" ", " would have kept ", 1), *others])


def _unbalanced(decided: Decided, passed: int) -> tuple[str, str]:
    counts: Counter[str] = Counter()
    for tally in decided.pairs:
        counts[tally.community] += tally.dropped.get("balance", 0)
    without = [name for name, count in counts.items() if not count]
    reason = (
        f"{', '.join(without)} has none that could stay"
        if without
        else "in no split could equally many of each community stay"
    )
    return (
        f"balance leaves no pair of {passed:,} that pass: {reason}",
        f"leave {'it' if len(without) == 1 else 'such a community'} out, or export without balance",
    )


def _fewest(tallies: list[Tally]) -> str:
    without = [tally.community for tally in tallies if not tally.dropped.get("balance")]
    balance = any(tally.dropped.get("balance") for tally in tallies)
    return f": balance, and none could stay of {', '.join(without)}" if balance and without else ""


def _summed(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return {reason: total[reason] for reason in REASONS if total[reason]}
