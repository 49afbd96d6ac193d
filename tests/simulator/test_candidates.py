"""Candidate sets that several communities judge: written once, by whom it was said, and drawn from a pool."""

from __future__ import annotations

import asyncio
import json
import sqlite3

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_corpora import make_corpus
from small_runs import canonical, simulation_of
from small_runs import forum as threads
from stand_in import stand_in
from word_embedder import WordEmbedder

from personas.errors import InputError
from simulator.candidates import SharedSets, draw_from_pool
from simulator.item import Query
from simulator.journal import JOURNAL, Journal
from simulator.models.model import ModelError, Reply
from simulator.room import NOBODY
from simulator.simulation import Simulation

POOL = tuple(f"{word} the {thing}" for word in ("warm", "wash", "weigh", "love") for thing in ("pot", "cat"))


def shared(number=1, **more):
    return Query(
        item=f"p{number}",
        query=f"What of the water and the cat, {number}?",
        **({"writer": NOBODY, "count": 3} | more),
    )


def texts(run, name):
    return [option.text for option in run.journal.item(name).options]


def test_a_shared_set_is_one_item_that_every_community_judges(forum):
    run = simulation_of(forum).run([shared(1), shared(2)])
    assert list(run.preferences()) == [("p1", "cats"), ("p1", "tea"), ("p2", "cats"), ("p2", "tea")]
    assert [(item.item, item.community, item.size) for item in run.journal.items()] == [
        ("p1", "", 3),
        ("p2", "", 3),
    ]


def test_offline_nobody_draws_from_what_all_communities_said(forum):
    run = simulation_of(forum).run([shared(number, count=4) for number in range(12)])
    by_post = {
        post: name
        for name, store in simulation_of(forum).setting.stores.items()
        for post in (n.post for n in store.norms)
    }
    origins = {by_post[option.post] for item in run.journal.items() for option in item.options}
    assert origins == {"cats", "tea"}


def test_a_communitys_set_is_its_own_and_judged_by_those_that_are_asked(forum):
    simulation = simulation_of(forum)
    run = simulation.run([shared(1, writer="tea"), Query(item="p2", query="And the pot?", count=2)])
    assert list(run.preferences()) == [("p1", "cats"), ("p1", "tea"), ("p2@cats", "cats"), ("p2@tea", "tea")]
    item = run.journal.item("p1")
    said = {norm.post for norm in simulation.setting.stores["tea"].norms}
    assert item.community == "tea"
    assert {option.post for option in item.options} <= said


def test_a_writer_that_is_no_community_is_refused_before_anything_is_written(forum, tmp_path):
    with pytest.raises(InputError, match="no community is named 'dogs'"):
        simulation_of(forum).run([shared(writer="dogs")], out=tmp_path / "run")
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("sampling", ["independent", "negatively-correlated"])
def test_a_pool_is_drawn_from_and_judged_by_all(forum, sampling):
    run = simulation_of(forum, sampling=sampling).run([shared(number, pool=POOL) for number in range(20)])
    drawn = [tuple(texts(run, f"p{number}")) for number in range(20)]
    assert all(len(set(each)) == 3 and set(each) <= set(POOL) for each in drawn)
    assert len(set(drawn)) > 10


@pytest.mark.parametrize("sampling", ["independent", "negatively-correlated"])
def test_a_pool_no_larger_than_the_set_is_taken_as_it_is(sampling):
    query = shared(pool=(" b ", "a", "b", ""), count=4)
    assert [
        option.text for option in draw_from_pool(query, "tea", WordEmbedder(), seed=1, sampling=sampling)
    ] == ["b", "a"]


def test_a_pool_of_one_text_fails_for_each_community_and_says_why(forum):
    run = simulation_of(forum).run([shared(pool=("a", " a ")), shared(2)])
    assert sorted(run.preferences()) == [("p2", "cats"), ("p2", "tea")]
    problems = [result["errors"][0]["problem"] for _, _, result in run.failures()]
    assert len(problems) == 2
    assert all("a pool of 1 different texts" in problem for problem in problems)


