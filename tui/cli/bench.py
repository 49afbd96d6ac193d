"""``commonbond bench``: simulated preferences against real votes, beside the baselines and the noise ceiling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.controls import controls_named
from bench.evaluate import run_benchmark
from bench.report.reading import facts_of
from bench.tasks.writing import WRITE_PROMPTS, Writing
from personas.errors import InputError
from tui.cli.cards import check_reports, print_card, print_markdown, write_card
from tui.cli.output import console, print_json, progress
from tui.cli.own_predictor import predictor_named
from tui.cli.parts import (
    command_of,
    held_out,
    open_place,
    provenance,
    run_folder,
    simulation_of,
)
from tui.cli.spending import conduct, estimated, live, print_beside, print_conduct, refuse_unkept
from tui.plaintext import count

if TYPE_CHECKING:
    import argparse


__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Measure; 1 where a judgement failed or no task could be scored."""
    out = run_folder(options.out)
    refuse_unkept(options)
    check_reports(options.report)
    own = [predictor_named(name) for name in options.predictor]
    controls = controls_named(options.controls, model=options.model is not None)
    queries = _queries(options)
    with open_place(options) as corpus, progress() as bars:
        split = held_out(corpus, options)
        simulation = simulation_of(split.train, options, bars.advance("embedding"))
        items = split.items(simulation.setting.membership).items[: options.items]
        writing = Writing.of(simulation, items, most=queries) if options.tasks == "all" else None
        if estimated(corpus, simulation, items, options, controls=controls, writing=writing):
            return 0
        result, card = run_benchmark(
            simulation,
            split,
            out=out,
            limit=options.items,
            predictors=own,
            controls=controls,
            tasks=options.tasks,
            write_prompts=queries,
            advance=bars.advance("judging", live(out)),
            command=command_of(options),
        )
        write_card(card, options.report, facts=facts_of(result))
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
        print_markdown(card, every_metric=options.all)
    else:
        print_card(corpus, card, every_metric=options.all)
        print_conduct(found)
        print_beside(card.usage)
        if failures:
            console().print(f"in {count(failures, 'judgement')} something failed: those ballots are missing")
    return 0 if any(task.rows for task in card.tasks) and not failures else 1


def _queries(options: argparse.Namespace) -> int:
    """Return how many queries each community answers; refuse to be told where nobody writes."""
    if options.write_prompts is None:
        return WRITE_PROMPTS
    if options.model is None or options.tasks != "all":
        why = "without a model" if options.model is None else "with --tasks preference"
        raise InputError(f"nothing is written {why}", where="--write-prompts", remedy="leave it out")
    return int(options.write_prompts)
