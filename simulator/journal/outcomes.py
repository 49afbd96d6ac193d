"""What a call came to, a reply or the error that there was none, as the text that a journal holds, and back."""

from __future__ import annotations

import json
from typing import Any

from simulator.models.model import ModelError, Reply, Usage

__all__ = ["as_outcome", "outcome_text"]


def outcome_text(outcome: Reply | ModelError) -> str:
    """Return a reply or an error as JSON; what comes back of it is equal in every part."""
    if isinstance(outcome, ModelError):
        told: dict[str, Any] = {
            "problem": outcome.problem,
            "detail": outcome.detail,
            "retry_after": outcome.retry_after,
            "sent": outcome.sent,
            "tries": outcome.tries,
        }
    else:
        usage = outcome.usage
        told = {
            "text": outcome.text,
            "finish": outcome.finish,
            "probabilities": outcome.probabilities,
            "usage": [
                *(usage.prompt_tokens, usage.completion_tokens, usage.cached_tokens),
                *(usage.cost, usage.estimated),
            ],
            "tries": outcome.tries,
        }
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"))


def as_outcome(text: str) -> Reply | ModelError:
    """Return the outcome that ``outcome_text`` made ``text`` from."""
    told = json.loads(text)
    tries = tuple(told.pop("tries"))
    if "problem" in told:
        error = ModelError(told.pop("problem"), told.pop("detail"), **told)
        error.tries = tries
        return error
    prompt, completion, cached, cost, estimated = told.pop("usage")
    usage = Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        cached_tokens=cached,
        cost=cost,
        estimated=estimated,
    )
    return Reply(**told | {"probabilities": tuple(told["probabilities"])}, usage=usage, tries=tries)