def test_negatively_correlated_draws_from_a_pool_are_less_alike():
    words = WordEmbedder()
    alike = [f"warm the pot {number}" for number in range(12)]
    pool = (*alike, "love every cat", "weigh all flour")

    def similarity(sampling):
        found = []
        for number in range(60):
            drawn = draw_from_pool(shared(number, pool=pool), "", words, seed=1, sampling=sampling)
            vectors = words.embed([option.text for option in drawn])
            found.append((vectors @ vectors.T)[np.triu_indices(3, 1)].mean())
        return np.mean(found)

    assert similarity("negatively-correlated") < similarity("independent") - 0.1


@given(st.sets(st.text("abc", min_size=1), min_size=2, max_size=9), st.integers(2, 5), st.integers(0, 99))
def test_a_draw_holds_different_texts_of_the_pool_and_depends_on_its_names_alone(pool, count, seed):
    query = shared(pool=tuple(sorted(pool)), count=count)
    how = {"seed": seed, "sampling": "independent"}
    once, again = (draw_from_pool(query, "tea", WordEmbedder(), **how) for _ in range(2))
    assert once == again
    assert {option.text for option in once} <= pool
    assert len({option.text for option in once}) == len(once) == min(count, len(pool))


@given(pool=st.sets(st.text("abc", min_size=1), min_size=2, max_size=9))
def test_every_text_of_a_pool_is_drawn_as_often_as_any_other(pool):
    pool = tuple(sorted(pool))
    if len(pool) < 4:
        return
    counts = dict.fromkeys(pool, 0)
    for number in range(400):
        for option in draw_from_pool(
            shared(number, pool=pool, count=2), "", WordEmbedder(), seed=3, sampling="independent"
        ):
            counts[option.text] += 1
    expected = 800 / len(pool)
    assert all(abs(count - expected) < 6 * expected**0.5 for count in counts.values())


class Counting:
    """A generator that writes the number of its call, and waits for a moment."""

    name = "counting"

    def __init__(self):
        self.calls = []

    async def generate(self, query, room):
        self.calls.append(query.item)
        await asyncio.sleep(0.01)
        if query.query == "fail":
            raise InputError("nothing came")
        return [f"{query.item}-{len(self.calls)}"]


def sets_of(inner, kept=lambda name: None):
    return SharedSets(
        inner, rooms={NOBODY: None}, kept=kept, embedder=WordEmbedder(), seed=1, sampling="independent"
    )


async def test_a_set_is_written_once_however_many_ask_at_once():
    inner = Counting()
    sets = sets_of(inner)
    found = await asyncio.gather(
        *(sets.generate(shared(number), None) for number in (1, 2) for _ in range(5))
    )
    assert sorted(inner.calls) == ["p1", "p2"]
    assert len({tuple(each) for each in found}) == 2


async def test_a_set_that_failed_fails_for_all_who_ask():
    sets = sets_of(Counting())
    asked = Query(item="p1", query="fail", writer=NOBODY)
    found = await asyncio.gather(*(sets.generate(asked, None) for _ in range(3)), return_exceptions=True)
    assert [str(each) for each in found] == ["nothing came"] * 3


async def test_who_stops_waiting_takes_the_set_from_nobody():
    sets = sets_of(Counting())
    first = asyncio.create_task(sets.generate(shared(), None))
    second = asyncio.create_task(sets.generate(shared(), None))
    await asyncio.sleep(0)
    first.cancel()
    assert await second == ["p1-1"]


async def test_what_is_remembered_does_not_grow(monkeypatch):
    monkeypatch.setattr("simulator.candidates.REMEMBERED", 4)
    sets = sets_of(Counting())
    for number in range(20):
        await sets.generate(shared(number), None)
    assert len(sets._sets) <= 4


def test_a_run_that_stops_between_two_communities_judges_the_same_set_afterwards(forum, tmp_path):
    items = [shared(number) for number in range(6)]
    whole = canonical(simulation_of(forum).run(items))
    with pytest.raises(ExceptionGroup):
        simulation_of(forum, concurrency=1).run(items, out=tmp_path, advance=_stop_after(5))
    assert canonical(simulation_of(forum).run(items, out=tmp_path)) == whole


def _stop_after(count):
    def advance(done, total):
        if done == count:
            raise RuntimeError("stopped")

    return advance


