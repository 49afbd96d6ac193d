"""Individual votes as one matrix a place: who said yes or no to which claim, ready to be held out and counted.

A place is the community in which the posts stand (a pol.is conversation, a survey): its people answered the same
questions. A question is a statement to agree with, a reply to endorse, or a choice among options; each of its
options, or the statement itself, is a claim.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from personas.errors import InputError
from personas.norms import as_said

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from personas.corpus import Corpus

__all__ = ["LEAST_VOTERS", "PlaceVotes", "VotesRead", "read_votes"]

LEAST_VOTERS = 10
"""Questions that fewer people answered are left out and counted, as everywhere in this package."""
LARGEST = 200_000_000
"""Cells of the largest matrix that is made; each needs about ten bytes at the peak."""

VOTES = """
    SELECT v.voter, min(v.community) AS voters, v.post, CAST(sign(sum(v.value)) AS INTEGER) AS value
    FROM votes v WHERE v.voter IS NOT NULL AND v.value <> 0
    GROUP BY v.voter, v.post HAVING sum(v.value) <> 0 ORDER BY v.voter, v.post"""
CLAIMS = """
    SELECT p.post, p.community AS place, p.thread, p.kind, p.parent, p.text, coalesce(q.title, p.title) AS title
    FROM posts p LEFT JOIN posts q ON q.post = p.parent
    WHERE trim(p.text) <> '' AND p.post IN (SELECT post FROM votes WHERE voter IS NOT NULL AND value <> 0)
    ORDER BY place, p.thread, p.post"""
OPTIONS = """
    SELECT o.post, o.community AS place, o.thread, o.kind, o.parent, o.text, q.title
    FROM posts o JOIN posts q ON q.post = o.parent
    WHERE o.kind = 'option' AND trim(o.text) <> '' ORDER BY place, o.parent, o.post"""


@dataclass(frozen=True, kw_only=True, eq=False)
class PlaceVotes:
    """The votes of one place's P people on its C claims; the claims of one question stand side by side.

    Args:
        place: its name.
        people: (P,) the people's identities.
        claims: (C,) the claims' posts. ``texts``: (C,) what they say.
        question: (C,) the number of each claim's question, from 0, never falling.
        thread: (C,) the number of each claim's thread; what is held out is held out by thread.
        votes: (P, C) 1 for agreed, endorsed or chosen; -1 for disagreed or not chosen; 0 for no answer. Whoever
            answered a question with several claims has one 1 there, and -1 elsewhere.
        given: (P,) the number of the community that the source says each is of; -1 where it says none.
        given_names: the names of those.
    """

    place: str
    people: tuple[str, ...]
    claims: tuple[str, ...]
    texts: tuple[str, ...]
    question: NDArray[np.int64]
    thread: NDArray[np.int64]
    votes: NDArray[np.int8]
    given: NDArray[np.int64]
    given_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.votes.shape != (len(self.people), len(self.claims)):
            raise InputError(
                f"votes of shape {self.votes.shape} of {len(self.people)} people on {len(self.claims)} claims",
                where=self.place,
                remedy="give one row a person and one column a claim",
            )
        if np.any(np.diff(self.question) < 0) or np.any(np.diff(self.question) > 1):
            raise InputError(
                "questions out of order", where=self.place, remedy="number them from 0, in order"
            )

    @property
    def first(self) -> NDArray[np.int64]:
        """(Q,) the first claim of each question."""
        return np.flatnonzero(np.diff(self.question, prepend=-1)).astype(np.int64)

    @property
    def options(self) -> NDArray[np.int64]:
        """(C,) how many answers each claim's question has: two to a claim that stands alone, for yes and no."""
        sizes = np.bincount(self.question)
        return np.where(sizes == 1, 2, sizes)[self.question].astype(np.int64)

    @property
    def alone(self) -> NDArray[np.bool_]:
        """(C,) whether a claim is the only one of its question, so that its rejection is an answer, too."""
        return np.asarray(np.bincount(self.question)[self.question] == 1)


@dataclass(frozen=True, kw_only=True)
class VotesRead:
    """The places of a corpus that have named votes, and how much was left out for which reason."""

    places: tuple[PlaceVotes, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)


