"""All that a user can choose about a simulation, checked when it is made and kept in the journal."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from personas.errors import InputError
from simulator.generate import Sampling
from simulator.prompts.answers import Answer
from simulator.prompts.lengths import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Grouping", "Mode", "Settings"]

Grouping = Literal["auto", "given", "found"]
ProfileKind = Literal["extracted", "written"]
Mode = Literal["panel", "direct"]


NEAR = 64
KINDS = {
    "communities": Grouping,
    "sampling": Sampling,
    "answer": Answer,
    "profiles": ProfileKind,
    "mode": Mode,
}


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
        answer: what a language-model persona gives: one ``choice``, a ``ranking`` or a ``rating`` of each option.
        temperature: of a language model's sampling, from 0 (the likeliest reply) on.
        reply_tokens: how long one reply may be, in tokens, thinking included.
        recheck: the share of a panel that is asked again with the options in reverse, to see whether it flips.
        shown: the norms that a whole panel is shown. ``recalled``: those that each persona remembers besides.
        option_room: characters of all options of an item together that a persona is shown; the longest are cut
            first.
        heard: the neighbours whose ballots a persona is shown in a round of discussion.
        mode: a ``panel`` of personas that each cast a ballot, or ``direct``: a language model is asked once for the
            community's whole distribution, without personas.
        profiles: ``extracted`` from what the community endorsed, or ``written`` by the language model.

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
    answer: Answer = "choice"
    temperature: float = 1.0
    reply_tokens: int = 400
    recheck: float = 0.1
    shown: int = 8
    recalled: int = 3
    option_room: int = OPTIONS
    heard: int = 3
    profiles: ProfileKind = "extracted"
    mode: Mode = "panel"

    def __post_init__(self) -> None:
        self._check("panel", "at least 1", lambda value: value >= 1)
        self._check("blend", "between 0 and 1", lambda value: 0 <= value <= 1)
        for name in ("smallest", "neighbours", "keep", "concurrency"):
            self._check(name, "at least 1", lambda value: value >= 1)
        for name in ("rounds", "shown", "recalled"):
            self._check(name, "0 or more", lambda value: value >= 0)
        for name in ("reply_tokens", "heard", "option_room"):
            self._check(name, "at least 1", lambda value: value >= 1)
        self._check("temperature", "0 or more", lambda value: 0 <= value < math.inf)
        self._check("recheck", "between 0 and 1", lambda value: 0 <= value <= 1)
        self._check("sharpness", "positive", lambda value: value is None or 0 < value < math.inf)
        for name in ("prior", "up_prior", "down_prior"):
            self._check(name, "positive", lambda value: 0 < value < math.inf)
        self._check("groups", "at least 1", lambda value: value is None or value >= 1)
        for name, known in KINDS.items():
            self._check(name, "one of: " + ", ".join(get_args(known)), get_args(known).__contains__)

    @property
    def near(self) -> int:
        """The nearest norms of an option that language-model personas are told from: few of them fit a prompt."""
        return min(self.keep, NEAR)

    def deciding(self) -> dict[str, Any]:
        """Return the settings that results depend on."""
        choices = asdict(self)
        del choices["concurrency"]
        return choices

    def _check(self, name: str, wanted: str, holds: Callable[[Any], bool]) -> None:
        value = getattr(self, name)
        if not holds(value):
            option = f"--{name.replace('_', '-')}"
            raise InputError(f"{name} is {value!r}", where=option, remedy=f"it must be {wanted}")
