"""``commonbond communities``: who belongs together, by what, and what is known of them."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from bench.report.rows import written
from personas.errors import InputError
from simulator.graph.keeping import keep_graph
from simulator.setting import CorpusSetting
from tui.cli.output import console, listing, print_json, print_table, progress, tell
from tui.cli.parts import as_norm, head, open_corpus, provenance, simulation_of, whose
from tui.plaintext import count, one_line

if TYPE_CHECKING:
    import argparse
    from pathlib import Path

    from personas.corpus import Corpus
    from simulator.simulation import Simulation

__all__ = ["describe_all", "keep_beside", "print_communities", "run", "write_beside"]

CITED = 4
STRONGEST = 3


def run(options: argparse.Namespace) -> int:
    """Map the communities, keep what was found beside the corpus's tables, and print it; 1 where it was not kept."""
    with open_corpus(options) as corpus, progress() as bars:
        simulation = simulation_of(corpus, options, bars.advance("embedding"))
        found = describe_all(corpus, simulation)
    kept = True
    try:
        write_beside(corpus.folder, found)
        keep_beside(corpus, simulation, found)
    except InputError as error:
        kept = False
        found["warnings"].append(str(error))
    if options.json:
        print_json({"command": "communities", **found})
    else:
        print_communities(corpus, found)
    return 0 if kept else 1


def describe_all(corpus: Corpus, simulation: Simulation) -> dict[str, Any]:
    """Return all that is known of the communities of a corpus, as plain data."""
    setting = simulation.setting
    assert isinstance(setting, CorpusSetting)
    return provenance(
        corpus,
        simulation,
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


def keep_beside(corpus: Corpus, simulation: Simulation, found: dict[str, Any]) -> None:
    """Keep the graph in the corpus's folder ``graph``, whole or not at all; the interface draws it from there."""
    setting = simulation.setting
    assert isinstance(setting, CorpusSetting)
    keep_graph(
        corpus.folder,
        setting.graph,
        setting.membership,
        content=corpus.content,
        groups=setting.groups if setting.membership.origin == "given" else None,
        described=found["communities"],
        topics=corpus.manifest.ballot != "agreement",
        warnings=setting.warnings,
    )


def print_communities(corpus: Corpus, found: dict[str, Any]) -> None:
    """Print the communities with their two scores, then each one's profile and strongest norms."""
    screen, graph = console(), found["graph"]
    ties = f"{graph['identity_ties']:,} identity ties, {graph['bond_ties']:,} bond ties"
    head(screen, corpus, f"{count(graph['members'], 'member')}, {ties}")
    method = f"found: {found['method']}" if found["method"] else "as the source names them"
    known = found["communities"]
    columns = ("community", "members", "norms", "identity", "bond")
    rows = [_cells(name, entry) for name, entry in known.items()]
    told = whose(
        corpus, "cohesion by identity and by bonds: 1 the most, 0 as chance, below 0 less than chance"
    )
    print_table(screen, f"Communities, {method}", columns, rows, told=told, right=4, named=0.5)
    for name, entry in known.items():
        title = f" · {one_line(entry['title'])}" if entry["title"] else ""
        screen.print(f"\n{one_line(name)}{title}", style="bold")
        inside = [] if found["origin"] == "found" else _inside(name, found["groups"])
        screen.print(listing([*_sentences(entry), *inside, *_notes(entry)]))
    screen.print()
    screen.print(listing([(f"{layer} ties", note) for layer, note in graph["notes"].items()]))
    for warning in found["warnings"]:
        tell(f"warning: {warning}")


def _cells(name: str, known: dict[str, Any]) -> tuple[str, ...]:
    figures = (f"{known['members']:,}", f"{known['norms']:,}")
    scores = (written(known["cohesion"][part], 2) for part in ("identity", "bond"))
    return (name, *figures, *scores)


def _sentences(known: dict[str, Any]) -> list[tuple[str, object]]:
    return [
        (part, f"{sentence['facet']}: {one_line(sentence['text'])} [{_few(sentence['posts'])}]")
        for part in ("identity", "bond")
        for sentence in known["profile"][part]
    ]


def _few(posts: list[str]) -> str:
    more = f" and {len(posts) - CITED:,} more" if len(posts) > CITED else ""
    return ", ".join(posts[:CITED]) + more


def _inside(name: str, groups: list[dict[str, Any]]) -> list[tuple[str, object]]:
    found = [f"{group['name']} ({group['members']:,})" for group in groups if group["within"] == name]
    return [("groups", f"found within, with their members: {', '.join(found)}")] if found else []


def _notes(known: dict[str, Any]) -> list[tuple[str, object]]:
    norms = [("norm", as_norm(norm)) for norm in known["strongest"][:STRONGEST]]
    return [*norms, *(("note", note) for note in (*known["cohesion"]["notes"], *known["notices"]))]
