"""Predictors: whatever turns an item and a community into a preference. Every simulation is one of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from personas.errors import InputError
from simulator.item import Preference
from simulator.judge import norm_scores
from simulator.retrieval import retrieve
from simulator.room import NOBODY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from personas.embedding import Embedder
    from personas.norms import NormStore
    from simulator.item import Item
    from simulator.run import Run

    Answer = Callable[[Item, str], Sequence[float] | int | None]

__all__ = [
    "NOBODY", "FunctionPredictor", "Instead", "Learner", "NormPredictor", "Predictor", "RunPredictor", "blind",
    "fit", "predictor",
]  # fmt: skip


class Predictor(Protocol):
    """Turns an item and a community into a preference; None where it has nothing to say.

    ``name`` stands beside every figure; ``simulated`` tells simulations from baselines. The community
    ``NOBODY`` stands for no community in particular. An item comes without its real votes; a predictor with
    an attribute ``sees_others`` that is true gets those of the other communities.
    """

    name: str
    simulated: bool

    def predict(self, item: Item, community: str) -> Preference | None:
        """Return what ``community`` would prefer of the item's options; its own votes are not read."""
        ...


@runtime_checkable
class Learner(Protocol):
    """A predictor that learns from the training part before it predicts."""

    def fit(self, items: Iterable[Item]) -> None:
        """Learn from items with their real votes; they may be gone through again."""
        ...


def fit(predictors: Iterable[Predictor], items: Iterable[Item]) -> None:
    """Let those predictors that learn do so from the training part."""
    for each in predictors:
        if isinstance(each, Learner):
            each.fit(items)


def blind(item: Item, community: str, predictor: Predictor) -> Item:
    """Return the item as a predictor may see it: without votes, or without those of the community it is asked of."""
    if not item.votes:
        return item
    if not getattr(predictor, "sees_others", False):
        return replace(item, votes={})
    return replace(item, votes={name: votes for name, votes in item.votes.items() if name != community})


class FunctionPredictor:
    """A predictor made of a function; see ``predictor``."""

    def __init__(self, name: str, answer: Answer, *, simulated: bool = True) -> None:
        self.name = name
        self.simulated = simulated
        self._answer = answer

    def predict(self, item: Item, community: str) -> Preference | None:
        """Return what the function says.

        Raises:
            InputError: that is no distribution over the item's options, and no index of one.
        """
        said = self._said(item, community)
        if said is None:
            return None
        if isinstance(said, int | np.integer) and not isinstance(said, bool):
            said = [float(index == said) for index in range(item.size)]
        shares = _numbers(said)
        if (
            shares.shape != (item.size,)
            or not np.isfinite(shares).all()
            or min(shares) < 0
            or not shares.any()
        ):
            raise InputError(
                f"{said!r} for an item with {item.size} options",
                where=f"predictor {self.name}, item {item.item}, community {community}",
                remedy="return one non-negative number an option, the index of one option, or None",
            )
        return Preference(shares=tuple((shares / shares.sum()).tolist()))

    def _said(self, item: Item, community: str) -> Sequence[float] | int | None:
        try:
            return self._answer(item, community)
        except Exception as error:
            raise InputError(
                f"it failed with {type(error).__name__}: {error}",
                where=f"predictor {self.name}, item {item.item}, community {community}",
                remedy="mend the function",
            ) from error


def _numbers(said: object) -> NDArray[np.float64]:
    """Return what was said as numbers; none where it is of another kind."""
    try:
        return np.asarray(said, dtype=float)
    except (TypeError, ValueError):
        return np.zeros(0)


def predictor(name: str, *, simulated: bool = True) -> Callable[[Answer], FunctionPredictor]:
    """Make a predictor of a function of an item and a community.

    The function returns one non-negative number an option, which are normalised, or the index of one option,
    or None where it has nothing to say.

    >>> @predictor("always the first")
    ... def first(item, community):
    ...     return 0
    >>> first.name
    'always the first'
    """

    def make(answer: Answer) -> FunctionPredictor:
        return FunctionPredictor(name, answer, simulated=simulated)

    return make


class Instead:
    """A control: a predictor that is asked as if each community were another one, or none in particular.

    Args:
        predictor: what is asked.
        others: whom it is asked of in place of each community; ``NOBODY`` for no community in particular.
    """

    simulated = False
    role = "control"

    def __init__(self, predictor: Predictor, others: Mapping[str, str], *, name: str) -> None:
        self.name = name
        self._predictor, self._others = predictor, others

    def predict(self, item: Item, community: str) -> Preference | None:
        """Return what the predictor says of the other community."""
        return self._predictor.predict(item, self._others[community])


class RunPredictor:
    """The preferences that a finished run holds.

    Args:
        run: the run. ``name``: what to call it, where that is not the run's own predictor.
        role: what it stands for; a ``simulation``, or the ``control`` of one.
    """

    def __init__(self, run: Run, *, name: str = "", role: str = "simulation") -> None:
        self.name = name or run.predictor
        self.role = role
        self.simulated = role == "simulation"
        self._preferences = run.preferences()

    def predict(self, item: Item, community: str) -> Preference | None:
        """Return the run's preference; None where the run has none."""
        return self._preferences.get((item.item, community))


class NormPredictor:
    """The norm judgement with the whole memory of a community, without a panel.

    It is the mean that a panel's ballots scatter about, and cheap enough to ask of every candidate community.

    Args:
        stores: the norms of each community.
        keep: how many nearest norms it judges by. ``sharpness``: τ, how fast their weight falls.
        everyone: the norms of all communities, for ``NOBODY``; without them it has nothing to say of it.
    """

    def __init__(
        self,
        stores: Mapping[str, NormStore],
        embedder: Embedder,
        *,
        keep: int,
        sharpness: float,
        name: str,
        simulated: bool = False,
        everyone: NormStore | None = None,
    ) -> None:
        self.name = name
        self.simulated = simulated
        self._stores = stores if everyone is None else {**stores, NOBODY: everyone}
        self._embedder = embedder
        self._keep, self._sharpness = keep, sharpness

    def predict(self, item: Item, community: str) -> Preference | None:
        """Return the normalised norm scores; None where the community has no norms."""
        store = self._stores.get(community)
        if store is None or not store.norms:
            return None
        norms = retrieve(item, store, self._embedder, keep=self._keep)
        memory = np.ones((1, len(store.norms)), np.int64)
        scores, _ = norm_scores(norms, memory, sharpness=self._sharpness)
        polarity = np.array([option.polarity for option in item.options])
        judged = np.where(polarity < 0, 1 - scores[0], scores[0])
        return Preference(shares=tuple((judged / judged.sum()).tolist()))
