"""The noise ceiling: closed forms for large samples, exactness on average, and its limits."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.ceiling import ceiling, fitted_prior, replicates
from bench.metrics import jensen_shannon, kendall_tau_b, share_error, top_one
from personas.errors import InputError
from simulator.item import RealVotes


def choices(*counts: int) -> RealVotes:
    total = sum(counts)
    return RealVotes(shares=tuple(count / total for count in counts), voters=total)


def endorsements(up: tuple[int, ...], down: tuple[int, ...], a0: float = 1, b0: float = 1) -> RealVotes:
    rates = [(a0 + u) / (a0 + b0 + u + d) for u, d in zip(up, down, strict=True)]
    shares = tuple(rate / sum(rates) for rate in rates)
    return RealVotes(shares=shares, voters=sum(up) + sum(down), up=up, down=down)


@pytest.mark.parametrize(("share", "voters"), [(0.5, 1000), (0.3, 1000), (0.9, 4000)])
def test_the_error_of_two_options_is_that_of_the_difference_of_two_samples(share: float, voters: int) -> None:
    # Two samples differ by a normal of variance 2 p (1 - p) / n, whose mean absolute value is sd sqrt(2 / pi).
    closed = math.sqrt(2 * share * (1 - share) / voters) * math.sqrt(2 / math.pi)
    yes = round(share * voters)
    measured = ceiling(choices(yes, voters - yes), share_error, kind="agreement", draws=20_000, seed=7)
    assert measured == pytest.approx(closed, rel=0.03)


def test_a_second_sample_varies_by_twice_the_variance_of_one() -> None:
    samples = replicates(choices(200, 300, 500), kind="choice", draws=20_000, seed=7)
    p = np.array([0.2, 0.3, 0.5])
    assert samples.mean(axis=0) == pytest.approx(p, abs=0.002)
    assert samples.var(axis=0) == pytest.approx(2 * p * (1 - p) / 1000, rel=0.05)


def test_the_error_of_two_endorsed_options_is_that_of_the_delta_method() -> None:
    up, down = (3000, 1000), (1000, 1000)
    r, n = np.array([0.75, 0.5]), np.array([4000, 2000])
    spread = 2 * r * (1 - r) / n
    variance = (r[1] ** 2 * spread[0] + r[0] ** 2 * spread[1]) / r.sum() ** 4
    measured = ceiling(endorsements(up, down), share_error, kind="endorsement", draws=20_000, seed=7)
    assert measured == pytest.approx(math.sqrt(2 * variance / math.pi), rel=0.03)


def test_on_average_the_ceiling_is_what_second_samples_do_score() -> None:
    rng = np.random.default_rng(7)
    promised, scored = [], []
    for trial in range(600):
        p = rng.dirichlet([0.5] * 3)
        first, second = rng.multinomial(12, p), rng.multinomial(12, p)
        votes = choices(*first.tolist())
        promised.append(ceiling(votes, share_error, kind="choice", draws=30, seed=trial))
        scored.append(share_error(second / 12, votes.shares))
    standard_error = np.std(np.subtract(promised, scored)) / math.sqrt(600)
    assert np.mean(promised) == pytest.approx(np.mean(scored), abs=3 * standard_error)
    assert standard_error < 0.1 * np.mean(scored)


@pytest.mark.parametrize("kind", ["choice", "agreement"])
def test_with_ever_more_voters_nothing_is_left_to_chance(kind) -> None:
    votes = choices(5 * 10**9, 3 * 10**9, 2 * 10**9)
    assert ceiling(votes, share_error, kind=kind, seed=7) < 1e-4
    assert ceiling(votes, top_one, kind=kind, seed=7) == 1.0
    assert ceiling(votes, kendall_tau_b, kind=kind, seed=7) == pytest.approx(1.0)


def test_with_ever_more_votes_endorsements_are_certain_too() -> None:
    votes = endorsements((5 * 10**9, 3 * 10**9), (10**9, 3 * 10**9))
    assert ceiling(votes, share_error, kind="endorsement", seed=7) < 1e-4
    assert ceiling(votes, top_one, kind="endorsement", seed=7) == 1.0


@pytest.mark.parametrize("metric", [share_error, jensen_shannon])
def test_more_voters_leave_less_to_chance(metric) -> None:
    errors = [ceiling(choices(3 * n, 2 * n, n), metric, kind="choice", seed=7) for n in (1, 4, 16, 64, 256)]
    assert all(later < earlier for earlier, later in itertools.pairwise(errors))


def test_a_unanimous_handful_is_not_taken_for_certain() -> None:
    assert ceiling(choices(3, 0), share_error, kind="choice", seed=7) > 0.05
    assert ceiling(choices(3000, 0), share_error, kind="choice", seed=7) < 0.001


def test_without_the_number_of_voters_there_is_no_ceiling() -> None:
    for voters in (None, 0):
        votes = RealVotes(shares=(0.5, 0.5), voters=voters)
        assert replicates(votes, kind="choice", seed=7) is None
        assert ceiling(votes, share_error, kind="choice", seed=7) is None


def test_endorsements_without_a_vote_have_no_ceiling() -> None:
    votes = RealVotes(shares=(0.5, 0.5), voters=5, up=(0, 0), down=(0, 0))
    assert ceiling(votes, share_error, kind="endorsement", seed=7) is None


def test_a_metric_that_is_undefined_on_the_real_shares_has_no_ceiling() -> None:
    assert ceiling(choices(5, 5), kendall_tau_b, kind="choice", seed=7) is None


def test_second_samples_on_which_the_metric_is_undefined_are_left_out() -> None:
    # With two voters a second sample is often 1 to 1, where the rank correlation has no value.
    tau = ceiling(choices(2, 0), kendall_tau_b, kind="choice", draws=500, seed=7)
    samples = replicates(choices(2, 0), kind="choice", draws=500, seed=7)
    signs = np.sign(samples[:, 0] - samples[:, 1])
    assert 0 < np.mean(signs == 0) < 1
    assert tau == pytest.approx(signs[signs != 0].mean())


def test_an_endorsed_option_without_votes_keeps_the_prior_endorsement() -> None:
    samples = replicates(endorsements((0, 0), (1, 0)), kind="endorsement", draws=300, seed=7)
    # One vote falls on one of four cells: up is 2/3 against 1/2, down is 1/3 against 1/2.
    by_hand = {(4 / 7, 3 / 7), (3 / 7, 4 / 7), (2 / 5, 3 / 5), (3 / 5, 2 / 5)}
    found = {tuple(row) for row in samples.round(9).tolist()}
    assert found == {tuple(round(share, 9) for share in row) for row in by_hand}


def test_the_prior_of_the_endorsements_is_that_of_the_shares() -> None:
    votes = endorsements((3, 1), (0, 2), a0=2, b0=5)
    assert replicates(votes, kind="endorsement", seed=7, endorsement_prior=(2, 5)) is not None
    with pytest.raises(InputError, match="a0"):
        replicates(votes, kind="endorsement", seed=7)


@pytest.mark.parametrize(("up", "down"), [((), ()), ((3, 1), ()), ((3, 1, 2), (0, 0, 0))])
def test_endorsements_without_votes_for_and_against_each_option_are_refused(up, down) -> None:
    votes = RealVotes(shares=(0.5, 0.5), voters=4, up=up, down=down)
    with pytest.raises(InputError, match="for 2 options"):
        ceiling(votes, share_error, kind="endorsement", seed=7)


@pytest.mark.parametrize("options", [{"draws": 0}, {"prior": 0}, {"prior": -1}, {"prior": math.nan}])
def test_options_out_of_range_are_refused(options) -> None:
    with pytest.raises(InputError):
        replicates(choices(1, 2), kind="choice", seed=7, **options)


def test_the_same_seed_gives_the_same_samples_and_another_seed_others() -> None:
    one, same, other = (replicates(choices(5, 9), kind="choice", seed=seed).tobytes() for seed in (1, 1, 2))
    assert one == same
    assert one != other


counts = st.lists(st.integers(0, 30), min_size=2, max_size=5).filter(any)


@settings(max_examples=60)
@given(counts, st.integers(0, 99))
def test_second_samples_are_counts_of_the_same_number_of_voters(row: list[int], seed: int) -> None:
    samples = replicates(choices(*row), kind="choice", draws=10, seed=seed)
    votes = samples * sum(row)
    assert samples.shape == (10, len(row))
    assert np.allclose(votes, votes.round())
    assert np.allclose(samples.sum(axis=1), 1)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=5), st.integers(0, 99))
def test_second_endorsements_are_distributions(cells: list[tuple[int, int]], seed: int) -> None:
    up, down = zip(*cells, strict=True)
    samples = replicates(endorsements(up, down), kind="endorsement", draws=10, seed=seed)
    if sum(up) + sum(down) == 0:
        assert samples is None
        return
    assert samples.shape == (10, len(up))
    assert (samples > 0).all()
    assert np.allclose(samples.sum(axis=1), 1)


def judgements(alpha, *, count=400, voters=12, seed=3):
    rng = np.random.default_rng(seed)
    rows = [rng.multinomial(voters, rng.dirichlet(alpha)) / voters for _ in range(count)]
    return [RealVotes(shares=tuple(row.tolist()), voters=voters) for row in rows]


@pytest.mark.parametrize("alpha", [(0.3, 0.3, 0.3), (2.0, 2.0, 2.0), (20.0, 20.0)])
def test_the_prior_that_made_many_judgements_is_found_again(alpha):
    found = fitted_prior(judgements(alpha), placed=False)
    assert found == pytest.approx(np.array(alpha), rel=0.25)


def test_where_places_mean_the_same_the_prior_leans_as_the_judgements_do():
    found = fitted_prior(judgements((6.0, 2.0)), placed=True)
    assert found == pytest.approx(np.array([6.0, 2.0]), rel=0.25)
    assert len(set(fitted_prior(judgements((6.0, 2.0)), placed=False).tolist())) == 1


def test_of_few_or_uncounted_judgements_nothing_is_learned():
    few = judgements((20.0, 20.0), count=19)
    uncounted = [RealVotes(shares=(0.5, 0.5), voters=None)] * 50
    assert fitted_prior(few, placed=False) == fitted_prior(uncounted, placed=True) == 0.5


def test_where_everybody_is_of_two_minds_a_lead_of_chance_is_no_lead_in_a_second_sample():
    """Half of all leads of a fair coin are kept; Jeffreys' prior would say two in three."""
    made = judgements((500.0, 500.0), voters=11)
    prior = fitted_prior(made, placed=False)
    kept = [ceiling(votes, top_one, kind="choice", seed=seed, prior=prior) for seed, votes in enumerate(made)]
    assert np.mean(kept) == pytest.approx(0.5, abs=0.03)
    believed = [ceiling(votes, top_one, kind="choice", seed=seed) for seed, votes in enumerate(made)]
    assert np.mean(believed) > 0.6
