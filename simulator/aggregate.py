"""From ballots to a preference with its uncertainty, and what the order of the options did to the ballots."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from personas.errors import InputError
from personas.seeds import derived_rng
from simulator.item import Preference

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from simulator.item import Ballot

__all__ = ["aggregate", "balanced_orders", "flip_rate", "position_bias"]


def aggregate(ballots: Sequence[Ballot], size: int, *, prior: float = 0.5) -> Preference:
    """Return the posterior mean of each option's share, with its 95 % credible interval.

    The prior is a symmetric Dirichlet and each ballot adds its shares, one in all, to the counts; the interval
    of a share is the central one of its Beta marginal. It is the interval of a panel drawn from the same
    community with the same predictor: that the predictor itself may be wrong is not in it. An abstention or a
    failed judgement is counted and adds nothing; without any ballot the shares are equal and the
    intervals are [0, 1].

    The result does not depend on the order of the ballots, to the last bit.

    Args:
        ballots: one a persona, those of one round.
        size: the number k of options.
        prior: the pseudo-count of each option; 0.5 is that of Jeffreys.

    Raises:
        InputError: ``size`` is below 2, the prior is not positive, or a ballot has another number of shares.

    References:
        A. Gelman et al. (2013). Bayesian Data Analysis, 3rd ed., sec. 3.4. CRC Press.

    >>> from simulator.item import Ballot
    >>> tea = Ballot(persona="a", choice=0, shares=(1.0, 0.0))
    >>> aggregate([tea, tea, tea], 2).shares
    (0.875, 0.125)
    """
    _check(ballots, size, prior)
    cast = [ballot.shares for ballot in ballots if ballot.choice is not None]
    failures = sum(bool(ballot.failure) for ballot in ballots)
    # fsum is exact: ballots may arrive in any order.
    alpha = np.array([prior + math.fsum(column) for column in zip(*cast, strict=True)] or [prior] * size)
    low, high = _beta_interval(alpha) if cast else (np.zeros(size), np.ones(size))
    return Preference(
        shares=tuple((alpha / alpha.sum()).tolist()),
        low=tuple(low.tolist()),
        high=tuple(high.tolist()),
        ballots=len(cast),
        abstentions=len(ballots) - len(cast) - failures,
        failures=failures,
    )


def balanced_orders(size: int, panel: int, seed: int) -> list[tuple[int, ...]]:
    """Return one order of the options a persona, such that each option stands in each position equally often.

    The orders come in cyclic Latin squares of ``size`` rows, the rotations of an order drawn for each square;
    the last square may be unfinished, so counts differ by 1 at most. Who gets which row is shuffled.

    Args:
        size: the number k of options.
        panel: the number of personas.
        seed: of this item and community.

    Returns:
        ``panel`` tuples; each holds the indices of the options in the order in which they are shown.

    Raises:
        InputError: ``size`` is below 1 or ``panel`` is negative.

    >>> sorted(balanced_orders(2, 4, seed=7))
    [(0, 1), (0, 1), (1, 0), (1, 0)]
    """
    if size < 1 or panel < 0:
        raise InputError(f"no orders of {size} options for {panel} personas", remedy="give both, positive")
    rng = derived_rng(seed, "option orders")
    rows: list[tuple[int, ...]] = []
    while len(rows) < panel:
        first = rng.permutation(size).tolist()
        rows += [tuple(first[shift:] + first[:shift]) for shift in range(size)]
    return [rows[index] for index in rng.permutation(panel).tolist()]


def position_bias(ballots: Sequence[Ballot]) -> NDArray[np.float64] | None:
    """Return by how much each position was chosen more often than its options explain; None without evidence.

    Over the n ballots with a choice and an order, with c_j the choices of what stood in position j, s_o the
    share of the ballots that chose option o, and f_oj the share in which o stood in position j,
    ``bias_j = c_j / n - Σ_o s_o f_oj``. In balanced orders f_oj is 1/k and so is what is subtracted; the general
    form stays right where abstentions broke the balance. The biases add up to 0; in balanced orders and without
    any position bias each has a standard error of at most ``0.5 / sqrt(n)``.

    Args:
        ballots: of one item, or of several with the same number of options, each in balanced orders.

    Returns:
        (k,) the biases, from the first position to the last.

    Raises:
        InputError: an order does not hold each option once, or the ballots differ in their number of options.

    >>> from simulator.item import Ballot
    >>> first = [Ballot(persona="a", choice=0, shares=(1.0, 0.0), order=(0, 1)),
    ...          Ballot(persona="b", choice=1, shares=(0.0, 1.0), order=(1, 0))]
    >>> position_bias(first).tolist()
    [0.5, -0.5]
    """
    shown = [ballot for ballot in ballots if ballot.choice is not None and ballot.order]
    if not shown:
        return None
    orders = _orders(shown)
    n, k = orders.shape
    choices = np.array([ballot.choice for ballot in shown])
    chosen = (orders == choices[:, None]).mean(axis=0)
    shares = np.bincount(choices, minlength=k) / n
    stood = np.stack([(orders == option).mean(axis=0) for option in range(k)])
    bias: NDArray[np.float64] = chosen - shares @ stood
    return bias


def flip_rate(ballots: Sequence[Ballot]) -> tuple[int, int]:
    """Return how many personas chose otherwise when asked again with the options in reverse, and how many were asked.

    Only those count that made a choice both times.

    >>> from simulator.item import Ballot
    >>> flip_rate([Ballot(persona="a", choice=0, shares=(1.0, 0.0), asked_again=True, again=1)])
    (1, 1)
    """
    both = [ballot for ballot in ballots if ballot.choice is not None and ballot.again is not None]
    return sum(ballot.choice != ballot.again for ballot in both), len(both)


def _orders(shown: Sequence[Ballot]) -> NDArray[np.int64]:
    """Return the (n, k) orders of ballots, each checked to be a permutation."""
    k = len(shown[0].shares)
    for ballot in shown:
        if len(ballot.shares) != k or sorted(ballot.order) != list(range(k)):
            raise InputError(
                f"the order {ballot.order} does not show each of {k} options once",
                where=f"ballot of {ballot.persona}",
                remedy="give the order in which the options were shown",
            )
    return np.array([ballot.order for ballot in shown])


def _beta_interval(alpha: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    from scipy.special import betaincinv

    others = alpha.sum() - alpha
    return betaincinv(alpha, others, 0.025), betaincinv(alpha, others, 0.975)


def _check(ballots: Sequence[Ballot], size: int, prior: float) -> None:
    if size < 2:
        raise InputError(f"a preference over {size} options", where="size", remedy="give two or more")
    if not 0 < prior < math.inf:
        raise InputError(f"the prior {prior} is not positive", where="prior", remedy="use 0.5")
    for ballot in ballots:
        if ballot.choice is not None and len(ballot.shares) != size:
            raise InputError(
                f"{len(ballot.shares)} shares for {size} options",
                where=f"ballot of {ballot.persona}",
                remedy="give one share an option",
            )
