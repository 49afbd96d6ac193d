"""Whether a row follows from the ballots: ballots give the shares, and the shares give every column of the row."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from simulator.aggregate import aggregate
from simulator.direct_judge import forecast
from simulator.journal import SURROGATES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from simulator.export.records import Record
    from simulator.export.selection import Ties
    from simulator.export.tracing.decision import Decision

__all__ = ["expected_of", "misfits", "out_of_place", "uncounted"]

TOLERANCE = 1e-6
"""Of shares and probabilities; a journal keeps nine decimals."""
LONGEST, BEFORE = 80, 20
"""Characters of a value that are told, and of those before the place where two part."""
BALLOT = ("persona", "choice", "shares", "order", "reason", "round", "failure", "norms")


def uncounted(record: Record) -> str:
    """Return in what a record's shares are not those that its ballots give; empty where they are."""
    size, before = record.item.size, record.preference
    if record.prior is None:
        counted = forecast(record.ballots, size)
    else:
        counted = aggregate(record.ballots, size, prior=record.prior)
    for name in ("shares", "low", "high", "ballots", "abstentions", "failures"):
        said, follows = getattr(before, name), getattr(counted, name)
        if not _same(said, follows):
            told, gives = _apart(said, follows)
            return (
                f"the ballots of {record.community} on {record.item.item} give the {name} {gives}, "
                f"and the journal says {told}"
            )
    return ""


def misfits(row: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Return each column in which a row is not what it must be by the journal."""
    found = []
    for name, follows in expected.items():
        if name not in row:
            found.append(f"the row has no column {name}")
        elif not _same(row[name], follows):
            told, must = _apart(row[name], follows)
            found.append(f"{name} is {told}, and by the journal it is {must}")
    return found


def out_of_place(config: str, decision: Decision, *, ties: Ties) -> str:
    """Return why a row should not be there by what was asked; empty where it should.

    Args:
        decision: what the community says of the row's order, or of its label.
        ties: whether ties were dropped, or kept with their soft label.
    """
    if decision.close:
        return ""
    if decision.lead < 0:
        return f"the ballots say the opposite: the {'order' if config == 'preference' else 'label'} is turned round"
    if decision.verdict == "tie" and (config == "unpaired" or ties == "drop"):
        return "by what was asked of the data, this is a tie and was to be dropped"
    return ""


def expected_of(
    config: str,
    record: Record,
    *,
    indices: Sequence[int],
    decision: Decision | None,
    elsewhere: Sequence[Decision],
    run: str,
    predictor: str,
    system: str | None,
    title: str,
) -> dict[str, Any]:
    """Return the columns that a row must have; those that hang on a rounding are left out.

    Args:
        indices: the candidates that the row is of: chosen and rejected, the labelled one, or none.
        decision: what the community says of them, of a labelled one as if it were a good one.
        elsewhere: what each other community says that has ballots.
        run: the run's identity. ``predictor``: what made the ballots.
        system: the system message that the prompt begins with; None where it has none.
        title: what the community calls itself.
    """
    item, community = record.item, record.community
    name = "-".join(map(str, indices))
    expected: dict[str, Any] = {
        "community": community,
        "item": item.item,
        "prompt_id": record.prompt,
        "row": f"{item.item}/{community}/{name}" if name else f"{item.item}/{community}",
        "run": run,
        "predictor": predictor,
        "prompt": _prompt(record, system),
    }
    if config == "full":
        return expected | _full(record, title)
    assert decision is not None
    if config == "unpaired":
        return expected | _unpaired(record, indices[0], decision)
    return expected | _preference(record, indices, decision, elsewhere)


def _prompt(record: Record, system: str | None) -> list[dict[str, str]]:
    item = record.item
    said = [{"role": turn.role, "content": turn.text} for turn in item.turns]
    first = [] if system is None else [{"role": "system", "content": system}]
    return [*first, *said, {"role": "user", "content": item.query}]


def _answer(record: Record, index: int) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": record.item.options[index].text}]


def _preference(
    record: Record, indices: Sequence[int], decision: Decision, elsewhere: Sequence[Decision]
) -> dict[str, Any]:
    chosen, rejected = indices
    shares = record.preference.shares
    expected: dict[str, Any] = {
        "chosen": _answer(record, chosen),
        "rejected": _answer(record, rejected),
        "chosen_index": chosen,
        "rejected_index": rejected,
        "share_chosen": shares[chosen],
        "share_rejected": shares[rejected],
        "vote_share": decision.vote_share,
        "soft_label": decision.probability,
        "judged_by": 1 + len(elsewhere),
    }
    if not decision.close:
        expected["tie"] = decision.verdict == "tie"
        if not any(other.close for other in elsewhere):
            against = [other for other in elsewhere if other.verdict == "against"]
            count = 0 if expected["tie"] else len(against)
            expected |= {"against": count, "disputed": count > 0}
    return expected


def _unpaired(record: Record, index: int, decision: Decision) -> dict[str, Any]:
    expected: dict[str, Any] = {
        "completion": _answer(record, index),
        "index": index,
        "share": record.preference.shares[index],
        "soft_label": decision.probability,
    }
    if not decision.close:
        expected["label"] = decision.lead > 0
    return expected


def _full(record: Record, title: str) -> dict[str, Any]:
    preference, size, measured = record.preference, record.item.size, record.diversity
    bounds = zip(preference.low or [None] * size, preference.high or [None] * size, strict=True)
    return {
        "candidates": [
            {
                "text": option.text,
                "share": share,
                "low": low,
                "high": high,
                "post": option.post,
                "writer": option.writer,
            }
            for option, share, (low, high) in zip(record.item.options, preference.shares, bounds, strict=True)
        ],
        "ballots": [{name: getattr(ballot, name) for name in BALLOT} for ballot in record.ballots],
        "ballots_cast": preference.ballots,
        "abstentions": preference.abstentions,
        "failures": preference.failures,
        "rounds": record.rounds,
        "community_title": title,
        "similarity": measured.similarity if measured else None,
        "vendi": measured.vendi if measured else None,
    }


def _same(one: Any, other: Any) -> bool:
    """Tell whether a value is the ``other``, but for a rounding and for what no file can hold."""
    if isinstance(one, bool) or isinstance(other, bool) or one is None or other is None:
        return one is other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return math.isclose(one, other, rel_tol=0, abs_tol=TOLERANCE)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return all(name in one and _same(one[name], value) for name, value in other.items())
    if isinstance(one, str) and isinstance(other, str):
        return one == SURROGATES.sub("\ufffd", other)  # as no file holds half a character
    return bool(one == other)


def _apart(one: Any, other: Any) -> tuple[str, str]:
    """Return two values as texts, from a little before where they part."""
    texts = [json.dumps(_plain(value), ensure_ascii=False) for value in (one, other)]
    shared = next(
        (place for place, (a, b) in enumerate(zip(*texts, strict=False)) if a != b), min(map(len, texts))
    )
    start = max(0, shared - BEFORE) if max(map(len, texts)) > LONGEST else 0
    first, second = (_excerpt(text, start) for text in texts)
    return first, second


def _excerpt(text: str, start: int) -> str:
    shown = text[start : start + LONGEST]
    return f"{'…' if start else ''}{shown}{'…' if start + LONGEST < len(text) else ''}"


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 6)
    if isinstance(value, list | tuple):
        return [_plain(part) for part in value]
    return value
