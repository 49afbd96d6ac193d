"""``commonbond bench``: simulated preferences against real votes, beside the baselines and the noise ceiling."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bench.construct import hold_out
from bench.evaluate import run_benchmark
from bench.report.markdown import as_markdown
from bench.report.rows import HEADLINES, score_lines
from tui.cli.output import cell, console, print_json, progress, table
from tui.cli.parts import head, open_corpus, provenance, simulation_of

if TYPE_CHECKING:
    import argparse

    from bench.scores import ScoreCard
    from personas.corpus import Corpus

__all__ = ["print_card", "run"]


def run(options: argparse.Namespace) -> int:
    """Measure; 1 where a judgement failed or no task could be scored."""
    with open_corpus(options) as corpus, progress() as bars:
        split = hold_out(corpus, share=options.share, seed=options.seed, by=options.split)
        simulation = simulation_of(split.train, options, bars.advance("embedding"))
        out = Path(options.out) if options.out else None
        result, card = run_benchmark(
            simulation, split, out=out, limit=options.items, advance=bars.advance("judging")
        )
    if options.json:
        settings = simulation.settings.deciding()
        print_json({"command": "bench", **provenance(corpus, settings=settings, scores=card.as_data())})
    elif options.markdown:
        print(as_markdown(card, every_metric=options.all))
    else:
        print_card(corpus, card, every_metric=options.all)
    scored = any(task.rows for task in card.tasks)
    return 0 if scored and not result.failures() else 1


def print_card(corpus: Corpus, card: ScoreCard, *, every_metric: bool) -> None:
    """Print a score card as tables, one a task and metric."""
    screen = console()
    head(screen, corpus, f"simulated by the {card.predictor}")
    for task in card.tasks:
        if every_metric or task.metric in HEADLINES or not task.rows:
            columns = ("predictor", "", "mean", "95 % interval", "simulation ahead by", "n")
            arrow = {"higher": "higher is better", "lower": "lower is better"}[task.better]
            screen.print(table(f"{task.task}: {task.metric} ({arrow})", columns, score_lines(task), right=4))
            screen.print(f"  {cell(task.note)}\n" if task.note else "")
    for note in card.notes:
        screen.print(f"note: {cell(note)}")
