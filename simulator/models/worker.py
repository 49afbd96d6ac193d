"""A worker: litellm in a process and on an event loop of its own, calls in and outcomes out as lines of JSON.

It ends when its standard input does, which is also when the process that started it was killed.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, BinaryIO

from simulator.models.lines import call_of, choices_of, line_of_outcome
from simulator.models.litellm_client import LitellmModel
from simulator.models.model import ModelError, StoppedError

if TYPE_CHECKING:
    from simulator.models.model import Model

__all__ = ["LONGEST_LINE", "main"]

LONGEST_LINE = 2**27
"""In bytes: the longest reply that is read, each of its characters escaped."""


def main() -> None:
    """Answer the calls that come in, all at once, until no more can come."""
    # An interruption is the run's to handle: what was paid for is to land.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    asyncio.run(_serve(_own_output()))


def _own_output() -> BinaryIO:
    """Return the standard output for our lines alone; what a library prints goes with the errors."""
    sys.stdout.flush()
    own = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return own


async def _serve(answers: BinaryIO) -> None:
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=LONGEST_LINE)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    out, _ = await loop.connect_write_pipe(asyncio.Protocol, answers)
    choices = choices_of(await lines.readline())
    model = LitellmModel(
        choices.model, api_base=choices.api_base, timeout=choices.timeout, price=choices.price
    )
    with suppress(StoppedError):  # the first call says so
        model.prepare()
    running = set()
    while line := await lines.readline():
        task = asyncio.create_task(_answer(model, line, out))
        running.add(task)
        task.add_done_callback(running.discard)
    os._exit(0)  # neither calls that nobody waits for nor litellm's threads may hold up the end


async def _answer(model: Model, line: bytes, out: asyncio.WriteTransport) -> None:
    number, call = call_of(line)
    try:
        outcome = await model.complete(call)
    except (ModelError, StoppedError) as error:
        out.write(line_of_outcome(number, error))
    else:
        out.write(line_of_outcome(number, outcome))


if __name__ == "__main__":
    main()
