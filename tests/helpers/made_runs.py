"""Runs whose every preference is told, so that what is read from them is known by hand."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from simulator.item import Item, Option, Preference, RealVotes
from simulator.journal import Journal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

__all__ = ["asked", "made_run"]

FACTS: dict[str, Any] = {
    "settings": {"seed": 7, "panel": 4, "sharpness": None},
    "corpus": "c" * 64,
    "embedder": "words",
    "predictor": "told by hand",
    "prompts": "",
    "version": "0.1.0",
    "as_if": {},
    "state": "done",
    "warnings": [],
    "source": {
        "folder": "/somebody/secret/tea.corpus",
        "title": "Tea",
        "source": "table",
        "licence": "CC0",
        "fictional": True,
        "membership": "given",
        "method": "",
        "sharpness": {"value": 3.0, "errors": {}},
    },
}


def asked(
    name: str,
    real: Mapping[str, Sequence[float]],
    *,
    query: str = "Which tea?",
    options: Sequence[str] = (),
    voters: int | None = 100,
    margin: int = 10,
) -> Item:
    """Return an item with the real shares of each community."""
    size = len(next(iter(real.values())))
    texts = options or [f"option {number}" for number in range(size)]
    votes = {
        community: RealVotes(shares=tuple(shares), voters=voters, margin=margin)
        for community, shares in real.items()
    }
    return Item(item=name, query=query, options=tuple(Option(text=text) for text in texts), votes=votes)


def made_run(
    folder: Path, items: Sequence[Item], said: Mapping[tuple[str, str], Sequence[float]], **facts: Any
) -> Path:
    """Write the journal of a run that says these shares of (item, community), and return its folder.

    What is not said has no result. A fact that is a mapping is added to the one that is there.
    """
    by_name = {item.item: item for item in items}
    told = {**FACTS, **{name: _added(FACTS.get(name), value) for name, value in facts.items()}}
    with Journal.create(folder) as journal:
        journal.set_facts(told)
        journal.add_items(items)
        journal.add_jobs([(item.item, community) for item in items for community in item.votes])
        for (name, community), shares in said.items():
            preference = asdict(Preference(shares=tuple(shares), ballots=4))
            journal.add_result(by_name[name], community, [], [], _result(preference))
    return folder


def _added(before: Any, value: Any) -> Any:
    return {**before, **value} if isinstance(before, dict) and isinstance(value, dict) else value


def _result(preference: dict[str, Any]) -> dict[str, Any]:
    counted = {"asked_again": 0, "flipped": 0, "moved": 0, "rounds": 0, "settled": True}
    return {
        "preference": preference,
        "errors": [],
        "failed": {},
        "position_bias": [],
        "diversity": None,
        **counted,
    }
