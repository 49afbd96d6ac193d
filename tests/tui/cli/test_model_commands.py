"""The commands on language-model personas, as processes against a server over HTTP."""

from __future__ import annotations

import argparse
import json
import signal
import sqlite3
import subprocess
import time
from typing import get_args

import pytest
from stand_in import stand_in

from bench.evaluate import Tasks
from bench.tasks.prompted import CANDIDATES
from bench.tasks.writing import WRITE_PROMPTS
from tui.cli.arguments import make_parser

SMALL = ("--panel", 4, "--rounds", 1)


@pytest.fixture(scope="module")
def server():
    with stand_in(processes=1) as server:
        yield server


def on(server, *more):
    return ("--model", "hosted_vllm/stand-in", "--api-base", server.api_base, *SMALL, *more)


def ballots_of(folder):
    with sqlite3.connect(folder / "journal.sqlite") as db:
        return sorted(db.execute("SELECT item, community, round, persona, body FROM ballots"))


@pytest.fixture(scope="module")
def whole(commands, server):
    """A run of three items that nothing disturbed, and what the server counted for it."""
    before = server.count()["requests"]
    done = commands(
        "simulate", commands.corpus, "--out", "whole", "--items", 3, *on(server), "--json", words=True
    )
    assert done.code == 0, done
    return done.answer("simulate"), server.count()["requests"] - before


def test_simulate_tells_what_its_calls_took_and_it_is_what_the_server_counted(whole):
    found, requests = whole
    assert found["predictor"] == "language-model personas (hosted_vllm/stand-in)"
    assert sum(row["requests"] for row in found["usage"]) == requests > 0
    assert {row["phase"] for row in found["usage"]} >= {"judge", "recheck"}
    assert found["reliability"]["ballots"] == 4 * len(found["results"])
    assert found["reliability"]["flip_rate"] == 0.0
    assert found["engine"]["requests"] == requests
    assert all(row["simulated"]["failures"] == 0 for row in found["results"])


def test_the_same_command_again_makes_no_call_and_says_the_same(commands, server, whole):
    before = server.count()["requests"]
    done = commands(
        "simulate", commands.corpus, "--out", "whole", "--items", 3, *on(server), "--json", words=True
    )
    assert done.answer("simulate")["results"] == whole[0]["results"]
    assert server.count()["requests"] == before


def test_an_estimate_makes_no_call_and_leaves_nothing_behind(commands, server):
    before = server.count()["requests"]
    line = ("simulate", commands.corpus, "--out", "never", "--items", 3, *on(server), "--dry-run")
    found = commands(*line, "--json", "--price", "1/2", words=True).answer("estimate")
    assert found["estimate"]["total"]["calls"]["low"] > 0
    assert found["estimate"]["total"]["cost"]["high"] > 0
    told = commands(*line, words=True)
    assert told.code == 0
    assert "no call was made" in " ".join(told.out.split())
    assert "price" in told.out
    assert server.count()["requests"] == before
    assert not (commands.home / "never").exists()


def test_an_estimate_without_discussion_counts_the_calls_that_are_then_made(commands, server):
    line = ("simulate", commands.corpus, "--out", "counted", "--items", 2, *on(server, "--rounds", 0))
    calls = commands(*line, "--dry-run", "--json", words=True).answer("estimate")["estimate"]["total"][
        "calls"
    ]
    made = commands(*line, "--json", words=True).answer("simulate")["usage"]
    assert calls["low"] == calls["high"] == sum(row["calls"] for row in made)


def test_bench_holds_personas_against_real_votes_beside_the_offline_engine(commands, server):
    done = commands(
        "bench", commands.corpus, "--out", "bench", "--items", 3, *on(server), "--json", words=True
    )
    found = done.answer("bench")
    rows = {(row["role"], row["predictor"]) for task in found["scores"]["tasks"] for row in task["rows"]}
    assert ("simulation", "language-model personas (hosted_vllm/stand-in)") in rows
    assert ("baseline", "norm judge (offline, no language model)") in rows
    (written,) = (note for note in found["scores"]["notes"] if note.startswith("answers were written to"))
    assert "at most 3 a community" in written or "at most 2 a community" in written
    assert found["usage"]


def test_the_estimate_of_bench_counts_the_run_the_controls_and_the_answers_written(commands, server):
    line = (
        "bench", commands.corpus, "--out", "benched", "--items", 2, "--write-prompts", 1,
        *on(server, "--rounds", 0), "--json",
    )  # fmt: skip
    told = commands(*line, "--dry-run", words=True).answer("estimate")
    parts = {"": told["estimate"], "generation": told["generation"], **told["controls"]}
    before = server.count()["requests"]
    used = commands(*line, words=True).answer("bench")["scores"]["usage"]
    made = server.count()["requests"] - before
    assert sum(part["total"]["calls"]["low"] for part in parts.values()) == made
    assert sum(part["total"]["calls"]["high"] for part in parts.values()) == made
    assert sum(row["requests"] for row in used) == made
    generated = sum(row["requests"] for row in used if row.get("control") == "generation")
    assert told["generation"]["total"]["calls"] == {"low": generated, "high": generated}
    assert generated > 0


