"""The communities of a run or a corpus: their two cohesion scores, profiles, norms, and the posts behind them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from personas.errors import InputError
from personas.manifest import Manifest
from simulator.journal import JOURNAL, Journal
from tui.reading.provenance import Provenance, provenance_of_corpus, provenance_of_run
from tui.reading.shelf import MAP

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = [
    "CommunitiesView",
    "CommunityView",
    "Measure",
    "NormView",
    "PostView",
    "SentenceView",
    "norm_view",
    "read_communities",
    "read_posts",
]

NOT_MAPPED = "The communities of this corpus have not been looked at yet: no graph, no scores, no profiles."


@dataclass(frozen=True, kw_only=True, slots=True)
class NormView:
    """A norm: what was said, how strongly it was endorsed in (0, 1), and on how many votes or ranks that rests."""

    post: str
    title: str
    text: str
    endorsement: float
    support: int
    basis: str


@dataclass(frozen=True, kw_only=True, slots=True)
class SentenceView:
    """A sentence of a profile, of its identity or its bond part, with the posts that it rests on."""

    part: str
    facet: str
    text: str
    posts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Measure:
    """One of the figures that a cohesion score is made of, beside what chance gives."""

    name: str
    observed: float | None
    chance: float | None
    spread: float | None


@dataclass(frozen=True, kw_only=True, slots=True)
class CommunityView:
    """A community with its two scores, each in [-1, 1], 0 for chance, None for undefined; the notes say why.

    ``mirror`` has (trait, share in the community, share in the panel).
    """

    name: str
    title: str
    members: int
    norms: int
    identity: float | None = None
    bond: float | None = None
    measures: tuple[Measure, ...] = ()
    notes: tuple[str, ...] = ()
    sentences: tuple[SentenceView, ...] = ()
    mirror: tuple[tuple[str, float, float], ...] = ()
    notices: tuple[str, ...] = ()
    strongest: tuple[NormView, ...] = ()
    contested: tuple[NormView, ...] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class CommunitiesView:
    """All communities of a corpus or a run; ``missing`` says what is not known yet, and is empty otherwise."""

    provenance: Provenance
    communities: tuple[CommunityView, ...]
    warnings: tuple[str, ...] = ()
    missing: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class PostView:
    """A post of the corpus, to show what a sentence rests on."""

    post: str
    kind: str
    title: str
    text: str
    created: str


def read_communities(folder: Path) -> CommunitiesView:
    """Read the communities of the run or of the corpus in ``folder``.

    Raises:
        InputError: it is neither, or damaged.
    """
    return _of_run(folder) if (folder / JOURNAL).is_file() else _of_corpus(folder)


def read_posts(corpus: Path, posts: Sequence[str]) -> tuple[PostView, ...]:
    """Read posts of the corpus in a folder, in the order in which they are named; unknown ones are left out.

    Raises:
        InputError: the corpus is not there or cannot be read.
    """
    import duckdb

    from personas.corpus import Corpus

    marks = ",".join("?" * len(posts))
    try:
        with Corpus.open(corpus) as source:
            rows = source.rows(
                f"""SELECT post, kind, title, text, created::VARCHAR AS created FROM posts
                    WHERE post IN ({marks})""",
                *posts,
            )
    except duckdb.Error as error:
        raise InputError(f"its posts cannot be read: {error}", where=str(corpus)) from error
    known = {row["post"]: row for row in rows}
    return tuple(
        PostView(
            post=post,
            kind=str(known[post]["kind"]),
            title=str(known[post]["title"] or ""),
            text=str(known[post]["text"] or ""),
            created=str(known[post]["created"] or "")[:10],
        )
        for post in posts
        if post in known
    )


def norm_view(data: Mapping[str, Any]) -> NormView:
    """Return the norm that ``dataclasses.asdict`` made ``data`` from."""
    return NormView(
        post=str(data["post"]),
        title=str(data["title"]),
        text=str(data["text"]),
        endorsement=float(data["endorsement"]),
        support=int(data["support"]),
        basis=str(data["basis"]),
    )


def _of_run(folder: Path) -> CommunitiesView:
    with Journal.read(folder) as journal:
        known = journal.communities()
        return CommunitiesView(
            provenance=provenance_of_run(journal, folder),
            communities=tuple(_community(name, data) for name, data in known.items()),
            warnings=tuple(journal.fact("warnings") or ()),
            missing="" if known else "The engine has not described the communities yet.",
        )


def _of_corpus(folder: Path) -> CommunitiesView:
    manifest = Manifest.load(folder)
    path = folder / MAP
    if not path.is_file():
        plain = [
            CommunityView(name=entry.name, title=entry.title, members=entry.members, norms=0)
            for entry in manifest.communities
        ]
        return CommunitiesView(
            provenance=provenance_of_corpus(manifest, folder), communities=tuple(plain), missing=NOT_MAPPED
        )
    data = json.loads(path.read_text(encoding="utf-8"))
    return CommunitiesView(
        provenance=provenance_of_corpus(
            manifest, folder, origin=str(data.get("origin", "given")), method=str(data.get("method", ""))
        ),
        communities=tuple(_community(name, body) for name, body in data["communities"].items()),
        warnings=tuple(data.get("warnings", ())),
    )


def _community(name: str, data: Mapping[str, Any]) -> CommunityView:
    cohesion, profile = data["cohesion"], data["profile"]
    return CommunityView(
        name=name,
        title=str(data["title"]),
        members=int(data["members"]),
        norms=int(data["norms"]),
        identity=cohesion["identity"],
        bond=cohesion["bond"],
        measures=tuple(_measures(cohesion)),
        notes=tuple(cohesion["notes"]),
        sentences=tuple(
            SentenceView(part=part, facet=row["facet"], text=row["text"], posts=tuple(row["posts"]))
            for part in ("identity", "bond")
            for row in profile[part]
        ),
        mirror=tuple((trait, shares[0], shares[1]) for trait, shares in data["mirror"].items()),
        notices=tuple(data["notices"]),
        strongest=tuple(norm_view(row) for row in data["strongest"]),
        contested=tuple(norm_view(row) for row in data["contested"]),
    )


def _measures(cohesion: Mapping[str, Any]) -> list[Measure]:
    names = {
        "entropy": "entropy of its topics (bits)",
        "reciprocity": "bond ties that are returned",
        "inside_share": "bond weight that stays inside",
    }
    return [
        Measure(
            name=name,
            observed=cohesion[key],
            chance=cohesion[f"{key}_null"],
            spread=cohesion[f"{key}_null_sd"],
        )
        for key, name in names.items()
    ]
