"""What our whole run takes beside the bare calls that it makes, against one stub server with 50 ms latency.

Run as ``python tests/speed/model_calls.py [--items 625] [--litellm-items 125]``; prints ratios beside their targets and
asserts nothing. Items are judged by panels of sixteen, so 625 are 10,000 judgements. The bare loops post the same
bodies that our run posts, at the same concurrency. litellm runs in as many processes on both sides.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).parents[1] / "scale"))

from study import MODEL, Figures, forum_corpus, forum_items, forum_simulation

from simulator.models.model import Reply, Usage
from simulator.models.wire import asked_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stand_in import Server

    from simulator.models.model import Call
    from simulator.run import Run

PANEL = 16
LATENCY = 0.05


class Recording:
    """A model that answers at once and keeps what it was asked."""

    name = MODEL

    def __init__(self) -> None:
        self.calls: list[Call] = []

    async def complete(self, call: Call) -> Reply:
        """Answer with the first letter."""
        self.calls.append(call)
        text = '{"choice": "A", "reason": "it stands first"}'
        return Reply(text=text, usage=Usage(prompt_tokens=1, completion_tokens=1))

    async def close(self) -> None:
        """There is nothing to let go of."""


def recorded(folder: Path, items: int) -> list[Call]:
    """Return the calls of a run, in the order in which they are made."""
    model = Recording()
    with forum_corpus(folder) as corpus:
        run = forum_simulation(corpus, model).run(forum_items(items))
        whole_or_exit(run, items)
        run.journal.close()
    return model.calls


def whole_or_exit(run: Run, items: int) -> None:
    """Let no figure come of a run that lacks ballots."""
    if run.reliability().ballots != items * PANEL:
        raise SystemExit(f"the run lacks ballots: {run.failures()[:1]}")


def shared_prefix(calls: Sequence[Call]) -> float:
    """Return the share of the characters of panels' calls that the call before in the same panel begins with."""
    panels: dict[str, list[str]] = {}
    for call in calls:
        panels.setdefault(call.item, []).append("\n".join(message.text for message in call.messages))
    pairs = [pair for prompts in panels.values() for pair in pairwise(prompts)]
    shared = sum(len(os.path.commonprefix(pair)) for pair in pairs)  # noqa: RUF071  (of characters, no paths)
    return shared / sum(len(prompt) for _, prompt in pairs)


async def bare(bodies: Sequence[dict[str, Any]], api_base: str, at_once: int) -> float:
    """Return the seconds that posting the bodies takes, and reading the replies."""
    import aiohttp

    waiting = iter(bodies)
    connector = aiohttp.TCPConnector(limit=at_once)
    async with aiohttp.ClientSession(connector=connector) as session:

        async def work() -> None:
            for body in waiting:
                async with session.post(f"{api_base}/chat/completions", json=body) as response:
                    data = await response.json()
                    json.loads(data["choices"][0]["message"]["content"])

        begun = time.perf_counter()
        await asyncio.gather(*(work() for _ in range(at_once)))
        return time.perf_counter() - begun


