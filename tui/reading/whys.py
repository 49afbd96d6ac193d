"""What is known of one persona's ballot before it is asked why: the question, what it held, what it said before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from simulator.journal import Journal
from tui.reading.provenance import Provenance, provenance_of_run

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.item import Ballot

__all__ = ["WhyView", "read_why"]


@dataclass(frozen=True, kw_only=True, slots=True)
class WhyView:
    """One persona's ballots on one item.

    Args:
        query: what was asked. ``options``: their texts.
        ballots: the persona's, the earliest round first; empty where it cast none.
        panel: who cast ballots on the item, in order.
        model: the language model that judged; empty of the offline engine.
        earlier: what the persona was asked before, and what it said.
        nobody: why no persona can be asked; empty where one can.
    """

    provenance: Provenance
    query: str
    options: tuple[str, ...]
    ballots: tuple[Ballot, ...]
    panel: tuple[str, ...]
    model: str
    earlier: tuple[tuple[str, str], ...]
    nobody: str = ""


def read_why(folder: Path, item: str, community: str, persona: str) -> WhyView:
    """Read what is known of a persona's ballot.

    Raises:
        InputError: no run is there, it has no such item, or it is damaged.
    """
    from simulator.interview import answers_before

    with Journal.read(folder) as journal:
        asked, ballots = journal.item(item), journal.ballots(item, community)
        said = answers_before(journal, item, community, persona)
        direct = (journal.fact("settings") or {}).get("mode") == "direct"
        own = tuple(ballot for ballot in ballots if ballot.persona == persona)
        nobody = "" if own else f"{persona} cast no ballot on this item"
        return WhyView(
            provenance=provenance_of_run(journal, folder),
            query=asked.query,
            options=tuple(option.text for option in asked.options),
            ballots=own,
            panel=tuple(dict.fromkeys(sorted(ballot.persona for ballot in ballots))),
            model=str((journal.fact("reach") or {}).get("model", "")),
            earlier=tuple((question, call.reply.text) for question, call in said if call.reply is not None),
            nobody="the model was asked for the whole distribution, so no persona judged"
            if direct
            else nobody,
        )
