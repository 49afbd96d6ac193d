"""``commonbond replay``: lines that come in time, a folder to be watched, and what is refused."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import jsonschema
import pytest
from made_preferences import made_run

from simulator.journal import Journal
from tui.cli.main import main
from tui.cli.schema import load


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run of three sets that two communities judged."""
    return made_run(tmp_path_factory.mktemp("made") / "run1", prompts=3)


def test_the_lines_say_who_chose_what_and_what_came_of_it(run, capsys):
    assert main(["replay", str(run), "--speed", "max"]) == 0
    told = capsys.readouterr()
    lines = told.out.splitlines()
    assert lines[0].startswith("FICTIONAL people and texts · replay of run1 · norm judge")
    assert sum("#" in line and ": option " in line for line in lines) == 3 * 2 * 12
    assert sum("· judged: option 1 " in line for line in lines) == 6
    assert "played" in told.err and "6 judgements" in told.err


def test_with_out_a_folder_is_played_into_and_the_answer_keeps_to_its_schema(run, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["replay", str(run), "--out", str(out), "--lasting", "0.2", "--begin", "0.5", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(load("replay")).validate(found)
    assert (found["judgements"], found["total"], found["run"]) == (6, 6, str(run))
    with Journal.read(out) as journal:
        assert journal.progress() == (6, 6)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["--speed", "0"], "not more than 0"),
        (["--speed", "nan"], "not more than 0"),
        (["--lasting", "-1"], "not more than 0"),
        (["--begin", "2"], "no share"),
        (["--speed", "1", "--lasting", "1"], "not allowed"),
        (["--temporary"], "no folder is named"),
    ],
)
def test_what_makes_no_sense_is_refused(run, capsys, given, told):
    assert main(["replay", str(run), *given]) == 2
    assert told in capsys.readouterr().err


def test_a_temporary_player_goes_with_the_process_that_started_it(run, tmp_path):
    out = tmp_path / "place" / "run1"
    given = ["replay", str(run), "--out", str(out), "--speed", "0.0001", "--temporary"]
    starter = f"""
import subprocess, sys, time
subprocess.Popen([sys.executable, "-m", "tui.cli.main", *{given!r}], start_new_session=True)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", starter]) as process:
        waited(lambda: (out / "journal.sqlite").exists() and (out / "engine.process").exists())
        time.sleep(0.3)
        process.kill()
    waited(lambda: not out.exists())


def waited(wanted, seconds=40.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if wanted():
            return
        time.sleep(0.05)
    raise AssertionError("it never came to that")
