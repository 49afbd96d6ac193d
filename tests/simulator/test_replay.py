"""A replay holds at the end what the run holds, passes the same states on the way, and goes as it is steered."""

from __future__ import annotations

import math
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_corpora import make_corpus
from small_runs import forum as threads
from small_runs import items_for, simulation_of
from stand_in import stand_in

from personas.errors import InputError
from simulator.item import Query
from simulator.journal import Journal
from simulator.journal.control import go_on, pause
from simulator.journal.lock import is_running
from simulator.replay import Replay, replay, steer
from simulator.timeline import Timeline

TABLES = (
    "communities", "personas", "norms", "items", "jobs", "ballots", "results", "calls", "texts", "usage", "flights",
    "predictions",
)  # fmt: skip


@pytest.fixture(scope="module")
def offline(forum, tmp_path_factory):
    """A run without a model on five items, ten judgements, whose events are 0.1 s apart."""
    folder = tmp_path_factory.mktemp("offline") / "run1"
    asked = [*items_for(4), Query(item="open", query="What would you do with the water?", count=2)]
    run = simulation_of(forum).run(asked, out=folder)
    run.journal.add_predictions(0, "uniform guess", [("item00", "tea", (0.5, 0.5))])
    run.journal.set_facts({"scores": {"tasks": []}, "command": {"arguments": ["simulate"], "folder": "/"}})
    run.journal.close()
    timed(folder, lambda number: 1000 + 0.1 * number)
    return folder


@pytest.fixture(scope="module")
def modelled(tmp_path_factory):
    """A run of language-model personas, some of whose requests fail."""
    home = tmp_path_factory.mktemp("modelled")
    corpus = make_corpus(home / "tea.corpus", threads(8), title="Tea and cats")
    with stand_in(faults={"wrong_schema": 0.3}, seed=5) as server:
        simulation = simulation_of(corpus, model="hosted_vllm/stand-in", api_base=server.api_base)
        simulation.run(items_for(3), out=home / "run1").journal.close()
    timed(home / "run1", lambda number: 1000 + 0.05 * number)
    return home / "run1"


def timed(folder, at) -> None:
    with sqlite3.connect(folder / "journal.sqlite") as db:
        numbers = [row[0] for row in db.execute("SELECT number FROM events ORDER BY number")]
        db.executemany("UPDATE events SET at = ? WHERE number = ?", [(at(each), each) for each in numbers])


def held(folder) -> dict[str, list]:
    with sqlite3.connect(folder / "journal.sqlite") as db:
        rows = {name: sorted(db.execute(f"SELECT * FROM {name}").fetchall(), key=repr) for name in TABLES}
        facts = dict(db.execute("SELECT name, value FROM facts"))
    return {**rows, "facts": {name: facts[name] for name in facts if name not in ("command", "replay_of")}}


@pytest.mark.parametrize("kind", ["offline", "modelled"])
def test_a_replay_holds_at_its_end_to_the_byte_what_the_run_holds(kind, request, tmp_path):
    run = request.getfixturevalue(kind)
    told = replay(run, tmp_path / "out", speed=math.inf)
    assert held(tmp_path / "out") == held(run)
    assert told.share == 1.0 and told.run == run.resolve()
    with Journal.read(tmp_path / "out") as journal:
        assert journal.fact("state") == "done" and journal.fact("command") is None
        assert Replay.of(journal) == told
    assert not is_running(tmp_path / "out")


def test_a_run_is_not_changed_by_being_played(offline, tmp_path):
    before = (offline / "journal.sqlite").read_bytes()
    replay(offline, tmp_path / "out", speed=math.inf)
    assert (offline / "journal.sqlite").read_bytes() == before
    with Journal.read(offline) as journal:
        assert Replay.of(journal) is None


def test_ballots_that_came_with_their_result_come_one_by_one_before_it(offline, tmp_path):
    seen = []
    replay(offline, tmp_path / "out", speed=math.inf, watch=lambda journal, step: seen.append(step))
    with Journal.read(offline) as journal:
        first = next(body for _, _, kind, body in journal.events() if kind == "result")
        cast = [
            (ballot.persona, ballot.round) for ballot in journal.ballots(first["item"], first["community"])
        ]
    assert seen[0].kind == "start"
    assert [(step.body["persona"], step.body["round"]) for step in seen[1 : 1 + len(cast)]] == cast
    assert seen[1 + len(cast)].kind == "result"
    moments = [step.moment for step in seen]
    assert moments == sorted(moments)
    gap = (seen[1 + len(cast)].moment - seen[0].moment) / (len(cast) + 1)
    assert seen[1].moment - seen[0].moment == pytest.approx(gap)


