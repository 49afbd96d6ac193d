"""A corpus without what nobody said: bots, repeated texts, and the marks of what was deleted.

The cleaned corpus is a corpus like any other, written into a folder of the caller's, so that the graph, the
norms, the profiles and the items are all made of it.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from bench.construction.bots import Habits, bots, says_it_is_a_bot
from personas.corpus import Corpus
from personas.errors import InputError
from personas.near import NearTexts, normalised
from personas.norms import as_said
from personas.tables import TABLES, schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from bench.construction.choices import Choices

__all__ = ["Cleaned", "clean", "is_deleted"]

DELETED = "post: deleted or removed by its place"
DECLARED_POST = "post: says that a bot wrote it"
BOT_POST = "post: by a bot"
SAME = "post: the same text as an earlier one"
NEAR = "post: nearly the same text as an earlier one"
BELOW = "post: a reply below something that was left out"
MARKS = frozenset(
    ("[deleted]", "[removed]", "[ removed by reddit ]", "[removed by reddit]", "[deleted by user]")
)
TELLING = 20
"""Characters of a text, normalised, from which on to repeat it tells a bot: people, too, say thanks again."""
SAID = "SELECT post, community, author, parent, kind, title, text, created FROM posts"


@dataclass(frozen=True, kw_only=True)
class Cleaned:
    """A cleaned corpus, and what was left out of it.

    Args:
        corpus: it; to be closed by whoever asked for it.
        left_out: how many posts and members were left out, by reason.
        rows: how many rows of each table are left.
    """

    corpus: Corpus
    left_out: Mapping[str, int] = field(default_factory=dict)
    rows: Mapping[str, int] = field(default_factory=dict)


def clean(corpus: Corpus, folder: Path, choices: Choices) -> Cleaned:
    """Write what people said in ``corpus`` as a corpus of its own into the empty ``folder``.

    Of texts that repeat each other the earliest stays; where nothing is dated, the first by its identity. With
    a post everything below it is left out, and with a bot its posts and its votes. Options of a survey are
    no texts of their own, for "Yes" is an answer to many questions: a question is compared with its options.

    Raises:
        InputError: nothing is left.
    """
    rows = corpus.rows(SAID)
    rows.sort(key=lambda row: (row["created"] is None, row["created"] or 0, row["post"]))
    gone = {row["post"]: DELETED for row in rows if is_deleted(row)}
    marks = [row for row in rows if _is_mark(row["text"])]
    for row in marks:
        row["text"] = ""
    patterned = corpus.manifest.ballot != "endorsement"  # questions of a survey, statements to vote on
    twins, exact = _repeats(rows, gone, choices, patterned=patterned)
    deleted = len(gone)
    habits = _habits(rows, gone, twins)
    robots = bots(habits, least=choices.bot_posts, share=choices.bot_share, hourly=choices.bot_hourly)
    for row in rows:
        post = row["post"]
        if row["author"] in robots:
            gone.setdefault(post, BOT_POST)
        elif says_it_is_a_bot(row["text"]):
            gone.setdefault(post, DECLARED_POST)
    if len(gone) > deleted:  # what a bot said first may have been repeated by somebody
        twins, exact = _repeats(rows, gone, choices, patterned=patterned)
    for post in twins:
        gone.setdefault(post, SAME if post in exact else NEAR)
    _add_below(rows, gone)
    if len(gone) == len(rows):
        raise InputError("nothing is left once it is cleaned", where=str(corpus.folder), remedy="see --alike")
    counts = Counter(gone.values())
    counts.update(robots.values())
    _register(corpus, left_out_posts=gone, left_out_members=robots, marks=[row["post"] for row in marks])
    content = json.dumps([corpus.content, sorted(gone), sorted(robots)])
    return _written(corpus, folder, hashlib.sha256(content.encode()).hexdigest(), counts)


def is_deleted(row: Mapping[str, Any]) -> bool:
    """Return whether a post is but the mark that a place leaves where one was deleted."""
    parts = [str(row[part] or "") for part in ("title", "text")]
    return any(map(_is_mark, parts)) and all(_is_mark(part) or not part.strip() for part in parts)


def _is_mark(text: str) -> bool:
    return text.strip().casefold() in MARKS


def _repeats(
    rows: Iterable[Mapping[str, Any]], gone: Mapping[str, str], choices: Choices, *, patterned: bool
) -> tuple[dict[str, str], set[str]]:
    """Return, for each post that repeats an earlier one, which one, and those that do so exactly."""
    below: dict[str, list[str]] = {}
    rows = list(rows)
    for row in rows:
        if row["kind"] == "option":
            below.setdefault(row["parent"], []).append(row["text"])
    texts = NearTexts(threshold=choices.alike, patterned=patterned)
    twins: dict[str, str] = {}
    exact: set[str] = set()
    for row in rows:
        said = "\n".join([as_said(row["title"] or "", row["text"]), *sorted(below.get(row["post"], ()))])
        if row["kind"] == "option" or row["post"] in gone or not said.strip():
            continue
        twin = texts.add(row["post"], said)
        if twin is not None:
            twins[row["post"]] = twin.name
            if twin.exact:
                exact.add(row["post"])
    return twins, exact


def _habits(
    rows: Iterable[Mapping[str, Any]], gone: Mapping[str, str], twins: Mapping[str, str]
) -> dict[str, Habits]:
    habits: dict[str, Habits] = {}
    for row in rows:
        if row["author"] is None or row["kind"] == "option" or row["post"] in gone:
            continue
        habit = habits.setdefault(row["author"], Habits())
        habit.posts += 1
        habit.declared += says_it_is_a_bot(row["text"])
        if len(normalised(row["text"])) >= TELLING:
            habit.copies[twins.get(row["post"], row["post"])] += 1
        if row["created"] is not None:
            habit.moments.append(row["created"])
    return habits


def _add_below(rows: Iterable[Mapping[str, Any]], gone: dict[str, str]) -> None:
    replies: dict[str, list[str]] = {}
    for row in rows:
        if row["parent"] is not None:
            replies.setdefault(row["parent"], []).append(row["post"])
    waiting = list(gone)
    while waiting:
        for reply in replies.get(waiting.pop(), ()):
            if reply not in gone:
                gone[reply] = BELOW
                waiting.append(reply)


def _register(corpus: Corpus, **names: Iterable[str]) -> None:
    import pyarrow as pa

    for table, values in names.items():
        column = "member" if table == "left_out_members" else "post"
        corpus.register(table, pa.table({column: pa.array(sorted(values), pa.string())}))


def _written(corpus: Corpus, folder: Path, content: str, counts: Counter[str]) -> Cleaned:
    import pyarrow.parquet as pq

    files, left = {}, {}
    for table in TABLES:
        rows = corpus.query(_KEPT[table]).select(schema(table).names).cast(schema(table))
        path = folder / f"{table}.parquet"
        pq.write_table(rows, path)
        files[path.name] = hashlib.sha256(path.read_bytes()).hexdigest()
        left[table] = rows.num_rows
    manifest = replace(corpus.manifest, files=files, content=content)
    return Cleaned(corpus=Corpus(folder, manifest), left_out=dict(sorted(counts.items())), rows=left)


_KEPT = {
    "members": "SELECT * FROM members ANTI JOIN left_out_members USING (member) ORDER BY community, member",
    "posts": """SELECT * REPLACE (CASE WHEN post IN (SELECT post FROM marks) THEN '' ELSE text END AS text)
                FROM posts ANTI JOIN left_out_posts USING (post)
                ORDER BY community, thread, created NULLS FIRST, post""",
    "votes": """SELECT * FROM votes ANTI JOIN left_out_posts USING (post)
                WHERE voter IS NULL OR voter NOT IN (SELECT member FROM left_out_members)
                ORDER BY community, post, voter, value, created, count""",
}
