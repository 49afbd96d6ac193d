"""The community graph: identity ties and bond ties as two sparse layers over the same members."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from scipy.sparse import csr_matrix

__all__ = ["CommunityGraph"]


@dataclass(frozen=True, kw_only=True)
class CommunityGraph:
    """Identity ties and bond ties over the same n members; the two are never added up in here.

    Args:
        members: the members' identities, in the order of the rows and columns.
        identity: (n, n) symmetric, non-negative similarities, no self-ties; only each member's nearest
            neighbours have one.
        bond: (n, n) directed; the weight of i→j grows with the number of replies of i to j, no self-ties.
        topics: (n, t) how often each member touched each topic (a tag, a community, a stance on a statement).
        topic_names: the t topics' names.
        notes: what a reader must know of how it was built, as ``{"identity": "shared tags, 20 nearest"}``.
    """

    members: tuple[str, ...]
    identity: csr_matrix
    bond: csr_matrix
    topics: csr_matrix
    topic_names: tuple[str, ...]
    notes: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        n = len(self.members)
        for name, shape in (("identity", self.identity.shape), ("bond", self.bond.shape)):
            if shape != (n, n):
                raise InputError(f"the {name} layer is {shape} for {n} members", remedy=f"make it ({n}, {n})")
        if self.topics.shape != (n, len(self.topic_names)):
            raise InputError(
                f"the topics are {self.topics.shape} for {n} members and {len(self.topic_names)} names",
                remedy="give one row a member and one column a name",
            )
