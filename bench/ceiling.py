"""The noise ceiling: what a second, equally large sample of the same real voters would have scored.

A predictor that does as well is as good as asking the people again: what is left is chance in who happened to vote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from personas.endorsement import rate
from personas.errors import InputError
from personas.seeds import derived_rng

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from simulator.item import Kind, RealVotes

    Vector = NDArray[np.float64]
    Metric = Callable[[Vector, Vector], float | None]

__all__ = ["JEFFREYS", "ceiling", "fitted_prior", "replicates"]

JEFFREYS = 0.5
"""The pseudo-count of each cell where there is too little to learn a prior from."""
ENOUGH = 20
"""Judgements that a prior is learned from, at the least."""
CONCENTRATIONS = np.geomspace(0.05, 1000, 120)


def ceiling(
    votes: RealVotes,
    metric: Metric,
    *,
    kind: Kind,
    draws: int = 200,
    seed: int,
    prior: float | Vector = JEFFREYS,
    endorsement_prior: tuple[float, float] = (1.0, 1.0),
) -> float | None:
    """Return the mean of ``metric(second sample, observed shares)``; None where there is no noise ceiling.

    There is none without the number of voters, and none where the metric is undefined for every second sample.
    It is what asking as many people again would give, and no bound: a predictor that knew what the community
    thinks would have no sampling error of its own, and so err by ``1/sqrt(2)`` of it in a share.

    Args:
        votes: the real votes on one item.
        metric: a function of the predicted and the real shares; None where it is undefined.
        kind: the item's kind, which says what was counted.
        draws: how many second samples.
        seed: of this item and community (``derived_seed(seed, item, community)``), or items share their luck.
        prior: the pseudo-count of each cell (see ``replicates``).
        endorsement_prior: a0 and b0 of the endorsements.

    Raises:
        InputError: as ``replicates``.

    >>> from bench.metrics import share_error
    >>> from simulator.item import RealVotes
    >>> votes = RealVotes(shares=(0.5, 0.5), voters=10_000)
    >>> 0 < ceiling(votes, share_error, kind="choice", seed=7) < 0.01
    True
    """
    samples = replicates(
        votes, kind=kind, draws=draws, seed=seed, prior=prior, endorsement_prior=endorsement_prior
    )
    if samples is None:
        return None
    observed = np.array(votes.shares)
    scores = [metric(sample, observed) for sample in samples]
    defined = [score for score in scores if score is not None]
    return float(np.mean(defined)) if defined else None


def replicates(
    votes: RealVotes,
    *,
    kind: Kind,
    draws: int = 200,
    seed: int,
    prior: float | Vector = JEFFREYS,
    endorsement_prior: tuple[float, float] = (1.0, 1.0),
) -> Vector | None:
    """Return (draws, k) shares of second samples of the same voters; None where their number is unknown or 0.

    A second sample is drawn from the posterior predictive distribution: for each draw, what the community
    thinks is ``p ~ Dirichlet(counts + prior)``, and its second sample ``Multinomial(n, p)``. So a share
    differs from the observed one with a variance of about 2 p (1 - p) / n, as two samples do from each other.

    For ``choice`` and ``agreement`` the counts are shares times voters. For ``endorsement`` they are the 2k
    cells of votes for and against each option: all votes fall anew, on options as well as up or down, and the
    endorsements ``(a0 + U) / (a0 + b0 + U + D)`` are computed and normalised again.

    Args:
        votes: the real votes on one item.
        kind: the item's kind, which says what was counted.
        draws: how many second samples.
        seed: the same seed and votes give the same samples.
        prior: the pseudo-count of each cell, one for all or (k,); 0.5 is that of Jeffreys, and ``fitted_prior``
            learns it from all judgements of one sort.
        endorsement_prior: a0 and b0 of the endorsements; unused for other kinds.

    Raises:
        InputError: ``draws`` or ``prior`` is not positive; votes for and against are not given one an option;
            or the shares of an endorsement item are not the normalised endorsements of its votes, for then
            the two samples would not be measured alike.

    References:
        A. Gelman et al. (2013). Bayesian Data Analysis, 3rd ed., ch. 6. CRC Press.
    """
    if draws < 1 or not np.all(np.asarray(prior) > 0):
        raise InputError(f"{draws} draws with the prior {prior}", remedy="use positive numbers")
    if not votes.voters:
        return None
    rng = derived_rng(seed, "ceiling")
    if kind != "endorsement":
        counts = np.array(votes.shares) * votes.voters
        return _second_samples(counts, votes.voters, prior, draws, rng) / votes.voters
    cells = _cells(votes, endorsement_prior)
    total = int(cells.sum())
    if not total:
        return None
    fallen = _second_samples(cells.ravel(), total, prior, draws, rng)
    return _preference(fallen.reshape(draws, *cells.shape), endorsement_prior)


def fitted_prior(judgements: Sequence[RealVotes], *, placed: bool) -> float | Vector:
    """Return the Dirichlet prior under which the choices of many judgements are likeliest; Jeffreys' for few.

    Without it a ceiling takes each observed lead for real: where opinions are even, who happens to lead would lead
    again in three samples of five, and truly leads in one of two. It is the empirical Bayes estimate (Efron
    2010, ch. 1) of a Dirichlet-multinomial's concentration, on a grid from .05 to 1,000, about the mean shares.

    Args:
        judgements: real choices among as many options each.
        placed: whether a place means the same in each of them, as on a scale or where people agree or disagree;
            elsewhere the prior is the same for all options.

    References:
        B. Efron (2010). Large-Scale Inference: Empirical Bayes Methods for Estimation, Testing, and Prediction.
        Cambridge.
    """
    counted = [votes for votes in judgements if votes.voters]
    if len(counted) < ENOUGH:
        return JEFFREYS
    totals = np.array([votes.voters for votes in counted], float)
    shares = np.array([votes.shares for votes in counted])
    k = shares.shape[1]
    about = np.maximum(shares.mean(axis=0), 1e-3) if placed else np.ones(k)
    about = about / about.sum()
    counts = shares * totals[:, None]
    likeliest = max(CONCENTRATIONS, key=lambda each: _log_likelihood(counts, totals, each * about))
    prior: Vector = likeliest * about
    return prior


def _log_likelihood(counts: Vector, totals: Vector, alpha: Vector) -> float:
    """Return the log-likelihood of counts under a Dirichlet-multinomial, but for what does not depend on alpha."""
    from scipy.special import gammaln

    whole = alpha.sum()
    cells = (gammaln(counts + alpha) - gammaln(alpha)).sum()
    return float(cells + (gammaln(whole) - gammaln(whole + totals)).sum())


def _second_samples(
    counts: Vector, total: int, prior: float | Vector, draws: int, rng: np.random.Generator
) -> NDArray[np.int64]:
    return rng.multinomial(total, rng.dirichlet(counts + prior, size=draws))


def _cells(votes: RealVotes, endorsement_prior: tuple[float, float]) -> Vector:
    """Return the (2, k) votes for and against, having checked that the shares are theirs."""
    k = len(votes.shares)
    if len(votes.up) != k or len(votes.down) != k:
        raise InputError(
            f"{len(votes.up)} counts for and {len(votes.down)} against are given for {k} options",
            remedy="give both for each option, or leave the number of voters out",
        )
    cells = np.array([votes.up, votes.down], dtype=float)
    if not np.allclose(_preference(cells, endorsement_prior), votes.shares, rtol=0, atol=1e-6):
        raise InputError(
            f"the shares {votes.shares} are not the endorsements of the votes at a0, b0 = {endorsement_prior}",
            remedy="pass the a0 and b0 that the shares were made with",
        )
    return cells


def _preference(cells: Vector | NDArray[np.int64], endorsement_prior: tuple[float, float]) -> Vector:
    """Return the normalised endorsements, (..., k), of the (..., 2, k) votes for and against."""
    a0, b0 = endorsement_prior
    up, down = cells[..., 0, :], cells[..., 1, :]
    endorsements = rate(up, down, a0=a0, b0=b0)
    shares: Vector = endorsements / endorsements.sum(axis=-1, keepdims=True)
    return shares
