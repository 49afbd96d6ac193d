"""A small fictional corpus and real runs of it; as a script, an engine that writes a journal as the real one does.

No model is loaded: texts are compared as hashed bags of words.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from personas.corpus import Corpus
from personas.ingestion import ingest
from personas.norms import as_said
from personas.sources.records import CommunityRecord, PostRecord, VoteRecord, Where
from simulator.item import Item, Option, RealVotes
from simulator.simulation import Simulation

HERE = Where("made.py", 1)
PEOPLE = ("ada", "ben", "cleo", "dan", "eve", "finn", "gus", "hana")
TEA = ("Rinse the pot with hot water.", "Never boil green tea twice.", "Weigh the leaves, not the water.")
CATS = ("Let the cat come to you.", "A box beats every toy.", "Feed small meals, often. 猫は箱が好き。")
HOSTILE = "[@click=app.quit]free tea[/] [red]not red[/red] :cat:"


class Words:
    """Compares texts by their words, each hashed to one of 64 places."""

    name, english = "hashed words", False

    def embed(self, texts):
        rows = np.zeros((len(texts), 64), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in text.lower().split():
                row[hashlib.blake2b(word.encode(), digest_size=1).digest()[0] % 64] += 1
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


class Made:
    """Yields two communities that talk, reply and vote."""

    name, version, licence, ballot = "made", "1", "CC0", "endorsement"

    def check(self, paths):
        pass

    def read(self, paths, *, progress=None):
        begin = datetime(2024, 1, 1, tzinfo=UTC)
        for community, sayings in (("tea", TEA), ("cats", CATS)):
            yield CommunityRecord(community=community, title=f"All about {community}", where=HERE)
            for number, author in enumerate(PEOPLE):
                thread = f"{community}:{number}"
                made = begin + timedelta(days=number)
                yield PostRecord(
                    post=thread, community=community, author=f"{community}:{author}", thread=thread, kind="question",
                    title=f"Question {number} about {community}", text=sayings[number % 3],
                    tags=(community, f"{community}-{number % 2}"), created=made, where=HERE,
                )  # fmt: skip
                for step in (1, 2):
                    other = f"{community}:{PEOPLE[(number + step) % len(PEOPLE)]}"
                    reply = f"{thread}/{step}"
                    text = f"{sayings[(number + step) % 3]} I say so {number} times."
                    if number == 0 and step == 1:
                        text = f"{HOSTILE} {text}"
                    yield PostRecord(
                        post=reply, community=community, author=other, parent=thread, thread=thread,
                        kind="answer", text=text, created=made + timedelta(hours=step), where=HERE,
                    )  # fmt: skip
                    yield VoteRecord(community=community, post=reply, value=1, count=3 + number, where=HERE)
                    yield VoteRecord(community=community, post=reply, value=-1, count=step, where=HERE)


def make_corpus(folder: Path, *, fictional: bool = True) -> Corpus:
    """Write the corpus."""
    return ingest(Made(), [], out=folder, key=b"0" * 32, title="Tea and cats", fictional=fictional)


def make_items(count: int) -> list[Item]:
    """Return items of one community each, with real votes; the first has a hostile option."""
    items = []
    for number in range(count):
        community, sayings = (("tea", TEA), ("cats", CATS))[number % 2]
        query = f"Advice {number}?"
        texts = (f"{sayings[0]} {number}", HOSTILE if number == 0 else f"{sayings[1]} {number}")
        share = 0.25 + 0.5 * (number % 2)
        votes = RealVotes(
            shares=(share, 1 - share),
            voters=8,
            low=(share - 0.2, 0.8 - share),
            high=(share + 0.2, 1.2 - share),
        )
        options = tuple(Option(text=text, claim=as_said(query, text)) for text in texts)
        items.append(
            Item(item=f"item-{number}", query=query, options=options, kind="endorsement",
                 votes={community: votes}, community=community)
        )  # fmt: skip
    return items


def simulation(corpus: Corpus, *, seed: int = 7, panel: int = 4) -> Simulation:
    """Return a simulation without a model."""
    return Simulation(corpus, seed=seed, embedder=Words(), panel=panel, neighbours=3)


def main() -> int:
    """Do what the command line's ``simulate`` does, slowly enough to be watched."""
    parser = argparse.ArgumentParser()
    parser.add_argument("command")
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--panel", type=int, default=4)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--items", type=int, default=12)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--delay", type=float, default=0.04)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    sys.stderr.write("reading the corpus\n")
    sys.stderr.flush()
    with Corpus.open(given.corpus) as corpus:
        simulation(corpus, seed=given.seed, panel=given.panel).run(
            make_items(given.items), out=given.out, advance=lambda done, total: time.sleep(given.delay)
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