def test_bench_on_preference_alone_neither_writes_nor_counts_it(commands, server):
    line = ("bench", commands.corpus, "--out", "alone", "--items", 1, "--tasks", "preference", *on(server))
    assert "generation" not in commands(*line, "--dry-run", "--json", words=True).answer("estimate")
    found = commands(*line, "--controls", "none", "--json", words=True).answer("bench")
    assert {task["task"].split()[0] for task in found["scores"]["tasks"]} == {"preference"}
    assert not (commands.home / "alone" / "controls").exists()


def test_to_be_told_how_much_to_write_where_nobody_writes_is_refused(commands, server):
    line = ("bench", commands.corpus, "--write-prompts", 2)
    commands(*line).refused("nothing is written without a model", "--write-prompts")
    more = ("--out", "never", "--tasks", "preference", *on(server))
    commands(*line, *more).refused("nothing is written with --tasks preference")


def test_ask_lets_personas_write_the_options_and_measures_how_they_differ(commands, server):
    line = (
        "ask",
        commands.corpus,
        "What about the pot?",
        "--write",
        3,
        "--out",
        "asked",
        "--community",
        "tea",
    )
    done = commands(
        *line, "--sampling", "negatively-correlated", *on(server, "--answer", "ranking"), "--json", words=True
    )
    found = done.answer("ask")
    answer = found["answers"][0]
    assert len(answer["options"]) == answer["diversity"]["responses"] == 3
    assert answer["preference"]["ballots"] == 4
    assert [row["calls"] for row in found["usage"] if row["phase"] == "generate"] == [1]


def test_a_limit_stops_the_run_and_resume_goes_on_to_the_undisturbed_result(commands, server, whole):
    line = ("simulate", commands.corpus, "--out", "limited", "--items", 3, *on(server))
    before = server.count()["requests"]
    stopped = commands(*line, "--max-calls", 10, words=True)
    assert stopped.code == 1
    assert "the limit of 10 requests is reached" in stopped.err
    assert "goes on" in stopped.err
    assert server.count()["requests"] - before == 10
    listed = commands("runs", "limited", "--json", words=True).answer("runs")["runs"][0]
    assert (listed["state"], listed["calls"], listed["done"] < listed["total"]) == ("stopped", 10, True)
    resumed = commands("resume", "limited", "--max-calls", 1000, "--json", words=True)
    assert resumed.answer("simulate")["results"] == whole[0]["results"]
    assert ballots_of(commands.home / "limited") == ballots_of(commands.home / "whole")
    assert server.count()["requests"] - before == whole[1]
    assert commands("runs", "limited", "--json").answer("runs")["runs"][0]["state"] == "done"


def test_a_run_that_is_interrupted_lands_what_is_in_flight_and_goes_on(commands, whole):
    with stand_in(processes=1, latency=0.2) as slow:
        line = ("simulate", commands.corpus, "--out", "interrupted", "--items", 3, *on(slow, "--at-once", 4))
        process = commands.start(*line, words=True, stderr=subprocess.PIPE)
        while slow.count()["requests"] < 6 and process.poll() is None:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        _, told = process.communicate(timeout=30)
        assert process.returncode == 1, told
        assert b"stopped" in told
        with sqlite3.connect(commands.home / "interrupted" / "journal.sqlite") as db:
            kept = db.execute("SELECT count(*) FROM calls").fetchone()[0]
        assert kept == slow.count()["requests"]
    with stand_in(processes=1) as again:
        done = commands("resume", "interrupted", "--api-base", again.api_base, "--json", words=True)
        assert done.answer("simulate")["results"] == whole[0]["results"]
        assert again.count()["requests"] == whole[1] - kept


def test_a_second_engine_on_a_run_says_so_and_stops(commands):
    with stand_in(processes=1, latency=0.5) as slow:
        line = ("simulate", commands.corpus, "--out", "two-engines", "--items", 3, *on(slow, "--at-once", 2))
        first = commands.start(*line, words=True)
        while slow.count()["requests"] < 1 and first.poll() is None:
            time.sleep(0.05)
        assert first.poll() is None, first.communicate()
        second = commands(*line, words=True)
        assert second.code == 2
        assert "another engine works on this run" in second.err
        assert f"process {first.pid}" in second.err
        assert commands("runs", "two-engines", "--json").answer("runs")["runs"][0]["state"] == "running"
        first.kill()
        first.communicate()
    assert commands("runs", "two-engines", "--json").answer("runs")["runs"][0]["state"] == "unfinished"


