"""``commonbond ingest``: read a dump into a corpus."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from personas.errors import InputError
from personas.ingestion import ingest
from personas.keys import user_key
from personas.sources import source_named
from personas.sources.streams import Limits
from tui.cli.output import console, listing, print_json, print_table, progress
from tui.plaintext import count

if TYPE_CHECKING:
    import argparse

    from personas.corpus import Corpus
    from personas.sources.records import Source

__all__ = ["run"]

LISTED = 10
OPTIONS = {name: f"--max-{name}" for name in ("unpacked", "ratio", "line")}
"""The option that sets each limit, as the readers name it."""


def run(options: argparse.Namespace) -> int:
    """Read the dump; 1 where some records could not be used."""
    try:
        corpus = _ingested(options)
    except InputError as error:
        raise _in_options(error) from error
    with corpus:
        broken = corpus.broken()
    if options.json:
        found = {"folder": str(corpus.folder), "manifest": asdict(corpus.manifest), "broken": broken}
        print_json({"command": "ingest", **found})
    else:
        _print(corpus, broken[:LISTED])
    return 1 if corpus.manifest.broken else 0


def _ingested(options: argparse.Namespace) -> Corpus:
    limits = Limits(**{name: value for name in OPTIONS if (value := getattr(options, f"max_{name}"))})
    as_table = options.source == "table"
    source = _table(options, limits) if as_table else source_named(options.source, limits=limits)
    with progress() as bars:
        return ingest(
            source,
            [] if as_table else options.paths,
            out=options.out,
            key=user_key(Path(options.key_file) if options.key_file else None),
            title=options.title,
            fictional=options.fictional,
            replace=options.replace,
            progress=bars.reading(),
        )


def _in_options(error: InputError) -> InputError:
    """Return the error with the command line's own names for the library's parameters."""
    remedy, where = error.remedy, error.where
    for name, option in OPTIONS.items():
        remedy = remedy.replace(f"the limit `{name}`", option)
    where = {"columns": "--column", "ballot": "--ballot", "delimiter": "--delimiter"}.get(where, where)
    return InputError(error.what, where=where, remedy=remedy)


def _table(options: argparse.Namespace, limits: Limits) -> Source:
    from personas.sources.table import TableSource

    columns = {}
    for mapping in options.column:
        field, equals, column = mapping.partition("=")
        if not equals or not field or not column:
            raise InputError(f"the mapping {mapping!r}", where="--column", remedy="write it as FIELD=COLUMN")
        columns[field] = column
    files = {
        role: [Path(name) for name in getattr(options, role)]
        for role in ("posts", "replies", "votes", "members", "communities")
    }
    return TableSource(
        **files,
        columns=columns,
        community=options.community,
        attributes=options.attribute,
        delimiter=options.delimiter,
        ballot=options.ballot,
        licence=options.licence,
        limits=limits,
    )


def _print(corpus: Corpus, broken: list[dict[str, object]]) -> None:
    screen, manifest = console(), corpus.manifest
    invented = "FICTIONAL people and texts · " if manifest.fictional else ""
    counts = ", ".join(f"{number:,} {name}" for name, number in manifest.counts.items())
    screen.print(f"{invented}{corpus.folder} · {manifest.source} · licence {manifest.licence}\n{counts}\n")
    rows = [
        (c.name, c.title, *(f"{number:,}" for number in (c.members, c.posts, c.replies, c.votes)))
        for c in manifest.communities
    ]
    columns = ("community", "title", "members", "posts", "replies", "votes")
    print_table(screen, "Communities that the source names", columns, rows, right=4, named=1 / 3)
    screen.print()
    notes = [("unusable", f"{number:,} × {problem}") for problem, number in manifest.broken.items()]
    notes += [("", f"{record['file']}:{record['line']}: {record['problem']}") for record in broken]
    if manifest.broken:
        total = count(sum(manifest.broken.values()), "record")
        notes.append(("", f"{total} that could not be used, listed in {corpus.folder / 'broken.jsonl'}"))
    notes += [("left out", f"{number:,} × {reason}") for reason, number in manifest.skipped.items()]
    notes += [("note", notice) for notice in manifest.notices]
    notes += [("next", f"commonbond communities {corpus.folder}")]
    screen.print(listing(notes))
