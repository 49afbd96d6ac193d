"""Carrying a run out: who judges and writes is put together, communities are described, and every job is done."""

from __future__ import annotations

from dataclasses import asdict, replace
from functools import partial
from signal import SIGTERM
from typing import TYPE_CHECKING
from weakref import proxy

from personas.embedding import CachedEmbedder
from simulator.candidates import SharedSets
from simulator.cast import offline_cast, persona_cast
from simulator.engine import run_jobs, waiting
from simulator.jobs import embed_ahead
from simulator.pausing import Pausing, closed_by
from simulator.record import watched

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from simulator.cast import Minds
    from simulator.generate import Generator
    from simulator.item import Item
    from simulator.jobs import Jobs
    from simulator.journal import Journal
    from simulator.models.model import Model
    from simulator.profile_writing import WrittenProfile
    from simulator.room import Room
    from simulator.simulation import Simulation

__all__ = ["carry_out"]


async def carry_out(
    simulation: Simulation,
    jobs: Jobs,
    rooms: Mapping[str, Room],
    journal: Journal,
    advance: Callable[[int, int], None],
) -> None:
    """Do the jobs that the journal has no result of, by the offline engine or by personas on a model.

    Args:
        rooms: what each community that judges brings.
        advance: called with the number of jobs done and of all.

    Raises:
        StoppedError: the run must not go on; what was in flight has landed.
    """
    writing = simulation.writing_rooms(jobs, rooms)
    # A flow and its graph hold each other, and would hold the journal and its lock with them.
    record = proxy(journal)

    def kept(name: str) -> Item | None:
        found: Item | None = record.find_item(name)
        return found

    once = partial(
        SharedSets,
        rooms=writing,
        kept=kept,
        embedder=simulation.embedder,
        seed=simulation.settings.seed,
        sampling=simulation.settings.sampling,
    )
    pausing = Pausing(journal.folder, lambda *told: record.event(*told))  # noqa: PLW0108  a method holds its journal
    if simulation.minds is None:
        await _offline(simulation, jobs, rooms, journal, advance, once, pausing)
    else:
        await _on_a_model(
            simulation, simulation.minds, jobs, rooms, journal, advance, once, pausing, writing=writing
        )


async def _offline(
    simulation: Simulation,
    jobs: Jobs,
    rooms: Mapping[str, Room],
    journal: Journal,
    advance: Callable[[int, int], None],
    once: Callable[[Generator], Generator],
    pausing: Pausing,
) -> None:
    _describe(simulation, journal, {})
    settings, embedder = simulation.settings, simulation.embedder
    cast = offline_cast(settings, simulation.setting, embedder, once=once)
    if isinstance(embedder, CachedEmbedder):
        embed_ahead(waiting(jobs, journal), embedder)
    at_once = settings.concurrency
    with closed_by([SIGTERM], pausing.close_for):
        await run_jobs(
            jobs, rooms, cast.flow, journal, concurrency=at_once, advance=advance, begins=pausing.turn
        )


async def _on_a_model(
    simulation: Simulation,
    minds: Minds,
    jobs: Jobs,
    rooms: Mapping[str, Room],
    journal: Journal,
    advance: Callable[[int, int], None],
    once: Callable[[Generator], Generator],
    pausing: Pausing,
    *,
    writing: dict[str, Room],
) -> None:
    """Do the jobs with personas; those in ``writing`` are given the profiles that are written for them."""
    settings, embedder, record = simulation.settings, simulation.embedder, proxy(journal)
    own = all(name == room.community for name, room in rooms.items())
    cast = persona_cast(settings, minds, embedder, record, once=once, watched=own, pausing=pausing)
    model, stack = cast.model, cast.stack
    assert model is not None and stack is not None
    try:
        with model.closed_by_signals(), watched(record, stack, pausing):
            written = await _write_profiles(simulation, minds, model, rooms)
            _describe(simulation, journal, written)
            rooms = {
                name: replace(room, profile=written[name].profile) if name in written else room
                for name, room in rooms.items()
            }
            writing.update({name: rooms[name] for name in writing if name in rooms})
            embed_ahead(waiting(jobs, journal), embedder)
            at_once = max(settings.concurrency, 2 + 2 * minds.reach.at_once // settings.panel)
            await run_jobs(
                jobs, rooms, cast.flow, journal, concurrency=at_once, advance=advance, begins=pausing.entry
            )
    finally:
        await model.close()
        journal.set_facts({"engine": stack.told()})


async def _write_profiles(
    simulation: Simulation, minds: Minds, model: Model, rooms: Mapping[str, Room]
) -> Mapping[str, WrittenProfile]:
    if simulation.settings.profiles == "extracted":
        return {}
    from simulator.profile_writing import write_profiles

    return await write_profiles(
        model,
        minds.prompts,
        {name: room.store for name, room in rooms.items()},
        titles={name: room.title for name, room in rooms.items()},
        settings=simulation.settings,
    )


def _describe(simulation: Simulation, journal: Journal, written: Mapping[str, WrittenProfile]) -> None:
    """Write what is known of each community; with written profiles, what was dropped of them too."""
    setting = simulation.setting
    journal.add_communities(
        (
            name,
            {
                **simulation.describe(name),
                **({"profile": asdict(written[name].profile)} if name in written else {}),
            },
        )
        for name in setting.membership.names
    )
    told = [f"{name}: {problem}" for name, profile in written.items() for problem in profile.told()]
    if told:
        journal.set_facts({"warnings": [*setting.warnings, *told]})
