"""``commonbond bench``: simulated preferences against real votes, beside the baselines and the noise ceiling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.controls import controls_named
from bench.evaluate import run_benchmark
from bench.report.markdown import as_markdown
from bench.report.rows import HEADLINES, written
from tui.cli.output import console, listing, print_json, print_table, progress, signed
from tui.cli.own_predictor import predictor_named
from tui.cli.parts import (
    command_of,
    head,
    held_out,
    open_place,
    provenance,
    run_folder,
    simulation_of,
    whose,
)
from tui.cli.spending import conduct, estimated, live, print_conduct, refuse_unkept
from tui.plaintext import count, one_line, shown

if TYPE_CHECKING:
    import argparse

    from bench.benchmark import Benchmark
    from bench.scores import ScoreCard, ScoreRow, TaskScore
    from personas.corpus import Corpus

__all__ = ["print_card", "run"]

COLUMNS = ("predictor", "mean", "95 % interval", "simulation ahead by")


def run(options: argparse.Namespace) -> int:
    """Measure; 1 where a judgement failed or no task could be scored."""
    out = run_folder(options.out)
    refuse_unkept(options)
    own = [predictor_named(name) for name in options.predictor]
    controls = controls_named(options.controls, model=options.model is not None)
    with open_place(options) as corpus, progress() as bars:
        split = held_out(corpus, options)
        simulation = simulation_of(split.train, options, bars.advance("embedding"))
        items = split.items(simulation.setting.membership).items[: options.items]
        if estimated(corpus, simulation, items, options, controls=controls):
            return 0
        result, card = run_benchmark(
            simulation,
            split,
            out=out,
            limit=options.items,
            predictors=own,
            controls=controls,
            advance=bars.advance("judging", live(out)),
            command=command_of(options),
        )
        failures = len(result.failures())
        found = provenance(
            corpus,
            simulation,
            predictor=result.predictor,
            run=options.out,
            split={"by": split.by, "notes": list(split.notes)},
            scores=card.as_data(),
            failures=failures,
            **conduct(result),
            warnings=list(simulation.setting.warnings),
        )
    if options.json:
        print_json({"command": "bench", **found})
    elif options.markdown:
        _print_markdown(corpus, card, every_metric=options.all)
    else:
        print_card(corpus, card, every_metric=options.all)
        print_conduct(found)
        if failures:
            console().print(f"in {count(failures, 'judgement')} something failed: those ballots are missing")
    return 0 if any(task.rows for task in card.tasks) and not failures else 1


def print_card(corpus: Corpus | Benchmark, card: ScoreCard, *, every_metric: bool) -> None:
    """Print a score card as tables, one a task and metric; metrics beside the headlines on request."""
    screen = console()
    head(screen, corpus, f"simulated by the {card.predictor}")
    for task in card.tasks:
        if every_metric or task.metric in HEADLINES or not task.rows:
            _print_task(corpus, card, task)
    screen.print(listing([_labelled(note) for note in card.notes]))


def _print_task(corpus: Corpus | Benchmark, card: ScoreCard, task: TaskScore) -> None:
    screen = console()
    arrow = {"higher": "higher is better", "lower": "lower is better", "one": "1 is as in reality"}[
        task.better
    ]
    title = f"{task.task}: {task.metric} ({arrow})"
    if task.rows:
        n, communities = (max(getattr(row, name) for row in task.rows) for name in ("n", "communities"))
        counted = f"{count(n, 'judgement')} in {count(communities, 'community', 'communities')}"
        told = whose(corpus, f"{card.predictor} · {counted}")
        rows = [_cells(row) for row in task.rows]
        print_table(screen, title, COLUMNS, rows, told=told, right=3)
    else:
        screen.print(one_line(title), style="bold")
    screen.print(listing([("note", task.note)] if task.note else []))
    screen.print()


def _cells(row: ScoreRow) -> tuple[str, str, str, str]:
    note = f" ({row.note})" if row.note else ""
    between = "" if row.low is None else f"[{written(row.low)}, {written(row.high)}]"
    return f"{row.role}: {row.predictor}{note}", written(row.mean), between, _ahead(row)


def _ahead(row: ScoreRow) -> str:
    if not row.ahead or row.ahead["mean"] is None:
        return ""
    low, high = (signed(written(row.ahead[bound])) for bound in ("low", "high"))
    bounds = "" if row.ahead["low"] is None else f" [{low}, {high}]"
    return signed(written(row.ahead["mean"])) + bounds


def _print_markdown(corpus: Corpus | Benchmark, card: ScoreCard, *, every_metric: bool) -> None:
    licence = one_line(corpus.manifest.licence)
    told = whose(corpus, f"{corpus.manifest.source} · licence {licence} · simulated by the {card.predictor}")
    print(f"{told}\n")
    for line in as_markdown(card, every_metric=every_metric).splitlines():
        print(shown(line))


def _labelled(note: str) -> tuple[str, str]:
    label, colon, text = note.partition(": ")
    return (label, text) if colon and label in {"warning", "left out"} else ("note", note)
