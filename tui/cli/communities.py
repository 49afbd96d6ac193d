"""``commonbond communities``: who belongs together, by what, and what is known of them."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from bench.report.rows import written
from personas.errors import InputError
from tui.cli.output import cell, console, print_json, progress, table, tell
from tui.cli.parts import head, open_corpus, provenance, simulation_of

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from personas.corpus import Corpus
    from simulator.simulation import Simulation

__all__ = ["describe_all", "run", "write_beside"]


def run(options: argparse.Namespace) -> int:
    """Map the communities, keep what was found beside the corpus's tables, and print it."""
    with open_corpus(options) as corpus, progress() as bars:
        simulation = simulation_of(corpus, options, bars.advance("embedding"))
        found = describe_all(corpus, simulation)
        write_beside(corpus.folder, found)
    if options.json:
        print_json({"command": "communities", **found})
    else:
        print_communities(corpus, found)
    return 0


def describe_all(corpus: Corpus, simulation: Simulation) -> dict[str, Any]:
    """Return all that is known of the communities of a corpus, as plain data."""
    setting = simulation.setting
    return provenance(
        corpus,
        settings=simulation.settings.deciding(),
        embedder=simulation.embedder.name,
        origin=setting.membership.origin,
        method=setting.membership.method,
        graph={
            "members": len(setting.graph.members),
            "identity_ties": int(setting.graph.identity.nnz // 2),
            "bond_ties": int(setting.graph.bond.nnz),
            "notes": dict(setting.graph.notes),
        },
        groups=[
            {"name": group.name, "within": group.within, "members": len(group.members)}
            for group in setting.groups.communities
        ],
        communities={name: simulation.describe(name) for name in setting.membership.names},
        warnings=list(setting.warnings),
    )


def write_beside(folder: Path, found: dict[str, Any]) -> None:
    """Keep what was found as ``communities.json`` in the corpus, whole or not at all; the interface reads it."""
    path, part = folder / "communities.json", folder / ".communities.json.part"
    try:
        part.write_text(json.dumps(found, ensure_ascii=False, sort_keys=True, default=str), encoding="utf-8")
        os.replace(part, path)  # noqa: PTH105  Path.replace says the same in more words
    except OSError as error:
        raise InputError(
            f"what was found cannot be kept: {error.strerror}",
            where=str(path),
            remedy="make the folder writable",
        ) from error


def print_communities(corpus: Corpus, found: dict[str, Any]) -> None:
    """Print the communities with their two scores, then each one's profile and strongest norms."""
    screen = console()
    graph = found["graph"]
    head(
        screen,
        corpus,
        f"{graph['members']:,} members, {graph['identity_ties']:,} identity ties, {graph['bond_ties']:,} bond ties",
    )
    rows = [
        (
            name,
            c["title"],
            f"{c['members']:,}",
            f"{c['norms']:,}",
            *(_score(c, part) for part in ("identity", "bond")),
        )
        for name, c in found["communities"].items()
    ]
    method = f" ({found['method']})" if found["method"] else ""
    columns = ("community", "title", "members", "norms", "identity", "bond")
    screen.print(table(f"Communities, {found['origin']}{method}", columns, rows, right=4))
    for name, known in found["communities"].items():
        screen.print(f"\n{cell(name)}", style="bold")
        for part in ("identity", "bond"):
            for sentence in known["profile"][part]:
                posts = ", ".join(sentence["posts"])
                screen.print(f"  {part:8} · {sentence['facet']}: {cell(sentence['text'])}  [{cell(posts)}]")
        for norm in known["strongest"][:3]:
            voted = f"{written(norm['endorsement'], 2)} of {norm['support']} ({norm['basis']})"
            screen.print(f"  norm     · {voted}: {cell(norm['title'] or norm['text'])}")
        for note in (*known["cohesion"]["notes"], *known["notices"]):
            screen.print(f"  note     · {cell(note)}")
    for warning in found["warnings"]:
        tell(f"warning: {warning}")


def _score(known: dict[str, Any], part: str) -> str:
    return written(known["cohesion"][part], 2)
