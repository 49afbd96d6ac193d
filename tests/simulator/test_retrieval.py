from __future__ import annotations

import numpy as np
from small_runs import store_of

from simulator.item import Item, Option
from simulator.retrieval import SPARE, retrieve


def test_each_option_gets_the_norms_nearest_to_its_claim(words):
    store = store_of(["warm the pot", "feed the cat", "warm pot", "quite other words"])
    item = Item(
        item="1",
        query="?",
        options=(Option(text="Agree", claim="warm the pot"), Option(text="feed the cat")),
    )
    found = retrieve(item, store, words, keep=1)
    assert found.indices[:, 0].tolist() == [0, 1]
    assert found.indices[0, 1] == 2
    assert np.allclose(found.cosines[:, 0], 1)
    assert (np.diff(found.cosines, axis=1) <= 1e-6).all()


def test_three_times_as_many_norms_are_fetched_as_one_persona_judges_by_and_no_more_than_there_are(words):
    store = store_of([f"norm {number}" for number in range(10)])
    item = Item(item="1", query="?", options=(Option(text="norm 3"), Option(text="norm 4")))
    assert retrieve(item, store, words, keep=2).indices.shape == (2, 2 * SPARE)
    assert retrieve(item, store, words, keep=128).indices.shape == (2, 10)


def test_a_community_without_norms_yields_none(words):
    item = Item(item="1", query="?", options=(Option(text="a"), Option(text="b")))
    assert retrieve(item, store_of([]), words, keep=2).indices.shape == (2, 0)
