"""The interface in a real terminal: it opens, answers keys, leaves, and gives the terminal back."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest

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


def test_the_pictures_are_made_of_what_is_shown(made, tmp_path):
    done = subprocess.run(
        [sys.executable, str(ROOT / "examples" / "screenshots.py"), str(made), "--out", str(tmp_path / "pictures")],
        capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    pictures = {path.stem: path.read_text(encoding="utf-8") for path in (tmp_path / "pictures").glob("*.svg")}
    assert {"home", "communities", "preferences", "ballots", "scores"} <= set(pictures)
    assert "FICTIONAL PEOPLE AND TEXTS" in pictures["preferences"]
    assert not any("http" in text.replace("http://www.w3.org/2000/svg", "") for text in pictures.values())
