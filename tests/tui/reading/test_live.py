"""What one look at a run that goes on finds, and that it reads no more than is new."""

from __future__ import annotations

import asyncio
import time

import pytest

from simulator.item import Ballot, Item, Option
from simulator.journal import Journal
from simulator.journal.control import go_on, pause
from simulator.models.model import Call, Message, ModelError, Reply, Usage
from tui.reading import live
from tui.reading.live import read_live
from tui.reading.provenance import provenance_of_run
from tui.spent import limits_of, problems_of, spent


def item(name):
    return Item(item=name, query=f"{name}?", options=(Option(text="yes"), Option(text="no")))


def ballot(persona, **more):
    return Ballot(persona=persona, choice=0, shares=(1.0, 0.0), order=(0, 1), **more)


def result(**more):
    told = {"ballots": 3, "abstentions": 1}
    return {"preference": told, "rounds": 1, "failed": {}, "errors": [], **more}


@pytest.fixture
def engine(tmp_path):
    """The journal of a run that an engine works on."""
    with Journal.create(tmp_path / "run") as journal:
        journal.set_facts({"state": "running", "settings": {"panel": 4, "profiles": "extracted"}})
        journal.add_jobs([(f"item{number}", "tea") for number in range(6)])
        journal.event("start", {"jobs": 6, "given": 6, "queries": 0})
        yield journal


def test_where_there_is_no_journal_yet_nothing_is_seen(tmp_path):
    assert read_live(tmp_path).provenance is None


def test_a_look_goes_on_where_the_last_one_ended(home):
    first = read_live(home / "run1")
    assert (first.state, first.done, first.total, len(first.times)) == ("done", 12, 12, 12)
    assert sum(number for _, number in first.cast) >= 12 * 4
    assert len(first.arrivals) == 16
    assert first.arrivals[-1].persona.endswith("#3")
    assert first.resting
    assert first.worked > 0
    again = read_live(home / "run1", first)
    assert (again.seen, again.times, again.cast, again.arrivals) == (first.seen, (), (), ())
    assert again.worked == pytest.approx(first.worked, abs=0.5)


def test_ballots_that_come_with_their_judgement_are_counted_over_all_rounds(engine, tmp_path):
    known = read_live(tmp_path / "run")
    cast = [ballot(f"tea#{number}", round=round) for number in range(4) for round in (0, 1)]
    engine.add_result(item("item0"), "tea", cast, [], result())
    found = read_live(tmp_path / "run", known)
    assert [number for _, number in found.cast] == [8]
    assert [(arrival.persona, arrival.round) for arrival in found.arrivals] == [
        (f"tea#{number}", 1) for number in range(4)
    ]
    assert (found.state, found.done, found.under_way) == ("running", 1, {})


async def test_ballots_that_are_told_of_as_they_are_cast_count_once_and_show_what_is_under_way(
    engine, tmp_path
):
    known = read_live(tmp_path / "run")
    for name, round in (("item0", 0), ("item1", 1)):
        engine.arrive(item(name), "tea", ballot("tea#1", round=round, reason="because"))
    await asyncio.sleep(0.2)
    found = read_live(tmp_path / "run", known)
    assert [number for _, number in found.cast] == [1, 1]
    assert found.under_way == {("item0", "tea"): 0, ("item1", "tea"): 1}
    assert [(arrival.item, arrival.persona, arrival.reason) for arrival in found.arrivals] == [
        ("item0", "tea#1", "because"),
        ("item1", "tea#1", "because"),
    ]
    engine.add_result(item("item0"), "tea", [ballot("tea#1")], [], result())
    after = read_live(tmp_path / "run", found)
    assert (after.cast, after.under_way) == ((), {("item1", "tea"): 1})
    assert len(after.times) == 1


