"""CommunityBench as a benchmark: queries to communities of Reddit, with what each endorsed among the options.

Lin & Wei 2026, arXiv 2601.13669. Its exact field names are not known to us: they are recognised by name and shape or
mapped, and no figure of the paper may be claimed as reproduced until the real files have been run.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bench.benchmark import BenchmarkWriter, KnownCommunity
from bench.datasets.communitybench_gathering import gather, records
from bench.datasets.communitybench_records import NEEDED, InstanceError, counted_label, read_instance
from bench.datasets.hub import local_files
from bench.datasets.record_fields import ROLES, Fields, checked_roles
from personas.community import Profile
from personas.errors import InputError
from personas.seeds import derived_rng
from simulator.item import Item, Option, RealVotes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bench.benchmark import Benchmark, Part
    from bench.datasets.communitybench_gathering import Asked, Gathered

__all__ = ["HUB_ID", "load_communitybench"]

HUB_ID = "jylin001206/CommunityBench"
FILES = ("test.jsonl", "validation.jsonl", "train.jsonl")
PUBLISHED = ("train.jsonl", "test.jsonl")


def load_communitybench(
    source: str | Path = HUB_ID,
    *,
    out: str | Path,
    fields: Mapping[str, str] | None = None,
    licence: str = "unknown",
    seed: int = 7,
    fictional: bool = False,
    replace: bool = False,
) -> Benchmark:
    """Make a benchmark of CommunityBench in the folder ``out``.

    Records of several tasks on the same query and options become one item. ``about`` of an item has, by community,
    ``candidates`` (the communities to tell it from), ``tasks`` (as the records name them) and ``references``
    (answers to the open question), where the records tell them.

    Args:
        source: a folder with ``train.jsonl`` and ``test.jsonl`` (either may be missing; ``validation.jsonl`` is read
            too), one such file, or an id on the Hugging Face Hub.
        out: the folder to make.
        fields: where a field is that its name does not tell: a dotted path by role (``{"options": "input.texts"}``).
        licence: the licence of the texts and votes.
        seed: what the order of the options is drawn from; the file's order is kept as ``Option.place``.
        fictional: whether the file was made up.
        replace: whether to replace a benchmark that is there.

    Raises:
        InputError: no file is there, or no record in them has the fields that are needed.
    """
    told = checked_roles(fields or {})
    files = _by_part(local_files(source, FILES if Path(source).is_dir() else PUBLISHED))
    writer = BenchmarkWriter(
        out,
        name="communitybench",
        title="CommunityBench",
        source=f"{HUB_ID} (Lin & Wei 2026, arXiv 2601.13669)",
        licence=licence,
        fictional=fictional,
        replace=replace,
    )
    with writer:
        facts = _fill(writer, files, told, seed)
        if not facts["records_used"]:
            raise _unusable(files, told, facts)
        return writer.finish(choices={"seed": seed, "fields": told}, **facts)


def _by_part(files: Mapping[str, Path]) -> dict[Part, Path]:
    """Return the files by the part that their names tell; one that tells none is for testing. Test comes first."""
    parts: dict[Part, Path] = {}
    for name, path in files.items():
        lower = name.lower()
        held: Part = "validation" if "valid" in lower or "dev" in lower else "test"
        parts["train" if "train" in lower else held] = path
    return dict(sorted(parts.items(), key=lambda found: found[0] == "train"))


def _fill(
    writer: BenchmarkWriter, files: Mapping[Part, Path], told: Mapping[str, str], seed: int
) -> dict[str, Any]:
    """Write items and communities, and return what was counted."""
    first = _first_label(files.values(), told)
    gathered = {part: gather(path, told, first=first) for part, path in files.items()}
    profiles: dict[str, Profile] = {}
    written: dict[str, Part] = {}
    for part, found in gathered.items():
        for reason, number in found.left_out.items():
            writer.leave_out(reason, number)
        for key, asked in found.asked.items():
            if key in written:
                writer.leave_out(
                    f"an item of {part} that stands in {written[key]} as well", len(asked.instances)
                )
                continue
            written[key] = part
            writer.add(part, _item(key, asked, seed), _about(asked, found.references))
            for name in asked.instances:
                profiles.setdefault(name, found.profiles.get(name, Profile()))
                profiles[name] = profiles[name] or found.profiles.get(name, Profile())
    for name in sorted(profiles):
        writer.add_community(KnownCommunity(community=name, title=name, profile=profiles[name]))
    facts = _facts(gathered.values(), first)
    for note in _notes(facts):
        writer.note(note)
    writer.datasheet(_sheet(facts, {part: path.name for part, path in files.items()}))
    return facts


def _first_label(paths: Iterable[Path], told: Mapping[str, str]) -> int:
    """Return what numeric labels count from: 1 where one is as large as the number of options and none is 0."""
    labels = [found for path in paths for record in records(path) if (found := counted_label(record, told))]
    return int(any(label == size for label, size in labels) and all(label for label, _ in labels))


def _item(key: str, asked: Asked, seed: int) -> Item:
    order = derived_rng(seed, "options", key).permutation(len(asked.options)).tolist()
    return Item(
        item=key,
        query=asked.query,
        options=tuple(Option(text=asked.options[place], place=place) for place in order),
        kind="choice",
        votes={
            name: RealVotes(
                shares=tuple(
                    instance.shares[instance.options.index(asked.options[place])] for place in order
                ),
                voters=instance.voters,
            )
            for name, instance in sorted(asked.instances.items())
        },
    )


def _about(asked: Asked, references: Mapping[tuple[str, str], str]) -> dict[str, Any]:
    names = sorted(asked.instances)
    about: dict[str, Any] = {
        "candidates": {name: list(asked.candidates[name]) for name in names if name in asked.candidates},
        "tasks": {name: sorted(asked.tasks[name]) for name in names if name in asked.tasks},
        "references": {
            name: references[name, asked.query] for name in names if (name, asked.query) in references
        },
        "preferred_only": [name for name in names if not asked.instances[name].whole],
    }
    return {name: value for name, value in about.items() if value}


def _facts(gathered: Iterable[Gathered], first: int) -> dict[str, Any]:
    found = list(gathered)
    tasks = sum((part.tasks for part in found), Counter[str]())
    return {
        "records": sum(part.records for part in found),
        "records_used": sum(part.used for part in found),
        "records_by_task": dict(sorted(tasks.items())),
        "preferences_of_which_the_top_option_alone_is_told": sum(
            not instance.whole
            for part in found
            for asked in part.asked.values()
            for instance in asked.instances.values()
        ),
        "records_whose_label_has_not_the_largest_share": sum(part.contrary for part in found),
        "numeric_labels_count_from": first,
    }


def _notes(facts: Mapping[str, Any]) -> list[str]:
    alone = facts["preferences_of_which_the_top_option_alone_is_told"]
    contrary = facts["records_whose_label_has_not_the_largest_share"]
    notes = [
        "Field names were recognised, not known beforehand: read some items before trusting a figure.",
        "Shares are the published endorsements, normalised over the options; without numbers of voters there is no "
        "noise ceiling.",
    ]
    if alone:
        notes.append(
            f"Of {alone:,} preferences the top option alone is told: its share is 1, and is no distribution."
        )
    if contrary:
        notes.append(
            f"In {contrary:,} records the labelled option has not the largest share: the shares count."
        )
    return notes


def _sheet(facts: Mapping[str, Any], files: Mapping[Part, str]) -> str:
    """Return the datasheet, in Markdown."""
    lines = [
        "# CommunityBench, as loaded by commonbond",
        "",
        f"Source: `{HUB_ID}` (Lin & Wei 2026, arXiv 2601.13669).",
        f"Files: {', '.join(f'{name} ({part})' for part, name in files.items())}.",
        f"{facts['records_used']:,} of {facts['records']:,} records were used; what was left out, and why, stands in "
        "the manifest.",
        "",
        *(f"- {note}" for note in _notes(facts)),
    ]
    return "\n".join(lines) + "\n"


def _unusable(files: Mapping[Part, Path], told: Mapping[str, str], facts: Mapping[str, Any]) -> InputError:
    path = next(iter(files.values()))
    record = next((record for record in records(path) if isinstance(record, dict)), None)
    if record is None:
        return InputError("it holds no JSON objects, one a line", where=str(path), remedy="check the file")
    try:
        read_instance(record, told)
        reason = f"none of the {facts['records']:,} records can be used"
    except InstanceError as error:
        reason = f"none of the {facts['records']:,} records can be used; the first is {error}"
    return InputError(
        f"{reason}. Its fields: {Fields(record, told).describe()}. Needed: {NEEDED}",
        where=str(path),
        remedy="say where they are with fields (--field options=PATH.OF.FIELD), for any of: "
        + ", ".join(ROLES),
    )
