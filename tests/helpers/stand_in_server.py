"""The stand-in server itself: what it answers over HTTP, how it fails on demand, what it counts."""

from __future__ import annotations

import asyncio
import hashlib
import json
import socket
import struct
import time
from collections import Counter
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web
from server_rules import Asked, answer_to, asked_briefly, asked_in, chance, in_prose, logprobs_of

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FAULTS", "StandIn", "Wishes", "fault_of", "prompt_key"]

FAULTS = (
    "rate_limit", "rate_limit_bare", "error_500", "error_503", "hang", "drip", "reset", "empty", "truncated",
    "wrong_schema", "prose", "wrong_letter", "refusal", "other_language", "huge", "zero_usage", "no_logprobs",
)  # fmt: skip
"""All that can go wrong on demand."""
UNSENT = frozenset({"hang", "drip", "reset", "empty", "truncated"})
"""Faults after which the client cannot know what was used up, although the server worked."""
RETRY_AFTER = "0.05"
HUGE = 100_000
LOGPROBS_OF = 10_000
"""Characters of a reply that log-probabilities are told of, as they take some 150 bytes a token."""
ELSEWHERE = (
    "Ich würde die zweite Möglichkeit wählen, weil sie am besten zu unserer Gemeinschaft passt.",
    "我更喜欢第二个选项,因为它更符合我们社区的价值观。",
)
REFUSED = "I'm sorry, I can't help with that."


@dataclass(kw_only=True)
class Wishes:
    """How the server behaves.

    Args:
        latency: seconds before each answer. ``capacity``: requests in flight above which it grows in proportion.
        faults: the share of the requests that each of ``FAULTS`` befalls.
        first: only the first so many requests of each prompt meet faults; all where None.
        seed: of the faults and of the noise.
        limit: requests in flight above which it answers 429. ``rate``: requests a second above which it does.
        retry_after: what it says with those 429; nothing where empty.
        style: plain, first (always the first letter), abstain, prose (around the JSON), bare (a letter alone),
            stub (the first letter at next to no cost, for measurements of speed; judgements by choice alone),
            follow (what most neighbours hold, once there is a discussion) or invent (a profile's sentence that
            rests on a post that does not exist).
        persona_noise: the share of the prompts on which it chooses otherwise than by its rule.
        probability: of the chosen letter, where log-probabilities are asked for.
        unsupported: any of schema, object and logprobs.
        key: what the Authorization header must hold, where not empty.
        echo: whether error messages quote the prompt.
        model: the only model that there is; any where empty.
    """

    latency: float = 0.0
    capacity: int | None = None
    faults: Mapping[str, float] = field(default_factory=dict)
    first: int | None = None
    seed: int = 1
    limit: int | None = None
    rate: float | None = None
    retry_after: str = RETRY_AFTER
    style: str = "plain"
    persona_noise: float = 0.0
    probability: float = 0.8
    unsupported: tuple[str, ...] = ()
    key: str = ""
    echo: bool = False
    model: str = ""

    def __post_init__(self) -> None:
        self.faults = dict(sorted(self.faults.items()))
        self.unsupported = tuple(sorted(self.unsupported))
        if unknown := set(self.faults) - set(FAULTS):
            raise ValueError(f"no fault is named {sorted(unknown)}")
        if sum(self.faults.values()) > 1 + 1e-9:
            raise ValueError("the shares of the faults add up to more than 1")


def prompt_key(body: Mapping[str, Any]) -> str:
    """Return the identity of a request, however often and by whichever client it is made."""
    parts = (
        [(message.get("role"), message.get("content")) for message in body["messages"]],
        body.get("seed"),
        (body.get("response_format") or {}).get("type"),
        bool(body.get("logprobs")),
    )
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=12).hexdigest()


def fault_of(key: str, number: int, wishes: Wishes) -> str:
    """Return what befalls the ``number``-th request (from 0) of a prompt; empty for nothing."""
    if not wishes.faults or (wishes.first is not None and number >= wishes.first):
        return ""
    drawn = chance(wishes.seed, key, number)
    for kind, share in wishes.faults.items():
        if drawn < share:
            return kind
        drawn -= share
    return ""


