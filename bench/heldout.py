"""What a simulation is held against: held-out items, and the training part that baselines may learn from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from bench.items import BuiltItems
from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bench.benchmark import Benchmark, Part
    from personas.community import Membership
    from personas.corpus import Corpus
    from simulator.item import Item
    from simulator.setting import Place

__all__ = ["BenchmarkPart", "HeldOut", "Lineup", "lineup_of", "nothing_to_judge", "told_of"]


@dataclass(frozen=True, kw_only=True)
class Lineup:
    """How community identification is put, as far as a benchmark tells it.

    Args:
        candidates: by item and community, whom the community is to be found among, itself included.
        masked: by item, the item in words that neither name a community nor give it away by their surface.
    """

    candidates: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)
    masked: Mapping[str, Item] = field(default_factory=dict)


class HeldOut(Protocol):
    """Items whose votes are to be predicted, and what may be learned from; ``Split`` is one."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of a figure must know of how it was split."""
        ...

    @property
    def whole(self) -> Any:
        """The corpus or benchmark that the items are of."""
        ...

    @property
    def train(self) -> Corpus | Place:
        """What a simulation may take place in: nothing of the items is in it."""
        ...

    @property
    def by(self) -> str:
        """How it was split."""
        ...

    def items(self, membership: Membership) -> BuiltItems:
        """Return the held-out items, with the real votes of each community."""
        ...

    def learned(self, membership: Membership) -> Iterable[Item]:
        """Return the items that may be learned from."""
        ...


class BenchmarkPart:
    """One part of a benchmark, held against; its training part is what may be learned from.

    Args:
        benchmark: the benchmark. ``part``: ``test``, or ``validation`` while one is still choosing.
    """

    by = "benchmark"

    def __init__(self, benchmark: Benchmark, part: Part = "test") -> None:
        self.whole = self.train = benchmark
        self.part: Part = part
        made = benchmark.manifest
        left_out = (f"left out: {count:,} × {reason}" for reason, count in made.left_out.items())
        size = f"{benchmark.size(part):,} items of the {part} part; {benchmark.size('train'):,} to learn from"
        self.notes: tuple[str, ...] = (size, *made.notes, *left_out)

    def items(self, membership: Membership) -> BuiltItems:
        """Return the items of the part, all of them in memory."""
        return BuiltItems(items=tuple(self.whole.items(self.part)))

    def learned(self, membership: Membership) -> Iterable[Item]:
        """Return the training items, a line at a time."""
        return self.whole.items("train")

    def lineup(self, items: Iterable[Item]) -> Lineup:
        """Return the candidates and the masked texts that the benchmark tells of some items of the part.

        Raises:
            InputError: what it tells cannot be used.
        """
        wanted = {item.item for item in items}
        candidates, masked = {}, {}
        for record in self.whole.records(self.part):
            if record.item.item not in wanted:
                continue
            try:
                if "candidates" in record.about:
                    candidates[record.item.item] = _candidates(record.about["candidates"])
                if record.about.get("masked"):
                    masked[record.item.item] = _masked(record.item, record.about["masked"])
            except ValueError as error:
                raise InputError(
                    str(error),
                    where=f"{self.whole.folder}, {self.part} part, item {record.item.item}",
                    remedy="mend what is told about the item, or leave it out",
                ) from error
        return Lineup(candidates=candidates, masked=masked)


def _candidates(told: Any) -> dict[str, tuple[str, ...]]:
    if not isinstance(told, dict):
        raise ValueError(f"no table of candidates by community: {told!r}")
    for name, listed in told.items():
        if not isinstance(listed, list) or not all(isinstance(each, str) for each in listed):
            raise ValueError(f"the candidates for {name} are {listed!r}, no list of communities")
        if name not in listed:
            raise ValueError(f"the candidates for {name} do not hold {name} itself: {listed!r}")
    return {name: tuple(dict.fromkeys(listed)) for name, listed in told.items()}


def _masked(item: Item, told: Any) -> Item:
    from bench.construction.masked import as_masked  # which makes benchmarks, and reads none

    try:
        return as_masked(item, told)
    except KeyError as error:
        raise ValueError(f"masked texts: lacks {error}") from None
    except (TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"masked texts: {error}") from None


def lineup_of(held: HeldOut, items: Iterable[Item]) -> Lineup:
    """Return how community identification is put for held-out items; only benchmarks tell.

    Raises:
        InputError: what one tells cannot be used.
    """
    return held.lineup(items) if isinstance(held, BenchmarkPart) else Lineup()


def told_of(whole: Any) -> Mapping[str, Any]:
    """Return what stands above every figure: the title, source and licence, and whether it is fictional."""
    manifest = whole.manifest
    return {
        "title": manifest.title or whole.folder.name,
        "source": manifest.source,
        "licence": manifest.licence,
        "fictional": manifest.fictional,
    }


def nothing_to_judge(built: BuiltItems, where: str) -> InputError:
    """Return the error of having no held-out item with real votes, with the reasons why there is none."""
    reasons = "; ".join(f"{reason}: {count:,}" for reason, count in built.left_out.items())
    return InputError(
        f"no held-out item has real votes on two options or more ({reasons or 'there are no replies'})",
        where=where,
        remedy="bring scored replies or votes, hold out more with --share, or use `commonbond ask`",
    )
