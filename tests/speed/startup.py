"""How fast ``commonbond --help`` answers and the packages import, against the interpreter's own start.

Run as ``python tests/speed/startup.py``; prints medians and ratios of whole processes, and asserts nothing.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

RUNS = 15
COMMANDS = {
    "commonbond --help": ["-m", "tui.cli.main", "--help"],
    "import personas": ["-c", "import personas"],
    "import simulator": ["-c", "import simulator"],
    "import bench": ["-c", "import bench"],
    "import tui": ["-c", "import tui"],
    "import personas, and its public names": ["-c", "from personas import Corpus, ingest"],
    "import simulator, and its public names": ["-c", "from simulator import Item, Simulation"],
    "import bench, and its public names": ["-c", "from bench import hold_out, run_benchmark"],
}


def seconds(arguments: list[str]) -> float:
    """Return the wall time of one process of this interpreter."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - begun


def main() -> None:
    """Time each command in turn with the bare interpreter, so that a slow moment hits both."""
    print(f"medians of {RUNS} runs, in turn with `python -c pass`\n")
    print(f"{'what':42} {'ms':>7} {'bare ms':>8} {'ratio':>6}")
    for name, arguments in COMMANDS.items():
        pairs = [(seconds(arguments), seconds(["-c", "pass"])) for _ in range(RUNS)]
        ours, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
        print(f"{name:42} {ours * 1000:7.0f} {bare * 1000:8.0f} {ours / bare:6.1f}")


if __name__ == "__main__":
    main()
