"""How many requests are in flight at once: as many as the server bears, found out while the run goes."""

from __future__ import annotations

import asyncio
import statistics
from collections import deque
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from simulator.models.model import ModelError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from simulator.models.model import Call, Model, Reply

__all__ = ["AdaptiveLimit", "Limited"]

START = 8
SLOWER = 1.5
"""A window whose median latency is beyond so many times the best one's shows that the server queues."""
SMALLEST_WINDOW = 8
PROBING = 40
"""Windows without a 429 before one more request is tried than was last refused."""


class AdaptiveLimit:
    """A fair semaphore whose size follows the server's answers.

    At first it doubles with each window of as many answers as it is large, until latency rises or a 429 comes;
    from then on it grows by one a window while latency holds. It is halved at the first 429 of a window. Where a 429 came, it stays below that size and tries one more only now and then (additive
    increase, multiplicative decrease: Chiu & Jain 1989; the remembered ceiling as in CUBIC, Ha et al. 2008).

    Args:
        most: requests in flight, at the most.
        start: how many to begin with.
    """

    def __init__(self, most: int, *, start: int = START) -> None:
        self.most = most
        self.size = min(start, most)
        self.in_flight = 0
        self._ceiling = float("inf")
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._latencies: list[float] = []
        self._best: float | None = None
        self._quiet = 0
        self._starting = True
        self._refused = False
        self._paused_until = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        self._requests = self._limited = self._halved = self._largest = 0
        self._recent: deque[bool] = deque(maxlen=2_000)

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold one of the requests in flight, in the order of asking."""
        await self._enter()
        try:
            yield
        finally:
            self.in_flight -= 1
            self._wake()

    async def _enter(self) -> None:
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiters.append(waiter)
        self._wake()
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self.in_flight -= 1
                self._wake()
            raise

    def _wake(self) -> None:
        """Let in whoever has room, in the order of asking; nobody during a pause that the server asked for."""
        loop = asyncio.get_running_loop()
        pause = self._paused_until - loop.time()
        if pause > 0:
            if self._alarm is None:
                self._alarm = loop.call_later(pause, self._pause_ended)
            return
        while self._waiters and self.in_flight < self.size:
            waiter = self._waiters.popleft()
            if not waiter.done():
                self.in_flight += 1
                waiter.set_result(None)

    def _pause_ended(self) -> None:
        self._alarm = None
        self._wake()

    def answered(self, seconds: float) -> None:
        """Take note of an answer and of how long it took."""
        self._note(limited=False)
        self._latencies.append(seconds)
        if len(self._latencies) < max(self.size, SMALLEST_WINDOW):
            return
        median = statistics.median(self._latencies)
        self._latencies.clear()
        self._best = median if self._best is None else min(self._best, median)
        self._quiet = 0 if self._refused else self._quiet + 1
        if self._refused or median > SLOWER * self._best:
            self._starting = False
        else:
            self._grow()
        self._refused = False

    def _grow(self) -> None:
        if self._quiet >= PROBING:
            self._ceiling, self._quiet = self._ceiling + 1, 0
        wanted = 2 * self.size if self._starting else self.size + 1
        self.size = max(self.size, int(min(wanted, self.most, self._ceiling - 1)))
        self._largest = max(self._largest, self.size)
        self._wake()

    def refused(self, retry_after: float | None) -> None:
        """Take note of a 429; everybody waits as long as the server asks for."""
        self._note(limited=True)
        if retry_after:
            self._paused_until = max(self._paused_until, asyncio.get_running_loop().time() + retry_after)
        if self._refused:
            return
        self._refused, self._quiet, self._starting = True, 0, False
        self._ceiling = max(2, self.size)
        self.size = max(1, self.size // 2)
        self._halved += 1
        self._latencies.clear()

    def _note(self, *, limited: bool) -> None:
        self._requests += 1
        self._limited += limited
        self._recent.append(limited)
        self._largest = max(self._largest, self.size)

    def told(self) -> dict[str, Any]:
        """Return what it settled on, as plain data."""
        return {
            "settled": self.size,
            "largest": self._largest,
            "halved": self._halved,
            "requests": self._requests,
            "rate_limited": self._limited,
            "rate_limited_lately": sum(self._recent) / len(self._recent) if self._recent else 0.0,
        }


class Limited:
    """A model that is asked no more at once than the limit allows."""

    def __init__(self, inner: Model, limit: AdaptiveLimit) -> None:
        self.inner, self.limit = inner, limit
        self.name = inner.name

    async def complete(self, call: Call) -> Reply:
        """Answer one call when there is room for it.

        Raises:
            ModelError: there is no reply.
        """
        loop = asyncio.get_running_loop()
        async with self.limit.slot():
            begun = loop.time()
            try:
                reply = await self.inner.complete(call)
            except ModelError as error:
                if error.problem == "rate limited":
                    self.limit.refused(error.retry_after)
                raise
            self.limit.answered(loop.time() - begun)
            return reply

    async def close(self) -> None:
        """Let go of connections and processes."""
        await self.inner.close()
