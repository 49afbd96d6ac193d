"""The manifest of a benchmark: where it comes from, how it was made, what was left out, and its files' hashes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal, get_args

from personas.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["COMMUNITIES", "FORMAT", "MANIFEST", "PARTS", "BenchmarkManifest", "Part", "part_file"]

FORMAT = "commonbond-benchmark/1"
MANIFEST = "benchmark.json"
COMMUNITIES = "communities.jsonl"
Part = Literal["train", "validation", "test"]
PARTS: tuple[Part, ...] = get_args(Part)


def part_file(part: Part) -> str:
    """Return the name of the file that holds a part."""
    return f"{part}.jsonl"


@dataclass(frozen=True, kw_only=True)
class BenchmarkManifest:
    """What a benchmark is made of.

    Args:
        name: what made it: ``communitybench``, ``community-alignment``, ``construct``.
        source: where the votes come from. ``licence``: of texts and votes; ``unknown`` where nothing says so.
        title: what it is called; empty where nobody named it.
        fictional: whether its people and texts are invented.
        notes: what a reader of any figure must know of it.
        left_out: how many records were left out, by reason.
        parts: how many items each part has.
        files: the SHA-256 of each file.
        content: one hash over all files: equal hashes mean equal content.
        more: further facts, such as the choices that it was made with and its measured weaknesses.
    """

    name: str
    source: str
    licence: str
    title: str = ""
    fictional: bool = False
    notes: tuple[str, ...] = ()
    left_out: dict[str, int] = field(default_factory=dict)
    parts: dict[str, int]
    files: dict[str, str]
    content: str
    more: dict[str, Any] = field(default_factory=dict)

    def save(self, folder: Path) -> None:
        """Write the manifest into ``folder``."""
        text = json.dumps({"format": FORMAT, **asdict(self)}, indent=1, sort_keys=True, ensure_ascii=False)
        (folder / MANIFEST).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> BenchmarkManifest:
        """Read the manifest of the benchmark in ``folder``.

        Raises:
            InputError: there is none, or it is of another format or damaged.
        """
        path = folder / MANIFEST
        try:
            data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            raise InputError(
                "no benchmark is here",
                where=str(folder),
                remedy="make one with `commonbond construct CORPUS --out FOLDER` or `commonbond load`",
            ) from None
        except (OSError, ValueError) as error:
            raise InputError(f"it cannot be read: {error}", where=str(path), remedy="make it again") from None
        if not isinstance(data, dict) or data.pop("format", None) != FORMAT:
            raise InputError(f"it is not of the format {FORMAT}", where=str(path), remedy="make it again")
        try:
            return cls(**{**data, "notes": tuple(data["notes"])})
        except (KeyError, TypeError) as error:
            raise InputError(f"it is damaged: {error}", where=str(path), remedy="make it again") from None
