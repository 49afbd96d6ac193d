"""Draw a panel that mirrors its community: by found group, by attributes and by activity."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from personas.errors import InputError
from personas.persona import Panel, Persona
from personas.seeds import derived_rng

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np

    from personas.community import Community
    from personas.corpus import Corpus

__all__ = ["draw_panel", "nobody", "systematic"]

LEVELS = ("low", "middle", "high")


def draw_panel(
    corpus: Corpus,
    community: Community,
    *,
    size: int,
    seed: int,
    groups: Mapping[str, str] | None = None,
    attributes: Sequence[str] | None = None,
) -> Panel:
    """Draw ``size`` personas from the community's members, all members equally likely.

    The members are sorted by group, attributes and activity, shuffled among equals, and drawn at equal steps
    from a random start: systematic sampling with implicit stratification (Särndal, Swensson & Wretman 1992,
    3.4), so that the share of each group in the panel is within one persona of its share in the community.
    Where the panel is larger than the community, members stand behind several personas each. Where the
    source has only counts, no member stands behind any.

    Args:
        corpus: where activity and attributes are read.
        groups: the found group of each member.
        attributes: the attributes to stratify by, in order of weight; all of them, by name, where None.

    Raises:
        InputError: ``size`` is not positive.
    """
    if size < 1:
        raise InputError(f"a panel of {size} personas", where="--panel", remedy="ask for at least one")
    everyone = _candidates(corpus, community, groups or {}, attributes)
    rng = derived_rng(seed, "panel", community.name)
    if not everyone:
        return nobody(community.name, size)
    return systematic(everyone, community.name, size=size, rng=rng)


def nobody(community: str, size: int) -> Panel:
    """Return a panel of personas behind whom no member stands, and of whom nothing is known."""
    return Panel(
        community=community,
        personas=tuple(
            Persona(persona=_identity(community, number, size), community=community) for number in range(size)
        ),
        notices=("the source has counts and no members: no member stands behind any persona",),
    )


def systematic(everyone: Sequence[Persona], community: str, *, size: int, rng: np.random.Generator) -> Panel:
    """Draw ``size`` of a community's people at equal steps, sorted by group, attributes and activity."""
    shuffled = [everyone[index] for index in rng.permutation(len(everyone))]
    ordered = sorted(shuffled, key=_stratum)
    step, start = len(ordered) / size, rng.random()
    chosen = [ordered[min(int((number + start) * step), len(ordered) - 1)] for number in range(size)]
    notices: tuple[str, ...] = ()
    if size > len(ordered):
        notices = (f"{size} personas from {len(ordered)} members: some stand behind several",)
    return Panel(
        community=community,
        personas=tuple(_named(person, number, size) for number, person in enumerate(chosen)),
        mirror=_mirror(ordered, chosen),
        notices=notices,
    )


def _candidates(
    corpus: Corpus, community: Community, groups: Mapping[str, str], attributes: Sequence[str] | None
) -> list[Persona]:
    wanted = set(community.members)
    rows = corpus.rows(
        """WITH acts AS (
             SELECT author AS member, count(*) AS n FROM posts WHERE community = ? GROUP BY author
             UNION ALL SELECT voter, count(*) FROM votes WHERE community = ? GROUP BY voter)
           SELECT m.member, m.attributes, CAST(coalesce(sum(n), 0) AS BIGINT) AS activity
           FROM members m LEFT JOIN acts USING (member) WHERE m.community = ?
           GROUP BY m.member, m.attributes ORDER BY activity, m.member""",
        *[community.within or community.name] * 3,
    )
    rows = [row for row in rows if row["member"] in wanted]
    people = []
    counts = [row["activity"] for row in rows]
    for row in rows:
        known = dict(row["attributes"])
        traits = {name: known[name] for name in (attributes or sorted(known)) if name in known}
        people.append(
            Persona(
                persona="",
                community=community.name,
                member=row["member"],
                attributes=traits,
                activity=_level(row["activity"], counts),
                group=groups.get(row["member"], ""),
            )
        )
    return people


def _level(activity: int, ordered: Sequence[int]) -> str:
    """Return the third of ``ordered`` in which the middle of those equally active lies."""
    middle = (bisect_left(ordered, activity) + bisect_right(ordered, activity) - 1) / 2
    return LEVELS[int(middle * len(LEVELS) / len(ordered))]


def _stratum(person: Persona) -> tuple[str, tuple[tuple[str, str], ...], int]:
    level = LEVELS.index(person.activity) if person.activity else -1
    return person.group, tuple(person.attributes.items()), level


def _named(person: Persona, number: int, size: int) -> Persona:
    return replace(person, persona=_identity(person.community, number, size))


def _identity(community: str, number: int, size: int) -> str:
    return f"{community}#{number:0{len(str(size - 1))}}"


def _mirror(members: Sequence[Persona], personas: Sequence[Persona]) -> dict[str, tuple[float, float]]:
    """Return, for each trait and value, its share among the members and among the personas."""

    def traits(person: Persona) -> list[str]:
        named = [f"{name} {value}" for name, value in person.attributes.items()]
        if person.activity:
            named.append(f"activity {person.activity}")
        return [*named, *([f"group {person.group}"] if person.group else [])]

    among_members = Counter(trait for person in members for trait in traits(person))
    among_personas = Counter(trait for person in personas for trait in traits(person))
    return {
        trait: (count / len(members), among_personas[trait] / len(personas))
        for trait, count in sorted(among_members.items())
    }
