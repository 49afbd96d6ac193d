from __future__ import annotations

import asyncio
import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_runs import room_of, store_of
from word_embedder import WordEmbedder

from personas.persona import Panel, Persona
from simulator.aggregate import aggregate
from simulator.item import Item, Option
from simulator.judge import NormJudge, norm_scores
from simulator.retrieval import Retrieved, retrieve

TEXTS = [
    "warm the pot",
    "weigh the leaves",
    "never boil it",
    "use soft water",
    "steep it short",
    "warm milk first",
]
ENDORSEMENT, SUPPORT = [0.9, 0.2, 0.6, 0.35, 0.75, 0.1], [4, 9, 1, 25, 16, 2]


@pytest.fixture
def store():
    return store_of(TEXTS, endorsement=ENDORSEMENT, support=SUPPORT)


def panel_of(size, community="tea"):
    return Panel(
        community=community,
        personas=tuple(
            Persona(persona=f"{community}#{number}", community=community) for number in range(size)
        ),
    )


def item_of(*texts, polarity=1):
    options = tuple(Option(text=text, claim=text, polarity=polarity) for text in texts)
    return Item(item="1", query="?", options=options)


def judged(item, store, words, *, size=8, seed=1, keep=128):
    norms = retrieve(item, store, words, keep=keep)
    return asyncio.run(NormJudge(seed=seed).judge(item, room_of(panel_of(size), store), norms))


def by_hand(cosines, indices, memory, keep, sharpness):
    """Σ w r / Σ w with w = sqrt(n) exp(τ cos) times remembered, over the nearest ``keep`` remembered norms."""
    above = below = kept = 0
    for cosine, index in zip(cosines, indices, strict=True):
        if memory[index] and kept < keep:
            kept += 1
            weight = math.sqrt(SUPPORT[index]) * math.exp(sharpness * cosine) * memory[index]
            above, below = above + weight * ENDORSEMENT[index], below + weight
    return above / below if below else math.nan


@given(
    st.lists(st.lists(st.integers(0, 3), min_size=6, max_size=6), min_size=1, max_size=4),
    st.permutations(range(6)),
    st.lists(st.integers(-1000, 1000), min_size=6, max_size=6, unique=True),
    st.integers(1, 7),
    st.sampled_from([0.5, 10.0, 40.0]),
)
def test_scores_are_those_of_the_formula_by_hand(memories, order, cosines, keep, sharpness):
    falling = sorted((cosine / 1000 for cosine in cosines), reverse=True)
    norms = Retrieved(
        store=store_of(TEXTS, endorsement=ENDORSEMENT, support=SUPPORT),
        cosines=np.array([falling]),
        indices=np.array([order]),
        keep=keep,
    )
    scores, weights = norm_scores(norms, np.array(memories), sharpness=sharpness)
    expected = [by_hand(falling, order, memory, keep, sharpness) for memory in memories]
    assert np.allclose(scores[:, 0], expected, rtol=1e-9, equal_nan=True)
    assert (weights > 0).sum(axis=2).max() <= keep


def test_the_order_in_which_norms_are_stored_changes_no_score(store, words):
    turned = store_of(TEXTS[::-1], endorsement=ENDORSEMENT[::-1], support=SUPPORT[::-1])
    item, memory = item_of("warm the milk", "use water"), np.array([[1, 0, 2, 1, 3, 1]])
    one, _ = norm_scores(retrieve(item, store, words, keep=9), memory, sharpness=10)
    other, _ = norm_scores(retrieve(item, turned, words, keep=9), memory[:, ::-1], sharpness=10)
    assert np.allclose(one, other, rtol=1e-12)


def test_an_option_that_rejects_its_claim_scores_one_minus_that(words):
    agree, disagree = (
        Option(text="Agree", claim=TEXTS[0]),
        Option(text="Disagree", claim=TEXTS[0], polarity=-1),
    )
    alone = store_of([TEXTS[0]], endorsement=[0.8])
    ballot = judged(Item(item="1", query="?", options=(agree, disagree)), alone, words)[0]
    assert ballot.shares == pytest.approx((0.8, 0.2))
    ballot = judged(Item(item="1", query="?", options=(agree, replace(agree, text="Yes"))), alone, words)[0]
    assert ballot.shares == (0.5, 0.5)


