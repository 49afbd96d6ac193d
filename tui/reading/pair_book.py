"""All pairs that a run's judgements give so far, held so that another threshold is answered at once.

Its results are read once, page by page, as they come. What is kept of each pair are a few numbers; the texts stay in
the journal. Thresholds apply as an export applies them, before it balances communities or matches lengths.
"""

from __future__ import annotations

import sqlite3
import time
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from simulator.export.choosing.biases import Biases
    from simulator.export.records import Record
    from simulator.item import Item
    from simulator.journal import Journal

__all__ = ["CommunityPairs", "Measured", "PairBook", "PairPlace", "Pairing", "Thresholds", "Which"]

Pairing = Literal["all", "best-rest", "best-worst"]
Which = Literal["kept", "disputed", "all"]
PAGE = 200
"""Jobs that are read at once."""
BINS = 20
UNKNOWN = -1.0
"""Stands for a probability that is not known, as of forecasts."""
MOST_OPTIONS = 1 << 12
COLUMNS = {
    **{"set": "i", "prompt": "i", "community": "i", "place": "i", "chosen": "i", "rejected": "i"},
    **{"at": "i", "size": "i", "margin": "d", "probability": "d", "length": "i", "ratio": "d"},
}
"""What is kept of a pair. ``at``: where it stands among its record's pairs; ``place``: of the record's job."""
MARKS = {"community": "i", "ahead": "d", "probability": "d"}
TABLE = """
CREATE TABLE pairs (id INTEGER PRIMARY KEY, community INTEGER, place INTEGER, margin REAL, kind INTEGER,
    chosen INTEGER, rejected INTEGER, ratio REAL, disputed INTEGER DEFAULT 0, fate INTEGER DEFAULT 0)
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Thresholds:
    """Which pairs are to be kept, as ``simulator.export.Selection`` has it."""

    margin: float = 0.0
    probability: float | None = 0.9
    pairing: Pairing = "all"


@dataclass(frozen=True, kw_only=True, slots=True)
class CommunityPairs:
    """What one community's judgements come to.

    Args:
        judged: its pairs. ``kept``: those that pass the thresholds. ``disputed``: those of them of which another
            community holds the opposite order.
        above: candidates that get the label true. ``below``: those that get false.
        longer: how often the chosen one of a kept pair is the longer one, with its interval; None where none is.
    """

    name: str
    judged: int
    kept: int
    disputed: int
    above: int
    below: int
    longer: tuple[float, float, float] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Measured:
    """What the pairs come to, by some thresholds.

    Args:
        pairs: how many there are by the pairing. ``ordered``: in which one is ahead. ``kept``: how many pass.
        margins: (kept, dropped) in each twentieth from 0 to 1. ``probabilities``: the same from 0.5 to 1; empty
            where no probability is known.
        biases: as an export measures them, of all that are ordered and of those that are kept.
        communities: in the order of the run.
        disputes: kept pairs of which another community holds the opposite order.
        shown: the pairs to be listed, by their numbers in the book.
        kept_at: for each number whether the pair is kept. ``against``: how many communities hold the opposite order.
    """

    thresholds: Thresholds
    pairs: int
    ordered: int
    kept: int
    disputes: int
    margins: tuple[tuple[int, int], ...]
    probabilities: tuple[tuple[int, int], ...]
    biases: Biases
    communities: tuple[CommunityPairs, ...]
    shown: NDArray[np.int64]
    kept_at: bytes
    against: NDArray[np.int64]


@dataclass(frozen=True, kw_only=True, slots=True)
class PairPlace:
    """Where a pair comes from, and its figures."""

    job: int
    community: str
    chosen: int
    rejected: int
    margin: float
    probability: float | None


class PairBook:
    """The pairs of one run; for one thread at a time."""

    def __init__(self) -> None:
        self._pairs: dict[str, Any] = {name: array(kind) for name, kind in COLUMNS.items()}
        self._marks: dict[str, Any] = {name: array(kind) for name, kind in MARKS.items()}
        self._communities: dict[str, int] = {}
        self._sets: dict[str, int] = {}
        self._prompts: dict[str, int] = {}
        self._read: dict[int, set[int]] = {}
        self._first = 0
        self.judgements = 0
        self._prior: float | None = 0.5
        self._db = sqlite3.connect(":memory:", check_same_thread=False)
        self._db.execute(TABLE)
        self._stored = 0

    def __len__(self) -> int:
        return len(self._pairs["set"])

    @property
    def communities(self) -> tuple[str, ...]:
        """The communities, in the order of the numbers that rows name them by."""
        return tuple(self._communities)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the few rows of a query that adds something up."""
        return self._db.execute(sql).fetchall()

    def follow(self, journal: Journal, *, seconds: float = 0.3) -> bool:
        """Read what came since the last time, for so long at the most; return whether there is more.

        Raises:
            InputError: the journal is damaged.
        """
        settings = journal.fact("settings") or {}
        self._prior = None if settings.get("mode") == "direct" else float(settings.get("prior", 0.5))
        for name in journal.communities():
            self._communities.setdefault(name, len(self._communities))
        done, total = journal.progress()
        deadline = time.monotonic() + seconds
        page = self._first
        while page * PAGE < total and self.judgements < done:
            if time.monotonic() > deadline:
                return True
            whole = self._follow_page(journal, page)
            if whole and page == self._first:
                self._first += 1
                self._read.pop(page, None)
            page += 1
        return False

    def measure(self, thresholds: Thresholds, which: Which = "kept") -> Measured:
        """Return what the pairs come to by some thresholds; of kept ones all are listed where none is kept."""
        import numpy as np

        from simulator.export.choosing.biases import measured_biases
        from simulator.export.choosing.pairs import ROUNDING

        own = {name: np.frombuffer(values, values.typecode) for name, values in self._pairs.items()}
        asked = _paired(own["at"], own["size"], thresholds.pairing)
        margin, chance = own["margin"], own["probability"]
        ordered = asked & (margin > ROUNDING)
        passes = _passes(margin, chance, thresholds)
        kept, against = ordered & passes, _against(own, (margin > ROUNDING) & passes)
        disputed = against > 0
        self._store(asked, kept, disputed)
        biases = measured_biases(self)
        known = chance[asked & (chance != UNKNOWN)]
        listed = {"kept": kept if kept.any() else asked, "disputed": kept & disputed, "all": asked}[which]
        return Measured(
            thresholds=thresholds,
            pairs=int(asked.sum()),
            ordered=int(ordered.sum()),
            kept=int(kept.sum()),
            disputes=int((kept & disputed).sum()),
            margins=_histogram(margin, asked, kept, (0.0, 1.0)),
            probabilities=_histogram(chance, asked, kept, (0.5, 1.0)) if len(known) else (),
            biases=biases,
            communities=tuple(self._community(own, asked, kept, disputed, thresholds, biases)),
            shown=np.flatnonzero(listed),
            kept_at=kept.tobytes(),
            against=against,
        )

    def place(self, number: int) -> PairPlace:
        """Return where a pair comes from."""
        row = {name: values[number] for name, values in self._pairs.items()}
        return PairPlace(
            job=row["place"],
            community=self.communities[row["community"]],
            chosen=row["chosen"],
            rejected=row["rejected"],
            margin=row["margin"],
            probability=None if row["probability"] == UNKNOWN else row["probability"],
        )

    def _follow_page(self, journal: Journal, page: int) -> bool:
        """Read what a page of jobs has come to since the last time; return whether all of it is there."""
        known = self._read.setdefault(page, set())
        rows = journal.jobs(first=page * PAGE, count=PAGE)
        for place, (name, community, item, result) in enumerate(rows, page * PAGE):
            if result is None or place in known:
                continue
            known.add(place)
            self.judgements += 1
            if item is not None and "preference" in result:
                self._add(place, name, community, item, result)
        return len(known) == len(rows) and len(rows) == PAGE

    def _add(self, place: int, name: str, community: str, item: Item, result: dict[str, Any]) -> None:
        from simulator.export.choosing.pairs import marks_of, pairs_of
        from simulator.export.records import Record
        from simulator.export.selection import Selection
        from simulator.journal.codec import as_preference

        everything = Selection(min_margin=0.0, min_probability=None)
        preference = as_preference(result["preference"])
        record = Record(item=item, community=community, preference=preference, prior=self._prior)
        who = self._communities.setdefault(community, len(self._communities))
        named = (
            self._sets.setdefault(name, len(self._sets)),
            self._prompts.setdefault(record.prompt, len(self._prompts)),
            who,
            place,
        )
        for at, pair in enumerate(pairs_of([record], everything)[0]):
            self._append(named, record, at, pair)
        for mark in marks_of(record, everything):
            ahead = mark.share - 1 / item.size
            sure = mark.probability if mark.probability is None or ahead > 0 else 1 - mark.probability
            for column, value in zip(
                self._marks, (who, ahead, UNKNOWN if sure is None else sure), strict=True
            ):
                self._marks[column].append(value)

    def _append(self, named: tuple[int, ...], record: Record, at: int, pair: Any) -> None:
        from math import log

        texts = [len(record.item.options[index].text) for index in (pair.chosen, pair.rejected)]
        values = (
            *named,
            *(pair.chosen, pair.rejected, at, record.item.size, pair.margin),
            UNKNOWN if pair.probability is None else pair.probability,
            pair.length,
            log(texts[0] / texts[1]) if all(texts) else 0.0,
        )
        for column, value in zip(self._pairs, values, strict=True):
            self._pairs[column].append(value)

    def _store(self, asked: Any, kept: Any, disputed: Any) -> None:
        """Have the table hold every pair, with what the thresholds make of it, for the biases to be measured on."""
        own = self._pairs
        new = range(self._stored, len(self))
        rows = (
            (
                number, own["community"][number], own["prompt"][number], own["margin"][number], own["length"][number],
                own["chosen"][number], own["rejected"][number], own["ratio"][number],
            )
            for number in new
        )  # fmt: skip
        self._db.executemany(
            "INSERT INTO pairs (id, community, place, margin, kind, chosen, rejected, ratio) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
        self._stored = len(self)
        # A pair that the pairing does not ask for has no order as far as the biases go.
        fate, said = (~kept).astype("uint8").tobytes(), disputed.astype("uint8").tobytes()
        signs = asked.astype("uint8").tobytes()
        for name, of in (("fate_of", fate), ("disputed_of", said), ("asked_of", signs)):
            self._db.create_function(name, 1, of.__getitem__, deterministic=True)
        self._db.create_function("margin_of", 1, own["margin"].__getitem__, deterministic=True)
        self._db.execute(
            "UPDATE pairs SET fate = fate_of(id), disputed = disputed_of(id), margin = asked_of(id) * margin_of(id)"
        )
        self._db.commit()

    def _community(
        self, own: Any, asked: Any, kept: Any, disputed: Any, thresholds: Thresholds, biases: Biases
    ) -> list[CommunityPairs]:
        import numpy as np

        marks = {name: np.frombuffer(values, values.typecode) for name, values in self._marks.items()}
        stray = 2 * np.abs(marks["ahead"])
        labelled = (stray > 1e-9) & _passes(stray, marks["probability"], thresholds)
        size = len(self._communities)

        def by(where: Any, of: Any) -> list[int]:
            counted: list[int] = np.bincount(of[where], minlength=size).tolist()
            return counted

        whose = own["community"]
        judged, keeps, disputes = by(asked, whose), by(kept, whose), by(kept & disputed, whose)
        above = by(labelled & (marks["ahead"] > 0), marks["community"])
        below = by(labelled & (marks["ahead"] < 0), marks["community"])
        return [
            CommunityPairs(
                name=name,
                judged=judged[at],
                kept=keeps[at],
                disputed=disputes[at],
                above=above[at],
                below=below[at],
                longer=_longer(biases, name),
            )
            for name, at in self._communities.items()
        ]


def _longer(biases: Biases, name: str) -> tuple[float, float, float] | None:
    found = biases.after_by_community.get(name)
    if found is None or found.longer.share is None or found.longer.low is None or found.longer.high is None:
        return None
    return found.longer.share, found.longer.low, found.longer.high


def _paired(at: Any, size: Any, pairing: Pairing) -> Any:
    """Return which pairs of each set are asked for: they go from the best candidate on, as ``pairs_of`` has them."""
    if pairing == "best-rest":
        return at < size - 1
    return at == size - 2 if pairing == "best-worst" else at >= 0


def _passes(margin: Any, chance: Any, thresholds: Thresholds) -> Any:
    from simulator.export.choosing.pairs import ROUNDING

    passes = margin + ROUNDING >= thresholds.margin
    if thresholds.probability is not None:
        passes &= (chance == UNKNOWN) | (chance + ROUNDING >= thresholds.probability)
    return passes


def _against(own: Any, holds: Any) -> Any:
    """Return for each pair how many other communities hold the opposite order."""
    import numpy as np

    if not len(holds):
        return np.zeros(0, dtype=np.int64)
    low, high = np.minimum(own["chosen"], own["rejected"]), np.maximum(own["chosen"], own["rejected"])
    _, couple = np.unique(
        (own["set"].astype("int64") * MOST_OPTIONS + low) * MOST_OPTIONS + high, return_inverse=True
    )
    first = own["chosen"] < own["rejected"]
    ahead = np.bincount(couple[holds & first], minlength=couple.max() + 1)
    behind = np.bincount(couple[holds & ~first], minlength=couple.max() + 1)
    return np.where(holds, np.where(first, behind[couple], ahead[couple]), 0)


def _histogram(values: Any, asked: Any, kept: Any, ends: tuple[float, float]) -> tuple[tuple[int, int], ...]:
    import numpy as np

    counts = [
        np.histogram(values[where & (values != UNKNOWN)], bins=BINS, range=ends)[0].tolist()
        for where in (kept, asked & ~kept)
    ]
    return tuple(zip(*counts, strict=True))
