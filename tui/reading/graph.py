"""What is drawn of a community graph: communities as nodes, one's own members, or a member's surroundings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from rich.cells import cell_len

from personas.errors import InputError
from simulator.graph.kept import KeptGraph, Layer
from tui.plaintext import clipped, count, one_line
from tui.reading.communities import source_of
from tui.reading.layout import spread
from tui.widgets.paged import Paged

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from simulator.graph.kept import KeptCommunity, KeptMember, Part, Tie
    from tui.reading.provenance import Provenance

    Edges = tuple[tuple[int, int, float], ...]

__all__ = ["GraphView", "Level", "Node", "Picture", "read_graph"]

Kind = Literal["communities", "community", "member"]
LAYERS: tuple[Layer, ...] = ("bond", "identity")
MOST_COMMUNITIES, MOST_MEMBERS, MOST_NEAR = 400, 60, 40
MOST_TIES = 500
"""Ties of each layer that are drawn: more would be a blot, and would hold up the interface."""
TIES = "the strongest ties, and all of the marked one"
PAGE = 200
LABEL, SHORT = 22, 7


@dataclass(frozen=True, slots=True)
class Level:
    """What one looks at: all communities, one of them by its name, or one member by its name."""

    kind: Kind = "communities"
    name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Node:
    """A node as it is drawn and told of.

    Args:
        name: its whole name. ``label``: as much of it as is drawn.
        size: in (0, 1], the largest has 1.
        told: what is known of it, in one line.
        community: the name of the community that a member stands in.
    """

    name: str
    label: str
    size: float
    told: str
    community: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Picture:
    """Nodes with their places in [0, 1]², and the ties between them as (from, to, strength), the strongest first.

    ``most`` ties of each layer are drawn; those of the marked node are drawn all.
    """

    nodes: tuple[Node, ...] = ()
    places: NDArray[np.float32]
    bond: Edges = ()
    identity: Edges = ()
    most: int = MOST_TIES


@dataclass(frozen=True, kw_only=True, slots=True)
class GraphView:
    """A picture, and the rows of the list beside it.

    Args:
        rows: what is listed, its name first, in the order of the nodes of the picture and then the others; those of
            a community's members are read as they are looked at.
        told: what is in the picture, in words. ``notes``: how each layer was built.
        missing: why there is no graph, and what to do; empty where there is one.
    """

    provenance: Provenance
    level: Level
    picture: Picture
    rows: Sequence[tuple[str, ...]] = ()
    told: str = ""
    notes: tuple[tuple[str, str], ...] = ()
    ties: tuple[int, int] = (0, 0)
    missing: str = ""


def _first(layers: frozenset[Layer], ties: tuple[int, int]) -> Layer:
    """Return the layer by which members are ordered, given the numbers of bond and of identity ties there are."""
    bond = "bond" in layers and (ties[0] > 0 or "identity" not in layers)
    return "bond" if bond else "identity"


def read_graph(folder: Path, level: Level, layers: frozenset[Layer]) -> GraphView:
    """Read what is drawn of the graph of a corpus, or of the corpus that a run simulates.

    Raises:
        InputError: the folder has neither, or the graph is damaged.
    """
    provenance = source_of(folder)
    corpus = provenance.folder
    try:
        kept = KeptGraph.open(corpus)
    except InputError as error:
        return GraphView(provenance=provenance, level=level, picture=_picture((), {}, {}), missing=str(error))
    with kept:
        ties = (int(kept.about["ties"]["bond"]), int(kept.about["ties"]["identity"]))
        notes = tuple((layer, str(kept.about["notes"].get(layer, ""))) for layer in LAYERS)
        first = _first(layers, ties)
        if level.kind == "communities":
            picture, rows, told = _communities(kept)
        elif level.kind == "community":
            picture, rows, told = _community(kept, corpus, level.name, first)
        else:
            picture, rows, told = _member(kept, level.name, first if len(layers) == 1 else None)
    return GraphView(
        provenance=provenance,
        level=level,
        picture=picture,
        rows=rows,
        told=told,
        notes=notes,
        ties=ties,
    )


def _cells(entry: KeptMember) -> tuple[str, ...]:
    return (
        entry.member,
        entry.topics,
        f"{entry.bond_ties + entry.identity_ties:,}",
        f"{entry.bond:,.1f}" if entry.bond_ties else "–",
        f"{entry.identity:,.1f}" if entry.identity_ties else "–",
    )


def _numbered(communities: Sequence[KeptCommunity], name: str) -> KeptCommunity:
    for entry in communities:
        if entry.name == name:
            return entry
    raise InputError(
        f"the graph has no community {name!r}", remedy="map the corpus with the same choice of communities"
    )


Drawn = tuple[Picture, "Sequence[tuple[str, ...]]", str]


def _communities(kept: KeptGraph) -> Drawn:
    known = sorted(kept.communities(), key=lambda entry: (-entry.members, entry.number))
    drawn = known[:MOST_COMMUNITIES]
    place = {entry.number: number for number, entry in enumerate(drawn)}
    largest = max((entry.members for entry in drawn), default=0) or 1
    nodes = tuple(
        Node(
            name=entry.name,
            label=_label(entry.name),
            size=max(0.02, entry.members / largest),
            told=_told_community(entry),
        )
        for entry in drawn
    )
    edges = {
        layer: tuple(
            (place[tie.a], place[tie.b], tie.strength)
            for tie in kept.between(layer)
            if tie.a in place and tie.b in place
        )
        for layer in LAYERS
    }
    rows = tuple(
        (entry.name, f"{entry.members:,}", _score(entry.bond), _score(entry.identity)) for entry in known
    )
    outside = int(kept.about["outside"])
    told = " · ".join(
        part
        for part in (
            f"{len(drawn):,} largest of {len(known):,} communities"
            if len(drawn) < len(known)
            else count(len(known), "community", "communities"),
            f"{kept.about['members']:,} members",
            f"{outside:,} in none" if outside else "",
        )
        if part
    )
    return _picture(nodes, edges, {}), rows, told


def _community(kept: KeptGraph, corpus: Path, name: str, first: Layer) -> Drawn:
    community = _numbered(kept.communities(), name)
    part = kept.core(community.number, first, most=MOST_MEMBERS)
    nodes = _members(part, {community.number: name}, first)
    stays = KeptGraph.open(corpus)  # as long as the list does

    def fetch(start: int, count: int) -> tuple[KeptMember, ...]:
        return stays.members(community.number, first=start, count=count, order=first)

    rows = Paged(part.total, fetch, _cells, page=PAGE)
    if part.total:
        rows.load(0)
    told = f"{len(nodes):,} most tied of {count(part.total, 'member')}, by {first} ties within; {TIES}"
    if len(nodes) == part.total:
        told = f"all {count(part.total, 'member')}, most {first} ties first; {TIES}"
    return _picture(nodes, _edges(part), {}), rows, told


def _member(kept: KeptGraph, name: str, layer: Layer | None) -> Drawn:
    centre = kept.find_member(name)
    if centre is None:
        raise InputError(f"the graph has no member {name!r}", remedy="map the corpus again")
    part = kept.around(centre.node, layer, most=MOST_NEAR)
    names = {entry.number: entry.name for entry in kept.communities()}
    nodes = _members(part, names, layer or "bond")
    edges = _edges(part)
    by_kind = {kind: {b if a == 0 else a: s for a, b, s in edges[kind] if 0 in (a, b)} for kind in LAYERS}
    rows = tuple(
        (
            node.name if number else "◆ this one",
            node.community,
            *(f"{by_kind[kind][number]:.2f}" if number in by_kind[kind] else "–" for kind in LAYERS),
        )
        for number, node in enumerate(nodes)
    )
    others = part.total - 1
    told = f"{len(nodes) - 1:,} most tied of {others:,} that it is tied to"
    if len(nodes) == part.total:
        told = f"all {others:,} that it is tied to"
    if others == 0:
        told = "it has no tie to anybody"
    return _picture(nodes, edges, {0: (0.5, 0.5)}), rows, told


def _members(part: Part, names: dict[int, str], first: Layer) -> tuple[Node, ...]:
    weight = [entry.bond if first == "bond" else entry.identity for entry in part.members]
    most = max(weight, default=0) or 1
    return tuple(
        Node(
            name=entry.member,
            label=one_line(entry.member, limit=SHORT).rstrip("…"),
            size=max(0.05, own / most),
            told=_told_member(entry, names.get(entry.community, "")),
            community=names.get(entry.community, ""),
        )
        for entry, own in zip(part.members, weight, strict=True)
    )


def _edges(part: Part) -> dict[Layer, Edges]:
    place = {entry.node: number for number, entry in enumerate(part.members)}

    def of(layer: Layer) -> Edges:
        return tuple((place[tie.a], place[tie.b], _strength(tie)) for tie in part.ties if tie.layer == layer)

    return {layer: of(layer) for layer in LAYERS}


def _strength(tie: Tie) -> float:
    """Return an identity tie's similarity, or what both directions of a bond tie weigh."""
    return tie.weight if tie.layer == "identity" else tie.strength


