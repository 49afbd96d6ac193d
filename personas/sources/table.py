"""Any table of posts, replies, votes or members, with a mapping from fields to columns.

Each file has a role, and each field of that role's record is looked for in the column of the same name, or
in the one that ``columns`` names for it.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Literal, get_args

from personas.errors import InputError
from personas.sources.fields import moment, needed, shown, whole, word
from personas.sources.folders import expand
from personas.sources.masking import mask_addresses
from personas.sources.plaintext import plain
from personas.sources.records import (
    BrokenRecord,
    CommunityRecord,
    MemberRecord,
    PostKind,
    PostRecord,
    Progress,
    Record,
    VoteRecord,
    Where,
    no_progress,
)
from personas.sources.streams import DEFAULT_LIMITS, Limits
from personas.sources.tabular import column_names, table_rows

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

__all__ = ["TableSource"]

_Role = Literal["communities", "posts", "replies", "votes", "members"]
_Ballot = Literal["endorsement", "agreement", "choice"]

_POST = (
    "post",
    "community",
    "author",
    "parent",
    "thread",
    "kind",
    "title",
    "text",
    "tags",
    "created",
    "score",
)
_FIELDS: dict[_Role, tuple[str, ...]] = {
    "posts": _POST,
    "replies": _POST,
    "votes": ("voter", "community", "post", "value", "count", "created"),
    "members": ("member", "community"),
    "communities": ("community", "title"),
}
_NEEDED: dict[_Role, tuple[str, ...]] = {
    "posts": ("text",),
    "replies": ("parent", "text"),
    "votes": ("post", "value"),
    "members": ("member",),
    "communities": ("title",),
}
_KINDS: dict[_Ballot, tuple[PostKind, PostKind]] = {
    "endorsement": ("post", "answer"),
    "agreement": ("statement", "comment"),
    "choice": ("question", "option"),
}
_VALUES = {"agree": 1, "up": 1, "yes": 1, "disagree": -1, "down": -1, "no": -1, "pass": 0}


class TableSource:
    """Reads CSV, TSV, JSON Lines and Parquet files of posts, replies, votes, members and communities' titles.

    The fields are those of ``PostRecord``, ``VoteRecord`` and ``MemberRecord``. Needed are ``text`` of a
    post, ``text`` and ``parent`` of a reply, ``post`` and ``value`` of a vote, ``member`` of a member, and
    a ``community``, from a column or from the option; but questions and options of a ``choice`` may name no
    community, as they are put to all. ``tags`` are a list or ``a;b``, ``created`` is ISO
    8601 or seconds since 1970 (UTC unless it says otherwise), ``value`` is 1, -1, 0, or agree, up, yes,
    disagree, down, no, pass. A post without an identity gets its file's name and line for one. A reply's
    thread is its parent unless a column says otherwise; the writer resolves threads through parents.

    Args:
        posts, replies, votes, members, communities: the files of each role.
        columns: the name of the column that holds a field, as in ``{"text": "body"}``; for every file.
        community: the community of every row, where there is no such column or cell.
        attributes: the columns of a members table to keep; None for all that are no field. Leave out what
            names a person: attributes are kept as they stand.
        delimiter: what stands between two cells of a CSV; None to tell it from the header.
        ballot: how members vote. It also says what kind a post and a reply are, unless a column ``kind``
            does: ``endorsement`` of answers to posts, ``agreement`` with statements, ``choice`` between
            options of a question.
        licence: the licence of the data.
        limits: how much a file may unpack to.

    Raises:
        InputError: there is no file, a file has two roles, or ``columns`` names an unknown field.
    """

    name = "table"
    version = "1"

    def __init__(
        self,
        *,
        posts: Sequence[Path] = (),
        replies: Sequence[Path] = (),
        votes: Sequence[Path] = (),
        members: Sequence[Path] = (),
        communities: Sequence[Path] = (),
        columns: Mapping[str, str] | None = None,
        community: str = "",
        attributes: Sequence[str] | None = None,
        delimiter: str | None = None,
        ballot: _Ballot = "endorsement",
        licence: str = "unknown",
        limits: Limits = DEFAULT_LIMITS,
    ) -> None:
        self.ballot: _Ballot = ballot
        self.licence = licence
        self.skipped: Counter[str] = Counter()
        self._files: list[tuple[_Role, Path]] = [
            *(("communities", path) for path in communities),
            *(("members", path) for path in members),
            *(("posts", path) for path in posts),
            *(("replies", path) for path in replies),
            *(("votes", path) for path in votes),
        ]
        self._columns = dict(columns or {})
        self._community = word(community, "community") if community.strip() else ""
        self._attributes, self._delimiter, self._limits = attributes, delimiter, limits
        self._check_options()

    def _check_options(self) -> None:
        known = {field for fields in _FIELDS.values() for field in fields}
        if unknown := sorted(set(self._columns) - known):
            raise InputError(
                f"{unknown} are no fields", where="columns", remedy=f"choose from {', '.join(sorted(known))}"
            )
        if self.ballot not in _KINDS:
            raise InputError(
                f"{shown(self.ballot)} is no ballot",
                where="ballot",
                remedy=f"choose from {', '.join(_KINDS)}",
            )
        if self._delimiter is not None and (len(self._delimiter) != 1 or self._delimiter in '"\r\n'):
            raise InputError(
                f"{shown(self._delimiter)} is no delimiter", where="delimiter", remedy="give one character"
            )
        if not self._files:
            raise InputError("no table is named", remedy="name a table of posts, replies, votes or members")
        paths = [path for _, path in self._files]
        if double := next((path for path in paths if paths.count(path) > 1), None):
            raise InputError("it is named twice", where=str(double), remedy="give each file one role")

    def column(self, field: str) -> str:
        """Return the column that a field is looked for in."""
        return self._columns.get(field, field)

    def check(self, paths: Sequence[Path] = ()) -> None:
        """Look at the columns of every file, and unpack archives to their end.

        Args:
            paths: unused; the files were named when the source was made.

        Raises:
            InputError: a file is missing, empty, no table, cut off, hostile or lacks a needed column.
        """
        list(expand([path for _, path in self._files]))
        unseen = set(self._columns)
        for role, path in self._files:
            seen = column_names(path, delimiter=self._delimiter, limits=self._limits)
            unseen -= {field for field in _FIELDS[role] if self.column(field) in seen}
            placed = self._community or (self.ballot == "choice" and role in {"posts", "replies"})
            required = [*_NEEDED[role], *([] if placed else ["community"])]
            if missing := [field for field in required if self.column(field) not in seen]:
                raise self._missing(role, path, missing, seen)
            if role == "members" and (unknown := sorted(set(self._attributes or ()) - set(seen))):
                raise InputError(
                    f"it has no columns {unknown} for attributes; it has {', '.join(seen)}",
                    where=str(path),
                    remedy="name columns that are there",
                )
        if unseen:
            raise InputError(
                f"no file has the columns {[self._columns[field] for field in sorted(unseen)]}",
                where="columns",
                remedy="name columns that are there",
            )

    def _missing(self, role: str, path: Path, fields: list[str], seen: list[str]) -> InputError:
        names = ", ".join(
            f"{field!r}" + (f" (column {self._columns[field]!r})" if field in self._columns else "")
            for field in fields
        )
        community = ", or give --community NAME" if "community" in fields else ""
        return InputError(
            f"the {role} have no column for {names}; the columns are {shown(', '.join(seen))}",
            where=str(path),
            remedy=f"say which column it is, as in --column {fields[0]}=COLUMN{community}",
        )

    def read(
        self,
        paths: Sequence[Path] = (),
        *,
        progress: Progress = no_progress,
    ) -> Iterator[Record]:
        """Yield the records: members, posts, replies, votes.

        Args:
            paths: unused; the files were named when the source was made.
            progress: told of the bytes read.

        Raises:
            InputError: as ``check``, when a file is broken there.
        """
        self.skipped = Counter()
        for role, path in self._files:
            rows = table_rows(path, delimiter=self._delimiter, limits=self._limits, progress=progress)
            for item in rows:
                if isinstance(item, BrokenRecord):
                    yield item
                    continue
                where, row = item
                try:
                    yield self._record(role, row, where)
                except ValueError as error:
                    yield BrokenRecord(where=where, problem=str(error))

    def _record(self, role: _Role, row: Mapping[str, Any], where: Where) -> Record:
        values = {field: row.get(self.column(field)) for field in _FIELDS[role]}
        community = self._community_of(role, values)
        if role == "communities":
            return CommunityRecord(community=community, title=_text(values, "title"), where=where)
        if role == "members":
            return MemberRecord(
                member=word(needed(values, "member"), "member"),
                community=community,
                attributes=self._kept(row),
                where=where,
            )
        if role == "votes":
            return _vote(values, community, where)
        return _post(
            values, community, where, kind=_KINDS[self.ballot][role == "replies"], reply=role == "replies"
        )

    def _community_of(self, role: _Role, values: Mapping[str, Any]) -> str:
        named = _filled(values["community"]) or self._community
        if not named and self.ballot == "choice" and role in {"posts", "replies"}:
            return ""
        return word(named or needed({"community": self._community}, "community"), "community")

    def _kept(self, row: Mapping[str, Any]) -> dict[str, str]:
        fields = {self.column(field) for field in _FIELDS["members"]}
        names = (
            self._attributes if self._attributes is not None else [name for name in row if name not in fields]
        )
        found = {plain(name): plain(str(row[name])).strip() for name in names if row.get(name) is not None}
        return {name: value for name, value in found.items() if value}


def _filled(value: Any) -> Any:
    """Return a cell, or None for what stands for nothing: null, blanks, not-a-number."""
    empty = not value.strip() if isinstance(value, str) else value != value  # noqa: PLR0124
    return None if empty else value


def _maybe(values: Mapping[str, Any], field: str) -> str | None:
    value = _filled(values[field])
    return None if value is None else word(value, field)


def _text(values: Mapping[str, Any], field: str) -> str:
    value = _filled(values[field])
    if value is not None and not isinstance(value, str):
        raise ValueError(f"{field} is {shown(value)}, no text")
    return mask_addresses(plain(value or "")).strip()


def _post(
    values: Mapping[str, Any], community: str, where: Where, *, kind: PostKind, reply: bool
) -> PostRecord:
    post = _maybe(values, "post") or f"{where.file}:{where.line}"
    parent = _maybe(values, "parent")
    if reply and parent is None:
        raise ValueError("parent is missing")
    text, title = _text(values, "text"), _text(values, "title")
    if not text and not title:
        raise ValueError("text is missing")
    created, score = _filled(values["created"]), _filled(values["score"])
    return PostRecord(
        post=post,
        community=community,
        author=_maybe(values, "author"),
        parent=parent,
        thread=_maybe(values, "thread") or parent or post,
        kind=_kind(values) or kind,
        title=title,
        text=text,
        tags=_tags(values["tags"]),
        created=None if created is None else moment(created, "created"),
        score=None if score is None else whole(score, "score"),
        where=where,
    )


def _kind(values: Mapping[str, Any]) -> PostKind | None:
    kind = _maybe(values, "kind")
    found: PostKind | None = next((known for known in get_args(PostKind) if known == kind), None)
    if kind is not None and found is None:
        raise ValueError(f"kind is {shown(kind)}, none of {', '.join(get_args(PostKind))}")
    return found


def _tags(value: Any) -> tuple[str, ...]:
    value = _filled(value)
    if value is None:
        return ()
    parts = value.split(";") if isinstance(value, str) else value
    if not isinstance(parts, list) or not all(isinstance(part, str) for part in parts):
        raise ValueError(f"tags is {shown(value)}, neither a list of texts nor 'a;b'")
    return tuple(dict.fromkeys(tag for tag in (plain(part).strip() for part in parts) if tag))


def _vote(values: Mapping[str, Any], community: str, where: Where) -> VoteRecord:
    created, count = _filled(values["created"]), _filled(values["count"])
    number = 1 if count is None else whole(count, "count")
    voter = _maybe(values, "voter")
    if number < 1:
        raise ValueError(f"count is {number}, not 1 or more")
    if voter is not None and number > 1:
        raise ValueError(f"count is {number} for a named voter, who has one vote")
    return VoteRecord(
        voter=voter,
        community=community,
        post=word(needed(values, "post"), "post"),
        value=_value(needed(values, "value")),
        count=number,
        created=None if created is None else moment(created, "created"),
        where=where,
    )


def _value(value: Any) -> int:
    known = _VALUES.get(value.strip().lower()) if isinstance(value, str) else None
    number = whole(value, "value") if known is None else known
    if number not in (-1, 0, 1):
        raise ValueError(f"value is {shown(value)}, not 1, 0 or -1")
    return number
