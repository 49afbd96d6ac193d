"""``commonbond load``: make a benchmark of a published data set, from its files or from the Hugging Face Hub."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from personas.errors import InputError
from tui.cli.output import console, listing, print_json, print_table

if TYPE_CHECKING:
    import argparse

    from bench.benchmark import Benchmark

__all__ = ["run"]

LISTED = 20
OPTIONS = {"by": "--by", "least_voters": "--least-voters", "fields": "--field"}
"""The option that sets each parameter, as the loaders name it."""


def run(options: argparse.Namespace) -> int:
    """Make the benchmark."""
    try:
        benchmark = _loaded(options)
    except InputError as error:
        raise InputError(
            error.what, where=OPTIONS.get(error.where, error.where), remedy=error.remedy
        ) from error
    if options.json:
        print_json({"command": "load", **_told(benchmark)})
    else:
        _print(benchmark)
    return 0


def _loaded(options: argparse.Namespace) -> Benchmark:
    common = {
        "out": options.out,
        "seed": options.seed,
        "fictional": options.fictional,
        "replace": options.replace,
    }
    if options.dataset == "communitybench":
        from bench.datasets.communitybench import load_communitybench

        return load_communitybench(
            options.source, fields=_mapping(options.field), licence=options.licence, **common
        )
    from bench.datasets.community_alignment import load_community_alignment

    by = tuple(name.strip() for name in options.by.split(",") if name.strip())
    return load_community_alignment(options.source, by=by, least_voters=options.least_voters, **common)


def _mapping(given: list[str]) -> dict[str, str]:
    fields = {}
    for mapping in given:
        name, equals, path = mapping.partition("=")
        if not equals or not name or not path:
            raise InputError(f"the mapping {mapping!r}", where="--field", remedy="write it as NAME=PATH")
        fields[name] = path
    return fields


def _told(benchmark: Benchmark) -> dict[str, object]:
    communities = [
        {"community": known.community, "title": known.title, "members": known.members}
        for known in benchmark.communities.values()
    ]
    return {
        "folder": str(benchmark.folder),
        "manifest": asdict(benchmark.manifest),
        "communities": communities,
    }


def _print(benchmark: Benchmark) -> None:
    from bench.benchmark import PARTS

    screen, manifest = console(), benchmark.manifest
    invented = "FICTIONAL people and texts · " if manifest.fictional else ""
    parts = ", ".join(f"{benchmark.size(part):,} {part}" for part in PARTS)
    screen.print(f"{invented}{benchmark.folder} · {manifest.source} · licence {manifest.licence}")
    screen.print(f"items: {parts}\n")
    known = list(benchmark.communities.values())
    rows = [(one.community, one.title, "—" if one.members is None else f"{one.members:,}") for one in known]
    print_table(
        screen,
        f"Communities ({len(known):,})",
        ("community", "title", "members"),
        rows[:LISTED],
        right=1,
        named=1 / 3,
    )
    notes = [("", f"and {len(rows) - LISTED:,} more")] if len(rows) > LISTED else []
    notes += [("left out", f"{number:,} × {reason}") for reason, number in manifest.left_out.items()]
    notes += [("note", note) for note in manifest.notes]
    notes += [("next", f"commonbond bench {benchmark.folder}")]
    screen.print(listing(notes))
