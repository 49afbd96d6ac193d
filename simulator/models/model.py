"""The one protocol that every language model is used through: a call goes in, a reply or a model error comes out.

A call that names letters asks for a choice among them, and its reply carries their probabilities where the
provider gives any. Caching, limits, retries, budget and accounting are wrappers with the same one method.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, Protocol

from personas.errors import StoppedError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Call", "Message", "Model", "ModelError", "Phase", "Reply", "StoppedError", "Usage"]

Role = Literal["system", "user", "assistant"]
Phase = Literal["generate", "judge", "recheck", "discuss", "profile", "repair", "why"]
"""What a call is for. A recheck asks a persona again with the options in reverse, to see whether it flips;
why asks it afterwards about its ballot."""
Structure = Literal["schema", "object", "text"]
"""How a reply's form is asked for: by JSON Schema, as some JSON object, or by the prompt alone."""
Finish = Literal["stop", "length", "refused"]
Problem = Literal[
    "rate limited",
    "server error",
    "timeout",
    "unreachable",
    "connection lost",
    "malformed",
    "rejected",
    "unsupported",
    "credentials",
    "no such model",
]
TRANSIENT: frozenset[Problem] = frozenset(
    {"rate limited", "server error", "timeout", "unreachable", "connection lost", "malformed"}
)
"""Problems that may be gone when the call is made again."""
FATAL: frozenset[Problem] = frozenset({"credentials", "no such model"})
"""Problems that every other call would have too, so that the run stops."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """One message of a prompt, in blocks.

    Args:
        role: who speaks.
        blocks: its text in parts, joined with nothing between them; what is shared with other calls comes
            first, and the journal keeps each block once.
    """

    role: Role
    blocks: tuple[str, ...]

    @property
    def text(self) -> str:
        """The whole text."""
        return "".join(self.blocks)


@dataclass(frozen=True, kw_only=True)
class Call:
    """One question to a model: all that can change its answer, and whom it is asked for.

    Args:
        messages: the prompt, the system's message first.
        temperature: of the sampling; 0 for the likeliest reply.
        max_tokens: how long the reply may be, in tokens, thinking included.
        seed: of the sampling, where a server honours one.
        draw: the number of the draw, where the same question is asked several times.
        schema: the JSON Schema of the reply; None for free text.
        structure: how that schema is asked for.
        letters: the letters to choose among, with their probabilities where the provider gives them; empty
            for a reply without a choice.
        phase: what the call is for. ``item``, ``community`` and ``persona``: whom; empty where nobody's.
    """

    messages: tuple[Message, ...]
    temperature: float
    max_tokens: int
    seed: int
    draw: int = 0
    schema: Mapping[str, Any] | None = None
    structure: Structure = "schema"
    letters: tuple[str, ...] = ()
    phase: Phase = "judge"
    item: str = ""
    community: str = ""
    persona: str = ""

    def key(self, model: str) -> str:
        """Return the hash of all that can change the answer of ``model``: 32 hexadecimal digits.

        For whom it is asked is no part of it. Where a message is cut into blocks is none either.
        """
        parts = {
            "model": model,
            "messages": [(message.role, message.text) for message in self.messages],
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
            "seed": self.seed,
            "draw": self.draw,
            "schema": None if self.structure == "text" else self.schema,
            "structure": self.structure if self.schema else "text",
            "letters": self.letters,
        }
        told = json.dumps(parts, sort_keys=True, default=dict)
        return hashlib.blake2b(told.encode(), digest_size=16).hexdigest()

    def plainer(self) -> Call:
        """Return the call with its structure one rung lower on the ladder: schema, object, text."""
        return replace(self, structure="object" if self.structure == "schema" else "text")


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """What a call used up.

    Args:
        prompt_tokens: of the prompt. ``completion_tokens``: of the reply, thinking included.
        cached_tokens: those of the prompt that the server had in its prefix cache.
        cost: in US dollars; None where the price is unknown.
        estimated: whether the provider told nothing, so that these are estimates from the texts' lengths.
    """

    prompt_tokens: int = 0
    completion_tokens: int = 0
    cached_tokens: int = 0
    cost: float | None = None
    estimated: bool = False

    @property
    def tokens(self) -> int:
        """Those of the prompt and of the reply."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """What a model answered.

    Args:
        text: as it came.
        finish: whether it ended by itself, was cut off at its length, or was refused.
        probabilities: of each of the call's letters, adding up to 1; empty where the provider gave none.
        usage: what it took.
        tries: the problems of the attempts that were made before this one, the earliest first.
    """

    text: str
    finish: Finish = "stop"
    probabilities: tuple[float, ...] = ()
    usage: Usage = field(default_factory=Usage)
    tries: tuple[Problem, ...] = ()


class ModelError(Exception):
    """A call that brought no reply.

    Args:
        problem: of what kind.
        detail: what the provider or the connection said, without keys or headers.
        retry_after: in seconds, where the server named a time.
        sent: whether the server may have answered, and charged for, what did not arrive here.

    ``tries`` holds the problems of the attempts made before the last one, the earliest first.
    """

    def __init__(
        self, problem: Problem, detail: str, *, retry_after: float | None = None, sent: bool = False
    ) -> None:
        self.problem, self.detail = problem, detail
        self.retry_after, self.sent = retry_after, sent
        self.tries: tuple[Problem, ...] = ()
        super().__init__(f"{problem}: {detail}" if detail else problem)


class Model(Protocol):
    """A language model, or a wrapper around one.

    ``name`` stands beside every figure and is part of each call's key, so a wrapper passes its inner one's on.
    """

    name: str

    async def complete(self, call: Call) -> Reply:
        """Answer one call.

        Raises:
            ModelError: there is no reply.
            StoppedError: the run must not go on.
        """
        ...

    async def close(self) -> None:
        """Let go of connections and processes."""
        ...
