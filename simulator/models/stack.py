"""The wrappers around a client, in their order: what a run's calls go through."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from simulator.models.budget import Budgeted
from simulator.models.journaled import Journaled
from simulator.models.ladder import Capabilities, Laddered
from simulator.models.limits import AdaptiveLimit, Limited
from simulator.models.retrying import Retrying

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulator.journal.calls import CallLedger
    from simulator.models.choices import ModelChoices, Price
    from simulator.models.model import Model
    from simulator.pausing import Pausing

__all__ = ["Stack", "assemble"]


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A client with all its wrappers.

    Args:
        model: the outermost one, to be asked.
        limit: how many requests are in flight.
        ladder: what the server was found to do.
    """

    model: Model
    limit: AdaptiveLimit
    ladder: Laddered

    def told(self) -> dict[str, Any]:
        """Return what was settled on with the server, as plain data."""
        known = self.ladder.known
        return {**self.limit.told(), "capabilities": None if known is None else asdict(known)}


def assemble(
    client: Model,
    choices: ModelChoices,
    ledger: CallLedger,
    *,
    seed: int,
    capabilities: Capabilities | None,
    remember: Callable[[Capabilities], None],
    price: Price | None,
    pausing: Pausing | None = None,
) -> Stack:
    """Put the wrappers around a client.

    From the outside in: the form that the server takes, the journal, repetition, the budget, the limit on what is
    in flight. So a repetition holds no slot while it waits, every request is budgeted, and what is found in the
    journal costs nothing.

    Args:
        pausing: what holds requests back while the run is paused.

    Raises:
        InputError: there is a limit in money and no price.
    """
    limit = AdaptiveLimit(choices.at_once)
    budgeted = Budgeted(
        Limited(client, limit, pausing=pausing), limits=choices.limits, price=price, ledger=ledger
    )
    retrying = Retrying(
        budgeted,
        attempts=choices.attempts,
        patience=choices.patience,
        seed=seed,
        at_once=choices.at_once,
        answered_before=any(row.calls > row.failures for row in ledger.usage()),
    )
    ladder = Laddered(Journaled(retrying, ledger), known=capabilities, remember=remember)
    return Stack(model=ladder, limit=limit, ladder=ladder)
