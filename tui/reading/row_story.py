"""One row of preference data in full, and what it rests on, as headed texts to be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tui.plaintext import count

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tui.reading.preference_data import PairRow

__all__ = ["Story", "pair_story", "row_story"]

Story = tuple[tuple[str, str], ...]
"""(heading, text) in order; an empty text for a heading alone."""
VERDICTS = {"for": "this order", "against": "the opposite order", "tie": "neither order, by what was asked"}


def pair_story(row: PairRow) -> Story:
    """Return a pair of a run as it would be a row."""
    sure = "not known" if row.probability is None else f"{row.probability:.3f}"
    against = (
        f"; {count(row.against, 'other community', 'other communities')} the opposite" if row.against else ""
    )
    return (
        ("Asked", row.query),
        (f"Chosen by {row.community}", row.chosen),
        ("Rejected", row.rejected),
        ("Order", f"ahead by {row.margin:.3f}; probability of this order: {sure}{against}"),
        (
            "Length",
            f"the chosen one is {abs(row.length):,} characters {'longer' if row.length >= 0 else 'shorter'}",
        ),
        ("An export", "keeps it" if row.kept else "drops it, by the thresholds that are set"),
    )


def row_story(data: Path, place: str, run: Path) -> tuple[Story, str, str]:
    """Return a written row with what it rests on, then the item and the community of its ballots.

    Raises:
        InputError: there is no such row, or the run is another one than the data was made of.
    """
    from simulator.export.tracing.reading import PreferenceData
    from simulator.export.tracing.trace import trace

    traced = trace(PreferenceData.open(data), place, run=run)
    told = traced.as_data()
    return tuple(_told(told)), str(told["item"]), str(told["community"]["name"])


def _told(told: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for problem in told["problems"]:
        yield "✗ Does not fit", problem
    yield "Row", f"{told['row'].get('row', '')} · {told['place']}, in {told['file']}"
    for turn in told["prompt"]["turns"]:
        yield turn["role"], turn["content"] if "content" in turn else turn.get("text", "")
    yield "Asked", told["prompt"]["query"]
    yield from _texts(told["row"])
    yield from _order(told)
    yield "Ballots behind it", ""
    for ballot in told["ballots"]:
        side = ballot["side"]
        chose = "abstained" if ballot["choice"] is None else f"option {ballot['choice'] + 1}"
        yield "", " · ".join(part for part in (ballot["persona"], side, chose, ballot["reason"]) if part)
    if told["norms"]:
        yield "Norms that ballots rest on", ""
    for norm in told["norms"]:
        yield "", f"endorsed {norm['endorsement']:.2f} by {norm['support']} · {norm['text']}"


def _texts(row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name in ("chosen", "rejected", "completion", "label"):
        if name in row:
            yield name.capitalize(), _plain(row[name])


def _plain(value: Any) -> str:
    """Return a message, a list of messages or a value as text."""
    if isinstance(value, list):
        return "\n".join(_plain(part) for part in value)
    if isinstance(value, dict) and "content" in value:
        return str(value["content"])
    return str(value)


def _order(told: dict[str, Any]) -> Iterator[tuple[str, str]]:
    decision = told["decision"]
    if decision:
        sure = "not known" if decision["probability"] is None else f"{decision['probability']:.3f}"
        lead = f"ahead by {decision['lead']:.3f}; probability of this order: {sure}"
        yield "Order", f"{lead}; {VERDICTS[decision['verdict']]}"
    for other in told["elsewhere"]:
        shares = ", ".join(f"{share:.0%}" for share in other["shares"])
        says = f": {VERDICTS[other['decision']['verdict']]}" if other["decision"] else ""
        yield f"In {other['community']}{says}", f"{shares} of {count(other['ballots'], 'ballot')}"
