"""What happens: the graph, generation, judgement, discussion, aggregation and the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personas.lazy import lazily

if TYPE_CHECKING:
    from simulator.item import Ballot, Item, Option, Preference
    from simulator.run import Run
    from simulator.simulation import Simulation

__all__ = ["Ballot", "Item", "Option", "Preference", "Run", "Simulation"]

__getattr__ = lazily(
    __name__,
    {
        "Ballot": "simulator.item",
        "Item": "simulator.item",
        "Option": "simulator.item",
        "Preference": "simulator.item",
        "Run": "simulator.run",
        "Simulation": "simulator.simulation",
    },
)
