from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from small_runs import store_of

from simulator.sharpness import CANDIDATES, choose_sharpness

WORDS = ("pot", "leaves", "water", "cup")


def themed(endorsement_of, *, count=40, noise=0.0, community="tea"):
    """Norms on four themes; ``endorsement_of`` gives the endorsement of a theme."""
    rng = np.random.default_rng(1)
    texts = [f"{WORDS[n % 4]} {WORDS[n % 4]}s always n{n}" for n in range(count)]
    told = [endorsement_of(n % 4) + noise * rng.uniform(-1, 1) for n in range(count)]
    return store_of(texts, endorsement=told, community=community)


def test_where_what_is_said_nearby_is_endorsed_alike_only_the_nearest_count():
    near = choose_sharpness({"tea": themed(lambda theme: (0.9, 0.1, 0.7, 0.3)[theme])}, keep=512, seed=1)
    far = choose_sharpness({"tea": themed(lambda theme: 0.5, noise=0.4)}, keep=512, seed=1)
    assert near.value >= 10 > 5 >= far.value
    assert tuple(near.errors) == CANDIDATES
    assert near.errors[near.value] == min(near.errors.values())


def test_the_errors_are_those_of_leaving_each_norm_out_by_hand():
    store = themed(lambda theme: (0.9, 0.1, 0.7, 0.3)[theme], count=12)
    found = choose_sharpness({"tea": store}, keep=512, seed=1, candidates=(5.0,))
    cosines = store.vectors.astype(float) @ store.vectors.astype(float).T
    total = 0.0
    for left in range(12):
        others = [other for other in range(12) if other != left]
        weights = [math.exp(5 * (cosines[left, other] - 1)) for other in others]
        told = sum(w * store.endorsement[o] for w, o in zip(weights, others, strict=True)) / sum(weights)
        total += abs(told - store.endorsement[left])
    assert found.errors[5.0] == pytest.approx(total / 12, rel=1e-5)


def test_norms_of_one_thread_say_nothing_of_each_other():
    """Two replies to each question, endorsed alike: who looks at the sibling would choose the sharpest."""
    rng = np.random.default_rng(2)
    tones = rng.random(20) * 0.8 + 0.1
    store = store_of(
        [f"only{n // 2} special{n // 2} {n}" for n in range(40)],
        endorsement=[tones[n // 2] for n in range(40)],
    )
    apart = choose_sharpness({"tea": store}, keep=512, seed=1)
    titled = replace(
        store, norms=tuple(replace(norm, thread=f"t{n // 2}") for n, norm in enumerate(store.norms))
    )
    together = choose_sharpness({"tea": titled}, keep=512, seed=1)
    assert min(apart.errors.values()) < 0.1 < min(together.errors.values())


@pytest.mark.parametrize("stores", [{}, {"tea": themed(lambda theme: 0.5, count=9)}])
def test_with_few_norms_the_usual_value_is_taken(stores):
    found = choose_sharpness(stores, keep=512, seed=1)
    assert (found.value, found.errors) == (10.0, {})


def test_where_all_norms_are_of_one_thread_nothing_can_be_left_out_and_the_usual_value_is_taken():
    store = themed(lambda theme: 0.2 * theme + 0.1)
    one = replace(store, norms=tuple(replace(norm, thread="same") for norm in store.norms))
    found = choose_sharpness({"tea": one}, keep=512, seed=1)
    assert (found.value, found.errors) == (10.0, {})
    other = themed(lambda theme: (0.9, 0.1, 0.7, 0.3)[theme], community="cats")
    both = choose_sharpness({"tea": one, "cats": other}, keep=512, seed=1)
    assert both == choose_sharpness({"cats": other}, keep=512, seed=1)
