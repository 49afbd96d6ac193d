"""``commonbond pluralism``: how differently people choose, how differently answers are given, what they cover."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import version
from itertools import islice
from typing import TYPE_CHECKING, Any

from bench.benchmark import Benchmark
from bench.items import build_items
from bench.pluralism import AnchorJudge, ModelJudge, analyse, chosen_axes, option_sets, read_answers
from bench.pluralism.coverage import NEARNESS
from bench.pluralism.generating import drawn_sets, written_sets
from bench.report.rows import written
from personas.errors import InputError, StoppedError
from personas.language import MULTILINGUAL_MODEL
from simulator.cast import persona_cast
from simulator.engine import complete
from simulator.item import Query
from simulator.journal import Journal
from tui.cli.output import console, listing, print_json, print_table, progress, signed
from tui.cli.parts import command_of, head, held_out, open_place, provenance, run_folder, simulation_of, whose
from tui.cli.spending import live
from tui.plaintext import count
from tui.spent import money

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from bench.pluralism import AxisJudge, CandidateSet, Figure, PluralismReport
    from bench.pluralism.axes import Axis
    from personas.corpus import Corpus
    from personas.embedding import Embedder
    from simulator.item import Item
    from simulator.simulation import Simulation

__all__ = ["print_report", "run"]

PURPOSE = "pluralism"
COLUMNS = ("measure", "of", "mean", "95 % interval", "n")


def run(options: argparse.Namespace) -> int:
    """Analyse; 1 where the judge failed on a text."""
    axes, out = chosen_axes(options.axis), run_folder(options.out)
    _settle(options)
    with open_place(options) as place, progress() as bars:
        simulation, items, left_out = _asked(place, options, bars.advance("embedding"))
        sets = [*option_sets(items)]
        if options.answers:
            read = read_answers(options.answers, items)
            sets += read.sets
            left_out |= read.left_out
        study = _Study(
            simulation,
            items,
            sets,
            axes,
            left_out,
            options,
            drawing=bars.advance("answering", live(out)),
            judging=bars.advance("placing", live(out)),
        )
        report, usage = study.carry_out(out)
        found = provenance(
            place,
            seed=options.seed,
            run=options.out,
            **report.as_data(),
            usage=usage,
            warnings=_warnings(place, simulation.embedder),
        )
    if options.json:
        print_json({"command": "pluralism", **found})
    else:
        print_report(place, report, seed=options.seed)
        _print_usage(usage)
        console().print(listing([("warning", warning) for warning in found["warnings"]]))
    return 1 if any(report.failures.values()) else 0


def _settle(options: argparse.Namespace) -> None:
    """Fill in what has a default, and refuse what does not fit together.

    Raises:
        InputError: a figure is out of its range, or there is a model without a folder or a judge without a model.
    """
    if options.nearness is None:
        options.nearness = NEARNESS
    if not -1 <= options.nearness <= 1:
        raise InputError(f"{options.nearness} is no cosine", where="--nearness", remedy="give -1 to 1")
    if options.model is None and options.judge == "model":
        raise InputError("there is no model", where="--judge", remedy="name one with --model")
    if options.model is not None and options.out is None:
        raise InputError(
            "a run on a model needs a folder, so that no call is paid for twice",
            where="--out",
            remedy="name one with --out",
        )


def _asked(
    place: Corpus | Benchmark, options: argparse.Namespace, embedding: Callable[[int, int], None]
) -> tuple[Simulation, list[Item], dict[str, int]]:
    """Return the simulation, and the items with what was left out of them.

    Where answers are drawn, or communities are found by votes, items are held out: neither may know them.
    """
    if isinstance(place, Benchmark):
        part = held_out(place, options)
        simulation = simulation_of(part.train, options, embedding)
        return simulation, list(islice(place.items(options.part), options.items)), {}
    if options.write or place.manifest.ballot == "agreement":
        split = held_out(place, options)
        simulation = simulation_of(split.train, options, embedding)
        built = split.items(simulation.setting.membership)
    else:
        simulation = simulation_of(place, options, embedding)
        built = build_items(place, place.given(), seed=options.seed)
    return simulation, list(built.items)[: options.items], dict(built.left_out)


def _warnings(place: Corpus | Benchmark, embedder: Embedder) -> list[str]:
    """Return what a reader must know before trusting what was embedded."""
    if isinstance(place, Benchmark) or not embedder.english:
        return []
    foreign = sorted(entry.name for entry in place.manifest.communities if not entry.english)
    return [
        f"{name}: not in English, and {embedder.name} reads English only; use --embedder {MULTILINGUAL_MODEL}"
        for name in foreign
    ]


class _Study:
    """One analysis: with what it is judged, and what it is about."""

    def __init__(
        self,
        simulation: Simulation,
        items: Sequence[Item],
        sets: Sequence[CandidateSet],
        axes: Sequence[Axis],
        left_out: Mapping[str, int],
        options: argparse.Namespace,
        *,
        drawing: Callable[[int, int], None],
        judging: Callable[[int, int], None],
    ) -> None:
        self.simulation, self.items, self.axes, self.options = simulation, items, axes, options
        self.sets, self.left_out = list(sets), dict(left_out)
        self.drawing, self.judging = drawing, judging

    def carry_out(self, out: Path | None) -> tuple[PluralismReport, list[dict[str, Any]]]:
        """Draw what is to be drawn, judge and analyse; return the report and what the model's calls took."""
        if self.simulation.minds is None:
            if self.options.write:
                stores = self.simulation.setting.stores
                self._take(
                    drawn_sets(
                        self.items,
                        stores,
                        self.simulation.embedder,
                        count=self.options.write,
                        seed=self.options.seed,
                        advance=self.drawing,
                    )
                )
            return complete(self._analysed(AnchorJudge(self.simulation.embedder))), []
        journal = _begun(out, self.simulation, self.options)
        try:
            report = complete(self._on_model(journal))
            journal.set_facts({"state": "done"})
            return report, [asdict(row) for row in journal.ledger.usage()]
        except StoppedError as stop:
            journal.set_facts({"state": "stopped", "stopped": stop.what})
            raise
        finally:
            journal.close()

    async def _on_model(self, journal: Journal) -> PluralismReport:
        simulation, minds = self.simulation, self.simulation.minds
        assert minds is not None
        cast = persona_cast(simulation.settings, minds, simulation.embedder, journal)
        model = cast.model
        assert model is not None
        judge: AxisJudge = AnchorJudge(simulation.embedder)
        if self.options.judge != "anchors":
            judge = ModelJudge(model, minds.prompts, seed=self.options.seed, advance=self.judging)
        try:
            with model.closed_by_signals():
                if self.options.write:
                    named = {name for item in self.items for name in item.votes}
                    query = Query(item="", query="")
                    rooms = simulation.rooms([(query, name) for name in sorted(named)])
                    self._take(
                        await written_sets(
                            self.items,
                            rooms,
                            model,
                            minds.prompts,
                            simulation.embedder,
                            settings=simulation.settings,
                            count=self.options.write,
                            advance=self.drawing,
                        )
                    )
                return await self._analysed(judge)
        finally:
            await model.close()

    async def _analysed(self, judge: AxisJudge) -> PluralismReport:
        return await analyse(
            self.items,
            self.sets,
            self.axes,
            judge,
            self.simulation.embedder,
            seed=self.options.seed,
            nearness=self.options.nearness,
            left_out=self.left_out,
        )

    def _take(self, drawn: tuple[list[CandidateSet], dict[str, int]]) -> None:
        self.sets += drawn[0]
        self.left_out |= drawn[1]


