"""What a user can choose for a run, field by field: its range, what is wrong with what was typed, its option.

The ranges are those of the command line and of ``simulator.settings``; saying them while one types spares a
process that would refuse them.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

__all__ = ["Choice", "Kind", "given", "named"]

Kind = Literal["text", "whole", "figure", "price", "model", "address", "path", "language", "pick", "switch"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Choice:
    """One thing that can be chosen.

    Args:
        name: the command line's option, with underscores.
        label: what stands before the field. ``hint``: what stands behind it, while nothing is wrong.
        empty: what stands in the field while it is empty: what the command then takes.
        kind: what it takes: a ``text``, a ``whole`` number, a ``figure``, a ``price``, a ``model``, an
            ``address``, a ``path``, a ``language``, one of several (``pick``), or nothing (``switch``).
        default: what the field begins with; of a pick the first of them, of a switch ``""`` for off.
        least: the smallest number that it takes. ``most``: the largest; None for no bound.
        above: whether the smallest itself is shut out. ``below``: whether the largest is.
        nought: whether 0 is taken beside what lies between the bounds.
        picks: what there is to choose from; the first is the command's own default.
        needed: whether it may not be left empty.

    >>> panel = Choice(name="panel", label="Panel", kind="whole", least=1)
    >>> panel.problem("0"), panel.problem("8"), panel.given("8")
    ('it must be 1 or more', '', ('--panel', '8'))
    """

    name: str
    label: str
    hint: str = ""
    empty: str = ""
    kind: Kind = "text"
    default: str = ""
    least: float | None = None
    most: float | None = None
    above: bool = False
    below: bool = False
    nought: bool = False
    picks: tuple[str, ...] = ()
    needed: bool = False

    @property
    def option(self) -> str:
        """The option's name on the command line."""
        return f"--{self.name.replace('_', '-')}"

    def problem(self, text: str) -> str:
        """Return what is wrong with what was typed, and what to do; empty where nothing is."""
        text = text.strip()
        if not text:
            return "it is needed" if self.needed else ""
        if not text.isprintable():
            return "it holds characters that cannot be seen"
        if self.kind in ("whole", "figure"):
            return self._number_problem(text)
        if text.startswith("-"):
            return "it begins with -, as an option of the command line does: write ./-…"
        if self.kind == "pick" and text not in self.picks:
            return f"choose one of: {', '.join(self.picks)}"
        return _PROBLEMS[self.kind](text) if self.kind in _PROBLEMS else ""

    def given(self, text: str) -> tuple[str, ...]:
        """Return what the command line says for it; nothing where it is left to the command."""
        text = text.strip()
        if not text or (self.kind == "pick" and text == self.picks[0]):
            return ()
        return (self.option,) if self.kind == "switch" else named(self.option, text)

    def _number_problem(self, text: str) -> str:
        try:
            number = int(text) if self.kind == "whole" else float(text)
        except ValueError:
            return "it must be a whole number" if self.kind == "whole" else "it must be a number, as 0.5"
        if math.isfinite(number) and (self._within(number) or (self.nought and number == 0)):
            return ""
        return f"it must be {self._range()}"

    def _within(self, number: float) -> bool:
        low = -math.inf if self.least is None else self.least
        high = math.inf if self.most is None else self.most
        fits = number > low if self.above else number >= low
        return fits and (number < high if self.below else number <= high)

    def _range(self) -> str:
        if self.least is None:
            return "a finite number"
        low = f"more than {self.least:g}" if self.above else f"{self.least:g} or more"
        if self.most is None:
            return low
        between = (
            f"{low} and less than {self.most:g}" if self.below else f"from {self.least:g} to {self.most:g}"
        )
        return f"0, or {between}" if self.nought else between


def named(option: str, value: str) -> tuple[str, ...]:
    """Return an option with its value; as one word where the value would itself be taken for an option.

    >>> named("--community", "tea"), named("--community", "--json")
    (('--community', 'tea'), ('--community=--json',))
    """
    return (f"{option}={value}",) if value.startswith("-") else (option, value)


def given(choices: tuple[Choice, ...], values: dict[str, str]) -> tuple[str, ...]:
    """Return what the command line says for values by name; choices without a value are left to the command.

    >>> given((Choice(name="seed", label="Seed", kind="whole"),), {"seed": "7"})
    ('--seed', '7')
    """
    return tuple(part for choice in choices for part in choice.given(values.get(choice.name, "")))


def _price_problem(text: str) -> str:
    try:
        parts = [float(part) for part in text.split("/")]
    except ValueError:
        parts = []
    if len(parts) in (2, 3) and all(0 <= part < math.inf for part in parts):
        return ""
    return "write IN/OUT, as 0.15/0.60"


def _model_problem(text: str) -> str:
    provider, _, name = text.partition("/")
    return "" if provider and name else "write provider/model, as openai/gpt-5-mini"


def _address_problem(text: str) -> str:
    try:
        parts = urlsplit(text)
        known = parts.scheme in {"http", "https"} and bool(parts.netloc)
        secret = bool(parts.username or parts.password or parts.query)
    except ValueError:
        known = secret = False
    if secret:
        return "it holds what may be a key: that belongs into the provider's environment variable"
    return "" if known else "write http://host:port/v1"


def _language_problem(text: str) -> str:
    return "" if re.fullmatch("[a-z]{2,3}", text) else "write an ISO 639 code, as en or deu"


_PROBLEMS = {
    "price": _price_problem,
    "model": _model_problem,
    "address": _address_problem,
    "language": _language_problem,
}
