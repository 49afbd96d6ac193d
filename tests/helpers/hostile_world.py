"""A corpus and a run in which every text that a stranger, a model or a provider can choose is hostile.

Names of communities and of attributes, titles, tags, posts, items, options, reasons, a provider's errors,
a baseline's name and an embedder's: each holds markup that acts, sequences that steer a terminal, and signs that
break a line or turn it round.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from small_corpora import about, joined, make_corpus, said, voted
from word_embedder import WordEmbedder

from simulator.export.export import export_run
from simulator.export.selection import Selection
from simulator.item import Item, Option, RealVotes
from simulator.models.model import ModelError, Reply, Usage
from simulator.run import Run
from simulator.simulation import Simulation
from tui.cli.communities import describe_all, keep_beside, write_beside

if TYPE_CHECKING:
    from pathlib import Path

    from personas.corpus import Corpus
    from simulator.models.model import Call

__all__ = ["ACTS", "BAD", "TEXTS", "corpus_in", "hostile_home", "model_run_in"]

ACTS = "[@click=app.quit]x[/]"
STEERS = "\x1b]52;c;b3duZWQ=\x07\x1b]0;owned\x1b\\\x1b[2J\x9b31m\x07\b\r"
TURNS = "\u202e\u2066\u200b\u200d\ufeff\u2029"
BAD = f"{ACTS}[red]{STEERS}{TURNS}\x00"
TEXTS = (
    f"{BAD} = the first",
    "👩‍👩‍👧‍👦🏳️‍🌈👍🏽 a family 家族は大切です " * 3,
    "مرحبا بالعالم שלום עולם \u202eright to left\u202c " * 3,
    "unbroken" * 400,
    '=HYPERLINK("http://x","y")\t+1\n@sum',
    "相談する猫が好き" * 40,
    "e\u0301\u0323\u0302" * 60 + " marks upon marks",
    f"{'1 MB ' * 209_715}{BAD}",
)
"""What posts say: each of another kind of hostility."""
COMMUNITIES = (f"tea {BAD}\nx", f"猫👩‍👩‍👧‍👦 {BAD} של")
MEMBERS, THREADS = 6, 8


class HostileModel:
    """Chooses among the letters that are offered, gives hostile reasons, and now and then fails in hostile words."""

    name = f"test/{ACTS}"

    async def complete(self, call: Call) -> Reply:
        """Answer one call."""
        number = int(call.key(self.name)[:6], 16)
        if number % 7 == 0:
            raise ModelError("rejected", BAD)
        offered = call.schema["properties"]["choice"]["enum"] if call.schema else ["A"]
        answer = {"choice": offered[number % len(offered)], "reason": TEXTS[number % 7], "convinced_by": [1]}
        return Reply(text=json.dumps(answer), usage=Usage(prompt_tokens=9, completion_tokens=9, cost=0.001))

    async def close(self) -> None:
        """Let go of nothing."""


class HostileEmbedder(WordEmbedder):
    """Compares texts by their words, under a hostile name."""

    name = f"words {ACTS}"


def hostile_corpus(folder: Path) -> Corpus:
    """Write the corpus: two communities that talk, reply and vote."""
    records = []
    for community in COMMUNITIES:
        records.append(about(community, f"title {BAD} {community}"))
        people = [f"{community} {BAD} {number}" for number in range(MEMBERS)]
        records += [
            joined(person, community, **{f"land {BAD}": f"{BAD} {number % 2}"})
            for number, person in enumerate(people)
        ]
        for number in range(THREADS):
            post = f"{community}:{BAD}:{number}"
            records.append(
                said(post, TEXTS[number], title=f"{BAD} {number}", community=community, author=people[number % MEMBERS],
                     kind="question", tags=(f"{BAD} {number % 2}",))
            )  # fmt: skip
            for step in (1, 2):
                answer = f"{post}/{step}"
                text = f"{TEXTS[(number + step) % 7]} so say I {number} {step} times"
                records.append(
                    said(answer, text, parent=post, thread=post, kind="answer", community=community,
                         author=people[(number + step) % MEMBERS])
                )  # fmt: skip
                records += [
                    voted(
                        answer, 1 if (voter * number + step) % 3 else -1, people[voter], community=community
                    )
                    for voter in range(4)
                ]
    return make_corpus(folder, records, title=f"{BAD} corpus", fictional=True)


def _items() -> list[Item]:
    votes = {
        community: RealVotes(shares=(0.75, 0.25), voters=8, low=(0.5, 0.1), high=(0.9, 0.5))
        for community in COMMUNITIES
    }
    both = tuple(Option(text=text) for text in (TEXTS[0], TEXTS[1]))
    item = Item(item=f"{BAD} item", query=f"{BAD}?\n{TEXTS[2]}", options=both, votes=votes)
    return [
        item,
        *(
            replace(
                item,
                item=f"{number} {BAD}",
                query=f"{BAD} {TEXTS[number]}",
                options=(Option(text=TEXTS[number]), Option(text=BAD)),
            )
            for number in (1, 3, 5)
        ),
    ]


def hostile_run(corpus: Corpus, out: Path, *, model: bool = False) -> Simulation:
    """Simulate it, offline or with personas that think with the hostile model, and score it in hostile words."""
    more = {"model": HostileModel()} if model else {}
    simulation = Simulation(
        corpus, seed=3, embedder=HostileEmbedder(), panel=5, smallest=2, neighbours=2, **more
    )
    run = simulation.run(_items(), out=out)
    row = {
        "predictor": BAD,
        "role": "baseline",
        "mean": 0.5,
        "low": 0.4,
        "high": 0.6,
        "n": 1,
        "by": BAD,
        "note": BAD,
    }
    task = {"task": BAD, "metric": BAD, "better": "higher", "note": BAD, "rows": [row, {**row, "role": BAD}]}
    run.journal.set_facts({"scores": {"notes": [BAD], "tasks": [task]}, "warnings": [BAD, TEXTS[2]]})
    judged = [(item, community, [0.3, 0.7]) for item, community, _ in run.journal.results()]
    for place in range(2):
        run.journal.add_predictions(place, f"{BAD} {place}", judged)
    item, community, _ = judged[-1]
    run.journal.event("failure", {"item": item, "community": community})
    run.journal.close()
    return simulation


def hostile_home(home: Path) -> Path:
    """Make a folder with the corpus, mapped, an offline run with its preference data, and a run on a model."""
    with hostile_corpus(home / "[@click=app.quit]bad\x1b[31m.corpus") as corpus:
        simulation = hostile_run(corpus, home / "run")
        found = describe_all(corpus, simulation)
        write_beside(corpus.folder, {**found, "warnings": [BAD]})
        keep_beside(corpus, simulation, found)
        hostile_run(corpus, home / "[@click=app.quit]m\n\x1b[31m", model=True)
    run = Run.open(home / "run")
    with run.journal:
        export_run(run, home / "data [red]\x07", selection=Selection(min_probability=None))
    return home


def corpus_in(home: Path) -> Path:
    """Return the folder of the corpus."""
    return next(home.glob("*.corpus"))


def model_run_in(home: Path) -> Path:
    """Return the folder of the run on a model."""
    return next(home.glob("*]m*"))
