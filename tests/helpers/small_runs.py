"""A small forum, items for it, and the whole of a run as text; as a script, an engine in a process of its own."""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
import time
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from small_corpora import about, day, said, voted
from word_embedder import WordEmbedder

from personas.corpus import Corpus
from personas.norms import Norm, NormStore
from simulator.item import Item, Option, Query
from simulator.room import Room
from simulator.simulation import Simulation

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from personas.persona import Panel
    from personas.sources.records import Record
    from simulator.run import Run

__all__ = ["canonical", "cells", "forum", "items_for", "moment", "room_of", "simulation_of", "store_of"]

TABLES = ("facts", "communities", "personas", "norms", "items", "jobs", "ballots", "results")
MEMBERS = 8
ADVICE = {
    "tea": (
        "warm the pot first",
        "weigh the leaves",
        "never boil green leaves",
        "use soft water",
        "steep it short",
    ),
    "cats": (
        "let the cat come",
        "feed small meals",
        "boxes beat toys",
        "brush it weekly",
        "never shout at kittens",
    ),
}


def moment(days: float) -> datetime:
    """Return a moment so many days after noon of the first of January 2020."""
    return day(1) + timedelta(days=days)


def forum(threads: int = 12, *, communities: Sequence[str] = ("tea", "cats")) -> Iterator[Record]:
    """Yield communities with dated threads of two or three answers and named, dated votes; no text occurs twice."""
    for community in communities:
        yield about(community, f"All about {community}")
        people = [f"{community} person {number}" for number in range(MEMBERS)]
        for number in range(threads):
            post, begun = f"{community}:{number:02}", number * 2
            yield said(
                post, f"What about {ADVICE[community][number % 5]} then?", title=f"{community} question {number}",
                community=community, author=people[number % MEMBERS], kind="question",
                tags=(f"{community}-{number % 3}",), created=moment(begun),
            )  # fmt: skip
            for step in range(2 + number % 2):
                answer, advice = f"{post}/{step}", ADVICE[community][(number + step) % 5]
                yield said(
                    answer, f"I would {advice} and say so {number} {step} times.", parent=post, kind="answer",
                    community=community, author=people[(number + step + 1) % MEMBERS],
                    created=moment(begun + 0.1 * (step + 1)),
                )  # fmt: skip
                for voter in range(6):
                    value = 1 if (number + 2 * step + voter) % 3 else -1
                    yield voted(
                        answer, value, people[voter], community=community, created=moment(begun + 0.5)
                    )


def items_for(count: int) -> list[Item]:
    """Return items of two options that name no community, so that both communities judge each."""
    items = []
    for number in range(count):
        advice = ADVICE[("tea", "cats")[number % 2]]
        texts = (f"I would {advice[(number + step) % 5]} {number}" for step in range(2))
        options = tuple(Option(text=text) for text in texts)
        items.append(Item(item=f"item{number:02}", query=f"Which one, {number}?", options=options))
    return items


def store_of(
    texts: Sequence[str],
    *,
    endorsement: Sequence[float] | None = None,
    support: Sequence[int] | None = None,
    community: str = "tea",
    posts: Sequence[str] | None = None,
) -> NormStore:
    """Return a norm store of texts, of the posts ``p000``, ``p001`` and so on."""
    norms = tuple(
        Norm(
            post=posts[place] if posts else f"p{place:03}",
            title="",
            text=text,
            author="",
            endorsement=endorsement[place] if endorsement else 0.5,
            support=support[place] if support else 10,
            basis="votes",
        )
        for place, text in enumerate(texts)
    )
    vectors = WordEmbedder().embed(list(texts))
    return NormStore(community=community, norms=norms, vectors=vectors, model="hashed words")


def room_of(panel: Panel, store: NormStore, *, ties: object = None, susceptibility: float = 0.0) -> Room:
    """Return the room of a panel; without ties unless they are given."""
    size = len(panel.personas)
    return Room(
        panel=panel,
        store=store,
        ties=np.zeros((size, size)) if ties is None else np.array(ties, float),
        susceptibility=susceptibility,
    )


def simulation_of(corpus: Corpus, *, seed: int = 3, **choices: object) -> Simulation:
    """Return a simulation with panels of five and no model."""
    return Simulation(corpus, seed=seed, **{"embedder": WordEmbedder(), "panel": 5, "smallest": 2, **choices})


def canonical(run: Run) -> str:
    """Return all that a run holds but its times and the place of its corpus: equal runs have equal texts."""
    db = run.journal._db
    rows = {table: sorted(db.execute(f"SELECT * FROM {table}").fetchall()) for table in TABLES}
    rows["facts"] = [row for row in rows["facts"] if row[0] != "source"]
    rows["order"] = [item.item for item in run.journal.items()]
    rows["read"] = [(*key, asdict(value)) for key, value in run.preferences().items()]
    return json.dumps(rows, ensure_ascii=False, indent=0)


def cells(path: Path, *, but: Sequence[str] = ()) -> str:
    """Return every cell of every table of an SQLite file, without the tables named in ``but``."""
    with sqlite3.connect(path) as db:
        names = [row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return "\n".join(
            str(row) for name in names if name not in but for row in db.execute(f"SELECT * FROM {name}")
        )


def main() -> None:
    """Run a simulation, slowly enough to be killed, and print all that it holds."""
    parser = argparse.ArgumentParser()
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--concurrency", type=int, default=3)
    given = parser.parse_args()

    def advance(done: int, total: int) -> None:
        sys.stderr.write(f"{done}/{total}\n")
        sys.stderr.flush()
        time.sleep(given.delay)

    asked = [*items_for(6), Query(item="open", query="What would you do with the water?", count=2)]
    with Corpus.open(given.corpus) as corpus:
        run = simulation_of(corpus, concurrency=given.concurrency).run(asked, out=given.out, advance=advance)
        sys.stdout.write(canonical(run))


if __name__ == "__main__":
    main()
