"""The bundled example: a fictional forum, and two real surveys as counts by group.

The forum shows communities, norms and discussion; the surveys let simulated preferences be held against real
people's answers. Their sources and licences stand beside the data.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from personas.errors import InputError
from personas.ingestion import ingest
from personas.sources.table import TableSource

if TYPE_CHECKING:
    from personas.corpus import Corpus

__all__ = ["BUNDLED", "bundled_corpus"]

PUBLIC_KEY = hashlib.sha256(b"the people of the example are invented or counted: no secret").digest()
"""The key of the example's members; with one key for everybody, everybody gets the same figures."""


@dataclass(frozen=True, kw_only=True)
class _Example:
    folder: str
    title: str
    suffix: str
    ballot: Literal["endorsement", "choice"]
    licence: str
    fictional: bool


BUNDLED = {
    "forum": _Example(
        folder="forum",
        title="Fern Hollow, a fictional village's board",
        suffix=".jsonl",
        ballot="endorsement",
        licence="Apache-2.0",
        fictional=True,
    ),
    "nonvoters": _Example(
        folder="surveys/nonvoters",
        title="Non-voters poll 2020 (FiveThirtyEight/Ipsos), real counts by how often people vote",
        suffix=".csv",
        ballot="choice",
        licence="CC BY 4.0",
        fictional=False,
    ),
    "food": _Example(
        folder="surveys/food",
        title="Food World Cup 2014 (FiveThirtyEight), real counts by age group",
        suffix=".csv",
        ballot="choice",
        licence="CC BY 4.0",
        fictional=False,
    ),
}


def bundled_corpus(name: str, *, out: str | Path, replace: bool = False) -> Corpus:
    """Make the corpus of one of the bundled examples: ``forum``, ``nonvoters`` or ``food``.

    Args:
        name: which.
        out: the folder to make.
        replace: whether to replace a corpus that is there.

    Raises:
        InputError: there is no such example, its files are missing, or ``out`` cannot be made.
    """
    if name not in BUNDLED:
        raise InputError(
            f"no bundled example is named {name!r}", remedy=f"choose one of: {', '.join(BUNDLED)}"
        )
    example = BUNDLED[name]
    return ingest(
        _source(example),
        [],
        out=out,
        key=PUBLIC_KEY,
        title=example.title,
        fictional=example.fictional,
        replace=replace,
    )


def _source(example: _Example) -> TableSource:
    folder = _data() / example.folder
    members = folder / f"members{example.suffix}"
    return TableSource(
        posts=[folder / f"posts{example.suffix}"],
        replies=[folder / f"replies{example.suffix}"],
        votes=[folder / f"votes{example.suffix}"],
        members=[members] if members.is_file() else [],
        communities=[folder / f"communities{example.suffix}"],
        ballot=example.ballot,
        licence=example.licence,
    )


def _data() -> Path:
    """Return the folder of the data: beside this module where it is installed, in ``examples`` in a checkout."""
    places = (Path(__file__).parent / "bundled_data", Path(__file__).parents[2] / "examples" / "data")
    for place in places:
        if (place / "forum" / "posts.jsonl").is_file():
            return place
    raise InputError("the bundled example is missing", where=str(places[0]), remedy="reinstall commonbond")
