"""``commonbond simulate``: let the personas judge the corpus's held-out items."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bench.report.rows import written
from tui.cli.output import console, listing, print_json, print_table, progress, tell
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
from tui.plaintext import count, one_line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from bench.benchmark import Benchmark
    from personas.corpus import Corpus
    from simulator.run import Run

__all__ = ["judgements", "print_judgements", "run"]

SHOWN = 6
LONGEST_CELL = 60


def run(options: argparse.Namespace) -> int:
    """Simulate; 1 where a judgement failed or a whole panel abstained."""
    out = run_folder(options.out)
    refuse_unkept(options)
    with open_place(options) as corpus, progress() as bars:
        split = held_out(corpus, options)
        simulation = simulation_of(split.train, options, bars.advance("embedding"))
        built = split.items(simulation.setting.membership)
        items = built.items[: options.items]
        if estimated(corpus, simulation, items, options):
            return 0
        result = simulation.run(
            items, out=out, advance=bars.advance("judging", live(out)), command=command_of(options)
        )
        found = provenance(
            corpus,
            simulation,
            predictor=result.predictor,
            run=options.out,
            split={"by": split.by, "notes": list(split.notes), "left_out": built.left_out},
            results=judgements(result),
            **conduct(result),
            warnings=list(simulation.setting.warnings),
        )
    if options.json:
        print_json({"command": "simulate", **found})
    else:
        _print(corpus, found)
    return 1 if any(_fell_short(row) for row in found["results"]) else 0


def _fell_short(row: dict[str, Any]) -> bool:
    return bool(row["errors"] or row["failed"]) or not row["simulated"] or not row["simulated"]["ballots"]


def judgements(run: Run) -> list[dict[str, Any]]:
    """Return what each community said of each item, simulated and real, as plain data in the run's order."""
    items = {item.item: item for item in run.journal.items()}
    rows = []
    for name, community, result in run.journal.results():
        item = items[name]
        votes = item.votes.get(community)
        rows.append(
            {
                "item": name,
                "community": community,
                "query": item.query,
                "options": [{"text": option.text, "post": option.post} for option in item.options],
                "simulated": result.get("preference"),
                "real": asdict(votes) if votes else None,
                "failed": result.get("failed", {}),
                "errors": result["errors"],
            }
        )
    return rows


def _print(corpus: Corpus | Benchmark, found: dict[str, Any]) -> None:
    screen, results = console(), found["results"]
    head(screen, corpus, f"simulated by the {found['predictor']}")
    print_judgements(corpus, results, predictor=found["predictor"], folder=found["run"])
    print_conduct(found)
    failed = sum(_fell_short(row) for row in results)
    notes = [("note", note) for note in found["split"]["notes"]]
    notes += [("left out", f"{number:,} × {reason}") for reason, number in found["split"]["left_out"].items()]
    notes += [("fell short", count(failed, "judgement"))] if failed else []
    notes += [("next", f"every item, its ballots and norms: commonbond --open {found['run']}")]
    notes += [("", f"how true it is, beside the baselines: commonbond bench {corpus.folder}")]
    screen.print(listing(notes))
    for warning in found["warnings"]:
        tell(f"warning: {warning}")


def print_judgements(
    corpus: Corpus | Benchmark, results: Sequence[dict[str, Any]], *, predictor: str, folder: object
) -> None:
    """Print the first of a run's judgements, simulated beside real."""
    screen = console()
    judged = [row for row in results if row["simulated"]]
    title = f"{count(len(results), 'judgement')} kept in {folder}; the first {min(SHOWN, len(judged))}"
    columns = ("item, community", "option", "simulated [95 %]", "real share")
    rows = [cells for row in judged[:SHOWN] for cells in _cells(row)]
    print_table(screen, title, columns, rows, told=whose(corpus, predictor), right=2, ruled=True)
    screen.print()


def _cells(row: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    simulated, real = row["simulated"], row["real"]
    asked = f"{one_line(row['query'], limit=LONGEST_CELL)} · {row['community']}"
    return [
        (
            "" if number else asked,
            one_line(option["text"], limit=LONGEST_CELL),
            f"{written(share, 2)} [{written(simulated['low'][number], 2)}, {written(simulated['high'][number], 2)}]",
            f"{written(real['shares'][number], 2)} ({_basis(real)})" if real else "—",
        )
        for number, (option, share) in enumerate(zip(row["options"], simulated["shares"], strict=True))
    ]


def _basis(real: dict[str, Any]) -> str:
    return "by rank" if real["voters"] is None else f"{real['voters']:,} votes"