def test_the_first_look_at_a_long_run_and_one_after_a_long_absence_read_the_latest_alone(
    engine, tmp_path, monkeypatch
):
    monkeypatch.setattr(live, "TAIL", 5)
    monkeypatch.setattr(live, "MOST", 7)
    known = read_live(tmp_path / "run")
    with engine._writing():
        for number in range(50):
            engine._append("failure", {"item": f"item{number}", "community": "tea"})
    assert len(read_live(tmp_path / "run").times) == 5
    found = read_live(tmp_path / "run", known)
    assert (len(found.times), found.seen) == (7, engine.last_event())
    assert [arrival.item for arrival in found.arrivals][-1] == "item49"


def test_what_fell_short_is_counted_a_slice_at_a_time_and_anew_when_it_is_asked_again(
    engine, tmp_path, monkeypatch
):
    steps = [{"step": "discuss", "problem": "no sense"}]
    engine.add_result(item("item0"), "tea", [], [], result(failed={"timeout": 2, "refused": 1}))
    engine.add_result(item("item1"), "tea", [], [], result(errors=steps))
    engine.add_failure("item2", "tea", {"errors": [*steps, {"step": "generate", "problem": "no text"}]})
    engine.add_result(item("item3"), "tea", [], [], result(failed={"timeout": 1}))
    monkeypatch.setattr(live, "shortfalls", lambda journal, after: slices(journal, after=after, count=2))
    from simulator.journal.watching import shortfalls as slices

    first = read_live(tmp_path / "run")
    assert (dict(first.failed), first.counted, first.last) == ({"timeout": 2, "refused": 1}, 2, 4)
    second = read_live(tmp_path / "run", first)
    assert (dict(second.failed), second.counted) == ({"timeout": 3, "refused": 1}, 4)
    assert second.errors == (
        ("discuss", 2, "item1 in tea: no sense"),
        ("generate", 1, "item2 in tea: no text"),
    )
    assert read_live(tmp_path / "run", second).errors == second.errors
    engine.retry_failed()
    third = read_live(tmp_path / "run", second)
    assert (dict(third.failed), third.errors) == ({"timeout": 2, "refused": 1}, ())


def test_a_pause_is_seen_first_as_asked_for_and_then_as_rest_and_costs_no_time(engine, tmp_path):
    run = tmp_path / "run"
    pause(run)
    assert (read_live(run).state, read_live(run).resting) == ("paused", False)
    engine.event("paused", {})
    before = read_live(run)
    time.sleep(0.3)
    after = read_live(run, before)
    assert (after.state, after.resting) == ("paused", True)
    assert after.worked == before.worked
    engine.event("resumed", {})
    go_on(run)
    assert after.worked <= read_live(run, after).worked < after.worked + 0.3


async def test_what_an_engine_that_was_lost_had_under_way_is_forgotten_when_the_run_begins_anew(
    engine, tmp_path
):
    engine.arrive(item("item0"), "tea", ballot("tea#1"))
    await asyncio.sleep(0.2)
    found = read_live(tmp_path / "run")
    assert found.under_way == {("item0", "tea"): 0}
    engine.event("start", {"jobs": 6, "given": 6, "queries": 0})
    assert read_live(tmp_path / "run", found).under_way == {}


def test_the_time_since_an_engine_was_lost_is_not_counted_as_work(tmp_path):
    with Journal.create(tmp_path / "run") as engine:
        engine.set_facts({"state": "running"})
        engine.event("start", {"jobs": 1})
    time.sleep(0.3)
    found = read_live(tmp_path / "run")
    assert (found.state, found.worked < 0.2) == ("unfinished", True)


def test_the_work_of_an_engine_that_was_lost_is_told_at_every_look(tmp_path):
    with Journal.create(tmp_path / "run") as engine:
        engine.set_facts({"state": "running"})
        engine.event("start", {"jobs": 1})
        time.sleep(0.2)
        engine.event("failure", {"item": "item0", "community": "tea"})
    first = read_live(tmp_path / "run")
    assert first.worked >= 0.2
    assert read_live(tmp_path / "run", first).worked == first.worked


