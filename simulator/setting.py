"""What a simulation takes from its corpus: the graph, the communities, their cohesion, norms and profiles."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from scipy.sparse import csr_matrix

from personas.community import Community, Membership, Profile
from personas.errors import InputError
from personas.language import MULTILINGUAL_MODEL
from personas.norm_files import cached_norms
from personas.norms import NormStore, build_norms
from personas.population import draw_panel
from personas.profiling import profile_communities
from personas.seeds import derived_seed
from simulator.deliberate import susceptibility
from simulator.graph.build import build_graph
from simulator.graph.cohesion import Cohesion, cohesions
from simulator.graph.layers import CommunityGraph
from simulator.graph.partition import partition
from simulator.room import Room
from simulator.sharpness import Sharpness, choose_sharpness

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from personas.corpus import Corpus
    from personas.embedding import Embedder
    from personas.persona import Panel
    from simulator.settings import Settings

__all__ = ["Setting", "map_communities"]


@dataclass(frozen=True, kw_only=True)
class Setting:
    """The communities of a corpus, with all that a simulation needs to know of them.

    Args:
        corpus: what it was built from, and nothing else.
        graph: identity and bond ties between all members.
        membership: the communities that are simulated.
        groups: the communities found within the given ones; panels are stratified by them.
        cohesion: both scores, by community. ``profiles``: what is known of it. ``stores``: its norms.
        sharpness: how fast a norm's weight falls with distance here.
        warnings: what a user must know before trusting a result.
    """

    corpus: Corpus
    graph: CommunityGraph
    membership: Membership
    groups: Membership
    cohesion: Mapping[str, Cohesion]
    profiles: Mapping[str, Profile]
    stores: Mapping[str, NormStore]
    sharpness: Sharpness
    warnings: tuple[str, ...] = ()

    def panel(self, community: str, settings: Settings) -> Panel:
        """Draw the panel of a community."""
        return draw_panel(
            self.corpus,
            self.membership[community],
            size=settings.panel,
            seed=settings.seed,
            groups=self._groups_within.get(community, {}),
        )

    def room(self, community: str, settings: Settings) -> Room:
        """Return the panel of a community with its norms, its ties and how far it follows them."""
        panel = self.panel(community, settings)
        rows = [self._place.get(persona.member, -1) for persona in panel.personas]
        known = np.array([number >= 0 for number in rows])
        ties = np.zeros((len(rows), len(rows)))
        if known.any():
            there = np.array(rows)[known]
            ties[np.ix_(known, known)] = self.graph.bond[there][:, there].toarray()
        np.fill_diagonal(ties, 0)
        scores = self.cohesion[community]
        follows = susceptibility(identity=scores.identity, bond=scores.bond)
        return Room(
            panel=panel,
            store=self.stores[community],
            ties=ties,
            susceptibility=follows,
            title=self.membership[community].title,
            profile=self.profiles[community],
        )

    @cached_property
    def _place(self) -> dict[str, int]:
        return {member: number for number, member in enumerate(self.graph.members)}

    @cached_property
    def _groups_within(self) -> dict[str, dict[str, str]]:
        """The found group of each member, by the given community that it was found in."""
        within: dict[str, dict[str, str]] = {}
        for group in self.groups.communities:
            within.setdefault(group.within, {}).update(dict.fromkeys(group.members, group.name))
        return within


def map_communities(
    corpus: Corpus,
    settings: Settings,
    embedder: Embedder,
    *,
    profiles: bool = True,
    cache: Path | None = None,
) -> Setting:
    """Build the graph, settle who belongs together, and learn each community's cohesion, norms and profile.

    Args:
        profiles: whether to write profiles; without them that part is empty.
        cache: a folder to keep norm stores in, and to find them again; None to build them anew.

    Raises:
        InputError: the corpus has no community, or no member where communities are to be found.
    """
    graph = build_graph(corpus, neighbours=settings.neighbours, seed=settings.seed)
    given = corpus.given()
    if not given.communities:
        raise InputError(
            "the corpus names no community", where=str(corpus.folder), remedy="ingest it with one"
        )
    groups = _found(graph, given, settings)
    found = settings.communities == "found" or (
        settings.communities == "auto" and corpus.manifest.ballot == "agreement"
    )
    if found and not groups.communities:
        raise InputError(
            f"no community of {settings.smallest} members or more was found",
            where=str(corpus.folder),
            remedy="use --communities given, or a smaller --smallest",
        )
    membership = groups if found else given
    prior = {"a0": settings.up_prior, "b0": settings.down_prior}
    stores = (
        build_norms(corpus, membership, embedder, **prior)
        if cache is None
        else cached_norms(corpus, membership, embedder, **prior, cache=cache)
    )
    sharpness = (
        choose_sharpness(stores, keep=settings.keep, seed=settings.seed)
        if settings.sharpness is None
        else Sharpness(value=settings.sharpness, errors={})
    )
    return Setting(
        corpus=corpus,
        graph=graph,
        membership=membership,
        groups=groups,
        cohesion=_cohesion(graph, membership, settings),
        profiles=profile_communities(corpus, stores, embedder)
        if profiles
        else dict.fromkeys(stores, Profile()),
        stores=stores,
        sharpness=sharpness,
        warnings=tuple(_warnings(corpus, membership, embedder, stores)),
    )


def _found(graph: CommunityGraph, given: Membership, settings: Settings) -> Membership:
    """Find communities within each given one, on the ties between its own members."""
    place = {member: number for number, member in enumerate(graph.members)}
    communities: list[Community] = []
    method = ""
    for community in given.communities:
        rows = np.array([place[member] for member in community.members], np.int64)
        if len(rows) < 2 * settings.smallest:
            continue
        parts = partition(
            _within(graph, rows),
            blend=settings.blend,
            seed=derived_seed(settings.seed, "partition", community.name),
            smallest=settings.smallest,
            count=settings.groups,
        )
        method = method or f"{parts.method.capitalize()}, {settings.blend:.0%} identity ties"
        for number, group in enumerate(parts.groups(), start=1):
            members = tuple(graph.members[index] for index in sorted(rows[group]))
            name = f"{community.name}/{number}"
            title = f"{community.title or community.name}, group {number}"
            communities.append(
                Community(name=name, title=title, members=members, origin="found", within=community.name)
            )
    ordered = tuple(sorted(communities, key=lambda community: community.name))
    return Membership(communities=ordered, origin="found", method=method)


def _within(graph: CommunityGraph, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> CommunityGraph:
    return CommunityGraph(
        members=tuple(graph.members[row] for row in rows),
        identity=csr_matrix(graph.identity[rows][:, rows]),
        bond=csr_matrix(graph.bond[rows][:, rows]),
        topics=csr_matrix(graph.topics[rows]),
        topic_names=graph.topic_names,
    )


def _cohesion(graph: CommunityGraph, membership: Membership, settings: Settings) -> dict[str, Cohesion]:
    place = {member: number for number, member in enumerate(graph.members)}
    members = [
        np.array([place[member] for member in community.members], np.int64)
        for community in membership.communities
    ]
    scores = cohesions(graph, members, seed=settings.seed)
    return dict(zip(membership.names, scores, strict=True))


def _warnings(
    corpus: Corpus, membership: Membership, embedder: Embedder, stores: Mapping[str, NormStore]
) -> Sequence[str]:
    foreign = sorted({entry.name for entry in corpus.manifest.communities if not entry.english})
    warnings = []
    if embedder.english and foreign:
        warnings.append(
            f"{', '.join(foreign)}: not in English, and {embedder.name} reads English only; "
            f"use --embedder {MULTILINGUAL_MODEL}"
        )
    without = [name for name in membership.names if not stores[name].norms]
    if without:
        warnings.append(f"{', '.join(without)}: no endorsed post, so every persona there abstains")
    alone = [community.name for community in membership.communities if len(community.members) == 1]
    if alone:
        warnings.append(f"{', '.join(alone)}: one member only, so the whole panel is modelled on one person")
    if len(membership.communities) == 1:
        warnings.append("one community only: nothing can be compared between communities")
    return warnings
