from __future__ import annotations

import asyncio

import pytest
from small_runs import items_for, room_of, store_of

from personas.persona import Panel, Persona
from simulator.discuss import OpinionDynamics
from simulator.engine import run_jobs
from simulator.flow import Flow
from simulator.generate import RetrievalGenerator
from simulator.item import Item, Option, Query
from simulator.journal import Journal
from simulator.judge import NormJudge


class Slow(NormJudge):
    """The offline engine, taking its time, and counting who is at work at once."""

    under_way = most = calls = 0

    async def judge(self, item, room, norms):
        self.calls += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0.002)
        self.under_way -= 1
        return await super().judge(item, room, norms)


@pytest.fixture
def room():
    personas = tuple(Persona(persona=f"tea#{number}", community="tea") for number in range(4))
    store = store_of(["I would warm the pot first 0", "I would weigh the leaves 0", "let the cat come"])
    return room_of(Panel(community="tea", personas=personas), store)


@pytest.fixture
def worked(words, room):
    def run(journal, asked, *, judge=None, concurrency=3):
        judge = judge or Slow(seed=1)
        flow = Flow(
            judge=judge,
            generator=RetrievalGenerator(words, seed=1),
            discussion=OpinionDynamics(),
            embedder=words,
            keep=9,
            rounds=0,
        )
        told = []
        jobs = [(item, "tea") for item in asked]
        journal.add_jobs([(item.item, "tea") for item in asked])
        asyncio.run(
            run_jobs(
                jobs,
                {"tea": room},
                flow,
                journal,
                concurrency=concurrency,
                advance=lambda *count: told.append(count),
            )
        )
        return judge, told

    return run


@pytest.mark.parametrize(("concurrency", "most"), [(1, 1), (3, 3), (50, 7)])
def test_no_more_jobs_are_under_way_at_once_than_was_said(worked, concurrency, most):
    with Journal.create(None) as journal:
        judge, told = worked(journal, items_for(7), concurrency=concurrency)
    assert judge.calls == 7
    assert min(most, 2) <= judge.most <= most, "on a busy machine fewer may meet, and never more"
    assert told == [(number, 7) for number in range(1, 8)]


def test_what_has_a_result_is_not_judged_again(worked):
    with Journal.create(None) as journal:
        worked(journal, items_for(3))
        judge, told = worked(journal, items_for(5))
        assert (judge.calls, told) == (2, [(4, 5), (5, 5)])
        assert worked(journal, items_for(5))[0].calls == 0


def test_a_failure_is_a_result_and_is_not_tried_again(worked):
    with Journal.create(None) as journal:
        asked = [Query(item="q", query="?", count=1)]
        worked(journal, asked)
        assert worked(journal, asked)[1] == []
        ((item, community, result),) = journal.results()
        assert (item, community, "preference" in result) == ("q", "tea", False)
        assert result["errors"][0]["step"] == "generate"


def test_a_result_holds_the_ballots_the_preference_and_the_norms_behind_them(worked, room):
    with Journal.create(None) as journal:
        worked(journal, items_for(1))
        ((_, _, result),) = journal.results()
        ballots = journal.ballots("item00", "tea")
        assert [ballot.persona for ballot in ballots] == [persona.persona for persona in room.panel.personas]
        cited = sorted({post for ballot in ballots for post in ballot.norms})
        assert set(journal.norms("tea", cited)) == set(cited) != set()
        assert journal.norms("tea", [norm.post for norm in room.store.norms]).keys() == set(cited)
        assert result["preference"]["ballots"] == 4
        assert (result["rounds"], result["settled"], result["errors"]) == (0, True, [])
        assert sum(result["position_bias"]) == pytest.approx(0)


def test_the_bias_of_positions_is_left_out_where_all_abstain(worked):
    item = Item(item="x", query="?", options=(Option(text="a"), Option(text="b")))

    class Mute(NormJudge):
        async def judge(self, item, room, norms):
            raise RuntimeError("mute")

    with Journal.create(None) as journal:
        worked(journal, [item], judge=Mute(seed=1))
        ((_, _, result),) = journal.results()
    assert result["position_bias"] is None
