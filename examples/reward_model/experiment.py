"""Train every reward model of one conversation, and ask each about the same held-out pairs."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from reward_model.measuring import Kind, Resampled, Trial, agreeing, figure, pair_weights, trial
from reward_model.preferences import (
    POOL,
    WAYS,
    Preferences,
    Way,
    pooled_rows,
    preferences,
    rows_of,
    shuffled_rows,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray
    from reward_model.conversation import Conversation
    from reward_model.learner import Learner

__all__ = [
    "ALL_POOLED",
    "NEIGHBOURS",
    "OTHERS",
    "OWN",
    "POOLED",
    "SHUFFLED",
    "SIMULATION",
    "Outcome",
    "Size",
    "carried_out",
]

OWN = "its own pairs"
OTHERS = "another community's pairs"
POOLED = "all communities pooled, as many pairs"
ALL_POOLED = "all communities pooled, all their pairs"
SHUFFLED = "shuffled communities, as many pairs"
SIMULATION = "the simulation itself"
NEIGHBOURS = "the simulation of another community"


@dataclass(frozen=True, kw_only=True)
class Size:
    """How much is done.

    Args:
        rounds: how often a conversation is gone through, each time with another half hidden and another seed of
            all else: communities, panels, candidates, training.
        learned: candidate sets to learn from. ``tested``: those to test on.
        panel: the personas of each community. ``smallest``: the fewest members that make a community.
    """

    rounds: int = 5
    learned: int = 120
    tested: int = 80
    panel: int = 64
    smallest: int = 40


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """What came of one round of a conversation.

    Args:
        talk: the conversation. ``learned``: the preferences learned from, by way. ``trial``: the test.
        pairs: how many pairs a model learned from.
        rewards: by arm and the community whose pairs were learned (empty for none in particular), (C,) the
            rewards of the test's chats.
    """

    talk: Conversation
    learned: dict[Way, Preferences]
    trial: Trial
    pairs: int
    rewards: dict[tuple[str, str], list[float]] = field(default_factory=dict)
    _known: dict[tuple[str, str, Kind], Resampled] = field(default_factory=dict, repr=False)

    def measured(self, arm: str, community: str, kind: Kind) -> Resampled:
        """Return how often the models of an arm order pairs as a community does."""
        key = arm, community, kind
        if key not in self._known:
            self._known[key] = self._measured(arm, community, kind)
        return self._known[key]

    def _measured(self, arm: str, community: str, kind: Kind) -> Resampled:
        wanted = self.trial.wanted(community, kind)
        if arm == OTHERS:
            others = [name for name in self.talk.communities if name != community]
            return Resampled.mean_of(
                [self._figure(self._right(OWN, name, community, kind)) for name in others]
            )
        if arm == SIMULATION:
            return self._figure(agreeing(self.trial.simulated[community], wanted))
        if arm == NEIGHBOURS:
            told = [order for name, order in self.trial.simulated.items() if name != community]
            return Resampled.mean_of([self._figure(agreeing(each, wanted)) for each in told])
        trained_on = community if (arm, community) in self.rewards else ""
        return self._figure(self._right(arm, trained_on, community, kind))

    def over_communities(self, arm: str, kind: Kind) -> Resampled:
        """Return the mean over the communities that have any such pair."""
        return Resampled.mean_of([self.measured(arm, name, kind) for name in self.with_pairs(kind)])

    def steady(self) -> float:
        """Return how often one half of a panel agrees with its other half, on average over communities."""
        return float(np.mean([each.mean() for each in self.trial.steady.values()]))

    def counted(self, community: str, kind: Kind) -> int:
        """Return how many pairs count."""
        return int((self.trial.wanted(community, kind) != 0).sum())

    def with_pairs(self, kind: Kind) -> list[str]:
        """Return the communities that have any such pair."""
        return [name for name in self.talk.communities if self.counted(name, kind)]

    def _right(self, arm: str, trained_on: str, community: str, kind: Kind) -> NDArray[np.float64]:
        return self.trial.right(self.rewards[arm, trained_on], community, kind)

    def _figure(self, right: NDArray[np.float64]) -> Resampled:
        return figure(right, self._weights)

    @cached_property
    def _weights(self) -> NDArray[np.float64]:
        return pair_weights(self.trial.statements, seed=self.talk.split.seed, name=self.talk.name)


def carried_out(
    talk: Conversation, learner: Learner, out: Path, size: Size, *, number: int, tell: Callable[[str], None]
) -> Outcome:
    """Simulate, export, train and test: everything that is measured in one round of a conversation.

    Args:
        number: of the round, from 1; what is drawn in training is drawn by it.
    """
    asked = talk.learn_prompts[: size.learned]
    learned = {way: preferences(talk, asked, talk.learn, out / way, way=way, near=POOL) for way in WAYS}
    test = preferences(
        talk, talk.test_prompts[: size.tested], talk.test, out / "test", way="independent", near=None
    )
    pairs = learned["independent"].pairs
    outcome = Outcome(
        talk=talk,
        learned=learned,
        trial=trial(test.full, talk.votes, seed=talk.split.seed),
        pairs=len(rows_of(pairs, talk.communities[0])),
    )

    def train(arm: str, community: str, rows: object) -> None:
        model = learner.trained(rows, number)
        outcome.rewards[arm, community] = learner.rewards(model, outcome.trial.chats)
        tell(f"{talk.name}: round {number}, {arm} {community}")

    for name in talk.communities:
        train(OWN, name, pairs.select(rows_of(pairs, name)))
    train(POOLED, "", pairs.select(pooled_rows(pairs, outcome.pairs, number)))
    train(SHUFFLED, "", pairs.select(shuffled_rows(pairs, number)))
    for way in WAYS[1:]:
        other = learned[way].pairs
        train(way, talk.smallest, other.select(rows_of(other, talk.smallest)))
    train(ALL_POOLED, "", pairs)
    outcome.rewards[WAYS[0], talk.smallest] = outcome.rewards[OWN, talk.smallest]
    return outcome
