"""What is recalled for a question: norms that the whole panel is shown, and what one persona remembers besides."""

from __future__ import annotations

from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from personas.norms import Norm
    from personas.persona import Persona
    from simulator.retrieval import Retrieved

__all__ = ["Bearing", "recalled_norms", "shown_norms"]


class Bearing:
    """The norms that bear on an item, put in order once for its whole panel.

    Args:
        norms: those near each of its options.
    """

    def __init__(self, norms: Retrieved) -> None:
        self.norms = norms
        self._known = norms.store.norms

    def shown(self, count: int) -> list[Norm]:
        """Return the norms that bear most on the item, the same for a whole panel: each option's nearest in turn.

        Every option's nearest norm comes in before any option's second nearest, so that none is judged without
        what the community said of it; where they do not all fit, the nearer ones. The order of the options
        changes nothing.

        Returns:
            ``count`` norms, or fewer where no more are near, the nearest to any option first.
        """
        picked: set[int] = set()
        for indices, cosines in zip(self.norms.indices.T, self.norms.cosines.T, strict=True):
            for row in np.lexsort((indices, -cosines)):
                if len(picked) < count:
                    picked.add(int(indices[row]))
            if len(picked) >= count:
                break
        places = np.flatnonzero(np.isin(self._nearest, list(picked)))
        return [self._known[index] for index in self._nearest[places].tolist()]

    def recalled(
        self, memory: NDArray[np.int64], persona: Persona, count: int, but: Collection[str]
    ) -> list[Norm]:
        """Return what one persona remembers that bears on the item: its own posts first, then the nearest others.

        Args:
            memory: (n,) how often the persona remembers each norm of the store.
            but: posts that it is shown anyhow.
        """
        own = self._written.get(persona.member, []) if persona.member else []
        held = [index for index in own if memory[index]]
        remembered = self._nearest[memory[self._nearest] > 0][: count + len(held) + len(but)].tolist()
        fresh = (index for index in dict.fromkeys([*held, *remembered]) if self._known[index].post not in but)
        return [self._known[index] for index in islice(fresh, count)]

    @cached_property
    def _nearest(self) -> NDArray[np.int64]:
        """All norms near any option, each where it is nearest, the nearest first."""
        indices, cosines = self.norms.indices.ravel(), self.norms.cosines.ravel()
        order = np.lexsort((indices, -cosines))
        return np.array(list(dict.fromkeys(indices[order].tolist())), np.int64)

    @cached_property
    def _written(self) -> dict[str, list[int]]:
        """The same norms by who wrote them."""
        written: dict[str, list[int]] = {}
        for index in self._nearest.tolist():
            written.setdefault(self._known[index].author, []).append(index)
        return written


def shown_norms(norms: Retrieved, count: int) -> list[Norm]:
    """Return the norms that a whole panel is shown; see ``Bearing.shown``."""
    return Bearing(norms).shown(count)


def recalled_norms(
    norms: Retrieved, memory: NDArray[np.int64], persona: Persona, count: int, but: Collection[str]
) -> list[Norm]:
    """Return what one persona remembers besides; see ``Bearing.recalled``, which serves a panel faster."""
    return Bearing(norms).recalled(memory, persona, count, but)
