"""The manifest of a corpus: what it is, where it comes from, what was read and what could not be."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from personas.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FORMAT", "MANIFEST", "CommunityCounts", "Manifest"]

FORMAT = "commonbond-corpus/1"
MANIFEST = "manifest.json"


@dataclass(frozen=True, kw_only=True)
class CommunityCounts:
    """A community that the source names, with what there is of it."""

    name: str
    title: str = ""
    members: int = 0
    posts: int = 0
    replies: int = 0
    votes: int = 0
    english: bool = True


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a corpus is made of.

    Args:
        source: the reader's name. ``reader_version``: the version of its reading.
        licence: the licence of the texts and votes, ``unknown`` where the source does not say.
        title: what the corpus is called by who made it; empty where nobody named it.
        fictional: whether its people and texts are invented.
        ballot: how its members vote (see ``personas.sources.records.Source``).
        voters: whether votes name their voters, are anonymous, are counts by group, or are absent.
        counts: rows by table: members, posts, replies, votes.
        communities: the given communities, in order of their names.
        broken: how many records could not be used, by problem.
        skipped: how many records were left out on purpose, by reason.
        key: a fingerprint of the key that the members' names were hashed with.
        files: the SHA-256 of each table's file.
        content: one hash over all tables: equal hashes mean equal content.
    """

    source: str
    reader_version: str
    licence: str
    title: str = ""
    fictional: bool = False
    ballot: Literal["endorsement", "agreement", "choice"]
    voters: Literal["named", "anonymous", "counted", "none"]
    counts: dict[str, int]
    communities: tuple[CommunityCounts, ...]
    broken: dict[str, int] = field(default_factory=dict)
    skipped: dict[str, int] = field(default_factory=dict)
    notices: tuple[str, ...] = ()
    key: str
    files: dict[str, str]
    content: str

    def save(self, folder: Path) -> None:
        """Write the manifest into ``folder``."""
        data = {"format": FORMAT, **asdict(self)}
        text = json.dumps(data, indent=1, sort_keys=True, ensure_ascii=False)
        (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Manifest:
        """Read the manifest of the corpus in ``folder``.

        Raises:
            InputError: there is no manifest, or it is of another format or damaged.
        """
        path = folder / MANIFEST
        try:
            data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            raise InputError(
                "no corpus is here",
                where=str(folder),
                remedy="make one with `commonbond ingest SOURCE PATH... --out FOLDER`",
            ) from None
        except (OSError, ValueError) as error:
            raise InputError(f"it cannot be read: {error}", where=str(path), remedy="ingest again") from None
        if not isinstance(data, dict) or data.pop("format", None) != FORMAT:
            raise InputError(f"it is not of the format {FORMAT}", where=str(path), remedy="ingest again")
        try:
            data["communities"] = tuple(CommunityCounts(**row) for row in data["communities"])
            data["notices"] = tuple(data["notices"])
            manifest = cls(**data)
            manifest._check()
            return manifest
        except (KeyError, TypeError) as error:
            raise InputError(f"it is damaged: {error}", where=str(path), remedy="ingest again") from None

    def _check(self) -> None:
        for name in ("counts", "broken", "skipped", "files"):
            if not isinstance(getattr(self, name), dict):
                raise TypeError(f"{name} is no object")
        for name in ("source", "content", "ballot", "voters"):
            if not isinstance(getattr(self, name), str):
                raise TypeError(f"{name} is no text")
