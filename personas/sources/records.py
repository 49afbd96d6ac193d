"""The records that a reader yields: what was said, endorsed and known of members, with where it was read.

Names of people in these records are raw; they are replaced by keyed hashes before anything is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

if TYPE_CHECKING:
    from datetime import datetime

__all__ = [
    "BrokenRecord",
    "CommunityRecord",
    "MemberRecord",
    "PostKind",
    "PostRecord",
    "Progress",
    "Record",
    "Source",
    "VoteRecord",
    "Where",
    "no_progress",
]

PostKind = Literal["question", "answer", "comment", "statement", "submission", "option", "post"]
Progress = Callable[[Path, int, int], None]
"""Called now and then with the file that is being read, the bytes read of it and its size in bytes."""


def no_progress(path: Path, done: int, total: int) -> None:
    """Ignore the progress of reading."""


class Where(NamedTuple):
    """The place of a record: the file's name, with its folder's where the name alone says little, and its line.

    Lines are counted from 1.
    """

    file: str
    line: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CommunityRecord:
    """What the source says of a whole community; at most one for each name counts, the first.

    Args:
        community: its name, short and stable, as in ``coffee`` or ``brexit-consensus``.
        title: what it calls itself, or what it was asked; empty where unknown.
        where: where it was read.
    """

    community: str
    title: str = ""
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberRecord:
    """What the source says of a member, as attributes.

    Args:
        member: a string that is this person's alone within the whole corpus (``coffee:1432``).
        community: the community that the person belongs to by this record.
        attributes: names and values that personas are stratified by (``{"country": "fr"}``).
        where: where it was read.
    """

    member: str
    community: str
    attributes: dict[str, str] = field(default_factory=dict)
    where: Where


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRecord:
    """Something that was said: a post, or a reply when it has a parent.

    Args:
        post: its identity, unique in the corpus (``coffee:12``).
        community: the community in which it was said.
        author: a string that is the author's alone within the corpus; None where the source names none.
        parent: the post that it answers; None for the first post of a thread.
        thread: the first post of its thread; the post itself where it has no parent.
        kind: what it is.
        title: its headline, plain text; empty where it has none.
        text: what it says, plain text.
        tags: topics given by the source.
        created: when, with a time zone; None where unknown.
        score: the published net score; None where none is published or where votes are published instead.
        where: where it was read.
    """

    post: str
    community: str
    author: str | None = None
    parent: str | None = None
    thread: str
    kind: PostKind = "post"
    title: str = ""
    text: str
    tags: tuple[str, ...] = ()
    created: datetime | None = None
    score: int | None = None
    where: Where


class VoteRecord(NamedTuple):
    """One or more votes on a post. A tuple, as there are more votes than of anything else.

    Args:
        community: the community of the voters.
        post: the post that was voted on.
        value: 1 for up, agree or chosen; -1 for down, disagree or not chosen; 0 for seen and passed.
        where: where it was read.
        voter: a string that is the voter's alone within the corpus; None for an anonymous or a counted vote.
        count: how many such votes; 1 where the voter is named.
        created: when, with a time zone; None where unknown.
    """

    community: str
    post: str
    value: int
    where: Where
    voter: str | None = None
    count: int = 1  # type: ignore[assignment]  # nobody counts in this tuple
    created: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenRecord:
    """A record that could not be used, and why; it is counted and reported, and the others are kept."""

    where: Where
    problem: str


Record = CommunityRecord | MemberRecord | PostRecord | VoteRecord | BrokenRecord


class Source(Protocol):
    """A reader of one format.

    A reader first looks at every file (``check``), so that a broken file is refused before anything is
    written, and then streams records in bounded memory (``read``).
    """

    name: str
    version: str
    licence: str
    ballot: Literal["endorsement", "agreement", "choice"]
    """How members vote here: up and down on replies, agree and disagree on a statement, or one of several."""

    def check(self, paths: Sequence[Path]) -> None:
        """Refuse what is no input of this format.

        Raises:
            InputError: a path is missing, empty, of another format, truncated or hostile.
        """
        ...

    def read(self, paths: Sequence[Path], *, progress: Progress = no_progress) -> Iterator[Record]:
        """Yield the records of all ``paths``; records of one community need not be together."""
        ...
