"""What a benchmark tells of a community: its profile, its norms, and what its members are like, without a name."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from personas.community import Profile, as_profile
from personas.norms import Norm

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["KnownCommunity", "as_known", "known_body"]


@dataclass(frozen=True, kw_only=True)
class KnownCommunity:
    """What may be known of a community by whoever predicts its preferences.

    Args:
        community: its short name, unique in the benchmark. ``title``: what it calls itself; empty where unknown.
        members: how many members it has; None where unknown.
        within: the place that it lies in; empty where there is no larger one.
        attributes: what its members have in common, where that makes them a community (``country``: ``India``).
        profile: of what was said in the training part alone.
        norms: what it said and endorsed, in the training part alone; where empty, the options of the training
            items with their votes take their place.
        people: the attributes of members, one mapping a person, without any identity.
    """

    community: str
    title: str = ""
    members: int | None = None
    within: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    profile: Profile = field(default_factory=Profile)
    norms: tuple[Norm, ...] = ()
    people: tuple[Mapping[str, str], ...] = ()


def known_body(known: KnownCommunity) -> dict[str, Any]:
    """Return what is known of a community as plain data; norms without their authors."""
    norms = [{name: part for name, part in asdict(norm).items() if name != "author"} for norm in known.norms]
    return {**asdict(known), "norms": norms}


def as_known(data: dict[str, Any]) -> KnownCommunity:
    """Return the community that ``known_body`` made ``data`` from; what it leaves out has its default."""
    parts: dict[str, Any] = {}
    if "profile" in data:
        parts["profile"] = as_profile(data["profile"])
    if "norms" in data:
        parts["norms"] = tuple(Norm(**{"author": "", **row}) for row in data["norms"])
    if "people" in data:
        parts["people"] = tuple(data["people"])
    return KnownCommunity(**{**data, **parts})
