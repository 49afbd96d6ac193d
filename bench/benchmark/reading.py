"""Read a benchmark: a line at a time, so that it may be larger than memory."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from bench.benchmark.known import as_known
from bench.benchmark.lines import as_item
from bench.benchmark.manifest import COMMUNITIES, MANIFEST, BenchmarkManifest, part_file
from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from bench.benchmark.known import KnownCommunity
    from bench.benchmark.manifest import Part
    from personas.embedding import Embedder
    from simulator.item import Item
    from simulator.setting import Setting
    from simulator.settings import Settings

__all__ = ["Benchmark", "Items", "Record", "is_benchmark"]

DAMAGE = (AttributeError, KeyError, TypeError, ValueError)
"""What comes of a line that is JSON and of another shape."""


@dataclass(frozen=True, kw_only=True)
class Record:
    """One line of a part: an item, and what else is told of it.

    Args:
        item: the item, with its real votes.
        about: such as ``candidates`` (for each community the ones to tell it from) and ``criteria``.
    """

    item: Item
    about: Mapping[str, Any] = field(default_factory=dict)


class Items:
    """The items of one part, read anew each time they are gone through."""

    def __init__(self, benchmark: Benchmark, part: Part) -> None:
        self._benchmark, self._part = benchmark, part

    def __iter__(self) -> Iterator[Item]:
        for record in self._benchmark.records(self._part):
            yield record.item

    def __len__(self) -> int:
        return self._benchmark.size(self._part)


class Benchmark:
    """Items with real votes in three parts, and what may be known of each community.

    Nothing of the validation and test parts is in what is known of a community. Open one with
    ``Benchmark.open``; make one with ``BenchmarkWriter``, a loader or ``bench.construction``.
    """

    def __init__(self, folder: Path, manifest: BenchmarkManifest) -> None:
        self.folder = folder
        self.manifest = manifest

    @classmethod
    def open(cls, folder: str | Path) -> Self:
        """Open the benchmark in ``folder``.

        Raises:
            InputError: none is there, or one of its files is missing.
        """
        path = Path(folder)
        manifest = BenchmarkManifest.load(path)
        for file in manifest.files:
            if not (path / file).is_file():
                raise InputError("a file is missing", where=str(path / file), remedy="make it again")
        return cls(path, manifest)

    @property
    def content(self) -> str:
        """A hash of all that is in it."""
        return self.manifest.content

    @cached_property
    def communities(self) -> dict[str, KnownCommunity]:
        """What may be known of each community, in order of their names."""
        found = {}
        for number, line in self._lines(COMMUNITIES):
            try:
                known = as_known(line)
            except DAMAGE as error:
                raise self._damaged(COMMUNITIES, number, error) from None
            found[known.community] = known
        return dict(sorted(found.items()))

    def records(self, part: Part) -> Iterator[Record]:
        """Yield the lines of a part, one at a time.

        Raises:
            InputError: a line holds no item.
        """
        for number, line in self._lines(part_file(part)):
            try:
                yield Record(item=as_item(line), about=line.get("about", {}))
            except DAMAGE as error:
                raise self._damaged(part_file(part), number, error) from None

    def items(self, part: Part) -> Items:
        """Return the items of a part, which may be gone through again and again."""
        return Items(self, part)

    def size(self, part: Part) -> int:
        """Return how many items a part has."""
        return self.manifest.parts.get(part, 0)

    def setting(self, settings: Settings, embedder: Embedder) -> Setting:
        """Return its communities with what may be known of them, for ``Simulation(benchmark)``."""
        from bench.benchmark.setting import set_up

        return set_up(self, settings, embedder)

    def verify(self) -> None:
        """Compare every file with the hash that the manifest has of it.

        Raises:
            InputError: a file is not what was written.
        """
        for name, expected in self.manifest.files.items():
            with (self.folder / name).open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() != expected:
                    raise InputError(
                        "the file was changed after it was made",
                        where=str(self.folder / name),
                        remedy="make the benchmark again",
                    )

    def _lines(self, file: str) -> Iterator[tuple[int, dict[str, Any]]]:
        if file not in self.manifest.files:
            return
        with (self.folder / file).open("rb") as lines:
            for number, text in enumerate(lines, start=1):
                try:
                    line = json.loads(text.decode())
                except (ValueError, RecursionError) as error:
                    raise self._damaged(file, number, error) from None
                yield number, line

    def _damaged(self, file: str, number: int, error: Exception) -> InputError:
        told = f"lacks {error}" if isinstance(error, KeyError) else str(error)
        where = f"{self.folder / file}, line {number}"
        return InputError(f"the line cannot be used: {told}", where=where, remedy="make the benchmark again")


def is_benchmark(folder: str | Path) -> bool:
    """Return whether a folder holds a benchmark (and not, say, a corpus)."""
    return (Path(folder) / MANIFEST).is_file()
