"""``commonbond serve`` as a real process, for the tests that open it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]


class Served:
    """A server that was started, and where it can be opened."""

    def __init__(self, process, told):
        self.process, self.told = process, told
        self.url = told["url"]
        parts = urlsplit(self.url)
        self.root = f"{parts.scheme}://{parts.netloc}"
        self.token = parts.query.removeprefix("token=")

    def end(self, number=signal.SIGINT):
        """Signal it, and return its exit code and what it said on standard error."""
        self.process.send_signal(number)
        _, said = self.process.communicate(timeout=20)
        return self.process.returncode, said

    def tabs(self):
        """Return the numbers of the processes that it began."""
        found = subprocess.run(
            ["ps", "-o", "pid=", "--ppid", str(self.process.pid)], capture_output=True, text=True, check=False
        )
        return [int(line) for line in found.stdout.split()]


@contextmanager
def served(*folders, port=0, cwd=None):
    """Serve folders until the block is left."""
    opened = [part for folder in folders for part in ("--open", str(folder))]
    # SIGINT reaches it also where the tests themselves were started with it ignored.
    start = (
        "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
        "from tui.cli.main import main; sys.exit(main())"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", start, "serve", "--json", "--port", str(port), *opened],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    try:
        text = ""
        for line in process.stdout:
            text += line
            if line.startswith("}"):
                break
        if not text:
            raise AssertionError(f"it served nothing: {process.communicate()[1]}")
        yield Served(process, json.loads(text))
    finally:
        process.kill()
        process.communicate()
