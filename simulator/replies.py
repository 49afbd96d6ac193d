"""From what a model said to what it meant: the lower rungs of the ladder, and one chance to mend a reply."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from simulator.models.model import ModelError

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.models.model import Call, Model, Reply
    from simulator.prompts.prompts import Prompts

__all__ = ["Answered", "UnreadableError", "answered", "found_json"]

Value = TypeVar("Value")
FENCED = re.compile(r"```(?:json)?\s*\n?(.*?)```", re.DOTALL | re.IGNORECASE)
STARTS = 64
"""Places in a reply where an object may begin that are tried, so that no reply takes long to read."""
COMPLETED = 4
"""Those of them from which on a reply is completed, as if it had been cut off."""
REFUSAL = re.compile(
    r"^\W*(?:i[’']?m sorry|i am sorry|sorry,|i can(?:[’']t|not)|i[’']?m (?:unable|not able)|as an ai)",
    re.IGNORECASE,
)


class UnreadableError(Exception):
    """Raised where a reply does not say what it was asked for; the text says what is wrong, to be sent back."""


@dataclass(frozen=True, kw_only=True)
class Answered(Generic[Value]):
    """What came of a question.

    Args:
        value: what was read; None where nothing could be.
        reply: the last reply; None where there was none.
        failure: why there is no value: unreadable reply, refused, cut off, or the call's own problem.
        detail: more on the failure.
    """

    value: Value | None = None
    reply: Reply | None = None
    failure: str = ""
    detail: str = ""


def found_json(text: str) -> dict[str, Any]:
    """Return the JSON object that a reply is, or holds in a code fence, in prose, or up to where it was cut off.

    Raises:
        UnreadableError: there is none.

    >>> found_json('Sure! ```json\\n{"choice": "B"}\\n``` Bye.')
    {'choice': 'B'}
    >>> found_json('{"choice": "B", "reason": "it was')
    {'choice': 'B', 'reason': 'it was'}
    """
    for candidate in (text.strip(), *(match[1].strip() for match in FENCED.finditer(text[:200_000]))):
        if (found := _object(candidate)) is not None:
            return found
    decoder = json.JSONDecoder(strict=False)
    starts = [match.start() for match, _ in zip(re.finditer(r"\{", text), range(STARTS), strict=False)]
    for number, start in enumerate(starts):
        try:
            found, _ = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            found = _object(_completed(text[start:])) if number < COMPLETED else None
        if isinstance(found, dict) and found:
            return found
    raise UnreadableError("it holds no JSON object")


def _object(text: str) -> dict[str, Any] | None:
    try:
        found = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _completed(text: str) -> str:
    """Return a JSON text that was cut off with what is open in it closed, and a half-said pair left out."""
    closers: list[str] = []
    inside = escaped = False
    whole, open_then = 0, ""
    for place, sign in enumerate(text):
        if escaped:
            escaped = False
        elif inside:
            escaped, inside = sign == "\\", sign != '"'
        elif sign == '"':
            inside = True
        elif sign in "{[":
            closers.append("}" if sign == "{" else "]")
        elif sign in "}]" and closers:
            closers.pop()
        elif sign == ",":
            whole, open_then = place, "".join(reversed(closers))
    ends = "".join(reversed(closers))
    for tried in (text + ('"' if inside else "") + ends, text[:whole] + open_then):
        if _object(tried) is not None:
            return tried
    return ""


async def answered(
    model: Model, call: Call, *, read: Callable[[str], Value], prompts: Prompts
) -> Answered[Value]:
    """Ask, and where the reply cannot be read, ask once to mend it.

    Args:
        read: returns what a reply says, or raises ``UnreadableError``.

    Raises:
        StoppedError: the run must not go on.
    """
    first = await _asked(model, call, read)
    if first.reply is None or first.failure == "":
        return first
    messages = prompts.repair(call.messages, first.reply.text, first.detail)
    second = await _asked(model, replace(call, messages=messages, phase="repair"), read)
    if second.reply is None:
        return replace(first, failure=first.failure, detail=f"{first.detail}; mending it: {second.failure}")
    return second


async def _asked(model: Model, call: Call, read: Callable[[str], Value]) -> Answered[Value]:
    try:
        reply = await model.complete(call)
    except ModelError as error:
        return Answered(failure=error.problem, detail=error.detail)
    try:
        return Answered(value=read(reply.text), reply=reply)
    except UnreadableError as error:
        refused = reply.finish == "refused" or REFUSAL.match(reply.text)
        failure = "refused" if refused else ("cut off" if reply.finish == "length" else "unreadable reply")
        return Answered(reply=reply, failure=failure, detail=str(error))
