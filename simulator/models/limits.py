"""How many requests are in flight at once: as many as the server bears, found out while the run goes."""

from __future__ import annotations

import asyncio
import math
import statistics
from collections import deque
from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from simulator.models.model import ModelError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from simulator.models.model import Call, Model, Reply
    from simulator.pausing import Pausing

__all__ = ["AdaptiveLimit", "Limited"]

START = 8
SLOWER, RISE = 1.5, 1.05
"""A window whose median latency is beyond so many times the best one's, and whose rate of answers is not so many
times the best one's either, shows that the server queues."""
FADING = 1.02
"""By how much the best of all windows is forgotten with each: one lucky window must not count for ever."""
SMALLEST_WINDOW = 8
QUIET, QUIET_TIMES = 60, 8
"""Answers without a 429, and in multiples of the size, before more requests are tried than were last refused."""
CHANCE, LATELY = 0.05, 400
"""The share of 429s among the latest requests up to which they may come by chance, and how many those are."""
PAUSES = 10
"""Pauses that the server asked for that must pass before more is tried than was refused."""
STEP = 1.25
"""How many times the refused size is tried next."""


class AdaptiveLimit:
    """A fair semaphore whose size follows the server's answers.

    At first it doubles with each window of as many answers as it is large, until latency rises and the rate of
    answers does not, or a 429 comes; from then on it grows by one a window while either gets no worse. It is
    halved at the first 429 of a window; it then grows back to below the size that was refused, and tries more
    only now and then (additive increase, multiplicative decrease: Chiu & Jain 1989; the remembered ceiling as in
    CUBIC: Ha et al. 2008).

    Args:
        most: requests in flight, at the most.
        start: how many to begin with.
    """

    def __init__(self, most: int, *, start: int = START) -> None:
        self.most = most
        self.size = min(start, most)
        self.in_flight = 0
        self._ceiling = math.inf
        self._waiters: deque[asyncio.Future[None]] = deque()
        self._latencies: list[float] = []
        self._best: float | None = None
        self._best_rate = 0.0
        self._window_began = 0.0
        self._quiet = 0
        self._starting = True
        self._refused = False
        self._paused_until = 0.0
        self._no_probe_before = 0.0
        self._proven = 0
        self._alarm: asyncio.TimerHandle | None = None
        self._requests = self._limited = self._halved = self._largest = 0
        self._recent: deque[bool] = deque(maxlen=LATELY)

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
        loop = asyncio.get_running_loop()
        self._window_began = self._window_began or loop.time()
        waiter: asyncio.Future[None] = loop.create_future()
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
        self._quiet += 1
        if asyncio.get_running_loop().time() - seconds < self._window_began:
            return  # asked before the last change, so it tells of the size before
        self._latencies.append(seconds)
        if len(self._latencies) < max(self.size, SMALLEST_WINDOW):
            return
        median = statistics.median(self._latencies)
        rate = self._rate(len(self._latencies))
        self._latencies.clear()
        self._best = median if self._best is None else min(FADING * self._best, median)
        holds, rises = median <= SLOWER * self._best, rate > RISE * self._best_rate
        self._best_rate = max(self._best_rate / FADING, rate)
        if not self._refused and (holds or rises):
            self._proven = max(self._proven, self.size)
            self._grow()
        elif not self._refused:
            self._starting = False
        self._refused = False

    def _rate(self, answers: int) -> float:
        """Return the answers a second since the last window ended."""
        now = asyncio.get_running_loop().time()
        elapsed, self._window_began = now - self._window_began, now
        return answers / elapsed if elapsed > 0 else 0.0

    def _grow(self) -> None:
        """Take more: quickly at first and back to below what was refused, and by one beyond what was ever tried."""
        rested = asyncio.get_running_loop().time() >= self._no_probe_before
        if rested and self.size + 1 >= self._ceiling and self._quiet >= max(QUIET, QUIET_TIMES * self.size):
            self._ceiling = max(self._ceiling + 1, STEP * self._ceiling)
            self._quiet = 0
        known = self._starting or 2 * self.size < self._ceiling < math.inf
        wanted = 2 * self.size if known else self.size + 1
        below = self.most if self._ceiling == math.inf else math.ceil(self._ceiling) - 1
        self.size = max(self.size, min(wanted, self.most, below))
        self._largest = max(self._largest, self.size)
        self._wake()

    def refused(self, retry_after: float | None) -> None:
        """Take note of a 429; everybody waits as long as the server asks for."""
        self._note(limited=True)
        self._quiet = 0
        now = asyncio.get_running_loop().time()
        if retry_after:
            self._paused_until = max(self._paused_until, now + retry_after)
            self._no_probe_before = now + PAUSES * retry_after
        if self._refused or (self.size <= self._proven // 2 and self._lately() <= CHANCE):
            return  # twice as many were fine just now: this one is no matter of how many there are
        self._refused, self._starting = True, False
        self._ceiling = max(2, self.size)
        if self._lately() > CHANCE:
            self._proven = min(self._proven, self.size)
        self.size = max(1, self.size // 2)
        self._halved += 1
        self._latencies.clear()

    def _lately(self) -> float:
        return sum(self._recent) / len(self._recent) if self._recent else 0.0

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
            "rate_limited_lately": self._lately(),
        }


class Limited:
    """A model that is asked no more at once than the limit allows, and nothing while the run is paused.

    Args:
        pausing: waited for within a slot, so that a pause holds back all that waits for one and is no latency.
    """

    def __init__(self, inner: Model, limit: AdaptiveLimit, *, pausing: Pausing | None = None) -> None:
        self.inner, self.limit = inner, limit
        self._turn = nullcontext if pausing is None else pausing.turn
        self.name = inner.name

    async def complete(self, call: Call) -> Reply:
        """Answer one call when there is room for it.

        Raises:
            ModelError: there is no reply.
            StoppedError: the run is to stop, and the call was not made.
        """
        loop = asyncio.get_running_loop()
        async with self.limit.slot(), self._turn():
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