def test_a_wrong_key_stops_at_once_and_is_not_told(commands):
    key = "sk-planted-0123456789abcdefghij"
    with stand_in(processes=1, key="sk-the-right-one-0123456789") as strict:
        line = ("simulate", commands.corpus, "--out", "keyless", "--items", 3, *on(strict))
        done = commands(*line, words=True, more={"HOSTED_VLLM_API_KEY": key})
        assert done.code == 1
        assert "credentials" in done.err
        assert "environment variable" in done.err
        assert strict.count()["requests"] <= 2
    held = (commands.home / "keyless" / "journal.sqlite").read_bytes()
    assert key not in done.out + done.err
    assert key.encode() not in held


def test_a_server_that_is_not_there_is_waited_for_and_then_said(commands):
    line = ("simulate", commands.corpus, "--out", "gone", "--items", 3, "--model", "hosted_vllm/x", *SMALL)
    done = commands(*line, "--api-base", "http://127.0.0.1:9/v1", "--patience", 1, words=True)
    assert done.code == 1
    assert "not reached for 1 s" in done.err
    assert "start it" in done.err


def test_a_model_needs_a_folder_and_its_options_need_a_model(commands, server):
    asked = ("ask", commands.corpus, "And?", "--option", "yes", "--option", "no")
    commands.quick(*asked, *on(server)).refused("--out", "no call is paid for twice")
    commands.quick(*asked, "--answer", "rating").refused("--answer", "there is no model")
    commands.quick(*asked, "--dry-run").refused("--dry-run", "there is no model")
    commands.quick(*asked, "--out", "x", "--model", "nameless").refused("--model", "names no provider")
    commands.quick(*asked, "--out", "x", *on(server, "--price", "cheap")).refused("--price", "0.15/0.60")


def test_a_money_limit_needs_a_price(commands, server):
    line = ("simulate", commands.corpus, "--out", "priceless", "--items", 1, *on(server))
    commands(*line, "--max-cost", 1, words=True).refused("--max-cost", "--price")


def test_resume_refuses_what_is_no_run_and_what_was_begun_elsewhere(commands, whole):
    commands.quick("resume", "nowhere").refused("nowhere", "no run is here")
    with sqlite3.connect(commands.home / "whole" / "journal.sqlite") as db:
        (command,) = db.execute("SELECT value FROM facts WHERE name = 'command'").fetchone()
        db.execute("DELETE FROM facts WHERE name = 'command'")
    commands.quick("resume", "whole").refused("begun from Python")
    with sqlite3.connect(commands.home / "whole" / "journal.sqlite") as db:
        db.execute("INSERT INTO facts VALUES ('command', ?)", [command])
    assert "--out" in json.loads(command)["arguments"]


def test_runs_lists_what_is_there_in_words(commands, whole):
    done = commands.quick("runs", "whole")
    assert done.code == 0
    assert "done" in done.out
    assert "language-model personas" in done.out


def test_what_failed_for_a_passing_reason_can_be_asked_again(commands):
    with stand_in(processes=1, faults={"error_500": 0.3}) as shaky:
        line = ("simulate", commands.corpus, "--out", "shaky", "--items", 3, *on(shaky, "--attempts", 1))
        done = commands(*line, "--json", words=True)
        assert done.code == 1
        failed = sum(done.answer("simulate")["reliability"]["failures"].values())
        assert failed > 0
        shaky.change(faults={})
        again = commands("resume", "shaky", "--retry-failed", "--json", words=True).answer("simulate")
        assert again["reliability"]["failures"] == {}
        assert again["reliability"]["ballots"] == 4 * len(again["results"])


def test_the_help_of_bench_says_how_much_is_written_unless_told():
    told = " ".join(next(a.help for a in _bench()._actions if a.dest == "write_prompts").split())
    assert f"{CANDIDATES + 1} calls a query ({WRITE_PROMPTS})" in told
    assert set(next(a.choices for a in _bench()._actions if a.dest == "tasks")) == set(get_args(Tasks))


def _bench():
    (commands,) = (a for a in make_parser()._actions if isinstance(a, argparse._SubParsersAction))
    return commands.choices["bench"]


def test_what_controls_took_is_told_in_a_line_each_and_all_of_it_in_one(capsys, monkeypatch):
    from tui.cli.spending import print_beside

    monkeypatch.setenv("COLUMNS", "140")

    row = {
        "phase": "judge", "model": "m", "calls": 2, "requests": 3, "failures": 0, "prompt_tokens": 10,
        "completion_tokens": 1, "cached_tokens": 0, "cost": 0.5, "estimated": 0, "problems": {},
    }  # fmt: skip
    whole = "language model asked for the whole distribution (m)"
    names = ("shuffled communities: personas (m)", whole, f"no persona, no community: {whole}", "generation")
    print_beside([row, *({**row, "control": name} for name in names)])
    told = {
        line.split("  ")[0]: line.split()[-1] for line in capsys.readouterr().out.splitlines() if "$" in line
    }
    assert told == {
        **dict.fromkeys(
            ("shuffled communities", "direct", "no persona, no community", "generation"), "$0.50"
        ),
        "all, with the run": "$2.50",
    }
    print_beside([row])
    assert not capsys.readouterr().out
