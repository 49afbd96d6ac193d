"""The communities of a run or a corpus: their two cohesion scores, profiles, norms, and the posts behind them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from personas.errors import InputError
from personas.manifest import Manifest
from simulator.graph.kept import ABOUT, GRAPH, KeptGraph
from simulator.journal import JOURNAL, Journal
from tui.reading.piecemeal import parts_of
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
    "community_view",
    "norm_view",
    "read_communities",
    "read_community",
    "read_posts",
    "read_posts_by",
    "source_of",
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

    ``mirror`` has (trait, share in the community, share in the panel). Of many communities only the scores are
    read at first; ``number`` then says where the rest is, for ``read_community``.
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
    number: int | None = None


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


def source_of(folder: Path) -> Provenance:
    """Return where the figures of the run or the corpus in ``folder`` come from; its ``folder`` is the corpus's.

    Raises:
        InputError: it is neither, or damaged.
    """
    if not (folder / JOURNAL).is_file():
        return provenance_of_corpus(Manifest.load(folder), folder)
    with Journal.read(folder) as journal:
        return provenance_of_run(journal, folder)


def read_communities(folder: Path) -> CommunitiesView:
    """Read the communities of the run or of the corpus in ``folder``.

    Raises:
        InputError: it is neither, or damaged.
    """
    return _of_run(folder) if (folder / JOURNAL).is_file() else _of_corpus(folder)


def read_community(corpus: Path, community: CommunityView) -> CommunityView:
    """Read all that is known of a community of which only the scores were read; any other is returned as it is.

    Raises:
        InputError: what was kept of it is not there any more.
    """
    if community.number is None:
        return community
    with KeptGraph.open(corpus) as kept:
        return community_view(community.name, kept.described(community.number))


def read_posts_by(corpus: Path, member: str, *, most: int = 30) -> tuple[PostView, ...]:
    """Read the last posts that a member of the corpus in a folder wrote, the latest first.

    Raises:
        InputError: the corpus is not there or cannot be read.
    """
    rows = _posts(corpus, "author = ? ORDER BY created DESC NULLS LAST, post LIMIT ?", member, most)
    return tuple(_post(row) for row in rows)


def read_posts(corpus: Path, posts: Sequence[str]) -> tuple[PostView, ...]:
    """Read posts of the corpus in a folder, in the order in which they are named; unknown ones are left out.

    Raises:
        InputError: the corpus is not there or cannot be read.
    """
    rows = _posts(corpus, f"post IN ({','.join('?' * len(posts))})", *posts)
    known = {row["post"]: _post(row) for row in rows}
    return tuple(known[post] for post in posts if post in known)


def _posts(corpus: Path, where: str, *given: object) -> list[dict[str, Any]]:
    import duckdb

    from personas.corpus import Corpus

    try:
        with Corpus.open(corpus) as source:
            return source.rows(
                f"SELECT post, kind, title, text, created::VARCHAR AS created FROM posts WHERE {where}",
                *given,
            )
    except duckdb.Error as error:
        raise InputError(f"its posts cannot be read: {error}", where=str(corpus)) from error


def _post(row: Mapping[str, Any]) -> PostView:
    return PostView(
        post=row["post"],
        kind=str(row["kind"]),
        title=str(row["title"] or ""),
        text=str(row["text"] or ""),
        created=str(row["created"] or "")[:10],
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
            communities=tuple(community_view(name, data) for name, data in known.items()),
            warnings=tuple(journal.fact("warnings") or ()),
            missing="" if known else "The engine has not described the communities yet.",
        )


def _of_corpus(folder: Path) -> CommunitiesView:
    manifest = Manifest.load(folder)
    path = folder / MAP
    if not path.is_file():
        return _unmapped(manifest, folder, NOT_MAPPED)
    if (folder / GRAPH / ABOUT).is_file():
        try:
            return _kept(manifest, folder)
        except InputError as error:
            return _unmapped(manifest, folder, str(error))
    communities = []
    told: dict[str, Any] = {}
    for name, value in parts_of(path.read_text(encoding="utf-8"), "communities"):
        if name[0] == "communities" and len(name) == 2:
            communities.append(community_view(name[1], value))
        else:
            told[name[0]] = value
    return CommunitiesView(
        provenance=provenance_of_corpus(
            manifest, folder, origin=str(told.get("origin", "given")), method=str(told.get("method", ""))
        ),
        communities=tuple(communities),
        warnings=tuple(told.get("warnings", ())),
    )


def _unmapped(manifest: Manifest, folder: Path, missing: str) -> CommunitiesView:
    plain = [
        CommunityView(name=entry.name, title=entry.title, members=entry.members, norms=0)
        for entry in manifest.communities
    ]
    return CommunitiesView(
        provenance=provenance_of_corpus(manifest, folder), communities=tuple(plain), missing=missing
    )


def _kept(manifest: Manifest, folder: Path) -> CommunitiesView:
    """Read the scores of all communities from what is kept of the graph; the rest is read of the marked one."""
    with KeptGraph.open(folder) as kept:
        about = kept.about
        return CommunitiesView(
            provenance=provenance_of_corpus(
                manifest, folder, origin=str(about["origin"]), method=str(about["method"])
            ),
            communities=tuple(
                CommunityView(
                    name=entry.name,
                    title=entry.title,
                    members=entry.members,
                    norms=entry.norms,
                    identity=entry.identity,
                    bond=entry.bond,
                    number=entry.number,
                )
                for entry in kept.communities()
            ),
            warnings=tuple(about["warnings"]),
        )


def community_view(name: str, data: Mapping[str, Any]) -> CommunityView:
    """Return the community that ``Simulation.describe`` described as ``data``."""
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
