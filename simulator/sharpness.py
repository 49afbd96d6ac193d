"""How fast a norm's weight should fall with its distance: chosen from the norms themselves, before any item.

On some places what is said nearby is endorsed alike, and only the nearest norms should count; on others
nearness says little, and a wide average errs less. No single value serves both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from personas.seeds import derived_rng

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from personas.norms import NormStore

__all__ = ["CANDIDATES", "Sharpness", "choose_sharpness"]

CANDIDATES = (1.0, 3.0, 5.0, 10.0, 20.0, 30.0, 50.0, 80.0)
SAMPLE = 2_000
FEWEST = 10
SIBLINGS = 32
"""How many more norms are fetched, so that those of the same thread can be left out."""


@dataclass(frozen=True, kw_only=True)
class Sharpness:
    """The chosen τ, and the leave-one-out error of each candidate, by candidate; empty where none was chosen."""

    value: float
    errors: Mapping[float, float]


def choose_sharpness(
    stores: Mapping[str, NormStore],
    *,
    keep: int,
    seed: int,
    candidates: Sequence[float] = CANDIDATES,
    otherwise: float = 10.0,
) -> Sharpness:
    """Return the τ by which each norm's endorsement is best told from the other norms of its community.

    Leave-one-out cross-validation of a kernel regression's bandwidth (Härdle 1990, ch. 5), with the mean
    absolute error, the mean over communities; norms of the same thread are left out with it, for they
    share its topic and its votes. Up to 2,000 norms of a community are tried, each against all.

    Args:
        stores: the norms of each community; of what may be learned from.
        keep: how many nearest norms a judgement uses.
        seed: what the sample is derived from.
        otherwise: τ where no community has 10 norms, from more threads than one.
    """
    errors = [
        _errors(store, keep, candidates, seed) for store in stores.values() if len(store.norms) >= FEWEST
    ]
    told = [row for row in errors if np.isfinite(row).all()]
    if not told:
        return Sharpness(value=otherwise, errors={})
    means = np.mean(told, axis=0)
    best = int(np.argmin(np.round(means, 9)))
    return Sharpness(
        value=float(candidates[best]), errors=dict(zip(map(float, candidates), means.tolist(), strict=True))
    )


def _errors(store: NormStore, keep: int, candidates: Sequence[float], seed: int) -> list[float]:
    n = len(store.norms)
    rng = derived_rng(seed, "sharpness", store.community)
    tried = np.sort(rng.permutation(n)[:SAMPLE])
    cosines, indices = store.nearest(store.vectors[tried], min(n, keep + SIBLINGS))
    threads = _threads(store)
    others = threads[indices] != threads[tried][:, None]
    near = others & (np.cumsum(others, axis=1) <= keep)
    endorsement, support = store.endorsement, np.sqrt(store.support)
    found = []
    for candidate in candidates:
        weights = near * support[indices] * np.exp(candidate * (cosines.astype(float) - 1))
        total = weights.sum(axis=1)
        told = np.divide(
            (weights * endorsement[indices]).sum(axis=1),
            total,
            out=np.full(len(tried), np.nan),
            where=total > 0,
        )
        found.append(float(np.nanmean(np.abs(told - endorsement[tried]))) if (total > 0).any() else np.nan)
    return found


def _threads(store: NormStore) -> NDArray[np.int64]:
    """Return a number for each norm's thread."""
    names = [norm.thread for norm in store.norms]
    return np.unique(np.array(names, dtype=object).astype(str), return_inverse=True)[1].astype(np.int64)
