"""Two runs on what both judged: judgement by judgement, and in figures as ``commonbond compare`` has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.journal import Journal
from simulator.journal.judgements import figures, shares_of, words
from tui.reading.comparison import ItemRow, Other, read_rows
from tui.reading.leads import LOOKED_AT, shared_lead
from tui.reading.provenance import Provenance, provenance_of_run
from tui.reading.ranking import SLICE
from tui.reading.shelf import find_folders, read_shelf

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from bench.report.compare import RunComparison
    from simulator.journal.judgements import Shares
    from tui.reading.ranking import Advance
    from tui.reading.shelf import RunEntry

__all__ = ["Common", "Paired", "compared", "other_runs", "read_common", "read_pairs"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Common:
    """What two runs have in common.

    Args:
        first, second: where their figures come from.
        places: of the judgements that both have shares for, in the order of the first run.
        apart: the Jensen-Shannon divergence of what the two say, base 2, a figure a place.
        differs: whether the two prefer different options, a sign a place.
        left_out: judgements that only the first run has, or with other options or their order.
        lead: what most of the first questions begin with.
    """

    first: Provenance
    second: Provenance
    places: NDArray[np.intp]
    apart: NDArray[np.float64]
    differs: NDArray[np.bool_]
    left_out: int
    lead: str = ""

    def order(self, *, by_run: bool = False, differing: bool = False) -> list[int]:
        """Return the places, those on which the runs are furthest apart first, or in the order of the first run."""
        import numpy as np

        kept = np.flatnonzero(self.differs) if differing else np.arange(len(self.places))
        if not by_run:
            kept = kept[np.argsort(-self.apart[kept], kind="stable")]
        found: list[int] = self.places[kept].tolist()
        return found


@dataclass(frozen=True, kw_only=True, slots=True)
class Paired:
    """A judgement in both runs: as the first has it, and what the second says; ``apart`` is their divergence."""

    row: ItemRow
    second: Other
    apart: float

    @property
    def second_top(self) -> int:
        """The option that the second run prefers, the first among equals."""
        return _top(self.second.shares)


def other_runs(home: Sequence[Path], folder: Path) -> list[RunEntry]:
    """Return the other runs of the corpus of the run in ``folder``: in the folders that were opened, and beside it.

    Raises:
        InputError: a folder does not exist, or no run is in ``folder``.
    """
    with Journal.read(folder) as journal:
        corpus = provenance_of_run(journal, folder).corpus
    here = folder.resolve()
    folders = {each.resolve(): None for each in [*find_folders(home), *find_folders([here.parent])]}
    runs = read_shelf([each for each in folders if each != here], controls=True).runs
    return [run for run in runs if not run.problem and run.corpus == corpus]


def read_common(first: Path, second: Path, advance: Advance = lambda done, total: None) -> Common:
    """Look in slices for what both runs judged; ``advance`` may end it by raising.

    Raises:
        InputError: a run is not there or damaged.
    """
    import numpy as np

    from bench.metrics import jensen_shannon

    places: list[int] = []
    apart: list[float] = []
    differs: list[bool] = []
    left_out = 0
    with Journal.read(first) as journal, Journal.read(second) as other:
        total = journal.progress()[1]
        for start in range(0, total, SLICE):
            rows = [row for row in figures(journal, first=start, count=SLICE) if row.simulated]
            texts = {each.place: each.texts[1:] for each in words(journal, first=start, count=SLICE)}
            said = shares_of(other, [(row.item, row.community) for row in rows])
            for row in rows:
                shares, options = said.get((row.item, row.community), ((), ()))
                if not shares or options != texts[row.place]:
                    left_out += 1
                    continue
                places.append(row.place)
                apart.append(jensen_shannon(row.simulated, shares))
                differs.append(_top(row.simulated) != _top(shares))
            advance(min(total, start + SLICE), total)
        return Common(
            first=provenance_of_run(journal, first),
            second=provenance_of_run(other, second),
            places=np.array(places, np.intp),
            apart=np.array(apart),
            differs=np.array(differs, bool),
            left_out=left_out,
            lead=shared_lead(each.texts[0] for each in words(journal, first=0, count=LOOKED_AT)),
        )


def read_pairs(first: Path, second: Path, places: Sequence[int], *, name: str) -> list[Paired]:
    """Read the judgements at some places of the first run, each with what the second says; both judged them.

    Args:
        name: what the second run is called.

    Raises:
        InputError: a run is not there or damaged.
    """
    rows = read_rows(first, places)
    with Journal.read(second) as journal:
        said = shares_of(journal, [(row.item, row.community) for row in rows])
    return [_paired(row, said[row.item, row.community][0], name) for row in rows]


def compared(data: Mapping[str, Any]) -> RunComparison:
    """Return the comparison that ``commonbond compare --json`` printed.

    Raises:
        KeyError, TypeError: it is none.
    """
    from bench.report.compare import ComparedItem, ComparedMetric, ComparedRun, Figure, RunComparison

    return RunComparison(
        corpus=data["corpus"],
        first=ComparedRun(**data["first"]),
        second=ComparedRun(**data["second"]),
        items=data["items"],
        judgements=data["judgements"],
        left_out=data["left_out"],
        same_choice=Figure(**data["same_choice"]),
        apart=Figure(**data["apart"]),
        metrics=tuple(
            ComparedMetric(**{**row, **{name: Figure(**row[name]) for name in ("first", "second", "ahead")}})
            for row in data["metrics"]
        ),
        differing=tuple((name, one, two) for name, one, two in data["differing"]),
        notes=tuple(data["notes"]),
        most_apart=tuple(ComparedItem(**row) for row in data["most_apart"]),
    )


def _paired(row: ItemRow, shares: Shares, name: str) -> Paired:
    from bench.metrics import jensen_shannon

    real = tuple(option.real.mean for option in row.options if option.real is not None)
    simulated = [option.simulated.mean for option in row.options if option.simulated is not None]
    other = Other(name=name, role="run", shares=shares, real=real)
    return Paired(row=row, second=other, apart=jensen_shannon(simulated, shares))


def _top(shares: Shares) -> int:
    from bench.metrics.vectors import TIE

    most = max(shares)
    return next(number for number, share in enumerate(shares) if share >= most - TIE)
