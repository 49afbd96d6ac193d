"""A persona: a simulated member, with what it remembers of its community's norms."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from personas.seeds import derived_rng

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from personas.norms import NormStore

__all__ = ["Panel", "Persona", "remember"]


@dataclass(frozen=True, kw_only=True)
class Persona:
    """A simulated member of a community.

    Args:
        persona: its identity, unique in the run (``coffee#03``).
        community: whom it belongs to.
        member: the real, pseudonymised member that it is modelled on; empty where the source has only counts.
        attributes: that member's attributes.
        activity: how active that member is among its community's members: low, middle or high.
        group: the group found within the community that the member belongs to; empty where none is.
    """

    persona: str
    community: str
    member: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    activity: str = ""
    group: str = ""


@dataclass(frozen=True, kw_only=True)
class Panel:
    """The personas of one community that judge an item.

    Args:
        community: whose panel it is.
        personas: at least one.
        mirror: for each trait and value, its share among the members and among the personas.
        notices: what a reader of its ballots should know.
    """

    community: str
    personas: tuple[Persona, ...]
    mirror: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    notices: tuple[str, ...] = ()


def remember(panel: Panel, store: NormStore, *, seed: int) -> NDArray[np.int64]:
    """Return how often each of p personas remembers each of its community's n norms, as a (p, n) array.

    A memory is a bootstrap sample of the norms (Efron 1979): n draws with replacement. That is where
    disagreement within a panel comes from. The samples are balanced (Davison, Hinkley & Schechtman 1986): over
    the whole panel each norm is drawn equally often, so that the panel as a whole remembers what its community
    does, and only the personas differ. What a persona's own member wrote, it always remembers.
    """
    n, p = len(store.norms), len(panel.personas)
    rng = derived_rng(seed, "memory", panel.community)
    drawn = rng.permutation(np.tile(np.arange(n), p)).reshape(p, n)
    memory = np.stack([np.bincount(row, minlength=n) for row in drawn])
    wrote: dict[str, list[int]] = {}
    for index, norm in enumerate(store.norms):
        wrote.setdefault(norm.author, []).append(index)
    for number, persona in enumerate(panel.personas):
        if persona.member:
            own = wrote.get(persona.member, [])
            memory[number, own] = np.maximum(memory[number, own], 1)
    return memory
