"""Why a persona of the offline engine chose as it did: the same figures again, this time with all that they rest on.

Nothing here is written by anybody: an account lists the norms that weighed for each option, with their weights, and
whom the persona heard in discussion. A language-model persona is asked itself (``simulator.interview``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from personas.errors import InputError
from personas.persona import remember
from personas.profiling import split_sentences
from simulator.judge import norm_scores
from simulator.retrieval import retrieve

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from personas.embedding import Embedder
    from personas.norms import Norm
    from simulator.item import Ballot, Item
    from simulator.retrieval import Retrieved
    from simulator.room import Room
    from simulator.settings import Settings

__all__ = [
    "Account",
    "Heard",
    "OptionAccount",
    "RoundAccount",
    "Weighed",
    "account",
    "ballots_of",
    "place_of",
]

LISTED = 3
"""Norms of each option that are told one by one, unless asked otherwise."""
CLOSE = 1e-4
"""Shares that differ by less are the same: an embedding's last digits differ with its batch and in its cache."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Weighed:
    """A norm that weighed in a persona's judgement of an option.

    Args:
        norm: what was said, how it was endorsed, on how many votes.
        sentence: that one of its sentences that is nearest to the option; all it says where it has but one.
        weight: its part of all weight on this option, in [0, 1].
        cosine: how near it is to the option.
        times: how often the persona remembers it.
        own: whether the persona's own member wrote it.
    """

    norm: Norm
    sentence: str
    weight: float
    cosine: float
    times: int
    own: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class OptionAccount:
    """How an option came to its share before any discussion.

    Args:
        option: its index. ``text``: what it says.
        score: the weighted mean of the endorsements of what the persona remembers near it, in [0, 1]; one minus
            that where the option rejects its claim; None where it remembers nothing near.
        share: the score over the sum of all options' scores; None without a score.
        against: whether the option rejects its claim, so that endorsed norms speak against it.
        weighed: how many norms weighed in all. ``norms``: the weightiest of them, first the weightiest.
    """

    option: int
    text: str
    score: float | None
    share: float | None
    against: bool
    weighed: int
    norms: tuple[Weighed, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Heard:
    """Somebody whom the persona heard in a round of discussion.

    Args:
        persona: who. ``weight``: how much of the persona's listening goes to it, in [0, 1].
        choice: what it held before the round. ``shares``: how strongly it preferred each option.
        moved: whether it is one of those that changed the persona's mind.
    """

    persona: str
    weight: float
    choice: int | None
    shares: tuple[float, ...]
    moved: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class RoundAccount:
    """What the persona held after a round of discussion, and whom it had heard, the most heard first."""

    round: int
    choice: int | None
    shares: tuple[float, ...]
    heard: tuple[Heard, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Account:
    """Why a persona of the offline engine chose as it did.

    Args:
        community: whose item it judged. ``persona``: who judged. ``choice``: what it held in the end.
        sharpness: τ, how fast a norm's weight falls with its distance.
        susceptibility: how far its opinion follows its neighbours instead of the norms, in [0, 1].
        remembered: how many different norms it remembers, of ``known`` that its community has.
        options: how each option came to its share before any discussion.
        rounds: what came of each round of discussion; the first is that before any.
        agrees: whether the shares are, to four decimals, those of the ballot that was cast.
    """

    item: str
    community: str
    persona: str
    choice: int | None
    sharpness: float
    susceptibility: float
    remembered: int
    known: int
    options: tuple[OptionAccount, ...]
    rounds: tuple[RoundAccount, ...]
    agrees: bool


def account(
    item: Item,
    room: Room,
    ballots: Sequence[Ballot],
    persona: str,
    *,
    settings: Settings,
    embedder: Embedder,
    sharpness: float,
    listed: int = LISTED,
) -> Account:
    """Return why a persona of the offline engine chose as it did.

    Its memory is drawn again, the norms are found again, and each option is scored again by the definition in
    ``simulator.judge.NormJudge``; what comes of it is held against the ballot that was cast.

    Args:
        item: what was judged. ``room``: of the community that judged it, as in the run.
        ballots: all of the panel's on this item, of every round.
        persona: who is asked.
        sharpness: τ of the run.
        listed: how many norms of each option are told one by one, the weightiest.

    Raises:
        InputError: the persona is none of the panel's, or cast no ballot.
    """
    own = ballots_of(ballots, persona)
    place = place_of(room, persona)
    norms = retrieve(item, room.store, embedder, keep=settings.keep)
    memories = remember(room.panel, room.store, seed=settings.seed)
    options = _options(item, room, place, norms, memories, embedder, sharpness, listed)
    return Account(
        item=item.item,
        community=room.community,
        persona=persona,
        choice=own[-1].choice,
        sharpness=sharpness,
        susceptibility=room.susceptibility,
        remembered=int((memories[place] > 0).sum()),
        known=len(room.store.norms),
        options=options,
        rounds=_rounds(room, place, ballots, own),
        agrees=_agrees(options, own[0]),
    )


def ballots_of(ballots: Sequence[Ballot], persona: str) -> list[Ballot]:
    """Return one persona's ballots, the earliest round first.

    Raises:
        InputError: it cast none.
    """
    own = sorted((ballot for ballot in ballots if ballot.persona == persona), key=lambda ballot: ballot.round)
    if not own:
        there = ", ".join(sorted({ballot.persona for ballot in ballots})) or "nobody"
        raise InputError(
            f"{persona!r} cast no ballot on this item", where="--persona", remedy=f"these did: {there}"
        )
    return own


def place_of(room: Room, persona: str) -> int:
    """Return where a persona stands in its panel, from 0.

    Raises:
        InputError: it is none of the panel's.
    """
    names = [each.persona for each in room.panel.personas]
    if persona not in names:
        raise InputError(
            f"no persona of {room.community} is named {persona!r}",
            where="--persona",
            remedy=f"its panel is: {', '.join(names)}",
        )
    return names.index(persona)


def _options(
    item: Item,
    room: Room,
    place: int,
    norms: Retrieved,
    memories: NDArray[np.int64],
    embedder: Embedder,
    sharpness: float,
    listed: int,
) -> tuple[OptionAccount, ...]:
    scores, weights = norm_scores(norms, memories[place : place + 1], sharpness=sharpness)
    turned = np.array([option.polarity < 0 for option in item.options])
    found = np.where(turned, 1 - scores[0], scores[0])
    counted = bool(np.isfinite(found).all() and found.sum() > 0)
    sentences = _Sentences(embedder)
    return tuple(
        OptionAccount(
            option=number,
            text=option.text,
            score=float(found[number]) if np.isfinite(found[number]) else None,
            share=float(found[number] / found.sum()) if counted else None,
            against=option.polarity < 0,
            weighed=int((weights[0, number] > 0).sum()),
            norms=_weighed(option.claim, number, room, place, norms, memories, weights[0], sentences, listed),
        )
        for number, option in enumerate(item.options)
    )


def _weighed(
    claim: str,
    option: int,
    room: Room,
    place: int,
    norms: Retrieved,
    memories: NDArray[np.int64],
    weights: NDArray[np.float64],
    sentences: _Sentences,
    listed: int,
) -> tuple[Weighed, ...]:
    """Return the weightiest norms of an option, those of equal weight in the order in which they are near."""
    row, total = weights[option], float(weights[option].sum())
    member = room.panel.personas[place].member
    found = []
    for column in np.argsort(-row, kind="stable")[:listed].tolist():
        if row[column] <= 0:
            break
        index = int(norms.indices[option, column])
        norm = room.store.norms[index]
        found.append(
            Weighed(
                norm=norm,
                sentence=sentences.nearest(norm, claim),
                weight=float(row[column]) / total,
                cosine=float(norms.cosines[option, column]),
                times=int(memories[place, index]),
                own=bool(member) and norm.author == member,
            )
        )
    return tuple(found)


class _Sentences:
    """Finds the one sentence of a norm that is nearest to what an option claims."""

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder

    def nearest(self, norm: Norm, claim: str) -> str:
        pieces = split_sentences(norm.text)
        if len(pieces) < 2:
            return pieces[0] if pieces else norm.text or norm.title
        vectors = self._embedder.embed([claim, *pieces])
        return pieces[int(np.argmax(vectors[1:] @ vectors[0]))]


def _rounds(
    room: Room, place: int, ballots: Sequence[Ballot], own: Sequence[Ballot]
) -> tuple[RoundAccount, ...]:
    by_round: dict[int, dict[str, Ballot]] = {}
    for ballot in ballots:
        by_round.setdefault(ballot.round, {})[ballot.persona] = ballot
    names = {persona.persona: number for number, persona in enumerate(room.panel.personas)}
    return tuple(
        RoundAccount(
            round=ballot.round,
            choice=ballot.choice,
            shares=ballot.shares,
            heard=_heard(room, place, ballot, by_round.get(ballot.round - 1, {}), names),
        )
        for ballot in own
    )


def _heard(
    room: Room, place: int, ballot: Ballot, before: dict[str, Ballot], names: dict[str, int]
) -> tuple[Heard, ...]:
    """Return whom a persona heard before it cast a ballot, each with its part of the bond weight to all of them."""
    known = [(name, before[name]) for name in ballot.heard if name in before and name in names]
    weights = [float(room.ties[place, names[name]]) for name, _ in known]
    total = sum(weights) or 1.0
    heard = [
        Heard(
            persona=name,
            weight=weight / total,
            choice=other.choice,
            shares=other.shares,
            moved=name in ballot.moved_by,
        )
        for (name, other), weight in zip(known, weights, strict=True)
    ]
    return tuple(sorted(heard, key=lambda each: (-each.weight, each.persona)))


def _agrees(options: Sequence[OptionAccount], first: Ballot) -> bool:
    """Tell whether the shares that were worked out again are those of the ballot cast before any discussion."""
    shares = [option.share for option in options]
    if first.choice is None:
        return any(share is None for share in shares)
    return len(shares) == len(first.shares) and all(
        share is not None and abs(share - cast) < CLOSE
        for share, cast in zip(shares, first.shares, strict=True)
    )
