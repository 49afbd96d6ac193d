"""Populations whose opinions are planted, so that it is known which level must win, and by how much."""

from __future__ import annotations

import numpy as np
import pytest

from bench.granularity.groups import Groups, count_votes
from bench.granularity.trial import NEVER, Trial
from bench.granularity.votes import PlaceVotes
from personas.seeds import derived_rng

SURE = 0.95
"""How surely people vote as they think; the least Brier score is then .95 · .05 = .0475."""


def place_of(votes, *, question=None, thread=None, given=None, names=("here",), name="town") -> PlaceVotes:
    """Return a place with these votes; every claim is a question and a thread of its own unless told else."""
    votes = np.asarray(votes, np.int8)
    people, claims = votes.shape
    number = np.arange(claims) if question is None else np.asarray(question)
    return PlaceVotes(
        place=name,
        people=tuple(f"p{row:03}" for row in range(people)),
        claims=tuple(f"c{column:03}" for column in range(claims)),
        texts=tuple(f"text {column}" for column in range(claims)),
        question=number,
        thread=number if thread is None else np.asarray(thread),
        votes=votes,
        given=np.zeros(people, np.int64) if given is None else np.asarray(given),
        given_names=names,
    )


def trial_of(place, *, tried=(0,), known=(1,), test=(), order=None) -> Trial:
    """Return a trial with the claims of ``test`` held out for everybody, the others known in order."""
    held = np.isin(np.arange(place.votes.shape[1]), test)
    rank = np.where(held, NEVER, np.cumsum(~held) - 1)
    if order is not None:
        rank = np.asarray(order)
    tried = np.asarray(tried)
    rank = np.where(place.votes[tried] != 0, rank, NEVER)
    return Trial(
        place=place,
        train=np.where(held, 0, place.votes).astype(np.int8),
        tried=tried,
        test=np.broadcast_to(held, rank.shape) & (place.votes[tried] != 0),
        rank=rank,
        known=tuple(known),
    )


def counts_of(trial, labels):
    """Return the votes counted by these labels."""
    labels = np.asarray(labels)
    return count_votes(trial, Groups(labels=labels, count=int(labels.max()) + 1, how="given"))


@pytest.fixture(scope="session")
def planted():
    """A function that plants a population: (place, vectors), people's minds being (people, topics) signs."""

    def plant(
        minds, *, claims=160, seed=3, answered=1.0, sure=SURE, name="town", given=None, names=("here",)
    ):
        minds = np.asarray(minds)
        people, topics = minds.shape
        rng = derived_rng(seed, "planted", name)
        topic = np.arange(claims) % topics
        true = np.where(minds[:, topic] > 0, sure, 1 - sure)
        votes = np.where(rng.random((people, claims)) < true, 1, -1)
        votes[rng.random((people, claims)) >= answered] = 0
        place = place_of(votes, name=name, given=given, names=names)
        return place, np.eye(topics, dtype=np.float32)[topic]

    return plant


@pytest.fixture(scope="session")
def minds():
    """Functions that return (people, 8) minds: all alike, two opposed camps, or each its own."""
    rng = derived_rng(5, "minds")
    taste = np.where(rng.random(8) < 0.5, 1, -1)
    taste[:2] = 1, -1
    return {
        "alike": lambda people: np.tile(taste, (people, 1)),
        "opposed": lambda people: np.where(np.arange(people) % 2, 1, -1)[:, None] * taste,
        "own": lambda people: np.where(derived_rng(people, "own").random((people, 8)) < 0.5, 1, -1),
    }
