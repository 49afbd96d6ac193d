"""The norms that bear on an item: for each option, the community's nearest ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from personas.embedding import Embedder
    from personas.norms import NormStore
    from simulator.item import Item

__all__ = ["Retrieved", "retrieve"]

SPARE = 3
"""A bootstrap sample holds 63 % of the norms, so three times as many are fetched as are judged by."""


@dataclass(frozen=True, kw_only=True)
class Retrieved:
    """The norms nearest to each of an item's k options.

    Args:
        store: the norms that ``indices`` count in.
        cosines: (k, m), falling along each row.
        indices: (k, m), of norms in the store.
        keep: how many of them one persona judges by, at the most.
    """

    store: NormStore
    cosines: NDArray[np.float32]
    indices: NDArray[np.int64]
    keep: int


def retrieve(item: Item, store: NormStore, embedder: Embedder, *, keep: int) -> Retrieved:
    """Return the community's norms that are nearest to what the options claim."""
    vectors = embedder.embed([option.claim for option in item.options])
    cosines, indices = store.nearest(vectors, keep * SPARE)
    return Retrieved(store=store, cosines=cosines, indices=indices, keep=keep)
