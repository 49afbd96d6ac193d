"""What a simulation wrote, read from its journal."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simulator.influence import Move, moves
from simulator.journal import Journal, as_preference

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.item import Preference
    from simulator.journal.calls import UsageRow

__all__ = ["Reliability", "Run"]


@dataclass(frozen=True, kw_only=True)
class Reliability:
    """How far a run's ballots can be trusted, over all its items.

    Args:
        ballots: of the last rounds, with a choice. ``abstentions``: without one, by the persona's own will.
        failures: judgements that failed, by what kept them from succeeding.
        position_bias: by the number of options, how much more often each position was chosen than its options
            explain, in balanced orders: the mean over items, weighted by their ballots.
        flipped: of the personas that were asked again with the options in reverse, how many chose otherwise.
        asked_again: how many were, with a choice both times.
        moved: ballots that changed their choice in discussion.
    """

    ballots: int = 0
    abstentions: int = 0
    failures: Mapping[str, int] = field(default_factory=dict)
    position_bias: Mapping[int, tuple[float, ...]] = field(default_factory=dict)
    flipped: int = 0
    asked_again: int = 0
    moved: int = 0

    @property
    def flip_rate(self) -> float | None:
        """The share that flipped; None where nobody was asked again."""
        return self.flipped / self.asked_again if self.asked_again else None

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data."""
        biases = {str(size): list(bias) for size, bias in self.position_bias.items()}
        return {**asdict(self), "position_bias": biases, "flip_rate": self.flip_rate}


class Run:
    """What a simulation wrote: the preferences and the ballots, read from its journal."""

    def __init__(self, journal: Journal) -> None:
        self.journal = journal

    @classmethod
    def open(cls, folder: str | Path) -> Run:
        """Open the run in ``folder``.

        Raises:
            InputError: no run is there.
        """
        return cls(Journal.read(Path(folder)))

    @property
    def predictor(self) -> str:
        """What made the ballots, to stand beside every figure."""
        return str(self.journal.fact("predictor"))

    def preferences(self) -> dict[tuple[str, str], Preference]:
        """Return what each community prefers, by (item, community), in the order of the jobs."""
        return {
            (item, community): as_preference(result["preference"])
            for item, community, result in self.journal.results()
            if "preference" in result
        }

    def failures(self) -> list[tuple[str, str, dict[str, Any]]]:
        """Return (item, community, result) of everything that went wrong on the way."""
        return [row for row in self.journal.results() if row[2]["errors"] or row[2].get("failed")]

    def moves(self, item: str, community: str) -> list[Move]:
        """Return who changed its mind in the discussion of an item, in which round, and whom it names for it."""
        return moves(self.journal.ballots(item, community))

    def usage(self) -> list[UsageRow]:
        """Return what the run's model calls used up, by phase and model; empty for the offline engine."""
        return self.journal.ledger.usage()

    def reliability(self) -> Reliability:
        """Return how the ballots came about, over all items."""
        counts: Counter[str] = Counter()
        failures: Counter[str] = Counter()
        biases: dict[int, list[float]] = {}
        weights: Counter[int] = Counter()
        for _, _, result in self.journal.results():
            preference = result.get("preference")
            if preference is None:
                continue
            counts.update({name: preference[name] for name in ("ballots", "abstentions")})
            counts.update({name: result.get(name, 0) for name in ("flipped", "asked_again", "moved")})
            failures.update(result.get("failed", {}))
            if bias := result["position_bias"]:
                size, cast = len(bias), preference["ballots"]
                weights[size] += cast
                before = biases.setdefault(size, [0.0] * size)
                biases[size] = [total + cast * part for total, part in zip(before, bias, strict=True)]
        means = {
            size: tuple(total / weights[size] for total in totals)
            for size, totals in sorted(biases.items())
            if weights[size]
        }
        return Reliability(failures=dict(failures), position_bias=means, **counts)
