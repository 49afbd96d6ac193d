"""What a simulation knows of a benchmark's communities: their profiles, their norms, and who their members are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from personas.community import Community, Membership
from personas.endorsement import rate
from personas.norms import Norm, embedded_norms
from personas.persona import Persona
from personas.population import nobody, systematic
from personas.seeds import derived_rng
from simulator.graph.cohesion import Cohesion
from simulator.setting import Setting
from simulator.sharpness import Sharpness, choose_sharpness

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from numpy.typing import NDArray

    from bench.benchmark.known import KnownCommunity
    from bench.benchmark.reading import Benchmark
    from personas.embedding import Embedder
    from personas.persona import Panel
    from simulator.item import Item, RealVotes
    from simulator.settings import Settings

__all__ = ["BenchmarkSetting", "norms_of_items", "set_up"]

MOST_NORMS = 5_000
"""Norms of one community that are made of training items, at the most: those of the most votes."""


@dataclass(frozen=True, kw_only=True)
class BenchmarkSetting(Setting):
    """The communities of a benchmark; ``known`` is what it tells of each."""

    known: Mapping[str, KnownCommunity]

    def panel(self, community: str, settings: Settings) -> Panel:
        """Draw the panel of a community from what its members are like, or of nobody where nothing is told."""
        people = [
            Persona(persona="", community=community, attributes=attributes)
            for attributes in self.known[community].people
        ]
        if not people:
            return nobody(community, settings.panel)
        rng = derived_rng(settings.seed, "panel", community)
        return systematic(people, community, size=settings.panel, rng=rng)

    def ties(self, panel: Panel) -> NDArray[np.float64]:
        """Return no ties: a benchmark does not say who replies to whom."""
        return np.zeros((len(panel.personas), len(panel.personas)))


def set_up(benchmark: Benchmark, settings: Settings, embedder: Embedder) -> BenchmarkSetting:
    """Return what may be known of a benchmark's communities, its validation and test parts unread.

    A community whose norms are not told has the options of the training items that it voted on for norms.
    """
    known = benchmark.communities
    told = {name: each.norms for name, each in known.items()}
    warnings: list[str] = []
    if not all(told.values()):
        made = norms_of_items(benchmark.items("train"), a0=settings.up_prior, b0=settings.down_prior)
        for name in (name for name, norms in told.items() if not norms):
            ranked = sorted(made.get(name, ()), key=lambda norm: (-norm.support, norm.post))
            if len(ranked) > MOST_NORMS:
                warnings.append(
                    f"{name}: of {len(ranked):,} options it voted on, {MOST_NORMS:,} are its norms, those of "
                    "the most votes"
                )
            told[name] = tuple(sorted(ranked[:MOST_NORMS], key=lambda norm: norm.post))
    stores = embedded_norms(told, embedder)
    communities = tuple(
        Community(name=name, title=each.title, members=(), origin="given", within=each.within or name)
        for name, each in known.items()
    )
    if without := [name for name in known if not stores[name].norms]:
        warnings.append(
            f"{len(without)} of {len(known)} communities have no norm, so the offline engine abstains for them"
        )
    if len(known) == 1:
        warnings.append("one community only: nothing can be compared between communities")
    sharpness = (
        choose_sharpness(stores, keep=settings.keep, seed=settings.seed)
        if settings.sharpness is None
        else Sharpness(value=settings.sharpness, errors={})
    )
    return BenchmarkSetting(
        membership=Membership(communities=communities, origin="given"),
        cohesion={name: _unknown(each) for name, each in known.items()},
        profiles={name: each.profile for name, each in known.items()},
        stores=stores,
        sharpness=sharpness,
        warnings=tuple(warnings),
        known=known,
    )


def norms_of_items(items: Iterable[Item], *, a0: float = 1.0, b0: float = 1.0) -> dict[str, list[Norm]]:
    """Return what each community said by its votes: each option of each item, with how it was endorsed.

    Of n choices, whoever chose another option voted against this one, so the endorsement of one with c choices
    is ``(a0 + c) / (a0 + b0 + n)`` (Lin & Wei 2026). Where only shares are published it is the option's mid-rank
    among them. A statement is one norm.
    """
    found: dict[str, list[Norm]] = {}
    for item in items:
        for name, votes in item.votes.items():
            found.setdefault(name, []).extend(_norms(item, votes, a0, b0))
    return found


def _norms(item: Item, votes: RealVotes, a0: float, b0: float) -> list[Norm]:
    endorsed, support, basis = _endorsed(item, votes, a0, b0)
    if item.kind == "agreement":
        said = [(item.item, "", item.options[0].claim)]
    else:
        said = [
            (option.post or f"{item.item}#{number}", item.query, option.text)
            for number, option in enumerate(item.options)
        ]
    return [
        Norm(
            post=post,
            title=title,
            text=text,
            author="",
            endorsement=float(endorsement),
            support=int(number),
            basis=basis,
            thread=item.item,
        )
        for (post, title, text), endorsement, number in zip(said, endorsed, support, strict=False)
    ]


def _endorsed(
    item: Item, votes: RealVotes, a0: float, b0: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], Literal["votes", "rank"]]:
    """Return how each option was endorsed, by how many, and what that rests on."""
    up = np.array(votes.up, dtype=float)
    if not up.size and votes.voters and item.kind != "endorsement":
        up = np.array(votes.shares) * votes.voters
    if not up.size:
        from scipy.stats import rankdata

        k = item.size
        return (rankdata(votes.shares) - 0.5) / k, np.full(k, float(k)), "rank"
    down = np.array(votes.down, dtype=float) if votes.down else up.sum() - up
    return rate(up, down, a0=a0, b0=b0), up + down, "votes"


def _unknown(known: KnownCommunity) -> Cohesion:
    return Cohesion(members=known.members or 0, notes=("a benchmark does not say who replies to whom",))
