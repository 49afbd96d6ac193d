"""What the scripts for full-size figures share: the bundled forum, as many items of it as wanted, a simulation."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / "tests" / "helpers"), str(ROOT)]

from word_embedder import WordEmbedder  # noqa: E402

from bench import bundled_corpus  # noqa: E402
from personas import Corpus  # noqa: E402
from personas.seeds import derived_rng  # noqa: E402
from simulator import Simulation  # noqa: E402
from simulator.item import Item, Option  # noqa: E402
from simulator.run import Run  # noqa: E402

if TYPE_CHECKING:
    from simulator.models.model import Model, ModelError, Reply

__all__ = ["Figures", "forum_corpus", "forum_items", "forum_simulation", "outcomes"]

FORUM = ROOT / "examples" / "data" / "forum"
MODEL = "hosted_vllm/stand-in"


def forum_corpus(folder: Path) -> Corpus:
    """Open the bundled forum's corpus in a folder, made there where it is not."""
    out = folder / "forum.corpus"
    return Corpus.open(out) if out.exists() else bundled_corpus("forum", out=out)


def forum_items(count: int, *, seed: int = 5) -> list[Item]:
    """Return items of two or three of the forum's own replies, each asked of the community that wrote them."""
    posts = _rows("posts")
    replies: dict[str, list[str]] = {}
    for row in _rows("replies"):
        replies.setdefault(row["community"], []).append(row["text"])
    rng = derived_rng(seed, "items")
    items = []
    for number in range(count):
        post = posts[number % len(posts)]
        texts = sorted(set(replies[post["community"]]))
        drawn = rng.choice(len(texts), size=2 + number % 2, replace=False)
        options = tuple(Option(text=texts[place]) for place in drawn)
        query = f"{post['title']} {post['text']}"
        items.append(Item(item=f"item{number:05}", query=query, options=options, community=post["community"]))
    return items


def _rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FORUM / f"{name}.jsonl").read_text().splitlines()]


def forum_simulation(
    corpus: Corpus, model: str | Model = MODEL, *, seed: int = 7, **choices: Any
) -> Simulation:
    """Return a simulation of the forum with panels of sixteen; one judgement a persona, no discussion."""
    given = {"panel": 16, "rounds": 0, "recheck": 0.0, "sharpness": 10.0, "embedder": WordEmbedder()}
    return Simulation(corpus, seed=seed, model=model, **{**given, **choices})


def outcomes(folder: Path) -> dict[str, Reply | ModelError]:
    """Return what each call in a run's journal came to, by the call's key."""
    run = Run.open(folder)
    keys = [row[0] for row in run.journal._db.execute("SELECT key FROM calls ORDER BY key")]
    found = {key: run.journal.ledger.found(key) for key in keys}
    run.journal.close()
    return {key: outcome for key, outcome in found.items() if outcome is not None}


class Figures:
    """A table that is printed row by row: what was measured, how much of it there was, what it should be."""

    def __init__(self) -> None:
        self.missed: list[str] = []
        print(f"{'figure':64} {'measured':>14} {'target':>10}")

    def row(self, name: str, value: str, target: str = "", *, met: bool | None = None) -> None:
        """Print one row; ``met`` says whether the target is reached, None where there is none."""
        sign = {True: "met", False: "MISSED", None: ""}[met]
        if met is False:
            self.missed.append(name)
        print(f"{name:64} {value:>14} {target:>10} {sign}", flush=True)

    def below(self, name: str, value: float, target: float, *, form: str = ".2f") -> None:
        """Print a row whose figure should be at most ``target``."""
        self.row(name, format(value, form), f"<= {target:{form}}", met=value <= target)

    def above(self, name: str, value: float, target: float, *, form: str = ".2f") -> None:
        """Print a row whose figure should be at least ``target``."""
        self.row(name, format(value, form), f">= {target:{form}}", met=value >= target)
