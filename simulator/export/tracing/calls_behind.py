"""The model calls behind one community's judgement of one candidate set: what was asked, of whom, what came back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from simulator.item import Item
    from simulator.journal.calls import CallLedger, CallRecord

__all__ = ["CallBehind", "Purpose", "calls_behind"]

Purpose = Literal["profile", "writing", "judging"]
"""What a call was for: the community's profile, a candidate, or a ballot."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallBehind:
    """A call, and what it was for."""

    purpose: Purpose
    call: CallRecord

    def as_data(self, *, whole: bool) -> dict[str, Any]:
        """Return it as plain data; with its prompt and its reply where it is asked for ``whole``."""
        call, reply = self.call, self.call.reply
        usage = reply.usage if reply else None
        return {
            "purpose": self.purpose,
            "phase": call.phase,
            "model": call.model,
            "persona": call.persona,
            "key": call.key,
            "seconds": call.seconds,
            "prompt_tokens": usage.prompt_tokens if usage else None,
            "completion_tokens": usage.completion_tokens if usage else None,
            "estimated": usage.estimated if usage else None,
            "cost": usage.cost if usage else None,
            "tries": list(call.tries),
            "failure": call.failure,
            "messages": [{"role": sent.role, "content": sent.text} for sent in call.messages]
            if whole
            else None,
            "reply": reply.text if whole and reply else None,
        }


def calls_behind(ledger: CallLedger, item: Item, community: str) -> tuple[CallBehind, ...]:
    """Return the calls that a community's judgement of an item rests on, in the order in which one needs the other.

    A call that several personas shared stands with the one that came first, so it may be missing here.

    Args:
        item: a candidate set; its ``community`` names who wrote it, and is empty where nobody in particular did.
        community: who judged it.

    Raises:
        InputError: the journal is damaged.
    """
    profile = ledger.calls_of("", community)
    judging = [call for call in ledger.calls_of(item.item, community) if call.phase != "why"]
    writers = judging if item.community == community else ledger.calls_of(item.item, item.community)
    writing = [call for call in writers if _is_writing(call, writers)]
    judging = [call for call in judging if not _is_writing(call, judging)]
    told: tuple[tuple[Purpose, list[CallRecord]], ...] = (
        ("profile", profile),
        ("writing", writing),
        ("judging", judging),
    )
    return tuple(CallBehind(purpose=purpose, call=call) for purpose, calls in told for call in calls)


def _is_writing(call: CallRecord, among: Sequence[CallRecord]) -> bool:
    """Tell whether a call asked for a candidate; a repair did where it repeats the prompt of one that did."""
    if call.phase != "repair":
        return call.phase == "generate"
    return any(
        call.messages[: len(other.messages)] == other.messages for other in among if other.phase == "generate"
    )
