"""What a run would take, before it is started: the command line's estimate, and how much there is to judge."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tui.plaintext import count, fitted, one_line
from tui.spent import money

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

__all__ = ["Bill", "CountView", "EstimateView", "as_count", "as_estimate", "short"]

Span = tuple[float, float]
"""The fewest and the most."""
WIDTHS = (10, 11, 11, 11, 13)
HEADS = ("phase", "calls", "tokens in", "tokens out", "cost")
UNITS = {"max_cost": "cost", "max_tokens": "tokens", "max_calls": "calls"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Bill:
    """What one phase would take, each from the fewest to the most; ``cost`` in US dollars, None where unknown."""

    phase: str
    calls: Span
    prompt: Span
    reply: Span
    cost: Span | None

    @property
    def cells(self) -> tuple[str, ...]:
        """The row of a table."""
        figures = (between(span, short) for span in (self.calls, self.prompt, self.reply))
        return (self.phase, *figures, "unknown" if self.cost is None else between(self.cost, money, unit="$"))


@dataclass(frozen=True, kw_only=True, slots=True)
class EstimateView:
    """What a run on a model would take.

    Args:
        predictor: who would judge.
        phases: of the run itself, those that occur. ``beside``: a bill for each control and for what is written.
        notes: what is counted how. ``warnings``: what the corpus gives cause for.
    """

    predictor: str
    phases: tuple[Bill, ...]
    beside: tuple[Bill, ...] = ()
    notes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def total(self) -> Bill:
        """All of it; the cost is unknown where one part's is."""
        bills = (*self.phases, *self.beside)
        costs = [bill.cost for bill in bills if bill.cost is not None]
        return Bill(
            phase="all",
            calls=_sum(bill.calls for bill in bills),
            prompt=_sum(bill.prompt for bill in bills),
            reply=_sum(bill.reply for bill in bills),
            cost=_sum(costs) if len(costs) == len(bills) else None,
        )

    def lines(self, limits: Mapping[str, str]) -> tuple[str, ...]:
        """Return it as lines of a table, below what the limits come to.

        Args:
            limits: ``max_cost``, ``max_tokens`` and ``max_calls`` as they were typed, where they were.
        """
        rows = [bill.cells for bill in (*self.phases, *self.beside, self.total)]
        return (*self.against(limits), *(_row(cells) for cells in (HEADS, *rows)))

    def against(self, limits: Mapping[str, str]) -> tuple[str, ...]:
        """Return a line for each limit: whether the run would stay below it, may reach it, or must."""
        total = self.total
        tokens = (total.prompt[0] + total.reply[0], total.prompt[1] + total.reply[1])
        spans: dict[str, Span | None] = {
            "max_cost": total.cost, "max_tokens": tokens, "max_calls": total.calls
        }  # fmt: skip
        found = []
        for name, typed in limits.items():
            if name in UNITS and (limit := _number(typed)) is not None:
                written = money(limit) if name == "max_cost" else f"{short(limit)} {UNITS[name]}"
                found.append(_verdict(spans[name], written, limit))
        return tuple(found)

    @property
    def price(self) -> str:
        """What it may cost at the most, in words, where nothing limits it."""
        return self.price_within("")

    def price_within(self, limit: str) -> str:
        """Return what it may cost at the most, in words.

        Args:
            limit: the highest cost, as it was typed; none where empty.
        """
        cost, most = self.total.cost, _number(limit)
        if most is not None and (cost is None or most < cost[1]):
            return f"up to {money(most)}, its limit"
        return "cost unknown" if cost is None else f"up to {money(cost[1])}"


