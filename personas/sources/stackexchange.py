"""Stack Exchange dumps: Posts, Comments and Votes of one or more sites, each site a community.

A comment's thread is the post that it stands under, which may be an answer: while streaming, the question
behind an answer is not known. The writer resolves threads through parents.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from personas.errors import InputError
from personas.sources.fields import moment, needed, shown, whole
from personas.sources.folders import bare_name, contents, expand, files_in
from personas.sources.html import html_to_text
from personas.sources.masking import mask_addresses, mask_mentions, mask_profile_links
from personas.sources.plaintext import plain
from personas.sources.records import (
    BrokenRecord,
    CommunityRecord,
    PostKind,
    PostRecord,
    Progress,
    Record,
    VoteRecord,
    Where,
    no_progress,
)
from personas.sources.streams import DEFAULT_LIMITS, Limits
from personas.sources.xmlrows import root_of, xml_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    _Reader = Callable[[str, dict[str, str], Where, set[str]], Record | str]

__all__ = ["StackExchange"]

_TABLES = ("posts", "comments", "votes")
_FILE = re.compile(r"(?:(?P<site>.+)\.)?(?P<table>posts|comments|votes)\.xml", re.IGNORECASE)
_DOMAIN = re.compile(r"(?:\.stackexchange)?\.(?:com|net|org)$", re.IGNORECASE)
_KINDS: dict[str, PostKind] = {"1": "question", "2": "answer"}
_OTHER_POSTS = {
    "3": "wiki",
    "4": "tag excerpt",
    "5": "tag wiki",
    "6": "moderator nomination",
    "7": "wiki placeholder",
    "8": "privilege wiki",
}
_VOTES = {"2": 1, "3": -1}
_EXPECTED = "Posts.xml or <site>.Posts.xml"


@dataclass(frozen=True, slots=True)
class _File:
    site: str
    table: str
    path: Path

    @property
    def label(self) -> str:
        """The file's name, with its folder's if every site's file is called so."""
        generic = bare_name(self.path).lower() in {f"{table}.xml" for table in _TABLES}
        return f"{self.path.resolve().parent.name}/{self.path.name}" if generic else self.path.name


class StackExchange:
    """Reads ``Posts.xml``, and ``Comments.xml`` and ``Votes.xml`` where they are given.

    Paths are files, folders of one site or folders of several, plain or packed. The site is the file's
    prefix (``coffee.Posts.xml``) or its folder (``coffee.stackexchange.com/Posts.xml``), and is the
    community. Posts are ``coffee:12``, comments ``coffee:c3``, members ``coffee:8``; the site's own
    account, -1, is nobody. Scores are the published ones, and with a Votes file each up and down vote is
    there too, anonymous and with its day. Names in profile links, ``@mentions`` and e-mail addresses are
    masked.

    Args:
        limits: how much a file may unpack to.

    ``skipped`` counts what the last ``read`` left out, by reason: posts that are neither question nor
    answer or have no text (a picture alone), comments and votes on these, and votes neither up nor down.
    """

    name = "stackexchange"
    version = "1"
    licence = "CC BY-SA 2.5/3.0/4.0 by date"
    ballot: Literal["endorsement", "agreement", "choice"] = "endorsement"

    def __init__(self, *, limits: Limits = DEFAULT_LIMITS) -> None:
        self._limits = limits
        self.skipped: Counter[str] = Counter()

    def check(self, paths: Sequence[Path]) -> None:
        """Parse every file to its end, without making records of it.

        Raises:
            InputError: a path is missing, empty, no such table, cut off or hostile; a site has no Posts.
        """
        for file in _files(paths, self._limits):
            root = root_of(file.path, limits=self._limits)
            if root != file.table:
                raise InputError(
                    f"its root element is <{root}>, not <{file.table}>",
                    where=str(file.path),
                    remedy="give the files of a Stack Exchange dump",
                )
            rows = sum(1 for _ in xml_rows(file.path, limits=self._limits))
            if not rows and file.table == "posts":
                raise InputError("it has no row", where=str(file.path), remedy="check the download")

    def read(self, paths: Sequence[Path], *, progress: Progress = no_progress) -> Iterator[Record]:
        """Yield the records, site by site: its community, posts, comments, votes.

        Raises:
            InputError: as ``check``, when the file is broken there.
        """
        self.skipped = Counter()
        for file in _files(paths, self._limits):
            if file.table == "posts":
                left_out: set[str] = set()
                yield CommunityRecord(community=file.site, where=Where(file.label, 1))
            records = {"posts": _post, "comments": _comment, "votes": _vote}[file.table]
            yield from self._records(file, records, left_out, progress)

    def _records(
        self, file: _File, record: _Reader, left_out: set[str], progress: Progress
    ) -> Iterator[Record]:
        site, label = file.site, file.label
        for line, row in xml_rows(file.path, limits=self._limits, progress=progress):
            where = Where(label, line)
            try:
                found = record(site, row, where, left_out)
            except ValueError as error:
                yield BrokenRecord(where=where, problem=str(error))
                continue
            if isinstance(found, str):
                self.skipped[found] += 1
            else:
                yield found


