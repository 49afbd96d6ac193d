"""How fast, and in how much memory, a file of Community Alignment's size is loaded into a benchmark.

Run as ``python tests/speed/community_alignment.py [--conversations 100000] [--length 2000] [--keep FOLDER]``. It
writes a planted file, reads it bare with DuckDB (every column's length added up), loads it in a process of its own,
and prints seconds, the ratio to the bare read of the same run, and the peak of resident memory. It asserts nothing.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "helpers"))

from planted_files import HAZARDS, PlantedCommunityAlignment

from bench.datasets.alignment_file import COLUMNS, LONGEST_LINE, READ_AT_ONCE
from bench.datasets.community_alignment import load_community_alignment


def plant(path: Path, *, conversations: int, length: int) -> None:
    """Write the file: a twentieth as many prompts as conversations, and a hundred of every hazard."""
    PlantedCommunityAlignment(
        conversations=conversations,
        prompts=max(1, conversations // 20),
        annotators=3_603,
        length=length,
        hazards=dict.fromkeys(HAZARDS, min(100, conversations // 100)),
    ).write(path)


def bare_read(path: Path) -> float:
    """Return the seconds in which DuckDB alone reads every cell of the file."""
    import duckdb

    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in COLUMNS)
    lengths = " + ".join(f"coalesce(sum(length({name})), 0)" for name in COLUMNS)
    begun = time.perf_counter()
    duckdb.sql(
        f"SELECT count(*), {lengths} FROM read_csv('{path}', auto_detect = false, header = true, delim = ',', "
        f"quote = '\"', escape = '\"', ignore_errors = true, columns = {{{columns}}}, "
        f"max_line_size = {LONGEST_LINE}, buffer_size = {READ_AT_ONCE})"
    ).fetchall()
    return time.perf_counter() - begun


def load_here(path: Path, out: Path) -> dict[str, float]:
    """Load the file in this process; return seconds, items and the peak of resident memory in bytes."""
    begun = time.perf_counter()
    benchmark = load_community_alignment(path, out=out, by=("country", "political"), fictional=True)
    seconds = time.perf_counter() - begun
    items = sum(benchmark.manifest.parts.values())
    return {"seconds": seconds, "items": items, "peak": peak()}


def peak() -> int:
    """Return the most resident memory that this process ever had, in bytes."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def in_a_child(*arguments: str) -> dict[str, float]:
    """Run this script again as a child, so that its memory is its own, and return what it prints."""
    done = subprocess.run([sys.executable, __file__, *arguments], capture_output=True, text=True, check=True)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(folder: Path, *, conversations: int, length: int) -> None:
    """Plant, read bare, load, and print."""
    path, out = folder / "community_alignment.csv", folder / "made"
    begun = time.perf_counter()
    plant(path, conversations=conversations, length=length)
    print(f"file: {conversations:,} conversations, {path.stat().st_size / 1e9:.2f} GB", end=" ")
    print(f"(written in {time.perf_counter() - begun:.1f} s)")
    bare = bare_read(path)
    print(f"{'bare DuckDB read':28}{bare:9.1f} s")
    loaded = in_a_child("--load", str(path), "--out", str(out))
    ratio = loaded["seconds"] / bare
    print(
        f"{'load into a benchmark':28}{loaded['seconds']:9.1f} s{ratio:9.1f}x{loaded['peak'] / 1e9:9.2f} GB at the peak"
    )
    print(f"{'items':28}{loaded['items']:9,.0f}")


def main() -> None:
    """Measure, or load one file where a parent process asks for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=100_000)
    parser.add_argument("--length", type=int, default=2_000, help="characters of filling in each candidate")
    parser.add_argument("--keep", metavar="FOLDER", help="keep the file and the benchmark here")
    parser.add_argument("--load", metavar="FILE", help=argparse.SUPPRESS)
    parser.add_argument("--out", metavar="FOLDER", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.load:
        print(json.dumps(load_here(Path(options.load), Path(options.out))))
        return
    size = {"conversations": options.conversations, "length": options.length}
    if options.keep:
        Path(options.keep).mkdir(parents=True, exist_ok=True)
        measure(Path(options.keep), **size)
        return
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), **size)


if __name__ == "__main__":
    main()
