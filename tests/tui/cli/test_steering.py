"""``pause``, ``stop`` and ``resume`` from the command line, on a real engine over a real server that takes its time."""

from __future__ import annotations

import subprocess
import time

import pytest
from stand_in import stand_in

from simulator.journal import Journal
from simulator.journal.control import is_paused


@pytest.fixture
def engine(commands, tmp_path):
    """A run on a slow model, under way."""
    with stand_in(processes=1, latency=0.6) as slow:
        run = tmp_path / "run"
        arguments = ("simulate", commands.corpus, "--out", run, "--items", 6, "--panel", 8)
        model = ("--model", "hosted_vllm/stand-in", "--api-base", slow.api_base, "--at-once", 2)
        process = commands.start(
            *arguments, *model, words=True, stderr=subprocess.PIPE, stdout=subprocess.PIPE
        )
        while slow.count()["requests"] < 2:
            assert process.poll() is None, process.stderr.read()
            time.sleep(0.02)
        yield run, process, slow
        process.kill()
        process.communicate()


def test_a_run_is_paused_let_go_on_and_stopped_by_name(commands, engine):
    run, process, slow = engine
    paused = commands("pause", run, "--json").answer("pause")
    assert (paused["state"], paused["at_rest"], paused["process"]) == ("paused", True, process.pid)
    before = slow.count()["requests"]
    listed = commands("runs", run, "--json").answer("runs")["runs"][0]
    assert listed["state"] == "paused"
    assert slow.count()["requests"] == before
    going = commands("resume", run, "--json").answer("pause")
    assert (going["state"], going["at_rest"], is_paused(run)) == ("running", False, False)
    stopped = commands("stop", run, "--json").answer("stop")
    assert (stopped["state"], stopped["process"], stopped["at_rest"]) == ("stopped", process.pid, True)
    assert process.wait(10) == 1
    with Journal.read(run) as journal:
        assert [kind for _, _, kind, _ in journal.milestones()] == ["start", "paused", "resumed", "stopped"]
        kept = journal.ledger.usage()
    assert sum(row.requests for row in kept) == slow.count()["requests"]


def test_who_does_not_wait_is_told_so(commands, engine):
    run, *_ = engine
    done = commands("pause", run, "--wait", 0)
    assert (done.code, done.out.split(" · ")[0]) == (1, "it pauses as soon as what is under way has landed")
    assert commands("resume", run).out.startswith("it goes on · 0 of ")


def test_a_run_whose_corpus_stands_behind_two_dashes_is_resumed_as_any_other(commands, tmp_path):
    run = tmp_path / "run"
    begun = commands("simulate", "--items", 2, "--out", run, "--json", "--", commands.corpus, words=True)
    resumed = commands("resume", run, "--json", words=True)
    assert resumed.answer("simulate")["results"] == begun.answer("simulate")["results"]


@pytest.mark.parametrize("name", ["pause", "stop"])
def test_what_no_engine_works_on_is_refused(commands, tmp_path, name):
    commands.quick(name, tmp_path / "nowhere").refused("no run is here")
    Journal.create(tmp_path / "run").close()
    commands.quick(name, tmp_path / "run").refused("no engine works on this run", "commonbond resume")