class StandIn:
    """The server itself: one event loop's, in whichever thread or process that runs."""

    def __init__(self, wishes: Wishes) -> None:
        self.wishes = wishes
        self.in_flight = 0
        self.reset_counts()

    def reset_counts(self) -> None:
        """Forget what was asked so far."""
        self.prompts: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.forms: Counter[str] = Counter()
        self.statuses: Counter[int] = Counter()
        self.usage: Counter[str] = Counter()
        self.unseen: Counter[str] = Counter()
        self.requests = self.most_in_flight = 0
        self.first_at = self.last_at = 0.0
        self._tokens, self._filled = 1.0, time.monotonic()

    def app(self) -> web.Application:
        """Return what answers: completions, the models, and the counts."""
        app = web.Application(client_max_size=64 * 2**20)
        app.router.add_post("/v1/chat/completions", self.complete)
        app.router.add_get("/v1/models", self.models)
        app.router.add_get("/count", self.count)
        app.router.add_get("/prompts", self.told_prompts)
        app.router.add_post("/wishes", self.change)
        return app

    async def models(self, request: web.Request) -> web.Response:
        """List the models."""
        name = self.wishes.model or "stand-in"
        return web.json_response({"object": "list", "data": [{"id": name, "object": "model"}]})

    async def count(self, request: web.Request) -> web.Response:
        """Tell all counts but those by prompt."""
        return web.json_response(
            {
                "requests": self.requests,
                "answered": self.statuses[200],
                "statuses": {str(status): number for status, number in self.statuses.items()},
                "faults": dict(self.faults),
                "forms": dict(self.forms),
                "usage": {"prompt_tokens": 0, "completion_tokens": 0} | dict(self.usage),
                "unseen_usage": {"prompt_tokens": 0, "completion_tokens": 0} | dict(self.unseen),
                "prompts": len(self.prompts),
                "in_flight": self.in_flight,
                "most_in_flight": self.most_in_flight,
                "first_at": self.first_at,
                "last_at": self.last_at,
            }
        )

    async def told_prompts(self, request: web.Request) -> web.Response:
        """Tell how often each prompt was asked."""
        return web.json_response(dict(self.prompts))

    async def change(self, request: web.Request) -> web.Response:
        """Take other wishes, and forget the counts where asked to."""
        told = await request.json()
        self.wishes = Wishes(**asdict(self.wishes) | told.get("wishes", {}))
        if told.get("forget"):
            self.reset_counts()
        return web.json_response({})

    async def complete(self, request: web.Request) -> web.StreamResponse:
        """Answer a completion, or fail in the way that was asked for."""
        body = await request.json()
        self.requests += 1
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        self.first_at = self.first_at or time.time()
        try:
            response = await self._answered(request, body)
            self.statuses[response.status] += 1
            return response
        finally:
            self.in_flight -= 1
            self.last_at = time.time()

    async def _answered(self, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
        refused = self._refused(request, body)
        if refused is not None:
            return refused
        key = prompt_key(body)
        number = self.prompts[key]
        self.prompts[key] += 1
        fault = fault_of(key, number, self.wishes)
        asked = asked_briefly(body) if self.wishes.style == "stub" else asked_in(body)
        fault = "" if _does_not_apply(fault, asked, body) else fault
        self.faults[fault or "none"] += 1
        self.forms[asked.form] += 1
        await self._pause()
        if fault in {"rate_limit", "rate_limit_bare", "error_500", "error_503"}:
            return self._failed(fault, body)
        if fault == "hang":
            while _is_there(request):
                await asyncio.sleep(0.05)
        return await self._sent(request, fault, self._completion(body, asked, fault))

    async def _pause(self) -> None:
        wishes = self.wishes
        crowd = max(1.0, self.in_flight / wishes.capacity) if wishes.capacity else 1.0
        if wishes.latency:
            await asyncio.sleep(wishes.latency * crowd)

    def _refused(self, request: web.Request, body: dict[str, Any]) -> web.Response | None:
        """Return the answer to what is not even looked at: no key, no such model, too much at once."""
        wishes = self.wishes
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if wishes.key and given != wishes.key:
            said = f"Incorrect API key provided: {given}. You can find your API key in your account."
            return self._error(401, said, body, code="invalid_api_key")
        if wishes.model and body.get("model") != wishes.model:
            said = f"The model `{body.get('model')}` does not exist."
            return self._error(404, said, body, code="model_not_found")
        if wishes.limit is not None and self.in_flight > wishes.limit:
            return self._busy(body)
        if wishes.rate is not None and not self._within_rate(wishes.rate):
            return self._busy(body)
        return self._unsupported(body)

    def _busy(self, body: dict[str, Any]) -> web.Response:
        self.faults["busy"] += 1
        headers = {"Retry-After": self.wishes.retry_after} if self.wishes.retry_after else {}
        return self._error(429, "Rate limit reached for requests.", body, headers=headers)

    def _within_rate(self, rate: float) -> bool:
        """Take a token from the bucket, which holds those of a tenth of a second."""
        now = time.monotonic()
        self._tokens = min(max(1.0, rate / 10), self._tokens + (now - self._filled) * rate)
        self._filled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True

    def _unsupported(self, body: dict[str, Any]) -> web.Response | None:
        kind = (body.get("response_format") or {}).get("type")
        for name, form in (("schema", "json_schema"), ("object", "json_object")):
            if name in self.wishes.unsupported and kind == form:
                said = (
                    f"Invalid parameter: 'response_format' of type '{form}' is not supported with this model."
                )
                return self._error(400, said, body, code=None, param="response_format")
        if "logprobs" in self.wishes.unsupported and body.get("logprobs"):
            said = "Unsupported parameter: 'logprobs' is not supported with this model."
            return self._error(400, said, body, code="unsupported_parameter", param="logprobs")
        return None

    def _failed(self, fault: str, body: dict[str, Any]) -> web.Response:
        if fault.startswith("rate_limit"):
            headers = {"Retry-After": RETRY_AFTER} if fault == "rate_limit" else {}
            return self._error(429, "Rate limit reached for requests.", body, headers=headers)
        if fault == "error_503":
            return web.Response(status=503, text="upstream connect error or disconnect/reset before headers")
        return self._error(500, "The server had an error while processing your request.", body)

    def _error(
        self, status: int, said: str, body: dict[str, Any], *, headers: Any = None, **fields: Any
    ) -> web.Response:
        if self.wishes.echo:
            prompt = " ".join(str(message.get("content")) for message in body["messages"])
            said = f"{said} The request was: {prompt}"
        error = {"message": said, "type": "invalid_request_error", "param": None, "code": None, **fields}
        return web.json_response({"error": error}, status=status, headers=headers)

    def _completion(self, body: dict[str, Any], asked: Asked, fault: str) -> dict[str, Any]:
        wishes = self.wishes
        content, letter = answer_to(
            asked,
            style=wishes.style,
            persona_noise=wishes.persona_noise,
            seed=wishes.seed,
            draw=body.get("seed"),
        )
        message: dict[str, Any] = {"role": "assistant", "content": _spoiled(content, fault, asked)}
        if fault == "refusal" and chance(asked.prompt, "refusal") < 0.5:
            message |= {"content": None, "refusal": REFUSED}
        finish = "stop"
        words = (message["content"] or "").split()
        if fault != "huge" and len(words) > int(body.get("max_tokens") or 10**9):
            message["content"] = _cut(message["content"], int(body["max_tokens"]))
            finish = "length"
        choice: dict[str, Any] = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
        if body.get("logprobs") and fault != "no_logprobs" and message["content"] is not None:
            offered = tuple(asked.options)
            told = message["content"][:LOGPROBS_OF]
            choice["logprobs"] = logprobs_of(told, letter, offered, wishes.probability)
        whole = {"id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": body.get("model")}
        return {**whole, "choices": [choice]} | self._usage(message, asked, fault)

    def _usage(self, message: dict[str, Any], asked: Asked, fault: str) -> dict[str, Any]:
        said = message["content"] or message.get("refusal") or ""
        told = {"prompt_tokens": len(asked.prompt.split()), "completion_tokens": len(said.split())}
        (self.unseen if fault in UNSENT | {"zero_usage"} else self.usage).update(told)
        if fault == "zero_usage":
            if chance(asked.prompt, "usage") < 0.5:
                return {}
            told = dict.fromkeys(told, 0)
        return {"usage": {**told, "total_tokens": sum(told.values())}}

    async def _sent(self, request: web.Request, fault: str, whole: dict[str, Any]) -> web.StreamResponse:
        sent = json.dumps(whole).encode()
        if fault == "empty":
            sent = b""
        elif fault == "truncated":
            sent = sent[: len(sent) // 2]
        elif fault in {"drip", "reset"}:
            return await _broken_off(request, sent, dripping=fault == "drip")
        return web.Response(body=sent, content_type="application/json")


async def _broken_off(request: web.Request, sent: bytes, *, dripping: bool) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    response.content_length = len(sent)
    await response.prepare(request)
    if dripping:
        for byte in sent:
            if not _is_there(request):
                break
            await response.write(bytes([byte]))
            await asyncio.sleep(1)
        return response
    await response.write(sent[: len(sent) // 2])
    transport = request.transport
    if transport is not None:
        # Linger 0 sends a reset instead of an orderly end.
        with suppress(OSError):
            transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
        transport.abort()
    return response


def _is_there(request: web.Request) -> bool:
    return request.transport is not None and not request.transport.is_closing()


def _does_not_apply(fault: str, asked: Asked, body: Mapping[str, Any]) -> bool:
    return (fault == "wrong_letter" and not asked.options) or (
        fault == "no_logprobs" and not body.get("logprobs")
    )


def _spoiled(content: str, fault: str, asked: Asked) -> str:
    if fault == "wrong_schema":
        return json.dumps({"answer": {"letter": 1}, "confidence": "high"})
    if fault == "prose":
        return in_prose(content)
    if fault == "wrong_letter":
        wrong = {"choice": "Z", "ranking": ["Z", "Y"], "ratings": {"Z": 9}}.get(asked.form, "Z")
        return json.dumps({asked.form: wrong, "reason": "it is the best"})
    if fault == "refusal":
        return REFUSED
    if fault == "other_language":
        return ELSEWHERE[int(chance(asked.prompt, "language") * 2)]
    if fault == "huge":
        return content.replace('"reason": "', f'"reason": "{"because " * (HUGE // 8)}', 1) + " " * max(
            0, HUGE - len(content) - HUGE // 8 * 8
        )
    return content


def _cut(content: str, words: int) -> str:
    """Return the first so many words with the white space between them."""
    end = 0
    for _ in range(words):
        while end < len(content) and content[end].isspace():
            end += 1
        while end < len(content) and not content[end].isspace():
            end += 1
    return content[:end]
