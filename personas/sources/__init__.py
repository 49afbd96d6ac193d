"""Readers: one module a format, each turning files into a stream of records."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personas.errors import InputError

if TYPE_CHECKING:
    from personas.sources.records import Source
    from personas.sources.streams import Limits

__all__ = ["SOURCES", "source_named"]

SOURCES = ("polis", "reddit", "stackexchange", "table")
"""The names of the formats."""


def source_named(name: str, *, limits: Limits | None = None) -> Source:
    """Return the reader of a format.

    A table is made with its own options instead: see ``personas.sources.table.TableSource``.

    Args:
        name: ``stackexchange``, ``polis`` or ``reddit``.
        limits: how much a file may unpack to; None for the defaults.

    Raises:
        InputError: no format has this name, or it is ``table``.

    >>> source_named("polis").ballot
    'agreement'
    """
    from personas.sources.streams import DEFAULT_LIMITS

    limits = limits or DEFAULT_LIMITS
    if name == "stackexchange":
        from personas.sources.stackexchange import StackExchange

        return StackExchange(limits=limits)
    if name == "polis":
        from personas.sources.polis import Polis

        return Polis(limits=limits)
    if name == "reddit":
        from personas.sources.reddit import Reddit

        return Reddit(limits=limits)
    if name == "table":
        raise InputError("a table needs its files and columns", remedy="make a TableSource of them")
    raise InputError(f"no format is named {name!r}", remedy=f"choose one of: {', '.join(SOURCES)}")
