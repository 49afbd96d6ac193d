"""The rows of the first screen's lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tui.reading.provenance import run_name
from tui.reading.shelf import BenchmarkEntry
from tui.spent import money
from tui.widgets.rowlist import Column

if TYPE_CHECKING:
    from tui.reading.shelf import CorpusEntry, DataEntry, RunEntry

__all__ = ["CORPUS_COLUMNS", "OTHER_COLUMNS", "RUN_COLUMNS", "ago", "corpus_row", "other_row", "run_row"]

CORPUS_COLUMNS = (
    Column("corpus", 18, share=2),
    Column("source", 13, above=70),
    Column("communities", 11, right=True),
    Column("posts", 9, right=True),
    Column("votes", 9, right=True, above=100),
    Column("", 9),
    Column("licence", 16, share=1, above=110),
)
RUN_COLUMNS = (
    Column("run", 14, share=1),
    Column("corpus", 14, share=1, above=100),
    Column("state", 10),
    Column("judged", 15, right=True),
    Column("cost", 8, right=True, above=92),
    Column("written", 11, right=True, above=70),
    Column("", 9),
    Column("predictor", 39, above=146),
)
OTHER_COLUMNS = (
    Column("benchmarks and preference data", 22, share=1),
    Column("what", 15),
    Column("holds", 15, right=True),
    Column("", 9),
    Column("source", 20, share=1, above=110),
)


def corpus_row(entry: CorpusEntry) -> tuple[str, ...]:
    """Return the row of a corpus."""
    if entry.problem:
        return (f"✗ {entry.problem}", "", "", "", "", "damaged", "")
    figures = (f"{entry.communities:,}", f"{entry.posts:,}", f"{entry.votes:,}")
    return (entry.title, entry.source, *figures, _fictional(entry.fictional), entry.licence)


def run_row(entry: RunEntry, now: float) -> tuple[str, ...]:
    """Return the row of a run; a control stands under its run, indented.

    Args:
        now: seconds since 1970.
    """
    name = f"  └ {entry.folder.name} (control)" if entry.of is not None else run_name(entry.folder)
    if entry.problem:
        return (f"{name} ✗ {entry.problem}", "", "damaged", "", "", "", "", "")
    judged = f"{entry.done:,} of {entry.total:,}"
    cost = money(entry.cost) if entry.calls else ""
    when = ago(now - entry.written)
    return (name, entry.corpus, entry.state, judged, cost, when, _fictional(entry.fictional), entry.predictor)


def other_row(entry: BenchmarkEntry | DataEntry) -> tuple[str, ...]:
    """Return the row of a benchmark or of preference data."""
    benchmark = isinstance(entry, BenchmarkEntry)
    what = "benchmark" if benchmark else "preference data"
    if entry.problem:
        return (f"✗ {entry.problem}", what, "damaged", "", "")
    if isinstance(entry, BenchmarkEntry):
        return (entry.title, what, f"{entry.items:,} items", _fictional(entry.fictional), entry.source)
    return (entry.folder.name, what, f"{entry.rows:,} rows", _fictional(entry.fictional), entry.corpus)


def ago(seconds: float) -> str:
    """Return how long ago something was, roughly.

    >>> ago(5), ago(600), ago(100_000)
    ('just now', '10 min ago', '1 d ago')
    """
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} ago"
    return "just now"


def _fictional(fictional: bool) -> str:
    return "fictional" if fictional else ""
