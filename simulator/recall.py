"""What is recalled for a question: norms that the whole panel is shown, and what one persona remembers besides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from personas.norms import Norm
    from personas.persona import Persona
    from simulator.retrieval import Retrieved

__all__ = ["recalled_norms", "shown_norms"]


def shown_norms(norms: Retrieved, count: int) -> list[Norm]:
    """Return the norms that bear most on an item, the same for a whole panel: each option's nearest in turn."""
    nearest, _ = _by_closeness(norms)
    picked: dict[int, None] = {}
    for column in range(norms.indices.shape[1]):
        cosines, indices = norms.cosines[:, column], norms.indices[:, column]
        for row in np.lexsort((indices, -cosines)):
            if len(picked) < count:
                picked.setdefault(int(indices[row]))
    return [norms.store.norms[index] for index in nearest if index in picked]


def recalled_norms(
    norms: Retrieved, memory: NDArray[np.int64], persona: Persona, count: int, but: Collection[str]
) -> list[Norm]:
    """Return what one persona remembers that bears on an item: its own posts first, then the nearest others.

    Args:
        memory: (n,) how often the persona remembers each norm of the store.
        but: posts that it is shown anyhow.
    """
    nearest, _ = _by_closeness(norms)
    known = [
        norms.store.norms[index]
        for index in nearest
        if memory[index] and norms.store.norms[index].post not in but
    ]
    own = [norm for norm in known if persona.member and norm.author == persona.member]
    others = [norm for norm in known if not (persona.member and norm.author == persona.member)]
    return [*own, *others][:count]


def _by_closeness(norms: Retrieved) -> tuple[list[int], NDArray[np.float64]]:
    """Return the norms near any option, the nearest first, and how near each is to the option nearest to it."""
    if not norms.indices.size:
        return [], np.zeros(0)
    indices, place = np.unique(norms.indices, return_inverse=True)
    closeness = np.full(len(indices), -np.inf)
    np.maximum.at(closeness, place.ravel(), norms.cosines.astype(float).ravel())
    order = np.lexsort((indices, -closeness))
    return indices[order].tolist(), closeness[order]
