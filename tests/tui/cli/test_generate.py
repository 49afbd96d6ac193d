"""``commonbond generate`` and ``export``, as processes: offline, on a server, killed, out of money, on bad input."""

from __future__ import annotations

import json
import os
import re
import signal
import time

import pyarrow.parquet as pq
import pytest
from stand_in import stand_in

SMALL = ("--panel", 6, "--rounds", 1)
LOOSE = ("--min-probability", 0.5)
PROMPTS = [
    {"prompt": "How do you warm the pot?", "id": "pot"},
    {
        "prompt": [
            {"role": "user", "content": "My tea is bitter."},
            {"role": "assistant", "content": "Do you boil it?"},
            {"role": "user", "content": "Yes, and weigh the leaves. What now?"},
        ]
    },
    {"messages": [{"role": "user", "content": "¿Agua blanda o dura? 茶"}], "id": 7},
    {"prompt": "Which water?", "candidates": ["soft water", "hard water", "no water", "warm the pot", "any"]},
    {"prompt": "steep it short, or long?"},
]


@pytest.fixture(scope="module")
def server():
    with stand_in(processes=1) as server:
        yield server


@pytest.fixture(scope="module")
def prompts(commands):
    return written(commands, "prompts.jsonl", PROMPTS)


def written(commands, name, lines):
    path = commands.home / name
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines))
    return path


def line(commands, prompts, out, *more):
    return ("generate", prompts, "--corpus", commands.corpus, "--out", out, *SMALL, *LOOSE, *more)


def on(server, *more):
    return ("--model", "hosted_vllm/stand-in", "--api-base", server.api_base, *more)


def rows(folder, config="preference"):
    found = [pq.read_table(path) for path in sorted((folder / "data" / config).glob("*.parquet"))]
    return [row for table in found for row in table.to_pylist()]


def data_of(folder):
    return {path.name + path.parent.name: path.read_bytes() for path in (folder / "data").rglob("*.parquet")}


def test_prompts_become_pairs_with_their_provenance(commands, prompts):
    done = commands(*line(commands, prompts, "offline", "--json"), words=True)
    assert done.code == 0, done
    found = done.answer("generate")
    assert found["prompts"]["prompts"] == 5
    assert found["manifest"]["judged"]["prompts"] == 5
    pairs = rows(commands.home / "offline")
    assert len(pairs) == sum(found["manifest"]["counts"]["preference"].values()) > 0
    assert {row["prompt_id"] for row in pairs} <= {"pot", "p2", "7", "p4", "p5"}
    assert {row["predictor"] for row in pairs} == {"norm judge (offline, no language model)"}
    told = commands("explain", "offline", pairs[0]["row"], "--json").answer("explain")
    assert json.dumps(told).count(pairs[0]["item"])


def test_a_persons_screen_says_what_was_kept_and_what_is_next(commands, prompts):
    done = commands(*line(commands, prompts, "shown"), words=True)
    told = " ".join(done.out.split())
    for part in (
        "FICTIONAL",
        "synthetic",
        "of them disputed",
        "chosen longer",
        "rests on",
        "load_dataset",
        "explain",
    ):
        assert part in told


def test_on_a_model_candidates_are_written_by_nobody_and_judged_by_all_with_every_call_kept(
    commands, prompts, server
):
    before = server.count()["requests"]
    more = ("--candidates", 3, "--sampling", "negatively-correlated", "--recheck", 0, *on(server))
    estimate = commands(*line(commands, prompts, "model", *more, "--dry-run", "--json"), words=True)
    assert server.count()["requests"] == before
    assert not (commands.home / "model").exists()
    done = commands(*line(commands, prompts, "model", *more, "--json"), words=True)
    found = done.answer("generate")
    used = {row["phase"]: row["calls"] for row in found["usage"]}
    expected = {phase["phase"]: phase["calls"] for phase in estimate.answer("estimate")["estimate"]["phases"]}
    assert expected["generate"] == {"low": 4, "high": 4}
    assert used["judge"] == expected["judge"]["low"] == 5 * 2 * 6
    assert found["manifest"]["diversity"]["sampling"] == "negatively-correlated"
    assert found["settings"]["option_room"] == 16_000
    pair = rows(commands.home / "model")[0]
    calls = commands("explain", "model", pair["row"], "--calls").out
    assert "You are a member of a community" in " ".join(calls.split())


