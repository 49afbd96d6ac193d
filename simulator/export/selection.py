"""Which of a run's judgements become training data, and in which form: all that a user can choose of an export."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, get_args

from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["FileFormat", "Pairing", "Selection", "Shape", "Steering", "Ties"]

Pairing = Literal["all", "best-rest", "best-worst"]
Ties = Literal["drop", "soft"]
Steering = Literal["column", "system"]
FileFormat = Literal["parquet", "jsonl"]


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which pairs are kept.

    Args:
        min_margin: how far the chosen candidate's share must be ahead of the rejected one's, in [0, 1].
        min_probability: how probable it must be that the community's order of the two is this one, given its
            ballots; in [0.5, 1]. None to ask for the margin alone.
        ties: whether pairs that fall short of either are dropped, or kept with their soft label.
        pairs: which pairs a set of candidates gives: all, the best against each other one, or against the worst.
        balance: whether every community gets as many pairs as the one with the fewest.
        match_length: whether pairs are dropped until the chosen one is as often the longer as the shorter one.
        test_share: the share of the prompts that are held out for a test, in [0, 1).
        alike: the similarity from which on two prompts say the same (``personas.near.MEASURE``), so that both
            are in one split.
        seed: what every draw is derived from.

    Raises:
        InputError: a value is out of its range.
    """

    min_margin: float = 0.0
    min_probability: float | None = 0.9
    ties: Ties = "drop"
    pairs: Pairing = "all"
    balance: bool = False
    match_length: bool = False
    test_share: float = 0.1
    alike: float = 0.8
    seed: int = 7

    def __post_init__(self) -> None:
        _check(self, "min_margin", "from 0 to 1", lambda value: 0 <= value <= 1)
        _check(
            self,
            "min_probability",
            "from 0.5 to 1, or nothing (0 on the command line) for the margin alone",
            lambda value: value is None or 0.5 <= value <= 1,
        )
        _check(self, "test_share", "from 0 to less than 1", lambda value: 0 <= value < 1)
        _check(self, "alike", "above 0 and up to 1", lambda value: 0 < value <= 1)
        _check_kinds(self, {"ties": Ties, "pairs": Pairing})


@dataclass(frozen=True, kw_only=True)
class Shape:
    """How the data is written.

    Args:
        steering: how a row names its community: in a column alone, or besides in a system message that carries
            the community's profile and begins the prompt.
        files: ``parquet`` or ``jsonl``.
        shard_rows: rows of one file, at the most.

    Raises:
        InputError: a value is out of its range.
    """

    steering: Steering = "column"
    files: FileFormat = "parquet"
    shard_rows: int = 100_000

    def __post_init__(self) -> None:
        _check(self, "shard_rows", "at least 1", lambda value: value >= 1)
        _check_kinds(self, {"steering": Steering, "files": FileFormat})


def _check_kinds(choices: object, kinds: dict[str, Any]) -> None:
    for name, known in kinds.items():
        _check(choices, name, "one of: " + ", ".join(get_args(known)), get_args(known).__contains__)


def _check(choices: object, name: str, wanted: str, holds: Callable[[Any], bool]) -> None:
    value = getattr(choices, name)
    if (isinstance(value, float) and not math.isfinite(value)) or not holds(value):
        option = f"--{name.replace('_', '-')}"
        raise InputError(f"{name} is {value!r}", where=option, remedy=f"it must be {wanted}")