def _post(site: str, row: dict[str, str], where: Where, left_out: set[str]) -> Record | str:
    """Return the post, or why it is left out."""
    number = _number(row, "Id")
    type_ = needed(row, "PostTypeId")
    if type_ not in _KINDS:
        left_out.add(number)
        return f"post: {_OTHER_POSTS.get(type_, 'of another type')}"
    post = f"{site}:{number}"
    parent = f"{site}:{_number(row, 'ParentId')}" if type_ == "2" else None
    title = mask_addresses(plain(row.get("Title", ""))).strip()
    text = html_to_text(mask_profile_links(row.get("Body", ""), html=True), prose=_mask)
    if not text and not title:
        left_out.add(number)
        return "post: without text"
    return PostRecord(
        post=post,
        community=site,
        author=_member(site, row.get("OwnerUserId")),
        parent=parent,
        thread=parent or post,
        kind=_KINDS[type_],
        title=title,
        text=text,
        tags=_tags(row.get("Tags", "")),
        created=_created(row),
        score=_score(row),
        where=where,
    )


def _comment(site: str, row: dict[str, str], where: Where, left_out: set[str]) -> Record | str:
    """Return the comment, or why it is left out."""
    on = _number(row, "PostId")
    if on in left_out:
        return "comment: on a post that is left out"
    parent = f"{site}:{on}"
    return PostRecord(
        post=f"{site}:c{_number(row, 'Id')}",
        community=site,
        author=_member(site, row.get("UserId")),
        parent=parent,
        thread=parent,
        kind="comment",
        text=_mask(mask_profile_links(plain(needed(row, "Text")))).strip(),
        created=_created(row),
        score=_score(row),
        where=where,
    )


def _vote(site: str, row: dict[str, str], where: Where, left_out: set[str]) -> Record | str:
    """Return the vote, or why it is left out."""
    value = _VOTES.get(needed(row, "VoteTypeId"))
    if value is None:
        return "vote: neither up nor down"
    on = _number(row, "PostId")
    if on in left_out:
        return "vote: on a post that is left out"
    return VoteRecord(community=site, post=f"{site}:{on}", value=value, created=_created(row), where=where)


def _mask(text: str) -> str:
    return mask_mentions(mask_addresses(text)) if "@" in text else text


def _number(row: dict[str, str], name: str) -> str:
    value: str = needed(row, name)
    if not (value.isascii() and value.isdigit() and len(value) < 19):
        raise ValueError(f"{name} is {shown(value)}, no identity of a post")
    return value


def _member(site: str, user: str | None) -> str | None:
    if not user or user == "-1":
        return None
    if not (user.isascii() and user.isdigit() and len(user) < 19):
        raise ValueError(f"the user is {shown(user)}, no identity of a member")
    return f"{site}:{user}"


def _tags(text: str) -> tuple[str, ...]:
    """Return the tags of ``<a><b>`` or of the newer ``|a|b|``."""
    return tuple(tag for tag in re.split(r"[<>|]+", plain(text)) if tag)


def _created(row: dict[str, str]) -> datetime | None:
    value = row.get("CreationDate")
    return moment(value, "CreationDate") if value else None


def _score(row: dict[str, str]) -> int | None:
    value = row.get("Score")
    return whole(value, "Score") if value else None


def _files(paths: Sequence[Path], limits: Limits) -> list[_File]:
    """Return the files of every site, its posts first."""
    found: dict[tuple[str, int], _File] = {}
    for path in expand(paths):
        named = [path] if path.is_file() else files_in(path, _is_table, expected=_EXPECTED)
        for file in (_as_file(each, limits) for each in named):
            key = (file.site, _TABLES.index(file.table))
            other = found.setdefault(key, file)
            if other.path.resolve() != file.path.resolve():
                raise InputError(
                    f"it gives the {file.table} of the site {file.site!r} a second time, after {other.path}",
                    where=str(file.path),
                    remedy="name one of the two, or put each site into a folder of its name",
                )
    for site in {site for site, _ in found}:
        if (site, 0) not in found:
            file = next(file for key, file in found.items() if key[0] == site)
            raise InputError(
                f"the site {site!r} has {file.path.name} and no Posts; its folder has"
                f" {contents(file.path.resolve().parent)}",
                where=str(file.path),
                remedy=f"name its {_EXPECTED} too",
            )
    return [found[key] for key in sorted(found)]


def _is_table(path: Path) -> bool:
    return _FILE.fullmatch(bare_name(path)) is not None


def _as_file(path: Path, limits: Limits) -> _File:
    name = bare_name(path)
    match = _FILE.fullmatch(name)
    table = match["table"].lower() if match else root_of(path, limits=limits)
    if table not in _TABLES:
        raise InputError(
            f"its root element is <{table}>, none of <posts>, <comments> and <votes>",
            where=str(path),
            remedy="give the files of a Stack Exchange dump",
        )
    site = name.removesuffix(".xml") if match is None else match["site"] or path.resolve().parent.name
    return _File(_DOMAIN.sub("", plain(site)), table, path)
