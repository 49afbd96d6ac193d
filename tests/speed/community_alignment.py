"""How fast, and in how much memory, a file of Community Alignment's size is loaded and scored by all baselines.

Run as ``python tests/speed/community_alignment.py [--conversations 100000] [--length 2000] [--prompts 2600]
[--keep FOLDER]``. It writes a planted file, reads it bare with DuckDB (every column's length added up), loads it and
scores it, each in a process of its own, by country and with everybody as one community, and prints seconds, the ratio to the bare read of the same run, the peak
of resident memory, and how many judgements the scores rest on. It asserts nothing.
"""

from __future__ import annotations

import argparse
import json
import re
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parents[1] / "helpers"))

from planted_files import HAZARDS, PlantedCommunityAlignment

from bench.benchmark import PARTS, Benchmark
from bench.datasets.alignment_file import COLUMNS, LONGEST_LINE, READ_AT_ONCE
from bench.datasets.community_alignment import load_community_alignment
from bench.evaluate import evaluate

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SHARED = 10
"""The paper counts the prompts with so many annotators or more: 2,582 of them."""
BY: tuple[tuple[str, ...], ...] = (("country",), ())
"""With everybody as one community, all shared prompts have voters enough for a distribution."""


def plant(path: Path, *, conversations: int, length: int, prompts: int) -> None:
    """Write the file: conversations spread evenly over the prompts, and a hundred of every hazard."""
    PlantedCommunityAlignment(
        conversations=conversations,
        prompts=min(prompts, max(1, conversations // SHARED)),
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


def load_here(path: Path, out: Path, by: Sequence[str]) -> dict[str, Any]:
    """Load the file in this process; return seconds, items and the peak of resident memory in bytes."""
    begun = time.perf_counter()
    benchmark = load_community_alignment(path, out=out, by=by, fictional=True, replace=True)
    seconds, most = time.perf_counter() - begun, peak()
    shared = sum(record.about["annotators"] >= SHARED for part in PARTS for record in benchmark.records(part))
    return {
        "seconds": seconds, "items": sum(benchmark.manifest.parts.values()), "shared": shared, "peak": most,
    }  # fmt: skip


def score_here(folder: Path) -> dict[str, Any]:
    """Score every baseline on the test part in this process; return seconds, the peak, and what was scored."""
    begun = time.perf_counter()
    benchmark = Benchmark.open(folder)
    card = evaluate(benchmark, [], seed=7)
    seconds, most = time.perf_counter() - begun, peak()
    counts = [
        (len(item.votes), max((votes.voters or 0) for votes in item.votes.values()))
        for item in benchmark.items("test")
    ]
    return {
        "seconds": seconds,
        "peak": most,
        "items": len(counts),
        "judgements": sum(judged for judged, _ in counts),
        "spread": sum(most >= SHARED for _, most in counts),
        "rows": [
            [task.metric, row.predictor, row.mean, row.n]
            for task in card.tasks
            if task.metric == "accuracy" or task.metric.startswith("Jensen")
            for row in task.rows
        ],
        "notes": [note for note in card.notes if "judgements" in note],
    }


def peak() -> int:
    """Return the most resident memory that this process ever had, in bytes."""
    status = Path("/proc/self/status")
    if status.exists():  # as ru_maxrss counts what the parent had when it began this process
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
        if found:
            return int(found[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def in_a_child(*arguments: str) -> dict[str, Any]:
    """Run this script again as a child, so that its memory is its own, and return what it prints."""
    done = subprocess.run([sys.executable, __file__, *arguments], capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measure(folder: Path, *, conversations: int, length: int, prompts: int) -> None:
    """Plant, read bare, load, score, and print."""
    path, out = folder / "community_alignment.csv", folder / "made"
    begun = time.perf_counter()
    plant(path, conversations=conversations, length=length, prompts=prompts)
    print(f"file: {conversations:,} conversations, {path.stat().st_size / 1e9:.2f} GB", end=" ")
    print(f"(written in {time.perf_counter() - begun:.1f} s)")
    bare = bare_read(path)
    print(f"{'bare DuckDB read':28}{bare:9.1f} s")
    for by in BY:
        print(f"communities: {', '.join(by) or 'everybody'}")
        loaded = in_a_child("--load", str(path), "--out", str(out), "--by", *by)
        tell("load into a benchmark", loaded, bare)
        print(f"{'items':28}{loaded['items']:9,}, {loaded['shared']:,} with {SHARED} annotators or more")
        scored = in_a_child("--score", str(out))
        tell("score by all baselines", scored, bare)
        tell_scores(scored)


def tell_scores(scored: Mapping[str, Any]) -> None:
    """Print how many judgements the scores rest on, and the scores."""
    print(f"{'items of the test part':28}{scored['items']:9,}", end=", ")
    print(f"{scored['spread']:,} with a community of {SHARED} voters or more")
    print(f"{'their judgements':28}{scored['judgements']:9,}")
    for note in scored["notes"]:
        print(f"  {note}")
    for metric, predictor, mean, n in scored["rows"]:
        told = "undefined" if mean is None else f"{mean:9.3f}"
        print(f"  {metric[:26]:28}{predictor[:56]:58}{told}{n:9,} judgements")


def tell(step: str, found: Mapping[str, float], bare: float) -> None:
    """Print what a step took."""
    took = f"{found['seconds']:9.1f} s{found['seconds'] / bare:9.1f}x"
    print(f"{step:28}{took}{found['peak'] / 1e9:9.2f} GB at the peak")


def main() -> None:
    """Measure, or do one step where a parent process asks for it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=100_000)
    parser.add_argument("--length", type=int, default=2_000, help="characters of filling in each candidate")
    parser.add_argument("--prompts", type=int, default=2_600, help="first prompts that they share")
    parser.add_argument("--keep", metavar="FOLDER", help="keep the file and the benchmark here")
    parser.add_argument("--load", metavar="FILE", help=argparse.SUPPRESS)
    parser.add_argument("--score", metavar="FOLDER", help=argparse.SUPPRESS)
    parser.add_argument("--by", nargs="*", default=[], help=argparse.SUPPRESS)
    parser.add_argument("--out", metavar="FOLDER", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.load:
        print(json.dumps(load_here(Path(options.load), Path(options.out), options.by)))
        return
    if options.score:
        print(json.dumps(score_here(Path(options.score))))
        return
    size = {name: getattr(options, name) for name in ("conversations", "length", "prompts")}
    if options.keep:
        Path(options.keep).mkdir(parents=True, exist_ok=True)
        measure(Path(options.keep), **size)
        return
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), **size)


if __name__ == "__main__":
    main()
