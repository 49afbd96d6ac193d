"""What an export is made of: each community's judgement of each candidate set, read from a run one set at a time."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from personas.errors import InputError
from simulator.diversity import Diversity
from simulator.journal import as_preference

if TYPE_CHECKING:
    from collections.abc import Iterator

    from simulator.item import Ballot, Item, Preference
    from simulator.run import Run

__all__ = ["Record", "RecordedRun"]


@dataclass(frozen=True, kw_only=True)
class Record:
    """What one community said of one candidate set.

    Args:
        item: what was asked, and the candidates as its options.
        community: who judged.
        preference: of the last round, over the candidates.
        ballots: of the last round.
        prior: the Dirichlet pseudo-count that each candidate had in the preference; None where the shares are no
            posterior of ballots, as a forecast distribution is not.
        rounds: of discussion. ``diversity``: of the candidates; None where it was not measured.
    """

    item: Item
    community: str
    preference: Preference
    ballots: tuple[Ballot, ...] = ()
    prior: float | None = 0.5
    rounds: int = 0
    diversity: Diversity | None = None

    @property
    def prompt(self) -> str:
        """The identity of the prompt; several communities may have written candidates for one."""
        return prompt_of(self.item)

    @property
    def pseudo_counts(self) -> tuple[float, ...] | None:
        """The parameters of the Dirichlet posterior over the candidates' shares; None where there is none."""
        if self.prior is None:
            return None
        total = self.preference.ballots + self.prior * self.item.size
        return tuple(share * total for share in self.preference.shares)


def prompt_of(item: Item) -> str:
    """Return the identity of the prompt that an item's candidates answer.

    >>> from simulator.item import Option
    >>> prompt_of(Item(item="p1@tea", query="?", options=(Option(text="a"), Option(text="b")), community="tea"))
    'p1'
    """
    return item.item.removesuffix(f"@{item.community}") if item.community else item.item


class RecordedRun:
    """A run as an export reads it: from the first candidate set to the last, with never more than one in memory.

    Args:
        run: any run, whether its candidates were written, drawn from a pool or given.

    Raises:
        InputError: it has judged nothing.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        journal = run.journal
        if not journal.progress()[0]:
            raise InputError(
                "the run has judged nothing", where=str(journal.folder or ""), remedy="let it go on first"
            )
        self.settings: dict[str, Any] = journal.fact("settings")
        self.source: dict[str, Any] = journal.fact("source")
        self.predictor = run.predictor
        self._prior = None if self.settings.get("mode") == "direct" else float(self.settings["prior"])

    @property
    def has_posterior(self) -> bool:
        """Whether shares are a posterior of ballots, so that it is known how probable an order is."""
        return self._prior is not None

    @property
    def identity(self) -> str:
        """A digest of all that the run is made of; two runs with the same one say the same."""
        names = (
            "settings",
            "corpus",
            "embedder",
            "predictor",
            "prompts",
            "version",
            "items",
            "jobs",
            "as_if",
        )
        told = json.dumps({name: self.run.journal.fact(name) for name in names}, sort_keys=True)
        return hashlib.sha256(told.encode()).hexdigest()[:16]

    def sets(self, *, ballots: bool = True) -> Iterator[tuple[Record, ...]]:
        """Yield the records of each candidate set, one for each community that judged it, in the run's order.

        Judgements that failed altogether are left out; ``failed`` counts them.

        Args:
            ballots: whether to read the ballots, which are most of a run; without them that part is empty.
        """
        journal = self.run.journal
        gathered: list[Record] = []
        item: Item | None = None
        for name, community, result in journal.results():
            if "preference" not in result:
                continue
            if item is None or item.item != name:
                if gathered:
                    yield tuple(gathered)
                gathered, item = [], journal.item(name)
            gathered.append(self._record(item, community, result, ballots=ballots))
        if gathered:
            yield tuple(gathered)

    def set_of(self, name: str) -> tuple[Record, ...]:
        """Return the records of one candidate set, in the order of the communities.

        Raises:
            InputError: the run has no such set.
        """
        journal = self.run.journal
        item = journal.item(name)
        results = ((community, journal.result(name, community)) for community in journal.communities())
        return tuple(
            self._record(item, community, result, ballots=True)
            for community, result in results
            if result is not None and "preference" in result
        )

    def _record(self, item: Item, community: str, result: dict[str, Any], *, ballots: bool) -> Record:
        found = result.get("diversity")
        cast = self.run.journal.ballots(item.item, community, round=result["rounds"]) if ballots else ()
        return Record(
            item=item,
            community=community,
            preference=as_preference(result["preference"]),
            ballots=tuple(cast),
            prior=self._prior,
            rounds=result["rounds"],
            diversity=Diversity(**found) if found else None,
        )

    def failed(self) -> int:
        """Return how many judgements came to nothing."""
        return sum("preference" not in result for _, _, result in self.run.journal.results())