def test_ballots_that_were_journaled_as_they_were_cast_keep_their_own_times(modelled, tmp_path):
    seen = []
    replay(modelled, tmp_path / "out", speed=math.inf, watch=lambda journal, step: seen.append(step))
    with Journal.read(modelled) as journal:
        events = journal.events()
    assert [(step.kind, step.body) for step in seen] == [(kind, body) for _, _, kind, body in events]
    assert [step.moment for step in seen] == pytest.approx([at - events[0][1] for _, at, _, _ in events])


def test_on_the_way_a_replay_holds_whole_judgements_and_no_call_that_was_not_made_yet(modelled, tmp_path):
    def watch(journal, step):
        if step.kind != "ballot":
            return
        body = step.body
        assert journal.item(body["item"]).size == 2
        assert body["persona"] in {
            ballot.persona for ballot in journal.ballots(body["item"], body["community"])
        }
        seen.append((sum(row.calls for row in journal.ledger.usage()), journal.progress()[0]))

    seen: list[tuple[int, int]] = []
    replay(modelled, tmp_path / "out", speed=3.0, watch=watch)
    calls = [count for count, _ in seen]
    assert calls == sorted(calls) and 0 < calls[0] < calls[-1]
    assert seen[0][1] == 0


def test_a_replay_takes_as_long_as_its_speed_says(offline, tmp_path):
    begun = time.monotonic()
    replay(offline, tmp_path / "out", speed=2.0)
    took = time.monotonic() - begun
    seconds = 0.1 * 11
    assert seconds / 2 <= took < seconds / 2 + 0.5


def test_events_are_written_at_the_times_that_they_are_played_at(offline, tmp_path):
    begun = time.time()
    replay(offline, tmp_path / "out", speed=4.0)
    with Journal.read(tmp_path / "out") as journal:
        results = [at for _, at, kind, _ in journal.events() if kind == "result"]
    gaps = [after - before for before, after in pairwise(results)]
    assert begun <= results[0] and results[-1] <= time.time()
    assert gaps == pytest.approx([0.1 / 4] * 9, abs=0.02)


def played(run, out, **choices):
    found = []
    thread = threading.Thread(target=lambda: found.append(replay(run, out, **choices)), daemon=True)
    thread.start()
    return thread, found


