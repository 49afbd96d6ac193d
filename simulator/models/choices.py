"""All that a user can choose about reaching a model; none of it changes what a run says."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, get_args
from urllib.parse import urlsplit

from personas.errors import InputError

if TYPE_CHECKING:
    from simulator.journal.usage import Spent

__all__ = ["Client", "Limits", "ModelChoices", "Price"]

Client = Literal["auto", "direct", "litellm"]


@dataclass(frozen=True, kw_only=True)
class Price:
    """What a model costs, in US dollars for a million tokens.

    Args:
        prompt: of the prompt. ``completion``: of the reply. ``cached``: of prompt tokens that the provider had
            cached; as the others where None.
    """

    prompt: float
    completion: float
    cached: float | None = None

    def __post_init__(self) -> None:
        for value in (self.prompt, self.completion, self.cached or 0.0):
            if not 0 <= value < math.inf:
                raise InputError(f"a price of {value}", where="--price", remedy="give US dollars, 0 or more")

    def of(self, *, prompt: int, completion: int, cached: int = 0) -> float:
        """Return what so many tokens cost, in US dollars; ``cached`` ones are among those of the prompt.

        >>> Price(prompt=2.0, completion=8.0).of(prompt=1_000_000, completion=500_000)
        6.0
        """
        held = self.prompt if self.cached is None else self.cached
        fresh = prompt - cached
        return (fresh * self.prompt + cached * held + completion * self.completion) / 1_000_000


@dataclass(frozen=True, kw_only=True)
class Limits:
    """What a run may use up, counting what is in flight; None where it may use up any.

    Args:
        cost: in US dollars. ``tokens``: of prompts and replies. ``calls``: requests, repeated ones included.
    """

    cost: float | None = None
    tokens: int | None = None
    calls: int | None = None

    def __post_init__(self) -> None:
        for name in ("cost", "tokens", "calls"):
            value = getattr(self, name)
            if value is not None and not 0 <= value < math.inf:
                raise InputError(f"a limit of {value}", where=f"--max-{name}", remedy="give 0 or more")

    def __bool__(self) -> bool:
        return (self.cost, self.tokens, self.calls) != (None, None, None)

    def less(self, spent: Spent) -> Limits:
        """Return what is left of each limit after what was spent; 0 where nothing is.

        >>> from simulator.journal.usage import Spent
        >>> Limits(calls=10, cost=0.5).less(Spent(calls=4, tokens=9, cost=0.75))
        Limits(cost=0.0, tokens=None, calls=6)
        """
        return Limits(
            cost=None if self.cost is None else max(0.0, self.cost - spent.cost),
            tokens=None if self.tokens is None else max(0, self.tokens - spent.tokens),
            calls=None if self.calls is None else max(0, self.calls - spent.calls),
        )


@dataclass(frozen=True, kw_only=True)
class ModelChoices:
    """How a model is reached, and what it may use up.

    Args:
        model: as litellm names it: ``openai/gpt-5-mini``, ``hosted_vllm/qwen3-8b``, ``ollama/llama3.2``.
        api_base: the address of a server of one's own, as ``http://127.0.0.1:8000/v1``; empty for the provider's.
        client: ``direct`` for OpenAI-compatible servers, ``litellm`` for every provider, or ``auto``: direct where
            an address is given and the provider is OpenAI-compatible.
        workers: processes that litellm runs in; it takes some 4 ms of processor time a call.
        timeout: seconds after which a request without a whole reply is given up.
        attempts: how often one call is made, at the most.
        patience: seconds to wait for a server that cannot be reached, before the run stops.
        at_once: requests in flight at once, at the most; how many there are is settled by the server's answers.
        price: of the model; the published one where None, and unknown where none is published.
        limits: what the run may use up.
    """

    model: str
    api_base: str = ""
    client: Client = "auto"
    workers: int = 1
    timeout: float = 120.0
    attempts: int = 6
    patience: float = 60.0
    at_once: int = 64
    price: Price | None = None
    limits: Limits = field(default_factory=Limits)

    def __post_init__(self) -> None:
        if "/" not in self.model or not all(self.model.split("/", 1)):
            raise InputError(
                f"{self.model!r} names no provider",
                where="--model",
                remedy="write provider/model, as in openai/gpt-5-mini or hosted_vllm/qwen3-8b",
            )
        if self.client not in get_args(Client):
            raise InputError(
                f"no client is named {self.client!r}",
                where="--client",
                remedy=f"choose one of: {', '.join(get_args(Client))}",
            )
        for name, option in {
            "workers": "--workers",
            "attempts": "--attempts",
            "at_once": "--at-once",
        }.items():
            if getattr(self, name) < 1:
                raise InputError(f"{name} is {getattr(self, name)}", where=option, remedy="give at least 1")
        for name in ("timeout", "patience"):
            if not 0 < getattr(self, name) < math.inf:
                raise InputError(
                    f"{name} is {getattr(self, name)}", where=f"--{name}", remedy="give seconds, above 0"
                )
        _check_address(self.api_base)


def _check_address(address: str) -> None:
    parts = urlsplit(address)
    if parts.username or parts.password or parts.query:
        raise InputError(
            "the address holds what may be a key",
            where="--api-base",
            remedy="give the bare address, and the key in the provider's environment variable",
        )
    if address and (parts.scheme not in {"http", "https"} or not parts.netloc):
        raise InputError(
            f"{address!r} is no address", where="--api-base", remedy="write http://host:port/v1 or https://…"
        )