def _begun(out: Path | None, simulation: Simulation, options: argparse.Namespace) -> Journal:
    """Open the journal that the calls are kept in.

    Raises:
        InputError: the folder holds a run of another purpose.
    """
    journal = Journal.create(out)
    if journal.fact("state") is not None and journal.fact("purpose") != PURPOSE:
        journal.close()
        raise InputError("the folder holds another run", where=str(out), remedy="name another with --out")
    assert simulation.minds is not None
    journal.set_facts(
        {
            "purpose": PURPOSE,
            "state": "running",
            "predictor": f"pluralism analysis ({simulation.minds.reach.model})",
            "reach": asdict(simulation.minds.reach),
            "embedder": simulation.embedder.name,
            "version": version("commonbond"),
            "command": command_of(options),
        }
    )
    return journal


def print_report(place: Corpus | Benchmark, report: PluralismReport, *, seed: int) -> None:
    """Print a report as tables, each with how good the judge is."""
    screen = console()
    head(screen, place, f"{count(report.items, 'item')} · judged by the {report.judge} · seed {seed}")
    screen.print(listing([(f"judge on {each.axis}", each.told()) for each in report.accuracy]))
    screen.print()
    for title, rows, told in _tables(report):
        if rows:
            print_table(
                screen, title, COLUMNS, _rows(rows, report), told=whose(place, told), right=3, ruled=True
            )
            screen.print()
    screen.print(listing(_below(report)))


