"""What a server can do, found out by the first call: how a reply's form may be asked for, and its probabilities."""

from __future__ import annotations

import asyncio
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from simulator.models.model import ModelError, Structure

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.models.model import Call, Model, Reply

__all__ = ["Capabilities", "Laddered"]

RUNGS: tuple[Structure, ...] = ("schema", "object", "text")


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """What a server was found to do.

    Args:
        structure: the strictest way of asking for a form that it takes.
        letters: whether it takes a request for log-probabilities.
    """

    structure: Structure = "schema"
    letters: bool = True

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)

    def of(self, call: Call) -> Call:
        """Return the call as such a server takes it."""
        lower = max(RUNGS.index(self.structure), RUNGS.index(call.structure))
        return replace(call, structure=RUNGS[lower], letters=call.letters if self.letters else ())


class Laddered:
    """A model that is asked for no more than it can do: JSON Schema, else some JSON object, else text alone.

    The first call goes alone, until it is clear what the server takes; every later call is put so before its key
    is computed, so that keys do not depend on how calls happened to overlap.
    """

    def __init__(
        self, inner: Model, *, known: Capabilities | None, remember: Callable[[Capabilities], None]
    ) -> None:
        self.inner, self.known, self.remember = inner, known, remember
        self.name = inner.name
        self._first = asyncio.Lock()

    async def complete(self, call: Call) -> Reply:
        """Answer one call in the form that the server takes.

        Raises:
            ModelError: there is no reply.
        """
        if self.known is None:
            async with self._first:
                if self.known is None:
                    return await self._find_out(call)
        return await self.inner.complete(self.known.of(call))

    async def _find_out(self, call: Call) -> Reply:
        trying = Capabilities()
        while True:
            try:
                reply = await self.inner.complete(trying.of(call))
            except ModelError as error:
                if error.problem != "unsupported":
                    raise
                lower = _lower(trying, error, call)
                if lower is None:
                    raise
                trying = lower
            else:
                self.remember(trying)
                self.known = trying
                return reply

    async def close(self) -> None:
        """Let go of connections and processes."""
        await self.inner.close()


def _lower(trying: Capabilities, error: ModelError, call: Call) -> Capabilities | None:
    if trying.letters and call.letters and "logprobs" in error.detail.lower():
        return replace(trying, letters=False)
    if trying.structure == "schema":
        return replace(trying, structure="object")
    if trying.structure == "object":
        return replace(trying, structure="text")
    return replace(trying, letters=False) if trying.letters and call.letters else None
