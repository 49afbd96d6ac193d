"""How a run's record begins, and how it is left where the run must not go on."""

from __future__ import annotations

import asyncio
import hashlib
import json
from contextlib import contextmanager, suppress
from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from personas.errors import InputError
from simulator.item import Item
from simulator.journal.control import go_on
from simulator.models.model import StoppedError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from simulator.engine import Job
    from simulator.item import Query
    from simulator.journal import Journal
    from simulator.models.stack import Stack
    from simulator.pausing import Pausing
    from simulator.room import Room
    from simulator.simulation import Simulation

__all__ = ["begin", "recording", "watched"]

EVERY = 1.0
"""Seconds between two times that it is written down how the server takes what it is asked."""


def begin(
    journal: Journal,
    simulation: Simulation,
    items: Collection[Item | Query],
    jobs: Collection[Job],
    command: Mapping[str, Any] | None,
    as_if: Mapping[str, str] | None = None,
) -> None:
    """Write what the run is made of, or see that it is what the journal already says."""
    facts = {
        "predictor": simulation.predictor,
        "corpus": simulation.corpus.content,
        "settings": simulation.settings.deciding(),
        "embedder": simulation.embedder.name,
        "prompts": simulation.minds.prompts.fingerprint if simulation.minds else "",
        "version": version("commonbond"),
        "items": _digest(asdict(item) for item in items),
        "jobs": _digest((item.item, name) for item, name in jobs),
        "as_if": dict(sorted((as_if or {}).items())),
    }
    for name, value in facts.items():
        before = journal.fact(name)
        if before is not None and before != json.loads(json.dumps(value)):
            raise InputError(
                f"the folder holds another run: {_difference(name, before, value)}",
                where=str(journal.folder),
                remedy="name another folder, or repeat the command that began this run",
            )
    journal.set_facts(
        {**facts, "state": "running", "source": _source(simulation), "warnings": simulation.setting.warnings}
    )
    if command is not None:
        journal.set_facts({"command": command})
    if simulation.minds:
        journal.set_facts({"reach": asdict(simulation.minds.reach)})
    journal.add_items(item for item in items if isinstance(item, Item))
    journal.add_jobs((item.item, name) for item, name in jobs)
    if journal.folder is not None:
        go_on(journal.folder)  # a pause of an engine that was killed while it lasted
    journal.event("start", {"jobs": len(jobs), **_written_first(items, jobs)})


def _written_first(items: Collection[Item | Query], jobs: Collection[Job]) -> dict[str, int]:
    """Return how many items have their options from the start, and how many have them written in the run."""
    given = sum(isinstance(item, Item) for item in items)
    shared = sum(not isinstance(item, Item) and item.shared for item in items)
    own = sum(not isinstance(item, Item) and not item.shared for item, _ in jobs)
    return {"given": given, "queries": shared + own}


@contextmanager
def recording(journal: Journal, rooms: Mapping[str, Room]) -> Iterator[None]:
    """Write who judges, let the run be carried out, and leave its record done, stopped, or as a crash leaves it.

    Raises:
        StoppedError: the run must not go on; what is done is in the journal.
    """
    try:
        journal.add_personas(
            (persona.persona, name, asdict(persona))
            for name, room in rooms.items()
            for persona in room.panel.personas
        )
        yield
    except StoppedError as stop:
        raise _stopped(journal, stop) from stop
    except KeyboardInterrupt:
        _stopped(journal, StoppedError("stopped"))
        raise
    except BaseException:
        journal.close()
        raise
    journal.set_facts({"state": "done"})
    journal.event("done", {})


@contextmanager
def watched(journal: Journal, stack: Stack, pausing: Pausing) -> Iterator[None]:
    """Write down, as long as a run goes, how many requests are in flight and how many may be, for those who watch.

    Within a running loop. What it says is no part of the result: the run's end writes the fact anew.
    """

    async def tell() -> None:
        before: dict[str, Any] = {}
        while True:
            now = {**stack.told(), "in_flight": pausing.in_flight}
            if now != before:
                journal.set_facts({"engine": now})
                before = now
            await asyncio.sleep(EVERY)

    task = asyncio.get_running_loop().create_task(tell())
    try:
        yield
    finally:
        task.cancel()


def _stopped(journal: Journal, stop: StoppedError) -> StoppedError:
    """Close the journal of a run that must not go on, and return what to say of it."""
    done, total = journal.progress()
    with suppress(StoppedError):  # a full disk has no room for this either
        journal.set_facts({"state": "stopped", "stopped": stop.what})
        journal.event("stopped", {"reason": stop.what})
    journal.close()
    kept = f"{stop.what}; {done:,} of {total:,} judgements are kept"
    return StoppedError(kept, where=stop.where or str(journal.folder or ""), remedy=stop.remedy)


def _source(simulation: Simulation) -> dict[str, Any]:
    manifest = simulation.corpus.manifest
    return {
        "folder": str(simulation.corpus.folder),
        "title": manifest.title,
        "source": manifest.source,
        "licence": manifest.licence,
        "fictional": manifest.fictional,
        "membership": simulation.setting.membership.origin,
        "method": simulation.setting.membership.method,
        "sharpness": asdict(simulation.setting.sharpness),
    }


def _difference(name: str, before: Any, now: Any) -> str:
    """Say what differs, setting by setting where it is the settings."""
    if not isinstance(before, dict) or not isinstance(now, dict):
        return f"its {name} differ" if name.endswith("s") else f"its {name} differs"
    told = [
        f"{key} was {before.get(key)!r} and is {now.get(key)!r}"
        for key in sorted({*before, *now})
        if before.get(key) != now.get(key)
    ]
    return f"its {name} differ ({', '.join(told)})"


def _digest(values: Iterable[Any]) -> str:
    digest = hashlib.sha256()
    for value in values:
        digest.update(json.dumps(value, sort_keys=True, default=str).encode() + b"\n")
    return digest.hexdigest()
