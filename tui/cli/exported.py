"""What ``generate`` and ``export`` tell of the data that they wrote."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.benchmark import Benchmark
from bench.report.rows import written
from personas.errors import InputError
from simulator.export.alike import asked_text
from tui.cli.output import console, listing, print_table, tell
from tui.plaintext import count, one_line

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Sequence

    from simulator.export.export import Export
    from simulator.export.manifest import Manifest

__all__ = [
    "as_data",
    "excluded_texts",
    "keeping_the_run",
    "notes_of",
    "print_export",
    "pushed",
    "refuse_unpushed",
]

KEPT = (
    "community",
    "judged",
    "ties",
    "kept",
    "of them disputed",
    "chosen longer, judged",
    "chosen longer, kept",
)


def excluded_texts(folders: Sequence[str]) -> Iterator[str]:
    """Yield what benchmarks ask in their test parts.

    Raises:
        InputError: a folder holds no benchmark.
    """
    for folder in folders:
        for item in Benchmark.open(folder).items("test"):
            yield item.query
            if item.turns:
                yield asked_text(item)


def notes_of(folders: Sequence[str]) -> list[str]:
    """Return what the data must say of the benchmarks whose prompts were left out."""
    told = []
    for folder in folders:
        manifest = Benchmark.open(folder).manifest
        named = one_line(manifest.title or Path(folder).name)
        told.append(f"no prompt repeats the test part of the benchmark {named} ({manifest.content[:12]})")
    return told


@contextmanager
def keeping_the_run(out: Path) -> Iterator[None]:
    """Add to whatever keeps the data from being written that the run is there, and how to go on with it.

    Raises:
        InputError: as it was raised, with that.
    """
    try:
        yield
    except InputError as error:
        again = f"the ballots are kept: choose anew, at no cost, with `commonbond export {out} --out {out} …`"
        remedy = f"{error.remedy}; {again}" if error.remedy else again
        raise InputError(error.what, where=error.where, remedy=remedy) from error


def refuse_unpushed(options: argparse.Namespace) -> None:
    """Refuse to make public what is put nowhere.

    Raises:
        InputError: it is asked for.
    """
    if options.public and options.push_to is None:
        raise InputError("nothing is put on the Hub", where="--public", remedy="say where with --push-to")


def pushed(options: argparse.Namespace, export: Export) -> str | None:
    """Put the data on the Hub where that is asked for; return where it is.

    Raises:
        InputError: the Hub cannot be reached, or refuses.
    """
    if options.push_to is None:
        return None
    from simulator.export.hub import push_to_hub

    return push_to_hub(export.folder, options.push_to, private=not options.public)


def as_data(export: Export) -> dict[str, Any]:
    """Return an export as plain data."""
    return {"out": str(export.folder), "manifest": asdict(export.manifest)}


def print_export(export: Export, *, address: str | None = None) -> None:
    """Print what was kept of each community and why not the rest, the biases that were measured, and what is next."""
    manifest, screen = export.manifest, console()
    invented = "FICTIONAL · " if manifest.corpus["fictional"] else ""
    told = f"{invented}{one_line(manifest.corpus['title'])} · {manifest.run['predictor']} · synthetic"
    splits = ", ".join(f"{rows:,} {split}" for split, rows in manifest.counts["preference"].items())
    title = f"{count(export.pairs, 'pair')} in {export.folder} ({splits})"
    print_table(screen, title, KEPT, list(_rows(manifest)), told=told, right=6)
    screen.print(listing([*_facts(manifest), *_next(export, address)]))
    for note in manifest.notes:
        tell(f"note: {note}")


def _rows(manifest: Manifest) -> Iterator[tuple[str, ...]]:
    biases, tallies = manifest.biases, manifest.decided["pairs"]
    names = list(dict.fromkeys(tally["community"] for tally in tallies))
    for name in names:
        own = [tally for tally in tallies if tally["community"] == name]
        before = biases["before_by_community"].get(name)
        after = biases["after_by_community"].get(name)
        yield name, *_counts(own), _longer(before), _longer(after)
    if len(names) > 1:
        yield "all", *_counts(tallies), _longer(biases["before"]), _longer(biases["after"])


def _counts(tallies: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    tallies = list(tallies)
    names = ("judged", "ties", "kept", "disputed_kept")
    return tuple(f"{sum(tally[name] for tally in tallies):,}" for name in names)


def _longer(found: dict[str, Any] | None) -> str:
    if found is None or found["longer"]["share"] is None:
        return "—"
    share, low, high = (written(found["longer"][name], 2) for name in ("share", "low", "high"))
    return f"{share} [{low}, {high}]"


def _facts(manifest: Manifest) -> Iterator[tuple[str, object]]:
    selection, judged = manifest.selection, manifest.judged
    sure = (
        ""
        if selection.min_probability is None
        else f"order probable to {selection.min_probability:g} or more"
    )
    known = any(tally["dropped"].get("min_probability") for tally in manifest.decided["pairs"])
    sure += ", where that is known; " if sure and not known else "; " if sure else ""
    yield "kept", f"{sure}margin {selection.min_margin:g} or more; ties: {selection.ties}"
    told = (
        f"{count(judged['ballots'], 'ballot')} on {count(judged['sets'], 'candidate set')} for "
        f"{count(judged['prompts'], 'prompt')}"
    )
    yield "rests on", f"{told}; {judged['abstentions']:,} abstained, {judged['failures']:,} failed"
    for split, rows in manifest.counts["unpaired"].items():
        yield "unpaired", f"{rows:,} labelled completions, {split}"
    if manifest.diversity:
        found = manifest.diversity
        yield (
            "diversity",
            f"{found['sampling']} sets: mean similarity {written(found['similarity'], 3)}, Vendi score "
            f"{found['vendi']:.2f} of {found['responses']:.2f}",
        )
    for reason, number in manifest.left_out.items():
        yield "left out", f"{number:,} × {reason}"


def _next(export: Export, address: str | None) -> Iterator[tuple[str, object]]:
    folder = Path(export.folder)
    if address:
        yield "on the Hub", address
    yield (
        "next",
        f'load_dataset("{folder}", "preference")  # or "unpaired", "full"; the card: {folder / "README.md"}',
    )
    yield "", f"where a row comes from: commonbond explain {folder} preference/train/0"
