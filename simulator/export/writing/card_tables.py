"""The tables of a dataset card: what a selection kept and dropped, and what was measured of the pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simulator.export.writing.markdown import section_of, table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["told_of_biases", "told_of_decided"]

REASONS = {
    "even": "neither of the two is ahead",
    "min_margin": "the margin is below the least one that was asked for",
    "min_probability": "the order is less probable than was asked for",
    "match_length": "so that the chosen one is as often the longer as the shorter one",
    "balance": "so that every community has as many",
}
COUNTS = ("judged", "kept", "dropped", "ties", "disputed", "disputed_kept", "above")
STAGES = {"before": "all with an order", "after": "kept"}
RATES = {
    "longer": "the chosen one is longer",
    "first": "the first one of the set is chosen",
    "disputed": "disputed",
}
PLAIN = {"equal_length": "of equal length", "log_length_ratio": "mean log length ratio"}


def told_of_decided(decided: Mapping[str, Any]) -> Iterator[str]:
    """Yield the tables of what was dropped and why, by community, and of what other thresholds would have kept.

    What is not known by its name is told as it is.
    """
    rest = dict(decided)
    if {"judged", "kept", "dropped"} <= rest.keys():
        yield ""
        yield "What became of the pairs:"
        dropped = rest.pop("dropped")
        rows = [
            ["judged", rest.pop("judged")],
            ["with an order, by however little", rest.pop("ordered", None)],
        ]
        rows += [[f"dropped: {REASONS.get(name, name)}", count] for name, count in dropped.items()]
        yield from table(["pairs", "count"], [*rows, ["kept", rest.pop("kept")]])
    for name, what in (("pairs", "Pairs"), ("marks", "Single answers")):
        if rest.get(name):
            yield ""
            yield f"{what} by split and community:"
            yield from _tallied(rest.pop(name))
    for name, what in (("by_margin", "least margin"), ("by_probability", "least probability")):
        if rest.get(name):
            yield ""
            yield f"Pairs that would pass another {what}, before anything is matched or balanced:"
            rows = [[rung["threshold"], rung["pairs"]] for rung in rest.pop(name)]
            yield from table([what, "pairs"], rows)
    yield from section_of(rest)


def told_of_biases(biases: Mapping[str, Any]) -> Iterator[str]:
    """Yield one table of rates with their 95 % intervals, overall and by community, before and after a selection.

    What is not known by its name is told as it is.
    """
    rest, rows = dict(biases), []
    for stage, named in STAGES.items():
        if "pairs" in rest.get(stage, {}):
            rows.append([named, "all of them", *_measured(rest.pop(stage))])
            by_community = rest.pop(f"{stage}_by_community", {})
            rows += [[named, community, *_measured(found)] for community, found in by_community.items()]
    if rows:
        names = ["of pairs", "community", "pairs", *RATES.values(), *PLAIN.values()]
        yield from table(names, rows)
        yield ""
        yield "In brackets: 95 % intervals, for which the pairs of one prompt count for less than as many prompts."
    yield from section_of(rest)


def _tallied(tallies: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    shown = [name for name in COUNTS if any(name in tally for tally in tallies)]
    rows = [
        [tally.get("split"), tally.get("community"), *(_count(tally.get(name)) for name in shown)]
        for tally in tallies
    ]
    yield from table(["split", "community", *shown], rows)


def _count(value: Any) -> Any:
    return sum(value.values()) if isinstance(value, dict) else value


def _measured(found: Mapping[str, Any]) -> list[Any]:
    return [found["pairs"], *(_rate(found.get(name)) for name in RATES), *(found.get(name) for name in PLAIN)]


def _rate(rate: Mapping[str, Any] | None) -> str | None:
    if rate is None or rate.get("share") is None:
        return None
    return f"{rate['share']:.1%} ({rate['low']:.1%} to {rate['high']:.1%})"
