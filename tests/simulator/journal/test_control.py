"""Steering an engine from outside: real processes that hold a run's lock, and numbers that are no longer theirs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest

from personas.errors import InputError
from simulator.journal import Journal, control
from simulator.journal.control import PAUSE, engine_process, go_on, is_paused, kill, pause, pause_files, stop
from simulator.journal.lock import PROCESS

ROOT = Path(__file__).resolve().parents[3]
ENGINE = """
import sys
from pathlib import Path
from simulator.journal import Journal
journal = Journal.create(Path(sys.argv[1]))
print("works", flush=True)
sys.stdin.readline()
journal.close()
"""


@contextmanager
def engine(folder):
    """An engine in a process of its own that works on a run."""
    command = [sys.executable, "-c", ENGINE, str(folder)]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout.readline() == "works\n"
            yield process
        finally:
            process.kill()


def test_a_run_without_an_engine_can_be_neither_paused_nor_stopped(tmp_path):
    Journal.create(tmp_path).close()
    for steer in (pause, stop, kill):
        with pytest.raises(InputError, match="no engine works on this run.*commonbond resume"):
            steer(tmp_path)
    assert (is_paused(tmp_path), go_on(tmp_path)) == (False, False)
    assert engine_process(tmp_path) is None


def test_a_pause_is_a_file_that_going_on_removes(tmp_path):
    with Journal.create(tmp_path):
        pause(tmp_path)
        pause(tmp_path)
        assert is_paused(tmp_path)
        assert (tmp_path / PAUSE).exists()
        assert (go_on(tmp_path), is_paused(tmp_path), go_on(tmp_path)) == (True, False, False)


def test_a_control_heeds_the_pause_of_its_run_too_and_no_stranger_s(tmp_path):
    run = tmp_path / "run"
    Journal.create(run).close()
    inner = run / "controls" / "shuffled"
    assert pause_files(inner) == (inner / PAUSE, run / PAUSE)
    assert pause_files(run) == (run / PAUSE,)
    assert pause_files(run / "a" / "b" / "c") == (run / "a" / "b" / "c" / PAUSE,)


@pytest.mark.parametrize(("steer", "number"), [(stop, signal.SIGTERM), (kill, signal.SIGKILL)])
def test_the_process_that_holds_the_lock_gets_the_signal(tmp_path, steer, number):
    with engine(tmp_path) as process:
        assert engine_process(tmp_path) == process.pid
        assert steer(tmp_path) == process.pid
        assert process.wait(10) == -number


def test_a_number_that_was_given_to_another_process_meanwhile_gets_no_signal(tmp_path, monkeypatch):
    """The lock is held, but by whom was written long before the process of that number began."""
    monkeypatch.setattr(control, "PATIENCE", 0.1)
    with (
        Journal.create(tmp_path),
        subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as other,
    ):
        (tmp_path / PROCESS).write_text(f"{other.pid}\n")
        os.utime(tmp_path / PROCESS, (1_600_000_000, 1_600_000_000))
        with pytest.raises(InputError, match="which process it is cannot be told"):
            stop(tmp_path)
        assert engine_process(tmp_path) is None
        assert other.poll() is None
        other.kill()


@pytest.mark.parametrize("written", ["", "0", "what is this", "-1", "4194304000"])
def test_what_names_no_process_gets_no_signal(tmp_path, monkeypatch, written):
    monkeypatch.setattr(control, "PATIENCE", 0.1)
    with Journal.create(tmp_path):
        (tmp_path / PROCESS).write_text(written)
        with pytest.raises(InputError, match="which process it is cannot be told"):
            stop(tmp_path)


def test_a_stale_number_of_an_engine_that_was_killed_gets_no_signal(tmp_path):
    with engine(tmp_path) as process:
        process.kill()
        process.wait()
        (tmp_path / PROCESS).write_text(f"{os.getpid()}\n")
        with pytest.raises(InputError, match="no engine works"):
            stop(tmp_path)
