"""From the log-probabilities of a reply's tokens to the probabilities of the letters that it chose among.

The distribution is that of the token at which the reply names its choice, over the call's letters alone: the
usual reading of a multiple-choice question (Hendrycks et al. 2021; Santurkar et al. 2023).
"""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["letter_probabilities"]

THOUGHT = re.compile(r".*</think(?:ing)?>", re.DOTALL)
NAMED = re.compile(r'"choice"\s*:\s*"?\s*')


def letter_probabilities(tokens: Any, letters: Sequence[str]) -> tuple[float, ...]:
    """Return the probability of each letter where the reply names its choice; they add up to 1.

    Args:
        tokens: the reply's tokens as an OpenAI-compatible server tells them: each with ``token``, ``logprob``
            and ``top_logprobs``, a list of alternatives with ``token`` and ``logprob``.
        letters: n letters.

    Returns:
        n probabilities; empty where the tokens are absent or malformed, where no letter was chosen, and
        where a token holds more than the letter.

    >>> token = {"token": "B", "logprob": -0.1, "top_logprobs": [
    ...     {"token": "B", "logprob": math.log(0.6)}, {"token": " A", "logprob": math.log(0.2)}]}
    >>> [round(share, 2) for share in letter_probabilities([token], ("A", "B", "C"))]
    [0.25, 0.75, 0.0]
    """
    if not letters or not isinstance(tokens, list) or not all(_is_token(token) for token in tokens):
        return ()
    place = _named_at("".join(token["token"] for token in tokens), letters)
    if place is None:
        return ()
    return _shares(_token_over(tokens, place), letters)


def _is_token(token: Any) -> bool:
    return isinstance(token, dict) and isinstance(token.get("token"), str)


def _named_at(text: str, letters: Sequence[str]) -> int | None:
    """Return where the chosen letter stands: the value of "choice", or the first letter of a bare reply."""
    thought = THOUGHT.match(text)
    start = thought.end() if thought else 0
    named = NAMED.search(text, start)
    one = f"({'|'.join(map(re.escape, letters))})"
    if named:
        found = re.compile(rf"{one}(?!\w)").match(text, named.end())
    else:
        found = re.compile(rf"\W*{one}(?:[).:,\n]|\W*\Z)").match(text, start)
    return found.start(1) if found else None


def _token_over(tokens: Sequence[dict[str, Any]], place: int) -> dict[str, Any]:
    end = 0
    for token in tokens:
        end += len(token["token"])
        if end > place:
            return token
    raise AssertionError("the place lies beyond the text")


def _shares(token: dict[str, Any], letters: Sequence[str]) -> tuple[float, ...]:
    seen: dict[str, list[float]] = {letter: [] for letter in letters}
    for text, logprob in _alternatives(token):
        letter = re.sub(r"^[\W_]+|[\W_]+$", "", text)
        if letter in seen:
            seen[letter].append(logprob)
    highest = max((value for values in seen.values() for value in values), default=None)
    if highest is None:
        return ()
    weights = [math.fsum(math.exp(value - highest) for value in seen[letter]) for letter in letters]
    total = math.fsum(weights)
    return tuple(weight / total for weight in weights)


def _alternatives(token: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """Yield the token's alternatives, and the token itself where it is none of them: each text once."""
    listed = token.get("top_logprobs")
    others = [other for other in listed if _is_token(other)] if isinstance(listed, list) else []
    told = set()
    for other in [*others, token]:
        logprob = other.get("logprob")
        if other["token"] in told or isinstance(logprob, bool) or not isinstance(logprob, int | float):
            continue
        if math.isfinite(logprob):
            told.add(other["token"])
            yield other["token"], min(float(logprob), 0.0)
