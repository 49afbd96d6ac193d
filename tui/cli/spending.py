"""What a run on a language model will take, takes and took: the estimate, the live figures and the breakdown."""

from __future__ import annotations

import time
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from bench.controls import planned
from personas.errors import InputError
from simulator.journal import JOURNAL, Journal
from tui.cli.output import console, listing, print_json, print_table, tell
from tui.cli.parts import head, provenance
from tui.plaintext import count
from tui.spent import money, total_cost

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Collection, Mapping, Sequence
    from pathlib import Path

    from bench.benchmark import Benchmark
    from bench.controls import Control
    from bench.tasks.writing import Writing
    from personas.corpus import Corpus
    from simulator.estimate import Estimate
    from simulator.item import Item, Query
    from simulator.run import Run
    from simulator.simulation import Simulation

__all__ = ["conduct", "estimated", "live", "print_beside", "print_conduct", "refuse_unkept"]

COLUMNS = ("phase", "calls", "requests", "failed", "prompt tokens", "of them cached", "reply tokens", "cost")
EVERY = 1.0
"""Seconds between two looks at what a run has used up."""


def refuse_unkept(options: argparse.Namespace) -> None:
    """Refuse a run on a model that has nowhere to keep its calls.

    Raises:
        InputError: there is a model and no folder.
    """
    if options.model is not None and options.out is None and not options.dry_run:
        raise InputError(
            "a run on a model needs a folder, so that no call is paid for twice",
            where="--out",
            remedy="name one with --out, or see what the run would take with --dry-run",
        )


def estimated(
    corpus: Corpus | Benchmark,
    simulation: Simulation,
    items: Collection[Item | Query],
    options: argparse.Namespace,
    *,
    communities: Sequence[str] | None = None,
    controls: Sequence[Control] = (),
    writing: Writing | None = None,
) -> bool:
    """Tell what a run on a model would take, its controls and what is written beside as well.

    Returns whether that was all that was asked for.
    """
    if simulation.minds is None:
        return False
    found = simulation.estimate(items, communities=communities)
    beside = {
        control: asked.estimate(items, as_if=others)
        for control, asked, others in planned(simulation, controls)
    }
    written = writing.estimate() if writing else None
    parts = {f"the control {control}": each for control, each in beside.items()}
    if written:
        parts["the answers to write"] = written
    if not options.dry_run:
        tell(_in_a_line("estimate", found))
        for name, each in parts.items():
            tell(_in_a_line(f"and {name}", each))
    elif options.json:
        print_json(
            {
                "command": "estimate",
                **provenance(corpus, simulation, predictor=simulation.predictor),
                "estimate": found.as_data(),
                "controls": {control: each.as_data() for control, each in beside.items()},
                **({"generation": written.as_data()} if written else {}),
                "warnings": list(simulation.setting.warnings),
            }
        )
    else:
        head(console(), corpus, f"what {simulation.predictor} would take; no call was made")
        columns = ("phase", "calls", "prompt tokens", "reply tokens", "cost")
        print_table(console(), "estimate", columns, found.rows(), right=4)
        for name, each in parts.items():
            print_table(console(), name, columns, each.rows(), right=4)
        console().print(listing([("note", note) for note in found.notes]))
    return bool(options.dry_run)


def _in_a_line(what: str, found: Estimate) -> str:
    told = dict(
        zip(("what", "calls", "prompt tokens", "reply tokens", "cost"), found.rows()[-1], strict=True)
    )
    parts = (f"{value} {name}" for name, value in told.items() if name not in {"what", "cost"})
    return f"{what}: {', '.join(parts)}, cost {told['cost']}"


def live(folder: Path | None) -> Callable[[], str]:
    """Return a function that says what the run in a folder has used up by now, from its journal."""
    told, looked = "", 0.0

    def look() -> str:
        nonlocal told, looked
        if folder is None or time.monotonic() - looked < EVERY or not (folder / JOURNAL).is_file():
            return told
        looked = time.monotonic()
        with Journal.read(folder) as journal:
            rows = journal.ledger.usage()
        if rows:
            calls, tokens = sum(row.calls for row in rows), sum(row.tokens for row in rows)
            told = f"{rows[-1].phase} · {calls:,} calls · {tokens:,} tokens · {money(total_cost(rows))}"
        return told

    return look