def read_votes(corpus: Corpus, *, least_voters: int = LEAST_VOTERS) -> VotesRead:
    """Return the individual votes of a corpus, one matrix a place; passes are no votes.

    Args:
        corpus: of any ballot: agreement with statements, endorsement of replies, or choice between options.
        least_voters: questions that fewer people answered are left out.

    Raises:
        InputError: no vote names its voter, or a place is too large for one matrix.
    """
    if not corpus.scalar("SELECT count(*) FROM votes WHERE voter IS NOT NULL AND value <> 0"):
        raise InputError(
            "no vote names its voter, so nothing can be known of one person",
            where=str(corpus.folder),
            remedy="ingest votes with a voter column (`commonbond ingest table --votes`), or a pol.is export",
        )
    choice = corpus.manifest.ballot == "choice"
    votes = corpus.rows(VOTES)
    left_out: Counter[str] = Counter()
    by_place: dict[str, list[dict[str, Any]]] = {}
    for row in corpus.rows(OPTIONS if choice else CLAIMS):
        by_place.setdefault(row["place"], []).append(row)
    cast: dict[str, list[dict[str, Any]]] = {place: [] for place in by_place}
    homes = {row["post"]: place for place, rows in by_place.items() for row in rows}
    for vote in votes:
        if vote["post"] in homes:
            cast[homes[vote["post"]]].append(vote)
    places = [
        made
        for place, rows in by_place.items()
        if (made := _place(place, rows, cast[place], choice, least_voters, left_out)) is not None
    ]
    return VotesRead(places=tuple(places), left_out=dict(sorted(left_out.items())))


def _place(
    place: str,
    rows: Sequence[Mapping[str, Any]],
    cast: Sequence[Mapping[str, Any]],
    choice: bool,
    least_voters: int,
    left_out: Counter[str],
) -> PlaceVotes | None:
    people = sorted({vote["voter"] for vote in cast})
    if len(people) * len(rows) > LARGEST:
        raise InputError(
            f"{len(people):,} people by {len(rows):,} claims are too many for one matrix",
            where=place,
            remedy="ingest fewer posts, or split the place into communities",
        )
    question = _numbered([row["parent"] if choice else row["post"] for row in rows])
    matrix = _matrix(people, [row["post"] for row in rows], cast)
    if choice:
        matrix = _chosen(matrix, question, left_out)
    kept = _answered(matrix, question, least_voters, left_out)
    if not kept.any():
        return None
    chosen = [rows[number] for number in np.flatnonzero(kept).tolist()]
    given, names = _given(people, cast)
    return PlaceVotes(
        place=place,
        people=tuple(people),
        claims=tuple(row["post"] for row in chosen),
        texts=tuple(as_said(row["title"] or "", row["text"]) for row in chosen),
        question=_numbered(question[kept].tolist()),
        thread=_numbered([row["thread"] for row in chosen]),
        votes=matrix[:, kept],
        given=given,
        given_names=names,
    )


def _matrix(
    people: Sequence[str], posts: Sequence[str], cast: Sequence[Mapping[str, Any]]
) -> NDArray[np.int8]:
    row = {person: number for number, person in enumerate(people)}
    column = {post: number for number, post in enumerate(posts)}
    matrix = np.zeros((len(people), len(posts)), np.int8)
    matrix[[row[vote["voter"]] for vote in cast], [column[vote["post"]] for vote in cast]] = [
        vote["value"] for vote in cast
    ]
    return matrix


def _chosen(
    matrix: NDArray[np.int8], question: NDArray[np.int64], left_out: Counter[str]
) -> NDArray[np.int8]:
    """Return 1 for the option that was chosen and -1 for the others; whoever chose several chose none."""
    starts = np.flatnonzero(np.diff(question, prepend=-1))
    chosen = np.add.reduceat((matrix > 0).astype(np.int16), starts, axis=1)
    if several := int((chosen > 1).sum()):
        left_out["answers that choose several options"] += several
    return np.where((chosen == 1)[:, question], np.where(matrix > 0, 1, -1), 0).astype(np.int8)


def _answered(
    matrix: NDArray[np.int8], question: NDArray[np.int64], least: int, left_out: Counter[str]
) -> NDArray[np.bool_]:
    """Return (C,) whether enough people answered a claim's question, which must leave a choice."""
    enough = np.asarray((matrix != 0).sum(axis=0) >= least)
    if few := np.unique(question[~enough]).size:
        left_out[f"questions that fewer than {least} people answered"] += few
    return enough


def _given(
    people: Sequence[str], cast: Sequence[Mapping[str, Any]]
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    names = sorted({vote["voters"] for vote in cast})
    home = {vote["voter"]: names.index(vote["voters"]) for vote in cast}
    return np.array([home[person] for person in people], np.int64), tuple(names)


def _numbered(names: Sequence[Any]) -> NDArray[np.int64]:
    """Return the number of each name, in the order in which the names come first."""
    numbers = {name: number for number, name in enumerate(dict.fromkeys(names))}
    return np.array([numbers[name] for name in names], np.int64)
