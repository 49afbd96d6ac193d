"""Write a benchmark: line by line, beside its place, and moved there when it is whole."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TextIO

from bench.benchmark.known import known_body
from bench.benchmark.lines import item_line, to_line
from bench.benchmark.manifest import COMMUNITIES, MANIFEST, PARTS, BenchmarkManifest, part_file
from bench.benchmark.reading import Benchmark
from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from bench.benchmark.known import KnownCommunity
    from bench.benchmark.manifest import Part
    from simulator.item import Item

__all__ = ["BenchmarkWriter"]

DATASHEET = "DATASHEET.md"


class BenchmarkWriter:
    """Writes a benchmark; what is interrupted leaves nothing behind in its place.

    Use it in a ``with`` block and call ``finish`` at its end.

    Args:
        out: the folder to make.
        name: what makes it. ``source``, ``licence``, ``title``, ``fictional``: as in ``BenchmarkManifest``.
        replace: whether to replace a benchmark that is there.

    Raises:
        InputError: something is there already, and it is no benchmark or not to be replaced.
    """

    def __init__(
        self,
        out: str | Path,
        *,
        name: str,
        source: str,
        licence: str,
        title: str = "",
        fictional: bool = False,
        replace: bool = False,
    ) -> None:
        self.out = Path(out)
        self._told: dict[str, Any] = {
            "name": name, "source": source, "licence": licence, "title": title, "fictional": fictional,
        }  # fmt: skip
        self._left_out: Counter[str] = Counter()
        self._notes: list[str] = []
        self._parts: Counter[str] = Counter()
        self._names: set[str] = set()
        self._items: set[bytes] = set()
        self._open: dict[str, TextIO] = {}
        _refuse_taken(self.out, replace=replace)

    def __enter__(self) -> Self:
        self.out.absolute().parent.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix=f".{self.out.name}.", dir=self.out.absolute().parent))
        self.folder.chmod(0o755)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def add(self, part: Part, item: Item, about: Mapping[str, Any] | None = None) -> None:
        """Write an item into a part.

        Raises:
            InputError: an item of this identity was written before.
        """
        identity = hashlib.blake2b(item.item.encode("utf-8", "surrogatepass"), digest_size=12).digest()
        if identity in self._items:
            raise InputError(f"two items are named {item.item!r}", remedy="give each its own identity")
        self._items.add(identity)
        self._file(part_file(part)).write(to_line(item_line(item, about)))
        self._parts[part] += 1

    def add_community(self, known: KnownCommunity) -> None:
        """Write what may be known of a community.

        Raises:
            InputError: a community of this name was written before.
        """
        if known.community in self._names:
            raise InputError(
                f"two communities are named {known.community!r}", remedy="give each its own name"
            )
        self._names.add(known.community)
        self._file(COMMUNITIES).write(to_line(known_body(known)))

    def leave_out(self, reason: str, count: int = 1) -> None:
        """Count what was left out, and why."""
        if count:
            self._left_out[reason] += count

    def note(self, text: str) -> None:
        """Keep what a reader of any figure must know."""
        self._notes.append(text)

    def datasheet(self, text: str) -> None:
        """Write the datasheet, in Markdown."""
        (self.folder / DATASHEET).write_text(text, encoding="utf-8")

    def finish(self, **more: Any) -> Benchmark:
        """Write the manifest, move the benchmark to its place and open it there.

        Args:
            more: further facts for the manifest, as plain data.

        Raises:
            InputError: no item was written.
        """
        if not self._items:
            reasons = "; ".join(f"{reason}: {count:,}" for reason, count in self._left_out.most_common())
            raise InputError(
                f"no item is left ({reasons or 'there were none'})",
                where=str(self.out),
                remedy="bring more data, or leave less out",
            )
        for part in PARTS:
            self._file(part_file(part))
        self._file(COMMUNITIES)
        self._close()
        files = {path.name: _sha256(path) for path in sorted(self.folder.iterdir()) if path.is_file()}
        content = hashlib.sha256("".join(f"{name} {sha}\n" for name, sha in files.items()).encode())
        manifest = BenchmarkManifest(
            **self._told,
            notes=tuple(self._notes),
            left_out=dict(sorted(self._left_out.items())),
            parts={part: self._parts[part] for part in PARTS},
            files=files,
            content=content.hexdigest(),
            more=more,
        )
        manifest.save(self.folder)
        old = self.out.with_name(f".{self.out.name}.old")
        shutil.rmtree(old, ignore_errors=True)
        if self.out.exists():
            self.out.rename(old)
        self.folder.rename(self.out)
        shutil.rmtree(old, ignore_errors=True)
        return Benchmark.open(self.out)

    def _file(self, name: str) -> TextIO:
        if name not in self._open:
            self._open[name] = (self.folder / name).open("w", encoding="utf-8")
        return self._open[name]

    def _close(self) -> None:
        for file in self._open.values():
            file.close()
        self._open.clear()


def _refuse_taken(out: Path, *, replace: bool) -> None:
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not (out / MANIFEST).is_file():
        raise InputError("something else is there", where=str(out), remedy="name a new folder with --out")
    if not replace:
        raise InputError("a benchmark is there", where=str(out), remedy="use --replace, or name a new folder")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
