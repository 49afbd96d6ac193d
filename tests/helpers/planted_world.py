"""A world of which every score is known beforehand: communities with tastes, and people who choose by them.

Each community has a standard normal taste for each of some themes. An item has two options on different themes,
and each of n voters chooses the first with probability ``sigmoid(effect * (taste - other taste))``. So the
difference of tastes is normal with variance 2, votes are binomial, and what a predictor that knows the tastes
scores is an integral over them, computed here by quadrature and not by simulation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.integrate import simpson
from scipy.special import expit
from scipy.stats import binom, norm

from bench.metrics import jensen_shannon
from personas.seeds import derived_rng
from simulator.item import Item, Option, Preference, RealVotes
from simulator.room import NOBODY

__all__ = ["KnowsTastes", "LearnsTastes", "World", "theme_of"]

THEMES = 8


def theme_of(option):
    """Return the number of the theme that an option is on."""
    return int(option.text.rpartition(" ")[2])


@dataclass(frozen=True, kw_only=True)
class World:
    """Communities that vote on items of their own.

    Args:
        effect: how far tastes decide; 0 for not at all. ``voters``: of each item.
        communities, items: how many, and how many items each community votes on in a part.
    """

    effect: float
    seed: int
    communities: int = 40
    items: int = 20
    voters: int = 15

    @property
    def names(self):
        return [f"community {number:03}" for number in range(self.communities)]

    @cached_property
    def tastes(self):
        """(communities, themes) tastes."""
        return derived_rng(self.seed, "tastes").standard_normal((self.communities, THEMES))

    def part(self, name):
        """Return the items of a part, with the votes of one community each."""
        rng = derived_rng(self.seed, "part", name)
        items = []
        for number, community in enumerate(self.names):
            for place in range(self.items):
                first, second = rng.permutation(THEMES)[:2]
                liked = expit(self.effect * (self.tastes[number, first] - self.tastes[number, second]))
                up = int(rng.binomial(self.voters, liked))
                votes = RealVotes(
                    shares=(up / self.voters, 1 - up / self.voters),
                    voters=self.voters,
                    up=(up, self.voters - up),
                    margin=abs(2 * up - self.voters),
                )
                options = tuple(Option(text=f"On theme {theme}") for theme in (first, second))
                identity = f"{name} {number:03}/{place:03}"
                items.append(
                    Item(item=identity, query=f"{identity}?", options=options, votes={community: votes})
                )
        return items

    def known_accuracy(self):
        """Return the expected accuracy of who knows the tastes, on items with a margin of two votes or more.

        A tie of both options' shares under no effect is worth one half.
        """
        return self._over_tastes(self._right) / self._over_tastes(self._clear)

    def known_divergence(self):
        """Return the expected Jensen-Shannon divergence of the true shares from the observed ones."""
        return self._over_tastes(self._divergence)

    def known_divergence_of_a_guess(self):
        """Return that of equal shares."""
        return self._over_tastes(lambda liked: self._divergence(liked, said=0.5))

    def _over_tastes(self, function):
        # Over one half of the normal only: what is right changes sides, with a kink, where tastes are equal.
        apart = np.linspace(0, 8, 401)
        values = [function(p) for p in expit(self.effect * np.sqrt(2) * apart)]
        return float(2 * simpson(values * norm.pdf(apart), x=apart))

    def _clear(self, liked):
        up = np.arange(self.voters + 1)
        return float(binom.pmf(up, self.voters, liked)[np.abs(2 * up - self.voters) >= 2].sum())

    def _right(self, liked):
        up = np.arange(self.voters + 1)
        chance = binom.pmf(up, self.voters, liked)
        first, second = chance[2 * up - self.voters >= 2].sum(), chance[self.voters - 2 * up >= 2].sum()
        if abs(liked - 0.5) < 1e-12:
            return float(first + second) / 2
        return float(first if liked > 0.5 else second)

    def _divergence(self, liked, said=None):
        told = liked if said is None else said
        return sum(
            binom.pmf(up, self.voters, liked)
            * jensen_shannon((told, 1 - told), (up / self.voters, 1 - up / self.voters))
            for up in range(self.voters + 1)
        )


class KnowsTastes:
    """Knows every community's tastes, and of nobody in particular that there are none."""

    simulated = True

    def __init__(self, world, name="knows the tastes"):
        self.name = name
        self._world, self._place = world, {name: number for number, name in enumerate(world.names)}

    def predict(self, item, community):
        """Return the true shares."""
        if community == NOBODY:
            return Preference(shares=(0.5, 0.5))
        tastes = self._world.tastes[self._place[community]]
        first, second = (tastes[theme_of(option)] for option in item.options)
        liked = float(expit(self._world.effect * (first - second)))
        return Preference(shares=(liked, 1 - liked))


class LearnsTastes:
    """Learns from the training part how often each community chose each theme, and goes by the difference."""

    simulated = True

    def __init__(self, name="learns the tastes"):
        self.name = name
        self._rates = {}

    def fit(self, items):
        """Learn the rates; each theme begins with one choice in two."""
        counts = {}
        for item in items:
            for community, votes in item.votes.items():
                for option, up in zip(item.options, votes.up, strict=True):
                    before = counts.get((community, theme_of(option)), (1, 2))
                    counts[community, theme_of(option)] = before[0] + up, before[1] + votes.voters
        self._rates = {key: up / asked for key, (up, asked) in counts.items()}

    def predict(self, item, community):
        """Return shares in proportion to the odds of the two themes."""
        if community == NOBODY:
            return Preference(shares=(0.5, 0.5))
        first, second = (self._rates.get((community, theme_of(option)), 0.5) for option in item.options)
        odds = first / (1 - first) * (1 - second) / second
        liked = float(np.sqrt(odds) / (1 + np.sqrt(odds)))
        return Preference(shares=(liked, 1 - liked))
