"""``commonbond score``: one's own predictors and every baseline on a benchmark, without any simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.benchmark import Benchmark
from bench.evaluate import evaluate
from tui.cli.cards import check_reports, print_card, print_markdown, write_card
from tui.cli.output import print_json
from tui.cli.own_predictor import predictor_named
from tui.cli.parts import provenance

if TYPE_CHECKING:
    import argparse

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Score; what cannot be scored at all is refused."""
    check_reports(options.report)
    own = [predictor_named(name) for name in options.predictor]
    benchmark = Benchmark.open(options.corpus)
    card = evaluate(benchmark, own, part=options.part, seed=options.seed, limit=options.items)
    write_card(card, options.report)
    if options.json:
        told = {"part": options.part, "seed": options.seed, "scores": card.as_data()}
        print_json({"command": "score", **provenance(benchmark, **told)})
    elif options.markdown:
        print_markdown(card, every_metric=options.all)
    else:
        print_card(benchmark, card, every_metric=options.all)
    return 0
