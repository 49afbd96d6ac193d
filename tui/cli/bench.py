"""``commonbond bench``: simulated preferences against real votes, beside the baselines and the noise ceiling."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.controls import controls_named
from bench.evaluate import run_benchmark
from bench.report.reading import facts_of
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
from tui.cli.spending import conduct, estimated, live, print_conduct, refuse_unkept
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
        if failures:
            console().print(f"in {count(failures, 'judgement')} something failed: those ballots are missing")
    return 0 if any(task.rows for task in card.tasks) and not failures else 1
