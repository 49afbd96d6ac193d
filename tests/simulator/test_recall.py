"""A panel is shown what is nearest to each option; each persona recalls its own posts first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_runs import store_of
from word_embedder import WordEmbedder

from personas.persona import Persona
from simulator.item import Item, Option
from simulator.recall import Bearing, recalled_norms, shown_norms
from simulator.retrieval import Retrieved, retrieve

TEXTS = ("warm pot", "warm pot now", "cold milk", "cold milk last", "weigh leaves", "warm milk")
ANN, NOBODY = (Persona(persona="tea#00", community="tea", member=member) for member in ("ann", ""))


def near(*options: str, authors: dict[int, str] | None = None) -> Retrieved:
    """Return the norms near each of some options."""
    store = store_of(TEXTS)
    norms = tuple(replace(norm, author=(authors or {}).get(n, "")) for n, norm in enumerate(store.norms))
    item = Item(item="1", query="?", options=tuple(Option(text=text) for text in options))
    return retrieve(item, replace(store, norms=norms), WordEmbedder(), keep=512)


def texts(norms) -> list[str]:
    return [norm.text for norm in norms]


def test_each_option_s_nearest_norm_is_shown_before_any_second_nearest():
    assert texts(shown_norms(near("warm pot", "weigh leaves"), 2)) == ["warm pot", "weigh leaves"]
    assert set(texts(shown_norms(near("warm pot", "cold milk last"), 3))) >= {"warm pot", "cold milk last"}


def test_what_is_shown_stands_with_the_nearest_to_any_option_first():
    assert texts(shown_norms(near("warm pot now", "cold"), 3)) == ["warm pot now", "warm pot", "cold milk"]


def test_no_more_is_shown_than_there_is_and_nothing_where_nothing_is_asked_for():
    assert len(shown_norms(near("warm pot", "cold milk"), 100)) == len(TEXTS)
    assert shown_norms(near("warm pot", "cold milk"), 0) == []


@given(st.permutations(["warm pot", "cold milk", "leaves", "warm milk"]), st.integers(0, len(TEXTS) + 1))
def test_the_order_of_the_options_changes_nothing(options, count):
    plain = near("warm pot", "cold milk", "leaves", "warm milk")
    assert shown_norms(near(*options), count) == shown_norms(plain, count)
    memory = np.ones(len(TEXTS), np.int64)
    assert recalled_norms(near(*options), memory, ANN, count, ()) == recalled_norms(
        plain, memory, ANN, count, ()
    )


def test_own_posts_come_first_and_then_the_nearest_that_are_remembered():
    norms = near("warm pot", "warm pot now", authors={4: "ann", 3: "ben"})
    everything = np.ones(len(TEXTS), np.int64)
    assert texts(recalled_norms(norms, everything, ANN, 3, ())) == [
        "weigh leaves",
        "warm pot",
        "warm pot now",
    ]
    assert texts(recalled_norms(norms, everything, ANN, 1, ())) == ["weigh leaves"]


def test_what_is_not_remembered_or_shown_anyhow_is_not_recalled():
    norms = near("warm pot", "warm pot now", authors={0: "ann", 4: "ann"})
    memory = np.array([2, 0, 1, 1, 0, 1])
    assert texts(recalled_norms(norms, memory, ANN, 2, ())) == ["warm pot", "warm milk"]
    assert texts(recalled_norms(norms, memory, ANN, 2, {"p000"})) == ["warm milk", "cold milk"]


def test_a_persona_of_no_member_owns_no_post_of_an_unknown_author():
    norms = near("warm pot", "warm pot now", authors={0: "ben", 1: "ben"})
    everything = np.ones(len(TEXTS), np.int64)
    assert texts(recalled_norms(norms, everything, NOBODY, 2, ())) == ["warm pot", "warm pot now"]


@given(
    st.lists(st.integers(0, 2), min_size=len(TEXTS), max_size=len(TEXTS)),
    st.sets(st.sampled_from([f"p00{n}" for n in range(len(TEXTS))])),
    st.integers(0, 8),
    st.sets(st.integers(0, len(TEXTS) - 1)),
)
def test_as_much_is_recalled_as_is_remembered_and_not_shown(memory, but, count, own):
    norms = near("warm pot", "cold milk", authors=dict.fromkeys(own, "ann"))
    found = [norm.post for norm in recalled_norms(norms, np.array(memory), ANN, count, but)]
    held = {f"p00{n}" for n, times in enumerate(memory) if times} - but
    mine = {f"p00{n}" for n in own} & held
    assert len(found) == len(set(found)) == min(count, len(held))
    assert set(found) <= held
    assert set(found[: len(mine)]) <= mine


def test_a_community_that_said_nothing_recalls_nothing():
    none = np.zeros((2, 0))
    empty = replace(
        near("a", "b"), store=store_of(["x"]), cosines=none.astype(np.float32), indices=none.astype(np.int64)
    )
    assert shown_norms(empty, 8) == []
    assert recalled_norms(empty, np.ones(1, np.int64), ANN, 3, ()) == []


@pytest.mark.parametrize("count", [1, 4])
def test_one_bearing_serves_every_persona(count):
    norms = near("warm pot", "cold milk", authors={1: "ann"})
    bearing, memory = Bearing(norms), np.array([0, 1, 1, 0, 3, 1])
    for persona in (ANN, NOBODY, ANN):
        assert bearing.recalled(memory, persona, count, ()) == recalled_norms(
            norms, memory, persona, count, ()
        )
    assert bearing.shown(count) == shown_norms(norms, count)
