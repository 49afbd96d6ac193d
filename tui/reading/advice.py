"""What to do next, in words, for what is marked on the first screen."""

from __future__ import annotations

from tui.plaintext import count, one_line
from tui.reading.shelf import BenchmarkEntry, CorpusEntry, DataEntry, RunEntry

__all__ = ["advice"]

NOTHING = (
    "Nothing is here yet. d makes the bundled example: a small forum and two surveys, with simulations of them; it "
    "takes some minutes, and no model, key or network. Or read data of your own: leave with q, and type "
    "`commonbond ingest SOURCE PATH… --out NAME.corpus`."
)
RUNS = {
    "running": "It is being made now, {done}. Enter watches it, and pauses or stops it there.",
    "paused": "It is paused, {done}. Enter, then space, goes on with it.",
    "stopped": "It was stopped and said why, {done}. Enter shows the reason; there x goes on where it stopped.",
    "unfinished": "Its engine was lost, {done}; what was judged is kept. Enter, then x, goes on where it stopped.",
}


def advice(entry: CorpusEntry | RunEntry | BenchmarkEntry | DataEntry | None) -> str:
    """Return what can be done with an entry, with the keys that do it; with None, how to begin.

    >>> advice(None).split(".")[0]
    'Nothing is here yet'
    """
    if entry is None:
        return NOTHING
    if entry.problem:
        return f"It cannot be used: {one_line(entry.problem)}"
    if isinstance(entry, CorpusEntry):
        return _of_corpus(entry)
    if isinstance(entry, RunEntry):
        return _of_run(entry)
    if isinstance(entry, BenchmarkEntry):
        return (
            f"A benchmark of {count(entry.items, 'item')} with real votes. Enter holds a predictor against it: "
            "you choose which, and see what it takes before it starts."
        )
    return (
        f"Preference data to train models with, {count(entry.rows, 'row')}, made by {entry.predictor}. "
        "Enter looks at its pairs, margins, biases and rows."
    )


def _of_corpus(entry: CorpusEntry) -> str:
    look = "looks at its communities" if entry.mapped else "finds out who its communities are"
    return (
        f"Enter {look}. a asks them a question of yours. s simulates how they judge, b holds that against "
        "their real votes, g makes preference data."
    )


def _of_run(entry: RunEntry) -> str:
    if entry.state != "done":
        done = f"{entry.done:,} of {entry.total:,} judged"
        return RUNS[entry.state].format(done=done)
    if entry.of is not None:
        return (
            "A control: the run above it, without what it should know. Enter compares it with what is real."
        )
    scores = "3 there shows its scores, " if entry.scored else ""
    return (
        f"It is done. Enter compares what was simulated with what is real, item by item; {scores}4 its communities, "
        "5 its personas, 6 the preference data that it gives."
    )
