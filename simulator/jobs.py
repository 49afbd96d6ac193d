"""What a run is to do: which community judges which item."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from personas.errors import InputError
from simulator.item import Item, Query
from simulator.room import NOBODY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from personas.community import Membership
    from personas.embedding import Embedder
    from simulator.engine import Job

__all__ = ["embed_ahead", "jobs_of", "refuse_doubles"]

EMBEDDED_AT_ONCE = 512


def jobs_of(
    items: Sequence[Item | Query],
    everyone: Membership,
    communities: Sequence[str] | None,
    as_if: Mapping[str, str] | None,
) -> list[Job]:
    """Return which community judges which item: those that are named, else those concerned, else all.

    Raises:
        InputError: a community that is named does not exist, or no item concerns one that does.
    """
    stand_ins = (name for name in (as_if or {}).values() if name != NOBODY)
    for name in (*(communities or ()), *(as_if or {}), *stand_ins):
        everyone[name]
    jobs: list[Job] = []
    for item in items:
        concerned = list(communities or _concerned(item) or everyone.names)
        jobs += [(_asked_of(item, name), name) for name in concerned if name in everyone.names]
    if not jobs:
        raise InputError("no item concerns a community that is simulated", remedy="name one with --community")
    return jobs


def refuse_doubles(items: Sequence[Item | Query]) -> None:
    """Refuse items of one identity.

    Raises:
        InputError: there are such.
    """
    double, count = Counter(item.item for item in items).most_common(1)[0]
    if count > 1:
        raise InputError(f"{count} items are named {double!r}", remedy="give each its own identity")


def embed_ahead(jobs: Sequence[Job], embedder: Embedder) -> None:
    """Embed what will be judged before any call is under way, since embedding holds up whatever waits."""
    claims = dict.fromkeys(
        option.claim for asked, _ in jobs if isinstance(asked, Item) for option in asked.options
    )
    texts = list(claims)
    for start in range(0, len(texts), EMBEDDED_AT_ONCE):
        embedder.embed(texts[start : start + EMBEDDED_AT_ONCE])


def _asked_of(item: Item | Query, community: str) -> Item | Query:
    """Return the item; a query becomes one of the community's own, as each writes other options for it."""
    return replace(item, item=f"{item.item}@{community}") if isinstance(item, Query) else item


def _concerned(item: Item | Query) -> tuple[str, ...]:
    if isinstance(item, Query):
        return ()
    return tuple(item.votes) or ((item.community,) if item.community else ())
