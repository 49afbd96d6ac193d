"""From a run to training data: two readings of its journal, the first to decide what is kept, the second to write it.

Nothing in memory grows with the number of rows.
"""

from __future__ import annotations

import math
import os
from array import array
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from personas.community import as_profile
from personas.errors import InputError
from simulator.export.alike import Excluded, PromptClusters, asked_text
from simulator.export.choosing.biases import measured_biases
from simulator.export.choosing.decided import SPLITS
from simulator.export.choosing.ledger import Ledger, nothing_kept
from simulator.export.choosing.pairs import marks_of, pairs_of
from simulator.export.manifest import Manifest, file_facts
from simulator.export.records import RecordedRun
from simulator.export.selection import Selection, Shape
from simulator.export.writing.card import as_card
from simulator.export.writing.formats import COLUMNS, Facts, full_row, preference_rows, unpaired_rows
from simulator.export.writing.shards import ShardWriter
from simulator.export.writing.staging import Staging
from simulator.export.writing.steering import steering_message
from simulator.journal.lock import is_running
from simulator.room import is_nobodys
from simulator.simulation import unseen

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from simulator.export.choosing.pairs import Mark, Pair
    from simulator.export.records import Record
    from simulator.export.writing.shards import ShardFile
    from simulator.item import Option
    from simulator.run import Run

__all__ = ["EXCLUDED", "Export", "export_run"]

EXCLUDED = "prompts that the test part of a benchmark asks"


@dataclass(frozen=True, kw_only=True)
class Export:
    """Training data that was written: in which folder, and all that its manifest says of it."""

    folder: Path
    manifest: Manifest

    @property
    def pairs(self) -> int:
        """Rows of the preference format."""
        return self.manifest.rows("preference")


def export_run(
    run: Run,
    out: str | Path,
    *,
    selection: Selection | None = None,
    shape: Shape | None = None,
    exclude: Iterable[str] = (),
    left_out: Mapping[str, int] | None = None,
    language: Iterable[str] = (),
    notes: Iterable[str] = (),
    partial: bool = False,
    replace: bool = False,
    advance: Callable[[int, int], None] = unseen,
) -> Export:
    """Write a run's judgements as preference pairs, labelled completions and full records.

    The same run and choices give the same bytes. What was in the folder stays until the new data is whole.

    Args:
        run: of any kind; in a folder, so that its rows can be traced.
        out: the folder to write; the run may lie in it, as ``run``.
        selection: which pairs are kept; the defaults, with the run's own seed, where None.
        shape: how they are written; the defaults where None.
        exclude: texts that no prompt may repeat, as a benchmark's test queries.
        left_out: prompts that were left out before the run, by reason, to be told with those left out here.
        language: ISO 639 codes of the texts, for the dataset card.
        notes: what else a reader of the data must know.
        partial: whether a run that did not end may be written as far as it came.
        replace: whether data of this run, chosen otherwise, may be replaced.
        advance: called with how many judgements were read and how many are to be, each of them twice.

    Raises:
        InputError: the run has judged nothing, is not done, or lies in no folder; no pair passes the selection;
            the folder holds other things; a row could not be traced; or nothing can be written.
    """
    seed = (run.journal.fact("settings") or {}).get("seed", Selection.seed)
    selection, shape = selection or Selection(seed=seed), shape or Shape()
    writing = _Writing(run, Path(out), selection, shape, partial=partial, advance=advance)
    with Staging(out, run=writing.run.identity, selection=selection, shape=shape, replace=replace) as staged:
        with (
            Ledger(staged.scratch) as ledger,
            PromptClusters(staged.scratch, alike=selection.alike) as prompts,
        ):
            excluded = Excluded(exclude, alike=selection.alike)
            writing.gather(ledger, prompts, excluded)
            splits = prompts.splits(selection.test_share, selection.seed)
            decided = ledger.decide(selection, splits)
            if not decided.kept:
                raise nothing_kept(decided, selection)
            biases = measured_biases(ledger).as_data()
            files = writing.write(staged.data, ledger, [SPLITS[number] for number in splits.tolist()])
        manifest = Manifest(
            run=writing.facts_of_run(),
            corpus=writing.facts_of_corpus(),
            selection=selection,
            shape=shape,
            counts={config: _counted(written) for config, written in files.items()},
            judged={"prompts": len(splits), **writing.judged},
            left_out={**(left_out or {}), **writing.left_out},
            decided=decided.as_data(),
            biases=biases,
            diversity=writing.diversity(),
            notes=(*notes, *writing.notes, *decided.notes()),
            files=file_facts(staged.data.parent, (file for written in files.values() for file in written)),
            language=tuple(language),
        )
        staged.finish(manifest, as_card(manifest))
    return Export(folder=Path(out), manifest=manifest)


