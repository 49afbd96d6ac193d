"""The sub-communities of the training view: how many the graph shows, how large they are, how they hold together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from simulator.graph.cohesion import cohesions

if TYPE_CHECKING:
    from personas.corpus import Corpus
    from simulator.setting import CorpusSetting

__all__ = ["people_of", "sub_communities"]


def sub_communities(setting: CorpusSetting, *, seed: int) -> dict[str, Any]:
    """Return the communities found in the graph, by the given one they lie in, with both cohesion scores.

    Returns:
        ``method``, ``number``, and ``within``: for each given community a list of ``name``, ``members``,
        ``bond`` and ``identity`` (None where undefined).
    """
    groups = setting.groups.communities
    place = {member: number for number, member in enumerate(setting.graph.members)}
    rows = [np.array([place[member] for member in group.members], np.int64) for group in groups]
    scores = cohesions(setting.graph, rows, seed=seed) if rows else []
    within: dict[str, list[dict[str, Any]]] = {}
    for group, score in zip(groups, scores, strict=True):
        within.setdefault(group.within, []).append(
            {
                "name": group.name,
                "members": len(group.members),
                "bond": _rounded(score.bond),
                "identity": _rounded(score.identity),
            }
        )
    return {"method": setting.groups.method, "number": len(groups), "within": within}


def people_of(corpus: Corpus, members: tuple[str, ...], *, most: int, rng: np.random.Generator) -> Any:
    """Return the attributes of up to ``most`` of some members, drawn at random and without any identity."""
    wanted = set(members)
    rows = corpus.rows("SELECT member, attributes FROM members ORDER BY member, community")
    known = {row["member"]: dict(row["attributes"] or {}) for row in rows if row["member"] in wanted}
    people = [attributes for _, attributes in sorted(known.items()) if attributes]
    order = rng.permutation(len(people))[:most]
    return tuple(dict(sorted(people[index].items())) for index in order)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)
