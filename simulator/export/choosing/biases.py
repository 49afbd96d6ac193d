"""What chosen candidates have in common besides being preferred: length, place, and the dissent of others.

A reward model learns these as readily as the preference itself, so they are measured on all pairs that have an
order and again on what is kept.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from personas.errors import InputError
from simulator.export.choosing.pairs import ROUNDING

if TYPE_CHECKING:
    from simulator.export.choosing.tallies import Queried

__all__ = ["Biases", "PairBiases", "Rate", "measured_biases", "wilson"]

_STAGES = {"before": f"margin > {ROUNDING}", "after": "fate = 0"}
_SUMS = {
    "pairs": "count(*)",
    "longer": "sum(kind > 0)",
    "unequal": "sum(kind <> 0)",
    "first_chosen": "sum(chosen = 0)",
    "first": "sum(chosen = 0 OR rejected = 0)",
    "disputed": "sum(disputed)",
    "ratio": "sum(ratio)",
}
"""What is added up of the pairs of one prompt."""
_RATES = (("longer", "unequal"), ("first_chosen", "first"), ("disputed", "pairs"))


@dataclass(frozen=True, kw_only=True)
class Rate:
    """How often something is so, with a 95 % interval.

    The pairs of one prompt share candidates and judges, so they tell less than as many prompts would. The interval
    is Wilson's for the ``effective`` number: as many independent pairs as would vary as much as the prompts do,
    ``count`` at the most (Kish 1965).

    Args:
        true: pairs of which it is so. ``count``: pairs that were looked at.
        effective: the number of independent pairs that they are worth.
        share: ``true`` over ``count``; None where there are none, as then for ``low`` and ``high``.

    References:
        L. Kish (1965). Survey Sampling, sec. 8.2. Wiley.
    """

    true: int
    count: int
    effective: float
    share: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, kw_only=True)
class PairBiases:
    """What was measured on some pairs.

    Args:
        pairs: how many.
        longer: how often the chosen one is the longer one, in characters, of those that differ; 1/2 without bias.
        equal_length: pairs of equal length.
        log_length_ratio: the mean of log(characters of the chosen / of the rejected one); None where there are none.
        first: how often the first candidate of a set is the chosen one, of the pairs it is in; 1/2 without bias.
        disputed: how often another community holds the opposite order.
    """

    pairs: int
    longer: Rate
    equal_length: int
    log_length_ratio: float | None
    first: Rate
    disputed: Rate


@dataclass(frozen=True, kw_only=True)
class Biases:
    """What was measured of all communities together, and of each one that has pairs.

    Args:
        before: of all judged pairs in which one candidate is ahead. ``after``: of those that are kept.
        before_by_community: the same by community. ``after_by_community``: likewise.
    """

    before: PairBiases
    after: PairBiases
    before_by_community: dict[str, PairBiases]
    after_by_community: dict[str, PairBiases]

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return asdict(self)


def measured_biases(ledger: Queried) -> Biases:
    """Measure the pairs of a ledger that has decided.

    Raises:
        InputError: the ledger's file cannot be used.
    """
    return Biases(
        before=_measured(ledger, "before", "0").get(0, _NOTHING),
        after=_measured(ledger, "after", "0").get(0, _NOTHING),
        before_by_community=_named(ledger, "before"),
        after_by_community=_named(ledger, "after"),
    )


def wilson(true: float, count: float) -> tuple[float, float]:
    """Return the 95 % interval of a share that was counted; numbers need not be whole, as effective ones are not.

    Raises:
        InputError: nothing was counted, or more than all of it.

    References:
        E. B. Wilson (1927). Probable inference, the law of succession, and statistical inference. Journal of the
        American Statistical Association 22(158).

    >>> [round(bound, 4) for bound in wilson(5, 10)]
    [0.2366, 0.7634]
    """
    if not 0 <= true <= count or not count:
        raise InputError(f"{true} of {count} is no share", remedy="count something, and no more than all")
    z = 1.959963984540054
    share, spread = true / count, z * z / count
    middle = (share + spread / 2) / (1 + spread)
    reach = z / (1 + spread) * math.sqrt(share * (1 - share) / count + spread / (4 * count))
    # At the ends the bounds are exactly 0 and 1, and rounding would take them a hair beyond.
    return (max(0.0, middle - reach) if true else 0.0), (min(1.0, middle + reach) if true < count else 1.0)


def _named(ledger: Queried, stage: str) -> dict[str, PairBiases]:
    found = _measured(ledger, stage, "community")
    return {ledger.communities[community]: biases for community, biases in sorted(found.items())}


def _measured(ledger: Queried, stage: str, group: str) -> dict[int, PairBiases]:
    """Return what was measured by ``group``: a column of the pairs, or 0 for all together."""
    inner = ", ".join(f"{sql} AS {name}" for name, sql in _SUMS.items())
    outer = [f"sum({name}) AS {name}" for name in _SUMS]
    for true, count in _RATES:
        outer += [
            f"sum({count} > 0) AS {true}_prompts",
            f"sum({true} * {true}) AS {true}_squares",
            f"sum({true} * {count}) AS {true}_products",
            f"sum({count} * {count}) AS {true}_sizes",
        ]
    names = ["community", *(column.rpartition(" ")[2] for column in outer)]
    rows = ledger.query(f"""
        SELECT community, {", ".join(outer)} FROM (
            SELECT {group} AS community, place, {inner} FROM pairs WHERE {_STAGES[stage]} GROUP BY 1, 2
        ) GROUP BY 1
    """)
    return {row[0]: _biases(dict(zip(names, row, strict=True))) for row in rows}


def _biases(sums: dict[str, Any]) -> PairBiases:
    longer, first, disputed = (_rate(sums, true, count) for true, count in _RATES)
    return PairBiases(
        pairs=sums["pairs"],
        longer=longer,
        equal_length=sums["pairs"] - sums["unequal"],
        log_length_ratio=sums["ratio"] / sums["pairs"],
        first=first,
        disputed=disputed,
    )


def _rate(sums: dict[str, Any], true: str, count: str) -> Rate:
    so, of = sums[true], sums[count]
    if not of:
        return Rate(true=0, count=0, effective=0.0)
    share = so / of
    scatter = (
        sums[f"{true}_squares"] - 2 * share * sums[f"{true}_products"] + share**2 * sums[f"{true}_sizes"]
    )
    effective = _effective(share, of, sums[f"{true}_prompts"], scatter)
    low, high = wilson(share * effective, effective)
    return Rate(true=so, count=of, effective=effective, share=share, low=low, high=high)


def _effective(share: float, count: int, prompts: int, scatter: float) -> float:
    """Return how many independent pairs vary as much as prompts do.

    ``scatter`` is Σ (true - share · count)² over the prompts, of which the variance of the ratio is made.
    """
    if prompts < 2 or share in {0, 1}:
        return float(prompts)
    variance = scatter * prompts / (prompts - 1) / count**2
    return min(float(count), share * (1 - share) / variance) if variance > 0 else float(count)


_NOTHING = PairBiases(
    pairs=0,
    longer=Rate(true=0, count=0, effective=0.0),
    equal_length=0,
    log_length_ratio=None,
    first=Rate(true=0, count=0, effective=0.0),
    disputed=Rate(true=0, count=0, effective=0.0),
)
