"""``commonbond simulate``: let the personas judge the corpus's held-out items."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.construct import hold_out
from bench.report.rows import written
from personas.errors import InputError
from tui.cli.output import cell, console, print_json, progress, table, tell
from tui.cli.parts import head, open_corpus, provenance, simulation_of

if TYPE_CHECKING:
    import argparse

    from simulator.simulation import Run

__all__ = ["run"]

SHOWN = 12


def run(options: argparse.Namespace) -> int:
    """Simulate; 1 where a judgement failed or a whole panel abstained."""
    with open_corpus(options) as corpus, progress() as bars:
        split = hold_out(corpus, share=options.share, seed=options.seed, by=options.split)
        simulation = simulation_of(split.train, options, bars.advance("embedding"))
        built = split.items(simulation.setting.membership)
        items = built.items[: options.items]
        if not items:
            raise InputError(
                "no held-out item has real votes on two options or more",
                where=options.corpus,
                remedy="bring scored replies or votes, hold out more with --share, or use `commonbond ask`",
            )
        result = simulation.run(items, out=Path(options.out), advance=bars.advance("judging"))
    silent = [name for name, preference in result.preferences().items() if not preference.ballots]
    found = {
        "predictor": result.predictor,
        "settings": simulation.settings.deciding(),
        "run": options.out,
        "split": {"by": split.by, "notes": list(split.notes), "left_out": built.left_out},
        "results": _results(result),
        "warnings": list(simulation.setting.warnings),
    }
    if options.json:
        print_json({"command": "simulate", **provenance(corpus, **found)})
    else:
        screen = console()
        head(screen, corpus, f"simulated by the {result.predictor}")
        _print(found)
    return 1 if silent or result.failures() else 0


def _results(run: Run) -> list[dict[str, Any]]:
    items = {item.item: item for item in run.journal.items()}
    rows = []
    for name, community, result in run.journal.results():
        item = items.get(name)
        votes = item.votes.get(community) if item else None
        rows.append(
            {
                "item": name,
                "community": community,
                "query": item.query if item else "",
                "options": [option.post or option.text for option in item.options] if item else [],
                "simulated": result.get("preference"),
                "real": asdict(votes) if votes else None,
                "errors": result["errors"],
            }
        )
    return rows


def _print(found: dict[str, Any]) -> None:
    screen = console()
    rows = [
        (
            row["query"],
            row["community"],
            " ".join(written(share, 2) for share in row["simulated"]["shares"]),
            " ".join(written(share, 2) for share in row["real"]["shares"]) if row["real"] else "—",
        )
        for row in found["results"][:SHOWN]
        if row["simulated"]
    ]
    total = len(found["results"])
    title = f"{total:,} judgements kept in {found['run']}; the first {len(rows)}:"
    screen.print(table(title, ("query", "community", "simulated shares", "real shares"), rows, right=2))
    for note in found["split"]["notes"]:
        screen.print(f"note: {cell(note)}")
    for reason, number in found["split"]["left_out"].items():
        screen.print(f"left out: {number:,} × {reason}")
    for warning in found["warnings"]:
        tell(f"warning: {warning}")
    screen.print("how true it is: commonbond bench; to look at it: commonbond")