def test_the_time_since_a_run_went_on_is_told_apart(engine, tmp_path):
    time.sleep(0.3)
    engine.event("stopped", {"reason": "stopped"})
    first = read_live(tmp_path / "run")
    assert (first.begins, first.worked > 0.3) == (1, True)
    engine.event("start", {"jobs": 6, "given": 6, "queries": 0})
    second = read_live(tmp_path / "run", first)
    assert (second.begins, second.worked < 0.3) == (2, True)


def test_options_that_are_written_in_the_run_are_a_phase_of_their_own(tmp_path):
    with Journal.create(tmp_path) as journal:
        journal.set_facts({"state": "running"})
        journal.add_items([item("given")])
        journal.add_jobs([("given", "tea"), ("open@tea", "tea"), ("open@cats", "cats")])
        journal.event("start", {"jobs": 3, "given": 1, "queries": 2})
        journal.add_result(item("open@tea"), "tea", [], [], result())
        phases = [(phase.name, phase.done, phase.total, phase.over) for phase in read_live(tmp_path).phases]
    assert phases == [("options", 1, 2, False), ("judged", 1, 3, False)]


def test_a_benchmark_is_at_work_until_it_is_scored_and_says_at_which_control(tmp_path):
    with Journal.create(tmp_path) as journal:
        journal.set_facts({"state": "done", "command": {"arguments": ["bench", "tea.corpus"]}})
        journal.event("start", {"jobs": 1})
        found = read_live(tmp_path)
        assert (found.state, found.beside, found.scored) == (
            "running",
            "scoring or writing what it judged",
            False,
        )
        with Journal.create(tmp_path / "controls" / "shuffled") as control:
            control.set_facts({"state": "running"})
            control.add_jobs([("item0", "tea")])
            control.event("start", {"jobs": 1})
            assert read_live(tmp_path).beside == "its control shuffled: 0 of 1"
            pause(tmp_path)
            control.event("paused", {})
            assert read_live(tmp_path).resting
        journal.set_facts({"scores": {}})
    assert (read_live(tmp_path).state, read_live(tmp_path).scored) == ("done", True)


async def test_what_calls_took_is_held_against_the_limits_with_what_is_set_aside(engine, tmp_path):
    engine.set_facts({"reach": {"limits": {"cost": 1.0, "tokens": None, "calls": 10}}})
    call = Call(
        messages=(Message(role="user", blocks=("?",)),), temperature=0.0, max_tokens=1, seed=0, phase="judge"
    )
    usage = Usage(prompt_tokens=30, completion_tokens=10, cost=0.25)
    reply = Reply(text="yes", usage=usage, tries=("timeout", "timeout"))
    await engine.ledger.keep("one", call, model="made", outcome=reply, seconds=1.0)
    await engine.ledger.keep("two", call, model="made", outcome=ModelError("timeout", "late"), seconds=1.0)
    engine.ledger.take_off(1, 100, 0.5, key="three")
    found = read_live(tmp_path / "run")
    assert [(each.name, each.used, each.aside, each.limit) for each in limits_of(found)] == [
        ("calls", 4.0, 1.0, 10),
        ("cost", 0.25, 0.5, 1.0),
    ]
    assert problems_of(found.usage) == [("timeout", 3)]
    assert spent(found)[0].split() == "judge 2 calls, 1 failed · 40 tokens · $0.25".split()


def test_a_replay_says_of_which_run_it_is_one_and_how_fast(engine):
    engine.set_facts({"replay_of": {"run": "/somewhere/tea-run", "speed": 10.0}})
    known = provenance_of_run(engine, engine.folder)
    assert known.line.startswith("replay of tea-run at 10× · ")
    engine.set_facts({"replay_of": {"run": "/somewhere/tea-run", "speed": 1 / 256}})
    assert provenance_of_run(engine, engine.folder).replay == "replay of tea-run at 1/256×"
    engine.set_facts({"replay_of": {"run": "/somewhere/prefs/run", "speed": 0.0}})
    assert provenance_of_run(engine, engine.folder).replay == "replay of prefs/run as fast as can be"
