"""litellm in processes of its own, so that its milliseconds a call do not hold up the run's event loop."""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import PIPE
from contextlib import suppress
from itertools import count as counted
from pathlib import Path
from typing import TYPE_CHECKING

from simulator.models.failures import failed
from simulator.models.lines import line_of_call, line_of_choices, outcome_of
from simulator.models.model import Call, ModelError, Reply
from simulator.models.worker import LONGEST_LINE

if TYPE_CHECKING:
    from asyncio.subprocess import Process

    from simulator.models.choices import ModelChoices
    from simulator.models.lines import Outcome

__all__ = ["WorkerModel"]

BOOT = "import sys; sys.path.append(sys.argv[1]); from simulator.models.worker import main; main()"
ROOT = Path(__file__).parents[2]
TOLD = 2_000
"""How much of what a worker last printed is kept, in characters, to say why it died."""
PATIENCE = 3.0
"""Seconds that a worker has to end by itself."""


class WorkerModel:
    """A model of any provider, through litellm in child processes; keys reach them by the environment alone.

    A worker that dies loses its calls, each with the error ``connection lost``, and is started again by the
    next call. Workers are started by the first call, so that making the model costs nothing.

    Args:
        choices: which model, how it is reached, and its price.
        count: worker processes.
    """

    def __init__(self, choices: ModelChoices, *, count: int) -> None:
        self.name = choices.model
        self._workers = [_Worker(line_of_choices(choices)) for _ in range(count)]

    def __repr__(self) -> str:
        return f"WorkerModel({self.name!r}, count={len(self._workers)})"

    @property
    def processes(self) -> list[int]:
        """The process numbers of the workers that are alive."""
        return [worker.process.pid for worker in self._workers if worker.alive and worker.process]

    async def complete(self, call: Call) -> Reply:
        """Answer one call, by the worker with the fewest in flight.

        Raises:
            ModelError: there is no reply.
            StoppedError: litellm cannot be imported.
        """
        worker = min(self._workers, key=lambda each: len(each.waiting))
        for other in self._workers:
            other.begin()
        outcome = await worker.ask(call)
        if isinstance(outcome, Reply):
            return outcome
        raise outcome

    async def close(self) -> None:
        """End the workers."""
        await asyncio.gather(*(worker.close() for worker in self._workers))


AHEAD = Call(messages=(), temperature=0.0, max_tokens=1, seed=0)
"""What a worker is started for where no call waits for it yet."""


class _Worker:
    """One child process, and who waits for which of its answers."""

    def __init__(self, first: bytes) -> None:
        self.first = first
        self.process: Process | None = None
        self.waiting: dict[int, tuple[Call, asyncio.Future[Outcome]]] = {}
        self.numbers = counted()
        self.starting = asyncio.Lock()
        self.reading: asyncio.Task[None] | None = None
        self.beginning: asyncio.Task[None] | None = None
        self.told = ""

    @property
    def alive(self) -> bool:
        return self.reading is not None and not self.reading.done()

    def begin(self) -> None:
        """Start ahead of the first call, since the import takes seconds; an error is left to that call."""
        if self.reading is None and self.beginning is None:
            self.beginning = asyncio.create_task(self._begun())

    async def _begun(self) -> None:
        with suppress(ModelError):
            await self._start(AHEAD)

    async def ask(self, call: Call) -> Outcome:
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        number = next(self.numbers)
        self.waiting[number] = (call, answer)
        try:
            if not self.alive:
                await self._start(call)
            self._send(line_of_call(number, call))
            return await answer
        finally:
            self.waiting.pop(number, None)

    def _send(self, line: bytes) -> None:
        """Write without waiting: who asks waits for the answer, and a dead worker's calls are answered too."""
        if self.process is not None and self.process.stdin is not None:
            with suppress(ConnectionError):
                self.process.stdin.write(line)

    async def _start(self, call: Call) -> None:
        async with self.starting:
            if self.alive:
                return
            try:
                self.process = await asyncio.create_subprocess_exec(
                    sys.executable, "-P", "-c", BOOT, str(ROOT),
                    stdin=PIPE, stdout=PIPE, stderr=PIPE, limit=LONGEST_LINE, start_new_session=True,
                )  # fmt: skip
            except OSError as error:
                raise failed("unreachable", f"no worker could be started: {error}", call) from None
            self._send(self.first)
            self.reading = asyncio.create_task(self._read(self.process))

    async def _read(self, process: Process) -> None:
        """Hand out the answers until the worker ends; what it then still owes is lost."""
        errors = asyncio.create_task(self._listen(process))
        try:
            while process.stdout is not None and (line := await process.stdout.readline()):
                number, outcome = outcome_of(line)
                _, answer = self.waiting.get(number, (None, None))
                if answer is not None and not answer.done():
                    answer.set_result(outcome)
        except ValueError:  # no line of ours: whatever speaks there is not to be trusted with more calls
            process.kill()
        finally:
            await errors
            await process.wait()
            self._lose(process)

    async def _listen(self, process: Process) -> None:
        self.told = ""
        while process.stderr is not None and (said := await process.stderr.read(TOLD)):
            self.told = (self.told + said.decode(errors="replace"))[-TOLD:]

    def _lose(self, process: Process) -> None:
        last = self.told.strip().splitlines()[-1:]
        detail = " ".join([f"the worker ended with status {process.returncode}", *last])
        for call, answer in self.waiting.values():
            if not answer.done():
                answer.set_result(failed("connection lost", detail, call, sent=True))

    async def close(self) -> None:
        if self.beginning is not None:
            await self.beginning
            self.beginning = None
        process, reading = self.process, self.reading
        if process is None or reading is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        try:
            await asyncio.wait_for(asyncio.shield(reading), PATIENCE)
        except TimeoutError:
            process.kill()
            await reading
        self.process = self.reading = None
