"""What one community's ballots say of a row: how far ahead, how probably so, and whether that passes what was asked.

Worked out a second time, apart from ``simulator.export.choosing.pairs``, so that a row can be held against it.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from simulator.export.records import Record
    from simulator.export.selection import Selection

__all__ = ["Decision", "Verdict", "decide"]

ROUNDING = 1e-9
"""Shares that differ by less are the same one."""
Verdict = Literal["for", "against", "tie"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Decision:
    """What a community says of a row's order or label, its own or another's.

    Args:
        lead: of a pair, the chosen one's share less the rejected one's; of a labelled candidate, its share less
            1/k. Negative where the community says the opposite.
        probability: that the lead is positive, given the ballots; None where the shares are no posterior.
        vote_share: of a pair, the share of members that are expected to take the chosen one of the two; of a
            labelled candidate, its share.
        min_lead: how large the lead must be. ``min_probability``: how probable; None where that was not asked.
    """

    lead: float
    probability: float | None
    vote_share: float
    min_lead: float
    min_probability: float | None

    @property
    def verdict(self) -> Verdict:
        """Whether the community holds this order, the opposite one, or neither by what was asked."""
        if abs(self.lead) <= ROUNDING or abs(self.lead) + ROUNDING < self.min_lead:
            return "tie"
        if self.probability is not None and self.min_probability is not None:
            sure = self.probability if self.lead > 0 else 1 - self.probability
            if sure + ROUNDING < self.min_probability:
                return "tie"
        return "for" if self.lead > 0 else "against"

    @property
    def close(self) -> bool:
        """Whether the verdict hangs on a rounding."""
        sure = None if self.probability is None else max(self.probability, 1 - self.probability)
        gaps = [abs(self.lead) - self.min_lead, abs(self.lead) - ROUNDING]
        if sure is not None and self.min_probability is not None:
            gaps.append(sure - self.min_probability)
        return any(abs(gap) <= 10 * ROUNDING for gap in gaps) and abs(self.lead) > 0

    def turned(self) -> Decision:
        """Return what it says of the opposite: that a candidate is none of the better ones."""
        probability = None if self.probability is None else 1 - self.probability
        return replace(self, lead=-self.lead, probability=probability)

    def as_data(self) -> dict[str, Any]:
        """Return it as plain data."""
        return {**asdict(self), "verdict": self.verdict}


def decide(record: Record, first: int, second: int | None, selection: Selection) -> Decision:
    """Return what a record's ballots say of two candidates, or of one against an even share.

    With a Dirichlet posterior, ``θ_1 / (θ_1 + θ_2) ~ Beta(α_1, α_2)``, and ``θ_1 ~ Beta(α_1, Σα - α_1)``.

    Args:
        first: the candidate that is said to be ahead. ``second``: the other; None for an even share.

    References:
        A. Gelman et al. (2013). Bayesian Data Analysis, 3rd ed., sec. 3.4. CRC Press.
    """
    from scipy.special import betainc

    shares, alpha = record.preference.shares, record.pseudo_counts
    if second is None:
        even = 1 / len(shares)
        lead, of_two, least = shares[first] - even, shares[first], selection.min_margin / 2
        parts = None if alpha is None else (alpha[first], sum(alpha) - alpha[first], even)
    else:
        lead, least = shares[first] - shares[second], selection.min_margin
        of_two = shares[first] / (shares[first] + shares[second]) if abs(lead) > ROUNDING else 0.5
        parts = None if alpha is None else (alpha[first], alpha[second], 0.5)
    return Decision(
        lead=lead,
        probability=None if parts is None else float(1 - betainc(*parts)),
        vote_share=of_two,
        min_lead=least,
        min_probability=selection.min_probability,
    )
