from __future__ import annotations

import asyncio

import numpy as np
import pytest
import small_runs
from small_runs import items_for, store_of

from personas.persona import Panel, Persona
from simulator.deliberate import deliberate
from simulator.discuss import OpinionDynamics
from simulator.engine import run_jobs
from simulator.flow import Flow
from simulator.generate import RetrievalGenerator
from simulator.item import Ballot, Item, Option, Query
from simulator.journal import Journal
from simulator.judge import NormJudge

ITEM = Item(item="1", query="?", options=(Option(text="warm the pot"), Option(text="use soft water")))
SIZE = 3


class Said:
    """A judge whose personas say what they are told."""

    name = "said"

    def __init__(self, *shares):
        self.shares = shares

    async def judge(self, item, room, norms):
        return [
            Ballot(persona=persona.persona, choice=None, order=(0, 1), reason="no idea")
            if shares is None
            else Ballot(
                persona=persona.persona,
                choice=int(np.argmax(shares)),
                shares=shares,
                order=(0, 1),
                reason="so",
            )
            for persona, shares in zip(room.panel.personas, self.shares, strict=True)
        ]


class Fails:
    """A step that fails where an item's query names it."""

    name, english = "fails", True

    def __init__(self, inner, on="bad"):
        self.inner, self.on = inner, on

    async def judge(self, item, room, norms):
        if self.on in item.query:
            raise RuntimeError("out of ideas")
        return await self.inner.judge(item, room, norms)

    def embed(self, texts):
        if any(self.on in text for text in texts):
            raise MemoryError("too long")
        return self.inner.embed(texts)


class Writes:
    """A generator that writes what it is told."""

    name = "writes"

    def __init__(self, *texts):
        self.texts = texts

    async def generate(self, query, room):
        return [Option(text=text) for text in self.texts]


def room_of(ties=None, susceptibility=0.0, store=None):
    personas = tuple(Persona(persona=f"tea#{number}", community="tea") for number in range(SIZE))
    store = store_of(["warm the pot", "use soft water", "steep it"]) if store is None else store
    panel = Panel(community="tea", personas=personas)
    return small_runs.room_of(panel, store, ties=ties, susceptibility=susceptibility)


RING = [[0, 1, 0], [0, 0, 1], [1, 0, 0]]


@pytest.fixture
def flow_of(words):
    def make(judge=None, generator=None, embedder=None, rounds=3):
        return Flow(
            judge=judge or NormJudge(seed=1),
            generator=generator or RetrievalGenerator(words, seed=1),
            discussion=OpinionDynamics(),
            embedder=embedder or words,
            keep=128,
            rounds=rounds,
        )

    return make


def test_an_item_comes_back_with_a_ballot_a_persona_and_a_preference(flow_of):
    outcome = asyncio.run(flow_of().run(ITEM, room_of()))
    assert outcome.item is ITEM
    assert [ballot.persona for ballot in outcome.ballots] == ["tea#0", "tea#1", "tea#2"]
    assert (outcome.preference.ballots, outcome.rounds, outcome.settled, outcome.errors) == (3, 0, True, ())


def test_a_query_gets_options_that_the_community_wrote(flow_of):
    outcome = asyncio.run(flow_of().run(Query(item="q", query="the pot?", count=2), room_of()))
    assert (outcome.item.item, outcome.item.query, outcome.item.community) == ("q", "the pot?", "tea")
    assert outcome.item.size == 2
    assert outcome.preference.ballots == SIZE


@pytest.mark.parametrize("texts", [(), ("only one",), ("twice", "twice")])
def test_too_few_options_are_an_error_record_and_no_preference(flow_of, texts):
    outcome = asyncio.run(flow_of(generator=Writes(*texts)).run(Query(item="q", query="?"), room_of()))
    assert (outcome.item, outcome.ballots, outcome.preference) == (None, (), None)
    assert [error.step for error in outcome.errors] == ["generate"]
    assert "InputError" in outcome.errors[0].problem


def test_a_judge_that_raises_leaves_abstentions_that_say_so(flow_of):
    outcome = asyncio.run(flow_of(judge=Fails(NormJudge(seed=1), on="?")).run(ITEM, room_of()))
    assert [error.step for error in outcome.errors] == ["judge"]
    assert {ballot.choice for ballot in outcome.ballots} == {None}
    assert {ballot.reason for ballot in outcome.ballots} == {"judge failed: RuntimeError: out of ideas"}
    assert (outcome.preference.ballots, outcome.preference.failures) == (0, SIZE)


