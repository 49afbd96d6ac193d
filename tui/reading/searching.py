"""Search in a place: its communities, profiles and norms, its members, and its posts."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Literal

from personas.errors import InputError
from simulator.graph.kept import ABOUT, GRAPH, KeptGraph
from simulator.journal import JOURNAL
from tui.reading.communities import (
    CommunityView,
    NormView,
    PostView,
    SentenceView,
    community_view,
    read_communities,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tui.reading.communities import CommunitiesView

__all__ = ["Found", "Hit", "search"]

MOST = 50
"""Of each kind; who gets as many wants another word."""
Kind = Literal["community", "sentence", "norm", "member", "post"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """Something that was found.

    Args:
        where: the community that it belongs to. ``text``: what is listed.
        member: the member's name; empty for other kinds.
        thing: the sentence, norm or post in full; None for a community and a member.
    """

    kind: Kind
    where: str
    text: str
    member: str = ""
    thing: SentenceView | NormView | PostView | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """What was found of a text, and what could not be searched."""

    text: str
    hits: tuple[Hit, ...] = ()
    notes: tuple[str, ...] = ()


def search(folder: Path, text: str, *, most: int = MOST) -> Found:
    """Return where a text occurs, in any case, in the corpus or the run in ``folder``; nothing for an empty text.

    Raises:
        InputError: the folder has neither, or is damaged.
    """
    wanted = text.strip()
    if not wanted:
        return Found(text=text)
    view = read_communities(folder)
    hits: list[Hit] = list(_said(folder, view, wanted, most))
    notes: list[str] = []
    corpus = view.provenance.folder
    for what, look in (("members", _members), ("posts", _posts)):
        try:
            hits += look(corpus, wanted, most)
        except InputError as error:
            notes.append(f"{what} were not searched: {error}")
    return Found(text=text, hits=tuple(hits), notes=tuple(notes))


def _said(folder: Path, view: CommunitiesView, wanted: str, most: int) -> Iterator[Hit]:
    """Yield communities, then the sentences of profiles, then norms, each at most so often."""
    communities = _candidates(folder, view, wanted, most)
    low = wanted.casefold()
    for each in (_named, _sentences, _norms):
        hits = (hit for community in communities for words, hit in each(community) if low in words.casefold())
        yield from islice(hits, most)


def _candidates(folder: Path, view: CommunitiesView, wanted: str, most: int) -> tuple[CommunityView, ...]:
    """Return in full the communities in which the text may occur."""
    kept = not (folder / JOURNAL).is_file() and (folder / GRAPH / ABOUT).is_file()
    if not kept or view.missing:
        return view.communities
    with KeptGraph.open(folder) as graph:
        found = graph.find_described(wanted, most=most)
    return tuple(
        community_view(name, body) if body else CommunityView(name=name, title="", members=0, norms=0)
        for _, name, body in found
    )


def _named(community: CommunityView) -> Iterator[tuple[str, Hit]]:
    title = f"{community.name} · {community.title}" if community.title else community.name
    yield title, Hit(kind="community", where=community.name, text=title)


def _sentences(community: CommunityView) -> Iterator[tuple[str, Hit]]:
    for sentence in community.sentences:
        hit = Hit(
            kind="sentence",
            where=community.name,
            text=f"{sentence.facet}: {sentence.text}",
            thing=sentence,
        )
        yield sentence.text, hit


def _norms(community: CommunityView) -> Iterator[tuple[str, Hit]]:
    for norm in {norm.post: norm for norm in (*community.strongest, *community.contested)}.values():
        text = f"{norm.title} — {norm.text}" if norm.title else norm.text
        yield text, Hit(kind="norm", where=community.name, text=text, thing=norm)


def _members(corpus: Path, wanted: str, most: int) -> list[Hit]:
    with KeptGraph.open(corpus) as kept:
        names = {entry.number: entry.name for entry in kept.communities()}
        found = {entry.member: entry for entry in reversed(kept.find(wanted, most=most))}
    return [
        Hit(
            kind="member",
            where=names.get(entry.community, ""),
            text=f"{entry.member} · about {entry.topics}" if entry.topics else entry.member,
            member=entry.member,
        )
        for entry in reversed(found.values())
    ]


def _posts(corpus: Path, wanted: str, most: int) -> list[Hit]:
    import duckdb

    from personas.corpus import Corpus

    try:
        with Corpus.open(corpus) as source:
            rows = source.rows(
                """SELECT post, community, kind, title, text, created::VARCHAR AS created FROM posts
                   WHERE contains(lower(text), lower(?)) OR contains(lower(title), lower(?)) LIMIT ?""",
                *(wanted, wanted, most),
            )
    except duckdb.Error as error:
        raise InputError(f"its posts cannot be read: {error}", where=str(corpus)) from error
    return [
        Hit(
            kind="post",
            where=str(row["community"]),
            text=f"{row['title']} — {_around(str(row['text'] or ''), wanted)}"
            if row["title"]
            else _around(str(row["text"] or ""), wanted),
            thing=PostView(
                post=row["post"],
                kind=str(row["kind"]),
                title=str(row["title"] or ""),
                text=str(row["text"] or ""),
                created=str(row["created"] or "")[:10],
            ),
        )
        for row in rows
    ]


def _around(text: str, wanted: str) -> str:
    """Return what stands around the first occurrence, so that a list shows it."""
    place = text.casefold().find(wanted.casefold())
    start = max(0, place - 30)
    return f"{'…' if start else ''}{text[start : start + 300]}"