def bare_litellm(bodies: Sequence[dict[str, Any]], server: Server, folder: Path, given: Any) -> float:
    """Return the seconds from the first request to the last answer of bare litellm in several processes."""
    children = []
    server.change(forget=True)
    for number in range(given.workers):
        part = folder / f"bodies{number}.json"
        part.write_text(json.dumps(list(bodies[number :: given.workers])))
        told = ["--child", "litellm", "--bodies", str(part), "--api-base", server.api_base]
        told += ["--at-once", str(given.at_once // given.workers)]
        children.append(begin(told))
    for child in children:  # all have imported it before any of them starts
        assert child.stdout is not None
        child.stdout.readline()
    for child in children:
        assert child.stdin is not None
        child.stdin.write("go\n")
        child.stdin.flush()
    for child in children:
        child.communicate()
    counted = server.count()
    return float(counted["last_at"] - counted["first_at"])


def begin(told: Sequence[str]) -> subprocess.Popen[str]:
    """Start this script again, as a child."""
    return subprocess.Popen(
        [sys.executable, __file__, *told], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def child_litellm(given: Any) -> None:
    """Make the calls of a file with bare litellm, when told to."""
    os.environ.update(LITELLM_LOCAL_MODEL_COST_MAP="True", LITELLM_MODE="PRODUCTION")
    import litellm

    waiting = iter(json.loads(Path(given.bodies).read_text()))

    async def work() -> None:
        for body in waiting:
            reply = await litellm.acompletion(model=MODEL, api_base=given.api_base, **body)
            json.loads(reply.choices[0].message.content)

    async def all_of_it() -> None:
        await asyncio.gather(*(work() for _ in range(given.at_once)))

    print("ready", flush=True)
    sys.stdin.readline()
    asyncio.run(all_of_it())


def child_run(given: Any) -> None:
    """Run a simulation to its end, and tell how long that took and how much memory it held on the way."""
    resident: list[int] = []

    def advance(done: int, total: int) -> None:
        if done in {max(1, total // 5), total}:
            resident.append(_resident())

    with forum_corpus(Path(given.folder)) as corpus:
        begun = time.perf_counter()
        simulation = forum_simulation(
            corpus, api_base=given.api_base, client=given.client, workers=given.workers, at_once=given.at_once
        )
        run = simulation.run(forum_items(given.items), out=given.out, advance=advance)
        seconds = time.perf_counter() - begun
        whole_or_exit(run, given.items)
        told = {"seconds": seconds, "resident": resident, "engine": run.journal.fact("engine")}
        run.journal.close()
    print(json.dumps(told))


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def our_run(
    folder: Path, out: Path, server: Server, given: Any, *, items: int, client: str
) -> dict[str, Any]:
    """Run a simulation in a process of its own."""
    told = ["--child", "run", "--folder", str(folder), "--out", str(out), "--items", str(items)]
    told += ["--api-base", server.api_base, "--client", client, "--at-once", str(given.at_once)]
    told += ["--workers", str(given.workers)]
    child = begin(told)
    said, _ = child.communicate()
    if child.returncode:
        raise SystemExit("the run failed")
    last: dict[str, Any] = json.loads(said.splitlines()[-1])
    return last


def forget_results(run: Path) -> None:
    """Leave a run its calls alone, so that its next process finds every reply and makes every ballot anew."""
    with closing(sqlite3.connect(run / "journal.sqlite")) as db, db:
        for table in ("results", "ballots"):
            db.execute(f"DELETE FROM {table}")


def measure_direct(figures: Figures, folder: Path, given: Any) -> None:
    """Print what the direct path takes, what it holds, and what a second run takes."""
    calls = recorded(folder, given.items)
    bodies = [{"model": "stand-in", **asked_of(call)} for call in calls]
    characters = sum(len(message["content"]) for body in bodies for message in body["messages"])
    figures.row(f"judgements; mean prompt {characters // len(bodies):,} characters", f"{len(bodies):,}")
    figures.above("share of a panel's prompt characters in a shared prefix", shared_prefix(calls), 0.7)
    del calls
    out = folder / "direct"
    with serving(given) as server:
        floor = asyncio.run(bare(bodies, server.api_base, given.at_once))
        server.change(forget=True)
        told = our_run(folder, out, server, given, items=given.items, client="direct")
        counted = server.count()
        floor = min(floor, asyncio.run(bare(bodies, server.api_base, given.at_once)))
        figures.row(f"bare aiohttp, {given.at_once} at once, seconds", f"{floor:.2f}")
        figures.row("our whole run, direct path, journal on disk, seconds", f"{told['seconds']:.2f}")
        figures.below("ratio of both", told["seconds"] / floor, 1.5)
        figures.row("requests by the server's count", f"{counted['requests']:,}", f"{len(bodies):,}",
                    met=counted["requests"] == len(bodies))  # fmt: skip
        figures.row("most in flight; settled on", f"{counted['most_in_flight']}; {told['engine']['settled']}")
        early, late = (amount / 2**20 for amount in told["resident"])
        figures.row("resident memory at 20 % of the judgements, MB", f"{early:.0f}")
        figures.below("its growth up to 100 %, MB", late - early, 24, form=".0f")
        server.change(forget=True)
        again = our_run(folder, out, server, given, items=given.items, client="direct")
        figures.below("the same run again, seconds", again["seconds"], 1.0)
        forget_results(out)
        replayed = our_run(folder, out, server, given, items=given.items, client="direct")
        figures.row("with the calls alone in its journal, seconds", f"{replayed['seconds']:.2f}")
        requests = server.count()["requests"]
        figures.row("requests that both of them made", f"{requests}", "0", met=not requests)


def measure_litellm(figures: Figures, folder: Path, given: Any) -> None:
    """Print what the litellm path takes beside bare litellm."""
    calls = recorded(folder, given.litellm_items)
    bodies = [asked_of(call) for call in calls]
    with serving(given) as server:
        floor = bare_litellm(bodies, server, folder, given)
        server.change(forget=True)
        told = our_run(folder, folder / "litellm", server, given, items=given.litellm_items, client="litellm")
        counted = server.count()
    ours = counted["last_at"] - counted["first_at"]
    many = f"{given.workers} processes, {len(bodies):,} calls"
    figures.row(f"bare litellm.acompletion, {many}, seconds", f"{floor:.2f}")
    figures.row("our litellm path, first request to last answer, seconds", f"{ours:.2f}")
    figures.row("our litellm path with its start and its end, seconds", f"{told['seconds']:.2f}")
    figures.row("most in flight; settled on", f"{counted['most_in_flight']}; {told['engine']['settled']}")
    figures.below("ratio of the first two", ours / floor, 1.15)


def measure_storm(figures: Figures, folder: Path, given: Any) -> None:
    """Print how much is answered 429 in the second half of a run, by a server with a limit."""
    from stand_in import stand_in

    for name, limit in (("24 in flight", {"limit": 24}), ("200 requests a second", {"rate": 200.0})):
        seen: list[dict[str, Any]] = []
        with (
            forum_corpus(folder) as corpus,
            stand_in(processes=1, latency=LATENCY, style="stub", **limit) as server,
        ):

            def advance(done: int, total: int, server: Server = server, seen: list[Any] = seen) -> None:
                if done in {total // 2, total}:
                    seen.append(server.count())

            simulation = forum_simulation(corpus, api_base=server.api_base, at_once=given.at_once)
            run = simulation.run(forum_items(given.storm_items), advance=advance)
            told = run.journal.fact("engine") or {}
            run.journal.close()
        half, whole = ((one["faults"].get("busy", 0), one["requests"]) for one in seen)
        share = (whole[0] - half[0]) / (whole[1] - half[1])
        figures.below(f"answered 429 in the second half, server bears {name}", share, 0.05, form=".3f")
        figures.row("  settled on; 429 in all", f"{told.get('settled')}; {whole[0]}")


def serving(given: Any) -> Any:
    """Return the stub server, in several processes."""
    from stand_in import stand_in

    return stand_in(processes=given.servers, latency=LATENCY, style="stub")


PARTS = {"direct": measure_direct, "litellm": measure_litellm, "storm": measure_storm}


def main() -> None:
    """Print the figures, or be one of the children that they are made with."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=625)
    parser.add_argument("--litellm-items", type=int, default=125)
    parser.add_argument("--storm-items", type=int, default=150)
    parser.add_argument("--at-once", type=int, default=64)
    parser.add_argument("--workers", type=int, default=2, help="processes that litellm runs in")
    parser.add_argument("--servers", type=int, default=2, help="processes of the stub server")
    parser.add_argument("--only", choices=PARTS)
    for hidden in ("child", "bodies", "api-base", "folder", "out", "client"):
        parser.add_argument(f"--{hidden}", default="", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.child:
        return {"litellm": child_litellm, "run": child_run}[given.child](given)
    figures = Figures()
    with tempfile.TemporaryDirectory() as folder:
        for part in [given.only] if given.only else PARTS:
            PARTS[part](figures, Path(folder), given)
    return None


if __name__ == "__main__":
    main()