@pytest.mark.parametrize(("sets", "items"), [("shared", 5), ("own", 10), ("crossed", 10)])
def test_who_writes_and_who_judges_is_chosen(commands, prompts, sets, items):
    done = commands(*line(commands, prompts, f"sets-{sets}", "--sets", sets, "--json"), words=True)
    judged = done.answer("generate")["manifest"]["judged"]
    assert (judged["prompts"], judged["sets"]) == (5, items)
    assert judged["records"] == {"shared": 10, "own": 10, "crossed": 20}[sets]


def test_the_same_command_again_writes_the_same_bytes_and_calls_nobody(commands, prompts, server):
    more = ("--recheck", 0, *on(server))
    commands(*line(commands, prompts, "twice", *more), words=True)
    before, data = server.count()["requests"], data_of(commands.home / "twice")
    done = commands(*line(commands, prompts, "twice", *more), words=True)
    assert done.code == 0
    assert (server.count()["requests"], data_of(commands.home / "twice")) == (before, data)


def test_an_export_chooses_anew_at_no_cost_and_a_folder_is_replaced_only_when_asked(
    commands, prompts, server
):
    commands(*line(commands, prompts, "first", *on(server)), words=True)
    before = server.count()["requests"]
    more = ("--min-margin", 0.2, "--min-probability", 0)
    found = commands("export", "first", "--out", "second", *more, "--json").answer("export")
    assert found["manifest"]["run"]["folder"] == "../first/run"
    assert all(row["share_chosen"] - row["share_rejected"] > 0.199 for row in rows(commands.home / "second"))
    commands("export", "first", "--out", "first", *more).refused("min_margin was 0.0 and is 0.2", "--replace")
    assert commands("export", "first", "--out", "first", *more, "--replace").code == 0
    assert data_of(commands.home / "first") == data_of(commands.home / "second")
    assert server.count()["requests"] == before


def test_when_the_budget_is_spent_what_is_done_stays_and_can_be_gone_on_with_or_written(
    commands, prompts, server
):
    whole = line(commands, prompts, "budget", "--recheck", 0, "--rounds", 0, *on(server))
    done = commands(*whole, "--max-calls", 40, "--json", words=True)
    assert done.code == 1
    assert "max-calls" in done.err or "calls" in done.err
    assert not (commands.home / "budget/export.json").exists()
    commands("export", "budget", "--out", "part").refused("the run is stopped", "--partial")
    part = commands("export", "budget", "--out", "part", "--partial", *LOOSE, "--json").answer("export")
    assert "had done" in part["manifest"]["notes"][0]
    assert commands("resume", "budget", "--max-calls", 1_000, words=True).code == 0
    commands(*line(commands, prompts, "unbounded", "--recheck", 0, "--rounds", 0, *on(server)), words=True)
    pairs = {row["row"]: row["soft_label"] for row in rows(commands.home / "budget")}
    assert pairs == {row["row"]: row["soft_label"] for row in rows(commands.home / "unbounded")}


def test_a_killed_generation_goes_on_without_a_lost_or_doubled_row(commands, prompts):
    with stand_in(latency=0.05) as slow:
        whole = line(commands, prompts, "undisturbed", "--recheck", 0, *on(slow))
        assert commands(*whole, words=True).code == 0
        expected = data_of(commands.home / "undisturbed")
        calls = slow.count()["requests"]
        begun = slow.count()["requests"]
        killed = line(commands, prompts, "killed", "--recheck", 0, *on(slow))
        process = commands.start(*killed, words=True)
        deadline = time.monotonic() + 60
        while slow.count()["requests"] < begun + calls // 3 and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert process.returncode == -signal.SIGKILL
        assert not (commands.home / "killed/export.json").exists()
        done = commands("resume", "killed", "--json", words=True)
        again = slow.count()["requests"] - begun
    assert done.answer("generate")["out"].endswith("killed")
    assert data_of(commands.home / "killed") == expected
    assert calls <= again <= calls + 64