@dataclass(frozen=True, kw_only=True, slots=True)
class CountView:
    """How much there is to judge.

    Args:
        items: held-out items, or prompts.
        judgements: an item judged by one community is one; None where communities are still to be found.
        communities: what can be chosen from, each with its members.
        left_out: what is not judged, by reason. ``notes``: how it was held out.
        problem: why nothing could be counted; empty where it could.
    """

    items: int = 0
    judgements: int | None = None
    found: bool = False
    communities: tuple[tuple[str, int], ...] = ()
    left_out: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()
    problem: str = ""

    def lines(self, *, panel: int | None, prompts: bool, chosen: int, sets: str = "") -> tuple[str, ...]:
        """Return what it comes to, in lines.

        Args:
            panel: personas a community, None where that is not known.
            prompts: whether prompts are judged and not what is held out.
            chosen: how many communities were chosen; 0 for all.
            sets: whose candidate sets are judged, of prompts.
        """
        if self.problem:
            return (f"✗ {self.problem}",)
        judgements = self._judged(chosen, sets) if prompts else self.judgements
        what = count(self.items, "prompt" if prompts else "held-out item")
        if judgements is None:
            told = f"{what}, by each community that is found and voted on it"
            told = f"{what}, by each community that is found" if prompts else told
        else:
            ballots = (
                "" if panel is None else f", {count(judgements * panel, 'ballot')} before any discussion"
            )
            told = f"{what}: about {count(judgements, 'judgement')}{ballots}"
        left = (f"left out: {number:,} × {one_line(reason)}" for reason, number in self.left_out)
        return (told, *left, *(one_line(note) for note in self.notes))

    def _judged(self, chosen: int, sets: str) -> int | None:
        asked = chosen or (None if self.found else len(self.communities))
        if asked is None:
            return None
        return self.items * asked * (asked if sets == "crossed" else 1)


def as_estimate(answer: Mapping[str, Any]) -> EstimateView:
    """Read what a command prints with ``--dry-run --json``."""
    beside = {name.partition(":")[0]: told for name, told in answer.get("controls", {}).items()}
    if "generation" in answer:
        beside["writing"] = answer["generation"]
    return EstimateView(
        predictor=str(answer["predictor"]),
        phases=tuple(
            bill for bill in map(_bill, answer["estimate"]["phases"]) if bill.calls[1] or bill.prompt[1]
        ),
        beside=tuple(_bill({**told["total"], "phase": name}) for name, told in beside.items()),
        notes=tuple(str(note) for note in answer["estimate"]["notes"]),
        warnings=tuple(str(warning) for warning in answer["warnings"]),
    )


def as_count(answer: Mapping[str, Any]) -> CountView:
    """Read what ``tui.ordering.counting`` prints."""
    return CountView(
        items=int(answer["items"]),
        judgements=answer["judgements"],
        found=bool(answer["found"]),
        communities=tuple((str(name), int(members)) for name, members in answer["communities"]),
        left_out=tuple((str(reason), int(number)) for reason, number in answer["left_out"].items()),
        notes=tuple(str(note) for note in answer["notes"]),
    )


def short(number: float) -> str:
    """Return a count in few characters.

    >>> short(840), short(9_999), short(12_345), short(123_456), short(999_999), short(7_200_000)
    ('840', '9,999', '12.3k', '123k', '1.0M', '7.2M')
    """
    if number < 10_000:
        return f"{number:,.0f}"
    if number < 999_500:
        return f"{number / 1e3:.0f}k" if number >= 99_950 else f"{number / 1e3:.1f}k"
    return f"{number / 1e6:,.1f}M"


def between(span: Span, written: Callable[[float], str], *, unit: str = "") -> str:
    """Return a span as one figure or two; a unit before the second one is left out.

    >>> between((3, 3), short), between((3, 5), short), between((0.4, 2), money, unit="$")
    ('3', '3–5', '$0.40–2.00')
    """
    low, high = (written(value) for value in span)
    return low if low == high else f"{low}–{high.removeprefix(unit)}"


def _bill(told: Mapping[str, Any]) -> Bill:
    cost = told["cost"]
    return Bill(
        phase=str(told["phase"]),
        calls=_span(told["calls"]),
        prompt=_span(told["prompt_tokens"]),
        reply=_span(told["completion_tokens"]),
        cost=None if cost is None else _span(cost),
    )


def _span(told: Mapping[str, float]) -> Span:
    return told["low"], told["high"]


def _sum(spans: Iterable[Span]) -> Span:
    lows, highs = 0.0, 0.0
    for low, high in spans:
        lows, highs = lows + low, highs + high
    return lows, highs


def _row(cells: Sequence[str]) -> str:
    parts = (
        fitted(one_line(cell), width, right=place > 0)
        for place, (cell, width) in enumerate(zip(cells, WIDTHS, strict=True))
    )
    return " ".join(parts).rstrip()


def _verdict(span: Span | None, limit: str, bound: float) -> str:
    if span is None:
        return f"! the cost is unknown, so nothing can be said of the limit of {limit}"
    if span[0] > bound:
        return f"✗ goes over the limit of {limit}: it would stop there, unfinished"
    if span[1] > bound:
        return f"! may reach the limit of {limit}, and would stop there"
    return f"✓ stays below the limit of {limit}"


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