class _Writing:
    """One export under way: what it reads, and what it counts on the way."""

    def __init__(
        self,
        run: Run,
        out: Path,
        selection: Selection,
        shape: Shape,
        *,
        partial: bool,
        advance: Callable[[int, int], None],
    ) -> None:
        self.run, self.out, self.selection, self.shape = RecordedRun(run), out, selection, shape
        self.journal = run.journal
        folder = self.journal.folder
        if folder is None:
            raise InputError(
                "a run in memory leaves no record to trace a row by", remedy="give it a folder with out="
            )
        self.done, total = self.journal.progress()
        self.notes = _checked_state(
            folder, str(self.journal.fact("state")), self.done, total, partial=partial
        )
        if not self.run.has_posterior and selection.min_probability is not None:
            self.notes += ("forecasts have no posterior: pairs were kept by their margin alone",)
        self.left_out: dict[str, int] = {}
        self.judged: Counter[str] = Counter(
            dict.fromkeys(("sets", "records", "ballots", "abstentions", "failures"), 0)
        )
        self._diversity: Counter[str] = Counter()
        self._cut = 0
        self._room = self.run.settings["option_room"] if self.journal.fact("prompts") else math.inf
        self._places = array("q")
        self._read, self._advance = 0, advance

    def gather(self, ledger: Ledger, prompts: PromptClusters, excluded: Excluded) -> None:
        """Read the run for the first time: remember its prompts, and what each pair comes to."""
        dropped: set[str] = set()
        for number, records in enumerate(self._sets(ballots=False)):
            first = records[0]
            if excluded.has_asked(first.item):
                dropped.add(first.prompt)
                continue
            place = prompts.add(first.prompt, asked_text(first.item))
            marks = [marks_of(record, self.selection) for record in records]
            ledger.add(number, place, records, pairs_of(records, self.selection), marks)
            self._places.append(place)
            self._count(records)
        if lost := self.run.failed():
            self.judged["lost"] = lost
        if dropped:
            self.left_out[EXCLUDED] = len(dropped)

    def write(self, data: Path, ledger: Ledger, splits: list[str]) -> dict[str, list[ShardFile]]:
        """Read the run again and write what is kept; return the files by configuration."""
        shape, facts, messages = self.shape, self._facts(), self._steering()
        writers = {
            config: ShardWriter(data / config, columns, files=shape.files, shard_rows=shape.shard_rows)
            for config, columns in COLUMNS.items()
        }
        with writers["preference"] as preference, writers["unpaired"] as unpaired, writers["full"] as full:
            for records, place, pairs, marks in self._kept(ledger):
                split = splits[place]
                for record, its_pairs, its_marks in zip(records, pairs, marks, strict=True):
                    steering = messages.get(record.community)
                    for row in preference_rows(record, its_pairs, facts, steering=steering):
                        preference.write(split, row)
                    for row in unpaired_rows(record, its_marks, facts, steering=steering):
                        unpaired.write(split, row)
                    full.write(split, full_row(record, facts))
            files = {config: writer.close() for config, writer in writers.items()}
        self._tell_of(writers)
        return files

    def facts_of_run(self) -> dict[str, Any]:
        """Return what the manifest says of the run."""
        assert self.journal.folder is not None
        return {
            "identity": self.run.identity,
            "folder": os.path.relpath(self.journal.folder.resolve(), self.out.resolve()),
            "predictor": self.run.predictor,
            "version": str(self.journal.fact("version")),
            "settings": self.run.settings,
            "embedder": str(self.journal.fact("embedder")),
        }

    def facts_of_corpus(self) -> dict[str, Any]:
        """Return what the manifest says of what the run was made of."""
        source = self.run.source
        told = {name: str(source.get(name, "")) for name in ("title", "source", "licence")}
        fictional = bool(source.get("fictional", False))
        return {**told, "fictional": fictional, "content": str(self.journal.fact("corpus"))}

    def diversity(self) -> dict[str, Any]:
        """Return how different the candidates of a set are, on average over the sets that were written or drawn."""
        sets = self._diversity["sets"]
        if not sets:
            return {}
        found = {name: self._diversity[name] / sets for name in ("responses", "similarity", "vendi")}
        return {"sampling": self.run.settings["sampling"], "sets": sets, **found}

    def _sets(self, *, ballots: bool) -> Iterator[tuple[Record, ...]]:
        for records in self.run.sets(ballots=ballots):
            yield records
            self._read += len(records)
            self._advance(self._read, 2 * self.done)

    def _kept(
        self, ledger: Ledger
    ) -> Iterator[tuple[tuple[Record, ...], int, list[list[Pair]], list[list[Mark]]]]:
        """Yield each set that is not left out: its records, its prompt's place, and what of each record is kept."""
        kept, places = ledger.kept_rows(), iter(self._places)
        wanted = next(kept, None)
        for number, records in enumerate(self._sets(ballots=True)):
            if wanted is not None and number == wanted[0]:
                yield records, next(places), wanted[1], wanted[2]
                wanted = next(kept, None)

    def _count(self, records: tuple[Record, ...]) -> None:
        self.judged["sets"] += 1
        for option in records[0].item.options:
            self.judged["candidates"] += 1
            self.judged[_origin(option)] += 1
        self._cut += sum(len(option.text) for option in records[0].item.options) > self._room
        for record in records:
            self.judged["records"] += 1
            for name in ("ballots", "abstentions", "failures"):
                self.judged[name] += getattr(record.preference, name)
        found = records[0].diversity
        if found is not None and found.similarity is not None:
            self._diversity["sets"] += 1
            for name in ("responses", "similarity", "vendi"):
                self._diversity[name] += getattr(found, name)

    def _facts(self) -> Facts:
        return Facts(run=self.run.identity, predictor=self.run.predictor, titles=self._titles())

    def _titles(self) -> dict[str, str]:
        return {name: str(about.get("title", "")) for name, about in self.journal.communities().items()}

    def _steering(self) -> dict[str, str]:
        """Return the system message of each community, where rows begin with one."""
        if self.shape.steering == "column":
            return {}
        titles = self._titles()
        return {
            name: steering_message(titles[name] or name, as_profile(about["profile"]))
            for name, about in self.journal.communities().items()
        }

    def _tell_of(self, writers: Mapping[str, ShardWriter]) -> None:
        if self._cut:
            self.notes += (
                f"personas were shown the beginnings alone of some candidates in {self._cut:,} of "
                f"{self.judged['sets']:,} sets: more than {self._room:,} characters together (--option-room)",
            )
        mended = sum(writer.mended for writer in writers.values())
        if mended:
            self.notes += (f"{mended:,} rows had half a character in a text, which U+FFFD stands for now",)
        for config, writer in writers.items():
            if writer.dated:
                told = f"{config}: load_dataset may read {', '.join(writer.dated)} as moments in JSONL"
                self.notes += (f"{told}; Parquet keeps them as they are",)


def _counted(files: Iterable[ShardFile]) -> dict[str, int]:
    """Return the rows of each split."""
    rows: Counter[str] = Counter()
    for file in files:
        rows[file.split] += file.rows
    return dict(rows)


def _origin(option: Option) -> str:
    """Return where a candidate comes from, as the manifest counts it."""
    if option.writer:
        return "written_by_nobody" if is_nobodys(option.writer) else "written_by_communities"
    return "taken_from_posts" if option.post else "given"


def _checked_state(folder: Path, state: str, done: int, total: int, *, partial: bool) -> tuple[str, ...]:
    """Return what is to be told of a run that is written before its end."""
    if state == "done":
        return ()
    if state == "running" and not is_running(folder):
        state = "unfinished: its engine is gone"
    if not partial:
        raise InputError(
            f"the run is {state}: {done:,} of {total:,} judgements are done",
            where=str(folder),
            remedy="let it go on, or write what is there with --partial",
        )
    return (f"the run had done {done:,} of {total:,} judgements when this was written",)
