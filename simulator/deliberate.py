"""Discussion: opinions move along the bond ties of a panel, as far as its bonds outweigh its norms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from personas.errors import InputError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray
    from scipy.sparse import csr_array, csr_matrix

__all__ = ["Deliberation", "deliberate", "susceptibility"]


@dataclass(frozen=True, kw_only=True)
class Deliberation:
    """What a discussion did to the opinions of a panel.

    Args:
        opinions: (r + 1, p, k) the opinions before any discussion and after each of the r rounds.
        rounds_used: r, the rounds that were held, the one in which nothing moved any more included.
        settled: whether the last round moved no share by more than the tolerance.
    """

    opinions: NDArray[np.float64]
    rounds_used: int
    settled: bool

    @property
    def final(self) -> NDArray[np.float64]:
        """The (p, k) opinions after the last round."""
        last: NDArray[np.float64] = self.opinions[-1]
        return last


def deliberate(
    opinions: ArrayLike,
    ties: csr_matrix | csr_array | ArrayLike,
    susceptibility: ArrayLike,
    *,
    rounds: int,
    tolerance: float = 1e-4,
) -> Deliberation:
    """Let the personas of a panel discuss, in rounds, until their opinions settle (Friedkin & Johnsen 1990).

    Each round is ``x(t + 1) = Λ W x(t) + (I - Λ) x(0)``: a persona takes its neighbours' mean opinion as far as
    it is susceptible, and for the rest stays with its own first opinion. W has the ties' rows divided by
    their sums. A persona with no neighbour keeps its opinion. With Λ = 1 it is DeGroot's model, which can
    swing for ever; below 1 it settles at ``(I - Λ W)^-1 (I - Λ) x(0)``.

    Args:
        opinions: (p, k) a distribution over the options a persona.
        ties: (p, p) sparse or dense; row i holds how much persona i listens to each of the panel, not negative.
            A weight on the diagonal is the weight that a persona gives to itself.
        susceptibility: (p,) in [0, 1], 0 for a persona that never moves.
        rounds: the most rounds to hold; 0 for none.
        tolerance: the largest change of a share that counts as none.

    Raises:
        InputError: a shape does not fit, a row is no distribution, a weight is negative, or an option is out of
            range.

    References:
        N. E. Friedkin & E. C. Johnsen (1990). Social influence and opinions. Journal of Mathematical Sociology
        15(3-4), 193-206.

    >>> deliberate([[1, 0], [0, 1]], [[0, 1], [1, 0]], [0.5, 0], rounds=1).final.tolist()
    [[0.5, 0.5], [0.0, 1.0]]
    """
    if rounds < 0 or not tolerance >= 0:
        raise InputError(f"{rounds} rounds with the tolerance {tolerance}", remedy="use no negative number")
    first = _distributions(opinions)
    weights, alone = _row_normalised(ties, len(first))
    follows = np.where(alone, 0.0, _shares(susceptibility, len(first)))[:, None]
    history, settled = [first], False
    while len(history) <= rounds and not settled:
        history.append(follows * (weights @ history[-1]) + (1 - follows) * first)
        settled = bool(np.abs(history[-1] - history[-2]).max() <= tolerance)
    return Deliberation(opinions=np.stack(history), rounds_used=len(history) - 1, settled=settled)


def susceptibility(identity: float | None, bond: float | None) -> float:
    """Return how far a persona's opinion follows its neighbours instead of the norms, in [0, 1].

    Groups held together by identity conform to norms, groups held together by bonds move with their
    neighbours, so it is ``bond / (bond + identity)`` of the community's two cohesion scores. A score that is
    negative (less than chance) or None (unknown) counts as 0, and where both are 0 nobody moves.

    Args:
        identity: the identity score of the persona's community.
        bond: its bond score.

    References:
        D. A. Prentice, D. T. Miller & J. R. Lightdale (1994). Asymmetries in attachments to groups and to their
        members. Personality and Social Psychology Bulletin 20(5), 484-493.

    >>> susceptibility(3.0, 1.0), susceptibility(None, 0.2), susceptibility(-1.0, None)
    (0.25, 1.0, 0.0)
    """
    norms, neighbours = max(identity or 0.0, 0.0), max(bond or 0.0, 0.0)
    return neighbours / (neighbours + norms) if neighbours else 0.0


def _distributions(opinions: ArrayLike) -> NDArray[np.float64]:
    rows = np.asarray(opinions, dtype=float)
    if rows.ndim != 2 or not rows.size:
        raise InputError(f"opinions of shape {rows.shape}", where="opinions", remedy="give one row a persona")
    fine = (rows >= 0).all(axis=1) & (np.abs(rows.sum(axis=1) - 1) <= 1e-6)
    if not fine.all():
        persona = int(np.argmin(fine))
        raise InputError(
            f"{rows[persona].tolist()} is no distribution",
            where=f"opinions, row {persona}",
            remedy="leave out personas that abstained",
        )
    return rows


def _row_normalised(
    ties: csr_matrix | csr_array | ArrayLike, size: int
) -> tuple[csr_array, NDArray[np.bool_]]:
    """Return W, and which personas have no neighbour."""
    from scipy.sparse import csr_array

    weights = csr_array(ties, dtype=float, copy=True)
    if weights.shape != (size, size):
        raise InputError(
            f"ties of shape {weights.shape} for {size} personas", where="ties", remedy="cut them"
        )
    if not np.all((weights.data >= 0) & np.isfinite(weights.data)):
        raise InputError("a tie is negative or not finite", where="ties", remedy="give weights of 0 or more")
    weights.eliminate_zeros()
    neighbours = np.diff(weights.indptr)
    weights.data /= np.repeat(weights.sum(axis=1), neighbours)
    return weights, neighbours == 0


def _shares(susceptibility: ArrayLike, size: int) -> NDArray[np.float64]:
    values = np.asarray(susceptibility, dtype=float)
    if values.shape != (size,) or not np.all((values >= 0) & (values <= 1)):
        raise InputError(
            f"susceptibilities of shape {values.shape} for {size} personas, or one outside [0, 1]",
            where="susceptibility",
            remedy="give one in [0, 1] a persona",
        )
    return values
