"""Items, ballots and preferences: what is asked, what one persona answers, what a community prefers."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

__all__ = ["Ballot", "Item", "Option", "Preference", "Query", "RealVotes", "Turn"]

Kind = Literal["endorsement", "agreement", "choice"]


@dataclass(frozen=True, kw_only=True)
class Turn:
    """Something said before the query: by the one who asks, or in answer."""

    role: Literal["user", "assistant"]
    text: str

    def __post_init__(self) -> None:
        if self.role not in {"user", "assistant"}:
            raise InputError(f"no turn is taken by {self.role!r}", remedy="use user or assistant")


@dataclass(frozen=True, kw_only=True)
class Option:
    """One of the answers to an item.

    Args:
        text: the option as it is shown.
        claim: what is judged when it is judged, as the norms are written; the text where empty.
        polarity: 1 to endorse the claim, -1 to reject it (the "disagree" of a statement).
        post: the post of the corpus that it stems from; empty where it stems from none.
        created: when that post was written; None where unknown.
        place: in which place it was shown to those who voted, from 0; None where that is unknown or varied.
        writer: the persona that wrote it; empty where none did.
    """

    text: str
    claim: str = ""
    polarity: Literal[1, -1] = 1
    post: str = ""
    created: datetime | None = None
    place: int | None = None
    writer: str = ""

    def __post_init__(self) -> None:
        if not self.text.strip():
            raise InputError("an option is empty", remedy="give every option a text")
        if not self.claim:
            object.__setattr__(self, "claim", self.text)


@dataclass(frozen=True, kw_only=True)
class RealVotes:
    """What the real members of one community said of an item's options.

    Args:
        shares: the real preference: non-negative, one for each option, adding up to 1.
        voters: how many real choices it rests on; None where only ranks or net scores are published, and
            then there is no noise ceiling.
        up: votes for each option; empty where none are published.
        down: votes against each option; empty where none are published.
        margin: how far the most preferred option is ahead, in votes.
        low: the lower bound of each share's 95 % interval; empty where the number of voters is unknown.
        high: the upper bound of it.
    """

    shares: tuple[float, ...]
    voters: int | None
    up: tuple[int, ...] = ()
    down: tuple[int, ...] = ()
    margin: int = 0
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        _check_shares(self.shares, "real votes")


@dataclass(frozen=True, kw_only=True)
class Item:
    """A query with two or more options and, where known, the real votes of one or more communities on them.

    Args:
        item: its identity, unique among the items of a run.
        query: what is asked.
        options: two or more, no two with the same text.
        kind: ``choice`` of one option, ``agreement`` with one statement, or ``endorsement`` of each option.
        votes: the real votes by community; empty where nobody was asked.
        community: the community that it was asked in; empty where it was asked of all.
        created: when it was asked; None where unknown.
        ordered: whether the options stand on a scale, in order.
        turns: what was said before the query, the earliest first.

    >>> Item(item="1", query="Tea?", options=(Option(text="yes"), Option(text="no"))).size
    2
    """

    item: str
    query: str
    options: tuple[Option, ...]
    kind: Kind = "choice"
    votes: Mapping[str, RealVotes] = field(default_factory=dict)
    community: str = ""
    created: datetime | None = None
    ordered: bool = False
    turns: tuple[Turn, ...] = ()

    def __post_init__(self) -> None:
        if len(self.options) < 2:
            raise InputError(
                f"an item needs two or more options and has {len(self.options)}",
                where=f"item {self.item}",
                remedy="give it another option",
            )
        texts = [option.text.strip() for option in self.options]
        double = next((text for text in texts if texts.count(text) > 1), None)
        if double is not None:
            raise InputError(
                f"the option {double!r} stands twice",
                where=f"item {self.item}",
                remedy="make the options differ",
            )
        for name, votes in self.votes.items():
            if len(votes.shares) != len(self.options):
                raise InputError(
                    f"{name} has shares of {len(votes.shares)} options, the item has {len(self.options)}",
                    where=f"item {self.item}",
                    remedy="give one share an option",
                )

    @property
    def size(self) -> int:
        """The number of options."""
        return len(self.options)


@dataclass(frozen=True, kw_only=True)
class Query:
    """An item that has no options yet: ``count`` of them are written for it, or drawn from its pool.

    Args:
        item: its identity. ``query``: what is asked. ``turns``: what was said before it.
        writer: whose personas write the options, which all communities that are asked then judge: a community's,
            or those of ``NOBODY`` (of ``simulator.room``); None for each community to write its own.
        pool: texts to draw the options from instead.
    """

    item: str
    query: str
    count: int = 4
    turns: tuple[Turn, ...] = ()
    writer: str | None = None
    pool: tuple[str, ...] = ()

    @property
    def shared(self) -> bool:
        """Whether all communities judge the same options."""
        return self.writer is not None


@dataclass(frozen=True, kw_only=True)
class Ballot:
    """One persona's judgement of an item.

    Args:
        persona: who judged.
        choice: the index of the chosen option; None for an abstention and for a judgement that failed.
        shares: how strongly each option is preferred, adding up to 1; empty without a choice.
        order: the order in which the options were shown, as indices.
        reason: why, in a sentence.
        norms: the norms that it rests on, as post identities, the weightiest first.
        round: the round of discussion in which it was cast; 0 before any discussion.
        failure: what kept the persona from judging; empty for a choice and for an abstention of its own.
        ranking: the options from the most to the least preferred; empty where no ranking was asked for.
        ratings: how each option was rated, from 0 to 10; empty where no rating was asked for.
        weighed: whether the shares are the model's own probabilities and not one chosen option.
        heard: the personas whose ballots it was shown before it cast this one.
        moved_by: those of them that it says changed its mind; empty where it did not.
        asked_again: whether the persona was asked again with the options in reverse.
        again: what it chose then; None where it chose nothing or was not asked.
    """

    persona: str
    choice: int | None
    shares: tuple[float, ...] = ()
    order: tuple[int, ...] = ()
    reason: str = ""
    norms: tuple[str, ...] = ()
    round: int = 0
    failure: str = ""
    ranking: tuple[int, ...] = ()
    ratings: tuple[float, ...] = ()
    weighed: bool = False
    heard: tuple[str, ...] = ()
    moved_by: tuple[str, ...] = ()
    asked_again: bool = False
    again: int | None = None

    def __post_init__(self) -> None:
        if self.choice is None:
            if self.shares:
                raise InputError("an abstention carries shares", where=f"ballot of {self.persona}")
            return
        if self.failure:
            raise InputError("a failed judgement carries a choice", where=f"ballot of {self.persona}")
        _check_shares(self.shares, f"ballot of {self.persona}")
        if not 0 <= self.choice < len(self.shares):
            raise InputError(
                f"the choice {self.choice} is none of {len(self.shares)} options",
                where=f"ballot of {self.persona}",
            )


@dataclass(frozen=True, kw_only=True)
class Preference:
    """A distribution over an item's options, with its uncertainty.

    Args:
        shares: the share of each option, adding up to 1.
        low: the lower bound of each share's 95 % interval; empty where a predictor gives none.
        high: the upper bound of it.
        ballots: how many ballots it rests on; 0 for a predictor that casts none.
        abstentions: how many personas abstained.
        failures: how many judgements failed.
    """

    shares: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()
    ballots: int = 0
    abstentions: int = 0
    failures: int = 0

    def __post_init__(self) -> None:
        _check_shares(self.shares, "preference")

    @property
    def top(self) -> int:
        """The index of the option with the largest share; the first of them where several are equal."""
        return max(range(len(self.shares)), key=lambda index: self.shares[index])


def _check_shares(shares: tuple[float, ...], where: str) -> None:
    if not shares or not all(math.isfinite(share) and share >= 0 for share in shares):
        raise InputError(f"{shares} are no shares", where=where, remedy="give finite, non-negative numbers")
    if abs(math.fsum(shares) - 1) > 1e-6:
        raise InputError(
            f"{shares} add up to {math.fsum(shares)}", where=where, remedy="make them add up to 1"
        )
