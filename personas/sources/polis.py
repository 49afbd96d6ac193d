"""pol.is exports: the statements of a conversation, and who agreed with which.

An export's ``author-id`` and ``participant`` are one space of identities: in each of eight published
conversations, a participant's ``n-comments`` is the number of statements with that ``author-id``, and the
few authors who are no participants have never voted. So an author and a voter with one number are one
member. ``group-id`` is left alone: it was computed from these same votes, and whoever predicted votes from
it would predict them from themselves. ``xid`` is left alone: it can be a person's identity elsewhere.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Literal, NamedTuple

from personas.errors import InputError
from personas.sources.fields import moment, needed, shown, whole
from personas.sources.folders import contents, expand
from personas.sources.lines import csv_dicts, csv_header, csv_rows
from personas.sources.masking import mask_addresses
from personas.sources.plaintext import plain
from personas.sources.records import (
    BrokenRecord,
    CommunityRecord,
    MemberRecord,
    PostRecord,
    Progress,
    Record,
    VoteRecord,
    Where,
    no_progress,
)
from personas.sources.streams import DEFAULT_LIMITS, Limits, verify

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["Polis"]

_STATEMENTS, _VOTES, _SUMMARY = "comments.csv", "participants-votes.csv", "summary.csv"
_NEEDED = ("comment-id", "author-id", "comment-body")
_NO_STATEMENT = "vote: on a statement that was removed or could not be read"
_VALUES = {"1": 1, "-1": -1, "0": 0}


class Polis:
    """Reads folders that hold ``comments.csv`` and ``participants-votes.csv``, or folders of such folders.

    Each conversation is a community, named for its folder and titled with the topic of ``summary.csv``.
    Statements are ``brexit-consensus:3``, members ``brexit-consensus:17``. Every vote has its voter and no
    date. A statement has no score, since its votes are there. E-mail addresses are masked.

    Args:
        limits: how much a file may unpack to.

    ``skipped`` counts what the last ``read`` left out, by reason: statements that moderation removed
    (``moderated`` is -1), and the votes on them and on statements that could not be read.
    """

    name = "polis"
    version = "1"
    licence = "CC BY 4.0"
    ballot: Literal["endorsement", "agreement", "choice"] = "agreement"

    def __init__(self, *, limits: Limits = DEFAULT_LIMITS) -> None:
        self._limits = limits
        self.skipped: Counter[str] = Counter()

    def check(self, paths: Sequence[Path]) -> None:
        """Look at the headers of every conversation.

        Raises:
            InputError: a path is missing or no such folder, a file is empty, cut off or lacks a column.
        """
        for folder in _conversations(paths):
            for name, columns in ((_STATEMENTS, _NEEDED), (_VOTES, ("participant",))):
                verify(folder / name, limits=self._limits)
                header = csv_header(folder / name, limits=self._limits)
                if missing := [column for column in columns if column not in header]:
                    raise InputError(
                        f"it lacks the columns {missing}; it has {shown(header)}",
                        where=str(folder / name),
                        remedy="give a pol.is export, or use the table reader",
                    )

    def read(self, paths: Sequence[Path], *, progress: Progress = no_progress) -> Iterator[Record]:
        """Yield the records, conversation by conversation: its topic, statements, then members and votes.

        Raises:
            InputError: as ``check``, when a file is broken there.
        """
        self.skipped = Counter()
        for folder in _conversations(paths):
            community = _community(folder)
            yield CommunityRecord(
                community=community, title=self._topic(folder), where=Where(f"{folder.name}/{_SUMMARY}", 1)
            )
            seen: dict[str, bool] = {}
            yield from self._statements(folder, community, seen, progress)
            yield from self._members(folder, community, seen, progress)

    def _topic(self, folder: Path) -> str:
        path = folder / _SUMMARY
        if not path.is_file() or not path.stat().st_size:
            return ""
        rows = (row for row in csv_rows(path, limits=self._limits) if not isinstance(row, BrokenRecord))
        return next((plain(cells[1]).strip() for _, cells in rows if cells[0] == "topic" and cells[1:]), "")

    def _statements(
        self, folder: Path, community: str, seen: dict[str, bool], progress: Progress
    ) -> Iterator[Record]:
        """Yield the statements; note in ``seen`` which were kept."""
        rows = csv_dicts(
            folder / _STATEMENTS,
            label=f"{folder.name}/{_STATEMENTS}",
            limits=self._limits,
            progress=progress,
        )
        for item in rows:
            if isinstance(item, BrokenRecord):
                yield item
                continue
            where, row = item
            number = row["comment-id"].strip()
            seen.setdefault(number, False)
            if row.get("moderated", "").strip() == "-1":
                self.skipped["statement: removed by moderation"] += 1
                continue
            try:
                yield _statement(community, row, where)
                seen[number] = True
            except ValueError as error:
                yield BrokenRecord(where=where, problem=str(error))

    def _members(
        self, folder: Path, community: str, seen: dict[str, bool], progress: Progress
    ) -> Iterator[Record]:
        """Yield the participants, each with their votes."""
        label = f"{folder.name}/{_VOTES}"
        rows = csv_rows(folder / _VOTES, label=label, limits=self._limits, progress=progress)
        columns: _Columns | None = None
        for item in rows:
            if isinstance(item, BrokenRecord):
                yield item
                continue
            where, cells = item
            if columns is None:
                columns = _columns(cells, community, seen)
                for name in columns.unknown:
                    yield BrokenRecord(
                        where=where, problem=f"no statement in {_STATEMENTS} has the number {name}"
                    )
            elif len(cells) != columns.width:
                problem = f"the row has {len(cells)} cells and the header has {columns.width}"
                yield BrokenRecord(where=where, problem=problem)
            else:
                if left_out := sum(1 for index in columns.left_out if cells[index]):
                    self.skipped[_NO_STATEMENT] += left_out
                yield from _votes(community, cells, columns, where)


class _Columns(NamedTuple):
    """Where the votes on the statements stand in a row."""

    width: int
    participant: int
    kept: list[tuple[int, str]]
    left_out: list[int]
    unknown: list[str]


def _columns(header: list[str], community: str, seen: dict[str, bool]) -> _Columns:
    names = [name.strip() for name in header]
    numbers = [(index, name) for index, name in enumerate(names) if name.isascii() and name.isdigit()]
    return _Columns(
        width=len(names),
        participant=names.index("participant"),
        kept=[(index, f"{community}:{name}") for index, name in numbers if seen.get(name)],
        left_out=[index for index, name in numbers if not seen.get(name)],
        unknown=[name for _, name in numbers if name not in seen],
    )


def _votes(community: str, cells: list[str], columns: _Columns, where: Where) -> Iterator[Record]:
    """Yield the member of a row, and the votes."""
    try:
        member = f"{community}:{_identity(cells[columns.participant], 'participant')}"
    except ValueError as error:
        yield BrokenRecord(where=where, problem=str(error))
        return
    yield MemberRecord(member=member, community=community, where=where)
    for index, post in columns.kept:
        if cell := cells[index]:
            value = _VALUES.get(cell)
            if value is None:
                yield BrokenRecord(
                    where=where, problem=f"the vote on {post} is {shown(cell)}, not 1, 0 or -1"
                )
            else:
                yield VoteRecord(voter=member, community=community, post=post, value=value, where=where)


def _statement(community: str, row: dict[str, str], where: Where) -> PostRecord:
    post = f"{community}:{_identity(needed(row, 'comment-id'), 'comment-id')}"
    author = row["author-id"].strip()
    stamp = row.get("timestamp", "").strip()
    return PostRecord(
        post=post,
        community=community,
        author=f"{community}:{_identity(author, 'author-id')}" if author else None,
        thread=post,
        kind="statement",
        text=mask_addresses(plain(needed(row, "comment-body"))).strip(),
        created=moment(whole(stamp, "timestamp"), "timestamp", scale=1000) if stamp else None,
        where=where,
    )


def _identity(value: str, name: str) -> str:
    value = value.strip()
    if not (value.isascii() and value.isdigit() and len(value) < 19):
        raise ValueError(f"{name} is {shown(value)}, no number")
    return value


def _community(folder: Path) -> str:
    return plain(folder.resolve().name)


def _conversations(paths: Sequence[Path]) -> list[Path]:
    """Return the folders of the conversations, in order of their names."""
    found: dict[str, Path] = {}
    for path in expand(paths):
        if not path.is_dir():
            raise InputError(
                "it is a file, and a pol.is export is a folder",
                where=str(path),
                remedy=f"name the folder that holds {_STATEMENTS} and {_VOTES}",
            )
        folders = (
            [path] if _is_conversation(path) else [each for each in path.iterdir() if _is_conversation(each)]
        )
        if not folders:
            raise InputError(
                f"neither the folder nor one in it has {_STATEMENTS} and {_VOTES}; it has {contents(path)}",
                where=str(path),
                remedy="name the folder of a pol.is export",
            )
        for folder in folders:
            other = found.setdefault(_community(folder), folder)
            if other.resolve() != folder.resolve():
                raise InputError(
                    f"its name is that of another conversation, {other}",
                    where=str(folder),
                    remedy="rename one of the two folders",
                )
    return [found[name] for name in sorted(found)]


def _is_conversation(folder: Path) -> bool:
    return (folder / _STATEMENTS).is_file() and (folder / _VOTES).is_file()
