"""From what a server or a connection did wrong to the one model error that says so, for both clients alike."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from simulator.models.model import ModelError
from simulator.models.secrets import known_secrets, scrubbed, without_quotes

if TYPE_CHECKING:
    from collections.abc import Iterable

    from simulator.models.model import Call, Problem

__all__ = ["answered_badly", "failed", "message_in", "too_late"]

LOGPROBS = re.compile(r"log_?probs?|top_n_tokens", re.IGNORECASE)
STRUCTURE = re.compile(
    r"response.?format|json.?schema|json.?object|json.?mode|guided|structured|grammar", re.IGNORECASE
)
UNSUPPORTED = frozenset({400, 422, 501})
SPENT = re.compile("insufficient_quota")
"""The credit is used up: no waiting mends that."""
NO_MODEL = re.compile(
    r"model_not_found|model .{0,80}does not exist|unknown model|no such model", re.IGNORECASE
)
NOT_JSON = re.compile(r"json_validate_failed|failed to (?:generate|validate) json", re.IGNORECASE)
BY_STATUS: dict[int, Problem] = {
    401: "credentials",
    402: "credentials",
    403: "credentials",
    404: "no such model",
    408: "timeout",
    429: "rate limited",
}


def failed(
    problem: Problem,
    detail: str,
    call: Call,
    *,
    known: Iterable[str] = (),
    retry_after: float | None = None,
    sent: bool = False,
) -> ModelError:
    """Return the error of a call, its detail without keys and without what it quotes of the prompt."""
    told = scrubbed(_unquoted(detail, call), [*known, *known_secrets()])
    return ModelError(problem, told, retry_after=retry_after, sent=sent)


def too_late(call: Call, timeout: float) -> ModelError:
    """Return the error of a call without a whole reply in time."""
    return failed("timeout", f"no whole reply within {timeout:g} s", call, sent=True)


def answered_badly(
    status: int, said: str, call: Call, *, known: Iterable[str] = (), retry_after: float | None = None
) -> ModelError:
    """Return the error that an HTTP status other than 200 stands for.

    Args:
        status: of the response. ``said``: its message, or the whole body.
        call: that was answered so; what it did not ask for cannot be unsupported.
        known: secrets that must not be told.
        retry_after: in seconds, where the server named a time.
    """
    own = _unquoted(said, call)
    problem = _problem(status, own, call)
    detail = f"HTTP {status}: {own}" if own.strip() else f"HTTP {status}"
    if problem == "unsupported" and call.letters and LOGPROBS.search(own) and not STRUCTURE.search(own):
        detail = f"logprobs: {detail}"  # what a caller steps down by must outlive the cut at the detail's end
    told = scrubbed(detail, [*known, *known_secrets()])
    return ModelError(problem, told, retry_after=retry_after, sent=problem in {"timeout", "malformed"})


def message_in(body: str) -> str:
    """Return what an error's body says in words, without the request that some servers send back in it.

    >>> message_in('{"error": {"message": "no such model", "code": 404}}')
    'no such model'
    """
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return body
    return _words(data) or ("" if isinstance(data, dict | list) else body)


def _unquoted(text: str, call: Call) -> str:
    return without_quotes(text, "\n".join(message.text for message in call.messages))


def _words(data: Any, depth: int = 0) -> str:
    if isinstance(data, str):
        return data
    if depth > 4:
        return ""
    if isinstance(data, list):
        return "; ".join(filter(None, (_words(part, depth + 1) for part in data[:5])))
    if not isinstance(data, dict):
        return ""
    told = [_words(data.get(name), depth + 1) for name in ("error", "detail", "message", "msg", "code")]
    place = data.get("loc")
    if isinstance(place, list):
        told.insert(0, ".".join(str(part) for part in place[:6]))
    return " ".join(dict.fromkeys(filter(None, told)))


def _problem(status: int, said: str, call: Call) -> Problem:
    if status == 429 and SPENT.search(said):
        return "credentials"
    if status in UNSUPPORTED:
        if NOT_JSON.search(said):
            return "malformed"
        if call.letters and LOGPROBS.search(said):
            return "unsupported"
        if call.schema and call.structure != "text" and STRUCTURE.search(said):
            return "unsupported"
    if status == 400 and NO_MODEL.search(said):
        return "no such model"
    return BY_STATUS.get(status, "server error" if status >= 500 else "rejected")
