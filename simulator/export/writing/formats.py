"""The three kinds of rows, column by column, as TRL and ``datasets`` take them.

No column is named as anything that TRL's trainers read besides what they are meant to read (a ``margin`` would be
added to the reward model's loss, ``images`` would make the data one of pictures), so all columns can stay in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pyarrow as pa

    from simulator.export.choosing.pairs import Mark, Pair
    from simulator.export.records import Record
    from simulator.item import Ballot

__all__ = [
    "COLUMNS",
    "Columns",
    "Facts",
    "arrow_schema",
    "feature_list",
    "full_row",
    "preference_rows",
    "unpaired_rows",
]

Kind = str | list[Any]
"""A scalar by its name, or a list of scalars or of records with named fields: ``["int32"]``."""
Columns = dict[str, Kind]
Row = dict[str, Any]
Message = dict[str, str]

MESSAGES: Kind = [{"role": "string", "content": "string"}]
PREFERENCE: Columns = {
    "prompt": MESSAGES,
    "chosen": MESSAGES,
    "rejected": MESSAGES,
    "community": "string",
    "soft_label": "float64",
    "vote_share": "float64",
    "share_chosen": "float64",
    "share_rejected": "float64",
    "tie": "bool",
    "disputed": "bool",
    "judged_by": "int32",
    "against": "int32",
    "row": "string",
    "prompt_id": "string",
    "item": "string",
    "chosen_index": "int32",
    "rejected_index": "int32",
    "run": "string",
    "predictor": "string",
}
UNPAIRED: Columns = {
    "prompt": MESSAGES,
    "completion": MESSAGES,
    "label": "bool",
    "soft_label": "float64",
    "share": "float64",
    "community": "string",
    "row": "string",
    "prompt_id": "string",
    "item": "string",
    "index": "int32",
    "run": "string",
    "predictor": "string",
}
CANDIDATE = {
    "text": "string",
    "share": "float64",
    "low": "float64",
    "high": "float64",
    "post": "string",
    "writer": "string",
}
BALLOT = {
    "persona": "string",
    "choice": "int32",
    "shares": ["float64"],
    "order": ["int32"],
    "reason": "string",
    "round": "int32",
    "failure": "string",
    "norms": ["string"],
}
FULL: Columns = {
    "prompt": MESSAGES,
    "candidates": [CANDIDATE],
    "ballots": [BALLOT],
    "community": "string",
    "community_title": "string",
    "ballots_cast": "int32",
    "abstentions": "int32",
    "failures": "int32",
    "rounds": "int32",
    "similarity": "float64",
    "vendi": "float64",
    "row": "string",
    "prompt_id": "string",
    "item": "string",
    "run": "string",
    "predictor": "string",
}
COLUMNS: dict[str, Columns] = {"preference": PREFERENCE, "unpaired": UNPAIRED, "full": FULL}
"""The columns of each configuration, in their order."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What every row says of where it comes from.

    Args:
        run: the run's identity. ``predictor``: what judged.
        titles: what communities call themselves, by name; one that is absent has none.
    """

    run: str
    predictor: str
    titles: Mapping[str, str] = field(default_factory=dict)


def arrow_schema(columns: Columns) -> pa.Schema:
    """Return the Arrow schema of ``columns``.

    >>> arrow_schema({"label": "bool"}).field("label").type
    DataType(bool)
    """
    import pyarrow as pa

    return pa.schema([pa.field(name, _arrow_type(kind)) for name, kind in columns.items()])


def feature_list(columns: Columns) -> list[dict[str, Any]]:
    """Return ``columns`` as the features that ``datasets`` reads from a card.

    >>> feature_list({"label": "bool", "norms": ["string"]})
    [{'name': 'label', 'dtype': 'bool'}, {'name': 'norms', 'list': 'string'}]
    """
    return [{"name": name, **_feature(kind)} for name, kind in columns.items()]


def preference_rows(
    record: Record, pairs: Iterable[Pair], facts: Facts, *, steering: str | None = None
) -> Iterator[Row]:
    """Yield one row for each of a record's pairs.

    Args:
        record: one community's judgement of one candidate set.
        pairs: of its candidates.
        facts: what every row says.
        steering: the system message that begins the prompt; None for none.
    """
    origin, prompt = _origin(record, facts), _prompt(record, steering)
    answers, shares = _answers(record), record.preference.shares
    for pair in pairs:
        yield {
            "prompt": prompt,
            "chosen": answers[pair.chosen],
            "rejected": answers[pair.rejected],
            "soft_label": _number(pair.probability),
            "vote_share": float(pair.vote_share),
            "share_chosen": float(shares[pair.chosen]),
            "share_rejected": float(shares[pair.rejected]),
            "tie": bool(pair.tie),
            "disputed": bool(pair.disputed),
            "judged_by": int(pair.judged_by),
            "against": int(pair.against),
            "row": f"{record.item.item}/{record.community}/{pair.chosen}-{pair.rejected}",
            "chosen_index": int(pair.chosen),
            "rejected_index": int(pair.rejected),
            **origin,
        }


def unpaired_rows(
    record: Record, marks: Iterable[Mark], facts: Facts, *, steering: str | None = None
) -> Iterator[Row]:
    """Yield one row for each of a record's marked candidates; one that is neither good nor bad gives none.

    The arguments are those of ``preference_rows``, with marks for pairs.
    """
    origin, prompt, answers = _origin(record, facts), _prompt(record, steering), _answers(record)
    for mark in marks:
        if mark.label is not None:
            yield {
                "prompt": prompt,
                "completion": answers[mark.candidate],
                "label": bool(mark.label),
                "soft_label": _number(mark.probability),
                "share": float(mark.share),
                "row": f"{record.item.item}/{record.community}/{mark.candidate}",
                "index": int(mark.candidate),
                **origin,
            }


def full_row(record: Record, facts: Facts, *, steering: str | None = None) -> Row:
    """Return all that is known of one community's judgement of one candidate set, as one row."""
    preference, diversity = record.preference, record.diversity
    return {
        "prompt": _prompt(record, steering),
        "candidates": [_candidate(record, index) for index in range(record.item.size)],
        "ballots": [_ballot(ballot) for ballot in record.ballots],
        "community_title": facts.titles.get(record.community, ""),
        "ballots_cast": int(preference.ballots),
        "abstentions": int(preference.abstentions),
        "failures": int(preference.failures),
        "rounds": int(record.rounds),
        "similarity": _number(diversity.similarity if diversity else None),
        "vendi": _number(diversity.vendi if diversity else None),
        "row": f"{record.item.item}/{record.community}",
        **_origin(record, facts),
    }


