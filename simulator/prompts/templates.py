"""The files that prompts are made from: bundled ones, and a user's in place of them."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from string import Template
from typing import TYPE_CHECKING

from personas.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["Templates", "bundled"]


class Templates:
    """Texts with named places, by name.

    Args:
        texts: what each holds.
        where: where each comes from, for errors.

    Raises:
        InputError: a text has a place that the bundled one has not, or lacks one that it has.
    """

    def __init__(self, texts: Mapping[str, str], where: Mapping[str, str]) -> None:
        texts = {name: text.strip("\n") for name, text in texts.items()}
        self._templates = {name: Template(text) for name, text in texts.items()}
        told = "".join(f"{name}\0{texts[name]}\0" for name in sorted(texts))
        self.fingerprint = hashlib.sha256(told.encode()).hexdigest()[:16]
        for name, own in bundled().items():
            _compare(name, where[name], Template(own), self._templates[name])

    @classmethod
    def load(cls, folder: Path | None = None) -> Templates:
        """Read the bundled templates, and those in a folder in place of them.

        Raises:
            InputError: the folder is none, or holds a template of an unknown name or one that cannot be used.
        """
        texts = bundled()
        where = dict.fromkeys(texts, "the bundled templates")
        if folder is not None and not folder.is_dir():
            raise InputError("no such folder", where=str(folder), remedy="name a folder of templates")
        for path in sorted(folder.iterdir()) if folder else ():
            if path.name.startswith("."):
                continue
            name = path.name.removesuffix(".md")
            if name not in texts or name == path.name:
                raise InputError(
                    f"no template is named {path.name}",
                    where=str(folder),
                    remedy=f"name it as one of: {', '.join(f'{each}.md' for each in texts)}",
                )
            texts[name], where[name] = _read(path), str(path)
        return cls(texts, where)

    def fill(self, name: str, **values: object) -> str:
        """Return a template with its places filled; values are put in as they stand."""
        return self._templates[name].substitute({key: str(value) for key, value in values.items()})


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("it cannot be read", where=str(path), remedy="save it as UTF-8 text") from error


def bundled() -> dict[str, str]:
    """Return the text of every bundled template, by name."""
    found = {
        path.name.removesuffix(".md"): path.read_text(encoding="utf-8")
        for path in (files("simulator.prompts") / "templates").iterdir()
        if path.name.endswith(".md")
    }
    return dict(sorted(found.items()))


def _compare(name: str, where: str, own: Template, given: Template) -> None:
    if not given.is_valid():
        raise InputError("a $ stands before no name", where=where, remedy="write $$ for a dollar sign")
    known, there = set(own.get_identifiers()), set(given.get_identifiers())
    if unknown := sorted(there - known):
        raise InputError(
            f"no place of {name}.md is named ${unknown[0]}",
            where=where,
            remedy=f"its places are: {', '.join(f'${each}' for each in sorted(known)) or 'none'}",
        )
    if missing := sorted(known - there):
        raise InputError(f"it has no place ${missing[0]}", where=where, remedy="put it where it belongs")
