"""All that can be chosen of how a benchmark is built from a corpus, checked when it is made."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CRITERIA", "Choices"]

CRITERIA = ("divergence", "polarity", "contrast")


@dataclass(frozen=True, kw_only=True)
class Choices:
    """The choices of a construction.

    Args:
        seed: what every random draw is derived from.
        parts: the shares of the threads in training, validation and test, adding up to 1.
        by: how threads are divided: by ``time``, at ``random``, or ``auto``: by time where all is dated.
        options: replies that an item offers, at the most; of more, those best on the three criteria are chosen.
        percentile: items below this percentile of the training items on a criterion are left out; 0 keeps all.
        least: the least value of a criterion, by its name, instead of the percentile's.
        alike: the similarity from which on two texts say the same (``personas.near.MEASURE``).
        bot_posts: how many posts it takes to tell a bot by repetition.
        bot_share: the share of posts that repeat each other, or say so, from which on a member is a bot.
        bot_hourly: more posts than this in an hour are a bot's.
        norms: of each community that are told, at the most: those of the most votes.
        people: of each community whose attributes are told, at the most.
        keep_cues: whether to leave names, links and signatures in the texts of community identification.
        a0, b0: the prior of an endorsement (Lin & Wei 2026).

    Raises:
        InputError: a value is out of its range.
    """

    seed: int
    parts: tuple[float, float, float] = (0.6, 0.2, 0.2)
    by: Literal["auto", "time", "random"] = "auto"
    options: int = 4
    percentile: float = 5.0
    least: Mapping[str, float] = field(default_factory=dict)
    alike: float = 0.8
    bot_posts: int = 10
    bot_share: float = 0.5
    bot_hourly: int = 60
    norms: int = 5_000
    people: int = 200
    keep_cues: bool = False
    a0: float = 1.0
    b0: float = 1.0

    def __post_init__(self) -> None:
        train, validation, test = self.parts
        whole = math.isclose(train + validation + test, 1, abs_tol=1e-9)
        if not (whole and train > 0 and validation >= 0 and test > 0):
            raise InputError(
                f"parts of {train}, {validation} and {test}",
                where="--parts",
                remedy="give shares that add up to 1; training and test need something",
            )
        self._check("options", self.options >= 2, "2 or more")
        self._check("percentile", 0 <= self.percentile < 100, "from 0 to below 100")
        self._check("alike", 0 < self.alike <= 1, "above 0 and up to 1")
        self._check("bot_posts", self.bot_posts >= 2, "2 or more")
        self._check("bot_share", 0 < self.bot_share <= 1, "above 0 and up to 1")
        for name in ("bot_hourly", "norms", "people"):
            self._check(name, getattr(self, name) >= 1, "1 or more")
        for name in ("a0", "b0"):
            self._check(name, 0 < getattr(self, name) < math.inf, "positive")
        for name, value in self.least.items():
            if name not in CRITERIA or not math.isfinite(value):
                raise InputError(
                    f"{name} of at least {value}",
                    where="--least",
                    remedy=f"name one of {', '.join(CRITERIA)} with a number",
                )

    def as_data(self) -> dict[str, Any]:
        """Return the choices as plain data."""
        return {**asdict(self), "parts": list(self.parts)}

    def _check(self, name: str, holds: bool, wanted: str) -> None:
        if not holds:
            raise InputError(
                f"{name} is {getattr(self, name)!r}",
                where=f"--{name.replace('_', '-')}",
                remedy=f"it must be {wanted}",
            )
