"""A benchmark read with the cues of its texts masked, as community identification shall be put."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bench.benchmark import Benchmark, Record

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from bench.benchmark import Part
    from simulator.item import Item

__all__ = ["MaskedBenchmark", "as_masked"]


class MaskedBenchmark(Benchmark):
    """A benchmark whose items come in the words of ``about["masked"]``; items without them come as they are.

    Open one as any benchmark, and put community identification from it.
    """

    def records(self, part: Part) -> Iterator[Record]:
        """Yield the lines of a part with their texts masked."""
        for record in super().records(part):
            masked = record.about.get("masked")
            yield replace(record, item=as_masked(record.item, masked)) if masked else record


def as_masked(item: Item, masked: Mapping[str, Any]) -> Item:
    """Return an item in other words: ``query`` and ``options``, one text an option."""
    options = tuple(
        replace(option, text=text, claim="")
        for option, text in zip(item.options, masked["options"], strict=True)
    )
    return replace(item, query=masked["query"], options=options)