def test_an_embedder_that_raises_leaves_abstentions_that_say_so(flow_of, words):
    outcome = asyncio.run(flow_of(embedder=Fails(words, on="pot")).run(ITEM, room_of()))
    assert [error.step for error in outcome.errors] == ["retrieve"]
    assert outcome.preference.failures == SIZE
    assert "retrieve failed: MemoryError: too long" in outcome.ballots[0].reason


def test_ballots_that_fit_no_item_are_an_error_record_too(flow_of):
    outcome = asyncio.run(flow_of(judge=Said(*[(0.2, 0.3, 0.5)] * SIZE)).run(ITEM, room_of()))
    assert [error.step for error in outcome.errors] == ["aggregate"]
    assert outcome.preference is None


def test_one_bad_item_stops_no_other_and_is_in_the_results(flow_of):
    items = [*items_for(3), Item(item="bad", query="a bad one", options=ITEM.options), *items_for(5)[3:]]
    flow = flow_of(judge=Fails(NormJudge(seed=1)))
    jobs = [(item, "tea") for item in items]
    with Journal.create(None) as journal:
        journal.add_jobs([(item.item, "tea") for item in items])
        seen = []
        work = run_jobs(
            jobs, {"tea": room_of()}, flow, journal, concurrency=2, advance=lambda *count: seen.append(count)
        )
        asyncio.run(work)
        results = {item: result for item, _, result in journal.results()}
    assert list(results) == [item.item for item in items]
    assert [name for name, result in results.items() if result["errors"]] == ["bad"]
    assert results["bad"]["preference"]["failures"] == SIZE
    assert results["bad"]["position_bias"] is None
    assert seen == [(number, 6) for number in range(1, 7)]


def test_discussion_moves_opinions_as_friedkin_and_johnsen_have_it_and_every_round_is_kept(flow_of):
    shares = [(0.9, 0.1), (0.2, 0.8), (0.3, 0.7)]
    outcome = asyncio.run(flow_of(judge=Said(*shares)).run(ITEM, room_of(RING, 0.6)))
    expected = deliberate(shares, RING, [0.6] * SIZE, rounds=3)
    assert (outcome.rounds, outcome.settled) == (3, False)
    assert [ballot.round for ballot in outcome.ballots] == [0] * 3 + [1] * 3 + [2] * 3 + [3] * 3
    for number in range(4):
        cast = [ballot.shares for ballot in outcome.ballots if ballot.round == number]
        assert np.allclose(cast, expected.opinions[number])
    moved = outcome.ballots[3]
    assert (moved.choice, moved.reason) == (1, "moved by its neighbours in discussion")
    assert outcome.ballots[4].reason == "so"
    assert outcome.preference.shares[0] == pytest.approx((0.5 + expected.final[:, 0].sum()) / 4)


@pytest.mark.parametrize(
    ("ties", "susceptibility", "rounds"), [(None, 0.6, 3), (RING, 0.0, 3), (RING, 0.6, 0)]
)
def test_nobody_moves_without_ties_susceptibility_or_rounds(flow_of, ties, susceptibility, rounds):
    flow = flow_of(judge=Said((0.9, 0.1), (0.2, 0.8), (0.3, 0.7)), rounds=rounds)
    outcome = asyncio.run(flow.run(ITEM, room_of(ties, susceptibility)))
    assert (outcome.rounds, len(outcome.ballots), outcome.settled) == (0, SIZE, True)


def test_who_abstains_is_listened_to_by_nobody_and_abstains_in_every_round(flow_of):
    flow = flow_of(judge=Said((0.9, 0.1), None, (0.3, 0.7)))
    outcome = asyncio.run(flow.run(ITEM, room_of(RING, 0.6)))
    last = outcome.ballots[-SIZE:]
    assert (last[1].choice, last[1].reason, last[1].round) == (None, "no idea", outcome.rounds)
    assert last[0].shares == pytest.approx((0.9, 0.1)), "its only neighbour abstained"
    assert last[2].shares[0] == pytest.approx(0.6 * 0.9 + 0.4 * 0.3)
    assert outcome.preference.abstentions == 1


def test_where_all_abstain_there_is_no_discussion_and_nothing_is_known(flow_of):
    outcome = asyncio.run(flow_of(judge=Said(None, None, None)).run(ITEM, room_of(RING, 0.6)))
    assert (outcome.rounds, outcome.errors) == (0, ())
    preference = outcome.preference
    assert (preference.shares, preference.low, preference.high) == ((0.5, 0.5), (0, 0), (1, 1))
    assert preference.abstentions == SIZE


def test_a_community_without_norms_abstains_without_an_error(flow_of):
    outcome = asyncio.run(flow_of().run(ITEM, room_of(store=store_of([]))))
    assert (outcome.preference.abstentions, outcome.errors) == (SIZE, ())
