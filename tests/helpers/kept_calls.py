"""Calls and replies for tests of the journal, and what keeps them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from simulator.models.model import Call, Message, ModelError, Reply, Usage

if TYPE_CHECKING:
    from simulator.journal import Journal

__all__ = ["MODEL", "call_named", "keep", "reply_of"]

MODEL = "test/model"


def call_named(said: str, **whom: Any) -> Call:
    """Return a call of one message."""
    return Call(messages=(Message(role="user", blocks=(said,)),), temperature=0, max_tokens=9, seed=1, **whom)


def keep(journal: Journal, *kept: tuple[str, Call, Reply | ModelError]) -> None:
    """Keep (key, call, outcome) rows, all in one turn of the loop."""

    async def all_of_them() -> None:
        ledger = journal.ledger
        await asyncio.gather(
            *(
                ledger.keep(key, call, model=MODEL, outcome=outcome, seconds=0.5)
                for key, call, outcome in kept
            )
        )

    asyncio.run(all_of_them())


def reply_of(*, prompt: int = 10, completion: int = 2, cost: float | None = None, **more: Any) -> Reply:
    """Return a reply that took so much."""
    usage = Usage(prompt_tokens=prompt, completion_tokens=completion, cost=cost)
    return Reply(text="A", usage=usage, **more)
