"""Preference data for the interface: what a run's judgements give so far, and the rows that an export has written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice
from threading import Lock
from typing import TYPE_CHECKING, Any

from personas.errors import InputError
from simulator.export.writing.staging import RUN
from simulator.journal import Journal
from simulator.journal.judgements import words
from tui.reading.leads import LOOKED_AT, shared_lead
from tui.reading.provenance import Provenance, RunState, provenance_of_run, state_of_run

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from simulator.export.tracing.reading import PreferenceData
    from tui.reading.pair_book import Measured, PairBook, Thresholds, Which

__all__ = ["DataPart", "PairReader", "PairRow", "PairsView", "data_of", "read_pair_rows", "read_rows"]

MANIFEST = "export.json"
CONFIGS = ("preference", "unpaired", "full")
"""In the order in which they are looked at."""


@dataclass(frozen=True, kw_only=True, slots=True)
class DataPart:
    """A part of an export: a configuration's split, and how many rows it has."""

    data: Path
    config: str
    split: str
    rows: int

    @property
    def name(self) -> str:
        """What it is called."""
        return f"{self.config}/{self.split}"


@dataclass(frozen=True, kw_only=True, slots=True)
class PairsView:
    """What one look found.

    Args:
        done: judgements of the run so far, of ``total``. ``read``: those that the figures rest on.
        measured: what the pairs come to. ``parts``: of the exports of this run that are known.
        more: whether there is more to read at once.
    """

    provenance: Provenance
    state: RunState
    done: int
    total: int
    read: int
    measured: Measured
    parts: tuple[DataPart, ...]
    more: bool
    lead: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PairRow:
    """One pair with its texts, as it would be a row."""

    item: str
    community: str
    query: str
    chosen: str
    rejected: str
    margin: float
    probability: float | None
    against: int
    kept: bool

    @property
    def length(self) -> int:
        """The characters of the chosen one less those of the rejected one."""
        return len(self.chosen) - len(self.rejected)


class PairReader:
    """Looks at a run's pairs again and again, and reads only what came; calls wait for each other."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._book: PairBook | None = None
        self._lead: str | None = None
        self._lock = Lock()

    def look(self, thresholds: Thresholds, which: Which, exports: Sequence[Path] = ()) -> PairsView:
        """Read what came, and measure all of it.

        Args:
            exports: folders that hold data of this run, besides the one that it lies in.

        Raises:
            InputError: no run is there, or it is damaged.
        """
        from tui.reading.pair_book import PairBook

        with self._lock, Journal.read(self._folder) as journal:
            done, total = journal.progress()
            if self._book is None or self._book.judgements > done:  # a replay that went back
                self._book = PairBook()
            more = self._book.follow(journal)
            if self._lead is None and total:
                self._lead = shared_lead(each.texts[0] for each in words(journal, first=0, count=LOOKED_AT))
            return PairsView(
                provenance=provenance_of_run(journal, self._folder),
                state=state_of_run(journal, self._folder),
                done=done,
                total=total,
                read=self._book.judgements,
                measured=self._book.measure(thresholds, which),
                parts=tuple(part for data in data_of(self._folder, exports) for part in _parts(data)),
                more=more,
                lead=self._lead or "",
            )

    def rows(self, measured: Measured, first: int, count: int) -> list[PairRow]:
        """Return some of the pairs that are listed, with their texts.

        Raises:
            InputError: the journal is damaged.
        """
        with self._lock:
            if self._book is None:
                return []
            return read_pair_rows(self._folder, self._book, measured, first, count)


def read_pair_rows(folder: Path, book: PairBook, measured: Measured, first: int, count: int) -> list[PairRow]:
    """Return pairs of a book with their texts."""
    found: list[PairRow] = []
    with Journal.read(folder) as journal:
        known: dict[int, Any] = {}
        for number in measured.shown[first : first + count].tolist():
            if number >= len(book):  # the book was begun anew
                break
            place = book.place(number)
            if place.job not in known:
                known = {place.job: journal.jobs(first=place.job)[0][2]}
            item = known[place.job]
            if item is None:
                continue
            found.append(
                PairRow(
                    item=item.item,
                    community=place.community,
                    query=item.query,
                    chosen=item.options[place.chosen].text,
                    rejected=item.options[place.rejected].text,
                    margin=place.margin,
                    probability=place.probability,
                    against=int(measured.against[number]),
                    kept=bool(measured.kept_at[number]),
                )
            )
    return found


def data_of(run: Path, exports: Sequence[Path] = ()) -> list[Path]:
    """Return the folders with data of a run: the one that it lies in as ``run``, and those that are named."""
    around = [run.parent] if run.name == RUN else []
    return [folder for folder in (*around, *exports) if (folder / MANIFEST).is_file()]


def read_rows(part: DataPart, first: int, count: int) -> list[dict[str, Any]]:
    """Return ``count`` rows of a part from number ``first`` on, each a row as it was written.

    Raises:
        InputError: a file is missing or cannot be read.
    """
    from simulator.export.tracing.reading import PreferenceData

    data = PreferenceData.open(part.data)
    found: list[dict[str, Any]] = []
    for name in data.files(part.config, part.split):
        rows = data.manifest.files[name].rows
        if first < rows and len(found) < count:
            found += _rows_of(data, name, first, count - len(found))
        first = max(0, first - rows)
    return found


def _parts(folder: Path) -> Iterator[DataPart]:
    from simulator.export.tracing.reading import PreferenceData

    try:
        data = PreferenceData.open(folder)
    except InputError:  # it is being written, or damaged: the export's own command says so
        return
    for config, split in sorted(data.parts(), key=lambda part: (CONFIGS.index(part[0]), part[1] != "train")):
        yield DataPart(data=folder, config=config, split=split, rows=data.size(config, split))


def _rows_of(data: PreferenceData, name: str, first: int, count: int) -> list[dict[str, Any]]:
    path = data.folder / name
    try:
        if path.suffix == ".jsonl":
            with path.open("rb") as file:
                return [json.loads(line) for line in islice(file, first, first + count)]
        return _of_parquet(path, first, count)
    except (OSError, ValueError) as error:
        raise InputError(
            f"it cannot be read: {error}",
            where=str(path),
            remedy="write the data again with `commonbond export`",
        ) from error


def _of_parquet(path: Path, first: int, count: int) -> list[dict[str, Any]]:
    """Read rows of a Parquet file: of its row groups only those that they are in, in small batches."""
    import pyarrow.parquet as pq

    found: list[dict[str, Any]] = []
    with pq.ParquetFile(path) as file:
        before, skip = 0, 0
        groups: list[int] = []
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            if before + rows > first and before < first + count:
                skip = skip if groups else first - before
                groups.append(group)
            before += rows
        if not groups:
            return []
        for batch in file.iter_batches(batch_size=max(count, 64), row_groups=groups):
            if skip < batch.num_rows:
                found += batch.slice(skip, count - len(found)).to_pylist()
            skip = max(0, skip - batch.num_rows)
            if len(found) >= count:
                break
    return found
