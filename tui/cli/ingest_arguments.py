"""The arguments of ``commonbond ingest``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui.cli.shared_arguments import Parser, least, sentence, size

if TYPE_CHECKING:
    import argparse

__all__ = ["add_ingest"]

SOURCES = {
    "stackexchange": "Stack Exchange dumps: Posts.xml, Comments.xml and Votes.xml of one or more sites",
    "polis": "pol.is exports: comments.csv and participants-votes.csv of one or more conversations",
    "reddit": "Reddit submissions and comments as JSON Lines (plain, .gz, .zst), or top posts as CSV",
}
TABLE = "any CSV, TSV, JSON Lines or Parquet of posts, replies, votes or members"
TABLE_FIELDS = """fields, each read from the column of its name unless --column says otherwise:
  posts, replies  text; a reply also parent; may have post, community, author,
                  thread, kind, title, tags (a;b), created, score
  votes           post, value (1, -1, 0, agree, disagree, pass); may have voter,
                  community, count, created
  members         member; may have community; any other column is an attribute
  communities     title; may have community

example: commonbond ingest table --posts posts.csv --replies answers.csv
           --column text=body --community coffee --out coffee.corpus"""


def add_ingest(commands: Any, about: str) -> None:
    """Add the command, with a command of its own for each source."""
    parser = commands.add_parser("ingest", help=about, description=sentence(about))
    sources = parser.add_subparsers(dest="source", metavar="SOURCE", required=True, parser_class=Parser)
    for name, told in SOURCES.items():
        source = sources.add_parser(name, help=told, description=sentence(told))
        source.add_argument("paths", nargs="+", metavar="PATH", help="files, or folders of them")
        _add_corpus_options(source)
    _add_table(sources)


def _add_table(sources: Any) -> None:
    table = sources.add_parser("table", help=TABLE, description=sentence(TABLE), epilog=TABLE_FIELDS)
    files = table.add_argument_group("tables, each option repeatable and at least one given")
    for role in ("posts", "replies", "votes", "members"):
        files.add_argument(
            f"--{role}", action="append", default=[], metavar="FILE", help=f"a table of {role}"
        )
    files.add_argument(
        "--communities", action="append", default=[], metavar="FILE", help="a table of communities' titles"
    )
    reading = table.add_argument_group("how they are read")
    reading.add_argument(
        "--column",
        action="append",
        default=[],
        metavar="FIELD=COLUMN",
        help="the column that holds a field, as in text=body; repeatable",
    )
    reading.add_argument(
        "--community", default="", metavar="NAME", help="the community of rows that name none"
    )
    reading.add_argument(
        "--attribute",
        action="append",
        metavar="COLUMN",
        help="keep only this column of the members as an attribute; repeatable (all columns; leave out what "
        "names a person)",
    )
    reading.add_argument(
        "--delimiter", metavar="SIGN", help="what stands between two cells (told from the file)"
    )
    reading.add_argument(
        "--ballot",
        choices=("endorsement", "agreement", "choice"),
        default="endorsement",
        metavar="HOW",
        help="how members vote: endorsement of replies, agreement with statements, or choice between options "
        "(endorsement)",
    )
    reading.add_argument(
        "--licence", default="unknown", metavar="NAME", help="the licence of the data (unknown)"
    )
    _add_corpus_options(table)


def _add_corpus_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", required=True, metavar="FOLDER", help="the corpus to make; needed")
    parser.add_argument("--title", default="", metavar="TEXT", help="what to call it")
    parser.add_argument("--fictional", action="store_true", help="its people and texts are invented")
    parser.add_argument("--key-file", metavar="FILE", help="hash members' names with this key, not your own")
    parser.add_argument("--replace", action="store_true", help="replace a corpus that is there")
    parser.add_argument(
        "--max-unpacked", type=size, metavar="SIZE", help="bytes that a file may unpack to (512GiB)"
    )
    parser.add_argument(
        "--max-ratio", type=least(1), metavar="N", help="times its size that a file may unpack to (200)"
    )
    parser.add_argument(
        "--max-line", type=size, metavar="SIZE", help="bytes of one line, CSV cell or XML element (16MiB)"
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help="print one JSON object and nothing else (commonbond schema ingest)",
    )
