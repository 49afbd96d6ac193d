"""The rows of a Stack Exchange table: ``<posts><row Id="1" .../>...</posts>``, parsed as a stream.

By expat: it gives exact lines, builds no tree, and a document type, and with it every entity bomb, is
refused where it begins.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.parsers import expat

from personas.errors import InputError
from personas.sources.records import Progress, no_progress
from personas.sources.streams import DEFAULT_LIMITS, Limits, blocks

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import NoReturn

__all__ = ["root_of", "xml_rows"]

_DEPTH = 16


def xml_rows(
    path: Path, *, limits: Limits = DEFAULT_LIMITS, progress: Progress = no_progress
) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line, attributes) for every ``row`` of the file.

    Args:
        path: an XML file, packed or not.
        limits: ``line`` bounds the bytes of one element.
        progress: told of the bytes read.

    Raises:
        InputError: the file is no well-formed XML, is cut off, holds a document type or entities, nests its
            elements, has an element past the limit, or as ``streams.blocks``.
    """
    table = _Table(path, limits)
    for block in blocks(path, limits=limits, progress=progress):
        yield from table.feed(block)
    yield from table.end()


def root_of(path: Path, *, limits: Limits = DEFAULT_LIMITS) -> str:
    """Return the name of the file's root element, having read no further than needed.

    Raises:
        InputError: as ``xml_rows``.
    """
    table = _Table(path, limits)
    for block in blocks(path, limits=limits):
        for _ in table.feed(block):
            return table.root
        if table.root:
            return table.root
    list(table.end())
    return table.root


class _Table:
    """An expat parser with what it found since it was last asked."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.root = ""
        self._path, self._limits = path, limits
        self._rows: list[tuple[int, dict[str, str]]] = []
        self._opened, self._closed = 0, []  # type: tuple[int, list[str]]
        self._fed, self._held = 0, b""
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._closed.append
        self._parser.StartDoctypeDeclHandler = self._refuse_doctype

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._opened += 1
        if name == "row":
            self._rows.append((self._parser.CurrentLineNumber, attributes))
        elif not self.root:
            self.root = name

    def feed(self, block: bytes) -> list[tuple[int, dict[str, str]]]:
        # Expat starts an unfinished element over at each call: fed in doubling portions, it stays linear.
        self._held += block
        pending = max(0, self._fed - self._parser.CurrentByteIndex)
        if len(self._held) < pending:
            return []
        held, self._held = self._held, b""
        self._fed += len(held)
        rows = self._parse(held)
        if self._fed - self._parser.CurrentByteIndex > self._limits.line:
            self._refuse(f"an element is longer than {self._limits.line:,} bytes", "raise the limit `line`")
        if self._opened - len(self._closed) > _DEPTH:
            self._refuse("its elements are nested", "give the files of a Stack Exchange dump")
        self._opened -= len(self._closed)
        self._closed.clear()
        return rows

    def end(self) -> list[tuple[int, dict[str, str]]]:
        return self._parse(self._held, final=True)

    def _parse(self, data: bytes, *, final: bool = False) -> list[tuple[int, dict[str, str]]]:
        try:
            self._parser.Parse(data, final)
        except expat.ExpatError as error:
            problem = expat.ErrorString(error.code)
            cut = problem in {"no element found", "unclosed token"} and final
            self._refuse(
                f"the XML is cut off ({problem})" if cut else f"it is no well-formed XML ({problem})",
                "download it again" if cut else "give the files of a Stack Exchange dump",
                line=error.lineno,
            )
        rows, self._rows = self._rows, []
        return rows

    def _refuse_doctype(self, *_: object) -> None:
        self._refuse(
            "it declares a document type, which can hide an entity bomb",
            "remove the DOCTYPE; dumps have none",
        )

    def _refuse(self, what: str, remedy: str, *, line: int = 0) -> NoReturn:
        line = line or self._parser.CurrentLineNumber
        raise InputError(what, where=f"{self._path}, line {line}", remedy=remedy)
