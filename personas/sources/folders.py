"""Finding a format's files among the files and folders that were named."""

from __future__ import annotations

from typing import TYPE_CHECKING

from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

__all__ = ["bare_name", "contents", "expand", "files_in"]

_PACKINGS = (".gz", ".bz2", ".zst")


def bare_name(path: Path) -> str:
    """Return the file's name without the suffix of its packing: ``Posts.xml`` for ``Posts.xml.zst``."""
    return path.stem if path.suffix.lower() in _PACKINGS else path.name


def expand(paths: Sequence[Path]) -> Iterator[Path]:
    """Yield the paths, having seen that each is there.

    Raises:
        InputError: there is no path, or one does not exist.
    """
    if not paths:
        raise InputError("no file and no folder is named", remedy="name at least one")
    for path in paths:
        if not path.exists():
            raise InputError("there is no such file or folder", where=str(path), remedy="check the path")
        yield path


def files_in(folder: Path, wanted: Callable[[Path], bool], *, expected: str) -> list[Path]:
    """Return the wanted files of a folder and, if it has none, of the folders in it, in order of their names.

    Args:
        folder: where to look.
        wanted: whether a file is one.
        expected: what they would be called, for the error.

    Raises:
        InputError: there is none; it says what was expected and what is there.
    """
    inside = _listed(folder)
    found = [path for path in inside if path.is_file() and wanted(path)]
    if not found:
        nested = [_listed(path) for path in inside if path.is_dir()]
        found = [path for listing in nested for path in listing if path.is_file() and wanted(path)]
    if not found:
        raise InputError(
            f"the folder has no {expected}; it has {contents(folder)}",
            where=str(folder),
            remedy="name the folder or the files of a dump",
        )
    return found


def contents(folder: Path) -> str:
    """Return the names of the first few things in a folder, as an error message shows them."""
    names = [path.name for path in _listed(folder)]
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(names[:5]) + more or "nothing"


def _listed(folder: Path) -> list[Path]:
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise InputError(
            f"the folder cannot be read ({error.strerror})",
            where=str(folder),
            remedy="check its permissions",
        ) from error
