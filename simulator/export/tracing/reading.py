"""Preference data as it was written: row by row, one row by its name, and whether a file has changed since."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from personas.errors import InputError
from simulator.export.manifest import Manifest
from simulator.export.tracing.stored_rows import nth_row, rows_in, rows_named
from simulator.journal import SURROGATES

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["FoundRow", "PreferenceData"]

FILE = re.compile(r"data/([a-z]+)/([a-z]+)-(\d+)\.(parquet|jsonl)")
PLACE = re.compile(r"([a-z]+)/([a-z]+)/(\d+)")
HOW = "a row is named by its column `row`, or by where it stands"


@dataclass(frozen=True, kw_only=True, slots=True)
class FoundRow:
    """A row, and where it stands.

    Args:
        config: ``preference``, ``unpaired`` or ``full``. ``split``: ``train`` or ``test``.
        number: which row of the split it is, from 0, through all its files.
        file: the file that it is in, relative to the data's folder.
        row: its columns.
    """

    config: str
    split: str
    number: int
    file: str
    row: dict[str, Any]

    @property
    def place(self) -> str:
        """Where it stands, as a name that no other row has: ``preference/train/12``."""
        return f"{self.config}/{self.split}/{self.number}"


class PreferenceData:
    """What an export wrote into a folder; never more than a batch of rows in memory.

    Args:
        folder: the folder. ``manifest``: what it says of itself.
    """

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder, self.manifest = folder, manifest
        self._files: dict[tuple[str, str], list[str]] = {}
        for name in sorted(manifest.files, key=_shard):
            if told := FILE.fullmatch(name):
                self._files.setdefault((told[1], told[2]), []).append(name)

    @classmethod
    def open(cls, folder: str | Path) -> PreferenceData:
        """Open the data in ``folder``.

        Raises:
            InputError: no finished export is there, or its manifest is damaged.
        """
        return cls(Path(folder), Manifest.load(Path(folder)))

    def parts(self) -> list[tuple[str, str]]:
        """Return the (config, split) pairs that there are, in order."""
        return list(self._files)

    def files(self, config: str, split: str) -> list[str]:
        """Return the files of a split, in the order of their rows, relative to the folder.

        Raises:
            InputError: there is no such part.
        """
        if (config, split) not in self._files:
            known = ", ".join("/".join(part) for part in self._files) or "none"
            raise InputError(
                f"there is no part {config}/{split}", where=str(self.folder), remedy=f"its parts are: {known}"
            )
        return self._files[config, split]

    def size(self, config: str, split: str) -> int:
        """Return how many rows a split has, by the manifest.

        Raises:
            InputError: there is no such part.
        """
        return sum(self.manifest.files[name].rows for name in self.files(config, split))

    def rows(self, config: str, split: str) -> Iterator[dict[str, Any]]:
        """Yield the rows of a split, in order.

        Raises:
            InputError: there is no such part, or a file of it is missing or cannot be read.
        """
        for name in self.files(config, split):
            yield from rows_in(self.folder / name)

    def row(self, name: str) -> FoundRow:
        """Return one row, by its column ``row`` or by where it stands (``preference/train/12``).

        Raises:
            InputError: there is none of that name, or several, or a file cannot be read.
        """
        known = [] if SURROGATES.search(name) else self.parts()  # no file holds half a character
        found = [one for part in known for one in self._named(*part, name)]
        if not found and (told := PLACE.fullmatch(name)) and (told[1], told[2]) in self._files:
            return self._at(told[1], told[2], int(told[3]))
        if len(found) == 1:
            return found[0]
        if found:
            several = ", ".join(one.place for one in found)
            raise InputError(
                f"{len(found)} rows are named {name!r}",
                where=str(self.folder),
                remedy=f"say which: {several}",
            )
        parts = ", ".join(f"{'/'.join(part)}/0 to {self.size(*part) - 1}" for part in self._files)
        raise InputError(f"no row is named {name!r}", where=str(self.folder), remedy=f"{HOW}: {parts}")

    def verify(self, names: Sequence[str] | None = None) -> list[str]:
        """Return in what the files differ from what was written; nothing where they are the same to the byte.

        Args:
            names: the files to look at; None for all of them, and for files that do not belong here.

        Raises:
            InputError: a file cannot be read.
        """
        looked_at = self.manifest.files if names is None else names
        problems = [told for name in looked_at if (told := self._problem(name))]
        return problems if names is not None else problems + self._strangers()

    def _problem(self, name: str) -> str:
        known = self.manifest.files[name]
        path = self.folder / name
        if not path.is_file():
            return f"{name} is gone"
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
        if found == known.sha256:
            return ""
        return f"{name} was changed after it was written: its SHA-256 is {found}, and was {known.sha256}"

    def _strangers(self) -> list[str]:
        """Tell of files that readers of the folder would take for data."""
        found = (path.relative_to(self.folder).as_posix() for path in sorted(self.folder.glob("data/*/*")))
        return [
            f"{name} is no file of this export, and is read with it"
            for name in found
            if name not in self.manifest.files
        ]

    def _named(self, config: str, split: str, name: str) -> Iterator[FoundRow]:
        """Yield the rows of a split whose column ``row`` is ``name``."""
        before = 0
        for file in self.files(config, split):
            for number, row in rows_named(self.folder / file, name):
                yield FoundRow(config=config, split=split, number=before + number, file=file, row=row)
            before += self.manifest.files[file].rows

    def _at(self, config: str, split: str, number: int) -> FoundRow:
        before = 0
        for file in self.files(config, split):
            rows = self.manifest.files[file].rows
            if number < before + rows:
                row = nth_row(self.folder / file, number - before)
                return FoundRow(config=config, split=split, number=number, file=file, row=row)
            before += rows
        raise InputError(
            f"{config}/{split} has no row {number}",
            where=str(self.folder),
            remedy=f"its rows are 0 to {before - 1}",
        )


def _shard(name: str) -> tuple[str, str, int, str]:
    """Return what files are ordered by: a shard's number as a number, however many digits it has."""
    told = FILE.fullmatch(name)
    return (told[1], told[2], int(told[3]), name) if told else ("", "", 0, name)
