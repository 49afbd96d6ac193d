"""The arguments of commands that can run on a language model, and what they come to."""

from __future__ import annotations

import argparse
import math
from typing import TYPE_CHECKING, Any

from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "PERSONAS",
    "REACH",
    "add_limits",
    "add_model",
    "add_personas",
    "add_reach",
    "figure",
    "model_choices",
    "persona_choices",
    "whole",
]

LIMITS = ("max_cost", "max_tokens", "max_calls")
REACH = ("api_base", "client", "workers", "timeout", "attempts", "patience", "at_once", "price", *LIMITS)
"""Options of how a model is reached: none of them changes what a run says."""
PERSONAS = (
    "answer",
    "temperature",
    "reply_tokens",
    "recheck",
    "shown",
    "recalled",
    "option_room",
    "heard",
    "profiles",
    "mode",
)
"""Settings of language-model personas."""


def whole(text: str) -> int:
    """Read a whole number."""
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number") from None


def figure(text: str) -> float:
    """Read a number."""
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no number") from None


def price(text: str) -> tuple[float, ...]:
    """Read ``IN/OUT`` or ``IN/OUT/CACHED``, in US dollars for a million tokens."""
    try:
        parts = tuple(float(part) for part in text.split("/"))
    except ValueError:
        parts = ()
    if len(parts) not in {2, 3} or not all(0 <= part < math.inf for part in parts):
        raise argparse.ArgumentTypeError(f"{text!r} is no price; write IN/OUT, as in 0.15/0.60")
    return parts


def _adder(group: Any) -> Callable[..., None]:
    def add(name: str, metavar: str, told: str, **more: Any) -> None:
        group.add_argument(f"--{name}", metavar=metavar, help=told, default=argparse.SUPPRESS, **more)

    return add


def add_model(parser: argparse.ArgumentParser, *, dry_run: bool = True) -> None:
    """Add all that a command on a language model takes."""
    group = parser.add_argument_group(
        "a language model; without --model the offline engine judges, which is none"
    )
    group.add_argument(
        "--model",
        metavar="NAME",
        help="as litellm names it: openai/…, anthropic/…, ollama/…, hosted_vllm/…; its key is read from the "
        "provider's environment variable",
    )
    if dry_run:
        group.add_argument(
            "--dry-run", action="store_true", help="print the estimate of calls, tokens and cost alone"
        )
    _adder(group)(
        "mode",
        "HOW",
        "panel: each persona casts a ballot; direct: the model is asked once for the community's whole "
        "distribution (panel)",
        choices=("panel", "direct"),
    )
    add_personas(group)
    add_reach(group)
    add_limits(group)


def add_personas(group: Any, *, written: bool = True) -> None:
    """Add what language-model personas are sent and how they answer."""
    add = _adder(group)
    add(
        "answer",
        "FORM",
        "what a persona gives: choice, ranking or rating (choice)",
        choices=("choice", "ranking", "rating"),
    )
    add("temperature", "T", "of the sampling; 0 for the likeliest reply (1.0)", type=figure)
    add("reply-tokens", "N", "tokens of one reply, at the most (400)", type=whole)
    add("recheck", "S", "share of a panel asked again with the options in reverse (0.1)", type=figure)
    add("shown", "N", "norms that a whole panel is shown (8)", type=whole)
    add("recalled", "N", "norms that each persona remembers besides (3)", type=whole)
    add(
        "option-room",
        "N",
        "characters of all options together that a persona is shown, the longest cut first (2200; of generate 16000)",
        type=whole,
    )
    add("heard", "N", "neighbours that a persona hears in a round of discussion (3)", type=whole)
    if written:
        add(
            "profiles",
            "HOW",
            "extracted from endorsed posts, or written by the model (extracted)",
            choices=("extracted", "written"),
        )
    add("prompts", "FOLDER", "templates that replace the bundled ones of the same name")


def add_reach(group: Any) -> None:
    """Add how a model is reached."""
    add = _adder(group)
    add("api-base", "URL", "a server of your own, as http://127.0.0.1:8000/v1 (the provider's)")
    add(
        "client",
        "WHICH",
        "direct for OpenAI-compatible servers, litellm for all, or auto (auto)",
        choices=("auto", "direct", "litellm"),
    )
    add("workers", "N", "processes that litellm runs in (1)", type=whole)
    add("timeout", "S", "seconds to wait for a whole reply (120)", type=figure)
    add("attempts", "N", "how often one call is tried, at the most (6)", type=whole)
    add("patience", "S", "seconds to wait for a server that is gone, before the run stops (60)", type=figure)
    add(
        "at-once",
        "N",
        "requests in flight, at the most; the server's answers settle how many (64)",
        type=whole,
    )
    add(
        "price",
        "IN/OUT",
        "US dollars for a million tokens, of prompt and reply (the published price)",
        type=price,
    )


def add_limits(group: Any) -> None:
    """Add what a run may use up."""
    add = _adder(group)
    add("max-cost", "USD", "stop before the run costs more", type=figure)
    add("max-tokens", "N", "stop before it takes more tokens", type=whole)
    add("max-calls", "N", "stop before it makes more requests", type=whole)


def persona_choices(options: argparse.Namespace) -> dict[str, Any]:
    """Return what the options say of personas, as ``Simulation`` takes it."""
    return {name: getattr(options, name) for name in (*PERSONAS, "prompts") if hasattr(options, name)}


def model_choices(options: argparse.Namespace) -> dict[str, Any]:
    """Return what the options say of the model, as ``Simulation`` takes it; empty without one.

    Raises:
        InputError: an option of a model is given without one.
    """
    from simulator.models.choices import Limits, Price

    reach = {name: getattr(options, name) for name in REACH if hasattr(options, name)}
    given = {**persona_choices(options), **reach}
    if options.model is None:
        if given or getattr(options, "dry_run", False):
            named = ", ".join(f"--{name.replace('_', '-')}" for name in given) or "--dry-run"
            raise InputError("there is no model", where=named, remedy="name one with --model")
        return {}
    limits = Limits(**{name.removeprefix("max_"): given.pop(name) for name in LIMITS if name in given})
    if "price" in given:
        prompt, completion, *cached = given["price"]
        given["price"] = Price(prompt=prompt, completion=completion, cached=cached[0] if cached else None)
    return {"model": options.model, **given, "limits": limits}
