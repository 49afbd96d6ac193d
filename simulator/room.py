"""A room: what one community brings to a judgement, and what may be asked in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from personas.community import Profile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from personas.norms import NormStore
    from personas.persona import Panel

__all__ = ["NOBODY", "Room", "is_nobodys"]

NOBODY = ""
"""In place of a community: nobody in particular."""


@dataclass(frozen=True, kw_only=True)
class Room:
    """What a community brings to a judgement.

    Args:
        panel: its p personas.
        store: its norms.
        ties: (p, p) bond weights among the personas' members, zero where there are none.
        susceptibility: how far a persona follows its neighbours instead of the norms, in [0, 1].
        title: what the community calls itself; empty where unknown.
        profile: what is known of it.
    """

    panel: Panel
    store: NormStore
    ties: NDArray[np.float64]
    susceptibility: float
    title: str = ""
    profile: Profile = field(default_factory=Profile)

    @property
    def community(self) -> str:
        """Whose room it is."""
        return self.panel.community


def is_nobodys(persona: str) -> bool:
    """Return whether a persona is one of nobody in particular; a community's begins with its name.

    >>> is_nobodys("#03"), is_nobodys("tea#03")
    (True, False)
    """
    return persona.startswith(f"{NOBODY}#")
