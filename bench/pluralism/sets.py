"""Sets of answers to an item's query: several models' answers from a file, an item's own options, or drawn ones."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from simulator.item import Item

__all__ = [
    "ANSWERS",
    "INDEPENDENT",
    "NEGATIVE",
    "OPTIONS",
    "Answer",
    "CandidateSet",
    "ReadAnswers",
    "option_sets",
    "read_answers",
]

ANSWERS = "the models' answers"
OPTIONS = "the items' own options"
INDEPENDENT = "independent draws"
NEGATIVE = "negatively correlated draws"
LONGEST_LINE = 4_000_000


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer; ``model`` is who gave it, empty where the set as a whole has one author."""

    text: str
    model: str = ""


@dataclass(frozen=True, kw_only=True)
class CandidateSet:
    """Answers to one item's query.

    Args:
        of: where the set comes from, as every table names it.
        item: the item's identity.
        answers: at least one; samples of one model may be alike.
        community: the community that it was drawn for; empty for a set that is the same for all.
    """

    of: str
    item: str
    answers: tuple[Answer, ...]
    community: str = ""

    @property
    def texts(self) -> list[str]:
        """What the answers say."""
        return [answer.text for answer in self.answers]

    def by(self, model: str) -> CandidateSet:
        """Return what one model answered, which may be nothing."""
        return replace(self, answers=tuple(answer for answer in self.answers if answer.model == model))


@dataclass(frozen=True, kw_only=True)
class ReadAnswers:
    """The sets of a file, and how many of its lines were left out for which reason."""

    sets: tuple[CandidateSet, ...]
    models: tuple[str, ...]
    left_out: dict[str, int] = field(default_factory=dict)


def read_answers(path: str | Path, items: Iterable[Item]) -> ReadAnswers:
    """Read models' answers from JSON Lines, each with ``text``, ``model``, and ``item`` or ``query``.

    A line with ``item`` answers the item of that identity, one with ``query`` alone all items that ask just that.
    Each item's answers are one set. Lines that cannot be used are left out and counted.

    Raises:
        InputError: the file cannot be read, or no line answers an item.
    """
    named, asking = _known(items)
    found: dict[str, list[Answer]] = {}
    left_out: Counter[str] = Counter()
    first = ""
    for number, line in enumerate(_lines(Path(path)), start=1):
        if not line.strip():
            continue
        told = _read(line)
        if isinstance(told, str):
            left_out[told] += 1
            first = first or f"line {number}: {told}"
            continue
        answered = (
            [told["item"]] if told["item"] in named else [] if told["item"] else asking.get(told["query"], [])
        )
        if not answered:
            left_out["an item that is not analysed"] += 1
        for item in answered:
            found.setdefault(item, []).append(Answer(text=told["text"], model=told["model"]))
    if not found:
        raise InputError(
            f"no line answers an item ({first or 'none has the identity or the query of one'})",
            where=str(path),
            remedy='write a line an answer: {"item": …, "model": …, "text": …}, or with "query" in place of "item"',
        )
    sets = tuple(
        CandidateSet(of=ANSWERS, item=item, answers=tuple(answers)) for item, answers in sorted(found.items())
    )
    models = tuple(sorted({answer.model for each in sets for answer in each.answers}))
    return ReadAnswers(sets=sets, models=models, left_out=dict(sorted(left_out.items())))


def option_sets(items: Iterable[Item]) -> tuple[CandidateSet, ...]:
    """Return the options of items as candidate sets, as where a dataset publishes what a model had offered.

    Items to agree or disagree with have none: both of their options are about one statement.
    """
    return tuple(
        CandidateSet(
            of=OPTIONS, item=item.item, answers=tuple(Answer(text=option.text) for option in item.options)
        )
        for item in items
        if item.kind != "agreement"
    )


def _known(items: Iterable[Item]) -> tuple[set[str], dict[str, list[str]]]:
    named: set[str] = set()
    asking: dict[str, list[str]] = {}
    for item in items:
        named.add(item.item)
        asking.setdefault(item.query.strip(), []).append(item.item)
    return named, asking


def _lines(path: Path) -> Iterable[str]:
    try:
        with path.open(encoding="utf-8-sig") as file:
            while line := file.readline(LONGEST_LINE):
                if len(line) == LONGEST_LINE:
                    raise InputError("a line is too long", where=str(path), remedy="write one answer a line")
                yield line
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            "it cannot be read", where=str(path), remedy="save the answers as UTF-8 JSON Lines"
        ) from error


def _read(line: str) -> dict[str, str] | str:
    """Return what a line says, or why it cannot be used."""
    try:
        data: Any = json.loads(line)
    except (ValueError, RecursionError):
        return "no JSON"
    if not isinstance(data, dict):
        return "no JSON object"
    told = {name: data.get(name, "") for name in ("item", "query", "model", "text")}
    wrong: Sequence[str] = [name for name, value in told.items() if not isinstance(value, str)]
    if wrong:
        return f"its {wrong[0]} is no text"
    plain = {name: value.strip() for name, value in told.items()}
    missing = [name for name in ("text", "model") if not plain[name]]
    if missing:
        return f"without {missing[0]}"
    return plain if plain["item"] or plain["query"] else "without item or query"