def test_a_community_without_norms_abstains_and_says_why(words):
    ballots = judged(item_of("a", "b"), store_of([]), words, size=3)
    assert [(ballot.choice, ballot.reason) for ballot in ballots] == [
        (None, "tea has no norm to judge by")
    ] * 3
    assert aggregate(ballots, 2).abstentions == 3


def test_a_persona_that_remembers_nothing_nearby_abstains_and_the_others_do_not(words):
    ballots = judged(
        item_of("norm 1", "norm 2"), store_of([f"norm {n}" for n in range(40)]), words, size=64, keep=1
    )
    reasons = {ballot.reason for ballot in ballots if ballot.choice is None}
    assert reasons == {"remembers no norm that bears on every option"}
    assert 0 < sum(ballot.choice is None for ballot in ballots) < 64


@settings(max_examples=25)
@given(st.permutations(range(4)), st.integers(0, 5))
def test_swapping_the_options_swaps_the_answer(order, seed):
    store = store_of(TEXTS, endorsement=ENDORSEMENT, support=SUPPORT)
    texts = ["warm the milk", "weigh it", "soft leaves", "boil water first"]
    plain = judged(item_of(*texts), store, WordEmbedder(), seed=seed)
    swapped = judged(item_of(*(texts[place] for place in order)), store, WordEmbedder(), seed=seed)
    for one, other in zip(plain, swapped, strict=True):
        assert other.shares == pytest.approx([one.shares[place] for place in order], rel=1e-12)
        assert other.shares[other.choice] == pytest.approx(max(one.shares), rel=1e-12)
    one, other = aggregate(plain, 4).shares, aggregate(swapped, 4).shares
    assert other == pytest.approx([one[place] for place in order], rel=1e-12)


def test_equal_shares_are_decided_by_what_was_shown_first(words):
    ballots = judged(item_of("quite other", "other quite"), store_of(TEXTS), words, size=8)
    assert all(ballot.choice == ballot.order[0] for ballot in ballots)
    assert {ballot.choice for ballot in ballots} == {0, 1}


def test_a_ballot_names_the_weightiest_norms_first_each_once(store, words):
    for ballot in judged(item_of("warm the pot", "use soft water"), store, words):
        assert 1 <= len(ballot.norms) <= 3
        assert len(set(ballot.norms)) == len(ballot.norms)
        place = int(ballot.norms[0][1:])
        assert f"endorsed {ENDORSEMENT[place]:.2f} by {SUPPORT[place]} (votes)" in ballot.reason


def test_personas_differ_in_their_memory_and_the_same_seed_gives_the_same_ballots(store, words):
    item = item_of("warm the milk", "use water", "steep leaves")
    first = judged(item, store, words)
    assert first == judged(item, store, words)
    assert first != judged(item, store, words, seed=2)
    assert len({ballot.shares for ballot in first}) > 1


def test_one_judge_serves_several_communities_and_stores(store, words):
    judge, item = NormJudge(seed=1), item_of("warm the milk", "use water")
    other = store_of(TEXTS[:3], endorsement=[0.1, 0.9, 0.5], community="cats")
    panels = [panel_of(4), panel_of(4, "cats"), panel_of(4), panel_of(4), panel_of(6)]
    rooms = list(zip(panels, [store, other, other, store, store], strict=True))
    found = [
        asyncio.run(judge.judge(item, room_of(panel, s), retrieve(item, s, words, keep=9)))
        for panel, s in rooms
    ]
    assert found[0] == found[3] != found[2]
    for (panel, s), ballots in zip(rooms, found, strict=True):
        assert (
            asyncio.run(NormJudge(seed=1).judge(item, room_of(panel, s), retrieve(item, s, words, keep=9)))
            == ballots
        )
