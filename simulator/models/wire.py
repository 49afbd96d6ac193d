"""The shape of OpenAI's chat completions, as both clients speak it: what a call asks, what a reply says.

Servers that speak it: vLLM, llama.cpp, Ollama, TGI, SGLang, LM Studio, OpenAI and others. OpenAI's own gpt-5 and
o-models want ``max_completion_tokens`` and a temperature of 1, which only litellm sees to.
"""

from __future__ import annotations

import json
import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from personas.seeds import derived_seed
from simulator.models.letters import letter_probabilities
from simulator.models.model import ModelError, Reply, Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from simulator.models.choices import Price
    from simulator.models.model import Call, Finish

__all__ = ["LARGEST", "asked_of", "bare_name", "largest_reply", "reply_of", "seconds_to_wait"]

LARGEST = 8 * 2**20
"""The largest reply that is read, in bytes: a longer one is malformed."""
TOKEN_WITH_LOGPROBS = 4_096
"""What a token may take with its alternatives, in bytes; a long thought's are told as well."""
TOP_LOGPROBS = 20
"""How many alternatives to a token are asked for; servers give no more."""
MOST_TOKENS = 10**12
LARGEST_SEED = 2**31 - 1
"""Some servers keep a seed in 32 bits."""
CHARACTERS_A_TOKEN = 4
SURROGATES = re.compile("[\ud800-\udfff]")
THOUGHT = re.compile(r"\s*<think(?:ing)?>(.*?)(?:</think(?:ing)?>|\Z)", re.DOTALL)
THOUGHT_BEGUN = re.compile(r"(?!\s*[{\[])(.*?)</think(?:ing)?>", re.DOTALL)
"""Where a server's template opens the thought, the reply holds its end alone."""


def bare_name(model: str) -> str:
    """Return a model's name without its provider.

    >>> bare_name("huggingface/org/name")
    'org/name'
    """
    return model.partition("/")[2]


def largest_reply(call: Call) -> int:
    """Return how many bytes the body of a call's reply may have."""
    return max(LARGEST, call.max_tokens * TOKEN_WITH_LOGPROBS) if call.letters else LARGEST


def asked_of(call: Call) -> dict[str, Any]:
    """Return the request of a call, but for the model's name: the body's fields, and litellm's arguments."""
    body: dict[str, Any] = {
        "messages": [{"role": message.role, "content": message.text} for message in call.messages],
        "temperature": call.temperature,
        "max_tokens": call.max_tokens,
        "seed": _seed(call),
    }
    if call.schema and call.structure == "schema":
        form = {"name": "reply", "schema": json.loads(json.dumps(call.schema, default=dict)), "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": form}
    elif call.schema and call.structure == "object":
        body["response_format"] = {"type": "json_object"}
    if call.letters:
        body |= {"logprobs": True, "top_logprobs": TOP_LOGPROBS}
    return body


def reply_of(data: Any, call: Call, *, price: Price | None) -> Reply:
    """Return what a completion says.

    Raises:
        ModelError: ``malformed``, as it is no completion.
    """
    if not isinstance(data, dict):
        raise _malformed("the reply is no JSON object")
    choices = data.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices else None
    message = choice.get("message") if isinstance(choice, dict) else None
    if not isinstance(choice, dict) or not isinstance(message, dict):
        raise _malformed("the reply holds no choice with a message")
    refusal = _refusal(message)
    thought, text = thought_and_answer(_text(message.get("content")))
    text = text or refusal
    thought = thought or thought_and_answer(_string(message.get("reasoning_content")))[1]
    logprobs = choice.get("logprobs")
    tokens = logprobs.get("content") if isinstance(logprobs, dict) else None
    return Reply(
        text=text,
        finish=_finish(choice.get("finish_reason"), refusal),
        probabilities=letter_probabilities(tokens, call.letters),
        usage=_usage(data.get("usage"), call, len(thought) + len(text), price),
    )


def thought_and_answer(text: str) -> tuple[str, str]:
    """Return what a reply thinks before it answers, and its answer; both without half characters.

    >>> thought_and_answer("<think>Tea or coffee?</think> {}")
    ('Tea or coffee?', '{}')
    """
    if not text.isascii():
        text = SURROGATES.sub("\ufffd", text)
    found = THOUGHT.match(text) or THOUGHT_BEGUN.match(text) if "think" in text else None
    if found is None:
        return "", text.strip()
    return found[1].strip(), text[found.end() :].strip()


def seconds_to_wait(headers: Mapping[str, str]) -> float | None:
    """Return for how long a server asks to be left alone; None where it does not, or not in a way to be read.

    >>> seconds_to_wait({"retry-after": "1.5"})
    1.5
    """
    told = {name.lower(): value for name, value in headers.items() if name.lower().startswith("retry-after")}
    for name, scale in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        try:
            seconds = float(told[name]) / scale
        except (KeyError, ValueError):
            continue
        return seconds if 0 <= seconds < math.inf else None
    try:
        until = parsedate_to_datetime(told.get("retry-after", ""))
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        return max(0.0, (until - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return None


def _seed(call: Call) -> int:
    seed = derived_seed(call.seed, "draw", call.draw) if call.draw else call.seed
    return seed & LARGEST_SEED


def _malformed(detail: str) -> ModelError:
    return ModelError("malformed", detail, sent=True)


def _text(content: Any) -> str:
    """Return a message's content, which some providers give in parts."""
    if content is None:
        return ""
    if isinstance(content, list):
        parts = [
            part.get("text") for part in content if isinstance(part, dict) and part.get("type") == "text"
        ]
        content = "".join(part for part in parts if isinstance(part, str))
    if not isinstance(content, str):
        raise _malformed("the reply's content is no text")
    if len(content) > LARGEST:
        raise _malformed(f"the reply is longer than {LARGEST} characters")
    return content


def _refusal(message: Mapping[str, Any]) -> str:
    """Return the refusal of a message, where litellm keeps it too."""
    more = message.get("provider_specific_fields")
    told = message.get("refusal") or (more.get("refusal") if isinstance(more, dict) else None)
    return SURROGATES.sub("\ufffd", _string(told))


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _finish(reason: Any, refusal: str) -> Finish:
    if refusal or reason == "content_filter":
        return "refused"
    return "length" if reason == "length" else "stop"


def _usage(told: Any, call: Call, length: int, price: Price | None) -> Usage:
    """Return what the server says it took; where it says nothing, or nought, an estimate from the lengths."""
    usage = told if isinstance(told, dict) else {}
    prompt, completion = _count(usage.get("prompt_tokens")), _count(usage.get("completion_tokens"))
    estimated = not prompt or (not completion and length > 0)
    cached = 0
    if estimated:
        prompt = _guessed(sum(len(message.text) for message in call.messages))
        completion = _guessed(length)
    else:
        details = usage.get("prompt_tokens_details")
        cached = min(prompt, _count(details.get("cached_tokens")) if isinstance(details, dict) else 0)
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        cached_tokens=cached,
        cost=price.of(prompt=prompt, completion=completion, cached=cached) if price else None,
        estimated=estimated,
    )


def _count(value: Any) -> int:
    whole = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_TOKENS
    return value if whole else 0


def _guessed(characters: int) -> int:
    return math.ceil(characters / CHARACTERS_A_TOKEN)
