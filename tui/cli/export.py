"""``commonbond export``: the training pairs of a run that is there already, at no cost."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from simulator.export.export import export_run
from simulator.run import Run
from tui.cli.exported import as_data, excluded_texts, notes_of, print_export, pushed, refuse_unpushed
from tui.cli.generate_arguments import selection_of, shape_of
from tui.cli.output import print_json, progress
from tui.cli.parts import run_in

if TYPE_CHECKING:
    import argparse

__all__ = ["run"]


def run(options: argparse.Namespace) -> int:
    """Write the data."""
    refuse_unpushed(options)
    folder = run_in(Path(options.run))
    run = Run.open(folder)
    with run.journal, progress() as bars:
        export = export_run(
            run,
            options.out,
            selection=selection_of(options, seed=run.journal.fact("settings")["seed"]),
            shape=shape_of(options),
            exclude=excluded_texts(options.exclude),
            language=options.language,
            notes=notes_of(options.exclude),
            partial=options.partial,
            replace=options.replace,
            advance=bars.advance("writing"),
        )
    address = pushed(options, export)
    if options.json:
        print_json({"command": "export", "run": str(folder), **as_data(export), "hub": address})
    else:
        print_export(export, address=address)
    return 0
