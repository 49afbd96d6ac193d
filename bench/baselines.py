"""Baselines: what anybody gets without knowing the community, and what stands beside every result."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from simulator.item import Preference

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from simulator.item import Item, Option

__all__ = [
    "ItemMajority", "MeanShare", "OneOption", "PositionPrior", "Uniform", "first_posted", "longest",
]  # fmt: skip


class Uniform:
    """The uniform guess: every option alike."""

    name = "uniform guess"
    simulated = False

    def predict(self, item: Item, community: str) -> Preference | None:
        """Return equal shares."""
        return Preference(shares=(1 / item.size,) * item.size)


class MeanShare:
    """The majority option: the mean real share of each position over the items of the training part.

    On statements, that is the mean rate of agreement. On options that come in a random order no position
    means anything, and this comes to a guess.

    Args:
        over: whose rates: of the ``community`` alone, or of everyone in the ``place`` it lies in.
        places: the place that each community lies within; without it, everyone is in one place.
    """

    simulated = False

    def __init__(
        self, *, over: Literal["community", "place"], places: Mapping[str, str] | None = None
    ) -> None:
        self.name = {
            "community": "majority option (the community's own mean rate)",
            "place": "majority option (mean rate of the whole place)",
        }[over]
        self._own = over == "community"
        self._places = places or {}
        self._means: dict[tuple[str, int], NDArray[np.float64]] = {}

    def fit(self, items: Iterable[Item]) -> None:
        """Learn the rates."""
        sums: dict[tuple[str, int], tuple[NDArray[np.float64], int]] = {}
        for item in items:
            for community, votes in item.votes.items():
                key = self._whose(community), item.size
                total, count = sums.get(key, (np.zeros(item.size), 0))
                sums[key] = total + votes.shares, count + 1
        self._means = {key: total / count for key, (total, count) in sums.items()}

    def predict(self, item: Item, community: str) -> Preference | None:
        """Return the mean shares of items with as many options; None where none were seen."""
        mean = self._means.get((self._whose(community), item.size))
        return None if mean is None else Preference(shares=tuple((mean / mean.sum()).tolist()))

    def _whose(self, community: str) -> str:
        return community if self._own else self._places.get(community, "")


class PositionPrior:
    """The mean real share of the place in which an option was shown, whoever was asked.

    Where the training part says in which place options were shown, it learns from such items alone, and has nothing
    to say of items of which that is unknown: the order of a list that nobody was shown means nothing. Where no item
    of the training part says so, the place in the item's list counts.
    """

    name = "position prior (mean share of each place, everybody)"
    simulated = False
    role = "control"

    def __init__(self) -> None:
        self._means: dict[int, NDArray[np.float64]] = {}
        self._places: Callable[[Item], list[int] | None] = _listed

    def fit(self, items: Iterable[Item]) -> None:
        """Learn the share of each place, by the number of options."""
        shown, listed = _ByPlace(), _ByPlace()
        for item in items:
            listed.add(item, _listed(item))
            if (places := _shown(item)) is not None:
                shown.add(item, places)
        self._places, learned = (_shown, shown) if shown.sums else (_listed, listed)
        self._means = learned.means()

    def predict(self, item: Item, community: str) -> Preference | None:
        """Return the shares of the options' places; None where these are unknown, or no such item was seen."""
        mean, places = self._means.get(item.size), self._places(item)
        if mean is None or places is None:
            return None
        shares = mean[places]
        return Preference(shares=tuple((shares / shares.sum()).tolist()))


class _ByPlace:
    """Real shares added up by place, for each number of options."""

    def __init__(self) -> None:
        self.sums: dict[int, tuple[NDArray[np.float64], int]] = {}

    def add(self, item: Item, places: Sequence[int]) -> None:
        for votes in item.votes.values():
            total, count = self.sums.get(item.size, (np.zeros(item.size), 0))
            total[places] += votes.shares
            self.sums[item.size] = total, count + 1

    def means(self) -> dict[int, NDArray[np.float64]]:
        return {size: total / count for size, (total, count) in self.sums.items()}


def _listed(item: Item) -> list[int]:
    return list(range(item.size))


def _shown(item: Item) -> list[int] | None:
    """Return the place in which each option was shown; None where that is not known of all."""
    known = [option.place for option in item.options if option.place is not None]
    return known if sorted(known) == _listed(item) else None


class ItemMajority:
    """What everybody else said of the very item: the votes of all other communities on it, pooled.

    No forecast, for it reads votes on what is predicted, but the control of every claim that a community
    differs: who beats it knows something of this community that everybody together does not.
    """

    name = "item majority (all other communities' votes on the item)"
    simulated = False
    role = "control"
    sees_others = True

    def predict(self, item: Item, community: str) -> Preference | None:
        """Return the mean of the others' shares, weighted by voters where all are counted; None without others."""
        others = [votes for name, votes in item.votes.items() if name != community]
        if not others:
            return None
        counted = [votes.voters for votes in others if votes.voters]
        weights = np.array(counted, float) if len(counted) == len(others) else np.ones(len(others))
        shares = np.average([votes.shares for votes in others], axis=0, weights=weights)
        return Preference(shares=tuple((shares / shares.sum()).tolist()))


class OneOption:
    """Always the option of which something is largest, whatever the community."""

    one_option = True

    simulated = False

    def __init__(self, name: str, measure: Callable[[Option], float | None]) -> None:
        self.name = name
        self._measure = measure

    def predict(self, item: Item, community: str) -> Preference | None:
        """Return all of the share on one option; None where an option cannot be measured, and on statements.

        To agree and to disagree are no texts of anybody's.
        """
        if item.kind == "agreement":
            return None
        measures = [self._measure(option) for option in item.options]
        known = [measure for measure in measures if measure is not None]
        if len(known) < item.size:
            return None
        best = known.index(max(known))
        return Preference(shares=tuple(float(index == best) for index in range(item.size)))


def longest() -> OneOption:
    """Return the baseline that chooses the longest option, in characters."""
    return OneOption("longest option", lambda option: float(len(option.text)))


def first_posted() -> OneOption:
    """Return the baseline that chooses the option that was posted first."""
    return OneOption(
        "first-posted option", lambda option: None if option.created is None else -option.created.timestamp()
    )