def _picture(
    nodes: tuple[Node, ...], edges: dict[Layer, Edges], fixed: dict[int, tuple[float, float]]
) -> Picture:
    drawn: dict[Layer, Edges] = {layer: edges.get(layer, ())[:MOST_TIES] for layer in LAYERS}
    most = {layer: found[0][2] if found else 1.0 for layer, found in drawn.items()}
    pulling = [(a, b, weight / most[layer]) for layer in LAYERS for a, b, weight in drawn[layer]]
    places = spread(len(nodes), pulling)
    for number, place in fixed.items():
        if len(nodes) > 1:
            places = _moved(places, number, place)
    return Picture(
        nodes=nodes,
        places=places,
        bond=drawn["bond"],
        identity=drawn["identity"],
        most=min(MOST_TIES, max(12, 2 * len(nodes))),
    )


def _moved(places: NDArray[np.float32], number: int, place: tuple[float, float]) -> NDArray[np.float32]:
    """Return the places moved and scaled so that one node stands where it should and all others in sight."""
    import numpy as np

    off = places - places[number]
    far = np.maximum(np.abs(off).max(axis=0), 1e-6)
    moved: NDArray[np.float32] = (np.array(place) + off / far * 0.5).astype(np.float32)
    return moved


def _label(name: str) -> str:
    """Return a name as it is drawn: of a long one the beginning and the end, in which found groups differ."""
    text = one_line(name, limit=200)
    if cell_len(text) <= LABEL:
        return text
    end = text[-4:]
    return f"{clipped(text[:-4], LABEL - cell_len(end))}{end}"


def _score(score: float | None) -> str:
    return "–" if score is None else f"{score:.2f}"


def _told_community(entry: KeptCommunity) -> str:
    parts = (
        entry.title,
        count(entry.members, "member"),
        f"bond cohesion {_score(entry.bond)}",
        f"identity cohesion {_score(entry.identity)}",
        f"its members write most about {entry.topics}, here or elsewhere" if entry.topics else "",
    )
    return one_line(" · ".join(part for part in parts if part))


def _told_member(entry: KeptMember, community: str) -> str:
    parts = (
        f"in {community}" if community else "in no community",
        f"group {entry.group}" if entry.group else "",
        f"bond ties to {entry.bond_ties:,} there",
        f"identity ties to {entry.identity_ties:,}",
        f"writes about {entry.topics}" if entry.topics else "",
    )
    return one_line(" · ".join(part for part in parts if part))
