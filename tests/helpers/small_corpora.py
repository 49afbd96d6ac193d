"""Small corpora for tests: lists of records, ingested as a dump would be, with a fixed key."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from personas.ingestion import ingest
from personas.keys import member_id
from personas.sources.records import CommunityRecord, MemberRecord, PostRecord, VoteRecord, Where, no_progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from personas.corpus import Corpus
    from personas.sources.records import Progress, Record

__all__ = ["KEY", "ListSource", "about", "day", "joined", "make_corpus", "pseudonym", "said", "voted"]

KEY = b"a key that only the tests know"
FILE = "made.txt"


class ListSource:
    """A source that yields given records; a record without a line gets its place in the list, from 1."""

    name = "list"
    version = "1"
    licence = "none"

    def __init__(self, records: Iterable[Record], *, ballot: str = "endorsement") -> None:
        self.records = records
        self.ballot: Any = ballot

    def check(self, paths: Sequence[Path]) -> None:
        """Accept everything."""

    def read(self, paths: Sequence[Path], *, progress: Progress = no_progress) -> Iterator[Record]:
        """Yield the records."""
        for line, record in enumerate(self.records, start=1):
            if record.where.line:
                yield record
            elif isinstance(record, VoteRecord):
                yield record._replace(where=Where(FILE, line))
            else:
                yield replace(record, where=Where(FILE, line))


def make_corpus(
    out: Path, records: Iterable[Record], *, ballot: str = "endorsement", **options: Any
) -> Corpus:
    """Ingest ``records`` into ``out``; ``options`` are those of ``ingest``."""
    options.setdefault("key", KEY)
    return ingest(ListSource(records, ballot=ballot), [], out=out, **options)


def said(post: str, text: str = "", **fields: Any) -> PostRecord:
    """Return a post of the community ``tea``, in its own thread or in its parent's, unless ``fields`` say else."""
    fields.setdefault("community", "tea")
    fields.setdefault("thread", fields.get("parent") or post)
    fields.setdefault("where", Where(FILE, 0))
    return PostRecord(post=post, text=text or f"This is what {post} says.", **fields)


def voted(post: str, value: int, voter: str | None = None, **fields: Any) -> VoteRecord:
    """Return a vote in the community ``tea``, unless ``fields`` say else."""
    fields.setdefault("community", "tea")
    fields.setdefault("where", Where(FILE, 0))
    return VoteRecord(post=post, value=value, voter=voter, **fields)


def joined(member: str, community: str = "tea", **attributes: str) -> MemberRecord:
    """Return a member with attributes."""
    return MemberRecord(member=member, community=community, attributes=attributes, where=Where(FILE, 0))


def about(community: str, title: str) -> CommunityRecord:
    """Return a community with its title."""
    return CommunityRecord(community=community, title=title, where=Where(FILE, 0))


def day(number: int) -> datetime:
    """Return noon of a day of January 2020."""
    return datetime(2020, 1, number, 12, tzinfo=UTC)


def pseudonym(name: str) -> str:
    """Return the identity of a member in a corpus that ``make_corpus`` made."""
    return member_id(name, KEY)
