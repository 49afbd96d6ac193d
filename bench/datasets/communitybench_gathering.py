"""Gather the records of one file of CommunityBench: those of several tasks on one query and its options together."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bench.datasets.communitybench_records import InstanceError, read_instance

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from bench.datasets.communitybench_records import Instance
    from personas.community import Profile

__all__ = ["Asked", "Gathered", "gather", "records"]

DIFFERENT = (
    "a record that tells another preference of the same community on the same item than an earlier one"
)
UNASKED = "an open question (generation) that stands in no item with options"
NEARLY = 1e-6


@dataclass
class Asked:
    """One query with one set of options, and what is told of every community that was asked it."""

    query: str
    options: tuple[str, ...]
    instances: dict[str, Instance] = field(default_factory=dict)
    tasks: dict[str, set[str]] = field(default_factory=dict)
    candidates: dict[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass
class Gathered:
    """What one file holds.

    Args:
        asked: by identity. ``references``: answers to open questions, by community and query.
        profiles: the first profile of each community. ``tasks``: records by task.
        left_out: records that were left out, by reason. ``records``: all of them; ``used``: those that were not.
        contrary: records whose label has not the largest share.
    """

    asked: dict[str, Asked] = field(default_factory=dict)
    references: dict[tuple[str, str], str] = field(default_factory=dict)
    profiles: dict[str, Profile] = field(default_factory=dict)
    tasks: Counter[str] = field(default_factory=Counter)
    left_out: Counter[str] = field(default_factory=Counter)
    records: int = 0
    used: int = 0
    contrary: int = 0


def records(path: Path) -> Iterator[Any]:
    """Yield what the lines of a JSON Lines file hold, gzipped or not; None for a line that is no JSON."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rb") as file:
        for line in file:
            if line.strip():
                yield _parsed(line)


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None


def gather(path: Path, told: Mapping[str, str], *, first: int = 0) -> Gathered:
    """Return what a file holds; a broken record is counted, and the others are kept.

    Args:
        path: the file. ``told``: the path of a field by role. ``first``: what numeric labels count from.
    """
    found = Gathered()
    for record in records(path):
        found.records += 1
        try:
            instance = read_instance(record, told, first=first)
        except InstanceError as error:
            found.left_out[str(error)] += 1
            continue
        _keep(found, instance)
    queries = {(name, asked.query) for asked in found.asked.values() for name in asked.instances}
    unasked = found.references.keys() - queries
    if unasked:
        found.left_out[UNASKED] += len(unasked)
        found.used -= len(unasked)
    return found


def _keep(found: Gathered, instance: Instance) -> None:
    name = instance.community
    if instance.profile:
        found.profiles.setdefault(name, instance.profile)
    if not instance.options:
        if (name, instance.query) not in found.references:
            found.used += 1
        found.references.setdefault((name, instance.query), instance.reference)
        found.tasks[instance.task] += 1
        return
    asked = found.asked.setdefault(
        item_key(instance.query, instance.options), Asked(query=instance.query, options=instance.options)
    )
    known = asked.instances.get(name)
    if known is not None and known.whole and instance.whole and not _alike(known, instance):
        found.left_out[DIFFERENT] += 1
        return
    if known is None or (instance.whole and not known.whole):
        asked.instances[name] = instance
    found.used += 1
    found.tasks[instance.task] += 1
    found.contrary += instance.contrary
    if instance.task:
        asked.tasks.setdefault(name, set()).add(instance.task)
    if instance.candidates:
        asked.candidates.setdefault(name, instance.candidates)


def item_key(query: str, options: tuple[str, ...]) -> str:
    """Return the identity of a query with a set of options, in whatever order."""
    digest = hashlib.blake2b(digest_size=16)
    for text in (query, *sorted(options)):
        found = text.encode("utf-8", "surrogatepass")
        digest.update(len(found).to_bytes(8, "big") + found)
    return f"cb-{digest.hexdigest()}"


def _alike(one: Instance, other: Instance) -> bool:
    shares = dict(zip(other.options, other.shares, strict=True))
    return all(
        abs(shares[text] - share) < NEARLY for text, share in zip(one.options, one.shares, strict=True)
    )