def test_prompts_of_a_benchmarks_test_part_are_left_out_before_anything_is_asked(commands, prompts):
    made = commands("construct", commands.corpus, "--out", "forum.benchmark", "--no-tasks", words=True)
    assert made.code in {0, 1}, made
    test = (commands.home / "forum.benchmark/test.jsonl").read_text().splitlines()
    asked = json.loads(test[0])["query"]
    path = written(commands, "leaking.jsonl", [*PROMPTS, {"prompt": asked, "id": "leak"}])
    more = ("--exclude", "forum.benchmark", "--json")
    found = commands(*line(commands, path, "clean", *more), words=True).answer("generate")
    assert found["manifest"]["left_out"] == {"prompts that the test part of a benchmark asks": 1}
    assert "leak" not in {row["prompt_id"] for row in rows(commands.home / "clean", "full")}


def test_broken_prompts_are_told_with_their_lines_and_the_others_are_kept(commands):
    lines = [
        PROMPTS[0],
        {"prompt": "  "},
        {"prompt": [{"role": "wizard", "content": "x"}]},
        {"id": 3},
        PROMPTS[4],
    ]
    path = written(commands, "broken.jsonl", lines)
    done = commands(*line(commands, path, "broken", "--json"), words=True)
    assert done.code == 1
    assert [re.search(r"line (\d)", told)[1] for told in done.err.splitlines() if ", line " in told] == list(
        "234"
    )
    assert "wizard" in done.err
    found = done.answer("generate")
    assert (found["prompts"]["prompts"], found["prompts"]["broken_count"]) == (2, 3)


def test_a_file_without_any_prompt_is_refused_before_anything_is_written(commands):
    path = written(commands, "none.jsonl", [{"prompt": ""}, {"text": "x"}])
    done = commands(*line(commands, path, "none"), words=True)
    assert done.code == 2
    assert "Traceback" not in done.err
    assert not (commands.home / "none").exists()


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--community", "dogs"), "no community is named 'dogs'"),
        (("--min-margin", 2), "min_margin is 2.0"),
        (("--min-probability", 0.3), "min_probability is 0.3"),
        (("--test-share", 1), "test_share is 1.0"),
        (("--candidates", 1), "1 is less than 2"),
        (("--candidates", 27), "sets of 27 candidates"),
        (("--shard-rows", 0), "shard_rows is 0"),
        (("--public",), "nothing is put on the Hub"),
        (("--exclude", "nowhere"), "nowhere"),
        (("--language", "klingon"), "'klingon' is no ISO 639 code"),
        (("--temperature", 1), "there is no model"),
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line_and_leaves_nothing(commands, prompts, more, told):
    commands(*line(commands, prompts, "refused", *more), words=True).refused(told)
    assert not (commands.home / "refused").exists()


def test_a_margin_that_no_pair_passes_is_an_error_that_says_which_would_have(commands, prompts):
    asked = ("generate", prompts, "--corpus", commands.corpus, *SMALL, "--min-margin", 0.95)
    done = commands(*asked, "--out", "strict", words=True)
    done.refused("no pair of", "min_margin 0.95", "would have kept", "commonbond export strict --out strict")
    assert not (commands.home / "strict/export.json").exists()
    assert commands("export", "strict", "--out", "strict", *LOOSE).code == 0


def test_a_folder_with_other_things_or_another_run_is_refused_before_anything_is_asked(
    commands, prompts, server
):
    (commands.home / "notes").mkdir()
    (commands.home / "notes/a.txt").write_text("mine")
    before = server.count()["requests"]
    commands(*line(commands, prompts, "notes", *on(server)), words=True).refused("holds other things: a.txt")
    commands(*line(commands, prompts, "taken"), words=True)
    data = data_of(commands.home / "taken")
    commands(*line(commands, prompts, "taken", "--keep", 8), words=True).refused("another run")
    commands("export", "taken", "--out", "elsewhere", *LOOSE)
    commands(*line(commands, prompts, "elsewhere"), words=True).refused("which lies elsewhere")
    assert data_of(commands.home / "taken") == data
    assert server.count()["requests"] == before
