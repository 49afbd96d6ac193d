"""What any judge of positions on a value axis says, and how good it is on statements whose side is known."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

from bench.pluralism.axes import SIDES
from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bench.pluralism.axes import Axis, Side

__all__ = ["AxisJudge", "JudgeAccuracy", "Placement", "accuracy", "exact_interval", "judge_accuracy"]

OPPOSITE: Mapping[Side, Side] = {"a": "b", "b": "a", "neither": "neither"}


@dataclass(frozen=True, kw_only=True)
class Placement:
    """Where a judge puts a text on an axis.

    Args:
        position: growing from pole a to pole b, about 0 in between; None where the judgement failed.
        side: of which pole it is, or of neither; None where the judgement failed.
        failure: what kept the judge from judging; empty where nothing did.
    """

    position: float | None
    side: Side | None
    failure: str = ""

    def reversed(self) -> Placement:
        """Return the place of whoever rejects the text: the other side, by as much.

        >>> Placement(position=-0.5, side="a").reversed()
        Placement(position=0.5, side='b', failure='')
        """
        if self.position is None or self.side is None:
            return self
        return Placement(position=0.0 - self.position, side=OPPOSITE[self.side])


class AxisJudge(Protocol):
    """Whatever says where texts lie on an axis; ``name`` stands beside every figure."""

    name: str

    async def place(self, texts: Sequence[str], axis: Axis) -> list[Placement]:
        """Return the place of each text, in their order.

        Raises:
            StoppedError: the run must not go on.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class JudgeAccuracy:
    """How often a judge is right on an axis's labelled set.

    Args:
        axis: its name. ``judge``: the judge's.
        right: labelled statements put on their side, ``neither`` being a third one. ``n``: all of them, failed
            judgements included, which are wrong ones.
        rate: the share of them. ``low``, ``high``: its exact 95 % interval.
        chance: what always giving the commonest side would reach.
        sided_right: statements of a pole whose position lies on their half of the axis, of ``sided_n``.
        sided_rate, sided_low, sided_high: the share, and its interval; chance is one half.
        confusion: by true side, how often each side was given; ``failed`` for no answer.
    """

    axis: str
    judge: str
    right: int
    n: int
    rate: float
    low: float
    high: float
    chance: float
    sided_right: int
    sided_n: int
    sided_rate: float
    sided_low: float
    sided_high: float
    confusion: Mapping[str, Mapping[str, int]]

    @property
    def weak(self) -> bool:
        """Whether it may be no better than chance, in naming one of three sides or in telling the poles apart."""
        return self.low <= self.chance or self.sided_low <= 0.5

    def told(self) -> str:
        """Return what stands beside every figure that rests on the judge, in a sentence."""
        figures = (
            f"right on {self.right} of {self.n} labelled statements ({self.rate:.0%}, 95 % interval "
            f"{self.low:.0%} to {self.high:.0%}, chance {self.chance:.0%}); tells the poles apart on "
            f"{self.sided_right} of {self.sided_n} ({self.sided_rate:.0%}, {self.sided_low:.0%} to "
            f"{self.sided_high:.0%}, chance 50%)"
        )
        return (
            f"{figures}: do not read much into single judgements, or into small differences"
            if self.weak
            else figures
        )

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {**asdict(self), "weak": self.weak}


async def judge_accuracy(judge: AxisJudge, axis: Axis) -> JudgeAccuracy:
    """Have a judge place the labelled set of an axis, and count.

    Raises:
        StoppedError: the run must not go on.
    """
    return accuracy(judge.name, axis, await judge.place([each.text for each in axis.labelled], axis))


def accuracy(judge: str, axis: Axis, placements: Sequence[Placement]) -> JudgeAccuracy:
    """Return how good placements of an axis's labelled set are, in the order of the set.

    Raises:
        InputError: there is not one placement a statement.
    """
    if len(placements) != len(axis.labelled):
        raise InputError(
            f"{len(placements)} placements of {len(axis.labelled)} statements",
            remedy="place each statement once",
        )
    confusion: dict[str, dict[str, int]] = {true: dict.fromkeys((*SIDES, "failed"), 0) for true in SIDES}
    sided_right = sided_n = 0
    for statement, placed in zip(axis.labelled, placements, strict=True):
        confusion[statement.side][placed.side or "failed"] += 1
        if statement.side != "neither":
            sided_n += 1
            position = placed.position or 0.0
            sided_right += position < 0 if statement.side == "a" else position > 0
    n, right = len(placements), sum(confusion[side][side] for side in SIDES)
    low, high = exact_interval(right, n)
    sided_low, sided_high = exact_interval(sided_right, sided_n)
    return JudgeAccuracy(
        axis=axis.name,
        judge=judge,
        right=right,
        n=n,
        rate=right / n,
        low=low,
        high=high,
        chance=max(sum(given.values()) for given in confusion.values()) / n,
        sided_right=sided_right,
        sided_n=sided_n,
        sided_rate=sided_right / sided_n,
        sided_low=sided_low,
        sided_high=sided_high,
        confusion=confusion,
    )


def exact_interval(right: int, n: int, *, level: float = 0.95) -> tuple[float, float]:
    """Return the exact interval of a share that was counted (Clopper & Pearson 1934).

    References:
        C. J. Clopper & E. S. Pearson (1934). The use of confidence or fiducial limits illustrated in the case
        of the binomial. Biometrika 26(4).

    >>> [round(bound, 4) for bound in exact_interval(5, 10)], exact_interval(0, 3)[0], exact_interval(3, 3)[1]
    ([0.1871, 0.8129], 0.0, 1.0)
    """
    from scipy.special import betaincinv

    tail = (1 - level) / 2
    low = float(betaincinv(right, n - right + 1, tail)) if right else 0.0
    high = float(betaincinv(right + 1, n - right, 1 - tail)) if right < n else 1.0
    return low, high
