"""Hard limits in money, tokens and requests: what a request may take is set aside before it is made."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from personas.errors import InputError
from simulator.journal.usage import Spent
from simulator.models.model import ModelError, StoppedError

if TYPE_CHECKING:
    from simulator.journal.calls import CallLedger
    from simulator.models.choices import Limits, Price
    from simulator.models.model import Call, Model, Reply

__all__ = ["Budgeted", "Most", "check_price", "most_it_can_use"]

A_MESSAGE = 16
"""Tokens that a chat template adds to a message, at the most."""


@dataclass(frozen=True, kw_only=True)
class Most:
    """What one request can use up at the most: tokens of its prompt and of its reply."""

    prompt: int
    completion: int

    @property
    def tokens(self) -> int:
        """Both."""
        return self.prompt + self.completion


def most_it_can_use(call: Call) -> Most:
    """Return a bound on a request's tokens: no byte-level tokenizer makes more tokens than there are bytes."""
    sent = sum(len(message.text.encode("utf-8", "surrogatepass")) + A_MESSAGE for message in call.messages)
    form = len(json.dumps(call.schema, default=dict).encode()) if call.schema else 0
    return Most(prompt=sent + form, completion=call.max_tokens)


def check_price(model: str, limits: Limits, price: Price | None) -> None:
    """Refuse a limit in money where nobody knows what the model costs.

    Raises:
        InputError: there is such a limit and no price.
    """
    if limits.cost is not None and price is None:
        raise InputError(
            f"the price of {model} is not known, so a limit in money cannot be kept",
            where="--max-cost",
            remedy="give the price with --price IN/OUT, or limit tokens or calls",
        )


class Budgeted:
    """A model that is asked nothing which could take the run beyond its limits, counting what is in flight.

    Raises:
        InputError: there is a limit in money and no price.
    """

    def __init__(self, inner: Model, *, limits: Limits, price: Price | None, ledger: CallLedger) -> None:
        check_price(inner.name, limits, price)
        self.inner, self.limits, self.price, self.ledger = inner, limits, price, ledger
        self.name = inner.name
        before = ledger.spent()
        self._spent = {"cost": before.cost, "tokens": before.tokens, "calls": before.calls}
        self._flying = {"cost": 0.0, "tokens": 0, "calls": 0}
        self._landed = asyncio.Condition()

    async def complete(self, call: Call) -> Reply:
        """Answer one call if the limits allow for all that it can take.

        Raises:
            ModelError: there is no reply.
            StoppedError: a limit would be exceeded.
        """
        if not self.limits:
            return await self.inner.complete(call)
        most = most_it_can_use(call)
        cost = self.price.of(prompt=most.prompt, completion=most.completion) if self.price else 0.0
        need = {"cost": cost, "tokens": most.tokens, "calls": 1}
        await self._reserve(need)
        flight = self.ledger.take_off(1, most.tokens, cost, key=call.key(self.name))
        charged: dict[str, float] = {"cost": 0.0, "tokens": 0, "calls": 1}
        try:
            reply = await self.inner.complete(call)
        except ModelError as error:
            charged = need if error.sent else charged
            raise
        except StoppedError:  # it was turned back before it was made
            charged = {"cost": 0.0, "tokens": 0, "calls": 0}
            raise
        except BaseException:
            charged = need
            raise
        else:
            charged = self._charge(reply, most)
            return reply
        finally:
            told = Spent(calls=int(charged["calls"]), tokens=int(charged["tokens"]), cost=charged["cost"])
            self.ledger.land(flight, lost=charged is need, charged=told)
            for name, reserved in need.items():
                self._flying[name] -= reserved
                self._spent[name] += charged[name]
            async with self._landed:
                self._landed.notify_all()

    async def close(self) -> None:
        """Let go of connections and processes."""
        await self.inner.close()

    async def _reserve(self, need: dict[str, float]) -> None:
        while name := self._exceeded(need):
            if not self._flying["calls"]:
                limit, spent = getattr(self.limits, name), self._spent[name]
                raise StoppedError(
                    f"the limit of {limit:,g} {UNITS[name]} is reached: {spent:,g} are spent or set aside, and the "
                    f"next call may take {need[name]:,g}",
                    where=f"--max-{name}",
                    remedy="give the same command with a higher limit: it goes on",
                )
            async with self._landed:
                await self._landed.wait()
        for part, reserved in need.items():
            self._flying[part] += reserved

    def _exceeded(self, need: dict[str, float]) -> str:
        for name, needed in need.items():
            limit = getattr(self.limits, name)
            if limit is not None and self._spent[name] + self._flying[name] + needed > limit:
                return name
        return ""

    def _charge(self, reply: Reply, most: Most) -> dict[str, float]:
        """Return what a reply counts for; where the server told nothing, the most that it can have taken."""
        usage = reply.usage
        if usage.estimated:
            prompt, completion = (
                most.prompt,
                min(most.completion, len(reply.text.encode("utf-8", "surrogatepass"))),
            )
            cost = self.price.of(prompt=prompt, completion=completion) if self.price else 0.0
            return {"cost": cost, "tokens": prompt + completion, "calls": 1}
        return {"cost": usage.cost or 0.0, "tokens": usage.tokens, "calls": 1}


UNITS = {"cost": "US dollars", "tokens": "tokens", "calls": "requests"}
