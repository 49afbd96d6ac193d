"""Runs as large and as lively as one wants, grown from a small real one: its judgements over and over, by other names."""

from __future__ import annotations

import asyncio
import itertools
import shutil
import sqlite3
import sys
import time
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from simulator.journal import JOURNAL, Journal  # noqa: E402

COUNTED = ("items", "jobs", "ballots", "results", "events")


def template(home: Path, count: int = 12) -> Path:
    """Write a corpus and a finished run of it, without a model, and return the run's folder."""
    sys.path.insert(0, str(ROOT / "tests" / "tui"))
    from material import make_corpus, make_items, simulation

    with make_corpus(home / "tea.corpus") as corpus:
        simulation(corpus).run(make_items(count), out=home / "run").journal.close()
    return home / "run"


def grown(source: Path, out: Path, count: int) -> Path:
    """Write a finished run of ``count`` judgements like those of a small one, and return its folder."""
    shutil.copytree(source, out)
    with sqlite3.connect(out / JOURNAL) as db:
        kept = {
            name: db.execute(f"SELECT * FROM {name}").fetchall() for name in ("items", "ballots", "results")
        }
        jobs = db.execute("SELECT item, community FROM jobs ORDER BY place").fetchall()
        begun = db.execute("SELECT min(at) FROM events").fetchone()[0]
        for name in COUNTED:
            db.execute(f"DELETE FROM {name}")
        bodies = {row[0]: row[-1] for row in kept["items"]}
        results = {row[:2]: row[-1] for row in kept["results"]}
        ballots = {job: [row for row in kept["ballots"] if row[:2] == job] for job in jobs}
        db.execute("INSERT INTO events VALUES (1, ?, 'start', ?)", [begun, f'{{"jobs": {count}}}'])
        for number, (item, place) in zip(range(count), itertools.cycle(jobs), strict=False):
            name = f"item-{number}"
            body = bodies[item].replace(f'"{item}"', f'"{name}"')
            db.execute("INSERT INTO items VALUES (?, ?, 0, ?)", [name, number, body])
            db.execute("INSERT INTO jobs VALUES (?, ?, ?)", [name, place, number])
            db.execute("INSERT INTO results VALUES (?, ?, ?)", [name, place, results[item, place]])
            rows = [(name, *row[1:]) for row in ballots[item, place]]
            db.executemany("INSERT INTO ballots VALUES (?, ?, ?, ?, ?)", rows)
            told = f'{{"community": "{place}", "item": "{name}"}}'
            db.execute(
                "INSERT INTO events VALUES (?, ?, 'result', ?)", [number + 2, begun + number / 10, told]
            )
        db.execute("INSERT INTO events VALUES (?, ?, 'done', '{}')", [count + 2, begun + count / 10])
    return out


async def write(source: Path, out: Path, *, rate: float, seconds: float) -> int:
    """Write a run like a small one, ballot by ballot, ``rate`` of them a second, and return how many were written."""
    with Journal.read(source) as known:
        facts = {
            name: known.fact(name)
            for name in ("corpus", "predictor", "settings", "source", "embedder", "seed")
        }
        rows = [row for row in known.results() if known.ballots(*row[:2])]
        cast = [(known.item(item), place, known.ballots(item, place), result) for item, place, result in rows]
        communities = known.communities()
        personas = [
            (name, place, body) for place in communities for name, body in known.personas(place).items()
        ]
    count = int(rate * seconds)
    with Journal.create(out) as journal:
        journal.set_facts(
            {name: value for name, value in facts.items() if value is not None} | {"state": "running"}
        )
        journal.add_communities(communities.items())
        journal.add_personas(personas)
        journal.add_jobs([(f"item-{number}", cast[number % len(cast)][1]) for number in range(count)])
        journal.event("start", {"jobs": count})
        begun, written = time.perf_counter(), 0
        for number in range(count):
            item, place, ballots, result = cast[number % len(cast)]
            item = replace(item, item=f"item-{number}")
            for ballot in ballots:
                journal.arrive(item, place, ballot)
                written += 1
                await asyncio.sleep(max(0.0, begun + written / rate - time.perf_counter()))
            journal.add_result(item, place, ballots, [], result)
            if time.perf_counter() - begun > seconds:
                break
        journal.set_facts({"state": "done"})
        return written


if __name__ == "__main__":
    template_folder, new, how_many, how_long = sys.argv[1:]
    print(asyncio.run(write(Path(template_folder), Path(new), rate=float(how_many), seconds=float(how_long))))
