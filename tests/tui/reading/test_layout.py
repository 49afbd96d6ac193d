"""Where nodes are placed: apart from each other, near those that they are tied to, and always in the same place."""

from __future__ import annotations

import time

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from tui.reading.layout import spread


def two_cliques(size):
    ties = [
        (start + i, start + j, 1.0) for start in (0, size) for i in range(size) for j in range(i + 1, size)
    ]
    return [*ties, (0, size, 0.1)]


def distances(places):
    return np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))


def test_members_of_one_clique_stand_nearer_to_each_other_than_to_those_of_the_other():
    places = distances(spread(16, two_cliques(8)))
    inside = np.mean([places[:8, :8].sum() / 56, places[8:, 8:].sum() / 56])
    assert inside < 0.6 * places[:8, 8:].mean()


def test_the_same_graph_is_always_drawn_the_same():
    assert spread(16, two_cliques(8)).tobytes() == spread(16, two_cliques(8)).tobytes()


def test_nodes_without_any_tie_stand_apart():
    places = distances(spread(30, []))
    assert places[np.triu_indices(30, 1)].min() > 0.05


def test_a_thousand_nodes_are_placed_in_half_a_second_or_little_more():
    rng = np.random.default_rng(7)
    pairs = rng.integers(0, 1000, (3000, 2))
    ties = [(int(a), int(b), 1.0) for a, b in pairs if a != b]
    start = time.perf_counter()
    spread(1000, ties)
    assert time.perf_counter() - start < 2.5  # 0.4 s alone; the suite may share its cores


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 20), st.data())
def test_every_place_lies_on_the_plane(count, data):
    numbers = st.integers(0, max(0, count - 1))
    pairs = data.draw(st.lists(st.tuples(numbers, numbers, st.floats(0.001, 1e6)), max_size=30))
    places = spread(count, [pair for pair in pairs if pair[0] != pair[1]])
    assert places.shape == (count, 2)
    assert np.isfinite(places).all() and (places >= 0).all() and (places <= 1).all()
