"""What is held out, who is tried, and in which order a person's choices become known.

Two settings answer two questions. *statements*: nobody's vote on a held-out statement is seen; what would these
people say of something new? *votes*: only the tried person's own votes are held out; what would this person say of
something that others have voted on?
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from personas.errors import InputError
from personas.seeds import derived_rng

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from bench.granularity.votes import PlaceVotes

__all__ = ["HELD_OUT", "SHARES", "HeldOut", "Trial", "make_trial"]

HeldOut = Literal["statements", "votes"]
HELD_OUT: tuple[HeldOut, ...] = ("statements", "votes")
SHARES: dict[HeldOut, float] = {"statements": 0.5, "votes": 0.2}
"""The share that is held out where none is asked for: of a place's threads, or of a person's answers."""
LEAST_HELD_OUT = 5
"""Answers that must be held out of a person whose predictions are scored."""
LEAST_PEOPLE = 20
"""A number of known choices is studied in a place where so many people have as many."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Trial:
    """A place with votes held out, and T people who are tried, the same at every number of known choices.

    Args:
        place: the whole votes; what predicts reads ``train`` alone.
        train: (P, C) the votes that may be learned from; 0 where a vote is held out.
        tried: (T,) the rows of the people who are tried.
        test: (T, C) which claims of each of them are held out and scored.
        rank: (T, C) when a claim's answer becomes known, from 0; a large number where it never does.
        known: the numbers of known choices that all of them have, ascending.
    """

    place: PlaceVotes
    train: NDArray[np.int8]
    tried: NDArray[np.int64]
    test: NDArray[np.bool_]
    rank: NDArray[np.int64]
    known: tuple[int, ...]

    @property
    def own(self) -> NDArray[np.int8]:
        """(T, C) what may be learned of the tried people's own votes."""
        return self.train[self.tried]

    def shown(self, known: int) -> NDArray[np.bool_]:
        """Return (T, C) which answers are known when each person's first ``known`` are."""
        return self.rank < known


NEVER = np.iinfo(np.int64).max


def make_trial(
    place: PlaceVotes,
    *,
    held_out: HeldOut,
    known: Sequence[int],
    share: float | None = None,
    people: int = 300,
    seed: int,
) -> Trial | None:
    """Return the trial of a place; None where too few people have answered enough.

    The largest number of known choices that 20 people have decides who is tried: those who have as many, and
    five held-out answers, at most ``people`` of them, drawn at random. So the curve over the known choices is
    one of the same people. Their choices become known in a random order, so that fewer are part of more.

    Args:
        place: its votes.
        held_out: ``statements``: a share of the threads, for everybody; ``votes``: a share of each tried
            person's own answers.
        known: how many known choices to try.
        share: how much is held out: .5 of the threads, .2 of the answers where None.
        people: how many people of a place are tried, at the most.
        seed: what every draw is derived from.

    Raises:
        InputError: the share is not between 0 and 1, or a number of known choices is below 1.
    """
    share = SHARES[held_out] if share is None else share
    if not 0 < share < 1:
        raise InputError(f"a share of {share}", where="--share", remedy="choose one between 0 and 1")
    if not known or min(known) < 1:
        raise InputError(f"{list(known)} known choices", where="--known", remedy="give numbers from 1 on")
    keys = _keys(place, seed)
    hidden = (
        _hidden_statements(place, share, seed) if held_out == "statements" else _hidden_votes(keys, share)
    )
    return _tried(place, hidden, keys, sorted(set(known)), people, seed, everybody=held_out == "statements")


def _keys(place: PlaceVotes, seed: int) -> NDArray[np.float64]:
    """Return (P, Q) random keys of the answers, by person; infinite where there is no answer."""
    answered = place.votes[:, place.first] != 0
    keys = derived_rng(seed, "known choices", place.place).random(answered.shape)
    return np.where(answered, keys, np.inf)


def _hidden_statements(place: PlaceVotes, share: float, seed: int) -> NDArray[np.bool_]:
    """Return (P, Q) the questions of a random share of the threads, the same for everybody."""
    threads = int(place.thread.max()) + 1
    order = derived_rng(seed, "held out", place.place).permutation(threads)
    hidden = np.isin(place.thread[place.first], order[: round(threads * share)])
    return np.broadcast_to(hidden, (len(place.people), hidden.size))


def _hidden_votes(keys: NDArray[np.float64], share: float) -> NDArray[np.bool_]:
    """Return (P, Q) the last share of each person's answers, in their random order."""
    rank = _ranked(keys)
    answers = np.isfinite(keys).sum(axis=1, keepdims=True)
    return np.asarray(np.isfinite(keys) & (rank >= answers - np.round(answers * share)))


def _ranked(keys: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the rank of each key in its row, from 0."""
    order = np.argsort(keys, axis=1, kind="stable")
    ranks = np.empty_like(order)
    np.put_along_axis(ranks, order, np.broadcast_to(np.arange(keys.shape[1]), keys.shape), axis=1)
    return ranks.astype(np.int64)


def _tried(
    place: PlaceVotes,
    hidden: NDArray[np.bool_],
    keys: NDArray[np.float64],
    known: Sequence[int],
    people: int,
    seed: int,
    *,
    everybody: bool,
) -> Trial | None:
    answered = np.isfinite(keys)
    open_answers = np.where(hidden, np.inf, keys)
    has = np.isfinite(open_answers).sum(axis=1)
    ready = (hidden & answered).sum(axis=1) >= LEAST_HELD_OUT
    reached = [number for number in known if (ready & (has >= number)).sum() >= LEAST_PEOPLE]
    if not reached:
        return None
    able = np.flatnonzero(ready & (has >= reached[-1]))
    drawn = np.sort(derived_rng(seed, "tried people", place.place).permutation(able)[:people])
    lost = hidden.copy() if everybody else np.zeros_like(hidden)
    lost[drawn] = hidden[drawn]
    rank = np.where(np.isfinite(open_answers[drawn]), _ranked(open_answers[drawn]), NEVER)
    return Trial(
        place=place,
        train=np.where(lost[:, place.question], 0, place.votes).astype(np.int8),
        tried=drawn.astype(np.int64),
        test=(hidden & answered)[drawn][:, place.question],
        rank=rank[:, place.question],
        known=tuple(reached),
    )
