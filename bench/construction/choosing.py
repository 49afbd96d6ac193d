"""The items of each part: built from what the part may see, measured, chosen, and kept apart from each other."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from bench.benchmark import PARTS
from bench.construction.choices import CRITERIA
from bench.construction.criteria import MEASURES, Judge, Judged, below, floors
from bench.construction.lone_posts import are_lone, lone_items
from bench.construction.polarity import LABELLED, PolarityAxis
from bench.construction.splitting import Leaks
from bench.items import build_items

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bench.benchmark import Part
    from bench.construction.choices import Choices
    from bench.construction.splitting import Parting
    from bench.items import BuiltItems
    from personas.community import Membership
    from personas.embedding import Embedder
    from simulator.item import Item

__all__ = ["Chosen", "choose_items"]


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The items of each part.

    Args:
        parts: the items with their criteria. ``left_out``: how many were left out, by reason.
        facts: how they were chosen: measures, floors, the mean of each criterion, what polarity is worth.
    """

    parts: Mapping[Part, tuple[Judged, ...]]
    left_out: Mapping[str, int] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    def items(self, part: Part) -> list[Item]:
        """Return the items of a part."""
        return [judged.item for judged in self.parts[part]]


def choose_items(parting: Parting, membership: Membership, embedder: Embedder, choices: Choices) -> Chosen:
    """Return the items of each part, each with the options that differ most.

    The floors of the criteria are those of the training items. An item whose words stand in an earlier part,
    or nearly so, is left out of the later one.
    """
    axis = PolarityAxis(embedder)
    lone = are_lone(parting.views["test"])
    judge = Judge(embedder, axis, choices, _net_scores(parting))
    leaks = Leaks(parting.train, threshold=choices.alike)
    left_out: Counter[str] = Counter()
    least: dict[str, float] = {}
    parts: dict[Part, tuple[Judged, ...]] = {}
    for part in PARTS:
        built = _built(parting, part, membership, choices, lone=lone)
        left_out.update(built.left_out)
        judged = judge.judged(built.items)
        if part == "train":
            least = floors(judged, choices)
        kept = []
        for each in judged:
            short = below(each, least)
            if short:
                left_out[f"item: its {short} is below the floor"] += 1
            else:
                kept.append(each)
        if part != "train":
            passed = {item.item for item in leaks.passed(part, [each.item for each in kept])}
            kept = [each for each in kept if each.item.item in passed]
        parts[part] = tuple(kept)
    left_out.update(judge.left_out)
    left_out.update(leaks.left_out)
    return Chosen(parts=parts, left_out=left_out, facts=_facts(parts, least, axis, lone=lone))


def _built(
    parting: Parting, part: Part, membership: Membership, choices: Choices, *, lone: bool
) -> BuiltItems:
    view, threads = parting.views[part], parting.threads[part]
    if lone:
        return lone_items(view, seed=choices.seed, threads=threads, prior=(choices.a0, choices.b0))
    return build_items(view, membership, seed=choices.seed, threads=threads, a0=choices.a0, b0=choices.b0)


def _net_scores(parting: Parting) -> dict[str, int]:
    rows = parting.views["test"].rows("SELECT post, score FROM posts WHERE score IS NOT NULL")
    return {row["post"]: row["score"] for row in rows}


def _facts(
    parts: Mapping[Part, tuple[Judged, ...]], least: Mapping[str, float], axis: PolarityAxis, *, lone: bool
) -> dict[str, Any]:
    every = [each.criteria for judged in parts.values() for each in judged]
    means = {}
    for name in CRITERIA:
        values = [value for row in every if (value := getattr(row, name)) is not None]
        means[name] = round(float(np.mean(values)), 6) if values else None
    return {
        "measures": MEASURES,
        "floors": {name: round(value, 6) for name, value in least.items()},
        "means": means,
        "chosen_from_more": sum(
            each.criteria.offered > each.item.size for judged in parts.values() for each in judged
        ),
        "polarity_accuracy": round(axis.accuracy, 6),
        "polarity_sentences": len(LABELLED),
        "lone_posts": lone,
    }
