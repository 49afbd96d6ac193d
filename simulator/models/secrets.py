"""What an error may say: no key, no header, no piece of a prompt, no control character, and not at length."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["known_secrets", "scrubbed", "without_quotes"]

SECRET = "[secret]"  # noqa: S105
QUOTED = "[prompt]"
LENGTH = 300
READ = 4_000
"""How much of a text is looked at, in characters: an error may be as long as a server likes."""
PIECE = 24
"""Letters and digits in a row that a text must share with a prompt to count as quoting it."""
SHORTEST = 4
"""A known secret shorter than this is none, and taking it out would make nonsense of every text."""
SHORTEST_HELD = 8
"""The environment holds words as well, under names that speak of tokens."""

SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL|AUTH", re.IGNORECASE)
LOOKS_SECRET = (
    re.compile(r"\b(Bearer|Basic)\s+[^\s\"',;}]+", re.IGNORECASE),
    re.compile(r"((?:x-)?api[-_ ]?key[\"']?[^:=\n]{0,16}[:=]\s*[\"']?)[^\s\"',;}]+", re.IGNORECASE),
    re.compile(
        r"((?:authorization|token|secret|password|cookie)[\"']?\s*[:=]\s*[\"']?)[^\s\"',;}]+", re.IGNORECASE
    ),
    re.compile(r"\b()(?:sk|pk|rk|gsk|hf|xai|r8|ghp|gho|nvapi|pplx|key)[-_][\w*.-]{6,}"),
    re.compile(r"\b()(?:AIza|AKIA|eyJ)[\w.*-]{8,}"),
    re.compile(r"\b()(?=[\w-]{0,200}\d)(?=[\w-]{0,200}[A-Za-z])[\w-]{32,}"),
)
"""Whatever looks like a key; what a pattern's group holds stays."""
ESCAPES = re.compile(r"\\+(?:u([0-9a-fA-F]{4})|[nrt\"'/])")
WORD = re.compile(r"[^\W_]")
GAPS = re.compile(r"[\W_]+")


def known_secrets(environment: Mapping[str, str] | None = None) -> list[str]:
    """Return what the environment holds under names that speak of keys, tokens, secrets and the like."""
    held = os.environ if environment is None else environment
    named = (value.strip() for name, value in held.items() if SECRET_NAME.search(name))
    return [value for value in named if len(value) >= SHORTEST_HELD]


def scrubbed(text: str, known: Iterable[str] = ()) -> str:
    """Return a text that may be shown and kept: one line of at most 300 characters without keys.

    Args:
        text: what a provider, a server or a library said.
        known: secrets that must not be in it, whatever they look like.

    >>> scrubbed("Incorrect API key provided: sk-abcdef123456, see\\nthe docs")
    'Incorrect API key provided: [secret], see the docs'
    """
    text = _beginning(text)
    for secret in sorted({secret for secret in known if len(secret) >= SHORTEST}, key=len, reverse=True):
        text = text.replace(secret, SECRET)
    for pattern in LOOKS_SECRET:
        text = pattern.sub(
            lambda found: f"{found[1]} {SECRET}" if _names(found[1]) else found[1] + SECRET, text
        )
    text = "".join(letter if letter.isprintable() else " " for letter in text)
    text = " ".join(text.split())
    return text if len(text) <= LENGTH else text[: LENGTH - 1] + "…"


def without_quotes(text: str, prompt: str) -> str:
    """Return the text without what it quotes of the prompt, be it escaped as JSON or broken anew.

    >>> without_quotes("cannot parse 'never boil green leaves at all'", "I would never boil green leaves at all")
    "cannot parse '[prompt]'"
    """
    text = ESCAPES.sub(lambda found: chr(int(found[1], 16)) if found[1] else " ", _beginning(text))
    places = [found.start() for found in WORD.finditer(text)]
    if len(places) < PIECE:
        return text
    bare = "".join(text[place] for place in places)
    said = GAPS.sub("", prompt)
    kept, end, start = [], 0, 0
    while start + PIECE <= len(bare):
        if bare[start : start + PIECE] not in said:
            start += 1
            continue
        last = start + PIECE
        while last < len(bare) and bare[last - PIECE + 1 : last + 1] in said:
            last += 1
        kept.append(text[end : places[start]] + QUOTED)
        start, end = last, places[last - 1] + 1
    return "".join(kept) + text[end:]


def _beginning(text: str) -> str:
    """Return what is looked at; a word that would be cut in two, half a key perhaps, is left out."""
    return text if len(text) <= READ else re.sub(r"\S*\Z", "", text[:READ])


def _names(kept: str) -> bool:
    return kept.lower() in {"bearer", "basic"}
