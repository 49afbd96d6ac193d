"""A command that is stopped, or that nobody listens to, leaves without a traceback and leaves nothing broken."""

from __future__ import annotations

import os
import signal
import subprocess
import time

import pytest


def wait_for(holds, process, seconds=30.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < end
        time.sleep(0.01)


def interrupt(process) -> tuple[int, str, str]:
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    return process.returncode, out.decode(), err.decode()


def test_a_reader_that_leaves_after_a_line_ends_the_command_quietly(commands):
    arguments = ("communities", commands.corpus, "--json", "--embedder", commands.model)
    with commands.start(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"{\n"
        process.stdout.close()
        assert (process.wait(30), process.stderr.read()) == (1, b"")


@pytest.mark.parametrize(
    "line",
    [("--help",), ("--version",), ("schema", "bench"), ("bench", "nowhere", "--json"), ("bench", "nowhere")],
)
def test_output_that_nobody_reads_ends_the_command_quietly(commands, line):
    """Both streams go to one pipe whose reader is gone, as in ``commonbond ... 2>&1 | true``."""
    reader, writer = os.pipe()
    os.close(reader)
    process = commands.start(*line, stdout=writer, stderr=writer)
    os.close(writer)
    assert process.wait(30) in {0, 1}  # 0 where argparse itself drops its help


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")  # noqa: PTH110
def test_a_disk_without_room_for_the_answer_is_told(commands):
    with open("/dev/full", "w") as full:  # noqa: PTH123
        process = commands.start("schema", "bench", stdout=full, stderr=subprocess.PIPE)
        _, err = process.communicate(timeout=30)
    assert process.returncode == 2
    assert b"No space left on device" in err
    assert b"Traceback" not in err
    assert b"Exception ignored" not in err


def test_ctrl_c_while_reading_leaves_no_half_corpus(commands):
    rows = "".join(f"p{n},tea,member {n % 997},what about {n}\n" for n in range(400_000))
    (commands.home / "many.csv").write_text(f"post,community,author,text\n{rows}")
    arguments = ("ingest", "table", "--posts", "many.csv", "--key-file", "key", "--out", "many.corpus")
    process = commands.start(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_for((commands.home / ".many.corpus.part").is_dir, process)
    time.sleep(0.3)
    code, out, err = interrupt(process)
    assert (code, out) == (1, "")
    assert err.startswith("commonbond: stopped; repeat the command")
    assert not list(commands.home.glob("*many.corpus*"))


def test_ctrl_c_while_a_model_loads_is_told_as_json(commands, tmp_path):
    commands.environment, kept = (
        {**commands.environment, "COMMONBOND_CACHE": str(tmp_path)},
        commands.environment,
    )
    arguments = ("communities", commands.corpus, "--json", "--embedder", commands.model)
    process = commands.start(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    commands.environment = kept
    wait_for((tmp_path / "embeddings.sqlite").is_file, process)
    time.sleep(0.3)
    code, out, err = interrupt(process)
    assert code == 1
    assert '"what": "stopped"' in out
    assert "Traceback" not in err


def test_ctrl_c_while_personas_judge_keeps_what_was_judged(commands, benched):
    import sqlite3
    from contextlib import closing

    run = commands.home / "long-run"
    arguments = ("simulate", commands.corpus, "--embedder", commands.model, "--panel", 2_000, "--out", run)
    process = commands.start(*arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def judged() -> bool:
        try:
            with closing(sqlite3.connect(f"file:{run}/journal.sqlite?mode=ro", uri=True)) as journal:
                return journal.execute("SELECT count(*) FROM results").fetchone()[0] > 0
        except sqlite3.Error:
            return False

    wait_for(judged, process)
    code, out, err = interrupt(process)
    assert (code, out) == (1, "")
    told = [line for line in err.splitlines() if not line.startswith("judging: ")]  # on a busy machine
    assert told == ["commonbond: stopped; repeat the command: a run with --out goes on where it stopped"]
    assert judged()
