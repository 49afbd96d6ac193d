"""How fast a run becomes training data, against a bare write of the same rows, and how much memory that takes.

    python tests/speed/preference_data.py [--rows 1000000] [--panel 8] [--work FOLDER]

A synthetic run is made, with as many judgements as give ``--rows`` preference rows, and a tenth of it to see what
grows. Each export goes on in a process of its own, whose peak memory is read; then the same rows, in memory, are
written bare: as Arrow batches by pyarrow, as Python dicts by pyarrow, or by ``json.dumps``. Prints figures and
ratios, all of processor time, as a machine may have other things to do. Exits with 1 where an export took more than 1 GB, or a row is missing, doubled or not as asked for.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from itertools import combinations
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "helpers"))

from made_preferences import made_run

from simulator.export.writing.formats import COLUMNS, arrow_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa

COMMUNITIES = ("cats", "tea")
CANDIDATES = 4
PAIRS = list(combinations(range(CANDIDATES), 2))
BATCH = 5_000
"""Rows of a bare write's batches, as many as the export's row groups have."""
LIMIT = 1e9
"""Bytes that an export may take."""
EXPORT = """
import json, sys, time
from pathlib import Path
from simulator.export.export import export_run
from simulator.export.selection import Selection, Shape
from simulator.run import Run

begun, at, clock = time.process_time(), {}, time.perf_counter()

def advance(done, total):
    at["read once" if done <= total // 2 else "read twice"] = time.process_time() - begun

folder, out, files = sys.argv[1:]
selection = Selection(ties="soft", min_probability=None)
export = export_run(
    Run.open(folder), out, selection=selection, shape=Shape(files=files), replace=True, advance=advance
)
seconds, clock = time.process_time() - begun, time.perf_counter() - clock
lines = Path("/proc/self/status").read_text().splitlines()
peak = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
print(json.dumps({"seconds": seconds, "clock": clock, "peak": peak, "counts": export.manifest.counts, **at}))
"""


def exported(run: Path, out: Path, files: str) -> dict[str, Any]:
    """Export a run in a process of its own and return its seconds, its peak memory in bytes and its rows."""
    done = subprocess.run(
        [sys.executable, "-c", EXPORT, str(run), str(out), files],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    found["rows"] = {name: sum(splits.values()) for name, splits in found["counts"].items()}
    return found


def batches(out: Path, config: str, files: str) -> Iterator[pa.RecordBatch]:
    """Yield what an export wrote, a batch at a time."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    for path in sorted((out / "data" / config).iterdir()):
        if files == "parquet":
            yield from pq.ParquetFile(path).iter_batches(batch_size=BATCH)
            continue
        with path.open(encoding="utf-8") as lines:
            while rows := [json.loads(line) for _, line in zip(range(BATCH), lines, strict=False)]:
                yield pa.RecordBatch.from_pylist(rows, arrow_schema(COLUMNS[config]))


def wrong_rows(out: Path, files: str, prompts: int) -> str:
    """Say which preference rows are missing or doubled; nothing where each pair of each judgement is there once."""
    seen = np.zeros((prompts, len(COMMUNITIES), len(PAIRS)), np.uint8)
    for batch in batches(out, "preference", files):
        for name in batch.column("row").to_pylist():
            item, community, pair = name.split("/")
            first, second = sorted(map(int, pair.split("-")))
            seen[int(item[1:]), COMMUNITIES.index(community), PAIRS.index((first, second))] += 1
    missing, doubled = int((seen == 0).sum()), int((seen > 1).sum())
    return f"{missing:,} rows are missing and {doubled:,} doubled" if missing or doubled else ""


def bare(out: Path, files: str, config: str, scratch: Path) -> dict[str, float]:
    """Return the seconds that bare writes of one configuration's rows take, each batch being in memory before."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = arrow_schema(COLUMNS[config])
    spent = {"Arrow": 0.0, "dicts": 0.0} if files == "parquet" else {"dicts": 0.0}
    if files == "jsonl":
        with (scratch / "bare.jsonl").open("w", encoding="utf-8") as file:
            for batch in batches(out, config, files):
                rows = batch.to_pylist()
                begun = time.process_time()
                file.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
                spent["dicts"] += time.process_time() - begun
        return spent
    ways = {
        "Arrow": lambda batch, _: batch,
        "dicts": lambda _, rows: pa.RecordBatch.from_pylist(rows, schema),
    }
    for way, made in ways.items():
        with pq.ParquetWriter(scratch / "bare.parquet", schema, compression="zstd") as writer:
            for batch in batches(out, config, files):
                rows, whole = batch.to_pylist() if way == "dicts" else [], batch.cast(schema)
                begun = time.process_time()
                writer.write_batch(made(whole, rows))
                spent[way] += time.process_time() - begun
    return spent


def report(run: Path, prompts: int, files: str, work: Path) -> list[str]:
    """Print what one export took, and the ratios; return what is wrong with it."""
    out = work / f"{run.name}-{files}"
    told = exported(run, out, files)
    wrong = [problem] if (problem := wrong_rows(out, files, prompts)) else []
    rows, all_rows = told["rows"]["preference"], sum(told["rows"].values())
    if told["peak"] > LIMIT:
        wrong.append(f"{told['peak'] / 1e6:,.0f} MB are more than {LIMIT / 1e6:,.0f}")
    print(
        f"\n{files}, {rows:,} preference rows of {all_rows:,} in all\n"
        f"  peak memory {told['peak'] / 1e6:10,.0f} MB\n"
        f"  our export  {told['seconds']:10.1f} s {rows / told['seconds']:12,.0f} preference rows/s "
        f"{all_rows / told['seconds']:12,.0f} rows/s; read once after {told['read once']:.1f} s "
        f"({told['clock']:.1f} s by the clock)"
    )
    costs = {config: bare(out, files, config, work) for config in COLUMNS}
    for way in costs["preference"]:
        alone, whole = costs["preference"][way], sum(cost[way] for cost in costs.values())
        by = "pyarrow" if files == "parquet" else "json.dumps"
        print(
            f"  {f'bare, {way}':12}{alone:10.1f} s {rows / alone:12,.0f} preference rows/s by {by}; "
            f"{whole:.1f} s for all three: ours takes {told['seconds'] / whole:.1f} times that"
        )
    sys.stdout.flush()
    return [f"{out.name}: {problem}" for problem in wrong]


def main() -> int:
    """Make the runs, export each and print what it took."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--panel", type=int, default=8, help="ballots of each judgement")
    parser.add_argument(
        "--work", type=Path, help="where to write, some 3 GB; a temporary folder where absent"
    )
    parser.add_argument("--files", nargs="+", default=["parquet", "jsonl"], choices=["parquet", "jsonl"])
    given = parser.parse_args()
    wrong: list[str] = []
    with tempfile.TemporaryDirectory(dir=given.work) as scratch:
        for rows in (given.rows // 10, given.rows):
            prompts = -(-rows // (len(COMMUNITIES) * len(PAIRS)))
            run, begun = Path(scratch) / f"run-{rows}", time.perf_counter()
            made_run(run, prompts=prompts, communities=COMMUNITIES, candidates=CANDIDATES, panel=given.panel)
            seconds = time.perf_counter() - begun
            print(
                f"\na run of {prompts:,} prompts, judged by {len(COMMUNITIES)} communities with "
                f"{given.panel} ballots each, made in {seconds:.1f} s"
            )
            for files in given.files:
                wrong += report(run, prompts, files, Path(scratch))
    print("\n" + ("\n".join(wrong) or "every row is there, once, and memory stayed below 1 GB"))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
