"""From a reply to a ballot: the choice, ranking or ratings that it gives, in the options' own order."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.prompts.answers import LETTERS
from simulator.prompts.schemas import ABSTAIN
from simulator.replies import UnreadableError, found_json

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from simulator.prompts.answers import Answer

__all__ = ["Judgement", "distribution_reader", "reader"]

BARE = re.compile(
    r"^\W*(?:(?:the\s+)?(?:answer|option|choice)\W*(?:is\W*)?)?\(?([A-Z])\)?\W*$", re.IGNORECASE
)
HIGHEST = 10.0
LONGEST_REASON = 500
UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ud800-\udfff\ufeff]+")


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What a reply says.

    Args:
        shares: how strongly each option is preferred, adding up to 1; empty for an abstention.
        ranking: the options, the most preferred first. ``ratings``: of each option, from 0 to 10.
        reason: in the persona's words. ``convinced_by``: the numbers of the neighbours that it names.
    """

    shares: tuple[float, ...] = ()
    ranking: tuple[int, ...] = ()
    ratings: tuple[float, ...] = ()
    reason: str = ""
    convinced_by: tuple[int, ...] = ()


def reader(answer: Answer, order: Sequence[int], texts: Sequence[str]) -> Callable[[str], Judgement]:
    """Return what reads a reply to options that were shown in an order.

    Args:
        order: the options as they were lettered, A first. ``texts``: the options' texts, in their own order.
    """

    def read(text: str) -> Judgement:
        bare = BARE.match(text) if answer == "choice" else None
        data: dict[str, Any] = {"choice": bare[1]} if bare else found_json(text)
        names = _Names(order, texts)
        judged = {"choice": _choice, "ranking": _ranking, "rating": _rating}[answer](data, names)
        numbers = data.get("convinced_by")
        heard = tuple(n for n in numbers if type(n) is int) if isinstance(numbers, list) else ()
        return Judgement(**judged, reason=_reason(data), convinced_by=heard)

    return read


def distribution_reader(order: Sequence[int], texts: Sequence[str]) -> Callable[[str], Judgement]:
    """Return what reads a forecast distribution; its shares are normalised, whatever they add up to.

    Args:
        order: the options as they were lettered, A first. ``texts``: the options' texts, in their own order.
    """

    def read(text: str) -> Judgement:
        data, names = found_json(text), _Names(order, texts)
        given = data.get("shares")
        if not isinstance(given, dict):
            raise UnreadableError('it has no object "shares"')
        found = {names.option(name): _figure(value, "a share", math.inf) for name, value in given.items()}
        total = math.fsum(found.values())
        if len(found) != names.size or not 0 < total < math.inf:
            raise UnreadableError(f"the shares do not hold each of {names.offered}, or add up to nothing")
        shares = tuple(found[option] / total for option in range(names.size))
        return Judgement(shares=shares, reason=_reason(data))

    return read


def _reason(data: dict[str, Any]) -> str:
    reason = data.get("reason")
    return UNSEEN.sub(" ", reason).strip()[:LONGEST_REASON] if isinstance(reason, str) else ""


class _Names:
    """How options may be named in a reply: by letter, or by their whole text."""

    def __init__(self, order: Sequence[int], texts: Sequence[str]) -> None:
        self.order = order
        self.size = len(order)
        self._letters = {LETTERS[place]: option for place, option in enumerate(order)}
        self._texts = {texts[option].strip().casefold(): option for option in order}

    @property
    def offered(self) -> str:
        return ", ".join(self._letters)

    def option(self, name: Any) -> int:
        if not isinstance(name, str):
            raise UnreadableError(f"an option is named by one of {self.offered}")
        plain = unicodedata.normalize("NFKC", name).strip()
        short = plain.strip("().:\"' ").upper()
        if short in self._letters:
            return self._letters[short]
        if plain.casefold() in self._texts:
            return self._texts[plain.casefold()]
        raise UnreadableError(f"{plain[:40]!r} is none of {self.offered}")


def _abstains(value: Any) -> bool:
    return value is None or (
        isinstance(value, str) and value.strip().casefold() in {ABSTAIN, "none", "null", ""}
    )


def _choice(data: dict[str, Any], names: _Names) -> dict[str, Any]:
    if "choice" not in data:
        raise UnreadableError('it has no "choice"')
    if _abstains(data["choice"]):
        return {}
    chosen = names.option(data["choice"])
    return {"shares": tuple(float(option == chosen) for option in range(names.size))}


def _ranking(data: dict[str, Any], names: _Names) -> dict[str, Any]:
    """Read a ranking; its shares are normalised Borda counts (de Borda 1781): k - 1 for the first, 0 for the last."""
    listed = data.get("ranking", ())
    if _abstains(listed) or listed == []:
        return {}
    if not isinstance(listed, list):
        raise UnreadableError('it has no list "ranking"')
    ranking = tuple(names.option(name) for name in listed)
    if sorted(ranking) != list(range(names.size)):
        raise UnreadableError(f"the ranking does not hold each of {names.offered} once")
    points = dict(zip(ranking, range(names.size - 1, -1, -1), strict=True))
    total = names.size * (names.size - 1) / 2
    return {"ranking": ranking, "shares": tuple(points[option] / total for option in range(names.size))}


def _rating(data: dict[str, Any], names: _Names) -> dict[str, Any]:
    """Read ratings; shares are proportional to them, and a persona that rates all 0 abstains."""
    rated = data.get("ratings", ())
    if _abstains(rated) or rated == {}:
        return {}
    if not isinstance(rated, dict):
        raise UnreadableError('it has no object "ratings"')
    found = {names.option(name): _figure(value, "a rating", HIGHEST) for name, value in rated.items()}
    if len(found) != names.size:
        raise UnreadableError(f"the ratings do not hold each of {names.offered}")
    ratings = tuple(found[option] for option in range(names.size))
    total = math.fsum(ratings)
    return {"ratings": ratings, "shares": tuple(value / total for value in ratings) if total else ()}


def _figure(value: Any, what: str, highest: float) -> float:
    try:
        figure = math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        figure = math.nan
    if not 0 <= figure <= highest:
        bound = f" to {highest:g}" if highest < math.inf else ""
        raise UnreadableError(f"{what} is a number from 0{bound}")
    return figure
