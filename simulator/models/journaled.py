"""Caching in the journal: a call that came to an end is never made again, and none is used before it is durable."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from simulator.models.model import FATAL, ModelError, Reply

if TYPE_CHECKING:
    from simulator.journal.calls import CallLedger
    from simulator.models.model import Call, Model

__all__ = ["Journaled"]


class Journaled:
    """A model whose replies and failures are kept, and found again by the call's key.

    Two tasks that ask the same share one request. What cannot be laid to the call itself is not kept: that the
    server knows no such form, or no such model, or not the key.
    """

    def __init__(self, inner: Model, ledger: CallLedger) -> None:
        self.inner, self.ledger = inner, ledger
        self.name = inner.name
        self._under_way: dict[str, asyncio.Task[Reply]] = {}

    async def complete(self, call: Call) -> Reply:
        """Answer one call, from the journal where it is there.

        Raises:
            ModelError: there is no reply, now or when it was made.
            StoppedError: the run must not go on.
        """
        key = call.key(self.name)
        known = self.ledger.found(key)
        if isinstance(known, ModelError):
            raise known
        if known is not None:
            return known
        task = self._under_way.get(key)
        if task is None:
            task = self._under_way[key] = asyncio.create_task(self._made(key, call))
            task.add_done_callback(lambda done: self._ended(key, done))
        return await asyncio.shield(task)  # whoever stops waiting, what is paid for still lands

    async def close(self) -> None:
        """Wait for what is under way, and let go of connections and processes."""
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)
        await self.inner.close()

    def _ended(self, key: str, task: asyncio.Task[Reply]) -> None:
        del self._under_way[key]
        if not task.cancelled():
            task.exception()  # seen, also where nobody waits for it any more: it is kept, or every other call has it

    async def _made(self, key: str, call: Call) -> Reply:
        begun = time.monotonic()
        try:
            outcome: Reply | ModelError = await self.inner.complete(call)
        except ModelError as error:
            if error.problem == "unsupported" or error.problem in FATAL:
                raise
            outcome = error
        seconds = time.monotonic() - begun
        await self.ledger.keep(key, call, model=self.name, outcome=outcome, seconds=seconds)
        if isinstance(outcome, ModelError):
            raise outcome
        return outcome