@pytest.mark.parametrize("sampling", ["independent", "negatively-correlated"])
def test_with_a_model_nobody_writes_without_any_communitys_voice_and_each_set_once(forum, tmp_path, sampling):
    with stand_in() as server:
        simulation = Simulation(
            forum, seed=3, panel=3, rounds=0, embedder=WordEmbedder(), model="hosted_vllm/stand-in",
            api_base=server.api_base, sampling=sampling,
        )  # fmt: skip
        items = [shared(1), shared(2, writer="tea"), shared(3, pool=POOL)]
        expected = simulation.estimate(items)
        run = simulation.run(items, out=tmp_path / "run")
    written = {row.phase: row.calls for row in run.usage()}
    joint = sampling == "negatively-correlated"
    assert written["generate"] >= (2 if joint else 6)
    (calls,) = (phase.calls[0] for phase in expected.phases if phase.phase == "generate")
    assert calls == (2 if joint else 6)
    (by_nobody, *_) = run.journal.ledger.calls_of("p1", NOBODY)
    system, asked = (message.text for message in by_nobody.messages)
    assert "You stand for none of these communities" in system
    assert "tea" not in system + asked.replace("What of", "")
    (by_tea, *_) = [call for call in run.journal.ledger.calls_of("p2", "tea") if call.phase == "generate"]
    assert "You are a member of a community" in by_tea.messages[0].text
    writers = {
        name: {option.writer for option in run.journal.item(name).options} for name in ("p1", "p2", "p3")
    }
    assert all(writer.startswith("#") or "#" in writer for writer in writers["p1"])
    assert all(writer.startswith("tea#") for writer in writers["p2"])
    assert writers["p3"] == {""}


class Moody:
    """A model that writes something new at every request, and judges for one community only while told to."""

    name = "test/moody"

    def __init__(self):
        self.silent, self.calls = "cats", 0

    async def complete(self, call):
        self.calls += 1
        if call.phase == "generate":
            return Reply(text=json.dumps({"responses": [f"response {self.calls} of {n}" for n in range(3)]}))
        if call.community == self.silent:
            raise ModelError("timeout", "no answer came")
        return Reply(text='{"choice": "A", "reason": "it is so"}')

    async def close(self):
        pass


def test_what_one_community_could_not_judge_is_asked_again_about_the_same_set(forum, tmp_path):
    model = Moody()
    how = {"seed": 3, "panel": 2, "rounds": 0, "embedder": WordEmbedder(), "attempts": 1}
    simulation = Simulation(forum, model=model, sampling="negatively-correlated", **how)
    items = [shared(1), shared(2)]
    with simulation.run(items, out=tmp_path).journal as journal:
        before = journal.items()
        silent = {name: journal.result(name, "cats")["preference"]["ballots"] for name in ("p1", "p2")}
    with sqlite3.connect(
        tmp_path / JOURNAL
    ) as db:  # as where a reply is lost with a journal's last transactions
        db.execute("DELETE FROM calls WHERE phase = 'generate'")
    with Journal.create(tmp_path) as journal:
        assert journal.retry_failed() == 2
    model.silent = ""
    run = simulation.run(items, out=tmp_path)
    assert silent == {"p1": 0, "p2": 0}
    assert run.journal.items() == before
    (asked, *_) = run.journal.ledger.calls_of("p1", "cats")
    assert all(option.text in asked.messages[-1].text for option in before[0].options)
    assert all(preference.ballots == 2 for preference in run.preferences().values())


def test_a_set_that_nobody_has_judged_is_written_anew_after_a_retry(forum, tmp_path):
    model = Moody()
    how = {"seed": 3, "panel": 2, "rounds": 0, "embedder": WordEmbedder(), "attempts": 1}
    simulation = Simulation(forum, model=model, sampling="negatively-correlated", **how)
    with simulation.run([shared(1)], out=tmp_path, communities=["cats"]).journal as journal:
        before = journal.items()
    with sqlite3.connect(tmp_path / JOURNAL) as db:
        db.execute("DELETE FROM calls WHERE phase = 'generate'")
    with Journal.create(tmp_path) as journal:
        journal.retry_failed()
        assert journal.items() == []
    model.silent = ""
    assert simulation.run([shared(1)], out=tmp_path, communities=["cats"]).journal.items() != before


def test_a_larger_forum_has_the_same_sets_at_any_concurrency(tmp_path):
    with make_corpus(tmp_path / "forum.corpus", threads()) as corpus:
        items = [shared(number) for number in range(8)]
        runs = {canonical(simulation_of(corpus, concurrency=at_once).run(items)) for at_once in (1, 3, 16)}
    assert len(runs) == 1