def _print_usage(usage: Sequence[Mapping[str, Any]]) -> None:
    """Print what a model's calls took, by phase."""
    for row in usage:
        tokens = f"{row['prompt_tokens']:,} and {row['completion_tokens']:,} tokens of prompts and replies"
        told = f"{count(row['calls'], 'call')}, {count(row['requests'], 'request')}, {tokens}, {money(row['cost'])}"
        console().print(listing([(f"took to {row['phase']}", told)]))


def _tables(report: PluralismReport) -> list[tuple[str, Sequence[Figure], str]]:
    judge = "; ".join(
        f"{each.axis}: judge right {each.right}/{each.n}, poles {each.sided_right}/{each.sided_n}"
        for each in report.accuracy
    )
    return [
        ("How far apart two people, and two answers, are expected to be", report.dispersion, judge),
        ("Answers over people, on the same items (1: as different as people)", report.ratios, judge),
        ("What share of people's preferences the answers cover", report.coverage, judge),
        ("Values in sets of two and more answers", report.values, judge),
        ("Differences on the same items", report.differences, judge),
    ]


def _rows(rows: Sequence[Figure], report: PluralismReport) -> list[tuple[str, ...]]:
    """Return figures as cells, those of one measure together and its name once."""
    names = {axis.name: axis.title for axis in report.axes}
    groups: dict[str, list[Figure]] = {}
    for row in rows:
        groups.setdefault(f"{row.measure}: {names[row.axis]}" if row.axis else row.measure, []).append(row)
    return [
        ("" if number else measure, *_cells(row))
        for measure, own in groups.items()
        for number, row in enumerate(own)
    ]


def _cells(row: Figure) -> tuple[str, str, str, str]:
    difference = row.probability is not None
    of = f"{row.of}, less {row.against}" if difference else row.of
    mean, low, high = (
        signed(written(value)) if difference else written(value) for value in (row.mean, row.low, row.high)
    )
    return of, mean, "" if row.low is None else f"[{low}, {high}]", f"{row.n:,}"


def _below(report: PluralismReport) -> list[tuple[str, object]]:
    sets = [("sets", f"{number:,} × {kind}") for kind, number in report.sets.items()]
    covered = (
        [(f"covered, by {name}", told) for name, told in report.definitions.items()]
        if report.coverage
        else []
    )
    failed = [
        ("warning", f"{axis}: the judge failed on {count(number, 'text')}; their items lack its figures")
        for axis, number in report.failures.items()
        if number
    ]
    gone = [("left out", f"{number:,} × {reason}") for reason, number in report.left_out.items()]
    notes = [("note", note) for note in report.notes]
    sources = [("axis", f"{axis.title}: {axis.source}") for axis in report.axes]
    return [*sets, *covered, *failed, *gone, *notes, *sources]
