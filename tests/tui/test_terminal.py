"""The interface in a real terminal: it opens, answers keys, leaves, and gives the terminal back."""

from __future__ import annotations

import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
import uuid
from contextlib import suppress
from pathlib import Path

import pytest

from personas.errors import InputError
from simulator.journal import Journal

ROOT = Path(__file__).parents[2]

pytestmark = [
    pytest.mark.terminal,
    pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed"),
]


class Terminal:
    """A terminal of its own tmux server, with a shell in it."""

    def __init__(self, folder: Path, environment: dict[str, str]):
        self._server = f"commonbond-{uuid.uuid4().hex[:8]}"
        given = [part for name, value in environment.items() for part in ("-e", f"{name}={value}")]
        self.tmux("new-session", "-d", "-s", "it", "-x", "100", "-y", "30", "-c", str(folder), *given, "sh")

    def tmux(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-L", self._server, "-f", "/dev/null", *words],
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout

    def keys(self, *keys: str) -> None:
        self.tmux("send-keys", "-t", "it", *keys)

    def shows(self, *, styled: bool = False) -> str:
        return self.tmux("capture-pane", "-p", "-t", "it", *(["-e"] if styled else []))

    def wait(self, *wanted: str, seconds: float = 40) -> str:
        deadline = time.time() + seconds
        while time.time() < deadline:
            screen = self.shows()
            if all(text in screen for text in wanted):
                return screen
            time.sleep(0.05)
        raise AssertionError(f"{wanted!r} never came; the terminal shows:\n{self.shows()}")

    def close(self) -> None:
        subprocess.run(["tmux", "-L", self._server, "kill-server"], check=False, capture_output=True)


@pytest.fixture
def terminal(made):
    environment = {"PYTHONPATH": str(ROOT), "PS1": "ready> ", "LC_ALL": "C.UTF-8"}
    opened = Terminal(made, environment)
    yield opened
    opened.close()


def _command(*words: str) -> str:
    return shlex.join([sys.executable, "-m", "tui.cli.main", *words])


def test_it_opens_answers_keys_and_gives_the_terminal_back(terminal):
    terminal.keys("echo before; " + _command("--open", "run1") + "; echo code=$?", "Enter")
    terminal.wait("sim  ▒", "FICTIONAL PEOPLE AND TEXTS", "norm judge")
    terminal.keys("4")
    terminal.wait("IDENTITY · shared values")
    terminal.keys("q")
    screen = terminal.wait("code=0", "before")
    assert "run run1: done, 12 of 12" in screen.replace("\n", "")
    terminal.keys("echo still here", "Enter")
    terminal.wait("\nstill here")
    assert terminal.tmux("display", "-p", "-t", "it", "#{alternate_on}#{mouse_any_flag}").strip() == "00"


def test_without_colours_the_mark_and_the_bars_still_tell_what_is_what(made):
    terminal = Terminal(made, {"PYTHONPATH": str(ROOT), "NO_COLOR": "1", "LC_ALL": "C.UTF-8"})
    try:
        terminal.keys(_command(), "Enter")
        terminal.wait("▸ run1", "▸ Tea and cats")
        terminal.keys("Tab", "Enter")
        terminal.wait("sim  ▒", "real █", "▸2 Compare")
        terminal.keys("q")
    finally:
        terminal.close()


def test_a_folder_that_is_not_there_is_said_before_anything_is_drawn(terminal):
    terminal.keys(_command("--open", "nowhere") + "; echo code=$?", "Enter")
    assert "no such folder" in terminal.wait("code=2")


STARTING = """
import sys
from pathlib import Path
import tui.app
from tui.ordering.engine import Engine, Order
from tui.cli.main import main

class Starting(tui.app.Interface):
    def on_ready(self):
        order = Order(kind="simulate", place=Path("tea.corpus"), out=Path("run2"))
        words = ["--items", "200", "--delay", "0.03", "--out", "run2", "--json", "tea.corpus"]
        engine = Engine(order, [sys.executable, sys.argv[1], "simulate", *words])
        Path("engine").write_text(str(engine.process))
        self.begun(order, engine)
        %s

tui.app.Interface = Starting
sys.exit(main(["--open", "."]))
"""
"""An interface that has started an engine, and then does something more."""


def _starting(home, material, more="pass"):
    (home / "starting.py").write_text(STARTING % more)
    return shlex.join([sys.executable, "starting.py", material.__file__])


def _process_of(terminal) -> int:
    shell = terminal.tmux("display", "-p", "-t", "it", "#{pane_pid}").strip()
    done = subprocess.run(["ps", "-o", "pid=", "--ppid", shell], capture_output=True, text=True, check=True)
    return int(done.stdout.split()[0])


def _done(run: Path) -> int:
    try:
        with Journal.read(run) as journal:
            return journal.progress()[0]
    except InputError:
        return 0


def _wait(wanted, seconds=30.0):
    deadline = time.time() + seconds
    while not wanted():
        assert time.time() < deadline, "it never came to that"
        time.sleep(0.05)


@pytest.fixture
def starting(home, material):
    """A terminal in which an interface was opened that has started a run."""
    terminal = Terminal(home, {"PYTHONPATH": str(ROOT), "PS1": "ready> ", "LC_ALL": "C.UTF-8"})
    terminal.home = home
    terminal.begin = lambda more="pass": terminal.keys(
        f"before=$(stty -g); {_starting(home, material, more)}; echo code=$?; "
        'test "$before" = "$(stty -g)" && echo the same terminal', "Enter",
    )  # fmt: skip
    yield terminal
    terminal.close()
    with suppress(ProcessLookupError):
        os.killpg(int((home / "engine").read_text()), signal.SIGKILL)


def _given_back(terminal):
    terminal.wait("the same terminal")
    terminal.keys("echo still here", "Enter")
    terminal.wait("\nstill here")
    state = terminal.tmux("display", "-p", "-t", "it", "#{alternate_on}#{mouse_any_flag}#{cursor_flag}")
    assert state.strip() == "001"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_signal_to_the_interface_gives_the_terminal_back_and_the_run_goes_on(starting, number):
    starting.begin()
    starting.wait("run2", "Runs")
    _wait(lambda: _done(starting.home / "run2") > 3)
    os.kill(_process_of(starting), number)
    starting.wait(f"code={128 + number}")
    _given_back(starting)
    left = _done(starting.home / "run2")
    assert left < 200
    _wait(lambda: _done(starting.home / "run2") > left + 5)


def test_a_killed_interface_leaves_the_run_going_and_the_next_one_finds_it_and_stops_it(starting):
    run = starting.home / "run2"
    starting.begin()
    starting.wait("run2", "Runs")
    _wait(lambda: _done(run) > 3)
    os.kill(_process_of(starting), signal.SIGKILL)
    starting.wait(f"code={128 + signal.SIGKILL}")
    left = _done(run)
    _wait(lambda: _done(run) > left + 5)
    # Nobody gives a terminal back after a kill; as ever one types "reset", which ends with a line feed here.
    starting.keys("reset; echo given back", "C-j")
    _wait(lambda: starting.shows().startswith("given back"))
    starting.keys(_command("--open", "run2"), "Enter")
    engine = (starting.home / "engine").read_text()
    starting.wait("▸ running", "of 200", f"process {engine}")
    starting.keys("x")
    starting.wait("■ stopped")
    assert left < _done(run) < 200
    starting.keys("q")
    starting.wait("run run2: stopped")


def test_a_killed_engine_is_told_of_within_two_seconds_on_the_first_screen_and_on_the_runs_own(starting):
    starting.begin()
    starting.wait("run2", "running")
    _wait(lambda: _done(starting.home / "run2") > 3)
    os.killpg(int((starting.home / "engine").read_text()), signal.SIGKILL)
    starting.wait("was killed", "unfinished", seconds=2)
    starting.keys("Tab", "Home")
    starting.wait("▸ run2")
    starting.keys("Enter")
    starting.wait("✗ the engine was killed (SIGKILL) · x goes on", "of 200 judgements")
    starting.keys("q")
    starting.wait("run run2: unfinished")


def test_a_failure_of_the_interface_gives_the_terminal_back_says_what_it_was_and_the_run_goes_on(starting):
    starting.begin("self.set_interval(0.1, lambda: Path('fail').exists() and 1 / 0)")
    starting.wait("run2", "Runs")
    (starting.home / "fail").touch()
    screen = starting.wait("code=1", seconds=20)
    assert "ZeroDivisionError" in screen
    _given_back(starting)
    left = _done(starting.home / "run2")
    _wait(lambda: _done(starting.home / "run2") > left + 5)


def test_closing_the_window_ends_the_interface_and_the_run_goes_on(starting):
    starting.begin()
    starting.wait("run2", "Runs")
    _wait(lambda: _done(starting.home / "run2") > 3)
    process = _process_of(starting)
    starting.close()
    _wait(lambda: not Path(f"/proc/{process}").exists(), seconds=10)
    left = _done(starting.home / "run2")
    _wait(lambda: _done(starting.home / "run2") > left + 5)


def test_the_pictures_are_made_of_what_is_shown(made, tmp_path):
    script, out = ROOT / "examples" / "screenshots.py", tmp_path / "pictures"
    names = ("home", "preferences", "ballots", "answers")
    done = subprocess.run(
        [sys.executable, str(script), str(made), "--out", str(out), "--only", *names],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    pictures = {path.stem: path.read_text(encoding="utf-8") for path in out.glob("*.svg")}
    assert set(pictures) == {"home", "preferences", "ballots"}, (
        "nothing was asked here, so there are no answers"
    )
    assert "FICTIONAL PEOPLE AND TEXTS" in pictures["preferences"]
    assert not any("http" in text.replace("http://www.w3.org/2000/svg", "") for text in pictures.values())
    refused = subprocess.run(
        [sys.executable, str(script), str(made), "--run", "nothing"],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert refused.returncode == 1 and "no such run: nothing" in refused.stderr
