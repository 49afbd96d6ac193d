"""The order of a run's judgements: by any metric, and only those that are looked for; read in slices, in a thread.

Figures are kept in arrays, so that 100,000 judgements take a few megabytes. The metrics are those of ``bench``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.journal import Journal
from simulator.journal.judgements import figures, words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from simulator.journal.judgements import Figures

    Vector = NDArray[np.float64]
    Advance = Callable[[int, int], None]

__all__ = ["KEYS", "Filter", "Key", "Ranking", "key_named"]

SLICE = 250
"""Judgements that are read at once: some milliseconds, so that a screen beside it never waits."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Key:
    """What judgements can be sorted by.

    Args:
        name: in full. ``short``: as it stands above a column.
        down: whether what deserves a look first has the largest figure. ``first``: what comes first then, in words.
        whole: whether it is a count. ``metric``: its place among ``bench``'s metrics; None for a plain figure.
    """

    name: str
    short: str
    down: bool
    first: str
    whole: bool = False
    metric: int | None = None

    @property
    def last(self) -> str:
        """What comes first where the order is turned round."""
        return LAST[self.first]

    def written(self, value: float | None) -> str:
        """Return a figure as it is shown; a dash where there is none."""
        if value is None or math.isnan(value):
            return "–"
        return f"{value:,.0f}" if self.whole else f"{value:.3f}"


LAST = {"worst first": "best first", "most first": "fewest first", "largest first": "smallest first"}
MEASURED = (
    ("Kendall τ-b", "tau", False),
    ("top-1 accuracy", "top-1", False),
    ("Jensen–Shannon divergence (base 2)", "JSD", True),
    ("mean absolute error of a share", "error", True),
    ("log loss (bits)", "log loss", True),
)
"""The metrics of ``bench`` in its order, and whether a lower figure is the better one: named here, so that numpy is
not loaded before a run is looked at."""
KEYS = (
    *(
        Key(name=name, short=short, down=down, first="worst first", metric=place)
        for place, (name, short, down) in enumerate(MEASURED)
    ),
    Key(name="voters", short="voters", down=True, first="most first", whole=True),
    Key(name="ballots", short="ballots", down=True, first="most first", whole=True),
    Key(name="abstentions", short="abstain", down=True, first="most first", whole=True),
    Key(name="position bias", short="bias", down=True, first="largest first"),
)
"""The figures of a judgement, in the order in which ``Ranking`` keeps them."""


def key_named(name: str) -> Key:
    """Return the key of a name.

    Raises:
        KeyError: there is none.
    """
    return {key.name: key for key in KEYS}[name]


@dataclass(frozen=True, kw_only=True, slots=True)
class Filter:
    """Which judgements are listed: ``text`` in any of their words, one ``community``, only those that disagree."""

    text: str = ""
    community: str = ""
    differing: bool = False

    @property
    def told(self) -> str:
        """What is left, in words; empty where all are."""
        parts = ["real and simulated disagree"] if self.differing else []
        parts += [f"community {self.community}"] if self.community else []
        parts += [f"with “{self.text}”"] if self.text else []
        return ", ".join(parts)


