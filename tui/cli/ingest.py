"""``commonbond ingest``: read a dump into a corpus."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from personas.errors import InputError
from personas.ingest import ingest
from personas.keys import user_key
from personas.sources import source_named
from tui.cli.output import console, print_json, progress, table

if TYPE_CHECKING:
    import argparse

    from personas.corpus import Corpus
    from personas.sources.records import Source

__all__ = ["run"]

LISTED = 10


def run(options: argparse.Namespace) -> int:
    """Read the dump; 1 where some records could not be used."""
    source = _table(options) if options.source == "table" else source_named(options.source)
    paths = [] if options.source == "table" else options.paths
    with progress() as bars:
        corpus = ingest(
            source,
            paths,
            out=options.out,
            key=user_key(Path(options.key_file) if options.key_file else None),
            title=options.title,
            fictional=options.fictional,
            replace=options.replace,
            progress=bars.reading(),
        )
    if options.json:
        manifest = asdict(corpus.manifest)
        print_json(
            {
                "command": "ingest",
                "folder": str(corpus.folder),
                "manifest": manifest,
                "broken": corpus.broken(),
            }
        )
    else:
        _print(corpus)
    return 1 if corpus.manifest.broken else 0


def _table(options: argparse.Namespace) -> Source:
    from personas.sources.table import TableSource

    columns = {}
    for mapping in options.column:
        field, equals, column = mapping.partition("=")
        if not equals or not field or not column:
            raise InputError(f"the mapping {mapping!r}", where="--column", remedy="write it as FIELD=COLUMN")
        columns[field] = column
    return TableSource(
        posts=_paths(options.posts),
        replies=_paths(options.replies),
        votes=_paths(options.votes),
        members=_paths(options.members),
        communities=_paths(options.communities),
        columns=columns,
        community=options.community,
        attributes=options.attribute,
        ballot=options.ballot,
        licence=options.licence,
    )


def _paths(names: list[str]) -> list[Path]:
    return [Path(name) for name in names]


def _print(corpus: Corpus) -> None:
    screen, manifest = console(), corpus.manifest
    counts = ", ".join(f"{number:,} {name}" for name, number in manifest.counts.items())
    screen.print(f"{corpus.folder}: {counts}; licence {manifest.licence}\n")
    rows = [
        (c.name, c.title, f"{c.members:,}", f"{c.posts:,}", f"{c.replies:,}", f"{c.votes:,}")
        for c in manifest.communities
    ]
    columns = ("community", "title", "members", "posts", "replies", "votes")
    screen.print(table("Communities that the source names", columns, rows, right=4))
    for label, problems in (
        ("could not be used", manifest.broken),
        ("left out on purpose", manifest.skipped),
    ):
        for problem, number in problems.items():
            screen.print(f"{number:>9,} {label}: {problem}")
    for record in corpus.broken(limit=LISTED):
        screen.print(f"          {record['file']}:{record['line']}: {record['problem']}")
    if manifest.broken:
        screen.print(f"          all of them in {corpus.folder / 'broken.jsonl'}")
    for notice in manifest.notices:
        screen.print(f"note: {notice}")
