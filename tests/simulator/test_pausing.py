"""Pausing and stopping: what waits, what is told when, and that the run comes out as if nothing had been."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small_corpora import make_corpus
from small_runs import canonical, forum, items_for, simulation_of
from stand_in import stand_in

from personas.errors import InputError
from simulator.journal import Journal
from simulator.journal.control import PAUSE, go_on, pause, stop
from simulator.models.budget import Budgeted
from simulator.models.choices import Limits
from simulator.models.limits import AdaptiveLimit, Limited
from simulator.models.model import Call, Message, Reply, StoppedError, Usage
from simulator.pausing import Pausing, closed_by, interruptible
from simulator.run import Run

ENGINE = Path(__file__).parents[1] / "helpers" / "small_runs.py"


def kinds(folder):
    with Journal.read(folder) as journal:
        return [kind for _, _, kind, _ in journal.milestones()]


def until(holds, seconds=20.0):
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.01)


async def test_nothing_waits_where_nothing_is_paused(tmp_path):
    pausing = Pausing(tmp_path)
    async with pausing.turn():
        assert pausing.in_flight == 1
    assert pausing.in_flight == 0
    await Pausing(None).passed()


async def test_what_is_under_way_ends_before_the_run_is_said_to_rest(tmp_path):
    told = []
    pausing = Pausing(tmp_path, lambda kind, body: told.append(kind))
    begun = asyncio.Event()
    landing = asyncio.Event()

    async def under_way():
        async with pausing.turn():
            begun.set()
            await landing.wait()

    first = asyncio.create_task(under_way())
    await begun.wait()
    (tmp_path / PAUSE).touch()
    later = asyncio.create_task(under_way())
    await asyncio.sleep(0.4)
    assert (told, pausing.in_flight) == ([], 1)
    landing.set()
    await first
    await asyncio.sleep(0.4)
    assert told == ["paused"]
    assert not later.done()
    (tmp_path / PAUSE).unlink()
    await later
    assert told == ["paused", "resumed"]


async def test_a_pause_that_is_over_before_the_run_rests_is_not_told_of(tmp_path):
    told = []
    pausing = Pausing(tmp_path, lambda kind, body: told.append(kind))
    async with pausing.turn():
        (tmp_path / PAUSE).touch()
        waiting = asyncio.create_task(pausing.passed())
        await asyncio.sleep(0.3)
        (tmp_path / PAUSE).unlink()
        await waiting
    assert told == []


async def test_who_waits_is_turned_back_where_the_run_is_to_stop(tmp_path):
    pausing = Pausing(tmp_path)
    (tmp_path / PAUSE).touch()
    waiting = [asyncio.create_task(pausing.passed()) for _ in range(3)]
    await asyncio.sleep(0.1)
    pausing.close_for("stopped")
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(each, StoppedError) for each in ended)
    with pytest.raises(StoppedError, match="stopped; give the same command again"):
        async with pausing.turn():
            pass
    assert pausing.in_flight == 0


async def test_the_first_reason_to_stop_is_the_one_that_is_told(tmp_path):
    pausing = Pausing(tmp_path)
    for reason in ("the limit of cost is reached", "stopped"):
        pausing.close_for(reason)
    with pytest.raises(StoppedError, match="the limit of cost is reached"):
        await pausing.passed()


async def test_the_first_signal_closes_and_a_second_one_does_what_it_ever_did():
    reasons, came = [], []
    before = signal.signal(signal.SIGUSR1, lambda number, frame: came.append(number))
    try:
        with closed_by([signal.SIGUSR1], reasons.append):
            os.kill(os.getpid(), signal.SIGUSR1)
            await asyncio.sleep(0.05)
            assert (reasons, came) == (["stopped"], [])
            os.kill(os.getpid(), signal.SIGUSR1)
            await asyncio.sleep(0.05)
            assert (reasons, came) == (["stopped"], [signal.SIGUSR1])
        os.kill(os.getpid(), signal.SIGUSR1)
        assert len(came) == 2
    finally:
        signal.signal(signal.SIGUSR1, before)


async def test_who_stops_waiting_leaves_the_others_waiting(tmp_path):
    pausing = Pausing(tmp_path)
    (tmp_path / PAUSE).touch()
    one, other = (asyncio.create_task(pausing.passed()) for _ in range(2))
    await asyncio.sleep(0.1)
    one.cancel()
    await asyncio.sleep(0.1)
    assert not other.done()
    (tmp_path / PAUSE).unlink()
    await other


def test_a_termination_interrupts_only_where_nobody_handles_it():
    before = signal.getsignal(signal.SIGTERM)
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        with interruptible():
            assert signal.getsignal(signal.SIGTERM) is signal.default_int_handler
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        with interruptible():
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, before)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    made = make_corpus(tmp_path_factory.mktemp("pausing") / "tea.corpus", forum(6))
    yield made
    made.close()


@pytest.fixture
def engine(corpus, tmp_path):
    """A real engine without a model in a process of its own, slow enough to be paused."""
    command = [
        sys.executable,
        str(ENGINE),
        str(corpus.folder),
        "--out",
        str(tmp_path / "run"),
        "--delay",
        "0.1",
    ]
    environment = {"PYTHONPATH": f"{ENGINE.parents[2]}:{ENGINE.parent}"}
    with subprocess.Popen(
        [*command, "--concurrency", "1"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        yield process
        process.kill()


def judged(folder):
    try:
        with Journal.read(folder) as journal:
            return journal.progress()[0]
    except InputError:  # it is being made
        return 0


def test_a_paused_engine_judges_nothing_and_then_goes_on_to_the_same_result(corpus, engine, tmp_path):
    run = tmp_path / "run"
    until(lambda: judged(run) >= 2)
    pause(run)
    until(lambda: kinds(run)[-1] == "paused")
    resting = judged(run)
    time.sleep(0.5)
    assert judged(run) == resting < 14
    assert go_on(run)
    printed, _ = engine.communicate(timeout=30)
    assert kinds(run) == ["start", "paused", "resumed", "done"]
    asked = [*items_for(6), *simulation_queries()]
    assert printed == canonical(simulation_of(corpus).run(asked, out=tmp_path / "undisturbed"))


def simulation_queries():
    from simulator.item import Query

    return [Query(item="open", query="What would you do with the water?", count=2)]


def test_an_engine_without_a_model_that_is_stopped_leaves_its_run_stopped_also_while_it_is_paused(
    engine, tmp_path
):
    run = tmp_path / "run"
    until(lambda: judged(run) >= 1)
    pause(run)
    until(lambda: kinds(run)[-1] == "paused")
    assert stop(run) == engine.pid
    assert engine.wait(10) == 1
    with Journal.read(run) as journal:
        assert (journal.fact("state"), journal.fact("stopped")) == ("stopped", "stopped")
    assert kinds(run)[-1] == "stopped"
    assert (run / PAUSE).exists()


def test_a_new_engine_forgets_the_pause_of_one_that_was_killed(corpus, tmp_path):
    simulation_of(corpus).run(items_for(1), out=tmp_path / "run").journal.close()
    (tmp_path / "run" / PAUSE).touch()
    simulation_of(corpus).run(items_for(1), out=tmp_path / "run").journal.close()
    assert not (tmp_path / "run" / PAUSE).exists()


def test_a_paused_run_makes_no_request_although_many_wait(corpus, tmp_path):
    """Forty judgements wait for four slots: those in flight land, and no other request is made."""
    run = tmp_path / "run"

    async def judged_by_a_model(server):
        simulation = simulation_of(
            corpus,
            panel=20,
            model="hosted_vllm/stand-in",
            api_base=server.api_base,
            at_once=4,
            limits=Limits(calls=10_000),
        )
        work = asyncio.create_task(asyncio.to_thread(_carried_out, simulation, run))
        while server.count()["requests"] < 8:
            await asyncio.sleep(0.01)
        pause(run)
        while kinds(run)[-1] != "paused":
            await asyncio.sleep(0.01)
        before = server.count()["requests"]
        await asyncio.sleep(0.4)
        assert server.count()["requests"] == before
        go_on(run)
        await work
        assert kinds(run) == ["start", "paused", "resumed", "done"]

    with stand_in(latency=0.05) as server:
        asyncio.run(judged_by_a_model(server))
    with Journal.read(run) as journal:
        assert journal.fact("state") == "done"
        told = journal.fact("engine")
        assert "in_flight" not in told
        rows = journal.ledger.usage()
        assert journal.ledger.spent().calls == sum(row.requests for row in rows)


def _carried_out(simulation, folder):
    simulation.run(items_for(2), out=folder).journal.close()


def test_the_first_event_says_how_many_options_are_written_in_the_run(corpus, tmp_path):
    asked = [*items_for(3), *simulation_queries()]
    simulation_of(corpus).run(asked, out=tmp_path / "run").journal.close()
    with Journal.read(tmp_path / "run") as journal:
        assert journal.milestones()[0][3] == {"jobs": 8, "given": 3, "queries": 2}
    assert Run.open(tmp_path / "run").journal.progress() == (8, 8)


class Slow:
    """A model that takes a while."""

    name = "made/slow"
    asked = 0

    async def complete(self, call):
        self.asked += 1
        await asyncio.sleep(0.1)
        return Reply(text="yes", usage=Usage(prompt_tokens=3, completion_tokens=1, cost=0.0))

    async def close(self):
        pass


async def test_a_call_that_is_turned_back_was_not_made_and_takes_nothing_off_the_limits(tmp_path):
    model, pausing = Slow(), Pausing(tmp_path)
    calls = [
        Call(messages=(Message(role="user", blocks=(f"{number}?",)),), temperature=1.0, max_tokens=50, seed=1)
        for number in range(6)
    ]
    with Journal.create(tmp_path) as journal:
        limited = Limited(model, AdaptiveLimit(2), pausing=pausing)
        budgeted = Budgeted(limited, limits=Limits(tokens=100_000), price=None, ledger=journal.ledger)
        asked = [asyncio.create_task(budgeted.complete(call)) for call in calls]
        await asyncio.sleep(0.05)
        pausing.close_for("stopped")
        ended = await asyncio.gather(*asked, return_exceptions=True)
        assert sum(isinstance(each, Reply) for each in ended) == model.asked == 2
        assert sum(isinstance(each, StoppedError) for each in ended) == 4
        journal.ledger.flush()
        assert journal.ledger.spent().calls == 2
        assert budgeted._flying == {"cost": 0.0, "tokens": 0, "calls": 0}
