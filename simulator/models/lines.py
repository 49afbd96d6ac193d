"""Calls and what comes of them as lines of JSON, as they go between a run's process and a worker's."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from simulator.models.choices import ModelChoices, Price
from simulator.models.model import Call, Message, ModelError, Reply, StoppedError, Usage

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["call_of", "choices_of", "line_of_call", "line_of_choices", "line_of_outcome", "outcome_of"]

Outcome = Reply | ModelError | StoppedError


def line_of_choices(choices: ModelChoices) -> bytes:
    """Return what a worker must know of the choices; there is no key among them."""
    price = choices.price
    told = {
        "model": choices.model,
        "api_base": choices.api_base,
        "timeout": choices.timeout,
        "price": None if price is None else vars(price),
    }
    return _line(told)


def choices_of(line: bytes) -> ModelChoices:
    """Return the choices that a line tells."""
    told = json.loads(line)
    price = told.pop("price")
    return ModelChoices(**told, price=None if price is None else Price(**price))


def line_of_call(number: int, call: Call) -> bytes:
    """Return a call as a line; for whom it is asked stays here."""
    told = {
        "messages": [(message.role, message.text) for message in call.messages],
        "temperature": call.temperature,
        "max_tokens": call.max_tokens,
        "seed": call.seed,
        "draw": call.draw,
        "schema": call.schema,
        "structure": call.structure,
        "letters": call.letters,
    }
    return _line([number, told])


def call_of(line: bytes) -> tuple[int, Call]:
    """Return the number and the call that a line tells."""
    number, told = json.loads(line)
    told["messages"] = tuple(Message(role=role, blocks=(text,)) for role, text in told["messages"])
    told["letters"] = tuple(told["letters"])
    return number, Call(**told)


def line_of_outcome(number: int, outcome: Outcome) -> bytes:
    """Return what came of a call as a line."""
    if isinstance(outcome, Reply):
        usage = {name: getattr(outcome.usage, name) for name in Usage.__slots__}
        told = [number, "reply", outcome.text, outcome.finish, outcome.probabilities, usage]
    elif isinstance(outcome, ModelError):
        told = [number, "error", outcome.problem, outcome.detail, outcome.retry_after, outcome.sent]
    else:
        told = [number, "stopped", outcome.what, outcome.where, outcome.remedy]
    return _line(told)


def outcome_of(line: bytes) -> tuple[int, Outcome]:
    """Return the number of a call, and what a line tells that came of it."""
    number, kind, *told = json.loads(line)
    if kind == "reply":
        text, finish, probabilities, usage = told
        return number, Reply(
            text=text, finish=finish, probabilities=tuple(probabilities), usage=Usage(**usage)
        )
    if kind == "error":
        problem, detail, retry_after, sent = told
        return number, ModelError(problem, detail, retry_after=retry_after, sent=sent)
    what, where, remedy = told
    return number, StoppedError(what, where=where, remedy=remedy)


def _line(value: Any) -> bytes:
    return json.dumps(value, default=_plain, separators=(",", ":")).encode() + b"\n"


def _plain(value: Mapping[str, Any]) -> dict[str, Any]:
    return dict(value)
