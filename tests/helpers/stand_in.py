"""A stand-in for an OpenAI-compatible server, over real HTTP on loopback, with faults on demand.

``with stand_in(faults={"error_500": 0.1}) as server:`` runs it in a thread, or in processes of its own where
``processes`` says how many; as a script it prints its port and serves until its standard input ends.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
import threading
import urllib.request
from collections import Counter
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from aiohttp import web
from server_rules import preferred
from stand_in_server import FAULTS, StandIn, Wishes, fault_of, prompt_key

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["FAULTS", "Server", "StandIn", "Wishes", "fault_of", "preferred", "prompt_key", "stand_in"]


@dataclass
class Server:
    """A running stand-in: where it is, and what it was asked."""

    port: int
    controls: list[int]

    @property
    def api_base(self) -> str:
        """The address that clients are given."""
        return f"http://127.0.0.1:{self.port}/v1"

    def count(self) -> dict[str, Any]:
        """Return the counts of all processes together; ``most_in_flight`` is the sum of each one's most.

        ``requests``: all. ``answered``: with status 200, whole or not. ``statuses``, ``faults`` (what befell
        requests, none where nothing did, busy where a limit was exceeded) and ``forms`` (what replies held) by
        name. ``usage``: what was told to clients, without what ``unseen_usage`` holds: of replies that did not
        arrive, or were told as nought. ``prompts``: different ones. ``first_at``, ``last_at``: seconds since 1970.
        """
        total: dict[str, Any] = {}
        for port in self.controls:
            _add(total, _got(f"http://127.0.0.1:{port}/count"))
        return total

    def prompts(self) -> dict[str, int]:
        """Return how often each prompt was asked."""
        total: Counter[str] = Counter()
        for port in self.controls:
            total.update(_got(f"http://127.0.0.1:{port}/prompts"))
        return dict(total)

    def change(self, *, forget: bool = False, **wishes: Any) -> None:
        """Have it behave otherwise from now on; forget the counts so far where asked to."""
        if "unsupported" in wishes:
            wishes["unsupported"] = list(wishes["unsupported"])
        body = json.dumps({"wishes": wishes, "forget": forget}).encode()
        for port in self.controls:
            _got(f"http://127.0.0.1:{port}/wishes", body)


def _got(address: str, body: bytes | None = None) -> dict[str, Any]:
    with urllib.request.urlopen(urllib.request.Request(address, data=body), timeout=30) as response:
        told: dict[str, Any] = json.load(response)
        return told


def _add(total: dict[str, Any], more: Mapping[str, Any]) -> None:
    for name, value in more.items():
        if isinstance(value, dict):
            _add(total.setdefault(name, {}), value)
        elif name == "first_at":
            total[name] = min(filter(None, (total.get(name), value)), default=0.0)
        elif name == "last_at":
            total[name] = max(total.get(name, 0.0), value)
        else:
            total[name] = total.get(name, 0) + value


@contextmanager
def stand_in(*, processes: int = 0, port: int = 0, **wishes: Any) -> Iterator[Server]:
    """Serve while the block runs: in a thread, or in ``processes`` processes that share one port.

    Args:
        processes: how many; a thread of this process where 0.
        port: to listen on; any free one where 0.
        wishes: as in ``Wishes``.
    """
    wished = Wishes(**wishes)
    if processes:
        with _in_processes(wished, processes, port) as server:
            yield server
    else:
        with _in_a_thread(wished, port) as server:
            yield server


@contextmanager
def _in_a_thread(wishes: Wishes, port: int) -> Iterator[Server]:
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    begun: list[Any] = []
    ready = threading.Event()

    async def serve() -> None:
        runner, shared, _ = await _listening(StandIn(wishes), port, control=False)
        begun.append(shared)
        ready.set()
        await stop.wait()
        await runner.cleanup()
        left = asyncio.all_tasks() - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    def run() -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_until_complete(serve())
        except OSError as error:
            begun.append(error)
            ready.set()
        finally:
            loop.close()

    thread = threading.Thread(target=run, name="stand-in server", daemon=True)
    thread.start()
    ready.wait(30)
    if isinstance(begun[0], OSError):
        raise begun[0]
    try:
        yield Server(begun[0], [begun[0]])
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)


@contextmanager
def _in_processes(wishes: Wishes, processes: int, port: int) -> Iterator[Server]:
    children: list[subprocess.Popen[str]] = []
    controls: list[int] = []
    try:
        for _ in range(processes):
            child = _begun(wishes, port)
            children.append(child)
            assert child.stdout is not None
            told = child.stdout.readline().split()
            if len(told) != 2:
                raise RuntimeError("the stand-in server did not start")
            port, control = map(int, told)
            controls.append(control)
        yield Server(port, controls)
    finally:
        for child in children:
            child.kill()
            child.communicate()


def _begun(wishes: Wishes, port: int) -> subprocess.Popen[str]:
    told = [sys.executable, str(Path(__file__)), "--port", str(port), "--wishes", json.dumps(asdict(wishes))]
    return subprocess.Popen(told, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


async def _listening(server: StandIn, port: int, *, control: bool) -> tuple[web.AppRunner, int, int]:
    """Listen on a port, shared with other processes, and, where asked to, on one of its own for the counts."""
    runner = web.AppRunner(server.app(), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, reuse_port=control or None, backlog=4096).start()
    if control:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
    ports = [address[1] for address in runner.addresses]
    return runner, ports[0], ports[-1]


async def _serve_until_told(wishes: Wishes, port: int) -> None:
    runner, shared, control = await _listening(StandIn(wishes), port, control=True)
    print(shared, control, flush=True)
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await runner.cleanup()


def main() -> None:
    """Serve until the standard input ends."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency", type=float)
    parser.add_argument("--faults", default="", help="kind=share,kind=share")
    parser.add_argument("--style")
    parser.add_argument("--wishes", type=json.loads, default={}, help="all else, as JSON")
    given = parser.parse_args()
    wishes = dict(given.wishes)
    if given.latency is not None:
        wishes["latency"] = given.latency
    if given.style:
        wishes["style"] = given.style
    if given.faults:
        pairs = (part.split("=") for part in given.faults.split(","))
        wishes["faults"] = {name: float(share) for name, share in pairs}
    asyncio.run(_serve_until_told(Wishes(**wishes), given.port))


if __name__ == "__main__":
    main()
