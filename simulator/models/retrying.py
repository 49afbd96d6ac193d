"""Making a call again as its error deserves, and stopping the run where no call would do better."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from personas.seeds import derived_rng
from simulator.models.model import FATAL, TRANSIENT, ModelError, StoppedError

if TYPE_CHECKING:
    from simulator.models.model import Call, Model, Problem, Reply

__all__ = ["Retrying"]

BASE, LONGEST = 0.5, 30.0
"""Seconds before the first repetition, and before any."""
MOST_LIMITED = 50
"""429s that one call may meet, since they say nothing against the call itself."""
STREAK = 50


class Retrying:
    """A model that is asked again after a passing error, a little later each time.

    Args:
        attempts: how often a call is made, at the most; 429s and servers that are gone count apart.
        patience: seconds to wait for a server that cannot be reached.
        answered_before: whether the run has had a reply already, from an earlier process.
        base: seconds before the first repetition.
    """

    def __init__(
        self,
        inner: Model,
        *,
        attempts: int,
        patience: float,
        seed: int,
        at_once: int = 1,
        answered_before: bool = False,
        base: float = BASE,
    ) -> None:
        self.inner = inner
        self.name = inner.name
        self.attempts, self.patience, self.seed, self.base = attempts, patience, seed, base
        self._longest_streak = max(STREAK, 3 * at_once)
        self._streak = 0
        self._answered = answered_before
        self._reached = float("-inf")
        self._stop: StoppedError | None = None

    async def complete(self, call: Call) -> Reply:
        """Answer one call, after as many attempts as it takes.

        Raises:
            ModelError: there is no reply, and making the call again does not help.
            StoppedError: no other call would get one either.
        """
        try:
            return await self._tried(call)
        except StoppedError as stop:
            self._stop = self._stop or stop
            raise

    async def _tried(self, call: Call) -> Reply:
        begun = asyncio.get_running_loop().time()
        tries: list[Problem] = []
        while True:
            if self._stop is not None:  # what stopped another call would stop this one
                raise self._stop
            try:
                reply = await self.inner.complete(call)
            except ModelError as error:
                self._look_at(error, tries, begun)
                tries.append(error.problem)
                jitter = 0.5 + derived_rng(self.seed, "retry", call.key(self.name), len(tries)).random()
                pause = min(LONGEST, self.base * 2 ** min(len(tries) - 1, 8)) * jitter
                await asyncio.sleep(max(pause, error.retry_after or 0.0))
            else:
                self._answered, self._streak = True, 0
                self._reached = asyncio.get_running_loop().time()
                return replace(reply, tries=tuple(tries)) if tries else reply

    def _look_at(self, error: ModelError, tries: list[Problem], begun: float) -> None:
        """Return where the call is to be made again; raise what it ends with where it is not."""
        if error.problem in FATAL:
            raise StoppedError(str(error), where=self.name, remedy=REMEDIES[error.problem])
        error.tries = tuple(tries)
        if error.problem not in TRANSIENT:
            raise error
        now = asyncio.get_running_loop().time()
        if error.problem == "unreachable":
            if now - max(begun, self._reached) > self.patience:
                raise StoppedError(
                    f"the server was not reached for {self.patience:g} s: {error.detail}",
                    where=self.name,
                    remedy="start it, and give the same command again: it goes on",
                )
            return
        self._reached = now
        counted = sum(problem not in {"rate limited", "unreachable"} for problem in (*tries, error.problem))
        if counted < self.attempts and tries.count("rate limited") < MOST_LIMITED:
            return
        self._streak += 1
        if not self._answered or self._streak > self._longest_streak:
            raise StoppedError(
                f"no call gets a reply any more; the last one: {error}",
                where=self.name,
                remedy="look after the server, and give the same command again: it goes on",
            )
        raise error

    async def close(self) -> None:
        """Let go of connections and processes."""
        await self.inner.close()


REMEDIES = {
    "credentials": "set the provider's key in its environment variable, and give the same command again",
    "no such model": "check the model's name and the server's address",
}
