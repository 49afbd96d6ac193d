"""What a simulation takes from its corpus: the graph, the communities, their cohesion, norms and profiles."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from scipy.sparse import csr_matrix

from personas.community import Community, Membership, Profile
from personas.errors import InputError
from personas.language import MULTILINGUAL_MODEL
from personas.norm_files import cached_norms
from personas.norms import NormStore, build_norms
from personas.population import draw_panel, nobody
from personas.profiling import profile_communities
from personas.seeds import derived_seed
from simulator.deliberate import susceptibility
from simulator.graph.build import build_graph
from simulator.graph.cohesion import Cohesion, cohesions
from simulator.graph.layers import CommunityGraph
from simulator.graph.partition import partition
from simulator.room import NOBODY, Room
from simulator.sharpness import Sharpness, choose_sharpness

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from personas.corpus import Corpus
    from personas.embedding import Embedder
    from personas.persona import Panel
    from simulator.settings import Settings

__all__ = ["CorpusSetting", "Place", "Setting", "map_communities"]


@dataclass(frozen=True, kw_only=True)
class Setting(ABC):
    """The communities of a place, with all that a simulation needs to know of them.

    Args:
        membership: the communities that are simulated.
        cohesion: both scores, by community. ``profiles``: what is known of it. ``stores``: its norms.
        sharpness: how fast a norm's weight falls with distance here.
        warnings: what a user must know before trusting a result.
    """

    membership: Membership
    cohesion: Mapping[str, Cohesion]
    profiles: Mapping[str, Profile]
    stores: Mapping[str, NormStore]
    sharpness: Sharpness
    warnings: tuple[str, ...] = ()

    @abstractmethod
    def panel(self, community: str, settings: Settings) -> Panel:
        """Draw the panel of a community."""

    @abstractmethod
    def ties(self, panel: Panel) -> NDArray[np.float64]:
        """Return the (p, p) bond weights among the members that a panel's personas are modelled on."""

    def room(self, community: str, settings: Settings) -> Room:
        """Return the panel of a community with its norms, its ties and how far it follows them.

        The room of ``NOBODY`` has a panel of whom nothing is known, and neither norms nor a profile.
        """
        if community == NOBODY:
            return _empty_room(settings, next(iter(self.stores.values()), None))
        panel = self.panel(community, settings)
        scores = self.cohesion[community]
        return Room(
            panel=panel,
            store=self.stores[community],
            ties=self.ties(panel),
            susceptibility=susceptibility(identity=scores.identity, bond=scores.bond),
            title=self.membership[community].title,
            profile=self.profiles[community],
        )


@dataclass(frozen=True, kw_only=True)
class CorpusSetting(Setting):
    """The communities of a corpus.

    Args:
        corpus: what it was built from, and nothing else.
        graph: identity and bond ties between all members.
        groups: the communities found within the given ones; panels are stratified by them.
    """

    corpus: Corpus
    graph: CommunityGraph
    groups: Membership

    def panel(self, community: str, settings: Settings) -> Panel:
        """Draw the panel of a community."""
        return draw_panel(
            self.corpus,
            self.membership[community],
            size=settings.panel,
            seed=settings.seed,
            groups=self._groups_within.get(community, {}),
        )

    def ties(self, panel: Panel) -> NDArray[np.float64]:
        """Return the (p, p) bond weights among the members that a panel's personas are modelled on."""
        rows = [self._place.get(persona.member, -1) for persona in panel.personas]
        known = np.array([number >= 0 for number in rows])
        ties = np.zeros((len(rows), len(rows)))
        if known.any():
            there = np.array(rows)[known]
            ties[np.ix_(known, known)] = self.graph.bond[there][:, there].toarray()
        np.fill_diagonal(ties, 0)
        return ties

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


@runtime_checkable
class Place(Protocol):
    """Where a simulation can take place besides a corpus, such as a benchmark.

    ``folder`` is where it lies, ``content`` a hash of all that is in it; ``manifest`` has a ``title``, a
    ``source``, a ``licence``, and says whether it is ``fictional``.
    """

    folder: Path
    manifest: Any

    @property
    def content(self) -> str:
        """A hash of all that is in it."""
        ...

    def setting(self, settings: Settings, embedder: Embedder) -> Setting:
        """Return its communities, with all that a simulation needs to know of them."""
        ...


def map_communities(
    corpus: Corpus,
    settings: Settings,
    embedder: Embedder,
    *,
    profiles: bool = True,
    cache: Path | None = None,
) -> CorpusSetting:
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
    return CorpusSetting(
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


def _empty_room(settings: Settings, like: NormStore | None) -> Room:
    width = 1 if like is None else like.vectors.shape[1]
    store = NormStore(
        community=NOBODY,
        norms=(),
        vectors=np.zeros((0, width), np.float32),
        model="" if like is None else like.model,
    )
    ties = np.zeros((settings.panel, settings.panel))
    return Room(panel=nobody(NOBODY, settings.panel), store=store, ties=ties, susceptibility=0.0)


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
