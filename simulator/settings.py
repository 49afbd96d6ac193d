"""All that a user can choose about a simulation, checked when it is made and kept in the journal."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from personas.errors import InputError
from simulator.generate import Sampling

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Grouping", "Settings"]

Grouping = Literal["auto", "given", "found"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """The choices of a simulation.

    Args:
        seed: what every random draw is derived from.
        panel: the personas in each community's panel.
        communities: ``given`` by the source, ``found`` in the graph, or ``auto``: found where members vote on
            statements by name, as on pol.is, and given elsewhere.
        groups: how many communities to find within each given one; None for as many as the graph shows.
        blend: the share of identity ties, against bond ties, in the graph that communities are found in.
        smallest: communities with fewer members are not found.
        neighbours: the identity ties kept for each member.
        keep: the norms that one persona judges an option by, at the most.
        sharpness: τ, how fast a norm's weight falls with its distance from the option; None to choose it from
            the norms themselves (``simulator.sharpness``).
        rounds: the rounds of discussion there may be.
        prior: the Dirichlet prior of each option's share.
        up_prior: a0 of an endorsement. ``down_prior``: b0 of it.
        sampling: how candidates are drawn where an item has no options.
        concurrency: how many items are under way at once; no result depends on it.

    Raises:
        InputError: a value is out of its range.
    """

    seed: int
    panel: int = 32
    communities: Grouping = "auto"
    groups: int | None = None
    blend: float = 0.5
    smallest: int = 5
    neighbours: int = 20
    keep: int = 512
    sharpness: float | None = None
    rounds: int = 3
    prior: float = 0.5
    up_prior: float = 1.0
    down_prior: float = 1.0
    sampling: Sampling = "independent"
    concurrency: int = 8

    def __post_init__(self) -> None:
        self._check("panel", "at least 1", lambda value: value >= 1)
        self._check("blend", "between 0 and 1", lambda value: 0 <= value <= 1)
        for name in ("smallest", "neighbours", "keep", "concurrency"):
            self._check(name, "at least 1", lambda value: value >= 1)
        self._check("rounds", "0 or more", lambda value: value >= 0)
        self._check("sharpness", "positive", lambda value: value is None or 0 < value < math.inf)
        for name in ("prior", "up_prior", "down_prior"):
            self._check(name, "positive", lambda value: 0 < value < math.inf)
        self._check("groups", "at least 1", lambda value: value is None or value >= 1)
        self._check(
            "communities", "one of: " + ", ".join(get_args(Grouping)), get_args(Grouping).__contains__
        )
        self._check("sampling", "one of: " + ", ".join(get_args(Sampling)), get_args(Sampling).__contains__)

    def deciding(self) -> dict[str, Any]:
        """Return the settings that results depend on."""
        choices = asdict(self)
        del choices["concurrency"]
        return choices

    def _check(self, name: str, wanted: str, holds: Callable[[Any], bool]) -> None:
        value = getattr(self, name)
        if not holds(value):
            raise InputError(f"{name} is {value!r}", where=f"--{name}", remedy=f"it must be {wanted}")
