from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from filelock import FileLock

from personas.errors import InputError
from simulator.journal import Journal, lock
from simulator.journal.lock import EngineLock, is_running

ROOT = Path(__file__).resolve().parents[3]
ENGINE = """
import sys
from pathlib import Path
from simulator.journal import Journal
journal = Journal.create(Path(sys.argv[1]))
journal.set_facts({"by": "the engine"})
print("works", flush=True)
sys.stdin.readline()
journal.close()
print("closed", flush=True)
sys.stdin.readline()
"""


@contextmanager
def engine(folder):
    """An engine in a process of its own that works on a run."""
    command = [sys.executable, "-c", ENGINE, str(folder)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=ROOT, **pipes) as process:
        try:
            assert process.stdout.readline() == "works\n"
            yield process
        finally:
            process.kill()


def test_a_second_engine_is_told_of_the_first_and_disturbs_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "PATIENCE", 0.1)
    with engine(tmp_path) as first:
        for _ in range(2):
            with pytest.raises(InputError) as refused:
                Journal.create(tmp_path)
            assert (refused.value.what, refused.value.where, refused.value.remedy) == (
                "another engine works on this run",
                str(tmp_path),
                f"wait for it, or stop it: process {first.pid}",
            )
        assert is_running(tmp_path)
        with Journal.read(tmp_path) as journal:
            assert journal.fact("by") == "the engine"


def test_an_engine_that_ends_lets_the_next_one_work(tmp_path):
    with engine(tmp_path) as first:
        assert is_running(tmp_path)
        first.stdin.write("\n")
        first.stdin.flush()
        assert first.stdout.readline() == "closed\n"
        assert not is_running(tmp_path)
        Journal.create(tmp_path).close()


def test_a_killed_engine_holds_nothing(tmp_path):
    with engine(tmp_path) as first:
        first.kill()
        first.wait()
        assert not is_running(tmp_path)
        begun = time.monotonic()
        with Journal.create(tmp_path) as journal:
            assert journal.fact("by") == "the engine"
            assert is_running(tmp_path)
        assert time.monotonic() - begun < lock.PATIENCE


def test_two_journals_of_one_process_are_two_engines_too(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "PATIENCE", 0.1)
    with (
        Journal.create(tmp_path),
        pytest.raises(InputError, match=f"another engine.*process {os.getpid()}"),
    ):
        Journal.create(tmp_path)


def test_a_journal_that_cannot_be_opened_lets_go_of_the_lock(tmp_path):
    (tmp_path / "journal.sqlite").write_bytes(b"no journal" * 1000)
    with pytest.raises(InputError, match="damaged"):
        Journal.create(tmp_path)
    assert not is_running(tmp_path)


def test_where_no_engine_ever_was_none_runs_and_nothing_is_made(tmp_path):
    assert not is_running(tmp_path)
    assert not is_running(tmp_path / "nowhere")
    assert list(tmp_path.iterdir()) == []


def test_an_engine_waits_for_a_reader_that_looks_whether_one_runs(tmp_path):
    looks = FileLock(tmp_path / lock.LOCK, thread_local=False)
    looks.acquire()
    timer = threading.Timer(0.2, looks.release)
    timer.start()
    EngineLock(tmp_path).release()
    timer.join()


WATCHER = """
import sys
from pathlib import Path
from simulator.journal.lock import is_running
print("watches", flush=True)
while True:
    is_running(Path(sys.argv[1]))
"""


def test_readers_that_look_all_the_time_keep_no_engine_from_starting(tmp_path):
    EngineLock(tmp_path).release()
    command = [sys.executable, "-c", WATCHER, str(tmp_path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as watcher:
        try:
            assert watcher.stdout.readline() == "watches\n"
            for _ in range(30):
                EngineLock(tmp_path).release()
        finally:
            watcher.kill()


def test_who_may_not_take_the_lock_goes_by_the_process_that_holds_it(tmp_path, monkeypatch):
    monkeypatch.setattr(lock, "LOCK", "a folder")  # no user, not even root, can lock it
    (tmp_path / "a folder").mkdir()
    with engine(tmp_path) as first:
        assert is_running(tmp_path)
        first.kill()
        first.wait()
        assert not is_running(tmp_path)
    (tmp_path / lock.PROCESS).write_text("what is this")
    assert not is_running(tmp_path)
