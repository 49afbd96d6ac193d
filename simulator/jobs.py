"""What a run is to do: which community judges which item."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING

from personas.errors import InputError
from simulator.item import Item, Query
from simulator.room import NOBODY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from personas.community import Membership
    from personas.embedding import Embedder
    from simulator.engine import Job

__all__ = ["Jobs", "embed_ahead", "refuse_doubles", "refuse_strangers"]

EMBEDDED_AT_ONCE = 512


class Jobs(Collection["Job"]):
    """Which community judges which item, item by item; made anew at each look, so that few are in memory at once.

    An item is judged by the communities that are named, else by those it concerns, else by all.

    Args:
        items: what is judged; it is gone through several times.
        everyone: the communities that are simulated.
        communities: those to ask instead of those concerned.

    Raises:
        InputError: a community that is named does not exist, or no item concerns one that does.
    """

    def __init__(
        self, items: Collection[Item | Query], everyone: Membership, communities: Sequence[str] | None
    ) -> None:
        for name in communities or ():
            everyone[name]
        self._items, self._named = items, tuple(communities or ())
        self._all, self._known = everyone.names, frozenset(everyone.names)
        asked: dict[str, None] = {}
        writers: dict[str, None] = {}
        self._count = 0
        for item, name in self:
            self._count += 1
            asked[name] = None
            if isinstance(item, Query) and item.writer is not None:
                writers[item.writer] = None
        if not self._count:
            raise InputError(
                "no item concerns a community that is simulated", remedy="name one with --community"
            )
        self.communities = tuple(asked)
        """Those that judge, in the order in which they are first asked."""
        self.writers = tuple(writers)
        """Those that write what others judge, too."""
        for name in self.writers:
            if name != NOBODY:
                everyone[name]

    def __iter__(self) -> Iterator[Job]:
        for item in self._items:
            for name in self._named or _concerned(item) or self._all:
                if name in self._known:
                    yield _asked_of(item, name), name

    def __len__(self) -> int:
        return self._count

    def __contains__(self, job: object) -> bool:
        return any(job == each for each in self)


def refuse_strangers(everyone: Membership, as_if: Mapping[str, str] | None) -> None:
    """See that the communities of a control exist.

    Raises:
        InputError: one does not.
    """
    stand_ins = (name for name in (as_if or {}).values() if name != NOBODY)
    for name in (*(as_if or {}), *stand_ins):
        everyone[name]


def refuse_doubles(items: Collection[Item | Query]) -> None:
    """Refuse items of one identity.

    Raises:
        InputError: there are such.
    """
    known: set[bytes] = set()
    for item in items:
        digest = hashlib.blake2b(item.item.encode("utf-8", "surrogatepass"), digest_size=12).digest()
        if digest in known:
            count = sum(each.item == item.item for each in items)
            raise InputError(f"{count} items are named {item.item!r}", remedy="give each its own identity")
        known.add(digest)


def embed_ahead(jobs: Iterable[Job], embedder: Embedder) -> None:
    """Embed what will be asked and judged, many texts at once, which takes a fraction of the time of one by one.

    Calls to a model that are under way would be held up by it besides. An embedder without a cache forgets.
    """
    waiting: dict[str, None] = {}
    for asked, _ in jobs:
        waiting.update(dict.fromkeys(_texts(asked)))
        if len(waiting) >= EMBEDDED_AT_ONCE:
            embedder.embed(list(waiting))
            waiting.clear()
    if waiting:
        embedder.embed(list(waiting))


def _texts(asked: Item | Query) -> list[str]:
    if isinstance(asked, Item):
        return [option.claim for option in asked.options]
    return [asked.query, *asked.pool]


def _asked_of(item: Item | Query, community: str) -> Item | Query:
    """Return the item; a query becomes one of the community's own, as each writes other options for it."""
    own = isinstance(item, Query) and not item.shared
    return replace(item, item=f"{item.item}@{community}") if own else item


def _concerned(item: Item | Query) -> tuple[str, ...]:
    if isinstance(item, Query):
        return ()
    return tuple(item.votes) or ((item.community,) if item.community else ())
