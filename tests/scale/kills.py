"""A run that is killed at random instants and begun again: no call in the journal is made twice, the result is the same.

Run as ``python tests/scale/kills.py [--kills 50] [--items 12]``; prints what each kill cost, and exits with 1 where one
cost more than the calls in flight, or where the result differs from an undisturbed run's.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parent))

from study import Figures, forum_corpus, forum_items, forum_simulation, outcomes  # isort: skip  (it sets the path)
from stand_in import stand_in

from personas.seeds import derived_rng
from simulator.item import Item, Query
from simulator.models.model import Reply

if TYPE_CHECKING:
    from stand_in import Server

__all__ = ["Killed", "killed_and_resumed", "undisturbed"]

TABLES = ("communities", "personas", "norms", "items", "jobs", "ballots", "results")
AT_ONCE = 16
SETTLING = 0.3
"""Seconds for what a killed process had sent to arrive at the server."""


@dataclass(frozen=True, kw_only=True)
class Killed:
    """What one kill cost.

    Args:
        after: seconds from the start of the run to the kill.
        journaled: calls whose reply was in the journal then. ``in_flight``: requests that were not.
        repeated: requests that the server got again from the run that went on.
        same: whether the whole of the run is as that of an undisturbed one.
    """

    after: float
    journaled: int
    in_flight: int
    repeated: int
    same: bool

    @property
    def held(self) -> bool:
        """Whether nothing was repeated but what was in flight, and the result is the same."""
        return self.same and self.repeated <= self.in_flight <= 2 * AT_ONCE


def begin(folder: Path, out: Path, api_base: str, items: int) -> subprocess.Popen[str]:
    """Start a run in a process of its own, and return when its first call may be made."""
    told = ["--child", str(folder), "--out", str(out), "--api-base", api_base, "--items", str(items)]
    child = subprocess.Popen([sys.executable, __file__, *told], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    child.stdout.readline()
    return child


def run_here(folder: Path, out: Path, api_base: str, items: int) -> None:
    """Run with a discussion, rechecks and written candidates, so that a kill may meet any kind of call."""
    with forum_corpus(folder) as corpus:
        simulation = forum_simulation(
            corpus, api_base=api_base, at_once=AT_ONCE, panel=8, rounds=1, recheck=0.25
        )
        asked: list[Item | Query] = [
            *forum_items(items),
            Query(item="open", query="What should we do with the water?", count=2),
        ]
        simulation.setting  # noqa: B018  (what is built before the first call is no part of the run)
        print("begun", flush=True)
        simulation.run(asked, out=out, communities=None).journal.close()


def whole(run: Path) -> str:
    """Return all that a run holds but times, and how often requests were made."""
    with closing(sqlite3.connect(run / "journal.sqlite")) as db:
        rows = {table: sorted(map(str, db.execute(f"SELECT * FROM {table}"))) for table in TABLES}
    replies = {key: reply for key, reply in outcomes(run).items() if isinstance(reply, Reply)}
    rows["calls"] = sorted(f"{key} {replace(reply, tries=())}" for key, reply in replies.items())
    return json.dumps(rows)


def journaled(run: Path) -> int:
    """Return the requests that the journal knows the end of; 0 where there is no journal yet."""
    try:
        with closing(sqlite3.connect(f"file:{run / 'journal.sqlite'}?mode=ro", uri=True)) as db:
            return int(db.execute("SELECT count(*) FROM calls").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def undisturbed(folder: Path, server: Server, items: int) -> tuple[str, float, float]:
    """Return the whole of a run that is left alone, and the seconds to its first call and to its last reply."""
    server.change(forget=True)
    out = folder / "undisturbed"
    child = begin(folder, out, server.api_base, items)
    begun = time.time()
    if child.wait():
        raise SystemExit("the undisturbed run failed")
    counted = server.count()
    return whole(out), counted["first_at"] - begun, counted["last_at"] - begun


def killed_and_resumed(
    folder: Path, server: Server, items: int, *, after: float, expected: str, name: str
) -> Killed:
    """Kill a run so many seconds after its start, have it go on to its end, and say what that cost."""
    server.change(forget=True)
    out = folder / name
    child = begin(folder, out, server.api_base, items)
    time.sleep(after)
    child.kill()
    child.wait()
    time.sleep(SETTLING)
    before, known = server.prompts(), journaled(out)
    if begin(folder, out, server.api_base, items).wait():
        raise SystemExit(f"the run that was killed after {after:.2f} s could not go on")
    later = server.prompts()
    return Killed(
        after=after,
        journaled=known,
        in_flight=sum(before.values()) - known,
        repeated=sum(later.values()) - len(later),
        same=whole(out) == expected,
    )


def main() -> int:
    """Kill, go on, compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--items", type=int, default=12)
    parser.add_argument("--seed", type=int, default=1)
    for hidden in ("child", "out", "api-base"):
        parser.add_argument(f"--{hidden}", default="", help=argparse.SUPPRESS)
    given: Any = parser.parse_args()
    if given.child:
        run_here(Path(given.child), Path(given.out), given.api_base, given.items)
        return 0
    figures = Figures()
    with (
        tempfile.TemporaryDirectory() as place,
        stand_in(processes=1, latency=0.05, persona_noise=0.3) as server,
    ):
        folder = Path(place)
        forum_corpus(folder).close()
        expected, first, last = undisturbed(folder, server, given.items)
        requests = server.count()["requests"]
        figures.row(
            "undisturbed: requests; seconds from the first to the last", f"{requests:,}; {last - first:.2f}"
        )
        rng = derived_rng(given.seed, "kills")
        cost = [
            killed_and_resumed(
                folder, server, given.items, after=after, expected=expected, name=f"killed{number}"
            )
            for number, after in enumerate(rng.uniform(0.9 * first, last + 0.1, given.kills).tolist())
        ]
    for one in cost:
        told = f"{one.journaled}; {one.in_flight}; {one.repeated}"
        figures.row(f"killed after {one.after:.2f} s: journaled; in flight; repeated", told, met=one.held)
    figures.row("kills that cost no more than was in flight, with the same result",
                str(sum(one.held for one in cost)), str(len(cost)), met=all(one.held for one in cost))  # fmt: skip
    figures.row("most in flight at a kill", str(max(one.in_flight for one in cost)))
    return 1 if figures.missed else 0


if __name__ == "__main__":
    sys.exit(main())
