"""How long a mapped corpus of a million members takes to open, to look around in, and to scroll.

    python tests/speed/large_corpus.py [--members 1000000] [--communities 5000] [--ties 5] [--keep FOLDER]

It draws the corpus first (nothing of that is measured), then prints how long each reading takes by itself, how
long the screens take until they show it, and how far behind the interface's event loop was meanwhile. It asserts
nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import statistics
import sys
import tempfile
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[1] / "helpers"))

from large_corpora import make_large_corpus

from tui.app import Interface
from tui.reading.communities import read_communities, read_community
from tui.reading.graph import Level, read_graph
from tui.reading.searching import search
from tui.shell.smooth import run_smoothly
from tui.widgets.rowlist import RowList

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

BOTH = frozenset({"bond", "identity"})
BEAT = 0.002


def told(what: str, seconds: list[float]) -> None:
    """Print the median and the worst of some times."""
    print(f"  {what:58}{1000 * statistics.median(seconds):9.1f} ms{1000 * max(seconds):9.1f} ms worst")


def timed(what: str, work: Callable[[], object], *, times: int = 3) -> None:
    """Print how long work takes."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    told(what, taken)


@asynccontextmanager
async def watched(what: str) -> AsyncIterator[None]:
    """Print how late the event loop's own heartbeat came meanwhile."""
    late: list[float] = []

    async def beat() -> None:
        while True:
            start = time.perf_counter()
            await asyncio.sleep(BEAT)
            late.append(time.perf_counter() - start - BEAT)

    heart = asyncio.create_task(beat())
    start = time.perf_counter()
    yield
    whole = time.perf_counter() - start
    heart.cancel()
    late.sort()
    p95 = late[int(0.95 * len(late))] if late else 0.0
    print(
        f"  {what:46}{1000 * whole:9.0f} ms   lag p95 {1000 * p95:6.1f} ms, worst {1000 * late[-1]:6.1f} ms"
    )


async def shown(app: Interface, pilot: object, wanted: Callable[[], bool]) -> None:
    """Wait until the interface shows what is wanted."""
    for _ in range(3000):
        await asyncio.sleep(0.005)
        if wanted():
            return
    raise SystemExit("it never came to that")


async def screens(folder: Path, largest: str) -> None:
    """Open the screens as a user does."""
    app = Interface([folder])
    app.animation_level = "none"
    async with app.run_test(size=(140, 45)) as pilot:
        run_smoothly(app)
        async with watched("Communities, until the list and the first profile"):
            await shown(app, pilot, lambda: getattr(app.screen, "_shown", None) is not None)
        rows = app.screen.query_one("#communities", RowList)
        async with watched("200 pages down and up the list of communities"):
            for number in range(200):
                rows.action_page(1 if number % 40 < 20 else -1)
                await asyncio.sleep(0.01)
        async with watched("Graph, until it is drawn"):
            app.visit("graph", folder)
            await shown(app, pilot, lambda: getattr(app.screen, "_view", None) is not None and _drawn(app))
        async with watched("its largest community"):
            app.screen.query_one("#list-communities", RowList).action_choose()
            await shown(app, pilot, lambda: app.screen._view.level.name == largest and _drawn(app))  # type: ignore[attr-defined]
        rows = app.screen.query_one("#list-community", RowList)
        async with watched("200 pages down the list of its members"):
            for _ in range(200):
                rows.action_page(1)
                await asyncio.sleep(0.01)
        async with watched("to its last member and back, 20 times"):
            for number in range(20):
                (rows.action_first if number % 2 else rows.action_last)()
                await shown(app, pilot, lambda: bool(rows.rows[rows.cursor]))
        async with watched("one member's surroundings"):
            rows.action_choose()
            await shown(app, pilot, lambda: app.screen._view.level.kind == "member" and _drawn(app))  # type: ignore[attr-defined]


def _drawn(app: Interface) -> bool:
    """Return whether the map has drawn what it was given."""
    canvas = app.screen.query_one("#canvas")
    return canvas._lines is not None and canvas._lines[0][0] == canvas._key  # type: ignore[attr-defined]


def main() -> None:
    """Draw the corpus and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--members", type=int, default=1_000_000)
    parser.add_argument("--communities", type=int, default=5_000)
    parser.add_argument("--ties", type=int, default=5)
    parser.add_argument("--keep", type=Path, help="a folder that the corpus stays in, and is found in again")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as passing:
        folder = (given.keep or Path(passing)) / "large.corpus"
        if not folder.exists():
            start = time.perf_counter()
            make_large_corpus(folder, members=given.members, communities=given.communities, ties=given.ties)
            print(f"drawn and kept in {time.perf_counter() - start:.0f} s")
        size = sum(path.stat().st_size for path in (folder / "graph").iterdir()) / 1e6
        print(
            f"{given.members:,} members, {given.communities:,} communities, graph of {size:,.0f} MB on disk"
        )
        measure(folder)
    print(
        f"most memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB (with drawing, if it was)"
    )


def measure(folder: Path) -> None:
    """Print how long each reading takes, and then the screens."""
    view = read_communities(folder)
    graph = read_graph(folder, Level(), BOTH)
    largest = graph.rows[0][0]
    inside = read_graph(folder, Level("community", largest), BOTH)
    member = inside.picture.nodes[0].name
    print(f"reading ({len(inside.rows):,} members in the largest community)")
    timed("all communities", lambda: read_communities(folder))
    timed("all that is known of one", lambda: read_community(folder, view.communities[-1]))
    timed("the graph of communities", lambda: read_graph(folder, Level(), BOTH))
    timed("the largest community's core", lambda: read_graph(folder, Level("community", largest), BOTH))
    timed("one member's surroundings", lambda: read_graph(folder, Level("member", member), BOTH))
    timed("a search", lambda: search(folder, member[-6:]), times=1)
    print("screens")
    asyncio.run(screens(folder, largest))


if __name__ == "__main__":
    main()
