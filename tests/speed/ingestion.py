"""Reading against a bare parse of the same file, in the same run, and how memory grows with the file.

    python tests/speed/ingestion.py [--rows 20000] [--runs 5] [--real FOLDER]

Each line gives the median seconds of a bare parse (lxml's iterparse with clearing, csv.reader or json.loads),
of our check and read of every record, and of a whole ingestion into a corpus, and the two as ratios of the
first. The files are made on the fly from a seed; the real data is measured as well where it is there.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import deque
from pathlib import Path
from xml.sax.saxutils import quoteattr

from personas.ingestion import ingest
from personas.seeds import derived_rng
from personas.sources import source_named

WORDS = (
    "grind water filter beans brew press roast fresh scale acid origin taste cup why how best <b> & é".split()
)
START = 1_400_000_000


def texts(rows: int, words: int):
    """Yield texts of some ``words`` words, from one seed."""
    rng = derived_rng(7, "ingestion", rows, words)
    for _ in range(rows):
        yield " ".join(WORDS[index] for index in rng.integers(0, len(WORDS), int(rng.integers(2, words * 2))))


def stack_exchange(folder: Path, rows: int) -> None:
    """Write a site: a quarter questions, three quarters answers, and four votes a post."""
    with (folder / "coffee.Posts.xml").open("w") as posts, (folder / "coffee.Votes.xml").open("w") as votes:
        posts.write("<posts>\n")
        votes.write("<votes>\n")
        for number, text in enumerate(texts(rows, 150), 1):
            question = number - (number - 1) % 4
            html = "".join(f"<p>{part.replace('&', '&amp;')}</p>\n\n" for part in text.split("<b>"))
            kind = (
                'PostTypeId="1" Title="Why?" Tags="&lt;a&gt;&lt;b&gt;"'
                if number == question
                else (f'PostTypeId="2" ParentId="{question}"')
            )
            stamp = 'CreationDate="2015-01-27T20:09:32.720"'
            owner = f'OwnerUserId="{number % 997}"'
            posts.write(
                f'  <row Id="{number}" {kind} {stamp} Score="{number % 9}" Body={quoteattr(html)} {owner} />\n'
            )
            for vote in range(4):
                day = 'CreationDate="2015-01-28T00:00:00.000"'
                votes.write(f'  <row Id="{number * 4 + vote}" PostId="{number}" VoteTypeId="2" {day} />\n')
        posts.write("</posts>")
        votes.write("</votes>")


def reddit(folder: Path, rows: int) -> None:
    """Write comments as JSON Lines."""
    with (folder / "RC.jsonl").open("w") as file:
        for number, text in enumerate(texts(rows, 40)):
            row = {
                "id": f"c{number}",
                "link_id": f"t3_{number // 10}",
                "parent_id": f"t3_{number // 10}",
                "subreddit": "Coffee",
                "author": f"member_{number % 997}",
                "body": text,
                "score": number % 9,
                "created_utc": START + number,
            }
            file.write(json.dumps(row | {f"unused_{index}": None for index in range(20)}) + "\n")


def polis(folder: Path, rows: int) -> None:
    """Write a conversation of 200 statements, of which each participant saw some 40."""
    rng = derived_rng(7, "polis", rows)
    home = folder / "conversation"
    home.mkdir()
    with (home / "comments.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["timestamp", "comment-id", "author-id", "moderated", "comment-body"])
        writer.writerows(
            [START * 1000, number, number, 1, text] for number, text in enumerate(texts(200, 15))
        )
    people = rows // 20
    with (home / "participants-votes.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["participant", *range(200)])
        for person in range(people):
            votes = rng.choice(["1", "-1", "0", ""], size=200, p=[0.1, 0.06, 0.04, 0.8])
            writer.writerow([person, *votes])


def bare(path: Path) -> None:
    """Parse a file and keep nothing of it."""
    if path.suffix == ".xml":
        from lxml import etree

        for _, element in etree.iterparse(str(path), tag="row"):
            element.clear()
    elif path.suffix == ".jsonl":
        with path.open() as file:
            deque(map(json.loads, file), maxlen=0)
    else:
        with gzip.open(path, "rt", newline="") if path.suffix == ".gz" else path.open(newline="") as file:
            deque(csv.reader(file), maxlen=0)


def whole(source: str, folder: Path) -> None:
    """Check and read a folder, and keep nothing of it."""
    reader = source_named(source)
    reader.check([folder])
    deque(reader.read([folder]), maxlen=0)


def median(work, runs: int) -> float:
    """Return the median seconds of some runs, after one that is not counted."""
    seconds = []
    for run in range(runs + 1):
        start = time.perf_counter()
        work()
        if run:
            seconds.append(time.perf_counter() - start)
    return statistics.median(seconds)


def report(name: str, source: str, folder: Path, runs: int) -> None:
    """Print one line: the three times and the two ratios."""
    files = [path for path in folder.rglob("*") if path.suffix in {".xml", ".jsonl", ".csv", ".gz"}]
    size = sum(path.stat().st_size for path in files) / 1e6
    bare_time = median(lambda: [bare(path) for path in files], runs)
    read_time = median(lambda: whole(source, folder), runs)
    with tempfile.TemporaryDirectory() as out:
        corpus = Path(out) / "x.corpus"
        full = median(
            lambda: ingest(source, [folder], out=corpus, key=b"k" * 32, replace=corpus.exists()), min(runs, 3)
        )
    print(
        f"{name:30}{size:8.1f}{bare_time:10.3f}{read_time:10.3f}{full:10.3f}"
        f"{read_time / bare_time:11.1f}{full / bare_time:11.1f}",
        flush=True,
    )


def peak(source: str, folder: Path) -> float:
    """Return how many MB a process grows by while it reads a folder, over what it has after its imports (Linux)."""
    code = (
        "import sys, pathlib, collections\n"
        "from personas.sources import source_named\n"
        "import lxml.etree, csv, json, zstandard\n"
        "reader, folder = source_named(sys.argv[1]), [pathlib.Path(sys.argv[2])]\n"
        "def peak():\n"
        "    lines = pathlib.Path('/proc/self/status').read_text().splitlines()\n"
        "    return next(int(line.split()[1]) for line in lines if line.startswith('VmHWM'))\n"
        "before = peak()\n"
        "reader.check(folder)\n"
        "collections.deque(reader.read(folder), maxlen=0)\n"
        "print(peak() - before)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, source, str(folder)], capture_output=True, text=True, check=True
    )
    return int(run.stdout) / 1024


MADE = {"stackexchange": stack_exchange, "reddit": reddit, "polis": polis}
REAL = {"stackexchange": "stackexchange", "reddit": "reddit_top2013", "polis": "polis"}


def main() -> None:
    """Print the table of times and the table of memory."""
    options = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    options.add_argument("--rows", type=int, default=20_000)
    options.add_argument("--runs", type=int, default=5)
    beside = Path(__file__).resolve().parents[3] / "shared" / "data"
    options.add_argument("--real", type=Path, default=Path(os.environ.get("COMMONBOND_REAL_DATA", beside)))
    given = options.parse_args()
    print(f"{'':30}{'MB':>8}{'bare s':>10}{'read s':>10}{'ingest s':>10}{'read/bare':>11}{'ingest/bare':>12}")
    with tempfile.TemporaryDirectory() as scratch:
        for source, make in MADE.items():
            for rows in (given.rows, given.rows * 10):
                folder = Path(scratch) / f"{source}-{rows}"
                folder.mkdir()
                make(folder, rows)
            report(
                f"{source}, made, {given.rows:,} rows",
                source,
                Path(scratch) / f"{source}-{given.rows}",
                given.runs,
            )
        for source, name in REAL.items():
            if (given.real / name).is_dir():
                report(f"{source}, real", source, given.real / name, given.runs)
        print(f"\n{'peak memory while reading':30}{'1x, MB':>10}{'10x, MB':>10}")
        for source in MADE:
            small, large = (
                peak(source, Path(scratch) / f"{source}-{given.rows * scale}") for scale in (1, 10)
            )
            print(f"{source:30}{small:10.1f}{large:10.1f}", flush=True)


if __name__ == "__main__":
    main()