def until(wanted, seconds=10.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if (came := wanted()) is not None and came is not False:
                return came
        except InputError:  # not there yet
            pass
        time.sleep(0.01)
    raise AssertionError("it never came to that")


def how_far(out) -> Replay | None:
    with Journal.read(out) as journal:
        return Replay.of(journal)


def done(out) -> int:
    with Journal.read(out) as journal:
        return journal.progress()[0]


def test_a_replay_can_be_paused_sped_up_and_sent_forward_and_back(offline, tmp_path):
    out = tmp_path / "out"
    thread, found = played(offline, out, speed=0.2)
    until(lambda: how_far(out))
    assert is_running(out)
    pause(out)
    until(lambda: "paused" in kinds(out))
    before = how_far(out)
    time.sleep(0.3)
    assert how_far(out) == before
    steer(out, to=0.7)
    until(lambda: (how_far(out).jumps, done(out)) == (1, 7))
    assert how_far(out).share == pytest.approx(0.7)
    last = last_event(out)
    steer(out, to=0.35)
    until(lambda: (how_far(out).jumps, done(out)) == (2, 3))
    assert last_event(out) > last and kinds(out)[-1] == "paused"
    assert go_on(out)
    until(lambda: "resumed" in kinds(out))
    steer(out, speed=math.inf)
    thread.join(10)
    assert found[0].jumps == 2 and math.isinf(found[0].speed)
    assert held(out) == held(offline)


def test_going_back_takes_the_calls_back_and_going_on_makes_them_anew(modelled, tmp_path):
    out = tmp_path / "out"
    thread, found = played(modelled, out, speed=0.01)
    until(lambda: how_far(out))
    steer(out, to=0.8)
    until(lambda: how_far(out).jumps == 1)
    assert calls(out) > 0 and norms_of(out) > 0
    steer(out, to=0.0)
    until(lambda: how_far(out).jumps == 2)
    assert (calls(out), norms_of(out), done(out)) == (0, 0, 0)
    steer(out, speed=math.inf)
    thread.join(10)
    assert found[0].share == 1.0 and held(out) == held(modelled)


def test_going_back_takes_back_options_that_were_written_in_the_run(offline, tmp_path):
    out = tmp_path / "out"
    with Journal.read(offline) as journal:
        written = {item.item for item in journal.items()} - {each.item for each in items_for(4)}
    thread, found = played(offline, out, speed=0.01, begin=1.0)
    thread.join(10)
    thread, found = played(offline, out, speed=0.01, begin=0.98)
    until(lambda: how_far(out) and how_far(out).share == pytest.approx(0.98, abs=0.01))
    with Journal.read(out) as journal:
        assert written <= {item.item for item in journal.items()}
    steer(out, to=0.0)
    until(lambda: how_far(out).jumps == 1)
    with Journal.read(out) as journal:
        assert not written & {item.item for item in journal.items()}
    steer(out, speed=math.inf)
    thread.join(10)


def calls(out) -> int:
    with Journal.read(out) as journal:
        return sum(row.calls for row in journal.ledger.usage())


def norms_of(out) -> int:
    return len(held(out)["norms"])


def test_the_time_of_a_pause_is_not_played_when_it_goes_on(offline, tmp_path):
    out = tmp_path / "out"
    thread, _ = played(offline, out, speed=2.0)
    until(lambda: how_far(out))
    pause(out)
    until(lambda: "paused" in kinds(out))
    left = (1 - how_far(out).share) * 0.1 * 11 / 2
    time.sleep(0.7)
    begun = time.monotonic()
    go_on(out)
    thread.join(10)
    assert time.monotonic() - begun > 0.8 * left


def test_another_speed_holds_for_what_is_still_to_come(offline, tmp_path):
    out = tmp_path / "out"
    thread, _ = played(offline, out, speed=0.1)
    until(lambda: how_far(out))
    time.sleep(1.0)
    before = how_far(out)
    steer(out, speed=0.2)
    until(lambda: how_far(out).speed == 0.2)
    # At twice the speed from the beginning on it would be at twice the place at once.
    assert how_far(out).position < before.position + 0.06
    steer(out, speed=math.inf)
    thread.join(10)


def test_times_never_go_back_in_what_a_replay_wrote(offline, tmp_path):
    out = tmp_path / "out"
    thread, _ = played(offline, out, speed=0.2)
    until(lambda: done(out) >= 1)
    steer(out, to=0.9)
    until(lambda: how_far(out).jumps == 1)
    steer(out, speed=math.inf)
    thread.join(10)
    with Journal.read(out) as journal:
        times = [at for _, at, _, _ in journal.events()]
    assert times == sorted(times)


def test_very_fast_it_is_told_how_far_it_is_and_not_that_it_is_over(offline, tmp_path, monkeypatch):
    monkeypatch.setattr("simulator.replay.MOST", 7)
    seen = []
    replay(
        offline, tmp_path / "out", speed=math.inf,
        watch=lambda journal, step: seen.append((step.moment, Replay.of(journal).position)),
    )  # fmt: skip
    assert len(seen) > 14
    assert seen[0][1] < 0.5 and all(moment <= position + 1e-6 for moment, position in seen)


def test_what_is_known_only_at_the_end_of_a_run_is_not_told_before(offline, tmp_path):
    told = []
    replay(
        offline, tmp_path / "out", speed=math.inf,
        watch=lambda journal, step: told.append((journal.fact("scores"), journal.fact("state"))),
    )  # fmt: skip
    assert {*map(repr, told)} == {"(None, 'running')"}
    with Journal.read(tmp_path / "out") as journal:
        assert journal.fact("scores") == {"tasks": []}
    told.clear()
    replay(
        offline, tmp_path / "out", speed=math.inf,
        watch=lambda journal, step: told.append((journal.fact("scores"), journal.fact("state"))),
    )  # fmt: skip
    assert {*map(repr, told)} == {"(None, 'running')"}, "nor when it is played once more"


def test_a_folder_that_another_run_was_played_into_is_left_alone(offline, modelled, tmp_path):
    replay(offline, tmp_path / "out", speed=math.inf)
    with pytest.raises(InputError, match="another run"):
        replay(modelled, tmp_path / "out", speed=math.inf)
    assert held(tmp_path / "out") == held(offline)


def test_a_clock_that_was_set_back_during_the_run_does_not_turn_its_time_back(offline, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(offline, run)
    timed(run, lambda number: 1000 + 0.1 * number - (0.35 if number in (5, 6) else 0))
    seen = []
    replay(run, tmp_path / "out", speed=math.inf, watch=lambda journal, step: seen.append(step.moment))
    assert seen == sorted(seen) and seen[-1] > 0.9


def kinds(out) -> list[str]:
    with Journal.read(out) as journal:
        return [kind for _, _, kind, _ in journal.milestones()]


def last_event(out) -> int:
    with Journal.read(out) as journal:
        return journal.last_event()


def test_a_replay_begins_where_it_is_told_and_a_second_one_takes_the_place_of_the_first(offline, tmp_path):
    out = tmp_path / "out"
    replay(offline, out, speed=math.inf)
    last, seen = last_event(out), []
    replay(offline, out, speed=math.inf, begin=0.75, watch=lambda journal, step: seen.append(step.moment))
    assert min(seen) >= 0.75 * 1.1
    assert last_event(out) == 2 * last
    assert held(out) == held(offline)


def test_time_in_which_no_engine_worked_is_left_out(offline, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(offline, run)
    with Journal.create(run) as journal:
        journal.event("start", {"jobs": 10})
        journal.event("done", {})
    timed(run, lambda number: 1000 + 0.1 * number + (3600 if number > 12 else 0))
    with Journal.read(run) as journal:
        assert Timeline.of(journal).seconds == pytest.approx(0.1 * 12)


def test_pauses_of_the_run_are_neither_waited_for_nor_repeated(offline, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(offline, run)
    with Journal.create(run) as journal:
        for kind in ("paused", "resumed", "done"):
            journal.event(kind, {})
    timed(run, lambda number: 1000 + 0.1 * number + (3600 if number > 13 else 0))
    with Journal.read(run) as journal:
        assert Timeline.of(journal).seconds == pytest.approx(0.1 * 13)
    replay(run, tmp_path / "out", speed=math.inf)
    assert not {"paused", "resumed"} & {*kinds(tmp_path / "out")}


@given(
    st.lists(st.floats(0, 1e6), min_size=2, max_size=9).map(sorted),
    st.lists(st.floats(0, 1e6), max_size=6).map(sorted),
)
def test_the_time_of_a_run_never_goes_back_and_is_no_longer_than_the_clocks(at, bounds):
    idle = [(bounds[place], bounds[place + 1]) for place in range(0, len(bounds) - 1, 2)]
    line = Timeline(at[0], at[-1], [gap for gap in idle if gap[0] >= at[0]])
    moments = [line.moment(each) for each in at]
    assert all(after >= before - 1e-6 for before, after in pairwise(moments))
    assert 0 <= line.seconds <= at[-1] - at[0] + 1e-6


def test_a_killed_player_leaves_a_folder_that_is_played_into_again(offline, tmp_path):
    out = tmp_path / "out"
    code = f"from simulator.replay import replay; replay({str(offline)!r}, {str(out)!r}, speed=0.3)"
    with subprocess.Popen([sys.executable, "-c", code]) as process:
        until(lambda: done(out) >= 1)
        process.kill()
        process.wait()
    assert not is_running(out) and 0 < done(out) < 10
    replay(offline, out, speed=math.inf)
    assert held(out) == held(offline)


def test_a_player_ends_where_nobody_wants_it_to_go_on(offline, tmp_path):
    left = iter([True, True, False])
    told = replay(offline, tmp_path / "out", speed=0.1, goes_on=lambda: next(left))
    assert told.share < 0.5 and done(tmp_path / "out") < 10


def test_a_stopped_run_plays_as_far_as_it_came_and_ends_stopped(offline, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(offline, run)
    with Journal.create(run) as journal:
        journal.set_facts({"state": "stopped", "stopped": "the limit of calls is reached"})
    replay(run, tmp_path / "out", speed=math.inf)
    with Journal.read(tmp_path / "out") as journal:
        assert (journal.fact("state"), journal.fact("stopped")) == (
            "stopped",
            "the limit of calls is reached",
        )


def test_an_older_journal_without_predictions_is_played(offline, tmp_path):
    run = tmp_path / "run"
    shutil.copytree(offline, run)
    with sqlite3.connect(run / "journal.sqlite") as db:
        db.execute("DROP TABLE predictions")
        db.execute("DROP INDEX milestones")
    replay(run, tmp_path / "out", speed=math.inf)
    assert done(tmp_path / "out") == 10


@pytest.mark.parametrize("speed", [0.0, -1.0, math.nan])
def test_a_speed_must_be_more_than_nothing(offline, tmp_path, speed):
    with pytest.raises(InputError, match="speed"):
        replay(offline, tmp_path / "out", speed=speed)
    with pytest.raises(InputError, match="speed"):
        steer(tmp_path, speed=speed)


def test_a_beginning_is_a_share_of_the_run(offline, tmp_path):
    with pytest.raises(InputError, match="beginning"):
        replay(offline, tmp_path / "out", begin=1.5)


def test_what_cannot_be_played_is_said(offline, tmp_path):
    with pytest.raises(InputError, match="no run is here"):
        replay(tmp_path, tmp_path / "out")
    with pytest.raises(InputError, match="over itself"):
        replay(offline, offline)
    with Journal.create(tmp_path / "going") as journal:
        with pytest.raises(InputError, match="still goes on"):
            replay(tmp_path / "going", tmp_path / "out")
        del journal
    with pytest.raises(InputError, match="nothing happened"):
        replay(tmp_path / "going", tmp_path / "out")
    with pytest.raises(InputError, match="another run"):
        replay(offline, tmp_path / "going")
