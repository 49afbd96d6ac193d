"""Seeds derived from names."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from personas.seeds import derived_rng, derived_seed

NAMES = st.lists(st.text(max_size=3), max_size=4)


def test_a_seed_is_the_same_on_every_machine():
    assert derived_seed(7, "item", 3) == 8574202430380248174
    assert derived_rng(7, "item", 3).integers(0, 1000, 4).tolist() == [261, 764, 749, 513]


@given(seed=st.integers(-5, 5), other=st.integers(-5, 5), names=NAMES, others=NAMES)
def test_seeds_differ_exactly_where_seed_or_names_differ(seed, other, names, others):
    same = (seed, *names) == (other, *others)
    assert (derived_seed(seed, *names) == derived_seed(other, *others)) == same


@given(seed=st.integers(), names=NAMES)
def test_a_seed_has_63_bits(seed, names):
    assert 0 <= derived_seed(seed, *names) < 2**63


def test_draws_made_before_do_not_matter():
    first = derived_rng(1, "a")
    first.random(100)
    assert derived_rng(1, "b").random() == derived_rng(1, "b").random() != derived_rng(1, "a").random()
