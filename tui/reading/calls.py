"""What a persona was sent and what came back, read from a run's journal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.journal import Journal
from tui.spent import money

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.journal.calls import CallRecord

__all__ = ["CallView", "read_calls"]


@dataclass(frozen=True, kw_only=True, slots=True)
class CallView:
    """One call: what it was for, each message with its role, the reply or why there is none, what it took."""

    phase: str
    messages: tuple[tuple[str, str], ...]
    answer: str
    answered: bool
    took: str


def read_calls(folder: Path, item: str, community: str, persona: str) -> tuple[CallView, ...]:
    """Read the calls that a persona's ballots on an item rest on, in their order; none of the offline engine.

    Raises:
        InputError: no run is there, or it is damaged.
    """
    with Journal.read(folder) as journal:
        return tuple(_view(record) for record in journal.ledger.calls_of(item, community, persona))


def _view(record: CallRecord) -> CallView:
    parts = [record.model, f"{record.seconds:.2f} s"]
    if record.reply is not None:
        usage = record.reply.usage
        told = " (estimated)" if usage.estimated else ""
        parts += [f"{usage.prompt_tokens:,} + {usage.completion_tokens:,} tokens{told}", money(usage.cost)]
    if record.tries:
        parts.append(f"before it: {', '.join(record.tries)}")
    return CallView(
        phase=record.phase,
        messages=tuple((message.role, message.text) for message in record.messages),
        answer=record.failure if record.reply is None else record.reply.text,
        answered=record.reply is not None,
        took=" · ".join(parts),
    )
