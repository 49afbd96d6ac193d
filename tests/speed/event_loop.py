"""How long the interface's event loop is held up: while a run writes 300 ballots a second, and while one scrolls.

Run as ``python tests/speed/event_loop.py [--seconds 8] [--items 100000]``. The interface runs in a process of its own
in a pseudo-terminal; a probe in its loop asks to be woken after 5 ms, and the lag is how much later it was.
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import itertools
import json
import os
import pty
import statistics
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "helpers")]

WANTED = 10.0
"""Milliseconds that the lag may be at the 95th percentile."""
STALL = 100.0
"""Milliseconds from a key to its drawing, from which on a held key is felt to stall."""
WAKE = 0.005
SETTLE = 2.0
"""Seconds after a screen was opened that belong to its opening."""
KEYS = ("down",) * 20 + ("pagedown",) * 10 + ("end", "pageup", "pageup", "home")


async def probe(lags: list[float]) -> None:
    """Note for ever how much later than asked the loop wakes one."""
    while True:
        begun = time.perf_counter()
        await asyncio.sleep(WAKE)
        lags.append(time.perf_counter() - begun - WAKE)


async def inside(folder: Path, place: str, seconds: float, *, scroll: bool) -> dict[str, object]:
    """Open a screen in this process's terminal, and return its lags and, where it scrolls, how soon keys are drawn."""
    from tui.app import Interface
    from tui.shell.smooth import run_smoothly

    app = Interface([folder.parent])
    lags: list[float] = []
    opening: list[float] = []
    drawn: list[float] = []
    shown: list[str] = []

    async def look() -> None:
        await asyncio.sleep(1)
        opens = asyncio.create_task(probe(opening))
        if place != "home":
            app.visit(place, folder)
        await asyncio.sleep(SETTLE)
        opens.cancel()
        probing = asyncio.create_task(probe(lags))
        end = time.perf_counter() + seconds
        if scroll:
            await keys(app, end, drawn)
        await asyncio.sleep(max(0.0, end - time.perf_counter()))
        probing.cancel()
        shown.extend(
            "".join(segment.text for segment in strip) for strip in app.screen._compositor.render_strips()
        )
        app.exit()

    looking: list[asyncio.Task[None]] = []
    app.call_later(run_smoothly, app)
    app.call_later(lambda: looking.append(asyncio.create_task(look())))
    await app.run_async()
    await looking[0]
    return {"lags": lags, "opening": opening, "drawn": drawn, "shown": shown}


async def keys(app, end: float, drawn: list[float]) -> None:
    """Press keys that scroll, some 30 a second, and note how soon each is drawn."""
    from textual import events

    for key in itertools.cycle(KEYS):
        if time.perf_counter() >= end:
            return
        done, begun = asyncio.Event(), time.perf_counter()
        rows, was = app.screen.focused, app.screen.focused.cursor
        app.post_message(events.Key(key, None))
        while rows.cursor == was and time.perf_counter() - begun < STALL / 100:
            await asyncio.sleep(0)
        app.screen.call_after_refresh(done.set)
        await done.wait()
        drawn.append(time.perf_counter() - begun)
        await asyncio.sleep(max(0.0, 1 / 30 - drawn[-1]))


def measured(
    folder: Path, place: str, seconds: float, *, scroll: bool = False
) -> dict[str, list[float]] | None:
    """Run the interface in a pseudo-terminal, and return what it measured; None where the screen could not be shown."""
    outer, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    threading.Thread(target=drain, args=(outer,), daemon=True).start()
    with tempfile.NamedTemporaryFile("r") as told:
        process = subprocess.Popen(
            [sys.executable, __file__, "--inside", str(folder), place, told.name, str(seconds), str(int(scroll))],
            stdin=inner, stdout=inner, stderr=inner, start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
        )  # fmt: skip
        os.close(inner)
        process.wait(seconds + 60)
        text = told.read()
    return json.loads(text) if text else None


def drain(terminal: int) -> None:
    """Take what is drawn, as a terminal would."""
    try:
        while os.read(terminal, 65_536):
            pass
    except OSError:
        os.close(terminal)


def row(name: str, lags: list[float], wanted: float | None = None) -> str:
    """Return one line of the table, and whether it is over what is wanted of it."""
    ordered = sorted(lags)
    p95 = ordered[int(len(ordered) * 0.95)] * 1000
    said = "" if wanted is None or p95 < wanted else f"  OVER {wanted:g}"
    return f"{name:36} {statistics.median(ordered) * 1000:6.1f} {p95:6.1f} {ordered[-1] * 1000:7.1f}{said}"


def main() -> None:
    """Measure each side against a writer, then scrolling through a large run."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--rate", type=float, default=300.0)
    parser.add_argument("--show", action="store_true", help="print what was on the screen at the end")
    given = parser.parse_args()
    from grown_runs import __file__ as writer
    from grown_runs import grown, template

    from tui.places import SIDES

    print(
        f"lag of the event loop in ms; wanted at the 95th percentile: under {WANTED:g} while ballots are written,"
    )
    print(f"and under {STALL:g} from a key to its drawing\n")
    print(f"{'':36} {'p50':>6} {'p95':>6} {'max':>7}")
    with tempfile.TemporaryDirectory() as made:
        source = template(Path(made))
        for place in ("home", *SIDES):
            live = Path(made) / f"live-{place}"
            words = [sys.executable, writer, str(source), str(live), str(given.rate), str(given.seconds + 6)]
            process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True)
            while not (live / "journal.sqlite").exists():
                time.sleep(0.05)
            found = measured(live, place, given.seconds)
            written = int(process.communicate()[0])
            name = f"{place}, {written / (given.seconds + 6):.0f} ballots/s"
            print(row(name, found["lags"], WANTED) if found else f"{name:36} could not be shown", flush=True)
            print("\n".join(found["shown"]) if given.show and found else "", end="", flush=True)
        large = grown(source, Path(made) / "large", given.items)
        for place in ("compare", "run"):
            found = measured(large, place, given.seconds, scroll=place == "compare")
            if found is None:
                print(f"{place}: could not be shown")
                continue
            print(row(f"{place}, opening {given.items:,} items", found["opening"]))
            if found["drawn"]:
                print(row(f"{place}, scrolling", found["lags"]))
                print(row("  from a key to its drawing", found["drawn"], STALL), flush=True)
            print("\n".join(found["shown"]) if given.show else "", end="", flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        place_of, name_of, told_to, how_long, scrolls = sys.argv[2:]
        result = asyncio.run(inside(Path(place_of), name_of, float(how_long), scroll=scrolls == "1"))
        Path(told_to).write_text(json.dumps(result))
    else:
        main()
