"""Small exports with known rows: records, their rows, a folder as it is written, and hostile texts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simulator.diversity import Diversity
from simulator.export.manifest import Manifest, file_facts
from simulator.export.records import Record
from simulator.export.selection import Selection, Shape
from simulator.export.writing.card import as_card
from simulator.export.writing.formats import COLUMNS, Facts, full_row, preference_rows, unpaired_rows
from simulator.export.writing.shards import ShardFile, ShardWriter
from simulator.export.writing.staging import Staging
from simulator.item import Ballot, Item, Option, Preference, Turn

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

__all__ = [
    "FACTS",
    "HOSTILE",
    "MadeMark",
    "MadePair",
    "made_manifest",
    "made_record",
    "made_rows",
    "write_export",
]

RUN = "0123456789abcdef"
SELECTION, SHAPE = Selection(), Shape()
FACTS = Facts(run=RUN, predictor="norm judge", titles={"tea": "Tea drinkers"})
HOSTILE = (
    "👩🏽‍🚀 héllo \u200bמה שלומך\u202e لا\u200d नमस्ते 日本語",
    "\x01\x02\x07\x1b[31m\x7f\x85\u2028\u2029\ufeff\ufffe\x0b\x0c\x1c",
    "line\r\nbreaks\rof\nall\tkinds ",
    '{"role": "system"} --- \\u0000 \\ " \' <b>[x](y)|',
    "null",
    "2024-05-01",
    "x" * 1_000_000 + "é",
    "\U0010ffff",
)
"""What must come back as it is."""


@dataclass(frozen=True)
class MadePair:
    """A pair as ``simulator.export.choosing.pairs`` gives them."""

    chosen: int = 1
    rejected: int = 0
    margin: float = 0.5
    probability: float | None = 0.97
    vote_share: float = 0.75
    tie: bool = False
    judged_by: int = 2
    against: int = 1
    length: int = 3

    @property
    def disputed(self) -> bool:
        return self.against > 0


@dataclass(frozen=True)
class MadeMark:
    """A mark as ``simulator.export.choosing.pairs`` gives them."""

    candidate: int = 1
    share: float = 0.75
    probability: float | None = 0.9
    label: bool | None = True


def made_record(
    item: str = "p1",
    community: str = "tea",
    *,
    query: str = "Green or black?",
    texts: Sequence[str] = ("Black.", "Green."),
    **changes: Any,
) -> Record:
    """A community's judgement of two candidates: 0.25 against 0.75."""
    made = Item(
        item=item,
        query=query,
        options=tuple(Option(text=text, post=f"tea:{number}") for number, text in enumerate(texts)),
        turns=(Turn(role="user", text="Hello."), Turn(role="assistant", text="Hello yourself.")),
    )
    ballots = (
        Ballot(
            persona="tea/1",
            choice=1,
            shares=(0.25, 0.75),
            order=(1, 0),
            reason="Grassy.",
            norms=("tea:7",),
            round=1,
        ),
        Ballot(persona="tea/2", choice=None, order=(0, 1), failure="timeout"),
    )
    facts = {
        "preference": Preference(
            shares=(0.25, 0.75), low=(0.1, 0.5), high=(0.5, 0.9), ballots=1, abstentions=0, failures=1
        ),
        "ballots": ballots,
        "rounds": 1,
        "diversity": Diversity(responses=2, similarity=0.5, vendi=1.5),
    }
    return Record(item=made, community=community, **{**facts, **changes})


def made_rows(records: Iterable[Record], *, steering: str | None = None) -> dict[str, list[dict[str, Any]]]:
    """The rows of each configuration, one of each a record."""
    rows: dict[str, list[dict[str, Any]]] = {config: [] for config in COLUMNS}
    for record in records:
        rows["preference"] += preference_rows(record, [MadePair()], FACTS, steering=steering)
        rows["unpaired"] += unpaired_rows(record, [MadeMark()], FACTS, steering=steering)
        rows["full"].append(full_row(record, FACTS, steering=steering))
    return rows


def made_manifest(files: dict[str, Any] | None = None, **changes: Any) -> Manifest:
    """A manifest over files, with the counts that they give."""
    counts: dict[str, dict[str, int]] = {}
    for path, facts in (files or {}).items():
        _, config, name = path.split("/")
        splits = counts.setdefault(config, {})
        splits[name.split("-")[0]] = splits.get(name.split("-")[0], 0) + facts.rows
    told = {
        "run": {
            "identity": RUN,
            "folder": "run",
            "predictor": "norm judge",
            "version": "0.1.0",
            "settings": {"mode": "norms", "panel": 9},
            "embedder": "words",
        },
        "corpus": {
            "title": "Tea",
            "source": "table",
            "licence": "CC BY 4.0",
            "fictional": False,
            "content": "ab" * 32,
        },
        "selection": Selection(),
        "shape": Shape(),
        "counts": counts,
        "files": files or {},
        "judged": {"prompts": 2, "sets": 2, "records": 4, "ballots": 36, "abstentions": 1, "failures": 0},
    }
    return Manifest(**{**told, **changes})


def write_export(
    out: Path,
    rows: dict[str, dict[str, list[dict[str, Any]]]],
    *,
    shape: Shape = SHAPE,
    selection: Selection = SELECTION,
    run: str = RUN,
    replace: bool = False,
    **changes: Any,
) -> Manifest:
    """Write rows, by configuration and split, as an export does; return its manifest."""
    with Staging(out, run=run, selection=selection, shape=shape, replace=replace) as staging:
        files: list[ShardFile] = []
        for config, splits in rows.items():
            folder = staging.data / config
            with ShardWriter(
                folder, COLUMNS[config], files=shape.files, shard_rows=shape.shard_rows
            ) as writer:
                for split, many in splits.items():
                    for row in many:
                        writer.write(split, row)
                files += writer.close()
        facts = file_facts(staging.data.parent, files)
        manifest = made_manifest(facts, shape=shape, selection=selection, **changes)
        manifest.run["identity"] = run  # type: ignore[index]
        staging.finish(manifest, as_card(manifest))
    return manifest