def conduct(run: Run) -> dict[str, Any]:
    """Return how a run came about, as plain data: what its calls took, and how far its ballots can be trusted."""
    return {
        "usage": [asdict(row) for row in run.usage()],
        "engine": run.journal.fact("engine"),
        "reliability": run.reliability().as_data(),
    }


def print_conduct(found: dict[str, Any]) -> None:
    """Print what a run on a model took, by phase and model, and how far its ballots can be trusted."""
    if not found["usage"]:
        return
    screen, rows = console(), found["usage"]
    print_table(screen, "what it took", COLUMNS, [_cells(row) for row in (*rows, _total(rows))], right=7)
    screen.print(listing([*_trust(found["reliability"]), *_settled(found["engine"]), *_problems(rows)]))
    screen.print()


def print_beside(usage: Sequence[Mapping[str, Any]]) -> None:
    """Print what the controls of a run took, and what was written beside it, each in a line, and all in one."""
    by_control: dict[str, list[Mapping[str, Any]]] = {}
    for row in usage:
        if name := row.get("control"):
            by_control.setdefault(name, []).append(row)
    if not by_control:
        return
    rows = [{**_total(group), "phase": _briefly(name)} for name, group in by_control.items()]
    heads = ("beside the run", *COLUMNS[1:])
    everything = {**_total(usage), "phase": "all, with the run"}
    print_table(
        console(), "what stands beside it took", heads, [_cells(row) for row in (*rows, everything)], right=7
    )


def _briefly(name: str) -> str:
    """Return a control's name without what it is a control of."""
    what, colon, _ = name.partition(":")
    return what if colon or "(" not in name else "direct"


def _cells(row: dict[str, Any]) -> tuple[str, ...]:
    figures = (
        row[name]
        for name in ("calls", "requests", "failures", "prompt_tokens", "cached_tokens", "completion_tokens")
    )
    return (row["phase"], *(f"{figure:,}" for figure in figures), money(row["cost"]))


def _total(rows: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    names = ("calls", "requests", "failures", "prompt_tokens", "cached_tokens", "completion_tokens")
    costs = [row["cost"] for row in rows]
    total = {name: sum(row[name] for row in rows) for name in names}
    return {**total, "phase": "all", "cost": None if None in costs else sum(costs)}


def _trust(known: dict[str, Any]) -> list[tuple[str, object]]:
    failed = sum(known["failures"].values())
    kinds = ", ".join(f"{number:,} {kind}" for kind, number in known["failures"].items())
    told = [
        (
            "ballots",
            f"{known['ballots']:,} answered, {known['abstentions']:,} abstained, {failed:,} failed"
            + (f" ({kinds})" if kinds else ""),
        )
    ]
    for size, bias in known["position_bias"].items():
        parts = ", ".join(f"{part:+.3f}" for part in bias)
        told.append(
            ("position", f"of {size} options, chosen more often than explained, first to last: {parts}")
        )
    if known["flip_rate"] is not None:
        asked = count(known["asked_again"], "persona")
        told.append(
            ("flips", f"{known['flip_rate']:.1%} of {asked} asked again in reverse order chose otherwise")
        )
    return [*told, ("moved", f"{count(known['moved'], 'ballot')} in discussion")]


def _settled(engine: dict[str, Any] | None) -> list[tuple[str, object]]:
    if not engine or "settled" not in engine:
        return []
    return [
        (
            "at once",
            f"settled on {engine['settled']:,} requests in flight; {engine['rate_limited']:,} answered 429",
        )
    ]


def _problems(rows: Sequence[dict[str, Any]]) -> list[tuple[str, object]]:
    totals: dict[str, int] = {}
    for row in rows:
        for problem, number in row["problems"].items():
            totals[problem] = totals.get(problem, 0) + number
    guessed = sum(row["estimated"] for row in rows)
    told = [("problem", f"{problem}: {number:,} requests") for problem, number in sorted(totals.items())]
    return [
        *told,
        *([("usage", f"of {count(guessed, 'call')} estimated: the server told none")] if guessed else []),
    ]
