"""``commonbond runs``: the runs in some folders, with their state, progress and cost."""

from __future__ import annotations

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tui.cli.output import console, listing, print_json, print_table
from tui.plaintext import one_line
from tui.reading.shelf import find_folders, read_shelf
from tui.spent import money

if TYPE_CHECKING:
    import argparse

__all__ = ["run"]

OURS = {"asked", "made_of", "of"}
"""What only the interface needs."""
COLUMNS = ("run", "state", "judged", "calls", "tokens", "cost", "last written")


def run(options: argparse.Namespace) -> int:
    """List the runs, the newest first; 1 where one of them is damaged."""
    found = [
        {name: value for name, value in asdict(entry).items() if name not in OURS}
        | {"folder": str(entry.folder)}
        for entry in read_shelf(find_folders([Path(folder) for folder in options.folders])).runs
    ]
    if options.json:
        print_json({"command": "runs", "runs": found})
    elif not found:
        console().print("there is no run here; name a folder that holds some")
    else:
        print_table(console(), "runs", COLUMNS, [_cells(entry) for entry in found], right=5)
        told = [(entry["folder"], entry["problem"] or entry["predictor"]) for entry in found]
        console().print(listing([(name, one_line(text)) for name, text in told]))
    return 1 if any(entry["problem"] for entry in found) else 0


def _cells(entry: dict[str, Any]) -> tuple[str, ...]:
    if entry["problem"]:
        return (entry["folder"], "damaged", "", "", "", "", "")
    written = time.strftime("%Y-%m-%d %H:%M", time.localtime(entry["written"]))
    return (
        entry["folder"],
        entry["state"],
        f"{entry['done']:,} of {entry['total']:,}",
        f"{entry['calls']:,}",
        f"{entry['tokens']:,}",
        money(entry["cost"]) if entry["calls"] else "",
        written,
    )
