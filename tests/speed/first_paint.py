"""How soon ``commonbond`` paints its first screen after it was called, against a bare Textual app's.

Run as ``python tests/speed/first_paint.py [FOLDER]``; whole processes in a pseudo-terminal, in turn, from the call to
the text's arrival in the terminal. FOLDER holds corpora and runs; without it, the interface opens on an empty one.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import re
import select
import signal
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

RUNS = 11
LIMIT, TIMES = 0.4, 4.0
"""Seconds, and times a bare app's: the larger of the two is what a first paint may take."""
BARE = """
from textual.app import App
from textual.widgets import Static

class Bare(App):
    def compose(self):
        yield Static("painted")

Bare().run()
"""


def painted(command: list[str], wanted: str, folder: Path, patience: float = 30.0) -> float:
    """Return the seconds from the call of a command until a text stands in its terminal, and end it."""
    outer, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 30, 100, 0, 0))
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    begun = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=inner, stdout=inner, stderr=inner, cwd=folder, env=environment, start_new_session=True
    )
    os.close(inner)
    seen = b""
    try:
        while wanted not in plain(seen):
            left = begun + patience - time.perf_counter()
            if left <= 0 or not select.select([outer], [], [], left)[0]:
                raise SystemExit(f"{wanted!r} never came:\n{plain(seen)}")
            seen += os.read(outer, 65_536)
        return time.perf_counter() - begun
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(outer)


def plain(seen: bytes) -> str:
    """Return what came to a terminal without its escape sequences."""
    return re.sub(
        r"\x1b(\[[0-9;?<>=$ ]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\))", "", seen.decode("utf-8", "replace")
    )


def main() -> None:
    """Time all in turn, so that a slow moment hits each, and print the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as empty:
        folder = (given.folder or Path(empty)).resolve()
        beside = Path(sys.executable).with_name("commonbond")
        ours = [str(beside)] if beside.exists() else [sys.executable, "-m", "tui.cli.main"]
        commands = {
            "a bare Textual app": ([sys.executable, "-c", BARE], "painted"),
            "commonbond": (ours, "commonbond"),
        }
        if given.folder is not None:
            commands["commonbond, with its lists"] = (ours, "▸")
        measured: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(RUNS):
            for name, (command, wanted) in commands.items():
                measured[name].append(painted(command, wanted, folder))
    medians = {name: statistics.median(times) for name, times in measured.items()}
    bare = medians["a bare Textual app"]
    print(f"medians of {RUNS} first paints, in turn\n\n{'what':30} {'ms':>6} {'slowest':>8} {'ratio':>6}")
    for name, median in medians.items():
        print(f"{name:30} {median * 1000:6.0f} {max(measured[name]) * 1000:8.0f} {median / bare:6.1f}")
    limit = max(LIMIT, TIMES * bare)
    told = "within" if medians["commonbond"] <= limit else "OVER"
    print(
        f"\nwanted: under {limit * 1000:.0f} ms (the larger of {LIMIT * 1000:.0f} and {TIMES:g} times a bare app): {told}"
    )


if __name__ == "__main__":
    main()