def _origin(record: Record, facts: Facts) -> Row:
    return {
        "community": record.community,
        "prompt_id": record.prompt,
        "item": record.item.item,
        "run": facts.run,
        "predictor": facts.predictor,
    }


def _prompt(record: Record, steering: str | None) -> list[Message]:
    system = [_message("system", steering)] if steering is not None else []
    turns = [_message(turn.role, turn.text) for turn in record.item.turns]
    return [*system, *turns, _message("user", record.item.query)]


def _answers(record: Record) -> list[list[Message]]:
    return [[_message("assistant", option.text)] for option in record.item.options]


def _message(role: str, content: str) -> Message:
    return {"role": role, "content": content}


def _candidate(record: Record, index: int) -> Row:
    option, preference = record.item.options[index], record.preference
    return {
        "text": option.text,
        "share": float(preference.shares[index]),
        "low": float(preference.low[index]) if preference.low else None,
        "high": float(preference.high[index]) if preference.high else None,
        "post": option.post,
        "writer": getattr(option, "writer", ""),
    }


def _ballot(ballot: Ballot) -> Row:
    return {
        "persona": ballot.persona,
        "choice": ballot.choice,
        "shares": [float(share) for share in ballot.shares],
        "order": list(ballot.order),
        "reason": ballot.reason,
        "round": ballot.round,
        "failure": ballot.failure,
        "norms": list(ballot.norms),
    }


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def _arrow_type(kind: Kind | dict[str, Kind]) -> pa.DataType:
    import pyarrow as pa

    if isinstance(kind, list):
        return pa.list_(_arrow_type(kind[0]))
    if isinstance(kind, dict):
        return pa.struct([pa.field(name, _arrow_type(inner)) for name, inner in kind.items()])
    return pa.type_for_alias(kind)


def _feature(kind: Kind) -> dict[str, Any]:
    if isinstance(kind, str):
        return {"dtype": kind}
    inner = kind[0]
    return {"list": feature_list(inner) if isinstance(inner, dict) else inner}