class Ranking:
    """The figures of a run's judgements, as far as they have been read.

    Args:
        folder: of the run.
    """

    def __init__(self, folder: Path) -> None:
        import numpy as np

        self._folder = folder
        self._done = np.zeros(0, bool)
        self._figures = np.zeros((0, len(KEYS)))
        self._differs = np.zeros(0, bool)
        self._place_of: dict[str, int] = {}
        self._community = np.zeros(0, np.int32)

    def __len__(self) -> int:
        return len(self._done)

    @property
    def communities(self) -> tuple[str, ...]:
        """Those that judge something, by name."""
        return tuple(sorted(self._place_of))

    def update(self, advance: Advance = lambda done, total: None) -> None:
        """Read what is new; in a thread, which ``advance`` may end by raising.

        Args:
            advance: called with the number of judgements looked at, and of all.

        Raises:
            InputError: no run is there, or it is damaged.
        """
        with Journal.read(self._folder) as journal:
            done, total = journal.progress()
            if done < self._done.sum():  # a replay that went back
                self._done[:], self._differs[:], self._figures[:] = False, False, math.nan
            self._grow(total)
            for first in range(0, total, SLICE):
                if not self._done[first : first + SLICE].all():
                    self._take(figures(journal, first=first, count=SLICE))
                    advance(min(total, first + SLICE), total)

    def order(
        self,
        by: Key | None = None,
        *,
        turned: bool = False,
        only: Filter | None = None,
        advance: Advance = lambda done, total: None,
    ) -> NDArray[np.intp]:
        """Return the places of judgements in an order; those without a figure come last, in their own order.

        Args:
            by: what they are sorted by; in the order of the run where None.
            turned: the other way round.
            only: which are listed. A text is looked for in the journal.
            advance: as in ``update``.

        Raises:
            InputError: the run is damaged.
        """
        import numpy as np

        kept = self._kept(only or Filter(), advance)
        if by is None:
            return kept[::-1] if turned else kept
        values = self._figures[kept, KEYS.index(by)]
        known = ~np.isnan(values)
        down = by.down != turned
        ranked = np.argsort(-values[known] if down else values[known], kind="stable")
        return np.concatenate([kept[known][ranked], kept[~known]])

    def _kept(self, only: Filter, advance: Advance) -> NDArray[np.intp]:
        import numpy as np

        left = np.ones(len(self), bool)
        if only.community:
            left &= self._community == self._place_of.get(only.community, -1)
        if only.differing:
            left &= self._differs
        if only.text:
            left &= self._matching(only.text, left, advance)
        return np.flatnonzero(left)

    def _matching(self, text: str, wanted: NDArray[np.bool_], advance: Advance) -> NDArray[np.bool_]:
        """Return which judgements have a text in their words, in any case; only the wanted are looked at."""
        import numpy as np

        found = np.zeros(len(self), bool)
        sought = text.casefold()
        with Journal.read(self._folder) as journal:
            for first in range(0, len(self), SLICE):
                if wanted[first : first + SLICE].any():
                    for each in words(journal, first=first, count=SLICE):
                        said = (each.item, each.community, *each.texts)
                        if each.place < len(found):
                            found[each.place] = any(sought in part.casefold() for part in said)
                    advance(min(len(self), first + SLICE), len(self))
        return found

    def _grow(self, total: int) -> None:
        import numpy as np

        more = total - len(self)
        if more > 0:
            self._done = np.concatenate([self._done, np.zeros(more, bool)])
            self._differs = np.concatenate([self._differs, np.zeros(more, bool)])
            self._community = np.concatenate([self._community, np.full(more, -1, np.int32)])
            self._figures = np.concatenate([self._figures, np.full((more, len(KEYS)), np.nan)])

    def _take(self, rows: Sequence[Figures]) -> None:
        """Keep what was read, the metrics of all judgements with as many options at once."""
        import numpy as np

        from bench.tasks.cases import METRICS

        by_size: dict[int, list[Figures]] = {}
        plain = len(METRICS)
        for row in rows:
            self._done[row.place] = row.done
            self._community[row.place] = self._place_of.setdefault(row.community, len(self._place_of))
            voters = math.nan if row.voters is None else row.voters
            bias = math.nan if row.bias is None else row.bias
            ballots = (row.ballots, row.abstentions) if row.done else (math.nan, math.nan)
            self._figures[row.place, plain:] = (voters, *ballots, bias)
            if row.real and len(row.real) == len(row.simulated):
                by_size.setdefault(len(row.real), []).append(row)
        for group in by_size.values():
            places = [row.place for row in group]
            said, real = (np.array([getattr(row, name) for row in group]) for name in ("simulated", "real"))
            for place, metric in enumerate(METRICS):
                self._figures[places, place] = metric.rows(said, real)
            self._differs[places] = _top(said) != _top(real)


def _top(shares: Vector) -> NDArray[np.intp]:
    """Return the first of the most preferred options of each row."""
    from bench.metrics.vectors import TIE

    tops: NDArray[np.intp] = (shares >= shares.max(axis=1, keepdims=True) - TIE).argmax(axis=1)
    return tops
