"""The manifest of an export: of which run it is, what was chosen, what came of it, and every file with its hash.

It is written last, so that a folder without one holds no whole export.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from personas.errors import InputError
from simulator.export.choosing.decided import SPLITS
from simulator.export.selection import Selection, Shape
from simulator.export.writing.formats import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from simulator.export.writing.shards import ShardFile

__all__ = ["FORMAT", "MANIFEST", "FileFacts", "Manifest", "file_facts"]

FORMAT = "commonbond-preferences/1"
MANIFEST = "export.json"
AGAIN = "export the run again"

_PATH = re.compile(r"data/([a-z]+)/(train|test)-[0-9]{5,9}\.(?:parquet|jsonl)")
_HASH = re.compile("[0-9a-f]{64}")
_LANGUAGE = re.compile("[a-z]{2,3}")
_RUN = {"identity": str, "folder": str, "predictor": str, "version": str, "settings": dict, "embedder": str}
_CORPUS = {"title": str, "source": str, "licence": str, "fictional": bool, "content": str}


@dataclass(frozen=True, kw_only=True)
class FileFacts:
    """A file of rows: its hash and how much is in it."""

    sha256: str
    rows: int
    bytes: int


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What an export is made of.

    Args:
        run: ``identity``, ``folder`` (relative to the export's), ``predictor``, ``version``, ``settings``,
            ``embedder``.
        corpus: ``title``, ``source``, ``licence``, ``fictional`` and ``content`` of what the run was made of.
        selection: which pairs were kept. ``shape``: how they were written.
        counts: rows by configuration and split.
        judged: ``prompts``, ``sets``, ``records``, ``ballots``, ``abstentions``, ``failures``.
        left_out: prompts that were left out, by reason.
        decided: how many pairs there were, were kept and were dropped, as plain data.
        biases: what was measured of the pairs before and after the selection, as plain data.
        diversity: of the candidate sets, as plain data.
        notes: what a reader of the data must know besides.
        files: by their path in the export.
        language: ISO 639 codes of the texts' languages; empty where nobody said.
    """

    run: Mapping[str, Any]
    corpus: Mapping[str, Any]
    selection: Selection
    shape: Shape
    counts: Mapping[str, Mapping[str, int]]
    judged: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    decided: Mapping[str, Any] = field(default_factory=dict)
    biases: Mapping[str, Any] = field(default_factory=dict)
    diversity: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    files: Mapping[str, FileFacts]
    language: tuple[str, ...] = ()

    def rows(self, config: str) -> int:
        """Return how many rows a configuration has, in all splits."""
        return sum(self.counts.get(config, {}).values())

    def save(self, folder: Path) -> None:
        """Write the manifest into ``folder``: whole, or not at all.

        Raises:
            ValueError: a number in it is not finite.
        """
        text = json.dumps(
            {"format": FORMAT, **asdict(self)}, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False
        )
        part = folder / f".{MANIFEST}.part"
        with part.open("wb") as file:
            file.write(text.encode(errors="replace") + b"\n")
            file.flush()
            os.fsync(file.fileno())
        part.replace(folder / MANIFEST)

    @classmethod
    def load(cls, folder: Path) -> Manifest:
        """Read the manifest of the export in ``folder``.

        Raises:
            InputError: there is none, or it is of another format or damaged, or names a file outside of the export.
        """
        path = folder / MANIFEST
        data = _read(path)
        found = data.pop("format", None) if isinstance(data, dict) else None
        if found != FORMAT:
            raise InputError(f"its format is {found!r}, not {FORMAT}", where=str(path), remedy=AGAIN)
        try:
            return _checked(data)
        except InputError as error:
            raise InputError(f"it is damaged: {error}", where=str(path), remedy=AGAIN) from None
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"it is damaged: {error!r}", where=str(path), remedy=AGAIN) from None


def file_facts(folder: Path, files: Iterable[ShardFile]) -> dict[str, FileFacts]:
    """Return what a manifest says of files that were written below ``folder``, by their paths in it."""
    return {
        file.path.relative_to(folder).as_posix(): FileFacts(
            sha256=file.sha256, rows=file.rows, bytes=file.bytes
        )
        for file in files
    }


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_bytes().decode(), parse_constant=_no_number)
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(
            "no whole export is here: there is none, or its writing did not end",
            where=str(path.parent),
            remedy="write one with `commonbond export RUN --out FOLDER`, or give the same command again",
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"it cannot be read: {error}", where=str(path), remedy=AGAIN) from None


def _no_number(text: str) -> NoReturn:
    raise ValueError(f"{text} is no number of JSON")


def _checked(data: dict[str, Any]) -> Manifest:
    for name in ("run", "corpus", "counts", "judged", "left_out", "decided", "biases", "diversity", "files"):
        _want(data.get(name, {}), dict, name)
    _want_all(data["run"], _RUN, "run")
    _want_all(data["corpus"], _CORPUS, "corpus")
    for name in ("notes", "language"):
        data[name] = tuple(_want(text, str, name) for text in _want(data.get(name, []), list, name))
    for code in data["language"]:
        _check(_LANGUAGE.fullmatch(code) is not None, f"{code!r} is no language")
    for name in ("judged", "left_out"):
        _want_counts(data.get(name, {}), name)
    data["files"] = {path: FileFacts(**_want(facts, dict, path)) for path, facts in data["files"].items()}
    data["selection"] = Selection(**data["selection"])
    data["shape"] = Shape(**data["shape"])
    manifest = Manifest(**data)
    _check_files(manifest)
    return manifest


def _check_files(manifest: Manifest) -> None:
    for config, splits in manifest.counts.items():
        _want_counts(_want(splits, dict, f"counts.{config}"), f"counts.{config}")
        known = config in COLUMNS and set(splits) <= set(SPLITS)
        _check(known, f"{config!r} is no configuration of an export")
    found = {config: dict.fromkeys(splits, 0) for config, splits in manifest.counts.items()}
    for path, facts in manifest.files.items():
        place = _PATH.fullmatch(path)
        if place is None or place[1] not in COLUMNS:
            raise ValueError(f"{path!r} is no file of an export")
        hashed = isinstance(facts.sha256, str) and _HASH.fullmatch(facts.sha256) is not None
        _check(hashed, f"{path} has no hash")
        _want_counts({"rows": facts.rows, "bytes": facts.bytes}, path)
        rows = found.setdefault(place[1], {})
        rows[place[2]] = rows.get(place[2], 0) + facts.rows
    _check(found == manifest.counts, "its counts of rows are not those of its files")


def _want_all(data: dict[str, Any], kinds: Mapping[str, type], where: str) -> None:
    for name, kind in kinds.items():
        _want(data[name], kind, f"{where}.{name}")


def _want_counts(data: dict[str, Any], where: str) -> None:
    for name, value in data.items():
        _check(type(value) is int and value >= 0, f"{where}.{name} is no number of anything: {value!r}")


def _want(value: Any, kind: type, name: str) -> Any:
    _check(isinstance(value, kind), f"{name} is no {kind.__name__}")
    return value


def _check(holds: bool, problem: str) -> None:
    if not holds:
        raise ValueError(problem)
