"""Communities and what is known of them: who belongs, and a profile whose every sentence rests on posts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["Community", "Facet", "Membership", "Profile", "ProfileSentence"]

Facet = Literal[
    "shared values",
    "worldview",
    "collective identity",
    "tone and stances",
    "interaction style",
    "bonding dynamics",
]
IDENTITY_FACETS: tuple[Facet, ...] = ("shared values", "worldview", "collective identity")
BOND_FACETS: tuple[Facet, ...] = ("tone and stances", "interaction style", "bonding dynamics")


@dataclass(frozen=True, kw_only=True)
class ProfileSentence:
    """One sentence of a profile, in a community's own words or as a figure counted over named posts.

    Args:
        facet: what it tells of.
        text: the sentence.
        posts: the posts that it rests on, at least one.
    """

    facet: Facet
    text: str
    posts: tuple[str, ...]

    def __post_init__(self) -> None:
        if not self.posts:
            raise InputError(f"the profile sentence {self.text!r} rests on no post", remedy="name its posts")


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What is known of a community, in two parts (Lin & Wei 2026): its identity and its bonds."""

    identity: tuple[ProfileSentence, ...] = ()
    bond: tuple[ProfileSentence, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.identity or self.bond)


@dataclass(frozen=True, kw_only=True)
class Community:
    """A group of members with a name.

    Args:
        name: its short name, unique in the corpus (``coffee``, ``brexit-consensus/2``).
        title: what it calls itself; empty where unknown.
        members: its members' identities, in order.
        origin: whether the source names it or it was found in the graph.
        within: the given community that a found one lies in; its own name for a given one.
    """

    name: str
    title: str = ""
    members: tuple[str, ...]
    origin: Literal["given", "found"]
    within: str = ""


@dataclass(frozen=True, kw_only=True)
class Membership:
    """Who belongs to which community, and how that was decided.

    Args:
        communities: the communities, in order of their names.
        origin: ``given`` by the source or ``found`` in the graph.
        method: how they were found, in words; empty for given ones.
    """

    communities: tuple[Community, ...]
    origin: Literal["given", "found"]
    method: str = ""

    def __post_init__(self) -> None:
        names = [community.name for community in self.communities]
        if len(set(names)) < len(names):
            raise InputError(f"two communities share a name: {names}", remedy="give each its own")

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the communities, in order."""
        return tuple(community.name for community in self.communities)

    def __getitem__(self, name: str) -> Community:
        if name in self._by_name:
            return self._by_name[name]
        known = ", ".join(self.names) or "none"
        raise InputError(f"no community is named {name!r}", remedy=f"choose one of: {known}")

    @cached_property
    def _by_name(self) -> dict[str, Community]:
        return {community.name: community for community in self.communities}

    def pairs(self) -> Iterable[tuple[str, str]]:
        """Yield (member, community) for every member of every community."""
        for community in self.communities:
            for member in community.members:
                yield member, community.name


def as_profile(data: Mapping[str, Any]) -> Profile:
    """Return the profile that ``dataclasses.asdict`` made ``data`` from."""

    def part(rows: Iterable[Mapping[str, Any]]) -> tuple[ProfileSentence, ...]:
        return tuple(
            ProfileSentence(facet=row["facet"], text=row["text"], posts=tuple(row["posts"])) for row in rows
        )

    return Profile(identity=part(data["identity"]), bond=part(data["bond"]))
