"""Several communities' norms as one store: what everybody said, whoever they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from personas.endorsement import rate
from personas.norms import Norm, NormStore

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["pooled"]


def pooled(stores: Mapping[str, NormStore], *, a0: float = 1.0, b0: float = 1.0) -> NormStore:
    """Return one store of all communities' norms, their votes added up: what the universal predictor knows."""
    merged: dict[str, tuple[Norm, int]] = {}
    up: dict[str, float] = {}
    support: dict[str, int] = {}
    rows: list[np.ndarray[tuple[int], np.dtype[np.float32]]] = []
    for store in stores.values():
        for norm, vector in zip(store.norms, store.vectors, strict=True):
            if norm.post not in merged:
                merged[norm.post] = (norm, len(rows))
                rows.append(vector)
            votes = norm.endorsement * (a0 + b0 + norm.support) - a0
            up[norm.post] = up.get(norm.post, 0.0) + votes
            support[norm.post] = support.get(norm.post, 0) + norm.support
    norms = []
    for post in sorted(merged):
        norm = merged[post][0]
        voted = rate(up[post], support[post] - up[post], a0=a0, b0=b0)
        endorsement = float(voted) if norm.basis == "votes" else norm.endorsement
        norms.append(
            Norm(
                post=post,
                title=norm.title,
                text=norm.text,
                author=norm.author,
                endorsement=endorsement,
                support=support[post],
                basis=norm.basis,
                thread=norm.thread,
            )
        )
    order = [merged[post][1] for post in sorted(merged)]
    vectors = np.stack(rows)[order] if rows else np.zeros((0, 1), np.float32)
    model = next((store.model for store in stores.values()), "")
    return NormStore(community="everyone", norms=tuple(norms), vectors=vectors, model=model)
