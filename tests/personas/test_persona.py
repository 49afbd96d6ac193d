"""What the personas of a panel remember."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from personas.norms import Norm, NormStore
from personas.persona import Panel, Persona, remember


def store(authors):
    norms = tuple(
        Norm(
            post=f"p{number:03}", title="", text="x", author=author, endorsement=0.5, support=1, basis="votes"
        )
        for number, author in enumerate(authors)
    )
    return NormStore(community="tea", norms=norms, vectors=np.ones((len(norms), 1), np.float32), model="made")


def panel(*members, community="tea"):
    personas = tuple(
        Persona(persona=f"{community}#{number}", community=community, member=member)
        for number, member in enumerate(members)
    )
    return Panel(community=community, personas=personas)


members = st.lists(st.sampled_from(["", "ada", "ben"]), min_size=1, max_size=5)


@given(
    members=members,
    authors=st.lists(st.sampled_from(["", "ada", "ben"]), max_size=20),
    seed=st.integers(0, 999),
)
def test_a_memory_is_n_draws_and_at_least_once_what_the_member_wrote(members, authors, seed):
    made = store(authors)
    memory = remember(panel(*members), made, seed=seed)
    drawn = remember(panel(*[""] * len(members)), made, seed=seed)
    assert memory.shape == (len(members), len(authors))
    assert memory.dtype == np.int64
    assert (drawn.sum(axis=1) == len(authors)).all()
    own = np.array([[author == member != "" for author in authors] for member in members], bool)
    np.testing.assert_array_equal(memory, np.where(own.reshape(drawn.shape), np.maximum(drawn, 1), drawn))


@given(size=st.integers(1, 8), n=st.integers(0, 20), seed=st.integers(0, 999))
def test_over_the_panel_every_norm_is_drawn_equally_often(size, n, seed):
    memory = remember(panel(*[""] * size), store([""] * n), seed=seed)
    assert (memory.sum(axis=0) == size).all()


def test_personas_of_one_panel_remember_differently():
    memory = remember(panel("", "", "", ""), store(["ben"] * 40), seed=1)
    assert len({row.tobytes() for row in memory}) == 4
    assert memory.min() == 0
    assert memory.max() > 1


def test_a_memory_is_the_same_for_the_same_seed_and_community_and_another_for_another():
    made = store(["ben"] * 40)
    first = remember(panel("ada", ""), made, seed=1)
    np.testing.assert_array_equal(first, remember(panel("ada", ""), made, seed=1))
    assert (first != remember(panel("ada", ""), made, seed=2)).any()
    assert (first != remember(panel("ada", "", community="mate"), made, seed=1)).any()


def test_over_many_seeds_every_persona_remembers_every_norm_equally_often():
    made = store(["ben"] * 10)
    total = sum(remember(panel("", "", ""), made, seed=seed) for seed in range(1_000))
    assert abs(total - 1_000).max() < 5 * np.sqrt(1_000)


def test_of_no_norms_nothing_is_remembered():
    assert remember(panel("ada", ""), store([]), seed=1).shape == (2, 0)
