"""Reddit: submissions and comments of Pushshift and Arctic Shift as JSON Lines, and the top posts of 2013 as CSV.

The CSV names no author, and its ``ups`` and ``downs`` were fuzzed by Reddit: they are never read.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Literal

from personas.errors import InputError
from personas.sources.fields import moment, needed, shown, whole, word
from personas.sources.folders import bare_name, expand, files_in
from personas.sources.lines import csv_dicts, csv_header, first_line, json_objects
from personas.sources.masking import mask_addresses, mask_usernames
from personas.sources.plaintext import plain, unescape
from personas.sources.records import (
    BrokenRecord,
    CommunityRecord,
    PostRecord,
    Progress,
    Record,
    Where,
    no_progress,
)
from personas.sources.streams import DEFAULT_LIMITS, Limits, verify

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

__all__ = ["Reddit"]

_SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".gz", ".bz2", ".zst")
_EXPECTED = "JSON Lines or CSV of Reddit (.jsonl, .ndjson, .csv, plain or .gz, .bz2, .zst)"
_GONE = ("[removed]", "[deleted]", "[removed by reddit]", "[deleted by user]")
_COLUMNS = ("id", "title", "score", "created_utc")


class Reddit:
    """Reads files, or folders of files, told apart by their content.

    What has a title is a submission (``t3_...``), what has a body a comment (``t1_...``). The subreddit is
    the community; where a CSV has no such column, it is the file's name. Entities are decoded, ``u/name``
    and e-mail addresses masked; the text stays Markdown. Only a net score is published.

    Args:
        limits: how much a file may unpack to.

    ``skipped`` counts what the last ``read`` left out, by reason: what its author or a moderator has
    removed, and posts to profiles (``u_name``), where the community's name would be a member's.
    """

    name = "reddit"
    version = "1"
    licence = "unknown"
    ballot: Literal["endorsement", "agreement", "choice"] = "endorsement"

    def __init__(self, *, limits: Limits = DEFAULT_LIMITS) -> None:
        self._limits = limits
        self.skipped: Counter[str] = Counter()

    def check(self, paths: Sequence[Path]) -> None:
        """Look at the first record of every file, and unpack archives to their end.

        Raises:
            InputError: a path is missing, empty, of another format, cut off or hostile.
        """
        for path in _files(paths):
            if not _is_json(path, self._limits):
                header = csv_header(path, limits=self._limits)
                if missing := [name for name in _COLUMNS if name not in header]:
                    raise InputError(
                        f"it lacks the columns {missing}; it has {shown(header)}",
                        where=str(path),
                        remedy="give a dump of Reddit, or use the table reader",
                    )
            else:
                self._check_objects(path)
            verify(path, limits=self._limits)

    def _check_objects(self, path: Path) -> None:
        """Refuse a file of which no record among the first hundred is one of Reddit."""
        problem = "it has no record"
        for tried, item in enumerate(json_objects(path, limits=self._limits)):
            if isinstance(item, BrokenRecord):
                problem = f"line {item.where.line}: {item.problem}"
            elif "title" in item[1] or "body" in item[1]:
                return
            else:
                problem = "its objects have neither a title nor a body"
            if tried >= 99:
                break
        raise InputError(problem, where=str(path), remedy="give a dump of Reddit, or use the table reader")

    def read(self, paths: Sequence[Path], *, progress: Progress = no_progress) -> Iterator[Record]:
        """Yield the records, file by file; a subreddit's community before its first post.

        Raises:
            InputError: as ``check``, when a file is broken there.
        """
        self.skipped = Counter()
        seen: set[str] = set()
        for path in _files(paths):
            subreddit = bare_name(path).split(".", 1)[0]
            as_json = _is_json(path, self._limits)
            rows = (json_objects if as_json else csv_dicts)(path, limits=self._limits, progress=progress)
            for item in rows:
                found = (
                    item if isinstance(item, BrokenRecord) else _record(*item, "" if as_json else subreddit)
                )
                if isinstance(found, str):
                    self.skipped[found] += 1
                    continue
                if isinstance(found, PostRecord) and found.community not in seen:
                    seen.add(found.community)
                    yield CommunityRecord(
                        community=found.community, title=f"r/{found.community}", where=found.where
                    )
                yield found


def _record(where: Where, row: Mapping[str, Any], subreddit: str) -> PostRecord | BrokenRecord | str:
    """Return the post, what is wrong with it, or why it is left out."""
    try:
        community = word(row.get("subreddit") or subreddit or needed(row, "subreddit"), "subreddit")
        if community.lower().startswith("u_"):
            return "post: to a member's profile"
        if row.get("body") is not None:
            return _comment(where, row, community)
        if row.get("title") is not None:
            return _submission(where, row, community)
    except ValueError as error:
        return BrokenRecord(where=where, problem=str(error))
    return BrokenRecord(where=where, problem="it has neither a title nor a body")


def _submission(where: Where, row: Mapping[str, Any], community: str) -> PostRecord | str:
    text, title = _text(row.get("selftext"), "selftext"), _text(row["title"], "title")
    if text.lower() in _GONE or title.lower() in _GONE:
        return "submission: removed"
    post = _full_name(needed(row, "id"), "t3")
    flair = row.get("link_flair_text")
    return PostRecord(
        post=post,
        community=community,
        author=_author(row),
        thread=post,
        kind="submission",
        title=title,
        text=text,
        tags=(_text(flair, "link_flair_text"),) if flair else (),
        created=_created(row),
        score=_score(row),
        where=where,
    )


def _comment(where: Where, row: Mapping[str, Any], community: str) -> PostRecord | str:
    text = _text(row["body"], "body")
    if text.lower() in _GONE:
        return "comment: removed"
    thread = _full_name(needed(row, "link_id"), "t3")
    return PostRecord(
        post=_full_name(needed(row, "id"), "t1"),
        community=community,
        author=_author(row),
        parent=_parent(row.get("parent_id") or thread),
        thread=thread,
        kind="comment",
        text=text,
        created=_created(row),
        score=_score(row),
        where=where,
    )


def _text(value: object, name: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ValueError(f"{name} is {shown(value)}, no text")
    return mask_usernames(mask_addresses(plain(unescape(value)))).strip()


def _full_name(value: object, kind: str) -> str:
    """Return the identity with the prefix that says what it is: ``t3_`` a submission, ``t1_`` a comment."""
    text = word(value, "id").removeprefix(f"{kind}_")
    if not (text.isascii() and text.isalnum()):
        raise ValueError(f"the id is {shown(value)}, none of Reddit")
    return f"{kind}_{text}"


def _parent(value: object) -> str:
    if not isinstance(value, str) or value[:3] not in {"t1_", "t3_"}:
        raise ValueError(f"parent_id is {shown(value)}, which should begin with t1_ or t3_")
    return _full_name(value, value[:2])


def _author(row: Mapping[str, Any]) -> str | None:
    author = row.get("author")
    return None if not author or author in _GONE else word(author, "author")


def _created(row: Mapping[str, Any]) -> datetime | None:
    value = row.get("created_utc")
    return None if value is None or value == "" else moment(value, "created_utc")


def _score(row: Mapping[str, Any]) -> int | None:
    value = row.get("score")
    return None if value is None or value == "" else whole(value, "score")


def _is_json(path: Path, limits: Limits) -> bool:
    line = first_line(path, limits=limits)
    if line.startswith("["):
        raise InputError(
            "it is one JSON array", where=str(path), remedy="write one object a line (jq -c '.[]')"
        )
    if line.startswith("<"):
        raise InputError("it is XML or HTML", where=str(path), remedy=f"give {_EXPECTED}")
    return line.startswith("{")


def _files(paths: Sequence[Path]) -> list[Path]:
    found: dict[Path, Path] = {}
    for path in expand(paths):
        wanted = [path] if path.is_file() else files_in(path, _is_dump, expected=_EXPECTED)
        for file in wanted:
            found.setdefault(file.resolve(), file)
    return list(found.values())


def _is_dump(path: Path) -> bool:
    return path.suffix.lower() in _SUFFIXES
